"""A folder of responses made of toy points, without any event."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
from toy_grid import RECO, grid_of, level, toy_point

from cta_columnar.provenance import Activity
from cta_columnar.schemas import irf
from cta_columnar.stages.dl3.responses import FORMS
from cta_columnar.stages.irf.axes import linear_axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.product_tables import to_table
from cta_columnar.store import (
    IrfInput,
    IrfManifest,
    new_irf,
    recorded,
    save_product,
    write_manifest,
    write_table,
)

FIELD = {
    "prod_site_B_total": 38.7,
    "prod_site_B_inclination": 37.0,
    "prod_site_B_declination": -5.0,
}
STEPS = linear_axis("signal_efficiency", "", 0, 1, 20)
MAP = (
    linear_axis("reco_fov_lon", "deg", -2, 2, 8),
    linear_axis("reco_fov_lat", "deg", -2, 2, 8),
)


def benchmarks(place):
    """Figures of merit, not all bins having one."""
    at, n = level(place), RECO.n_bins
    values = at * np.linspace(1, 2, n)
    values[-1] = np.nan
    counts = np.where(np.isnan(values), 0, 50)
    shares = np.linspace(0, 1, STEPS.n_bins) ** 2 * np.ones((n, 1))
    cells = np.full((n, 8, 8), 2.0) * at
    cells[:, 0] = 0
    made = {
        "sensitivity": {
            **dict.fromkeys(irf.SENSITIVITY.names, values),
            "n_signal": counts,
            "n_background": counts,
        },
        "angular_resolution": {
            "quantile": np.full(n, 0.68),
            **_of(values, counts, "angular_resolution"),
        },
        "energy_resolution": {
            **_of(values / 20, counts, "energy_resolution"),
            **_of(values / 50 - 0.05, counts, "energy_bias"),
        },
        "background_rate": _of(values, counts, "background_rate"),
        "roc_area": {
            "roc_area": np.full(n, 0.9),
            "roc_area_uncert": np.full(n, 0.01),
            "n_signal": counts,
            "n_background": counts,
        },
    }
    components = {
        name: Component(name, (RECO,), columns) for name, columns in made.items()
    }
    roc = {
        "gh_threshold": shares,
        "background_efficiency": shares,
        "background_efficiency_uncert": 0.1 * shares,
    }
    components["roc"] = Component("roc", (RECO, STEPS), roc)
    components["background_3d"] = Component(
        "background_3d", (RECO, *MAP), _of(cells, (cells > 0) * 5, "background")
    )
    return components


def _of(values, counts, name):
    return {name: values, f"{name}_uncert": 0.1 * np.abs(values), "n_events": counts}


def with_axis(place, axis):
    """Products that have an axis in front, of zenith angles or of anything else."""
    others = [
        replace(place, zenith=centre) if axis.name == "zenith" else place
        for centre in axis.centre
    ]
    made = [toy_point(each) | benchmarks(each) for each in others]
    return {
        name: Component(
            name,
            (axis, *first.axes),
            {c: np.stack([each[name][c] for each in made]) for c in first.columns},
            first.metadata,
        )
        if name in FORMS and name != "rad_max"
        else first
        for name, first in made[0].items()
    }


def toy_irf(root, *places, event_types=(), without=(), column="class", further=None):
    """Write a folder of responses at some places, or with a further axis."""
    places = grid_of(*(places or ((20.0, 180.0), (40.0, 180.0)))).places
    axes = {further.name: further.edges} if further else {}
    cells = {
        (point, event_type): with_axis(place, further)
        if further
        else toy_point(place) | benchmarks(place)
        for point, place in enumerate(places)
        for event_type in (-1, *event_types)
    }
    rows = [
        {"point": point, "zenith": place.zenith, "azimuth": place.azimuth,
         "nsb": place.nsb, "n_runs": 3, **FIELD}
        for point, place in enumerate(places)
    ]  # fmt: skip
    flow = {"stage": "gamma", "tel_type": "", "cut": "all", "position": 0,
            "n_passed": 900, "n_survivors": 900}  # fmt: skip
    activity = Activity("irf", {"axes": {"theta": [0, 1]}})
    with new_irf(root) as draft, recorded(draft, activity):
        sha256 = {
            "grid.parquet": write_table(
                draft / "grid.parquet", pa.Table.from_pylist(rows, schema=irf.GRID)
            ),
            "runs.parquet": write_table(draft / "runs.parquet", irf.RUNS.empty_table()),
            "cut_flow.parquet": write_table(
                draft / "cut_flow.parquet",
                pa.Table.from_pylist([flow], schema=irf.CUT_FLOW),
            ),
        }
        for product in next(iter(cells.values())):
            if product not in without:
                tables = {cell: to_table(made[product]) for cell, made in cells.items()}
                file = f"{product}.parquet"
                sha256[file] = save_product(draft / file, tables)
        inputs = (IrfInput("gamma", "ab" * 32, "gammas", 1, ((1, "cd"),)),)
        manifest = IrfManifest(
            configuration={"axes": {"further": axes}},
            enclosure="POINT-LIKE",
            seed=1,
            fraction=0.5,
            event_types=tuple(event_types),
            event_type_column=column if event_types else "",
            array="a",
            input_version="1",
            inputs=inputs,
            software={"numpy": "2"},
            sha256=sha256,
        )
        write_manifest(draft, manifest)
    return root
