"""Clusters of Dask: one that runs, one on this machine, one in batch jobs."""

import asyncio
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import dask.config
from distributed import Client, LocalCluster
from distributed.core import Status
from distributed.security import Security

from cta_columnar.errors import UserError
from cta_columnar.executors.dask.certificates import (
    check_known,
    own_security,
    shared_security,
)
from cta_columnar.executors.places import (
    BatchJobs,
    DaskPlace,
    DaskScheduler,
    LocalDask,
)
from cta_columnar.executors.processes import default_workers
from cta_columnar.executors.signals import keeping_ctrl_c, not_warned, uninterrupted

_log = logging.getLogger(__name__)

_CONNECT_S = 10.0
_SUBMIT_AGAIN_S = (2.0, 10.0, 30.0)
# After it was given up, a job may be asked for again.
_FORGET_AFTER_S = 5.0
# Every scheduler and worker has a web server, with or without a dashboard on it.
_LOOPBACK = "127.0.0.1:0"
_WORKERS_ON_LOOPBACK = ["--no-dashboard", "--dashboard-address", _LOOPBACK]

# For schedulers of our own. A task waits at the scheduler, not behind a long one at a
# worker; few events of the past are kept; the workers themselves compute nothing.
_CONFIG = {
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.admin.low-level-log-length": 100,
    "distributed.worker.profile.enabled": False,
    "distributed.worker.preload": ["cta_columnar.executors.dask.local_worker"],
    "distributed.nanny.pre-spawn-environ": {"DASK_LOGGING__DISTRIBUTED": "critical"},
}
# What they have to say of lost workers and schedulers, executors say in a line. Dask
# gives its client a level of its own.
_TALKATIVE = ("distributed", "distributed.client", "tornado.application")
_SUBMIT = {"slurm": "sbatch", "htcondor": "condor_submit", "pbs": "qsub", "lsf": "bsub"}


@dataclass(slots=True)
class Connection:
    """A cluster that can be given tasks.

    Attributes
    ----------
    client : distributed.Client
        By which.
    failures : list of str
        Why no jobs could be submitted since there last was a worker; grows.
    n_workers : int
        Tasks that could run at a time when it was last asked for.
    """

    client: Client
    failures: list[str] = field(default_factory=list)
    n_workers: int = 0


@contextmanager
def connect(place: DaskPlace) -> Iterator[Connection]:
    """Connect to a cluster; what was begun for that ends with the context.

    Parameters
    ----------
    place : LocalDask, DaskScheduler or BatchJobs
        Where its workers are.

    Raises
    ------
    UserError
        If there is no such scheduler, or no batch system.
    """
    if not _log.isEnabledFor(logging.DEBUG):
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL)
    failures: list[str] = []
    where: Any
    with ExitStack() as stack:
        if not isinstance(place, DaskScheduler):
            stack.enter_context(dask.config.set(_CONFIG))
        match place:
            case DaskScheduler(address):
                where = address
            case LocalDask(workers):
                # Dask can end a cluster only when all of its workers have begun. Its
                # thread, which begins them and their helpers, inherits what is blocked.
                with uninterrupted():
                    with not_warned():
                        cluster = _local(workers)
                    where = stack.enter_context(cluster)
            case BatchJobs():
                security = stack.enter_context(shared_security(place))
                where = stack.enter_context(_batch(place, security, failures))
        client = stack.enter_context(_client(where))
        yield Connection(client, failures)


