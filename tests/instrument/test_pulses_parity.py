"""What windows and deconvolution miss of the reference pulses, against ctapipe's."""

import numpy as np
import pytest
from golden import WITH_IMAGES, table, telescope_type

from cta_columnar.instrument.deconvolution import deconvolution
from cta_columnar.instrument.pulses import sliding_correction

# Of FlashCamExtractor, as ctapipe has it by default.
DEFAULTS = 4, 7, 3, 2.0, True, 0.05


@pytest.mark.parametrize("name", WITH_IMAGES)
def test_window_that_holds_most(shared, name):
    for row in table(shared, name, "camera_readouts").to_dicts():
        readout = telescope_type(shared, name, row["camera_index"]).readout
        got = sliding_correction(readout, 7)
        np.testing.assert_allclose(got, row["correction_sliding7"], rtol=1e-13)


def test_deconvolution_of_each_flashcam(shared, record_property):
    largest, n_compared = 0.0, 0
    for name in WITH_IMAGES:
        for row in table(shared, name, "camera_readouts").to_dicts():
            if not row["deconvolution"]:
                continue
            readout = telescope_type(shared, name, row["camera_index"]).readout
            found = deconvolution(readout, *DEFAULTS)
            got = found.pole_zero, found.gain, found.time_shift, found.edge_offset
            difference = abs(np.array(got) / row["deconvolution"] - 1).max()
            largest, n_compared = max(largest, difference), n_compared + 1
    assert n_compared > 1
    assert largest < 1e-7
    record_property("relative", float(largest))
