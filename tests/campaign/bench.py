"""What all rounds of a campaign share: inputs, the undisturbed dataset, disks."""

import random
import time
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from campaign.disks import FailingDisk, mounted_tmpfs
from campaign.watch import Reader
from cluster.slurm import running_slurm
from dask_processes import own_cluster
from runs.commands import hashes, start
from simtel_surgery import make_inputs

from cta_columnar.store import open_store, validate
from cta_columnar.store.files import below
from cta_columnar.store.layout import COMMITS, SCRATCH

PATIENCE_S = 240
# Events of the raw files: small, so that a campaign is mostly moments and not work.
SIZES = {"zst": (2, 5, 3), "gz": (4, 2), "plain": (6, 3)}


@dataclass(frozen=True)
class Undisturbed:
    """A dataset that nobody disturbed, and how long it took.

    ``first_s`` is from the beginning of the dataset to its first record, ``gap_s`` from
    one record to the next.
    """

    hashes: dict
    n_shards: int
    first_s: float
    gap_s: float


@dataclass(frozen=True)
class Moment:
    """When a fault comes: after so many records and a share of the time to the next."""

    commits: int
    share: float

    @classmethod
    def draw(cls, rng, n_shards, earliest):
        return cls(rng.randrange(earliest, n_shards), round(rng.random(), 3))


class Bench(AbstractContextManager):
    """Makes things when they are first asked for, and takes them down at the end."""

    def __init__(self, folder, shared):
        self.folder = Path(folder)
        self.shared = shared
        self._stack = ExitStack()
        self._numbers = iter(range(1_000_000))
        self._known = {}
        self.dask = None

    def __exit__(self, *_):
        self._stack.close()

    @cached_property
    def reader(self):
        return self._stack.enter_context(Reader())

    @cached_property
    def raw(self):
        folder = self.folder / "raw"
        folder.mkdir()
        return make_inputs(folder, self.shared, SIZES)

    @cached_property
    def failing_disk(self):
        """A disk with the same raw files, which loses its end when asked."""
        return self._stack.enter_context(FailingDisk(self.folder / "disk", self.raw))

    @cached_property
    def small_disk(self):
        return self._stack.enter_context(mounted_tmpfs(self.folder / "small", "64m"))

    @cached_property
    def slurm(self):
        folder = self.folder / "slurm"
        folder.mkdir()
        return self._stack.enter_context(running_slurm(folder))

    def living_dask(self):
        """Return a Dask cluster with two workers; what was killed of it is replaced."""
        if self.dask is None or self.dask.scheduler.poll() is not None:
            folder = self.new_output().parent
            self.dask = self._stack.enter_context(own_cluster(folder))
        living = [each for each in self.dask.workers if each.poll() is None]
        self.dask.workers[:] = living
        while len(self.dask.workers) < 2:
            self.dask.add_worker()
        return self.dask

    def new_output(self, folder=None):
        """Return the path of a dataset that nobody has begun."""
        place = (folder or self.folder) / f"round{next(self._numbers)}"
        place.mkdir()
        return place / "dl1"

    def undisturbed(self, raw):
        """Return what a run on some raw files gives that nobody disturbs."""
        key = tuple(raw)
        if key not in self._known:
            self._known[key] = self._run_undisturbed(raw)
        return self._known[key]

    def _run_undisturbed(self, raw):
        # Twice: the first run may compile.
        for _ in range(2):
            output = self.new_output()
            process = start("stage1", raw, output, "--workers", 2)
            begun = first = 0.0
            while process.poll() is None:
                now = time.monotonic()
                begun = begun or (now if is_begun(output) else 0.0)
                first = first or (now if n_records(output) else 0.0)
                time.sleep(0.005)
            ended = time.monotonic()
            _, errors = process.communicate()
            if process.returncode or validate(output):
                raise RuntimeError(f"the undisturbed run failed: {errors}")
        n = len(open_store(output).records)
        first = first or ended
        return Undisturbed(hashes(output), n, first - begun, (ended - first) / n)


def is_begun(output):
    return (output / COMMITS).exists() or (output / "manifest.json").exists()


def n_records(output):
    """Count the shards that are committed."""
    return len(list((output / COMMITS).glob("[0-9a-f]*.json")))


def has_drafts(output):
    """Whether some shard is being written."""
    names = (each.name for each in below(output / SCRATCH))
    return any(not name.startswith(("record", "manifest")) for name in names)


def differences(output, undisturbed):
    """Say in what a dataset is not the undisturbed one; nothing if it is."""
    found = hashes(output)
    wrong = [
        f"{path} {'differs' if path in found else 'is missing'}"
        for path, digest in undisturbed.hashes.items()
        if found.get(path) != digest
    ]
    wrong += [f"{path} is too much" for path in found if path not in undisturbed.hashes]
    wrong += [
        f"{each}/ is left" for each in (SCRATCH, COMMITS) if (output / each).exists()
    ]
    return wrong + [f"validate: {each}" for each in validate(output)]


def pick(rng: random.Random, several):
    """Draw one of several, in an order that does not depend on the system."""
    ordered = sorted(several)
    return rng.choice(ordered) if ordered else None