def _client(where: Any) -> Client:  # noqa: ANN401 - an address or a cluster
    if isinstance(where, str):
        check_known(where)
    try:
        return Client(where, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        # RuntimeError: not encrypted, where the site wants that.
        # Who speaks another protocol is heard only as one that closes the line.
        hint = "" if "tls://" in str(where) else "; is it a tls:// address?"
        what = f"no Dask scheduler answers at {where}: {error}{hint}"
        raise UserError(what) from error


def _local(workers: int | None) -> LocalCluster:
    return LocalCluster(
        n_workers=workers or default_workers(),
        threads_per_worker=1,
        processes=True,
        memory_limit=None,
        security=own_security(),
        protocol="tls://",
        scheduler_kwargs={"dashboard": False},
        dashboard_address=_LOOPBACK,
        worker_dashboard_address=_LOOPBACK,
    )


def _batch(jobs: BatchJobs, security: Security | None, failures: list[str]) -> Any:  # noqa: ANN401 - untyped
    """Begin a scheduler here, and let it submit jobs for its workers."""
    program = _SUBMIT[jobs.system]
    if shutil.which(program) is None:
        raise UserError(
            f"there is no {program} here: begin the run where jobs of {jobs.system} "
            "are submitted"
        )
    kind = _cluster_class(jobs.system)
    job = type("Job", (_Persistent, kind.job_cls), {"failures": failures})
    options = {
        "dashboard": jobs.dashboard is not None,
        "dashboard_address": jobs.dashboard or _LOOPBACK,
    }
    try:
        cluster = kind(
            job_cls=job,
            scheduler_options=options,
            security=security,
            **_keywords(jobs),
        )
    except RuntimeError as error:
        # As Dask tells of an interface or an address that this machine has not.
        where = f"interface {jobs.keywords.get('interface', 'any')}"
        if jobs.dashboard:
            where += f", dashboard {jobs.dashboard}"
        why = error.__cause__ or error
        raise UserError(f"no Dask scheduler can begin here ({where}): {why}") from error
    cluster.adapt(minimum=jobs.minimum, maximum=jobs.maximum)
    return cluster


def _keywords(jobs: BatchJobs) -> Mapping[str, Any]:
    arguments = [*jobs.keywords.get("worker_extra_args", ()), *_WORKERS_ON_LOOPBACK]
    return {**jobs.keywords, "worker_extra_args": arguments}


def _cluster_class(system: str) -> Any:  # noqa: ANN401
    try:
        # Its runners, of which nobody here has any, would end a run by Ctrl-C as done.
        with keeping_ctrl_c():
            import dask_jobqueue  # noqa: PLC0415 - for batch jobs only
    except ModuleNotFoundError as error:
        raise UserError(
            f"a package for batch jobs is not installed (no module {error.name}): "
            "pip install 'cta-columnar[dask]'"
        ) from error

    return {
        "slurm": dask_jobqueue.SLURMCluster,
        "htcondor": dask_jobqueue.HTCondorCluster,
        "pbs": dask_jobqueue.PBSCluster,
        "lsf": dask_jobqueue.LSFCluster,
    }[system]


class _Persistent:
    """A job that is submitted again if the batch system would not have it."""

    failures: list[str]
    status: Status
    name: str
    _cluster: Any

    async def _submit_job(self, script: str) -> Any:  # noqa: ANN401 - as it is there
        for seconds in _SUBMIT_AGAIN_S:
            try:
                return await super()._submit_job(script)  # type: ignore[misc]
            except (OSError, RuntimeError) as error:
                what = str(error).strip()
                _log.warning(
                    "no job could be submitted, again in %g s: %s", seconds, what
                )
                await asyncio.sleep(seconds)
        try:
            return await super()._submit_job(script)  # type: ignore[misc]
        except (OSError, RuntimeError) as error:
            # Dask would only log it, and wait for ever.
            self.failures.append(str(error).strip())
            self.status = Status.failed
            asyncio.get_running_loop().call_later(_FORGET_AFTER_S, self._forget)
            raise

    def _forget(self) -> None:
        """Let Dask ask for another one: it would count this one for ever."""
        cluster = self._cluster()
        if cluster is not None and cluster.workers.get(self.name) is self:
            cluster.worker_spec.pop(self.name, None)
            cluster.workers.pop(self.name)


def job_script(jobs: BatchJobs, scheduler: str = "tcp://scheduler:8786") -> str:
    """Return the script of a job, as it would be submitted."""
    job = _cluster_class(jobs.system).job_cls(
        scheduler, name="worker", **_keywords(jobs)
    )
    return str(job.job_script())
