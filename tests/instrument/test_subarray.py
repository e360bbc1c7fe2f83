import pickle
from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from cta_columnar.errors import UserError
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.optics import size_type_of
from cta_columnar.instrument.subarray import SubarrayDescription, ranges
from cta_columnar.schemas.tables import TABLES

from .conftest import optics


def test_parquet_and_back(subarray, tmp_path):
    read = {}
    for name, table in subarray.to_tables().items():
        assert table.schema.equals(TABLES[name].schema, check_metadata=True)
        path = tmp_path / f"{name.replace('/', '-')}.parquet"
        pq.write_table(table, path)
        read[name] = pq.read_table(path)
    again = SubarrayDescription.from_tables(read)
    assert again == subarray
    assert again.digest == subarray.digest
    assert again.positions.flags.c_contiguous
    assert pl.read_parquet(tmp_path / "subarray-cameras.parquet").height == 7 + 30


def test_part_of_the_array_and_back(subarray):
    part = subarray.select([20])
    assert SubarrayDescription.from_tables(part.to_tables()) == part


def test_digest_sees_every_change(subarray):
    kind = subarray.types[0]
    bluer = replace(kind, readout=replace(kind.readout, sampling_rate=1.5))
    changed = [
        replace(subarray, name="x"),
        replace(subarray, tel_ids=subarray.tel_ids + np.int16(1)),
        replace(subarray, tel_names=("a", "b", "c", "e")),
        replace(subarray, positions=subarray.positions + 1e-9),
        replace(subarray, type_index=1 - subarray.type_index),
        replace(subarray, types=(bluer, subarray.types[1])),
        replace(subarray, types=(replace(kind, focal_length=16.0), subarray.types[1])),
        replace(subarray, reference_height=0.0),
    ]
    assert len({each.digest for each in [subarray, *changed]}) == len(changed) + 1


def test_digest_is_of_values_not_of_their_types(subarray):
    height = np.float64(subarray.reference_height)
    assert replace(subarray, reference_height=height) == subarray


def test_lookups(subarray):
    assert subarray.type_of(4) is subarray.types[1]
    assert subarray.index_of(20) == 3
    assert subarray.tel_ids_of("SST_Small_SquareCam").tolist() == [4, 5]
    assert subarray.tel_ids_of("none").tolist() == []
    with pytest.raises(KeyError, match="no telescope 7 in toy: 3, 4, 5, 20"):
        subarray.type_of(7)


def test_selection_keeps_order_and_names(subarray):
    part = subarray.select([5, 4, 5])
    assert part.tel_ids.tolist() == [4, 5]
    assert part.tel_names == ("b", "c")
    assert part.type_index.tolist() == [0, 0]
    assert part.type_index.dtype == np.int32
    assert [each.name for each in part.types] == ["SST_Small_SquareCam"]
    np.testing.assert_array_equal(part.positions, subarray.positions[1:3])
    assert subarray.select([3, 4, 5, 20]) == subarray
    with pytest.raises(ValueError, match="no telescope of toy was selected"):
        subarray.select([])
    with pytest.raises(KeyError, match="no telescope 99"):
        subarray.select([3, 99])


def test_tables_that_do_not_belong_together(subarray):
    tables = subarray.to_tables()
    part = subarray.select([3]).to_tables()
    with pytest.raises(ValueError, match="SST_Small_SquareCam has no pixels"):
        SubarrayDescription.from_tables(
            tables | {"subarray/cameras": part["subarray/cameras"]}
        )
    with pytest.raises(ValueError, match=r"not described: .*SST_Small_SquareCam"):
        SubarrayDescription.from_tables(
            part | {"subarray/telescopes": tables["subarray/telescopes"]}
        )
    nobody = {"subarray/telescopes": tables["subarray/telescopes"].slice(0, 0)}
    with pytest.raises(ValueError, match="no telescopes"):
        SubarrayDescription.from_tables(tables | nobody)


def test_telescope_frame(telescope_type):
    camera = telescope_type.camera
    deg_per_m = np.degrees(1 / 16.5)
    np.testing.assert_allclose(telescope_type.fov_lat, camera.pix_x * deg_per_m)
    np.testing.assert_allclose(telescope_type.fov_lon, camera.pix_y * deg_per_m)
    np.testing.assert_allclose(
        telescope_type.pix_area_deg2, camera.pix_area * deg_per_m**2
    )
    np.testing.assert_allclose(telescope_type.pix_width_deg, 0.04 * deg_per_m)
    assert telescope_type.radius_deg == pytest.approx(0.04 * deg_per_m)


