"""Which runs are a point of a grid of responses, and where it is."""

from pathlib import Path

import pyarrow as pa
import pytest
from toy_thrown import run_row

from cta_columnar.config import IrfConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.grid import on_grid
from cta_columnar.pipelines.irf.inputs import IrfSource
from cta_columnar.pipelines.irf.night_sky import check_patterns, night_sky
from cta_columnar.schemas import irf

ALONE = {
    "background": (),
    "sensitivity": None,
    "background_2d": False,
    "background_3d": False,
    "benchmarks": {"roc": False},
}


def source_of(*runs, particle="gamma", path="dl2"):
    """Runs by zenith, azimuth, night sky and number of showers."""
    rows = []
    for number, (zenith, azimuth, nsb, n_showers) in enumerate(runs):
        row = run_row(obs_id=number, pointing_alt=90.0 - zenith, pointing_az=azimuth)
        row |= {"n_showers": n_showers, "shower_reuse": 2, "kept_share": 0.5}
        row |= {
            "particle": particle,
            "point": 0,
            "input": "",
            "run_digest": "",
            "nsb": nsb,
        }
        rows.append({name: row[name] for name in irf.RUNS.names})
    return IrfSource(Path(path), particle, path, pa.Table.from_pylist(rows, irf.RUNS))


def placed(*sources, **config):
    """Numbers of the points of all runs, and the grid."""
    found, grid = on_grid(sources, IrfConfig(**(ALONE | config)))
    numbers = [each.runs["point"].to_pylist() for each in found]
    return numbers, grid.to_pylist()


def test_a_point_is_at_the_mean_of_its_showers():
    gammas = source_of((20.0, 180.0, 1, 100), (20.08, 180.0, 1, 300), (40, 0, 1, 7))
    protons = source_of((20.02, 180.0, 1, 9999), (40, 0, 1, 1), particle="proton")
    numbers, (first, second) = placed(gammas, protons)
    assert numbers == [[0, 0, 1], [0, 1]]
    assert first["zenith"] == pytest.approx(20.06, abs=1e-12)
    assert (first["azimuth"], first["nsb"], first["n_runs"]) == (180.0, 1.0, 3)
    assert (second["zenith"], second["azimuth"]) == (40.0, 0.0)


def test_the_mean_azimuth_is_between_and_of_no_order():
    runs = [(30.0, 359.95, 0, 10), (30.0, 0.05, 0, 30), (30.03, 0.02, 0, 17)]
    _, (one,) = placed(source_of(*runs))
    assert one["azimuth"] == pytest.approx((30 * 0.05 + 17 * 0.02 - 10 * 0.05) / 57)
    _, (other,) = placed(source_of(runs[2]), source_of(*runs[:2], path="b"))
    assert other == one


def test_levels_that_are_nearly_the_same_are_one():
    levels = source_of((20, 180, 1.0, 10), (20, 180, 1.004, 30), (20, 180, 1.02, 10))
    numbers, (first, second) = placed(levels)
    assert numbers == [[0, 0, 1]]
    assert first["nsb"] == pytest.approx(1.003)
    assert second["nsb"] == 1.02
    assert placed(levels, nsb_tolerance=0.03)[0] == [[0, 0, 0]]
    assert placed(levels, nsb_tolerance=0)[0] == [[0, 1, 2]]


def test_the_first_pattern_of_a_folder_is_its_level():
    levels = {"*/moon/*": 2.5, "*/moon/full/*": 5.0, "*dark*": 1.0}
    assert night_sky(Path("/a/moon/full/gamma"), levels) == 2.5
    assert night_sky(Path("/a/dark"), levels) == 1.0
    assert night_sky(Path("/a/gamma"), levels) == 0.0


def test_patterns_without_an_input_are_refused():
    gammas = source_of((20, 180, 0, 10), path="/a/moon/gamma")
    placed(gammas, nsb={"*/moon/*": 2.5})
    said = r"no input has the level of '\*/mon/\*'; inputs are /a/moon/gamma, and a"
    with pytest.raises(UserError, match=said):
        placed(gammas, nsb={"*/moon/*": 2.5, "*/mon/*": 2.5})
    said = r"of '/a/\*'; those of '/a/\*' have the level of an earlier pattern; inputs"
    with pytest.raises(UserError, match=said):
        check_patterns([Path("/a/moon/gamma")], {"*/moon/*": 2.5, "/a/*": 1.0})


def test_each_bin_of_an_axis_of_runs_has_all_particles():
    gammas = source_of((20, 180, 0, 10), (50, 180, 0, 10))
    protons = source_of((25, 180, 0, 10), particle="proton")
    wide = {"background": ("proton",), "background_2d": True}
    numbers, _ = placed(gammas, protons, axes={"further": {"zenith": [0, 60]}}, **wide)
    assert numbers == [[0, 0], [0]]
    two = {"axes": {"further": {"zenith": [0, 30, 60]}}}
    with pytest.raises(UserError, match=r"in the bin zenith 30 to 60 of axes\.further"):
        placed(gammas, protons, **two, **wide)
    with pytest.raises(UserError, match="run 1 of dl2: zenith 50 is in no bin"):
        placed(gammas, axes={"further": {"zenith": [0, 45]}})
