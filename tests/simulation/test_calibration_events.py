import numpy as np
import pytest
from toy_electronics import SIPM, electronics, hexagons, majority, model, readout

from cta_columnar.simulation.calibration_events import (
    FLAT_FIELD_MEAN,
    SINGLE_PE_MEAN,
    CalibrationKind,
    calibration_event,
)

CAMERA = model(layout=hexagons(10))


def charges(camera, counts):
    above = counts - camera.pedestal[:, :, np.newaxis]
    return above.sum(axis=2) * camera.calib


def events(camera, kind, n):
    return [calibration_event(camera, kind, number) for number in range(1, n + 1)]


def test_flat_field_has_its_mean_in_both_gains():
    camera = electronics(CAMERA)
    readings = events(camera, CalibrationKind.FLAT_FIELD, 30)
    n_pixels = camera.disabled.size
    truth = np.array([r.signal.pixel.size / n_pixels for r in readings])
    # Common intensity: 3 % from event to event.
    assert truth.mean() == pytest.approx(FLAT_FIELD_MEAN, rel=4 * 0.03 / np.sqrt(30))
    assert 0.015 < truth.std() / truth.mean() < 0.05
    for gain in (0, 1):
        seen = [charges(camera, r.counts)[gain].mean() for r in readings]
        np.testing.assert_allclose(seen, truth, rtol=0.03)


def test_flat_field_shows_the_efficiency_of_pixels():
    camera = electronics(CAMERA)
    readings = events(camera, CalibrationKind.FLAT_FIELD, 30)
    counts = sum(np.bincount(r.signal.pixel, minlength=331) for r in readings)
    relative = counts / counts.mean()
    assert np.corrcoef(relative, camera.efficiency)[0, 1] > 0.8


def test_single_photo_electrons():
    camera = electronics(CAMERA)
    readings = events(camera, CalibrationKind.SINGLE_PE, 10)
    n = sum(r.signal.pixel.size for r in readings)
    expected = SINGLE_PE_MEAN * 10 * camera.disabled.size
    assert n == pytest.approx(expected, abs=4 * np.sqrt(expected))


@pytest.mark.parametrize(
    ("kind", "has_sky"),
    [(CalibrationKind.DARK_PEDESTAL, False), (CalibrationKind.SKY_PEDESTAL, True)],
)
def test_pedestals_have_no_light(kind, has_sky):
    camera = electronics(CAMERA)
    readings = events(camera, kind, 5)
    assert all(r.signal.pixel.size == 0 for r in readings)
    above = np.array([r.counts[0] - camera.pedestal[0][:, None] for r in readings])
    sky = camera.model.readout.amplitude[0] ** 2 * camera.banks.sky_variance
    want = camera.model.readout.noise[0] ** 2 + has_sky * sky
    assert above.var() == pytest.approx(want, rel=0.05)


@pytest.mark.parametrize(
    "telescope",
    [
        CAMERA,
        model(readout=readout(25, 4.0, 6, 17.0, (9.3,))),
        model(sensor=SIPM, readout=readout(128, 1.0, 24, 10.0, (6.7,))),
    ],
)
def test_flashes_are_where_showers_are(telescope):
    camera = electronics(telescope)
    reading = calibration_event(camera, CalibrationKind.FLAT_FIELD, 1)
    trace = (reading.counts[0] - camera.pedestal[0][:, None]).sum(axis=0)
    assert 0 <= trace.argmax() - telescope.readout.offset <= 4
    total = charges(camera, reading.counts)[0].mean()
    truth = reading.signal.pixel.size / camera.disabled.size
    assert total == pytest.approx(truth, rel=0.05)


def test_sums_of_a_flat_field():
    parts = readout(
        1, 2.0, 5, 70.0, (1.6, 0.04), sums_only=True, noise=np.array([0.1, 0.01]),
        adc_max=np.full(2, 65535.0),
    )  # fmt: skip
    layout = hexagons(6)
    camera = electronics(
        model(sensor=SIPM, readout=parts, layout=layout, trigger=majority(layout))
    )
    reading = calibration_event(camera, CalibrationKind.FLAT_FIELD, 1)
    seen = charges(camera, reading.counts[:, :, np.newaxis])[0].mean()
    truth = reading.signal.pixel.size / camera.disabled.size
    assert seen == pytest.approx(truth, rel=0.05)


def test_events_are_what_their_number_makes_them():
    camera = electronics(CAMERA)
    forward = events(camera, CalibrationKind.FLAT_FIELD, 3)
    again = calibration_event(electronics(CAMERA), CalibrationKind.FLAT_FIELD, 2)
    np.testing.assert_array_equal(forward[1].counts, again.counts)
    assert (forward[0].counts != forward[1].counts).any()
