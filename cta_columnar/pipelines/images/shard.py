"""The work on the images of one shard of DL1, in whichever process it runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.array_types import AnyArray
from cta_columnar.arrays import to_numpy
from cta_columnar.clock import StepClock
from cta_columnar.config import Stage1Config
from cta_columnar.executors import report
from cta_columnar.pipelines.images.pedestals import SCATTER, ImagePedestals
from cta_columnar.pipelines.images.rows import image_rows
from cta_columnar.pipelines.reduce.dropped_pixels import noted, warnings_of
from cta_columnar.pipelines.running.carrying import OF_EVENTS, carry
from cta_columnar.pipelines.running.dataset_shards import Job, subarray_of
from cta_columnar.pipelines.running.shards import ShardOutcome
from cta_columnar.pipelines.stage1.chains import image_chains
from cta_columnar.pipelines.stage1.choices import unmatched_patterns
from cta_columnar.pipelines.stage1.telescope_tables import (
    IMAGE_QUALITY,
    WITHOUT_RINGS,
    TelescopeTables,
    image_facts,
)
from cta_columnar.schemas import dl1
from cta_columnar.stages.dl1 import TelescopeChains
from cta_columnar.stages.selection import add_cut_flows
from cta_columnar.store import (
    Contents,
    Previous,
    Record,
    Shard,
    ShardWriter,
    Store,
)

_CALIBRATION = "calibration/"


@dataclass(frozen=True, slots=True)
class ImageJob(Job[Stage1Config]):
    """What all shards of a run have in common.

    Attributes
    ----------
    chain : Stage1Config
        What is computed: the configuration without what was done to the images before,
        and without what is carried on.
    carries_truth : bool
        Whether true parameters are carried on.
    warnings : tuple of str
        What the user should look at.
    """

    chain: Stage1Config = field(default_factory=Stage1Config)
    carries_truth: bool = False
    warnings: tuple[str, ...] = ()


def process_images(
    job: ImageJob, sources: Sequence[Record], shard: Shard, previous: Previous
) -> ShardOutcome:
    """Turn one shard of a DL1 dataset into one shard of another.

    Parameters
    ----------
    job : ImageJob
        Input, output, configuration.
    sources : sequence of Record
        The shard of the input, alone. Its parts are read as they were when the run
        began: if they were replaced meanwhile, they are not found.
    shard : Shard
        The one to make.
    previous : mapping
        Shards of the same input that are there already.
    """
    clock = StepClock()
    (source,) = sources
    store = Store(job.dataset, Contents((source,), ()))
    subarray = subarray_of(job.dataset, source.subarray_digest)
    write = job.config.write
    level = write.compression_level
    with ShardWriter(job.output, shard, subarray, level, previous) as writer:
        chains = image_chains(job.chain, subarray)
        carried = dl1.TRUE_PARAMETERS if job.carries_truth else pa.schema([])
        tables = TelescopeTables(writer, job.config, chains, carried)
        cut_flow = _telescopes(tables, carried, job, store, chains, clock)
        others = [name for name in store.tables() if name.startswith(_CALIBRATION)]
        carry(store, writer, (*OF_EVENTS, *others))
        writer.append("cut_flow", cut_flow)
        unmatched = unmatched_patterns(job.chain, subarray)
        warnings = [f"no telescope fits the pattern of {each}" for each in unmatched]
        info = {
            "images": image_facts(write),
            "cut_flow": cut_flow.to_pylist(),
            "warnings": [
                *job.warnings,
                *warnings_of(job.dataset, source, job.config),
                *tables.warnings,
                *warnings,
            ],
            **noted(source),
        }
        earlier = {n: each for n, each in source.counts.items() if n != WITHOUT_RINGS}
        record = writer.commit(earlier | tables.counts, info)
        report(events=source.counts.get("events", 0))
        clock.add("write")
    return ShardOutcome(shard, record, False, clock.seconds, source.size)


def _telescopes(
    tables: TelescopeTables,
    carried: pa.Schema,
    job: ImageJob,
    store: Store,
    chains: dict[str, TelescopeChains],
    clock: StepClock,
) -> pa.Table:
    """Process the images of all telescopes; return the cut flow of the shard."""
    earlier = store.read("cut_flow", verify=True)
    cut_flows = [earlier.filter(pc.field("stage") != IMAGE_QUALITY)]
    progress = _Progress(store)
    pedestals = None
    if any(SCATTER & each.reads for each in chains.values()):
        pedestals = ImagePedestals(job.config, store.subarray())
    for tel_type in store.tel_types("images"):
        of_type = chains[tel_type]
        wanted = _wanted(of_type, job.config)
        for columns in image_rows(store, of_type.camera, wanted, carried.names):
            n_rows = len(columns["tel_id"])
            inputs = {n: _as_array(columns[n]) for n in of_type.reads & columns.keys()}
            inputs["tel_id"] = columns["tel_id"]
            if "tel_index" in of_type.reads:
                inputs["tel_index"] = of_type.subarray.indices_of(columns["tel_id"])
            pedestal_std = None
            if pedestals is not None:
                found = pedestals.of(columns, of_type.camera)
                pedestal_std, inputs["pedestal_index"] = found
            clock.add("read")
            computed = of_type.run_on_images(inputs, clock, pedestal_std)
            cut_flows.append(tables.append(columns | computed, n_rows, tel_type))
            clock.add("write")
            progress.add(n_rows)
    clock.add("read")
    tables.finish()
    clock.add("write")
    return add_cut_flows(cut_flows)


class _Progress:
    """Reports bytes of the input by its telescope events."""

    def __init__(self, store: Store) -> None:
        self._size = store.size
        self._total = store.rows("images")
        self._done = 0

    def add(self, n_rows: int) -> None:
        before = self._size * self._done // self._total
        self._done += n_rows
        after = self._size * self._done // self._total
        report(telescope_events=n_rows, raw_bytes=after - before)


def _wanted(chains: TelescopeChains, config: Stage1Config) -> list[str]:
    """Columns of images that a step reads, or that are written again."""
    wanted = set(chains.reads)
    write = config.write
    if write.images != "none":
        wanted |= {"image", "peak_time", "selected_gain_channel"}
        wanted |= {"true_image"} if write.true_images else set()
    order = (*dl1.IMAGES.names, *dl1.TRUE_IMAGE.names)
    computed = {*dl1.TEL_EVENT.names, "image_mask"}
    return [name for name in order if name in wanted - computed]


def _as_array(column: pa.Array | AnyArray) -> AnyArray:
    return to_numpy(column) if isinstance(column, pa.Array) else column
