"""Read what a report says of one dataset: counts of all rows, values of some."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from cta_columnar.display.contents import Sample
from cta_columnar.instrument import frames
from cta_columnar.pipelines.reports.pictures import event_shown, images_shown
from cta_columnar.store import Store

BINS_PER_DECADE = 5
MAX_INPUTS = 5

# Numbers of CORSIKA and sim_telarray: 100 A + Z for nuclei.
PARTICLES = {0: "gamma", 1: "electron", 2: "muon", 101: "proton", 402: "helium",
             1407: "nitrogen", 2814: "silicon", 5626: "iron"}  # fmt: skip
_PARAMETERS = ("hillas_width", "hillas_length", "hillas_intensity")
_DIRECTIONS = ("reco_alt", "reco_az", "true_alt", "true_az", "true_energy")


def is_dl2(store: Store) -> bool:
    """Whether a dataset has reconstructed events."""
    return "events" in store.tables()


def read_sample(dl2: Store | None, dl1: Store | None, max_rows: int) -> Sample:
    """Read a sample from DL2, from DL1, or from both.

    Parameters
    ----------
    dl2, dl1 : Store, optional
        At least one of them; counts come from DL2 where it is given, images from DL1.
    max_rows : int
        Most rows of a table that are read for distributions of values.
    """
    store = dl2 or dl1
    if store is None:
        raise ValueError("a sample is of DL2, of DL1, or of both")
    table = "events" if dl2 else "trigger"
    subarray = store.subarray()
    reconstructed = dl2 is not None and "reco_is_valid" in _names(store, "events")
    return Sample(
        name=_particle(store),
        array=subarray.name,
        n_thrown=_thrown(store),
        n_events=store.rows(table),
        n_reconstructed=_count(store, "reco_is_valid") if reconstructed else None,
        energies=_energies(store, "events" if dl2 else "showers", reconstructed),
        multiplicities=_multiplicities(store, table, reconstructed),
        directions=_directions(store, max_rows) if reconstructed else None,
        parameters=_parameters(store, max_rows),
        telescopes=list(_telescopes(store)),
        images=images_shown(dl1, dl2, max_rows) if dl1 else (),
        event=event_shown(dl2) if dl2 else None,
        notes=list(_notes(dl2, dl1)),
        provenance=list(_provenance(dl2, dl1)),
    )


def _names(store: Store, table: str) -> list[str]:
    return store.schema(table).names if table in store.tables() else []


def _particle(store: Store) -> str:
    if not store.rows("showers"):
        return "events"
    column = pl.col("true_shower_primary_id")
    found = store.scan("showers").select(column.unique()).collect().to_series()
    if len(found) > 1:
        return "mixed particles"
    return PARTICLES.get(found[0], f"particle {found[0]}")


def _count(store: Store, column: str) -> int:
    return int(store.scan("events").select(pl.col(column).sum()).collect().item())


def _thrown(store: Store) -> int | None:
    if store.rows("simulation/thrown"):
        total = store.scan("simulation/thrown").select(pl.col("n_thrown").sum())
        return round(float(total.collect().item()))
    if store.rows("simulation/runs"):
        uses = pl.col("n_showers") * pl.col("shower_reuse")
        return int(store.scan("simulation/runs").select(uses.sum()).collect().item())
    return None


def _bin_of(energy: pl.Expr) -> pl.Expr:
    return (energy.log10() * BINS_PER_DECADE).floor().cast(pl.Int64).alias("bin")


def _energies(store: Store, table: str, reconstructed: bool) -> pl.DataFrame | None:
    """Count thrown, triggered and reconstructed showers per bin of true energy."""
    if "true_energy" not in _names(store, table) or not store.rows(table):
        return None
    counted = [pl.len().alias("triggered")]
    if reconstructed:
        counted.append(pl.col("reco_is_valid").sum().alias("reconstructed"))
    energy = pl.col("true_energy")
    rows = store.scan(table).filter(energy > 0).group_by(_bin_of(energy)).agg(counted)
    frame = rows.collect()
    if store.rows("simulation/thrown"):
        centre = (pl.col("energy_low") * pl.col("energy_high")).sqrt()
        thrown = store.scan("simulation/thrown").filter(pl.col("n_thrown") > 0)
        sums = thrown.group_by(_bin_of(centre)).agg(pl.col("n_thrown").sum())
        frame = frame.join(
            sums.rename({"n_thrown": "thrown"}).collect(),
            on="bin", how="full", coalesce=True,
        )  # fmt: skip
    first, last = frame["bin"].min(), frame["bin"].max()
    if not isinstance(first, int) or not isinstance(last, int):
        return None
    every = pl.DataFrame({"bin": range(first, last + 1)}, {"bin": pl.Int64})
    frame = every.join(frame, on="bin", how="left").fill_null(0).sort("bin")
    low, high = (10.0 ** ((pl.col("bin") + k) / BINS_PER_DECADE) for k in (0, 1))
    return frame.with_columns(low=low, high=high)


def _multiplicities(
    store: Store, table: str, reconstructed: bool
) -> pl.DataFrame | None:
    if not store.rows(table):
        return None
    name = "multiplicity" if table == "events" else "n_tels_with_data"
    counted = [pl.len().alias("triggered")]
    if reconstructed:
        counted.append(pl.col("reco_is_valid").sum().alias("reconstructed"))
    column = pl.col(name).alias("multiplicity")
    rows = store.scan(table).group_by(column).agg(counted)
    return rows.sort("multiplicity").collect()


def _directions(store: Store, max_rows: int) -> pl.DataFrame | None:
    """How far from the true directions the reconstructed ones are."""
    if not set(_DIRECTIONS) <= set(_names(store, "events")):
        return None
    valid = store.scan("events").filter(pl.col("reco_is_valid"))
    rows = valid.select(_DIRECTIONS).head(max_rows).collect()
    alt, az, true_alt, true_az, energy = (rows[name].to_numpy() for name in _DIRECTIONS)
    lon, lat = frames.altaz_to_fov(alt, az, true_alt, true_az)
    separation = frames.angular_separation(az, alt, true_az, true_alt)
    return pl.DataFrame(
        {
            "true_energy": energy,
            "separation": np.asarray(separation),
            "offset_lon": lon,
            "offset_lat": lat,
        }
    )


def _parameters(store: Store, max_rows: int) -> dict[str, pl.DataFrame]:
    found = {}
    for tel_type in store.tel_types("parameters"):
        known = store.schema("parameters", tel_type).names
        names = [name for name in _PARAMETERS if name in known]
        rows = store.scan("parameters", tel_type).filter(pl.col("is_parametrized"))
        if names:
            found[tel_type] = rows.select(names).head(max_rows).collect()
    return found


def _telescopes(store: Store) -> Iterator[dict[str, Any]]:
    subarray = store.subarray()
    for each in subarray.types:
        yield {
            "tel_type": each.name,
            "telescopes": len(subarray.tel_ids_of(each.name)),
            "images": store.rows("parameters", each.name),
            "parametrized": _parametrized(store, each.name),
        }


def _parametrized(store: Store, tel_type: str) -> int:
    if tel_type not in store.tel_types("parameters"):
        return 0
    rows = store.scan("parameters", tel_type).select(pl.col("is_parametrized").sum())
    return int(rows.collect().item())


def _notes(dl2: Store | None, dl1: Store | None) -> Iterator[str]:
    """Say what is missing and how to get it."""
    for store in filter(None, (dl1, dl2)):
        if not store.is_finished:
            yield f"{store.root} is not finished: what follows is of a part of it."
    if dl1 is None:
        yield "Images lie in the DL1 dataset, which was not found: name it, too."
    elif not dl1.tel_types("images"):
        yield f"{dl1.root} holds no images."
    if dl2 is None:
        yield "This is a DL1 dataset: directions are found by ctacol run stage2."
    main = dl2 or dl1
    if main and not main.rows("showers"):
        yield "There are no simulated showers here, so nothing is compared with truth."


def _provenance(dl2: Store | None, dl1: Store | None) -> Iterator[tuple[str, ...]]:
    for store in filter(None, (dl1, dl2)):
        made_by = store.identity
        known = (made_by.stage, made_by.schema_version) if made_by else ("", "")
        digests = (made_by.config_digest, made_by.code_digest) if made_by else ("", "")
        short = (digest[:16] for digest in digests)
        yield str(store.root), *known, *short, _inputs(store)


def _inputs(store: Store) -> str:
    every = (each.path for record in store.records for each in record.shard.inputs)
    names = list(dict.fromkeys(every))
    more = len(names) - MAX_INPUTS
    listed = [*names[:MAX_INPUTS], *([f"and {more:,} more"] if more > 0 else [])]
    left_out = [each.path for each in store.contents.skipped[:MAX_INPUTS]]
    return ", ".join([*listed, *(f"left out: {path}" for path in left_out)])
