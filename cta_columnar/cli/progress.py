"""How far a run is: a bar on a terminal, a line now and then elsewhere."""

import logging
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cta_columnar.pipelines.running.common import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_log = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 10.0
WITHOUT_EVENTS = ("fits",)


class Reporter:
    """Shows the progress that a pipeline reports; a context manager.

    Parameters
    ----------
    title : str
        What is running.
    terminal : bool, optional
        Draw a bar; by default if the standard error is a terminal.
    """

    def __init__(self, title: str, terminal: bool | None = None) -> None:
        self._title = title
        self._terminal = sys.stderr.isatty() if terminal is None else terminal
        self._begin = self._last_line = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self._terminal:
            self._bar = _bar()
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=None, rate="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Take up a report."""
        if self._bar is not None and self._task is not None:
            done, total = progress.done, progress.total
            if progress.total_bytes:
                done, total = progress.raw_bytes, progress.total_bytes
            self._bar.update(
                self._task,
                # Of a single shard one knows only that it is not done.
                total=total if total > 1 else None,
                completed=done,
                rate=self._words(progress),
            )
            return
        now = time.monotonic()
        finished = progress.done == progress.total
        if finished or now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            name = f", {Path(progress.label).name}" if progress.label else ""
            _log.info("%s: %s%s", self._title, self._words(progress), name)

    def _words(self, progress: Progress) -> str:
        seconds = max(time.monotonic() - self._begin, 1e-3)
        rate = progress.events / seconds
        words = [f"{progress.done:,}/{progress.total:,} {progress.what}"]
        if progress.what not in WITHOUT_EVENTS:
            words += [
                f"{progress.events:,} events",
                f"{rate:,.0f} events/s" if rate >= 10 else f"{rate:.1f} events/s",
            ]
        return ", ".join(words)


def _bar() -> "Bar":
    # Rich takes a fifth of a second to load: only where there is a bar to draw.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
