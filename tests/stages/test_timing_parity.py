"""The timing fit on ctapipe's images, against the best of 51 fits of ctapipe.

What differs on purpose is explained in docs/parity.md.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from golden_parameters import IMAGES, KEY, inputs, relative, run, theirs
from reference.trimmed_line import trimmed_sum

pytestmark = pytest.mark.parity


@dataclass(frozen=True)
class Fit:
    """Three lines through the peak times of one image."""

    along: np.ndarray
    time: np.ndarray
    ours: tuple[float, float]
    theirs: tuple[float, float]
    best: tuple[float, float]
    our_deviation: float
    their_deviation: float

    def sum(self, who):
        """What the fit is to minimise."""
        n_kept = int(0.85 * self.time.size)
        return trimmed_sum(self.along, self.time, n_kept, getattr(self, who))

    def excess(self, other):
        """By how much our sum is above another one, relative."""
        ours, sum_ = self.sum("ours"), self.sum(other)
        return 0.0 if ours == sum_ else ours / sum_ - 1


def fits_of(shared, name):
    golden = {
        tuple(row[each] for each in KEY): row for row in theirs(shared, name).to_dicts()
    }
    for columns, camera in inputs(shared, name):
        got = run(columns, camera)
        for e, mask in enumerate(columns["image_mask"]):
            row = golden[tuple(int(columns[each][e]) for each in KEY)]
            psi = np.radians(got["hillas_psi"][e])
            x = camera.fov_lon[mask] - got["hillas_fov_lon"][e]
            y = camera.fov_lat[mask] - got["hillas_fov_lat"][e]
            yield Fit(
                x * np.cos(psi) + y * np.sin(psi),
                columns["peak_time"][e, mask].astype(float),
                (got["timing_slope"][e], got["timing_intercept"][e]),
                (row["timing_slope"], row["timing_intercept"]),
                # Not there where no image of the file has pixels.
                (row.get("timing_slope_best"), row.get("timing_intercept_best")),
                got["timing_deviation"][e],
                row["timing_deviation"],
            )


@cache
def fits(shared):
    """Find all fits that are determined: to 4 pixels or more."""
    return [
        fit for name in IMAGES for fit in fits_of(shared, name) if fit.time.size > 3
    ]


@cache
def small(shared):
    """Find all other fits."""
    return [
        fit for name in IMAGES for fit in fits_of(shared, name) if fit.time.size <= 3
    ]


def test_no_fit_of_ctapipe_is_better(shared, compared, record_property):
    """Not even the best of 51, in the trimmed sum."""
    excess = np.array([fit.excess("best") for fit in fits(shared)])
    assert excess.size > 80
    assert np.mean(excess <= 1e-9) >= 0.99
    assert excess.max() <= 0.05
    compared("parameters", "timing", "trimmed sum", excess.size, excess.max())
    record_property("ours better", int(np.sum(excess < -1e-9)))
    record_property("theirs better", int(np.sum(excess > 1e-9)))


ROW = "parameters", "timing", "all, where the sums are equal"


def test_equal_sums_have_equal_lines(shared, compared):
    equal = [fit for fit in fits(shared) if abs(fit.excess("best")) <= 1e-9]
    assert len(equal) > 80
    for fit in equal:
        np.testing.assert_allclose(fit.ours, fit.best, rtol=1e-6)
        compared(*ROW, 1, relative(fit.ours, fit.best))


def test_deviations_where_their_line_is_the_best(shared, compared, record_property):
    equal = [fit for fit in fits(shared) if abs(fit.excess("theirs")) <= 1e-9]
    assert len(equal) > 60
    for fit in equal:
        assert fit.our_deviation == pytest.approx(fit.their_deviation, rel=1e-6)
        compared(*ROW, 0, relative(fit.our_deviation, fit.their_deviation))
    record_property("images", len(equal))


def test_their_default_fit_often_misses_the_best_line(shared):
    """Quirk: five random starts, from a generator that every image advances."""
    assert sum(fit.excess("theirs") < -1e-9 for fit in fits(shared)) > 10


def test_three_pixels_take_the_pair_nearest_to_the_third(shared):
    """Quirk: each pair is a perfect fit of two, and theirs is any of the three."""
    triples = [fit for fit in small(shared) if fit.time.size == 3]
    assert triples
    for fit in triples:
        assert fit.sum("ours") == pytest.approx(0, abs=1e-18)
        assert fit.our_deviation <= fit.their_deviation * (1 + 1e-9)
    assert any(fit.our_deviation < 0.99 * fit.their_deviation for fit in triples)


def test_fewer_than_three_pixels_have_no_line(shared):
    fewer = [fit for fit in small(shared) if fit.time.size < 3]
    assert fewer
    assert np.isnan([fit.ours for fit in fewer]).all()
    assert np.isnan([fit.theirs for fit in fewer]).all()
