import numpy as np
import pytest
from cameras import seeds
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import source as reference

from cta_columnar.kernels.source import SOURCE, source_parameters


def run(cog, psi, skewness=0.5, slope=3.0, source=(0.0, 0.0)):
    columns = [np.atleast_1d(float(each)) for each in (*cog, psi, skewness, slope)]
    rows = source_parameters(*columns, *map(float, source))
    return dict(zip(SOURCE, rows[:, 0], strict=True))


@settings(deadline=None, max_examples=25)
@given(seeds(), st.integers(0, 5))
def test_kernel_equals_the_reference(seed, n):
    rng = np.random.default_rng(seed)
    x, y, skewness, slope = rng.normal(size=(4, n))
    psi = rng.uniform(-np.pi / 2, np.pi / 2, n)
    psi[rng.random(n) < 0.2] = np.nan
    source = rng.normal(size=2)
    got = source_parameters(x, y, psi, skewness, slope, *source)
    assert got.shape == (7, n)
    for e in range(n):
        want = reference.source_parameters(
            x[e] + 1j * y[e], psi[e], skewness[e], slope[e], source[0] + 1j * source[1]
        )
        np.testing.assert_allclose(got[:, e], want, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("source", [(0.0, 0.0), (0.7, -0.2)])
def test_an_image_of_known_place(source):
    """Centroid 2 beside the source, axis turned by 30 deg from the line to it."""
    centroid = source[0] + 2.0, source[1]
    got = run(centroid, np.radians(30), source=source)
    assert got["dist"] == pytest.approx(2)
    assert np.degrees(got["alpha"]) == pytest.approx(30)
    assert got["miss"] == pytest.approx(1)
    assert got["along"] == pytest.approx(-np.sqrt(3))
    assert got["across"] == pytest.approx(1)
    # The direction psi leads away from the source.
    assert (got["skewness"], got["timing_slope"]) == (0.5, 3.0)


def test_the_sense_of_psi_changes_signs_only():
    there, back = (run((1.0, 0.4), 0.3 + turn) for turn in (0.0, np.pi))
    for name in ("dist", "alpha", "miss"):
        assert there[name] == pytest.approx(back[name])
    for name in ("along", "across", "skewness", "timing_slope"):
        assert there[name] == pytest.approx(-back[name])


def test_a_source_on_the_other_side_turns_the_senses():
    for x, sign in ((-1.0, -1), (1.0, 1)):
        got = run((x, 0.0), 0.0)
        assert got["along"] == -x
        assert (got["skewness"], got["timing_slope"]) == (0.5 * sign, 3.0 * sign)


def test_alpha_of_special_places():
    assert run((1.0, 0.0), 0.0)["alpha"] == 0
    assert run((1.0, 0.0), np.pi / 2)["alpha"] == pytest.approx(np.pi / 2)
    assert run((0.0, 0.0), 0.3)["alpha"] == 0
    assert run((0.0, 0.0), 0.3)["dist"] == 0


def test_no_axis_no_time_no_image():
    assert np.isnan(list(run((1.0, 0.0), np.nan).values())).all()
    assert np.isnan(list(run((np.nan, np.nan), 0.1).values())).all()
    got = run((1.0, 0.0), 0.1, slope=np.nan)
    assert [name for name in SOURCE if np.isnan(got[name])] == ["timing_slope"]
    nothing = np.empty(0)
    assert source_parameters(*[nothing] * 5, 0.0, 0.0).shape == (7, 0)
