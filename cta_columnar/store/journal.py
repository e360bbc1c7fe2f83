"""What was done to a dataset when and where, failures too: lines beside the data.

Records hold only what another run would repeat. Times, hosts, retries and memory are
here, in ``_journal/``, for `status` and reports; no result depends on them. Each
process appends to a file of its own, so that nobody waits for another. Lines are JSON:

``run``       the first one: stage, host, shards it is going to do
``shard``     a shard is done, was done before, or failed and why
``progress``  every half minute: events and bytes read so far
``end``       ``completed``, ``failed`` or ``interrupted``; missing if it was killed
"""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from cta_columnar.provenance import COMPLETED, FAILED, INTERRUPTED
from cta_columnar.store.errors import WriteError
from cta_columnar.store.files import is_alive, make_folders, process_name
from cta_columnar.store.layout import JOURNAL

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
        self._file: int | None = None
        self._told = time.monotonic()
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        path = root / JOURNAL / f"{stamp}-{process_name()}{_SUFFIX}"
        # A full disk stops a run where it writes data, and is told there.
        with suppress(OSError, WriteError):
            make_folders(root, path.parent)
            self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o666)
        self.add("run", host=socket.gethostname(), pid=os.getpid(), **facts)

    def add(self, what: str, **facts: object) -> None:
        """Write a line."""
        if self._file is None:
            return
        line = {"what": what, "time": round(time.time(), 3), **facts}
        with suppress(OSError):
            os.write(self._file, (json.dumps(line) + "\n").encode())

    def progress(self, **amounts: int) -> None:
        """Write down how far it is, now and then."""
        if time.monotonic() - self._told > PROGRESS_EVERY_S:
            self._told = time.monotonic()
            self.add("progress", **amounts)

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
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
    """Read what all processes wrote down, in order of their beginning."""
    found = []
    for path in sorted((Path(root) / JOURNAL).glob(f"*{_SUFFIX}")):
        lines = tuple(_lines(path))
        if lines and lines[0]["what"] == "run":
            process = path.name.removesuffix(_SUFFIX).partition("-")[2]
            found.append(JournalOfRun(process, lines))
    return found


def _lines(path: Path) -> Iterator[Line]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    for text in content.splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            # The last one, of a process that is just writing, or died.
            continue
        if isinstance(line, dict) and {"what", "time"} <= line.keys():
            yield line
