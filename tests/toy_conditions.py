"""Pedestals and muons as calibration and stage 1 write them, made up."""

import numpy as np
from store.toy_run import PIXELS, random_batch, toy_subarray

from cta_columnar.provenance import Activity
from cta_columnar.schemas import dl1, monitoring
from cta_columnar.schemas.columns import bind
from cta_columnar.store import (
    Identity,
    Input,
    Shard,
    ShardWriter,
    finalize,
    prepare,
    recorded,
)

SECOND = 10**9


def write(root, stage, table, batches):
    """Write a dataset of one table by telescope type."""
    identity = Identity(stage, "config", "code")
    previous = prepare(root, identity)
    shard = Shard(identity, (Input("x", "x", 1),))
    with (
        recorded(root, Activity(stage, {})),
        ShardWriter(root, shard, toy_subarray(), previous=previous) as writer,
    ):
        for tel_type, batch in batches.items():
            writer.append(table, batch, tel_type)
        writer.commit({"events": 1})
        finalize(root, [shard])
    return str(root)


def pedestals(tel_type, tel_id, times, means, valid=True, obs_id=3):
    n, n_pixels = len(times), PIXELS[tel_type]
    schema = bind(monitoring.PEDESTAL_STATISTICS, {"channel": 2, "pixel": n_pixels})
    shape = (n, 2, n_pixels)
    mask = np.zeros(shape, bool)
    mask[:, :, 0] = True  # outliers, of a huge charge
    mean = np.broadcast_to(np.array(means)[:, None, None], shape).copy()
    mean[:, :, 0] = 1e4
    mean[:, 1] = -5  # the other channel
    return random_batch(
        schema, n, np.random.default_rng(0), obs_id=obs_id, tel_id=tel_id,
        time_start=np.array(times) * SECOND, is_valid=valid,
        outlier_mask=mask, charge_mean=mean.astype(np.float32),
        charge_std=np.full(shape, 0.5, np.float32),
    )  # fmt: skip


def muons(tel_id, times, efficiency, fitted, obs_id=3):
    n = len(times)
    return random_batch(
        dl1.MUONS, n, np.random.default_rng(0), obs_id=obs_id, tel_id=tel_id,
        event_id=np.arange(n), time=np.array(times) * SECOND,
        muonefficiency_optical_efficiency=np.array(efficiency),
        muonefficiency_is_valid=np.array(fitted),
    )  # fmt: skip
