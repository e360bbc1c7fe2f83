"""Where the shards of a run are done: the executor that its options ask for."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

from cta_columnar import registry
from cta_columnar.config.cluster import ClusterConfig
from cta_columnar.digests import code_digest
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.executors import (
    BatchJobs,
    DaskPlace,
    DaskScheduler,
    Executor,
    LocalDask,
    default_workers,
    make_executor,
)
from cta_columnar.pipelines.running.common import RunOptions
from cta_columnar.pipelines.running.executor_names import ExecutorName
from cta_columnar.pipelines.running.settings import configure

# Of the wall time, when workers give their work to others: so that jobs which began
# together do not end together.
_LIFETIME, _STAGGER = 0.9, 0.05


def place_of(
    executor: str | None,
    scheduler: str | None,
    cluster: Path | None,
    workers: int | None,
) -> DaskPlace | None:
    """Say where Dask's workers are; None: there are none, processes of ours do.

    Parameters
    ----------
    executor : str, optional
        ``"processes"`` or ``"dask"``; None: what the others ask for.
    scheduler : str, optional
        Address of a Dask scheduler.
    cluster : pathlib.Path, optional
        File of a `ClusterConfig`.
    workers : int, optional
        How many; with a file, at most.

    Raises
    ------
    UserError
        If they contradict each other, or the file is wrong.
    """
    names = [name.value for name in ExecutorName]
    if executor is not None and executor not in names:
        what = f"{executor!r} is not a choice; {did_you_mean(executor, names)}"
        raise UserError(f"executor: {what}")
    asked = [f"--{n}" for n, v in (("scheduler", scheduler), ("cluster", cluster)) if v]
    if len(asked) > 1:
        raise UserError(
            "--scheduler is a Dask cluster, --cluster makes one: choose one"
        )
    if asked and executor == ExecutorName.processes:
        raise UserError(f"{asked[0]} is for Dask, not for --executor processes")
    if scheduler is not None:
        if workers is not None:
            raise UserError("--workers: a Dask cluster has as many as it has")
        return DaskScheduler(scheduler)
    if cluster is not None:
        config = cast(ClusterConfig, configure("cluster", [cluster]))
        if "type" not in config.model_fields_set:
            raise UserError(
                f"{cluster}: type: name the batch system, slurm, htcondor, pbs or lsf"
            )
        return batch_jobs(config, workers)
    return LocalDask(workers) if executor == ExecutorName.dask else None


def batch_jobs(config: ClusterConfig, workers: int | None = None) -> BatchJobs:
    """Put the configuration of a cluster in the words of dask-jobqueue.

    Parameters
    ----------
    config : ClusterConfig
        What a job asks for.
    workers : int, optional
        How many at most, in place of `maximum`.
    """
    if workers is not None:
        least = min(config.minimum, workers)
        config = config.model_copy(update={"maximum": workers, "minimum": least})
    seconds = config.wall_time * 60
    keywords: dict[str, Any] = {
        "cores": config.workers_per_job,
        "processes": config.workers_per_job,
        "memory": f"{config.memory * config.workers_per_job:g} GB",
        "job_name": "ctacol",
        "job_script_prologue": _prologue(config),
        "worker_extra_args": [
            *("--lifetime", f"{_LIFETIME * seconds:.0f}s"),
            *("--lifetime-stagger", f"{_STAGGER * seconds:.0f}s"),
        ],
        "interface": config.interface,
        "local_directory": config.scratch,
        "log_directory": config.logs,
        "python": config.python,
    }
    keywords |= _of_system(config)
    keywords = {name: value for name, value in keywords.items() if value is not None}
    return BatchJobs(
        config.type,
        config.minimum,
        config.maximum,
        keywords,
        config.tls,
        config.dashboard,
    )


def _prologue(config: ClusterConfig) -> list[str]:
    if config.scratch is None:
        return list(config.prologue)
    folder = config.scratch
    return [*config.prologue, f'mkdir -p "{folder}"', f'export TMPDIR="{folder}"']


def _of_system(config: ClusterConfig) -> Mapping[str, Any]:
    """Return what each batch system calls by a name of its own."""
    hours, minutes = divmod(config.wall_time, 60)
    directives = list(config.directives)
    match config.type:
        case "slurm" | "pbs":
            return {
                "queue": config.queue,
                "account": config.account,
                "walltime": f"{hours:02d}:{minutes:02d}:00",
                "job_extra_directives": directives,
            }
        case "lsf":
            return {
                "queue": config.queue,
                "project": config.account,
                "walltime": f"{hours:02d}:{minutes:02d}",
                "job_extra_directives": directives,
            }
        case "htcondor":
            return {
                "disk": f"{config.disk:g} GB",
                "job_extra_directives": _condor_directives(config),
            }


def _condor_directives(config: ClusterConfig) -> dict[str, str]:
    """Return what HTCondor is told: without a wall time, jobs remove themselves."""
    seconds = config.wall_time * 60
    given = (each.partition("=") for each in config.directives)
    group = {"accounting_group": config.account} if config.account else {}
    return {
        "+MaxRuntime": str(seconds),
        "periodic_remove": "(JobStatus == 2) && "
        f"(time() - EnteredCurrentStatus > {seconds})",
        **group,
        **{key.strip(): value.strip() for key, _, value in given},
    }


def n_workers(options: RunOptions, n_tasks: int) -> int:
    """Return how many workers there will be; 0 if a Dask cluster alone knows."""
    place = options.dask
    if isinstance(place, DaskScheduler | BatchJobs):
        return 0
    given = options.workers if place is None else place.workers
    return max(min(given or default_workers(), n_tasks), 1)


def executor_for(options: RunOptions, n_tasks: int) -> Executor:
    """Return the executor for a number of tasks, as the options ask for.

    Its processes load plugins first; those of a Dask cluster make sure besides that
    they run the same code.
    """
    if options.dask is None or n_tasks == 0:
        workers = n_workers(options, n_tasks) if n_tasks else 1
        return make_executor(workers, partial(_prepare, options.plugins, ""))
    place = options.dask
    if isinstance(place, LocalDask):
        place = LocalDask(n_workers(options, n_tasks))
    digest = code_digest(options.plugins)
    return make_executor(None, partial(_prepare, options.plugins, digest), place)


def _prepare(plugins: tuple[Path, ...], digest: str) -> None:
    """Load plugins; refuse to work with other code, if told of which."""
    if digest and code_digest(plugins) != digest:
        raise UserError(
            "a Dask worker has another version of cta_columnar, of its libraries or of "
            "a plugin: install the same on all machines"
        )
    for path in plugins:
        registry.load_plugin(path)
