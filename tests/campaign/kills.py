"""SIGKILL of everything that takes part in a run. Each kind begins one and says how."""

from contextlib import contextmanager

from campaign.bench import pick
from campaign.processes import (
    busy,
    children,
    is_in_the_midst,
    kill,
)
from campaign.scene import Ended, Scene
from cluster.slurm import NODES
from runs.commands import SETTINGS, start

from cta_columnar.config import BatchConfig
from cta_columnar.pipelines.planning.plan import plan
from cta_columnar.pipelines.planning.status import status
from cta_columnar.store import is_finished


@contextmanager
def worker(bench, rng):
    """One of two worker processes: in the midst of a shard, if one is."""
    output = bench.new_output()
    process = start("stage1", bench.raw, output, "--workers", 2)

    def strike():
        pid = pick(rng, busy(children(process.pid), output))
        return pid is not None and kill(pid)

    yield Scene.of(process, bench.raw, output, strike)


@contextmanager
def parent(bench, rng):
    """The command itself, with two workers or none; these must not outlive it."""
    output = bench.new_output()
    process = start("stage1", bench.raw, output, "--workers", rng.choice([1, 2, 2]))
    yield Scene.of(process, bench.raw, output, lambda: kill(process.pid))


@contextmanager
def dask_worker(bench, rng):
    """A Dask worker; another one is left."""
    output = bench.new_output()

    def strike():
        several = [each.pid for each in bench.dask.workers]
        working = [pid for pid in several if _helpers(pid, output)]
        return kill(pick(rng, working or several))

    yield Scene.of(_on_dask(bench, output), bench.raw, output, strike)


@contextmanager
def process_of_a_dask_worker(bench, rng):
    """The process beside a Dask worker that does the work."""
    output = bench.new_output()

    def strike():
        workers = [each.pid for each in bench.dask.workers]
        pid = pick(rng, [p for pid in workers for p in _helpers(pid, output)])
        return pid is not None and kill(pid)

    yield Scene.of(_on_dask(bench, output), bench.raw, output, strike)


@contextmanager
def dask_scheduler(bench, rng):
    """The scheduler of Dask; the run is gone on with without Dask."""
    output = bench.new_output()
    process = _on_dask(bench, output)
    scheduler = bench.dask.scheduler
    yield Scene.of(process, bench.raw, output, lambda: kill(scheduler.pid))


def _on_dask(bench, output):
    """Begin a run on a cluster whose scheduler and two workers live."""
    address = bench.living_dask().address
    return start("stage1", bench.raw, output, "--scheduler", address)


def _helpers(dask_worker, output):
    """Return the process beside a Dask worker if it is in the midst of a shard."""
    return [p for p in children(dask_worker) if is_in_the_midst(p, output)]


@contextmanager
def slurm_node(bench, rng):
    """slurmd and all that it began, where an element of a job array is at work."""
    output, slurm = bench.new_output(), bench.slurm
    made = plan(
        "stage1",
        input=bench.raw,
        output=output,
        elements=2,
        script=output.parent / "stage1.sh",
        batch=BatchConfig(memory=1.5, wall_time=20),
        set=SETTINGS,
    )
    killed = []

    def submit(*words):
        return slurm.ask("sbatch", *words, str(made.script))

    def strike():
        at_work = [each for each in NODES if is_node_at_work(slurm, each, output)]
        node = pick(rng, at_work)
        if node is None:
            return False
        slurm.kill_node(node)
        killed.append(node)
        return True

    def end():
        # What the controller would begin anew is left to the resubmission.
        slurm.cancel(job, "--state=PENDING")
        for node in killed:
            slurm.mend_node(node)
        slurm.wait_until_idle()
        slurm.cancel(job)
        return Ended(0 if is_finished(output) else 1, logs())

    def resume():
        left = status(output).unfinished
        if left:
            submit("--wait", f"--array={left}")
        return Ended(0 if is_finished(output) else 1, logs())

    def logs():
        files = sorted((output / "_plan" / "logs").glob("*.log"))
        return "\n".join(each.read_text() for each in files)

    job = submit("--parsable").strip()
    yield Scene(
        bench.raw,
        output,
        lambda: slurm.has(job),
        strike,
        end,
        resume,
    )


def is_node_at_work(slurm, node, output):
    """Whether a process of a job on a node is in the midst of a shard."""
    return any(is_in_the_midst(pid, output) for pid in slurm.processes_of(node))


KILLS = {
    "worker process": worker,
    "the command": parent,
    "Dask worker": dask_worker,
    "process of a Dask worker": process_of_a_dask_worker,
    "Dask scheduler": dask_scheduler,
    "SLURM node (slurmd and its jobs)": slurm_node,
}
