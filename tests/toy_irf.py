"""Simulated events with predictions, as stage 3 writes them: few and made up."""

import numpy as np
import pyarrow as pa
from store.toy_run import random_batch, toy_subarray
from toy_thrown import run_row

from cta_columnar.instrument import frames
from cta_columnar.models import Origin
from cta_columnar.pipelines.stage3.column_origins import noted
from cta_columnar.provenance import Activity
from cta_columnar.schemas import dl1, dl2, predictions, simulation
from cta_columnar.schemas.columns import column, merge
from cta_columnar.store import (
    Identity,
    Input,
    Shard,
    ShardWriter,
    finalize,
    prepare,
    recorded,
)

GAMMA, PROTON, ELECTRON = 0, 101, 1
CONE = 3.0
MADE = ("reco_energy", "gh_score", "direction_error_class")
LIST = pa.list_(pa.field("element", pa.int16(), nullable=False))
EVENTS = merge(
    dl2.EVENTS,
    dl2.TRUTH,
    dl2.RECO,
    predictions.STANDARD,
    predictions.TRAINED_ON,
    pa.schema([predictions.ERRORS["direction_error"].field("direction_error_class")]),
    pa.schema([column("HillasReconstructor_telescopes", LIST, "", "telescopes used")]),
)

SMALL = {
    "fraction": 0.7,
    "quality": {"enough_telescopes": None},
    "axes": {
        "true_energy": [0.03, 30.0, 2],
        "reco_energy": [0.03, 30.0, 2],
        "offset": [0.0, 1.5, 3.0],
        "fov": [-3.0, 3.0, 3],
        "migration": [0.3, 3.0, 6],
        "theta": [0.0, 1.0, 10],
    },
    "cuts": {"energy": [0.03, 30.0, 2]},
    "benchmarks": {"energy": [0.03, 30.0, 2], "rings": [0.0, 3.0]},
}
"""Few bins, so that few events fill them."""


def toy_events(n_events, primary, seed=0, obs_id=1, zenith=20.0):
    """Events of a diffuse simulation; three uses of each shower."""
    rng = np.random.default_rng([seed, primary, obs_id])
    n_showers = -(-n_events // 3)
    shower = np.repeat(np.arange(1, n_showers + 1), 3)
    n = shower.size
    is_gamma = primary == GAMMA
    offset = CONE * np.sqrt(rng.random(n))
    angle = rng.uniform(0, 2 * np.pi, n)
    lon, lat = offset * np.cos(angle), offset * np.sin(angle)
    energy = 1 / (1 / 0.02 - rng.random(n) * (1 / 0.02 - 1 / 50.0))
    spread = rng.rayleigh(0.08, n)
    turn = rng.uniform(0, 2 * np.pi, n)
    alt0 = np.full(n, 90.0 - zenith)
    pointing = alt0, np.full(n, 180.0)
    true_alt, true_az = frames.fov_to_altaz(lon, lat, *pointing)
    seen = lon + spread * np.cos(turn), lat + spread * np.sin(turn)
    reco_alt, reco_az = frames.fov_to_altaz(*seen, *pointing)
    return {
        "obs_id": np.full(n, obs_id),
        "event_id": 100 * shower + np.tile(np.arange(3), n_showers),
        "true_energy": energy,
        "true_alt": true_alt,
        "true_az": true_az,
        "true_shower_primary_id": np.full(n, primary, np.int32),
        "reco_energy": energy * rng.lognormal(0, 0.2, n),
        "reco_alt": reco_alt,
        "reco_az": reco_az,
        "reco_is_valid": np.ones(n, bool),
        "gh_score": rng.beta(5, 2, n) if is_gamma else rng.beta(2, 4, n),
        "direction_error_class": rng.integers(0, 2, n).astype(np.int8),
        "was_trained_on": np.zeros(n, bool),
        "multiplicity": rng.integers(2, 8, n).astype(np.int32),
        "array_pointing_alt": alt0,
        "array_pointing_az": np.full(n, 180.0),
    }


def toy_irf_input(
    root,
    primary=GAMMA,
    n_events=1500,
    *,
    seed=0,
    obs_id=1,
    zenith=20.0,
    n_shards=2,
    columns=None,
    run=None,
    counted=None,
    schema=EVENTS,
    array="toy",
    models="a training",
    reconstruction="a configuration",
):
    """Write a dataset as stage 3 does.

    ``columns`` take the place of those of `toy_events`, ``run`` of values of the run;
    ``counted`` is what the simulation's own histogram has. ``models`` made predictions
    of what was made by ``reconstruction``.
    """
    identity = Identity("stage3", "config", "code")
    previous = prepare(root, identity)
    events = toy_events(n_events, primary, seed, obs_id, zenith) | (columns or {})
    row = run_row(
        obs_id=obs_id,
        run_number=obs_id,
        n_showers=20_000,
        energy_range_min=0.02,
        energy_range_max=50.0,
        diffuse=True,
        max_viewcone_radius=CONE,
        pointing_alt=90.0 - zenith,
        pointing_az=180.0,
        max_alt=90.0 - zenith,
        min_alt=90.0 - zenith,
    ) | (run or {})
    part_of = events["event_id"] // 100 % n_shards
    shards = []
    with recorded(root, Activity("stage3", {})):
        for seq in range(n_shards):
            content = f"{obs_id}-{primary}-{seed}-{seq}-{n_events}"
            shard = Shard(identity, (Input(f"{root} {seq}", content, 1),), seq)
            with ShardWriter(
                root, shard, toy_subarray(array), previous=previous
            ) as writer:
                _write_run(writer, row, counted, seq == 0)
                own = {name: values[part_of == seq] for name, values in events.items()}
                _write_events(writer, own, schema)
                info = noted({n: Origin("x", n, models) for n in MADE})
                info["reconstruction"] = reconstruction
                writer.commit({"events": len(own["obs_id"])}, info)
            shards.append(shard)
        finalize(root, shards)
    return root


def _write_run(writer, row, counted, is_first):
    n = int(is_first)
    rng = np.random.default_rng(0)
    total = row["n_showers"] * row["shower_reuse"]
    thrown = {
        "obs_id": row["obs_id"],
        "energy_low": row["energy_range_min"],
        "energy_high": row["energy_range_max"],
        "n_thrown": float(total if counted is None else counted),
    }
    writer.append("simulation/runs", random_batch(simulation.RUNS, n, rng, **row))
    writer.append(
        "simulation/thrown", random_batch(simulation.THROWN, n, rng, **thrown)
    )
    for table, schema in (
        ("simulation/atmosphere", simulation.ATMOSPHERE),
        ("pointing", dl1.POINTING),
    ):
        known = {"obs_id": row["obs_id"]}
        writer.append(table, random_batch(schema, n, rng, **known))
    writer.append("cut_flow", dl1.CUT_FLOW.empty_table())


def _write_events(writer, own, schema):
    rng, n = np.random.default_rng(0), len(own["obs_id"])
    tables = {"showers": simulation.SHOWERS, "trigger": dl1.TRIGGER, "events": schema}
    for table, wanted in tables.items():
        known = {name: own[name] for name in wanted.names if name in own}
        writer.append(table, random_batch(wanted, n, rng, **known))
