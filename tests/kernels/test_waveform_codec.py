import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from reference import waveform_codec as reference

from cta_columnar.kernels.waveform_codec import join_planes, split_planes

DTYPES = st.sampled_from([np.dtype(np.uint16), np.dtype(np.uint32)])
SHAPES = st.tuples(st.integers(0, 6), st.integers(0, 9))


def waveforms():
    return DTYPES.flatmap(
        lambda dtype: st.one_of(
            arrays.arrays(dtype, SHAPES),
            # Differences go all the way around only where values are extreme.
            arrays.arrays(
                dtype, SHAPES, elements=st.sampled_from([0, 1, np.iinfo(dtype).max])
            ),
        )
    )


def split(values):
    planes = np.empty(values.nbytes, np.uint8)
    split_planes(values, planes)
    return planes


@settings(deadline=None, max_examples=60)
@given(waveforms())
def test_planes_are_those_of_the_reference(values):
    assert split(values).tobytes() == reference.split_planes(values)


@settings(deadline=None, max_examples=60)
@given(waveforms())
def test_waveforms_come_back(values):
    back = np.empty_like(values)
    join_planes(split(values), back)
    np.testing.assert_array_equal(back, values)


@settings(deadline=None, max_examples=60)
@given(DTYPES, SHAPES, st.data())
def test_any_bytes_are_waveforms(dtype, shape, data):
    n = shape[0] * shape[1] * dtype.itemsize
    planes = np.frombuffer(data.draw(st.binary(min_size=n, max_size=n)), np.uint8)
    values = np.empty(shape, dtype)
    join_planes(planes, values)
    assert values.tolist() == reference.join_planes(planes, shape, dtype.itemsize)


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_the_example_of_the_format(dtype):
    values = np.array([[300, 301, 299], [302, 302, 559]], dtype)
    planes = split(values).reshape(values.itemsize, -1)
    # 300, +1, -2 and, from the 300 above, +2, 0, +257.
    assert planes[0].tolist() == [600 - 512, 2, 3, 4, 0, 514 - 512]
    assert planes[1].tolist() == [2, 0, 0, 0, 0, 2]
    assert not planes[2:].any()


def test_read_only_input():
    values = np.arange(6, dtype=np.uint16).reshape(2, 3)
    values.flags.writeable = False
    planes = split(values)
    planes.flags.writeable = False
    back = np.empty_like(values)
    join_planes(planes, back)
    np.testing.assert_array_equal(back, values)
