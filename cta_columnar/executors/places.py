"""Where the workers of Dask are, in plain words: Dask is imported only if used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
    """

    address: str


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


DaskPlace = LocalDask | DaskScheduler | BatchJobs


class SchedulerLostError(UserError):
    """The Dask scheduler is gone, and with it what it knew of running tasks."""
