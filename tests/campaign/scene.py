"""A run that is going to be disturbed: how it is watched, ended and gone on with."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from campaign.bench import PATIENCE_S
from runs.commands import members, stage1

from cta_columnar.errors import UserError


@dataclass(frozen=True)
class Ended:
    """How a run ended: the status of its process, and what it said."""

    status: int
    said: str

    def __str__(self):
        if self.status < 0:
            return signal.Signals(-self.status).name
        return f"status {self.status}"


def end_of(process):
    """Wait for a command and for all that it has begun."""
    try:
        _, said = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        process.kill()
        raise TimeoutError(f"{process.args} hangs") from error
    patience = time.monotonic() + 30
    while left := members(process.pid):
        if time.monotonic() > patience:
            raise TimeoutError(f"processes {left} outlive their command")
        time.sleep(0.01)
    return Ended(process.returncode, said)


def go_on(raw, output):
    """Do the same with ``resume``, as ``ctacol run stage1 --resume`` does."""
    # In this process: another one takes longer to begin than to do what is left.
    try:
        stage1(raw, output, resume=True)
    except UserError as error:
        return Ended(1, str(error))
    return Ended(0, "")


@dataclass
class Scene:
    """What a round needs to know of its kind of fault.

    Attributes
    ----------
    raw : list of Path
        What the run reads.
    output : Path
        What it writes.
    is_running : callable
        Whether it does.
    strike : callable
        Do the fault; return whether there was something to strike.
    end : callable
        Wait until the disturbed run is over, return how it ended.
    mend : callable
        Undo what stays of the fault: an empty disk, a file that is there again.
    resume : callable
        Go on with it, return how that ended.
    """

    raw: list
    output: Path
    is_running: Callable[[], bool]
    strike: Callable[[], bool]
    end: Callable[[], Ended]
    resume: Callable[[], Ended]
    mend: Callable[[], object] = lambda: None

    @classmethod
    def of(cls, process, raw, output, strike, **how):
        """Describe a run that is a process here."""
        return cls(
            raw,
            output,
            lambda: process.poll() is None,
            strike,
            lambda: end_of(process),
            **{"resume": lambda: go_on(raw, output)} | how,
        )
