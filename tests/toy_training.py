"""Reconstructed events from which something can be learned, as frames and datasets."""

import numpy as np
import polars as pl
from store.toy_run import LST, SST, random_batch, toy_subarray

from cta_columnar.kernels.coordinates import altaz_to_fov
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.provenance import Activity
from cta_columnar.schemas import dl1, dl2, simulation
from cta_columnar.schemas.columns import merge
from cta_columnar.stages.model_rows import telescope_rows
from cta_columnar.store import (
    Identity,
    Input,
    Shard,
    ShardWriter,
    finalize,
    prepare,
    recorded,
)

GAMMA, PROTON, ELECTRON, HELIUM = 0, 101, 1, 402
TEL_IDS = {LST: 1, SST: 2}
PARAMETERS = merge(dl1.TEL_EVENT, dl1.HILLAS, dl1.MORPHOLOGY)
EVENTS = merge(dl2.EVENTS, dl2.TRUTH, dl2.RECO, dl2.HILLAS_RECONSTRUCTOR)
TELESCOPES = merge(dl2.TELESCOPES, dl2.HILLAS_RECONSTRUCTOR_TEL)


def _trees(kind):
    return {
        "name": f"ExtraTrees{kind}",
        "n_estimators": 6,
        "max_depth": 8,
        "min_samples_leaf": 3,
    }


IMAGE = ["size", "hillas_length", "hillas_width", "hillas_skewness"]
OF_EVENTS = ["multiplicity", "HillasReconstructor_h_max", "reco_energy"]
SMALL = {
    "fraction": 1.0,
    "folds": 3,
    "min_rows": 20,
    "features": {"size": "log10(hillas_intensity)"},
    "quality": {"enough_pixels": None, "has_geometry": None},
    "energy": {"estimator": _trees("Regressor"), "features": IMAGE},
    "particle": {
        "estimator": _trees("Classifier"),
        "features": [*IMAGE, "reco_energy"],
    },
    "disp": {
        "estimator": _trees("Regressor"),
        "sign_estimator": _trees("Classifier"),
        "features": [*IMAGE, "reco_tel_energy"],
    },
    "energy_uncert": {"estimator": _trees("Regressor"), "features": IMAGE},
    "disp_uncert": {"estimator": _trees("Regressor"), "features": IMAGE},
    "energy_error": {"estimator": _trees("Regressor"), "features": OF_EVENTS},
    "direction_error": {
        "estimator": _trees("Regressor"),
        "features": [*OF_EVENTS, "disp_ang_distance_uncert", "gh_score"],
    },
}
ONLY_ENERGY = dict.fromkeys(list(SMALL)[-6:])
"""All other sections null."""


def merged(*layers):
    """One mapping of several; inner ones are merged as well."""
    whole = {}
    for layer in layers:
        for key, value in layer.items():
            old = whole.get(key)
            both = isinstance(old, dict) and isinstance(value, dict)
            whole[key] = merged(old, value) if both else value
    return whole


def small_config(**changes):
    """A configuration whose models are trained in a moment."""
    return configure("train", values=merged(SMALL, changes))


def toy_frames(n_showers, primary=GAMMA, seed=0, obs_id=1):
    """Events, and images and telescopes of both types; three uses of each shower."""
    rng = np.random.default_rng([seed, primary])
    shower = np.repeat(np.arange(1, n_showers + 1), 3)
    n = shower.size
    event_id = 100 * shower + np.tile(np.arange(3), n_showers)
    energy = np.repeat(10 ** rng.uniform(-1.5, 1.5, n_showers), 3)
    truth = {
        "true_energy": energy,
        "true_alt": 70 + rng.normal(0, 0.5, n),
        "true_az": 180 + rng.normal(0, 1.5, n),
        "true_shower_primary_id": np.full(n, primary, np.int32),
    }
    keys = {"obs_id": np.full(n, obs_id), "event_id": event_id}
    images = {}
    for tel_type, tel_id in TEL_IDS.items():
        there = rng.random(n) < 0.8
        own = {name: values[there] for name, values in (keys | truth).items()}
        own["tel_id"] = np.full(there.sum(), tel_id, np.int16)
        images[tel_type] = own | _image(rng, own, primary)
    events = keys | truth | _event(rng, n, images, event_id)
    return events, images


