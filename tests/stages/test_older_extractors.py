"""The extractors of ctapipe 0.4 to 0.6: moved windows, cuts, and clipped charges."""

import numpy as np
import pytest
from toy_extraction import OLDER, extract, traces

from cta_columnar.registry import get

PLAIN = {"apply_integration_correction": False}


def pulse(*samples, n_samples=20):
    trace = np.zeros(n_samples, np.float32)
    for sample, value in samples:
        trace[sample] = value
    return trace


def charge_of(name, trace, **options):
    made, columns = traces(trace)
    return float(extract(name, made, columns, **PLAIN, **options)["image"][0, 0])


def test_all_samples():
    made, columns = traces(np.arange(20))
    out = extract("FullIntegrator", made, columns)
    assert out["image"] == np.arange(20).sum()
    assert out["peak_time"] == 0


@pytest.mark.parametrize(
    ("t0", "policy", "samples"),
    [
        (10, "shift", range(7, 14)),
        (10, "clip", range(7, 14)),
        (1, "shift", range(7)),
        (1, "clip", range(5)),
        (18, "shift", range(13, 20)),
        (18, "clip", range(15, 20)),
        (500, "shift", range(13, 20)),
    ],
)
def test_windows_are_moved_into_the_trace(t0, policy, samples):
    charge = charge_of("SimpleIntegrator", np.arange(20), t0=t0, window_policy=policy)
    assert charge == sum(samples)


def test_a_window_is_not_longer_than_the_trace():
    assert charge_of("SimpleIntegrator", np.arange(5), window_width=9) == 10


@pytest.mark.parametrize("name", [n for n in OLDER if n != "FullIntegrator"])
def test_charge_is_corrected_for_the_window_as_asked_for(name):
    made, columns = traces([pulse((19, 8.0))] * 7, n_pixels=7)
    options = {"t0": 19} if name == "SimpleIntegrator" else {}
    image = extract(name, made, columns, **options)["image"]
    same = extract("LocalPeakWindowSum", made, columns)["image"]
    np.testing.assert_allclose(image, same, rtol=1e-6)


def test_the_time_is_the_peak():
    made, columns = traces(pulse((8, 3.0), (9, 2.9)))
    out = extract("LocalPeakIntegrator", made, columns)
    assert out["peak_time"] == np.float32(8 / 1.25)


@pytest.mark.parametrize("name", OLDER)
def test_charges_are_clipped_after_the_correction(name):
    made, columns = traces([pulse((2, 800.0))] * 7, n_pixels=7)
    free = extract(name, made, columns)["image"]
    clipped = extract(name, made, columns, clip_amplitude=500.0)["image"]
    assert (free > 500).all()
    assert (clipped == 500).all()


def test_peak_of_the_camera_is_the_mean_weighted_by_height():
    waveform = np.zeros((7, 20), np.float32)
    waveform[0, 4], waveform[1, 13] = 2, 1
    made, columns = traces(waveform, n_pixels=7)
    peak = round((2 * 4 + 13) / 3)
    out = extract("GlobalPeakIntegrator", made, columns)
    np.testing.assert_array_equal(out["peak_time"], np.float32(peak / 1.25))
    # Today's: where the mean trace is largest.
    of_today = extract("AverageWfPeakIntegrator", made, columns)
    np.testing.assert_array_equal(of_today["peak_time"], np.float32(4 / 1.25))


def test_weight_of_the_pixel_itself():
    waveform = np.zeros((7, 20), np.float32)
    waveform[0, 4], waveform[1:, 13] = 5, 2
    made, columns = traces(waveform, n_pixels=7)
    for lwt, peak in ((0, 13), (9, 4)):
        out = extract("NeighbourPeakIntegrator", made, columns, lwt=lwt)
        assert out["peak_time"][0, 0] == np.float32(peak / 1.25)


CUT = [name for name in OLDER if "sig_amp_cut_HG" in get("extractor", name).options]


@pytest.mark.parametrize("name", CUT)
def test_small_samples_make_no_peak_but_count(name):
    """Without the cut, the many small samples at 4 win over a few large ones at 13."""
    waveform = np.zeros((7, 20), np.float32)
    waveform[:, 4] = 3
    waveform[:, 13] = 2.5
    waveform[:, 14] = 1
    made, columns = traces(waveform, n_pixels=7)
    columns["waveform"][:, 3, 13] = 40
    free = extract(name, made, columns, **PLAIN)
    cut = extract(name, made, columns, sig_amp_cut_HG=3.5, **PLAIN)
    at_13 = cut["peak_time"][0] == np.float32(13 / 1.25)
    assert at_13.any()
    assert (cut["image"][0, at_13] >= 3.5).all()  # what is below the cut is summed
    if name in ("LocalPeakIntegrator", "NeighbourPeakIntegrator"):
        assert (free["peak_time"] != cut["peak_time"]).any()


def low_gain():
    """A trace in low gain with a first peak of 3 and a later one of 2 and 2."""
    made, columns = traces(pulse((4, 3.0), (12, 5.0)))
    columns["selected_gain_channel"] = np.ones((1, 1), np.int8)
    columns["waveform"][0, 0, 4] = 6
    columns["waveform"][0, 0, 12] = 5
    return made, columns


def test_a_cut_of_the_low_gain_acts_alone():
    made, columns = low_gain()
    out = extract("LocalPeakIntegrator", made, columns, sig_amp_cut_LG=7.0)
    assert out["peak_time"] == 0  # no sample is significant
    kept = extract("LocalPeakIntegrator", made, columns, sig_amp_cut_LG=5.5)
    assert kept["peak_time"] == np.float32(4 / 1.25)


def test_a_cut_of_the_low_gain_alone_did_nothing_of_old():
    # The quirk, on purpose: a misspelt name left the peak where it is without a cut.
    made, columns = low_gain()
    of_old = extract("LocalPeakIntegrator", made, columns)
    ours = extract("LocalPeakIntegrator", made, columns, sig_amp_cut_LG=7.0)
    assert of_old["peak_time"] == np.float32(4 / 1.25)
    assert ours["peak_time"] != of_old["peak_time"]


def test_a_cut_of_one_gain_leaves_the_other_alone():
    made, columns = low_gain()
    plain = extract("LocalPeakIntegrator", made, columns)
    cut = extract("LocalPeakIntegrator", made, columns, sig_amp_cut_HG=7.0)
    np.testing.assert_array_equal(cut["peak_time"], plain["peak_time"])


def test_all_that_sum_about_a_peak_have_the_same_options():
    shared = dict(get("extractor", "LocalPeakIntegrator").options)
    of_neighbours = dict(get("extractor", "NeighbourPeakIntegrator").options)
    assert list(of_neighbours) == ["lwt", *shared]
    del of_neighbours["lwt"]
    for other in ("GlobalPeakIntegrator", "AverageWfPeakIntegrator"):
        assert dict(get("extractor", other).options) == shared == of_neighbours
