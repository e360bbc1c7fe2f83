"""Folders for event lists, made of the made-up observatory: DL2 and responses."""

import numpy as np
import pyarrow as pa
import toy_observatory as toy
from store.toy_run import random_batch, toy_subarray

from cta_columnar.pipelines.running.simulated_inputs import array_digest
from cta_columnar.provenance import Activity
from cta_columnar.schemas import dl1, dl2, irf, predictions, simulation
from cta_columnar.schemas.columns import merge
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.cuts import same_cuts
from cta_columnar.stages.irf.product_tables import to_table
from cta_columnar.store import (
    Identity,
    Input,
    IrfInput,
    IrfManifest,
    IrfSpectrum,
    Shard,
    ShardWriter,
    finalize,
    irf_telescopes,
    new_irf,
    open_store,
    prepare,
    recorded,
    run_digests,
    save_product,
    write_manifest,
    write_table,
)

GAMMA, PROTON = 0, 101
N_GAMMA, N_PROTON = 40_000, 40_000_000
CLASS = predictions.ERRORS["direction_error"]
TRAINED = predictions.TRAINED_ON
RECORDED = merge(dl2.EVENTS, dl2.RECO, predictions.STANDARD, CLASS)
SIMULATED = merge(RECORDED, dl2.TRUTH)


def make_samples():
    """Gamma rays and protons, fewer than those of `toy.make_samples`."""
    gammas = toy.make_simulation(N_GAMMA, toy.EFF_GAMMA, toy.CONE_GAMMA, 0.05, 0)
    protons = toy.make_simulation(N_PROTON, toy.EFF_PROTON, toy.CONE_PROTON, 0.0, 1)
    for events in (gammas, protons):
        events["direction_error_class"] = events.pop("event_class")
    return {
        GAMMA: (gammas, toy.make_runs(N_GAMMA, toy.CONE_GAMMA)),
        PROTON: (protons, toy.make_runs(N_PROTON, toy.CONE_PROTON)),
    }


def write_dl2(root, events, schema, tables, *, obs_id=1, stage="stage3", **identity):
    """Write a dataset of one shard; other columns of events are noise."""
    made_by = Identity(stage, "config", "code", **identity)
    previous = prepare(root, made_by)
    rng = np.random.default_rng(obs_id)
    n = len(events["event_id"])
    events = {"reco_is_valid": np.ones(n, bool), **events}
    own = {name: values for name, values in events.items() if name in schema.names}
    shard = Shard(made_by, (Input(f"run {root.name} {obs_id}", f"{root.name}", 1),))
    with (
        recorded(root, Activity(stage, {})),
        ShardWriter(root, shard, toy_subarray("North"), previous=previous) as writer,
    ):
        for name, batch in tables.items():
            writer.append(name, batch)
        writer.append("events", random_batch(schema, n, rng, **own))
        writer.commit({"events": n})
        finalize(root, [shard])
    return root


def simulated_dl2(root, primary, events, runs, **changes):
    """Write simulated events as stage 3 does."""
    n, rng = len(events["event_id"]), np.random.default_rng(primary)
    schema = merge(SIMULATED, TRAINED) if "was_trained_on" in events else SIMULATED
    run = {
        "obs_id": 1,
        "n_showers": int(runs.n_showers[0]),
        "shower_reuse": 1,
        "spectral_index": toy.INDEX,
        "energy_range_min": toy.LOW,
        "energy_range_max": toy.HIGH,
        "diffuse": True,
        "min_viewcone_radius": 0.0,
        "max_viewcone_radius": runs.cone_max[0],
        "min_scatter_range": 0.0,
        "max_scatter_range": toy.RADIUS,
        "core_pos_mode": 1,
        **{f"{m}_alt": toy.ALT for m in ("min", "max", "pointing")},
        **{f"{m}_az": toy.AZ for m in ("min", "max", "pointing")},
        **changes.pop("run", {}),
    }
    keys = {name: events[name] for name in ("obs_id", "event_id")}
    showers = random_batch(
        simulation.SHOWERS, n, rng, **keys, true_shower_primary_id=primary
    )
    tables = {
        "simulation/runs": random_batch(simulation.RUNS, 1, rng, **run),
        "showers": showers,
    }
    return write_dl2(root, events, schema, tables, **changes)


