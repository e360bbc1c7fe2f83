import math

import numpy as np
import pytest
from toy_electronics import blob, hexagons, model

from cta_columnar.simulation.array_trigger import RANDOM_MONO, ArrayTrigger
from cta_columnar.simulation.arrays import ArrayModel, Site
from cta_columnar.simulation.photoelectrons import PhotoElectrons
from cta_columnar.simulation.pixel_constants import array_electronics
from cta_columnar.simulation.responses import respond

SITE = Site(28.0, -17.0, 2156.0, 38.0, 0.6, -0.1)
POINTING = (math.pi / 2, 0.0)
MODEL = model(layout=hexagons(5))
ARRAY = ArrayModel(
    "Toy", SITE, np.arange(1, 4, dtype=np.int16), ("a", "b", "c"), np.zeros((3, 3)),
    np.zeros(3, np.int32), (MODEL,),
)  # fmt: skip
CAMERAS = array_electronics(ARRAY, 1, 1, disabled_fraction=0.0)


def light(*counts):
    parts = [blob(MODEL.layout, n, middle=45) for n in counts]
    offsets = np.cumsum([0, *counts])
    pixels, times = (np.concatenate(each) for each in zip(*parts, strict=True))
    return PhotoElectrons(offsets, pixels, times)


def response(*counts, key=(0, 1), **settings):
    return respond(
        ARRAY, CAMERAS, light(*counts), key, ArrayTrigger(**settings), POINTING
    )


def test_bright_telescopes_are_read_and_all_truth_is_kept():
    event = response(400, 12, 600)
    assert event.decision.telescopes.tolist() == [0, 2]
    assert [t.index for t in event.telescopes] == [0, 2]
    assert event.decision.times.min() == 0
    assert event.telescopes[0].counts.shape == (2, 91, 60)
    for signal, n in zip(event.signals, (400, 12, 600), strict=True):
        assert signal.pixel.size == pytest.approx(n, abs=5 * np.sqrt(0.05 * n))


def test_nothing_is_read_without_an_event():
    for counts in [(0, 0, 0), (400, 0, 0), (5, 5, 5)]:
        event = response(*counts)
        assert event.decision.telescopes.size == 0
        assert event.telescopes == ()
        assert [s is None for s in event.signals] == [n == 0 for n in counts]


def test_a_single_telescope_may_be_kept_by_chance():
    event = response(0, 400, 0, random_mono=1.0)
    assert [t.index for t in event.telescopes] == [1]
    assert event.decision.type_masks.tolist() == [1 | RANDOM_MONO]


def test_a_telescope_does_not_depend_on_the_others():
    alone, together = response(0, 400, 0, multiplicity=1), response(500, 400, 800)
    np.testing.assert_array_equal(
        alone.telescopes[0].counts, together.telescopes[1].counts
    )


def test_thresholds_may_follow_from_a_rate():
    cameras = array_electronics(ARRAY, 1, 1, trigger_rate=1e3, nsb_factor=3.0)
    darker = array_electronics(ARRAY, 1, 1, trigger_rate=1e3)
    assert cameras[0].logic.threshold > darker[0].logic.threshold > 2
    assert cameras[0].logic is cameras[2].logic
    assert cameras[0].banks is cameras[2].banks
