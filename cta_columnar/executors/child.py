"""A process beside a thread: it runs the tasks of the thread, and may be killed."""

import os
import subprocess
import sys
from multiprocessing import Pipe
from pathlib import Path

from cta_columnar.executors.worker import ONE_THREAD, how_it_ended

_GRACE_S = 5.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MAIN = "import sys; from cta_columnar.executors.worker import serve; serve({handle})"


class Child:
    """Runs tasks one after the other, with one thread per library.

    Where a library runs our tasks in threads of its own process: that process stays
    responsive and alive whatever a task does, and a task can be stopped. Unlike those
    of multiprocessing it may be begun by a process that is a daemon itself.

    Parameters
    ----------
    initializer : bytes
        Pickled; called before the first task.
    folder : str
        Where it works.

    Raises
    ------
    OSError
        If the process cannot begin, e.g. as there is no such folder.
    """

    def __init__(self, initializer: bytes, folder: str) -> None:
        self.pipe, theirs = Pipe()
        paths = [str(Path(each).absolute()) for each in sys.path if each]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _MAIN.format(handle=theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=os.environ | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(paths)},
                # It ends when this process does: see `serve`.
                stdin=subprocess.PIPE,
                cwd=folder,
            )
        except BaseException:
            self.pipe.close()
            raise
        finally:
            theirs.close()
        self.pipe.send_bytes(initializer)

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def memory(self) -> int:
        """Return its resident memory in bytes; 0 if that cannot be told."""
        return resident_memory(self._process.pid)

    def stop(self) -> str:
        """End the process, in the midst of a task if need be; say how it ended."""
        self.pipe.close()
        self._process.terminate()
        try:
            code = self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return how_it_ended(code)


def resident_memory(pid: int) -> int:
    """Return the resident memory of a process in bytes; 0 if that cannot be told."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