def _image(rng, own, primary):
    """An image that tells energy, particle and direction of its shower."""
    n = own["event_id"].size
    pointing = np.full(n, np.radians(70)), np.full(n, np.radians(180))
    source = np.degrees(
        altaz_to_fov(np.radians(own["true_alt"]), np.radians(own["true_az"]), *pointing)
    )
    psi = rng.uniform(-90, 90, n)
    disp = rng.uniform(0.3, 1.2, n) * rng.choice([-1, 1], n)
    axis = np.array([np.cos(np.radians(psi)), np.sin(np.radians(psi))])
    fov_lon, fov_lat = source - disp * axis
    width = 0.08 if primary in (GAMMA, ELECTRON) else 0.14
    return {
        "hillas_intensity": 800 * own["true_energy"] ** 0.9 * rng.lognormal(0, 0.2, n),
        "hillas_length": 0.1 + 0.2 * np.abs(disp) + rng.normal(0, 0.01, n),
        "hillas_width": width * rng.lognormal(0, 0.2, n),
        "hillas_skewness": np.sign(disp) * 0.5 + rng.normal(0, 0.3, n),
        "hillas_fov_lon": fov_lon,
        "hillas_fov_lat": fov_lat,
        "hillas_psi": psi,
        "pointing_alt": np.full(n, 70.0),
        "pointing_az": np.full(n, 180.0),
        "is_valid": np.ones(n, bool),
    }


def _event(rng, n, images, event_id):
    counts = [np.isin(event_id, own["event_id"]) for own in images.values()]
    return {
        "multiplicity": np.sum(counts, axis=0).astype(np.int32),
        "HillasReconstructor_h_max": rng.uniform(7e3, 1e4, n),
        "HillasReconstructor_is_valid": np.ones(n, bool),
        "HillasReconstructor_core_x": np.zeros(n),
        "reco_alt": 70 + rng.normal(0, 0.6, n),
        "reco_az": np.full(n, 180.0),
        "array_pointing_alt": np.full(n, 70.0),
        "array_pointing_az": np.full(n, 180.0),
    }


def toy_rows(*particles, n_showers=60, seed=0):
    """Images of each type as models see them, all particles below each other."""
    rows = {}
    for number, primary in enumerate(particles or (GAMMA, PROTON)):
        events, images = toy_frames(n_showers, primary, seed)
        frame = pl.DataFrame(events)
        for tel_type, own in images.items():
            parameters = pl.DataFrame(_own(own))
            telescopes = parameters.select("obs_id", "event_id", "tel_id")
            rows.setdefault(tel_type, []).append(
                telescope_rows(frame, parameters, telescopes).with_columns(
                    dataset=pl.lit(number, pl.Int16)
                )
            )
    return {tel_type: pl.concat(frames) for tel_type, frames in rows.items()}


def _own(image):
    return {name: v for name, v in image.items() if not name.startswith("true_")}


def toy_dataset(
    root,
    n_showers=60,
    primary=GAMMA,
    seed=0,
    obs_id=1,
    array="toy",
    energy=(0.01, 100.0),
):
    """Write a dataset as stage 2 does, of two shards."""
    identity = Identity("stage2", "config", "code")
    previous = prepare(root, identity)
    events, images = toy_frames(n_showers, primary, seed, obs_id)
    middle = np.median(events["event_id"])
    shards = []
    with recorded(root, Activity("stage2", {})):
        for seq, is_in in enumerate((np.less, np.greater_equal)):
            content = f"{obs_id} {primary} {seed} {seq}"
            shard = Shard(identity, (Input(f"{root} {seq}", content, 1),), seq)
            with ShardWriter(
                root, shard, toy_subarray(array), previous=previous
            ) as writer:
                _write_run(writer, obs_id, energy, seq)
                _write(writer, events, images, lambda e: is_in(e, middle), seq)  # noqa: B023
                writer.commit({"events": 1})
            shards.append(shard)
        finalize(root, shards)
    return root


def _write_run(writer, obs_id, energy, seq):
    """Describe the run, which the first shard does."""
    run = {
        "obs_id": obs_id,
        "spectral_index": -2.0,
        "energy_range_min": energy[0],
        "energy_range_max": energy[1],
        "n_showers": 1000,
        "shower_reuse": 3,
    }
    rng = np.random.default_rng(5)
    for table, schema in (
        ("simulation/runs", simulation.RUNS),
        ("simulation/thrown", simulation.THROWN),
        ("simulation/atmosphere", simulation.ATMOSPHERE),
        ("pointing", dl1.POINTING),
    ):
        known = {name: run[name] for name in schema.names if name in run}
        writer.append(table, random_batch(schema, int(seq == 0), rng, **known))
    writer.append("cut_flow", dl1.CUT_FLOW.empty_table())


def _write(writer, events, images, takes, seq):
    def append(table, schema, columns, tel_type=None):
        mask = takes(columns["event_id"])
        rng = np.random.default_rng(seq)
        own = {name: values[mask] for name, values in columns.items()}
        there = {name: own[name] for name in schema.names if name in own}
        writer.append(table, random_batch(schema, mask.sum(), rng, **there), tel_type)

    append("showers", simulation.SHOWERS, events)
    append("trigger", dl1.TRIGGER, events)
    append("events", EVENTS, events)
    for tel_type, own in images.items():
        append("parameters", PARAMETERS, own, tel_type)
        append("telescopes", TELESCOPES, own, tel_type)
