"""Headers of whole arrays, and files of them, as readers see them."""

import numpy as np
import pytest
from simulation.simtel.array_files import ALTITUDE, AZIMUTH, START, ArrayFile
from simulation.simtel.comparison import assert_same_events

from cta_columnar.simulation.arrays import load_array
from cta_columnar.simulation.simtel.headers import array_headers
from cta_columnar.simulation.simtel.pieces import write_file

# Chosen so that all kinds of cameras are there, but the largest: it takes long.
ARRAYS = {
    "CTAO-North": [1, 5, 19],
    "CTAO-South": [105, 119, 158],
    "all-cameras": [3, 5, 6, 8],
}


def part_of(name):
    return load_array(name).select(ARRAYS[name])


@pytest.mark.parametrize("name", ARRAYS)
def test_file_of_an_array(tmp_path, name):
    array = part_of(name)
    made = ArrayFile(array)
    path = tmp_path / "file.simtel.zst"
    write_file(path, made.pieces())
    ours = assert_same_events(path)
    for (event, tel_id), image in made.images.items():
        row = ours.rows[event if event >= 100 else -event, tel_id]
        np.testing.assert_array_equal(row["true_image"], image)
    assert ours.thrown["n_thrown"].to_numpy().sum() == 4
    assert_same_array(ours, made)
    assert_same_run(ours.run, array)


def assert_same_array(ours, made):
    array = made.array
    assert ours.subarray.name == array.name
    assert ours.subarray.reference_latitude == array.site.latitude
    assert ours.subarray.reference_longitude == array.site.longitude
    assert ours.subarray.reference_height == array.site.altitude
    for row, tel_id in enumerate(array.tel_ids.tolist()):
        model, of_tel = made.models[row], made.constants[row]
        telescope = ours.subarray.type_of(tel_id)
        optics = telescope.optics
        assert optics.name == model.mirror.name
        assert telescope.camera.name == model.layout.name
        assert optics.n_mirrors == (2 if model.mirror.mirror_class == 2 else 1)
        known = np.float32(model.mirror.effective_focal_length)
        assert optics.effective_focal_length == known or not known
        np.testing.assert_allclose(
            telescope.readout.reference_pulse, model.readout.pulse, rtol=1e-3, atol=1e-6
        )
        (event, _), *_ = (key for key in ours.rows if key[1] == tel_id)
        index = ours.rows[event, tel_id]["calibration_index"]
        constants = ours.coefficients[telescope.name]
        np.testing.assert_allclose(
            constants.pedestal[index], of_tel.pedestal, rtol=1e-6
        )
        np.testing.assert_array_equal(constants.dc_to_pe[index], of_tel.calib)
        np.testing.assert_array_equal(constants.outlier_mask[index][0], of_tel.disabled)
        assert not constants.time_shift[index].any()


def assert_same_run(run, array):
    single = {
        "spectral_index": -2.0,
        "n_showers": 2,
        "shower_reuse": 2,
        "energy_range_min": np.float32(0.02),
        "energy_range_max": 100.0,
        "max_scatter_range": 800.0,
        "max_viewcone_radius": 5.0,
        "diffuse": True,
        "atmosphere": 99,
        "prod_site_alt": array.site.altitude,
        "detector_prog_start": START,
    }
    assert {name: run[name] for name in single} == single
    angles = [run["min_alt"], run["max_az"], run["pointing_alt"], run["pointing_az"]]
    expected = np.degrees([ALTITUDE, AZIMUTH, ALTITUDE, AZIMUTH])
    np.testing.assert_allclose(angles, expected, rtol=1e-6)


def test_constants_of_all_telescopes_are_needed():
    made = ArrayFile(part_of("CTAO-North"))
    with pytest.raises(ValueError, match="constants of 2 telescopes, not of 3"):
        array_headers(made.array, made.run, made.constants[:2])