def test_camera_that_is_still_rotated(telescope_type):
    turned = replace(
        telescope_type, camera=replace(telescope_type.camera, cam_rotation=90.0)
    )
    np.testing.assert_allclose(turned.fov_lat, telescope_type.fov_lon, atol=1e-15)
    np.testing.assert_allclose(turned.fov_lon, -telescope_type.fov_lat, atol=1e-15)


def test_types_of_equal_content_are_equal(telescope_type):
    assert telescope_type == replace(telescope_type)
    assert telescope_type != replace(telescope_type, name="other")
    assert telescope_type.digest == replace(telescope_type, name="other").digest
    assert len({telescope_type, replace(telescope_type)}) == 1


def test_to_a_worker_and_back(subarray):
    subarray.types[0].camera.border_mask(1)
    assert pickle.loads(pickle.dumps(subarray)) == subarray


def test_focal_lengths():
    assert optics().focal_length("EFFECTIVE") == 16.5
    assert optics().focal_length("EQUIVALENT") == 16.0
    unknown = optics(effective_focal_length=float("nan"))
    with pytest.raises(UserError, match="for Toy: use focal_length_choice=EQUIVALENT"):
        unknown.focal_length("EFFECTIVE")
    with pytest.raises(UserError, match="EFFECTIVE or EQUIVALENT, not 'effective'"):
        optics().focal_length("effective")


@pytest.mark.parametrize(
    ("diameter", "size"), [(7.99, "SST"), (8.01, "MST"), (15.9, "MST"), (16.1, "LST")]
)
def test_sizes(diameter, size):
    assert size_type_of(np.pi * diameter**2 / 4) == size


def test_for_people(subarray):
    assert repr(subarray) == (
        "SubarrayDescription 'toy': 4 telescopes, reference point 28.7600 deg, "
        "-17.8900 deg, 2156 m\n"
        "  MST_Toy_HexCam: 2 x 7 pixels, focal length 16.500 m, telescopes 3, 20\n"
        "  SST_Small_SquareCam: 2 x 30 pixels, focal length 2.150 m, telescopes 4-5"
    )
    assert repr(subarray.types[0]).startswith("TelescopeType(MST_Toy_HexCam: focal")


def test_coefficients_of_one_shape():
    ones = np.ones((3, 2, 5), np.float32)
    mask = np.zeros((3, 2, 5), bool)
    mask[1, :, 2] = True
    coefficients = Coefficients(ones, ones, ones, mask)
    assert len(coefficients) == 3
    assert repr(coefficients) == (
        "Coefficients(3 rows, 2 channels, 5 pixels, 1 outliers)"
    )
    with pytest.raises(ValueError, match="time_shift"):
        Coefficients(ones, ones, ones[:2], mask)
    with pytest.raises(ValueError, match="pedestal has shape"):
        Coefficients(*[ones[0]] * 4)


def arrays_of(thing):
    """All arrays below a description, those that are made when asked for too."""
    for name in dir(thing):
        value = getattr(thing, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, np.ndarray):
                yield name, each
            elif type(each).__module__.startswith("cta_columnar.instrument"):
                yield from arrays_of(each)


def test_arrays_are_read_only(subarray):
    found = list(arrays_of(subarray))
    assert {name for name, _ in found} >= {
        *("tel_ids", "positions", "type_index", "pix_x", "pix_y", "pix_area"),
        *("pix_width", "reference_pulse", "neighbor_indptr", "neighbor_indices"),
        *("fov_lon", "fov_lat", "pix_area_deg2", "pix_width_deg"),
    }
    assert [name for name, array in found if array.flags.writeable] == []


def test_arrays_of_the_caller_stay_his(subarray):
    positions = np.zeros((4, 3))
    assert replace(subarray, positions=positions).positions.base is positions
    assert positions.flags.writeable


def test_rows_of_many_telescopes(subarray):
    rows = subarray.indices_of(np.array([20, 3, 3, 5], np.int16))
    assert rows.dtype == np.int32
    assert rows.tolist() == [3, 0, 0, 2]
    assert subarray.indices_of(np.zeros(0, np.int16)).size == 0
    with pytest.raises(KeyError, match="no telescope 7 in toy"):
        subarray.indices_of(np.array([3, 7], np.int16))


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([3], "3"), ([1, 2, 3, 7], "1-3, 7"), ([9, 1, 2], "1-2, 9")],
)
def test_ranges(numbers, text):
    assert ranges(numbers) == text
