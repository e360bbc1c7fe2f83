from dataclasses import replace

import numpy as np
import pytest
from toy_electronics import electronics, hexagons, model, readout, rosettes, sums

from cta_columnar.errors import UserError
from cta_columnar.kernels.simulation.coincidence import NOT_TRIGGERED, coincidence
from cta_columnar.kernels.simulation.draws import new_stream
from cta_columnar.kernels.simulation.electronics import draw_places
from cta_columnar.kernels.simulation.trigger import member_traces
from cta_columnar.simulation.banks import COLUMNS
from cta_columnar.simulation.thresholds import (
    calibrate_threshold,
    member_rates,
    night_sky_rate,
)

CAMERA = hexagons(6)
MAJORITY = model()
SUMS = model(trigger=sums(rosettes(CAMERA, 7), 10.0))
DIGITAL = model(
    trigger=sums(rosettes(CAMERA, 7), 10.0, 4.0, "digital_sum"),
    readout=readout(25, 4.0, 6, 17.0, (9.3,)),
)


@pytest.mark.parametrize("telescope", [MAJORITY, DIGITAL])
def test_distribution_is_that_of_the_bank(telescope):
    banks = electronics(telescope).banks
    rates = member_rates(banks, 1.0)
    sky = banks.sky[banks.pulses.trigger][:, : COLUMNS + 1]
    for sigmas in (0.0, 1.0, 2.0, 3.0):
        threshold = sigmas * np.sqrt(banks.sky_variance)
        above = sky >= threshold
        want = np.interp(threshold, rates.threshold, rates.above)
        assert above.mean() == pytest.approx(want, rel=0.1)
        rises = (above[:, 1:] & ~above[:, :-1]).mean()
        want = np.interp(threshold, rates.threshold, rates.rises)
        assert rises == pytest.approx(want, rel=0.1)


def counted_rate(camera, threshold, n_trials=400, n_steps=150):
    """Rate of a camera in the dark, by looking; Hz."""
    logic, banks = camera.logic, camera.banks
    every = np.ones(len(logic.members), bool)
    n_pixels = camera.disabled.size
    first, nothing = np.zeros(n_pixels + 1, np.int64), np.zeros(0, np.float32)
    ones = np.ones(n_pixels, np.float32)
    state = new_stream(9, 9, 9, 9, 9)
    n = 0
    for _ in range(n_trials):
        place = draw_places(state, banks.n_places, n_pixels)
        traces = member_traces(
            every, logic.members, first, nothing, nothing, 0.0, 1.0,
            banks.pulses.readout[0], ones, ones, place, 0, COLUMNS,
            banks.sky[banks.pulses.trigger], n_steps,
        )  # fmt: skip
        step, _ = coincidence(every, traces, logic.groups, threshold, logic.gate)
        n += step != NOT_TRIGGERED
    width = camera.model.readout.sample_width
    return n / (n_trials * n_steps * width * 1e-9), n


@pytest.mark.parametrize("telescope", [MAJORITY, SUMS])
def test_rate_is_what_one_counts(telescope):
    camera = electronics(telescope)
    threshold = calibrate_threshold(telescope, camera.banks, camera.logic, 1e6)
    rate, n = counted_rate(camera, threshold)
    assert n > 20
    assert 0.5 < rate / 1e6 < 2


def test_calibrated_threshold_has_the_rate():
    camera = electronics(MAJORITY)
    thresholds, rates = night_sky_rate(MAJORITY, camera.banks, camera.logic)
    got = [
        calibrate_threshold(MAJORITY, camera.banks, camera.logic, rate)
        for rate in (1e5, 1e4, 1e3)
    ]
    assert got == sorted(got)
    assert 2.5 < got[0] < got[2] < 5
    assert np.interp(got[2], thresholds, np.log(rates)) == pytest.approx(
        np.log(1e3), abs=0.02
    )


def test_more_night_sky_wants_a_higher_threshold():
    found = []
    for nsb in (0.5, 1.0, 3.0):
        camera = electronics(SUMS, nsb=nsb)
        found.append(calibrate_threshold(SUMS, camera.banks, camera.logic))
    assert found == sorted(found)


def test_no_threshold():
    dark = electronics(MAJORITY, nsb=0.0)
    with pytest.raises(UserError, match="there is no night sky"):
        calibrate_threshold(MAJORITY, dark.banks, dark.logic)
    camera = electronics(MAJORITY)
    never = replace(camera.logic, groups=camera.logic.groups[:0])
    with pytest.raises(UserError, match="at most 0 Hz"):
        calibrate_threshold(MAJORITY, camera.banks, never)
