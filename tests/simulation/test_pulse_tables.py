from dataclasses import replace

import numpy as np
import pytest
from toy_electronics import model, readout, rosettes, sums

from cta_columnar.simulation.pulse_tables import tabulate_pulses


@pytest.mark.parametrize(("width", "fwhm"), [(1.0, 2.5), (0.9765625, 2.5), (4.0, 17.0)])
def test_area_is_the_integral_of_the_pulse_in_samples(width, fwhm):
    telescope = model(readout=readout(width=width, fwhm=fwhm))
    tables = tabulate_pulses(telescope)
    integral = telescope.readout.pulse[0].sum() * telescope.readout.pulse_step
    np.testing.assert_allclose(tables.area, integral / width, rtol=2e-3)
    # Nearly so for each phase: a charge does not depend on when the light comes.
    by_phase = tables.pulses[0].sum(axis=1)
    np.testing.assert_allclose(by_phase, tables.area[0], rtol=0.02)
    assert tables.pulses.max() <= 1


def test_equal_gains_share_a_shape():
    one = readout()
    assert tabulate_pulses(model(readout=one)).shape.tolist() == [0, 0]
    wide = one.pulse.copy()
    wide[1, 1:] = np.maximum(wide[1, 1:], wide[1, :-1])
    tables = tabulate_pulses(model(readout=replace(one, pulse=wide)))
    assert sorted(tables.shape.tolist()) == [0, 1]
    assert tables.area[1] > tables.area[0]
    assert tables.trigger == tables.shape[0]


def test_a_digital_trigger_sees_shorter_pulses():
    slow = readout(width=4.0, fwhm=17.0, amplitude=(9.3,))
    telescope = model(readout=slow)
    digital = sums(rosettes(telescope.layout), 20.0, kind="digital_sum")
    tables = tabulate_pulses(model(readout=slow, trigger=digital))
    seen = tables.pulses[tables.trigger]
    assert len(tables.pulses) == 2
    assert len(tables.readout) == 1
    assert (seen.sum(axis=1) < 0.6 * tables.readout[0].sum(axis=1)).all()
    assert seen.max(axis=1).mean() == pytest.approx(1, rel=1e-5)
