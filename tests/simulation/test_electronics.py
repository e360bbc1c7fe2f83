"""Physics of the electronics: what is written calibrates to what was there."""

import numpy as np
import pytest
from toy_electronics import (
    PMT,
    SIPM,
    blob,
    electronics,
    hexagons,
    majority,
    model,
    plain,
    readout,
    squares,
)

from cta_columnar.kernels.simulation.draws import new_stream
from cta_columnar.kernels.simulation.electronics import draw_places
from cta_columnar.simulation.arrays import load_array
from cta_columnar.simulation.electronics import Window
from cta_columnar.simulation.pixel_constants import array_electronics


def quiet(**more):
    return readout(noise=np.zeros(2), **more)


def read(camera, pixel, time, shower=1, origin=80.0):
    signal = camera.detect(pixel, time, 0, shower)
    n_pixels = camera.disabled.size
    places = draw_places(signal.state, camera.banks.n_places, n_pixels)
    return signal, camera.read(signal, Window(origin, places, 0))


def charges(camera, counts):
    """p.e. in each gain and pixel, with the constants that go to the file."""
    samples = counts if counts.ndim == 3 else counts[:, :, np.newaxis]
    above = samples - camera.pedestal[:, :, np.newaxis].astype(np.float64)
    return above.sum(axis=2) * camera.calib


def in_pixel(pixel, n, time=100.0):
    return np.full(n, pixel, np.int32), np.full(n, time, np.float32)


@pytest.mark.parametrize(
    ("gain", "n"), [(0, 1), (0, 30), (0, 100), (1, 100), (1, 700), (1, 2000)]
)
def test_charge_is_linear_until_a_gain_saturates(gain, n):
    camera = electronics(model(readout=quiet(), sensor=plain(PMT)), nsb=0.0)
    signal, counts = read(camera, *in_pixel(5, n))
    assert counts[gain].max() < 4095
    truth = float(signal.charge.sum())
    # Half a count in each sample, and a pulse whose area is that of its phase.
    rounding = 0.5 * float(camera.calib[gain, 5]) * counts.shape[2]
    got = charges(camera, counts)[gain, 5]
    assert got == pytest.approx(truth, abs=0.6 * rounding + 0.01 * truth)


def test_each_gain_saturates_where_its_converter_ends():
    camera = electronics(model(readout=quiet(), sensor=plain(PMT)), nsb=0.0)
    for n, saturated in [(150, 0), (600, 1), (20_000, 2)]:
        _, counts = read(camera, *in_pixel(5, n))
        assert (counts.max(axis=(1, 2)) == 4095).sum() == saturated


def test_mean_charge_of_noisy_pixels_is_the_number_of_photo_electrons():
    camera = electronics(model(layout=hexagons(10)), disabled=0.05)
    n_pixels = camera.disabled.size
    rng = np.random.default_rng(1)
    n = 20
    pixel = np.repeat(np.arange(n_pixels, dtype=np.int32), n)
    time = rng.normal(100, 1, pixel.size).astype(np.float32)
    signal, counts = read(camera, pixel, time)
    truth = np.bincount(signal.pixel, minlength=n_pixels)
    off = (charges(camera, counts) - truth)[:, ~camera.disabled]
    error = off.std(axis=1) / np.sqrt(off.shape[1])
    assert (np.abs(off.mean(axis=1)) < 4 * error + 0.005 * n).all()
    assert truth.mean() == pytest.approx(n, rel=0.01)
    # Single-p.e. spread, night sky and noise: at most 10 p.e. in the first gain.
    assert off[0].std() < 10


@pytest.mark.parametrize("sensor", [PMT, SIPM])
def test_empty_pixels_have_the_width_of_night_sky_and_noise(sensor):
    camera = electronics(model(sensor=plain(sensor), layout=hexagons(12)))
    none = np.zeros(0, np.int32), np.zeros(0, np.float32)
    values = np.concatenate([
        read(camera, *none, shower=k)[1] - camera.pedestal[:, :, np.newaxis]
        for k in range(5)
    ], axis=1)  # fmt: skip
    amplitude, noise = camera.model.readout.amplitude, camera.model.readout.noise
    # The last term is the rounding to whole counts.
    want = amplitude**2 * camera.banks.sky_variance + noise**2 + 1 / 12
    np.testing.assert_allclose(values.var(axis=(1, 2)), want, rtol=0.04)
    # The mean is that of the pedestal: light comes and goes through a capacitor.
    n_independent = values[0].size / camera.banks.pulses.length
    error = np.sqrt(want / n_independent)
    assert (np.abs(values.mean(axis=(1, 2))) < 5 * error).all()


