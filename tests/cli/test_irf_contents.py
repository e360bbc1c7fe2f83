"""What ``ctacol info`` says, and does not say, of the values of responses."""

import numpy as np
import toy_irf_folder
from toy_irf_folder import benchmarks, toy_irf

from cta_columnar.cli.irf_contents import figures
from cta_columnar.schemas.irf import TABLES
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.store import open_irf

FEW = {"effective_area", "angular_resolution", "energy_resolution"}


def told(root, **how):
    folder = toy_irf(root, without={*TABLES} - FEW, **how)
    dataset = open_irf(folder)
    return list(figures(dataset, 0, dataset.manifest.configuration["axes"]["further"]))


def test_resolutions_of_fewer_than_two_events_are_not_told(tmp_path, monkeypatch):
    def sparse(place):
        made = benchmarks(place)
        for name in ("angular_resolution", "energy_resolution"):
            counts = made[name]["n_events"]
            made[name].columns["n_events"] = np.minimum(counts, 1)
        return made

    rows = [row.split() for row in told(tmp_path / "full") if "resolution  " in row]
    assert len(rows) == 2
    assert all("-" not in row[2:4] for row in rows)
    monkeypatch.setattr(toy_irf_folder, "benchmarks", sparse)
    rows = [row.split() for row in told(tmp_path / "few") if "resolution  " in row]
    assert len(rows) == 2
    assert all(row[2:5] == ["-", "-", "-"] for row in rows)


def test_products_with_bins_of_further_axes_are_named(tmp_path):
    axis = Axis("zenith", "deg", (0.0, 30.0, 60.0))
    rows = told(tmp_path / "irf", further=axis)
    assert (
        "  responses have bins of zenith: not shown are effective area; see the "
        "tables, or ctacol report"
    ) in rows
    assert not any("bins of" in row for row in told(tmp_path / "plain"))
