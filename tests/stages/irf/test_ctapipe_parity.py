"""Cuts, sensitivity, weights and resolution beside ctapipe 0.32, on the same events.

Its values come of `tests/peer/cuts.py`, which runs ctapipe's own components.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from toy_responses import N_OF_PEER, make_events
from toy_thrown import DIFFUSE, run_row, simulated

from cta_columnar.stages.irf.accumulator import Accumulator
from cta_columnar.stages.irf.axes import decade_axis, linear_axis, whole_decade_axis
from cta_columnar.stages.irf.cut_optimisation import optimise_gh, optimise_grid
from cta_columnar.stages.irf.event_weights import event_weights
from cta_columnar.stages.irf.off_region import off_weights
from cta_columnar.stages.irf.percentile_cuts import percentile_cuts
from cta_columnar.stages.irf.resolution import angular_resolution, energy_resolution
from cta_columnar.stages.irf.sensitivity import (
    Detection,
    background_selection,
    sensitivity,
    sensitivity_histograms,
)
from cta_columnar.stages.irf.spectra import reference_spectrum

PEER = json.loads((Path(__file__).parents[2] / "peer" / "cuts.json").read_text())
AXIS = decade_axis("reco_energy", "TeV", 0.02, 50, 3)
TRUE_AXIS = decade_axis("true_energy", "TeV", 0.02, 50, 3)
CRAB = reference_spectrum("CRAB_HEGRA")


@pytest.fixture(scope="module")
def events():
    """Signal and background, which must be those that ctapipe was given."""
    made = [
        make_events(N_OF_PEER, 50),
        make_events(N_OF_PEER, 51, gamma=False),
    ]
    for columns, sums in zip(made, PEER["sums"], strict=True):
        for name, total in sums.items():
            assert np.nansum(columns[name]) == pytest.approx(total, rel=1e-9)
    return made


def test_cuts(events):
    gammas, protons = events
    found = {
        "percentile": percentile_cuts(gammas, AXIS),
        "gh": optimise_gh(gammas, protons, AXIS),
        "grid": optimise_grid(gammas, protons, AXIS),
    }
    for name, want in PEER["cuts"].items():
        ours = found[name]
        for kind in want.keys() - {"valid_energy"}:
            np.testing.assert_allclose(getattr(ours, kind), want[kind], rtol=1e-9)
        valid = AXIS.low[ours.is_valid].min(), AXIS.high[ours.is_valid].max()
        np.testing.assert_allclose(valid, want["valid_energy"], rtol=1e-9)
    assert np.unique(found["grid"].multiplicity).size > 2


def test_sensitivity_in_other_bins_than_those_of_the_cuts(events):
    gammas, protons = events
    chosen, detection = optimise_gh(gammas, protons, AXIS), Detection()
    axis = whole_decade_axis("reco_energy", "TeV", 0.02, 50, 4)
    of_signal, of_background = sensitivity_histograms(axis)
    selected = chosen.select(gammas, point_like=True)
    # ctapipe bins the signal by its true offset, as the background by its own.
    selected["selected"] &= detection.in_ring(gammas["true_source_fov_offset"])
    ring = background_selection(protons, chosen, detection)
    # ctapipe interpolates the cut on theta.
    off = off_weights(protons, chosen, detection, axis)
    signal = Accumulator([of_signal]).fill(gammas | selected)
    background = Accumulator([of_background]).fill(
        protons | {"selected_background": ring, "off_weight": off}
    )
    got = sensitivity(
        signal[of_signal.name], background[of_background.name], CRAB, detection
    )
    want = PEER["sensitivity"]
    flux = np.array(want["flux_sensitivity"])
    known = np.isfinite(flux)
    assert known.sum() > 8
    # 1/(erg s cm2) in ctapipe.
    ours = got["flux_sensitivity"] / 1e4 / 1.602176634
    np.testing.assert_allclose(ours[known], flux[known], rtol=1e-6)
    ours, theirs = got["energy_flux_sensitivity"], want["energy_flux_sensitivity"]
    np.testing.assert_allclose(ours[known], np.array(theirs)[known], rtol=1e-6)
    np.testing.assert_allclose(
        got["n_background_weighted"], want["n_background_weighted"], rtol=1e-9
    )


def test_weights_of_a_source_in_diffuse_simulations(events):
    gammas, _ = events
    row = run_row(n_showers=10**9, shower_reuse=1, max_scatter_range=1500.0, **DIFFUSE)
    rings = linear_axis("true_source_fov_offset", "deg", 0, 6, 3)
    got = event_weights(
        *(gammas["true_energy"], CRAB, simulated(row), 50 * 3600.0),
        offset=gammas["true_source_fov_offset"],
        offset_axis=rings,
    )
    np.testing.assert_allclose(got[:50], PEER["weights"], rtol=1e-9)


def test_resolution(events):
    gammas, _ = events
    kept = np.isfinite(gammas["reco_energy"])
    migration, energy = gammas["migration"][kept], gammas["true_energy"][kept]
    # ctapipe leaves out events beyond its one bin of the offset.
    inside = gammas["true_source_fov_offset"][kept] < 5
    got = energy_resolution(migration[inside], energy[inside], TRUE_AXIS, "mean")
    want = PEER["energy"]
    np.testing.assert_allclose(got["energy_bias"], want["bias"], rtol=1e-9)
    np.testing.assert_allclose(got["energy_resolution"], want["resolution"], rtol=1e-9)
    theta = gammas["theta"][kept][inside]
    for share, want in PEER["angular_resolution"].items():
        got = angular_resolution(theta, energy[inside], TRUE_AXIS, int(share) / 100)
        np.testing.assert_allclose(got["angular_resolution"], want, rtol=1e-9)
