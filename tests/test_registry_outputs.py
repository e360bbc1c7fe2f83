"""What goes into an algorithm stays as it is; what comes out fits its schema."""

import numba
import numpy as np
import pyarrow as pa
import pytest
from cameras import hexagonal
from toy_telescopes import telescope_type

from cta_columnar.errors import UserError
from cta_columnar.registry import Algorithm
from cta_columnar.schemas import column

PIXELS = pa.field("x", pa.list_(pa.float32(), 4))


def algorithm(func, *fields):
    return Algorithm.from_function("toy", "Toy", func, pa.schema(fields))


def returning(values, field, n_rows=3):
    """Column ``x`` of an algorithm that returns ``values``."""
    toy = algorithm(lambda: {"x": values}, field)
    return toy.run({}, {}, {}, {"x": n_rows})["x"]


def test_inputs_are_read_only():
    image = np.ones((3, 4))

    def evil(image):
        image[:] = 0
        return {"x": image[:, 0]}

    toy = algorithm(evil, column("x", pa.float64()))
    with pytest.raises(UserError, match=r"'Toy' of .*failed.* read-only"):
        toy.run({"image": image}, {}, {})
    assert image.all()
    assert image.flags.writeable


def in_numpy(camera):
    camera.fov_lon[0] = 1.0


@numba.njit
def _in_numba(values):
    values[0] = 1.0


def in_numba(camera):
    _in_numba(camera.camera.pix_x)


@pytest.mark.parametrize("write", [in_numpy, in_numba])
def test_the_camera_is_read_only(write):
    """All algorithms share it."""
    toy = algorithm(write, column("x", pa.float64()))
    camera = telescope_type(hexagonal(2), n_channels=1, n_samples=40)
    with pytest.raises(UserError, match=r"'Toy' of .* write into a copy of yours"):
        toy.run({}, {"camera": camera}, {})


def test_an_input_may_be_handed_on():
    image = np.arange(3.0)
    toy = algorithm(lambda image: {"x": image}, column("x", pa.float64()))
    assert np.shares_memory(toy.run({"image": image}, {}, {})["x"], image)


INT, FLOAT, BOOL = (column("x", t) for t in (pa.int32(), pa.float32(), pa.bool_()))
IMAGE = column("x", pa.float32(), axes=("pixel",))
LISTS = column("x", pa.list_(pa.int16()))
TEXT = column("x", pa.string())


@pytest.mark.parametrize(
    ("field", "values", "dtype"),
    [
        (INT, np.array([1, 2, -3]), np.int32),
        (INT, np.array([1.0, 2.0, -3.0]), np.int32),
        (INT, [1, 2, 3], np.int32),
        (FLOAT, np.array([1, 2, 3]), np.float32),
        (FLOAT, np.array([0.5, np.nan, np.inf]), np.float32),
        (FLOAT, pa.array([0.5, 1, 2]), np.float32),
        (FLOAT, np.array([True, False, True]), np.float32),
        (BOOL, np.array([1, 0, 1]), np.bool_),
        (IMAGE, np.ones((3, 4)), np.float32),
        (PIXELS, np.ones((3, 4)), np.float32),
        (TEXT, ["a", "bcd", ""], np.object_),
    ],
)
def test_columns_come_in_the_type_of_the_schema(field, values, dtype):
    found = returning(values, field)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, np.asarray(values))


def test_lists_stay_arrow():
    lists = [[1], [], [2, 3]]
    for values in (lists, pa.array(lists, LISTS.type)):
        assert returning(values, LISTS).to_pylist() == lists


def test_columns_of_the_right_type_are_not_copied():
    values = np.zeros((3, 4), np.float32)
    assert returning(values, IMAGE) is values


@pytest.mark.parametrize(
    ("field", "values", "message"),
    [
        (INT, np.array([1.0, 1.7, 2.0]), r"column 'x': 1\.7 is no int32"),
        (INT, np.array([1.0, np.nan, 2.0]), "nan is no int32"),
        (INT, np.array([1, 2, 2**40]), "1099511627776 is no int32"),
        (INT, np.array(["1", "2", "3"]), "wants int32, got <U1"),
        (FLOAT, np.array([1e300, 1, 1]), r"1e\+300 is no float"),
        (FLOAT, np.array([1j, 1, 1]), "wants float, got complex128"),
        (FLOAT, [None, 1, 2], "wants float, got object"),
        (BOOL, np.array([0.5, 1, 1]), "0.5 is no bool"),
        (FLOAT, np.ones(2), "column 'x' has 2 rows, expected 3"),
        (FLOAT, np.ones((3, 4)), r"has the shape \(3, 4\), but should have 1 axes"),
        (FLOAT, 1.0, r"has the shape \(\)"),
        (IMAGE, np.ones(3), "should have 2 axes"),
        (TEXT, [1, 2, 3], "column 'x': "),
        (LISTS, pa.array([[1], [2], [3]]), "wants list"),
        (LISTS, [[1]], "has 1 rows, expected 3"),
    ],
)
def test_what_does_not_fit_is_refused(field, values, message):
    with pytest.raises(UserError, match=message):
        returning(values, field)


@pytest.mark.parametrize("returned", [None, np.ones(3), [1, 2]])
def test_a_dict_of_columns_must_be_returned(returned):
    toy = algorithm(lambda: returned, FLOAT)
    name = type(returned).__name__
    with pytest.raises(UserError, match=f"returned {name}, but must return a dict"):
        toy.run({}, {}, {})
