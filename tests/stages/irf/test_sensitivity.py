from dataclasses import replace

import numpy as np
import pytest
from pyirf.sensitivity import relative_sensitivity

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.axes import Axis, linear_axis
from cta_columnar.stages.irf.cuts import same_cuts
from cta_columnar.stages.irf.off_region import off_weights
from cta_columnar.stages.irf.product_tables import to_table
from cta_columnar.stages.irf.sensitivity import (
    BACKGROUND,
    SIGNAL,
    Detection,
    background_selection,
    sensitivity,
    sensitivity_histograms,
)
from cta_columnar.stages.irf.simulated_runs import cone_solid_angle
from cta_columnar.stages.irf.spectra import reference_spectrum

AXIS = Axis("reco_energy", "TeV", (0.1, 1.0, 10.0, 100.0))
CUTS = same_cuts(AXIS, theta=0.1)
CRAB = reference_spectrum("CRAB_HEGRA")
DETECTION = Detection()


def counted(signal, background, weight=1.0, cuts=CUTS, detection=DETECTION):
    """The sensitivity with so many simulated events in each bin."""
    columns = []
    for counts, of in ((signal, 1.0), (background, weight)):
        energy = np.repeat(AXIS.centre, counts)
        everyone = np.ones(energy.size, bool)
        columns.append(
            {"reco_energy": energy, "weight": np.full(energy.size, of)}
            | {"selected": everyone, "selected_background": everyone}
        )
    columns[1]["off_weight"] = off_weights(columns[1], cuts, detection)
    specs = sensitivity_histograms(AXIS)
    of_signal = Accumulator(specs[:1]).fill(columns[0])[SIGNAL]
    of_background = Accumulator(specs[1:]).fill(columns[1])[BACKGROUND]
    return sensitivity(of_signal, of_background, CRAB, detection)


def test_published_values():
    got = DETECTION.relative_sensitivity(
        np.array([100 - 40.0, 30.0]), np.array([200.0, 0.0])
    )
    np.testing.assert_allclose(got, [0.67315, 1 / 3], atol=1e-5)


def test_the_background_is_scaled_to_the_off_region():
    got = counted([50, 50, 50], [40, 400, 4], weight=1000.0)
    ring = cone_solid_angle(5.0) - cone_solid_angle(0.0)
    want = np.array([40, 400, 4]) * 1000 * cone_solid_angle(0.1) / ring / 0.2
    np.testing.assert_allclose(got["n_background_weighted"], want)
    np.testing.assert_allclose(got["n_background"], [40, 400, 4])
    error = want / np.sqrt([40, 400, 4])
    np.testing.assert_allclose(got["n_background_weighted_uncert"], error)


def test_fluxes_are_shares_of_the_spectrum():
    got = counted([50, 50, 50], [40, 400, 4], weight=1000.0)
    share, energy = got["relative_sensitivity"], AXIS.centre
    np.testing.assert_allclose(got["flux_sensitivity"], share * 2.83e-7 * energy**-2.62)
    erg = 1.602176634 * energy**2 * got["flux_sensitivity"] / 1e4
    np.testing.assert_allclose(got["energy_flux_sensitivity"], erg)
    np.testing.assert_allclose(got["significance"][1], 5)
    assert (got["significance"] > 5 - 1e-9).all()


def test_the_off_region_is_that_of_the_cut_of_each_event():
    """A bin of both cuts: each energy has its own circle, as signal has its own cut."""
    cuts = replace(CUTS, theta=np.array([0.1, 0.2, 0.4]))
    wide = Axis("reco_energy", "TeV", (0.1, 100.0))
    energy = np.array([0.5, 5.0, 5.0, 50.0, 1e3])
    events = {"reco_energy": energy, "weight": np.arange(1.0, 6.0)}
    found = off_weights(events, cuts, DETECTION)
    ring = cone_solid_angle(5.0) * 0.2
    wanted = np.array([1, 2, 3, 4]) * cone_solid_angle(np.array([0.1, 0.2, 0.2, 0.4]))
    np.testing.assert_allclose(found[:4], wanted / ring, rtol=1e-12)
    # What pyirf does: the one at the middle of the bin, for everything.
    found = off_weights(events, cuts, DETECTION, wide)
    theta = np.interp(50.05, [0.55, 5.5, 55.0], cuts.theta)
    wanted = events["weight"] * cone_solid_angle(theta) / ring
    np.testing.assert_allclose(found[:4], wanted[:4], rtol=1e-12)
    one, other = (off_weights(events, cuts, DETECTION, axis) for axis in (None, AXIS))
    np.testing.assert_array_equal(one[:4], other[:4])


