"""Where the workers of Dask are, in plain words: Dask is imported only if used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cta_columnar.errors import UserError


@dataclass(frozen=True, slots=True)
class LocalDask:
    """Dask on this machine, begun and ended with the run.

    Attributes
    ----------
    workers : int, optional
        Processes; None: one per processor.
    """

    workers: int | None = None


@dataclass(frozen=True, slots=True)
class DaskScheduler:
    """A Dask cluster that runs already, and goes on running.

    Attributes
    ----------
    address : str
        Of its scheduler, e.g. ``"tcp://host:8786"``; certificates for ``tls://`` stand
        in Dask's own configuration.

    Raises
    ------
    UserError
        If it is no such address.
    """

    address: str

    def __post_init__(self) -> None:
        """Check the address: of some that are wrong, Dask tells by tracebacks."""
        if not _is_address(self.address):
            raise UserError(
                "the address of a Dask scheduler must be tcp:// or tls:// with a host "
                "and a port of 1 to 65535, such as tcp://host:8786, got "
                f"{self.address!r}"
            )


@dataclass(frozen=True, slots=True)
class BatchJobs:
    """Dask workers in batch jobs; the scheduler runs in this process.

    Attributes
    ----------
    system : str
        ``"slurm"``, ``"htcondor"``, ``"pbs"`` or ``"lsf"``.
    minimum, maximum : int
        Workers that there always are, and that there are at most.
    keywords : mapping of str to object
        What the class of dask-jobqueue for that system takes.
    tls : bool
        Whether scheduler and workers know each other by certificates.
    dashboard : str, optional
        Where the dashboard of Dask listens; None: there is none.
    """

    system: str
    minimum: int
    maximum: int
    keywords: Mapping[str, Any] = field(default_factory=dict)
    tls: bool = True
    dashboard: str | None = None


def _is_address(text: str) -> bool:
    scheme, _, place = text.partition("://")
    try:
        found = urlsplit(f"//{place}")
        is_whole = found.netloc == place and found.hostname and found.port
    except ValueError:
        # Of ports that are no number, or too large.
        return False
    return bool(is_whole) and scheme in {"tcp", "tls"}


DaskPlace = LocalDask | DaskScheduler | BatchJobs


class SchedulerLostError(UserError):
    """The Dask scheduler is gone, and with it what it knew of running tasks."""
