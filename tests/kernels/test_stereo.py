import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cta_columnar.kernels.stereo import most_images


@given(st.lists(st.integers(0, 20), max_size=30))
def test_most_images_is_the_longest_event(counts):
    event_start = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))

    assert most_images(event_start) == max(counts, default=0)