def test_errors_are_the_scatter_of_repeated_simulations():
    rng = np.random.default_rng(1)
    shares, errors = [], []
    for _ in range(150):
        got = counted(rng.poisson([80] * 3), rng.poisson([50] * 3), weight=2000.0)
        shares.append(got["relative_sensitivity"])
        errors.append(got["relative_sensitivity_uncert"])
    np.testing.assert_allclose(
        np.mean(errors, axis=0), np.std(shares, axis=0), rtol=0.2
    )


def test_bins_without_signal_have_no_sensitivity():
    got = counted([50, 0, 50], [40, 40, 0])
    assert np.isinf(got["relative_sensitivity"]).tolist() == [False, True, False]
    assert np.isnan(got["significance"]).tolist() == [False, True, False]
    assert got["relative_sensitivity"][2] == pytest.approx(10 / 50)


@pytest.mark.parametrize("n_signal", [0.01, 1e6])
def test_every_signal_has_a_sensitivity_unlike_in_pyirf(n_signal, caplog):
    """The search of pyirf begins with a range that need not have the solution."""
    theirs = relative_sensitivity(n_signal + 0.1, 0.5, 0.2)
    assert np.isnan(theirs)
    ours = DETECTION.relative_sensitivity(np.array([n_signal]), np.array([0.5]))
    assert ours[0] == pytest.approx(10 / n_signal)
    # What would have the significance alone, where the range has it.
    free = Detection(min_events=0, min_share=0)
    ours = free.relative_sensitivity(np.array([7.0]), np.array([0.5]))
    theirs = relative_sensitivity(7.1, 0.5, 0.2, min_signal_events=0)
    assert ours[0] == pytest.approx(float(theirs), rel=1e-9)


def test_each_ring_of_the_field_of_view_has_its_sensitivity():
    rng = np.random.default_rng(3)
    rings = linear_axis("reco_source_fov_offset", "deg", 0, 3, 3)
    columns = [
        {
            "reco_energy": 10 ** rng.uniform(-1, 2, n),
            "true_source_fov_offset": rng.uniform(0, 3, n),
            "reco_source_fov_offset": rng.uniform(0, 3, n),
            "weight": rng.exponential(scale, n),
            "selected": rng.random(n) < 0.5,
            "selected_background": rng.random(n) < 0.5,
        }
        for n, scale in ((500, 1.0), (800, 50.0))
    ]
    of_all = Detection(offset_max=3)
    columns[1]["off_weight"] = off_weights(columns[1], CUTS, of_all)
    specs = sensitivity_histograms(AXIS, rings)
    filled = [Accumulator([s]).fill(c) for s, c in zip(specs, columns, strict=True)]
    got = sensitivity(filled[0][SIGNAL], filled[1][BACKGROUND], CRAB, of_all)
    assert to_table(got).num_rows == 9
    for k in range(3):
        ring = Detection(offset_min=k, offset_max=k + 1)
        signal, background = (dict(each) for each in columns)
        signal["selected"] = signal["selected"] & ring.in_ring(
            signal["true_source_fov_offset"]
        )
        inside = ring.in_ring(background["reco_source_fov_offset"])
        background["selected_background"] = background["selected_background"] & inside
        background["off_weight"] = off_weights(background, CUTS, ring)
        alone = [
            Accumulator([s]).fill(c)
            for s, c in zip(
                sensitivity_histograms(AXIS), (signal, background), strict=True
            )
        ]
        want = sensitivity(alone[0][SIGNAL], alone[1][BACKGROUND], CRAB, ring)
        for name, values in want.columns.items():
            np.testing.assert_allclose(got[name][:, k], values, rtol=1e-12)


def test_background_is_selected_without_theta_in_the_ring():
    events = {
        "reco_energy": np.full(4, 1.5),
        "gh_score": np.array([1.0, 1.0, 1.0, 0.0]),
        "reco_source_fov_offset": np.array([0.5, 1.0, 2.0, 1.5]),
    }
    cuts = same_cuts(AXIS, gh=0.5, theta=0.0)
    ring = Detection(offset_min=1.0, offset_max=2.0)
    assert background_selection(events, cuts, ring).tolist() == [0, 1, 0, 0]


def test_complaints():
    with pytest.raises(
        UserError, match="no event is left for 'sensitivity_background'"
    ):
        counted([5, 5, 5], [0, 0, 0])
    with pytest.raises(UserError, match="no event is left for 'sensitivity_signal'"):
        counted([0, 0, 0], [5, 5, 5])
    with pytest.raises(UserError, match="wants a cut on theta"):
        counted([5, 5, 5], [5, 5, 5], cuts=same_cuts(AXIS))
    with pytest.raises(UserError, match="between offsets of 2 and 1 deg"):
        Detection(offset_min=2, offset_max=1)
    with pytest.raises(UserError, match="must be positive"):
        Detection(alpha=0)