def write_irf(root, components, datasets, *, point_like=False, **changes):
    """Write responses that all datasets have made, of one point.

    With ``points``, zenith angles and cuts on the score, of several.
    """
    energy = components["effective_area"].axes[0]
    cut_axis = Axis("reco_energy", "TeV", (energy.edges[0], energy.edges[-1]))
    zenith, scores = zip(*changes.pop("points", [(90 - toy.ALT, 0.82)]), strict=True)
    cuts = [same_cuts(cut_axis, gh=gh, theta=0.2).to_component() for gh in scores]
    given = changes.pop("products", {})
    made = [{**components, "cuts": each, **given} for each in cuts]
    types = (-1, *changes.get("event_types", ()))
    cells = [(point, kind) for point in range(len(made)) for kind in types]
    grid = {"point": np.arange(len(made)), "zenith": np.array(zenith)}
    grid |= {"azimuth": toy.AZ, "nsb": 0.0, "prod_site_B_total": 0.0}
    rows = random_batch(irf.GRID, len(made), np.random.default_rng(0), **grid)
    with new_irf(root) as draft:
        digests = {
            f"{name}.parquet": save_product(
                draft / f"{name}.parquet",
                {cell: to_table(made[cell[0]][name]) for cell in cells},
            )
            for name, each in made[0].items()
            if each is not None
        }
        grid_table = pa.Table.from_batches([rows])
        digests["grid.parquet"] = write_table(draft / "grid.parquet", grid_table)
        inputs = tuple(
            IrfInput(str(primary), str(primary), str(path), 1, _runs(path))
            for primary, path in datasets.items()
        )
        manifest = {
            "configuration": {
                "particles": {"gamma": [GAMMA], "proton": [PROTON]},
                "signal": "gamma",
                "background": ["proton"],
                "quality": [{"enough_telescopes": "multiplicity >= 3"}],
            },
            "enclosure": "POINT-LIKE" if point_like else "FULL-ENCLOSURE",
            "seed": 0,
            "fraction": toy.FRACTION,
            "event_types": (),
            "event_type_column": "",
            "array": array_digest(open_store(next(iter(datasets.values())))),
            "telescopes": irf_telescopes(toy_subarray("North")),
            "spectra": {"proton": _spectrum(toy.PROTONS)},
            "input_version": "",
            "inputs": inputs,
            "sha256": digests,
        }
        write_manifest(draft, IrfManifest(**{**manifest, **changes}))
    return root


def _spectrum(spectrum):
    energy = (0.1, 1.0, 10.0)
    flux = tuple(spectrum(np.array(energy)).tolist())
    return IrfSpectrum(spectrum.name, True, spectrum.unit, {}, energy, flux)


def _runs(path):
    return tuple(run_digests(open_store(path)).items())


def recorded_dl2(root, observations, events, *, dead_s=0.0):
    """Write events of observations as if they were recorded: triggers, no truth.

    Each event is a trigger, and there is one more each second.
    """
    parts, tables = [], {"trigger": [], "pointing": []}
    rng = np.random.default_rng(5)
    for observation, each in zip(observations, events, strict=True):
        n = len(each["event_id"])
        keys = {"obs_id": np.full(n, observation.obs_id)}
        alt0, az0 = observation.pointing.altaz(each["time"], observation.site)
        own = {"array_pointing_alt": alt0, "array_pointing_az": az0}
        time = each["time"].astype("datetime64[ns]")
        parts.append({**each, **keys, **own, "time": time})
        ticks = _ticks(observation)
        times = np.concatenate([each["time"], ticks]).astype("datetime64[ns]")
        tables["trigger"].append(
            random_batch(
                dl1.TRIGGER, times.size, rng, obs_id=observation.obs_id,
                event_id=np.arange(1, times.size + 1), time=times,
            )
        )  # fmt: skip
        alt, az = observation.pointing.altaz(ticks, observation.site)
        tables["pointing"].append(
            random_batch(
                dl1.POINTING, ticks.size, rng, obs_id=observation.obs_id, tel_id=1,
                time=ticks.astype("datetime64[ns]"), pointing_alt=alt, pointing_az=az,
            )
        )  # fmt: skip
    joined = {
        name: np.concatenate([part[name] for part in parts])
        for name in set.intersection(*map(set, parts))
    }
    whole = {
        name: pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
        for name, batches in tables.items()
    }
    return write_dl2(root, joined, RECORDED, whole)


def _ticks(observation):
    ends = observation.intervals
    return np.concatenate([np.arange(low, high, 10**9) for low, high in ends])
