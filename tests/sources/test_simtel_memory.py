"""Memory of raw images is used again, but never by two at a time."""

import numpy as np

from cta_columnar.sources.simtel.memory import Pool

SHAPE = (3, 1, 4, 5)


def test_two_groups_of_the_same_shape_do_not_share():
    pool = Pool()
    first, second = (pool.take(SHAPE, np.uint16) for _ in range(2))
    first.waveform[:] = 1
    second.waveform[:] = 2
    assert (first.waveform == 1).all()


def test_not_used_again_while_somebody_looks():
    pool = Pool()
    rows = pool.take(SHAPE, np.uint16).rows(2)
    pool.take(SHAPE, np.uint16).waveform[:] = 7
    assert (rows == 0).all()


def test_used_again_when_nobody_looks():
    pool = Pool()
    image = pool.take(SHAPE, np.uint16)
    rows = image.rows(2)
    del rows
    assert pool.take(SHAPE, np.uint16) is image


def test_other_shapes_and_types_are_other_memory():
    pool = Pool()
    image = pool.take(SHAPE, np.uint16)
    image.rows(1)
    assert pool.take(SHAPE, np.uint32) is not image
    assert pool.take((*SHAPE[:3], 6), np.uint16) is not image
