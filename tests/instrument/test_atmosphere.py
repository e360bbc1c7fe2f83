import json
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import atmosphere as reference

from cta_columnar.instrument.atmosphere import (
    AtmosphereProfile,
    profiles_of,
    vertical_depth,
)
from cta_columnar.schemas import simulation

PEER = json.loads((Path(__file__).parents[1] / "peer" / "stereo.json").read_text())


def air(n, rng):
    """Heights, densities and depths of some air that grows thinner."""
    height = np.cumsum(np.append(0.0, rng.uniform(0.5, 6, n - 1)))
    depth = 1000 * np.exp(-np.cumsum(rng.uniform(0.1, 0.8, n)))
    return height, depth / 8e5, depth


@settings(deadline=None, max_examples=20)
@given(st.integers(4, 9), st.integers(0, 2**32 - 1))
def test_depth_equals_reference(n, seed):
    rng = np.random.default_rng(seed)
    height, density, depth = air(n, rng)
    profile = AtmosphereProfile.of(height, density, depth)
    at = np.concatenate([rng.uniform(height[0], height[-1], 4), height])
    want = [10 ** reference.spline(height, np.log10(depth), each) for each in at]
    # Where a height given back in km is a rounding error outside.
    got = profile.depth(np.clip(at * 1e3, height[0] * 1e3, height[-1] * 1e3))
    inside = np.isfinite(got)
    assert inside[:4].all()
    np.testing.assert_allclose(got[inside], np.array(want)[inside], rtol=1e-8)


@pytest.mark.parity
def test_depth_equals_ctapipe(shared, record_property):
    path = shared / "golden" / "prod5_north_proton_flashcam" / "atmosphere.parquet"
    table = pl.read_parquet(path).select("height", "density", "column_density")
    profile = AtmosphereProfile.of(*table.to_numpy().T)
    got = profile.depth(np.array(PEER["depth"]["height"]))
    np.testing.assert_allclose(got, PEER["depth"]["vertical"], rtol=1e-9)
    difference = np.abs(got / PEER["depth"]["vertical"] - 1).max()
    record_property("relative", float(difference))
    slant = got / np.cos(np.radians(40))
    np.testing.assert_allclose(slant, PEER["depth"]["slant_40"], rtol=1e-9)


def test_order_of_rows_and_rows_without_air_do_not_matter():
    rng = np.random.default_rng(1)
    columns = air(7, rng)
    want = AtmosphereProfile.of(*columns).depth(np.array([5e3]))
    order = rng.permutation(7)
    height, density, depth = (each[order] for each in columns)
    got = AtmosphereProfile.of(
        np.append(height, [-1.0, 99.0, 98.0]),
        np.append(density, [1e-3, 0.0, 1e-9]),
        np.append(depth, [1100.0, 0.01, 0.0]),
    )
    np.testing.assert_array_equal(got.depth(np.array([5e3])), want)


def test_no_depth_outside_the_table():
    height, density, depth = air(6, np.random.default_rng(1))
    profile = AtmosphereProfile.of(height, density, depth)
    ends = 1e3 * np.array([height[0] - 1e-6, height[-1] + 1e-6])
    assert np.isnan(profile.depth(np.append(ends, [np.nan, -1e80, 1e80]))).all()


@pytest.mark.parametrize("change", ["few", "double"])
def test_what_makes_no_profile(change):
    height, density, depth = air(6, np.random.default_rng(1))
    if change == "few":
        density[:3] = 0
    else:
        height[2] = height[1]
    with pytest.raises(ValueError, match=r"profile (needs 4 rows|has the same height)"):
        AtmosphereProfile.of(height, density, depth)


def test_each_run_has_its_own_air():
    columns = [air(n, np.random.default_rng(n)) for n in (5, 6, 3)]
    table = pa.concat_tables(
        [
            pa.table(
                [np.full(len(h), obs_id), h, density, depth],
                schema=simulation.ATMOSPHERE,
            )
            for obs_id, (h, density, depth) in zip((3, 1, 2), columns, strict=True)
        ]
    )
    profiles = profiles_of(table)
    assert sorted(profiles) == [1, 3], "three rows make no profile"
    obs_id, height = np.array([1, 3, 2, 9]), np.full(4, 4e3)
    depth = vertical_depth(profiles, obs_id, height)
    assert depth[0] == profiles[1].depth(height)[0]
    assert depth[1] == profiles[3].depth(height)[0]
    assert np.isnan(depth[2:]).all()
    assert profiles_of(simulation.ATMOSPHERE.empty_table()) == {}
