"""A pipeline in miniature: inputs of a few bytes become tables of all kinds.

Also a program, so that tests can kill it: ``python -m store.toy_run ROOT INPUTS...``.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from cta_columnar.arrays import to_arrow
from cta_columnar.executors import Err, Task, make_executor
from cta_columnar.instrument.camera import CameraGeometry, CameraReadout
from cta_columnar.instrument.optics import OpticsDescription
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.provenance import Activity
from cta_columnar.schemas import dl1, simulation
from cta_columnar.schemas.columns import bind
from cta_columnar.store import (
    Identity,
    Input,
    Shard,
    ShardWriter,
    StoreError,
    begin,
    finalize,
    note_records,
    prepare,
    recorded,
)

IDENTITY = Identity("stage1", "config-a", "code-a")
LST, SST = "LST_Toy_Cam", "SST_Toy/Cam 2"
PIXELS = {LST: 7, SST: 5}
UNTYPED = {
    "trigger": dl1.TRIGGER,
    "showers": simulation.SHOWERS,
    "simulation/runs": simulation.RUNS,
    "simulation/thrown": simulation.THROWN,
}


CUT = {"stage": "quality", "tel_type": LST, "cut": "charge", "position": 0}
CUT |= {"n_passed": 4, "n_survivors": 3}


def toy_subarray(name="toy", n_pixels=PIXELS):
    """Two telescope types, one with a name that no folder could have."""
    types = tuple(_type(each, n) for each, n in n_pixels.items())
    ids = np.array([1, 2], np.int16)
    index = np.array([0, 1], np.int32)
    place = np.arange(6.0).reshape(2, 3)
    return SubarrayDescription(
        name, ids, ("a", "b"), place, index, types, 28.7, -17.0, 2e3
    )


def _type(name, n):
    x = np.arange(float(n))
    camera = CameraGeometry(name, x, 0 * x, x + 1, "square", 0.0, 0.0)
    readout = CameraReadout(name, 1.0, np.ones((2, 4)), 1.0, 2, n, 40)
    optics = OpticsDescription(name, "LST", "PARABOLIC", 1, 9, 400.0, 28.0, 29.3)
    return TelescopeType(name, optics, camera, readout, 29.3)


def random_batch(schema, n, rng, **columns):
    """Rows of any schema: given columns, and noise in the others."""
    columns = {
        name: value if np.ndim(value) > 1 else np.broadcast_to(value, n)
        for name, value in columns.items()
    }
    arrays = []
    for field in schema:
        if field.name in columns:
            arrays.append(to_arrow(columns[field.name], field.type))
        else:
            arrays.append(_noise(field.type, n, rng))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _noise(dtype, n, rng):
    if pa.types.is_fixed_size_list(dtype):
        values = _noise(dtype.value_type, n * dtype.list_size, rng)
        return pa.FixedSizeListArray.from_arrays(values, type=dtype)
    if pa.types.is_list(dtype):
        return pa.array([[1, 2]] * n, dtype)
    if pa.types.is_string(dtype):
        return pa.array(["x"] * n, dtype)
    if pa.types.is_floating(dtype):
        return pa.array(rng.normal(0, 1, n), dtype)
    return pa.array(rng.integers(0, 2, n)).cast(dtype)


def write_input(path, obs_id, n_events=20, first=0, array="toy", seed=0):
    """Write an input: what to make up."""
    content = {"obs_id": obs_id, "n": n_events, "first": first, "array": array}
    path.write_text(json.dumps(content | {"seed": seed}))
    return path


def tables_of(content):
    """Yield tables of an input: name, rows, telescope type."""
    rng = np.random.default_rng([content["obs_id"], content["seed"]])
    n, obs = content["n"], content["obs_id"]
    events = np.arange(content["first"], content["first"] + n)
    for name, schema in UNTYPED.items():
        rows = 1 if name.startswith("simulation") else n
        ids = {"obs_id": obs} | ({"event_id": events} if rows == n else {})
        yield name, random_batch(schema, rows, rng, **ids), None
    for tel_id, (tel_type, pixels) in enumerate(PIXELS.items(), start=1):
        if n == 0:
            continue
        ids = {"obs_id": obs, "event_id": events, "tel_id": tel_id}
        images = bind(dl1.IMAGES, {"pixel": pixels})
        yield "images", random_batch(images, n, rng, **ids), tel_type
        yield "parameters", random_batch(dl1.PARAMETERS, n, rng, **ids), tel_type


def work(root, path, identity, previous, batch_rows=7):
    """Process one input; return its shard, and its record."""
    content = json.loads(Path(path).read_text())
    shard = Shard(identity, (Input.of(path),))
    done = begin(root, shard, previous)
    if done is not None:
        return shard, done, False
    with ShardWriter(
        root, shard, toy_subarray(content["array"]), previous=previous
    ) as writer:
        for name, batch, tel_type in tables_of(content):
            writer.append(name, batch.slice(0, 0), tel_type)
            for start in range(0, batch.num_rows, batch_rows):
                writer.append(name, batch.slice(start, batch_rows), tel_type)
        record = writer.commit({"events": content["n"]}, {"cut_flow": [CUT]})
    return shard, record, True


def run(root, inputs, *, identity=IDENTITY, workers=1, **how):
    """Process all inputs and finalise; raise the first error, as a pipeline does."""
    previous = prepare(root, identity, **how)
    activity = Activity(identity.stage, {"threshold": 5})
    with recorded(root, activity), make_executor(workers) as executor:
        tasks = [Task(str(p), work, (root, p, identity, previous)) for p in inputs]
        results = executor.map(tasks)
        for result in results:
            if isinstance(result, Err):
                raise result.exception or StoreError(f"{result.name}: {result.message}")
            _, record, made = result.value
            note_records(activity, [record], in_this_run=made)
        return finalize(root, [result.value[0] for result in results])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("root")
    parser.add_argument("inputs", nargs="*")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    run(args.root, args.inputs, resume=args.resume, workers=args.workers)
