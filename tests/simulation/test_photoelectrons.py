import numpy as np

from cta_columnar.simulation.photoelectrons import PhotoElectrons


def test_parts_of_telescopes():
    pe = PhotoElectrons(
        offsets=np.array([0, 2, 2, 5]),
        pixel=np.array([1, 1, 0, 2, 2], np.int32),
        time=np.array([3, 4, 5, 1, 2], np.float32),
    )
    assert pe.counts.tolist() == [2, 0, 3]
    assert pe.telescope(1)[0].size == 0
    assert pe.telescope(2)[1].tolist() == [5, 1, 2]
    assert pe.image(0, 3).tolist() == [0, 2, 0]
    assert pe.image(2, 4).tolist() == [1, 0, 2, 0]
    assert pe.image(1, 4).tolist() == [0] * 4
