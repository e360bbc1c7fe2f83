"""Time stage 2 alone, without reading and writing: quality query to impact distance.

python -m benchmarks.stereo DL1 RECONSTRUCTOR ...

Prints events and CPU seconds as JSON. The events of the dataset are repeated in memory,
with new ids, to as many as stage 2 takes at once in a long run.
"""

import json
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cta_columnar.config import Stage2Config
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.pipelines.stage2.reconstructors import reconstructors_of
from cta_columnar.pipelines.stage2.rows import EVENTS_AT_ONCE, event_ranges
from cta_columnar.stages.reconstruction import columns_read, reconstruct
from cta_columnar.store import Block, BlockReader, open_store

Columns = dict[str, NDArray[Any]]
CALLS = 5


def repeated(columns: Columns, copies: int, stride: int) -> Columns:
    """Repeat rows with larger and larger event ids."""
    out = {name: np.tile(values, copies) for name, values in columns.items()}
    copy = np.repeat(np.arange(copies), len(columns["event_id"]))
    out["event_id"] = out["event_id"] + copy * stride
    return out


def main() -> None:
    """Compile, then time some calls."""
    store = open_store(sys.argv[1])
    names = sys.argv[2:]
    chosen = {"reconstructors": names, "best_geometry": names[0]}
    config = configure("stage2", values=chosen)
    assert isinstance(config, Stage2Config)
    reconstructors = reconstructors_of(config)
    wanted = columns_read(reconstructors)
    assert len(store.records) == 1
    runs = store.read("simulation/runs")
    whole = BlockReader(store, Block())
    events, telescopes, showers = next(event_ranges(whole, runs, wanted))
    stride = int(events["event_id"].max()) + 1
    copies = max(EVENTS_AT_ONCE // len(events["event_id"]), 1)
    many_events = repeated(events, copies, stride)
    many_telescopes = repeated(telescopes, copies, stride)
    many_showers = showers and repeated(showers, copies, stride)
    subarray = store.subarray()
    spent = []
    for _ in range(1 + CALLS):
        begin = time.process_time()
        result = reconstruct(
            many_events,
            many_telescopes,
            subarray,
            reconstructors=reconstructors,
            best=config.best_geometry,
            showers=many_showers,
        )
        spent.append(time.process_time() - begin)
    n_events = len(result.events["event_id"])
    cpu_s = sum(spent[1:])  # the first call compiles, or loads what was compiled
    print(json.dumps({"events": n_events * CALLS, "cpu_s": cpu_s}))


if __name__ == "__main__":
    main()
