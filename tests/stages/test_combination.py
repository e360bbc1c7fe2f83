"""Predictions of telescopes to those of events, also against the incumbent."""

import json
from pathlib import Path

import numpy as np
import pytest

from cta_columnar.stages.combination import (
    combine_directions,
    combine_energies,
    combine_scores,
    disp_to_altaz,
    inverse_variance,
)
from cta_columnar.stages.weights import IMAGE_WEIGHTS, image_weights

PEER = json.loads((Path(__file__).parents[1] / "peer" / "stereo.json").read_text())
ROWS = {name: np.array(values) for name, values in PEER["predictions"].items()}
N_ROWS = len(ROWS["event_id"])
START = np.searchsorted(ROWS["event_id"], np.arange(31)).astype(np.int64)
TEL_ID = ROWS["tel_id"].astype(np.int16)


def weights_of(scheme):
    return image_weights(scheme, ROWS, N_ROWS)


def combine(what, scheme):
    """Our columns of what ctapipe combined."""
    head = START, TEL_ID, ROWS["is_valid"]
    weights = weights_of(scheme)
    if what == "class":
        return combine_scores(*head, ROWS["prediction"], weights)
    if what == "direction":
        return combine_directions(*head, ROWS["alt"], ROWS["az"], weights)
    log_target = what == "log energy"
    return combine_energies(*head, ROWS["energy"], weights, log_target=log_target)


@pytest.mark.parity
@pytest.mark.parametrize("case", PEER["combined"])
def test_combination_equals_ctapipe(case, record_property):
    want = {name: np.array(each) for name, each in PEER["combined"][case].items()}
    what, scheme = case.split(", ")
    got = combine(what, scheme)
    np.testing.assert_array_equal(got["is_valid"], want.pop("is_valid"))
    if what == "log energy":
        want["energy_uncert_factor"] = want.pop("energy_uncert")
    if what == "direction":
        want["az"] %= 360
        # Theirs loses half its digits for one telescope, and is NaN if R > 1.
        spread = want.pop("ang_distance_uncert")
        there = np.isfinite(spread)
        ours = got["ang_distance_uncert"]
        np.testing.assert_allclose(ours[there], spread[there], atol=2e-6)
        assert np.isfinite(ours[got["is_valid"]]).all()
    for name, values in want.items():
        np.testing.assert_allclose(got[name], values, rtol=1e-12, atol=1e-12)
        record_property(name, float(np.nanmax(np.abs(got[name] - values))))


@pytest.mark.parity
def test_disp_equals_ctapipe(record_property):
    names = ("hillas_fov_lon", "hillas_fov_lat", "hillas_psi", "disp")
    alt, az = disp_to_altaz(
        *(ROWS[name] for name in (*names, "pointing_alt", "pointing_az"))
    )
    np.testing.assert_allclose(alt, PEER["disp"]["alt"], atol=1e-9)
    np.testing.assert_allclose(az, PEER["disp"]["az"], atol=1e-9)
    record_property("deg", float(np.abs(alt - PEER["disp"]["alt"]).max()))


def test_disp_against_the_axis_goes_back():
    one = {"lon": np.array([0.5]), "lat": np.array([0.5]), "psi": np.array([60.0])}
    at = np.array([70.0]), np.array([10.0])
    there = disp_to_altaz(*one.values(), np.array([1.0]), *at)
    back = disp_to_altaz(*one.values(), np.array([-1.0]), *at)
    centre = disp_to_altaz(*one.values(), np.array([0.0]), *at)
    for a, b, c in zip(there, back, centre, strict=True):
        assert (a - c) * (b - c) < 0
    nowhere = disp_to_altaz(*one.values(), np.array([np.nan]), *at)
    assert np.isnan(nowhere).all()


TWO = np.array([0, 3, 3, 4], np.int64)
TELS = np.array([1, 2, 3, 4], np.int16)
ALL = np.ones(4, bool)


def test_who_takes_part():
    weights = np.array([1.0, np.nan, 0.0, 1.0])
    energy = np.array([2.0, 3.0, 4.0, np.nan])
    got = combine_energies(TWO, TELS, ALL, energy, weights)
    assert got["telescopes"].to_pylist() == [[1], [], []]
    assert got["is_valid"].tolist() == [True, False, False]
    np.testing.assert_array_equal(got["energy"], [2.0, np.nan, np.nan])
    np.testing.assert_array_equal(got["energy_uncert"], [0.0, np.nan, np.nan])
    none = combine_energies(TWO, TELS, ~ALL, energy, weights)
    assert not none["is_valid"].any()


def test_energies_by_their_logarithms():
    energy = np.array([1.0, 100.0, 5.0, 7.0])
    use = np.array([True, True, False, True])
    got = combine_energies(TWO, TELS, use, energy, np.ones(4), log_target=True)
    scatter = np.log(10)
    assert got["energy"][0] == pytest.approx(10)
    assert got["energy_uncert"][0] == pytest.approx(10 * scatter)
    assert got["energy_uncert_factor"][0] == pytest.approx(np.exp(scatter))
    assert got["energy"][2] == pytest.approx(7)


def test_an_energy_without_logarithm_takes_no_part():
    energy = np.array([1.0, -1.0, 0.0, 7.0])
    got = combine_energies(TWO, TELS, ALL, energy, np.ones(4), log_target=True)
    assert got["telescopes"].to_pylist() == [[1], [], [4]]


def test_probabilities_of_classes_stay_probabilities():
    rng = np.random.default_rng(1)
    scores = rng.dirichlet(np.ones(3), 4)
    got = combine_scores(TWO, TELS, ALL, scores, rng.uniform(1, 2, 4))["prediction"]
    assert got.shape == (3, 3)
    np.testing.assert_allclose(got[[0, 2]].sum(axis=1), 1)
    np.testing.assert_allclose(got[2], scores[3])
    assert np.isnan(got[1]).all()


def test_inverse_variance():
    sigma = np.array([0.5, 2.0, 0.0, np.nan, -1.0])
    np.testing.assert_array_equal(
        inverse_variance(sigma), [4, 0.25, np.nan, np.nan, np.nan]
    )
    energy, weights = np.array([1.0, 2.0, 9.0, 3.0]), inverse_variance(sigma[:4])
    got = combine_energies(TWO, TELS, ALL, energy, weights)["energy"]
    assert got[0] == pytest.approx((4 * 1 + 0.25 * 2) / 4.25)


@pytest.mark.parametrize("scheme", IMAGE_WEIGHTS)
def test_images_without_parameters_have_no_weight(scheme):
    columns = {name: np.array([np.nan, 0.0]) for name in IMAGE_WEIGHTS[scheme]}
    weights = image_weights(scheme, columns, 2)
    if scheme == "none":
        assert (weights == 1).all()
    else:
        assert not (weights > 0).any()


def test_unknown_weights_are_named():
    with pytest.raises(ValueError, match=r"no weights 'intensities'; .*intensity"):
        image_weights("intensities", {}, 0)


def test_no_events():
    none = np.empty(0)
    got = combine_directions(np.zeros(1, np.int64), TELS[:0], ALL[:0], none, none, none)
    assert all(len(column) == 0 for column in got.values())