def test_the_same_pixels_are_dead_in_all_runs():
    array = load_array("CTAO-North").select([3, 5])
    both = array_electronics(array, 1, 1, disabled_fraction=0.1)
    later = array_electronics(array, 1, 2, disabled_fraction=0.1)
    for first, second in zip(both, later, strict=True):
        np.testing.assert_array_equal(first.disabled, second.disabled)
        assert not np.array_equal(first.gain, second.gain)
        assert first.disabled.mean() == pytest.approx(0.1, abs=0.03)
    # Whoever else takes part.
    (alone,) = array_electronics(array.select([5]), 1, 1, disabled_fraction=0.1)
    np.testing.assert_array_equal(alone.disabled, both[1].disabled)
    # Neighbours and other seeds have their own.
    n = min(camera.disabled.size for camera in both)
    assert not np.array_equal(both[0].disabled[:n], both[1].disabled[:n])
    (other,) = array_electronics(array.select([5]), 2, 1, disabled_fraction=0.1)
    assert not np.array_equal(other.disabled, both[1].disabled)


def test_disabled_pixels_show_noise_alone():
    camera = electronics(model(), disabled=0.3)
    off = np.flatnonzero(camera.disabled).astype(np.int32)
    assert 10 < off.size < 70
    pixel = np.repeat(off, 50)
    _, counts = read(camera, pixel, np.full(pixel.size, 100, np.float32))
    values = counts[0][off] - camera.pedestal[0, off][:, np.newaxis]
    assert values.std() == pytest.approx(camera.model.readout.noise[0], rel=0.1)
    assert np.isfinite(camera.calib).all()
    assert (camera.calib > 0).all()


def test_constants_have_the_spreads_of_the_model():
    camera = electronics(model(layout=hexagons(20)))
    assert camera.efficiency.mean() == pytest.approx(1, abs=1e-6)
    assert camera.gain.mean() == pytest.approx(1, abs=1e-6)
    assert camera.efficiency.std() == pytest.approx(PMT.qe_spread, rel=0.1)
    assert camera.gain.std() == pytest.approx(PMT.gain_spread, rel=0.1)
    assert camera.pedestal.std(axis=1) == pytest.approx([1.5, 1.5], rel=0.1)
    nominal = 1 / (camera.model.readout.amplitude * camera.banks.pulses.area)
    np.testing.assert_allclose(
        camera.calib * camera.gain, np.tile(nominal[:, None], camera.gain.size), 1e-5
    )
    assert camera.time_shift.shape == camera.noise.shape == camera.calib.shape


def test_delays_are_seen_in_the_waveforms():
    camera = electronics(model(readout=quiet(), sensor=plain(PMT)), nsb=0.0)
    early, late = camera.delay.argmin(), camera.delay.argmax()
    mean = []
    for pixel in (early, late):
        _, counts = read(camera, *in_pixel(pixel, 2000))
        pulse = counts[1, pixel] - camera.pedestal[1, pixel]
        mean.append((pulse * np.arange(pulse.size)).sum() / pulse.sum())
    want = camera.delay[late] - camera.delay[early]
    assert mean[1] - mean[0] == pytest.approx(want, abs=0.15)


def test_results_do_not_depend_on_what_was_done_before():
    pixel, time = blob(model().layout, 200)
    first = electronics(model())
    wanted = [read(first, pixel, time, shower)[1] for shower in (1, 2)]
    second = electronics(model())
    got = [read(second, pixel, time, shower)[1] for shower in (2, 1)][::-1]
    np.testing.assert_array_equal(wanted, got)
    assert (wanted[0] != wanted[1]).any()
    for other in (electronics(model(), tel_index=1), electronics(model(), run=2)):
        assert (read(other, pixel, time)[1] != wanted[0]).any()
        assert (other.pedestal != first.pedestal).any()


def sums_camera(**more):
    camera = squares(12)
    parts = readout(
        1, 2.0, 5, 70.0, (1.6, 0.04), sums_only=True,
        pedestal=np.array([971.0, 961.0]), noise=np.array([0.1, 0.01]),
    )  # fmt: skip
    return electronics(
        model(layout=camera, sensor=SIPM, readout=parts, trigger=majority(camera)),
        **more,
    )


def test_sums_calibrate_to_photo_electrons_without_waveforms():
    camera = sums_camera(nsb=0.0)
    pixel = np.repeat(np.arange(144, dtype=np.int32), 25)
    signal, counts = read(camera, pixel, np.full(pixel.size, 100, np.float32))
    assert counts.shape == (2, 144)
    assert counts.dtype == np.uint32
    truth = np.bincount(signal.pixel, signal.charge, 144)
    got = charges(camera, counts)
    np.testing.assert_allclose(got[0], truth, rtol=0.01, atol=0.1)
    np.testing.assert_allclose(got[1].mean(), truth.mean(), rtol=0.02)


def test_sums_hold_the_night_sky():
    camera = sums_camera()
    none = np.zeros(0, np.int32), np.zeros(0, np.float32)
    spread = charges(camera, read(camera, *none)[1])[0].std()
    gate = camera.banks.n_read * camera.model.readout.sample_width
    # All light in the gate counts, but for that of pulses that it cuts.
    assert 0.5 < spread / np.sqrt(SIPM.nsb_rate * gate) < 1.1


def test_a_stream_goes_on_after_the_charges():
    camera = electronics(model())
    signal = camera.detect(*in_pixel(3, 10), 0, 1)
    fresh = new_stream(1, 1, 1024, 0, 1)
    assert signal.state[0] > fresh[0]
    np.testing.assert_array_equal(signal.state[4:6], fresh[4:6])
