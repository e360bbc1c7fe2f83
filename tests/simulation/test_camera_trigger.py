from dataclasses import replace

import numpy as np
import pytest
from toy_electronics import (
    SIPM,
    blob,
    electronics,
    hexagons,
    majority,
    model,
    readout,
    rosettes,
    squares,
    sums,
)

from cta_columnar.instrument.neighbors import find_neighbors
from cta_columnar.simulation.telescopes import TriggerModel
from cta_columnar.simulation.trigger import camera_trigger

CAMERA = hexagons(6)
MIDDLE = CAMERA.n_pixels // 2


def superpixels(camera, side):
    corner = np.array([
        y * side + x for y in range(0, side, 2) for x in range(0, side, 2)
    ])  # fmt: skip
    members = (corner[:, None] + [0, 1, side, side + 1]).astype(np.int32)
    near = find_neighbors(camera.x[corner], camera.y[corner], square=True)
    return TriggerModel("majority", 7.0, 2, 8.0, members, near)


SQUARES = squares(12)
MODELS = {
    "majority": model(),
    "analog_sum": model(trigger=sums(rosettes(CAMERA), 20.0)),
    "digital_sum": model(
        trigger=sums(rosettes(CAMERA), 25.0, 4.0, "digital_sum"),
        readout=readout(25, 4.0, 6, 17.0, (9.3,)),
    ),
    "superpixels": model(
        trigger=superpixels(SQUARES, 12),
        layout=SQUARES,
        sensor=SIPM,
        readout=readout(128, 1.0, 24, 10.0, (6.7,)),
    ),
}


def attempt(camera, n, shower=1, **more):
    middle = more.pop("middle", camera.model.layout.n_pixels // 2)
    light = blob(camera.model.layout, n, middle=middle, **more)
    signal = camera.detect(*light, 0, shower)
    return signal, camera_trigger(camera, signal)


@pytest.mark.parametrize("name", MODELS)
def test_bright_light_triggers_and_faint_light_does_not(name):
    camera = electronics(MODELS[name])
    for shower in range(5):
        assert attempt(camera, 3, shower)[1] is None
        assert attempt(camera, 400, shower)[1] is not None


@pytest.mark.parametrize("name", MODELS)
def test_light_is_where_the_readout_expects_it(name):
    camera = electronics(MODELS[name])
    parts = camera.model.readout
    for shower in range(5):
        signal, trigger = attempt(camera, 600, shower)
        counts = camera.read(signal, trigger.window)[0] - camera.pedestal[0][:, None]
        trace = counts.sum(axis=0)
        peak = int(trace.argmax()) - parts.offset
        assert -1 <= peak <= max(4, 12 / parts.sample_width)
        # Before the trigger there is night sky only.
        assert trace[: parts.offset // 2].max() < 0.4 * trace.max()
        assert trigger.relative_time - (parts.offset - 1) * parts.sample_width >= 0
        assert trigger.relative_time <= parts.offset * parts.sample_width + 1e-9


def test_the_waveform_shows_what_triggered():
    camera = electronics(model(readout=readout(noise=np.zeros(2))))
    signal, trigger = attempt(camera, 150)
    counts = camera.read(signal, trigger.window)[0] - camera.pedestal[0][:, None]
    height = counts[trigger.sectors] / camera.model.readout.amplitude[0]
    assert (height.max(axis=1) > camera.logic.threshold - 0.1).all()


def test_the_trigger_follows_the_light_in_time():
    camera = electronics(model())
    (_, early), (_, late) = (attempt(camera, 300, time=t) for t in (100.0, 5100.0))
    assert late.time - early.time == pytest.approx(5000, abs=0.01)
    assert early.start_readout == late.start_readout
    assert 95 < early.time < 112


def test_sectors_and_pixels_are_where_the_light_is():
    camera = electronics(MODELS["analog_sum"])
    _, trigger = attempt(camera, 400, spread=0.3)
    members = camera.logic.members[trigger.sectors]
    assert set(trigger.pixels) == set(members[members >= 0].tolist())
    assert MIDDLE in trigger.pixels
    distance = np.hypot(CAMERA.x, CAMERA.y)[trigger.pixels]
    assert distance.max() < 4
    start = trigger.window.origin - trigger.start_readout
    absolute = start + trigger.sector_times
    assert absolute.min() == pytest.approx(trigger.time, abs=1.01)


def test_light_that_is_far_apart_in_place_or_time_does_not_count_together():
    camera = electronics(model(), nsb=0.0)
    pixel = np.array([0] * 30 + [MIDDLE] * 30 + [CAMERA.n_pixels - 1] * 30, np.int32)
    time = np.full(90, 100, np.float32)
    assert camera_trigger(camera, camera.detect(pixel, time, 0, 1)) is None
    groups = camera.logic.groups
    together = np.repeat(np.sort(groups[len(groups) // 2]), 30).astype(np.int32)
    assert camera_trigger(camera, camera.detect(together, time, 0, 1)) is not None
    apart = np.repeat([100.0, 130.0, 160.0], 30).astype(np.float32)
    assert camera_trigger(camera, camera.detect(together, apart, 0, 1)) is None


def test_disabled_pixels_do_not_trigger():
    camera = electronics(model())
    dead = replace(camera, disabled=np.ones(CAMERA.n_pixels, bool))
    assert attempt(camera, 400)[1] is not None
    assert attempt(dead, 400)[1] is None


def test_stray_light_does_not_hide_the_flash():
    camera = electronics(model())
    pixel, time = blob(CAMERA, 500, middle=MIDDLE)
    stray = np.array([0, 0], np.int32), np.array([-5e3, 9e3], np.float32)
    signal = camera.detect(
        np.concatenate([stray[0], pixel]), np.concatenate([stray[1], time]), 0, 1
    )
    trigger = camera_trigger(camera, signal)
    assert trigger is not None
    assert 90 < trigger.time < 115


def test_asking_again_changes_nothing():
    camera = electronics(model())
    signal, first = attempt(camera, 400)
    again = camera_trigger(camera, signal)
    assert (again.time, again.lot) == (first.time, first.lot)
    np.testing.assert_array_equal(again.window.place, first.window.place)


def test_no_light_no_trigger():
    camera = electronics(model())
    nothing = camera.detect(np.zeros(0, np.int32), np.zeros(0, np.float32), 0, 1)
    assert camera_trigger(camera, nothing) is None


def test_decisions_do_not_depend_on_the_order_of_events():
    light = blob(CAMERA, 75, middle=MIDDLE)

    def times(showers):
        camera = electronics(model())
        out = {}
        for shower in showers:
            trigger = camera_trigger(camera, camera.detect(*light, 0, shower))
            out[shower] = trigger and (trigger.time, trigger.lot)
        return [out[shower] for shower in sorted(out)]

    forward = times(range(12))
    assert forward == times(reversed(range(12)))
    assert 0 < forward.count(None) < 12


def test_a_higher_threshold_triggers_less():
    fractions = []
    for threshold in (3.5, 5.0, 7.0):
        camera = electronics(model(trigger=majority(CAMERA, threshold)))
        hits = [attempt(camera, 75, k)[1] is not None for k in range(30)]
        fractions.append(np.mean(hits))
    assert fractions[0] > fractions[1] > fractions[2]
