"""A dataset as stage 2 writes it, made up, for the toy models of toy_predictions."""

import numpy as np
import pyarrow as pa
from store.toy_run import random_batch
from toy_predictions import LST, MST, TEL_IDS, toy_frames, toy_models

from cta_columnar.instrument.camera import CameraGeometry, CameraReadout
from cta_columnar.instrument.optics import OpticsDescription
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.provenance import Activity
from cta_columnar.schemas import dl1, dl2, simulation
from cta_columnar.schemas.columns import column, merge
from cta_columnar.store import (
    Identity,
    Input,
    Shard,
    ShardWriter,
    finalize,
    prepare,
    recorded,
    save_classes,
    save_model,
)

H_MAX = column("h_max", pa.float64(), "m", "height of maximum, of a plugin")
EVENTS = merge(dl2.EVENTS, dl2.TRUTH, dl2.RECO, pa.schema([H_MAX]))
PARAMETERS = merge(dl1.TEL_EVENT, dl1.HILLAS, dl1.LEAKAGE)
TELESCOPES = merge(dl2.TELESCOPES, dl2.TRUE_IMPACT)
OBS_IDS = (7, 8)


def toy_dl2(root, n_events=40, stage="stage2", events=EVENTS, offset=0):
    """Write a dataset of two runs, a shard each; telescope types LST and MST.

    With an offset the same runs have other numbers.
    """
    identity = Identity(stage, "config", "code")
    previous = prepare(root, identity)
    shards = []
    with recorded(root, Activity(stage, {})):
        for obs_id in OBS_IDS:
            shard = Shard(identity, (Input(f"run {obs_id}", str(obs_id), 1),))
            with ShardWriter(root, shard, _subarray(), previous=previous) as writer:
                _write(writer, obs_id, n_events, events, offset)
                writer.commit({"events": n_events})
            shards.append(shard)
        finalize(root, shards)
    return root


def _write(writer, obs_id, n_events, schema, offset):
    rng = np.random.default_rng(obs_id)
    events, parameters, _ = toy_frames(n_events, seed=obs_id)
    obs_id += offset
    keys = {"obs_id": obs_id, "event_id": events["event_id"].to_numpy()}
    for table, rows in (
        ("simulation/runs", simulation.RUNS),
        ("simulation/thrown", simulation.THROWN),
        ("simulation/atmosphere", simulation.ATMOSPHERE),
        ("pointing", dl1.POINTING),
    ):
        writer.append(table, random_batch(rows, 1, rng, obs_id=obs_id, tel_id=1))
    writer.append("cut_flow", dl1.CUT_FLOW.empty_table())
    for table, rows in (("trigger", dl1.TRIGGER), ("showers", simulation.SHOWERS)):
        writer.append(table, random_batch(rows, n_events, rng, **keys))
    own = keys | {"h_max": events["h_max"].to_numpy()}
    writer.append("events", random_batch(schema, n_events, rng, **own))
    for tel_type, frame in parameters.items():
        columns = {name: frame[name].to_numpy() for name in frame.columns}
        columns["obs_id"] = obs_id
        for table, rows in (("parameters", PARAMETERS), ("telescopes", TELESCOPES)):
            if frame.height:
                batch = random_batch(rows, frame.height, rng, **columns)
                writer.append(table, batch, tel_type)


def _subarray():
    types = tuple(_type(name) for name in (LST, MST))
    ids = [(tel_id, i) for i, name in enumerate((LST, MST)) for tel_id in TEL_IDS[name]]
    tel_ids, index = np.array(ids).T
    return SubarrayDescription(
        "toy",
        tel_ids.astype(np.int16),
        tuple(f"tel {each}" for each in tel_ids),
        np.arange(3.0 * len(ids)).reshape(-1, 3),
        index.astype(np.int32),
        types,
        28.7,
        -17.0,
        2e3,
    )


def _type(name):
    x = np.arange(3.0)
    camera = CameraGeometry(name, x, 0 * x, x + 1, "square", 0.0, 0.0)
    readout = CameraReadout(name, 1.0, np.ones((2, 4)), 1.0, 2, 3, 40)
    optics = OpticsDescription(name, "LST", "PARABOLIC", 1, 9, 400.0, 28.0, 29.3)
    return TelescopeType(name, optics, camera, readout, 29.3)


def save_toy_models(root, classes=None, **chosen):
    """Write toy models into a folder."""
    for model in toy_models(**chosen):
        save_model(root, model)
    for task, each in (classes or {}).items():
        save_classes(root, task, each)
    return root
