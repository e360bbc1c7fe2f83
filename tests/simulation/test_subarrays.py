"""An array model and the description of it that our reader makes out of a file."""

from dataclasses import replace

import numpy as np
import pytest

from cta_columnar.errors import UserError
from cta_columnar.simulation.arrays import array_names, load_array
from cta_columnar.simulation.simtel.atmospheres import AtmosphericProfile
from cta_columnar.simulation.simtel.headers import RunSettings, array_headers
from cta_columnar.simulation.simtel.telescope_headers import TelescopeConstants
from cta_columnar.simulation.subarrays import subarray_of
from cta_columnar.sources.base import open_source

ATMOSPHERE = AtmosphericProfile(
    name="none",
    obslevel=2e5,
    altitude_km=np.array([2.0, 100.0]),
    rho=np.array([1e-3, 0.0]),
    thickness=np.array([800.0, 0.0]),
    refractive_index_minus_1=np.array([2e-4, 0.0]),
)
RUN = RunSettings(
    run=1,
    start=0,
    azimuth=0.0,
    altitude=1.2,
    n_showers=0,
    n_use=1,
    energy_range=(0.1, 1.0),
    spectral_index=-2.0,
    core_range=(0.0, 100.0),
    viewcone=(0.0, 0.0),
    atmosphere_id=1,
    atmosphere=ATMOSPHERE,
)


def headers_of(array):
    constants = []
    for row in range(array.n_telescopes):
        model = array.model_of(row)
        shape = (model.readout.n_gains, model.layout.n_pixels)
        ones = np.ones(shape, np.float32)
        constants.append(
            TelescopeConstants(
                pedestal=ones, noise=ones, calib=ones, disabled=np.zeros(shape[1], bool)
            )
        )
    return array_headers(array, RUN, constants)


@pytest.mark.parametrize("name", array_names())
def test_it_equals_what_is_read_from_a_file(name, tmp_path):
    array = load_array(name)
    path = tmp_path / "headers.simtel"
    path.write_bytes(headers_of(array))
    for choice in ("EFFECTIVE", "EQUIVALENT"):
        with open_source(path, focal_length_choice=choice) as source:
            assert subarray_of(array, choice) == source.subarray


def test_models_that_differ_in_what_no_file_tells_are_one_type():
    array = load_array("LST-1")
    lst = array.models[0]
    noisy = replace(lst, sensor=replace(lst.sensor, nsb_rate=1.0))
    shorter = replace(lst, readout=replace(lst.readout, n_samples=30))
    three = replace(
        array,
        tel_ids=np.array([1, 2, 3], np.int16),
        tel_names=("a", "b", "c"),
        positions=np.zeros((3, 3)),
        model_index=np.array([0, 1, 2], np.int32),
        models=(lst, noisy, shorter),
    )
    made = subarray_of(three)
    assert made.type_index.tolist() == [0, 0, 1]
    assert [each.name for each in made.types] == [
        "LST_LST_LSTCam", "LST_LST_LSTCam_2",
    ]  # fmt: skip


def test_an_unknown_focal_length_is_said():
    array = load_array("LST-1")
    lst = array.models[0]
    blind = replace(lst, mirror=replace(lst.mirror, effective_focal_length=0.0))
    with pytest.raises(UserError, match="focal_length_choice=EQUIVALENT"):
        subarray_of(replace(array, models=(blind,)))
    assert subarray_of(replace(array, models=(blind,)), "EQUIVALENT")
    assert blind.mirror.scale == 28.0
