"""What was done to a dataset when and where, failures too: lines beside the data.

Records hold only what another run would repeat. Times, hosts, retries and memory are
here, in ``_journal/``, for `status` and reports; no result depends on them. Each
process appends to a file of its own, so that nobody waits for another. Lines are JSON:

``run``       the first one: stage, host, shards it is going to do
``shard``     a shard is done, was done before, or failed and why
``retry``     a shard is tried again, since a process or worker died that had it
``progress``  every half minute: workers, events and bytes read so far
``end``       ``completed``, ``failed`` or ``interrupted``; missing if it was killed
"""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from cta_columnar.bounded import MAX_JSON_BYTES, parse_json, read_bounded
from cta_columnar.provenance import COMPLETED, FAILED, INTERRUPTED
from cta_columnar.remote import RemotePath, location
from cta_columnar.store.errors import reading
from cta_columnar.store.journal_line import is_line
from cta_columnar.store.journal_page import Page, RemotePage
from cta_columnar.store.layout import JOURNAL
from cta_columnar.store.processes import is_alive, process_name

PROGRESS_EVERY_S = 30.0
# A process of another machine that said nothing for so long is taken for dead. Its
# lines may be seen a minute late, and a clock may be wrong.
_SILENT_S = 600.0
_SUFFIX = ".jsonl"

Line = dict[str, Any]


class Journal:
    """The lines of this process.

    Parameters
    ----------
    root : pathlib.Path
        The dataset.
    **facts : object
        What the first line says.
    """

    def __init__(self, root: Path, **facts: object) -> None:
        self._told = time.monotonic()
        self._amounts: dict[str, int] = {}
        self._ends = threading.Event()
        self._turn = threading.Lock()
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        path = root / JOURNAL / f"{stamp}-{process_name()}{_SUFFIX}"
        self._page = RemotePage(path) if isinstance(path, RemotePath) else Page(path)
        self.add("run", host=socket.gethostname(), pid=os.getpid(), **facts)
        # By itself: shards may take long and say nothing, and the living must speak.
        self._heart = threading.Thread(target=self._beat, daemon=True)
        self._heart.start()

    def add(self, what: str, **facts: object) -> None:
        """Write a line."""
        line = {"what": what, "time": round(time.time(), 3), **facts}
        with self._turn:
            self._page.write((json.dumps(line) + "\n").encode())

    def progress(self, workers: int, **amounts: int) -> None:
        """Take note of how far it is; written now and then, or if workers changed."""
        before = self._amounts.get("workers")
        self._amounts = {"workers": workers, **amounts}
        if workers != before or time.monotonic() - self._told > PROGRESS_EVERY_S:
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        self.add("progress", **self._amounts)

    def _beat(self) -> None:
        while not self._ends.wait(PROGRESS_EVERY_S):
            self._tell()

    def close(self) -> None:
        """Write no more."""
        self._fall_silent()
        self._page.close()

    def _fall_silent(self) -> None:
        self._ends.set()
        self._heart.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        # The end is the last line.
        self._fall_silent()
        if kind is None:
            self.add("end", status=COMPLETED)
        else:
            status = FAILED if issubclass(kind, Exception) else INTERRUPTED
            self.add("end", status=status, message=str(error))
        self.close()


@dataclass(frozen=True)
class JournalOfRun:
    """What one process wrote down.

    Attributes
    ----------
    process : str
        Its `cta_columnar.store.files.process_name`.
    lines : tuple of dict
        In order; the first one is that of the run.
    """

    process: str
    lines: tuple[Line, ...]

    @property
    def run(self) -> Line:
        """What was to be done."""
        return self.lines[0]

    @property
    def end(self) -> Line | None:
        """How it ended; None if it goes on, or was killed."""
        return self.lines[-1] if self.lines[-1]["what"] == "end" else None

    @property
    def workers(self) -> int:
        """How many there were when it last told, or are to be if it has not yet."""
        told = (line["workers"] for line in self.lines[::-1] if "workers" in line)
        return int(next(told, 1))

    @property
    def retries(self) -> Iterator[Line]:
        """Shards that were tried again, and why."""
        return (line for line in self.lines if line["what"] == "retry")

    @property
    def shards(self) -> Iterator[Line]:
        """What is known of shards."""
        return (line for line in self.lines if line["what"] == "shard")

    @property
    def last_time(self) -> float:
        """When it last said something, seconds since 1970."""
        return float(self.lines[-1]["time"])

    @property
    def is_running(self) -> bool:
        """Whether it goes on, as far as that can be told from here."""
        if self.end is not None:
            return False
        lives = is_alive(self.process)
        return time.time() - self.last_time < _SILENT_S if lives is None else lives


def read_journals(root: str | Path) -> list[JournalOfRun]:
    """Read what all processes wrote down, in order of their beginning.

    Lines that do not say what their kind must are left out, as those that break off.
    """
    found = []
    for path in sorted((location(root) / JOURNAL).glob(f"*{_SUFFIX}")):
        lines = tuple(_lines(path))
        if lines and lines[0]["what"] == "run":
            process = path.name.removesuffix(_SUFFIX).partition("-")[2]
            found.append(JournalOfRun(process, lines))
    return found


def _lines(path: Path) -> Iterator[Line]:
    try:
        with reading(path):
            content = read_bounded(path, MAX_JSON_BYTES)
    except FileNotFoundError:
        return
    for text in content.splitlines():
        try:
            line = parse_json(text)
        except ValueError:
            # The last one, of a process that is just writing, or died.
            continue
        if is_line(line):
            yield line
