import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import random as reference

from cta_columnar.kernels.random import below, event_words, philox4x32, random_words

# Known answers of the authors' own library, Random123 (kat_vectors, philox4x32 10).
KNOWN_ANSWERS = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    (
        [0xFFFFFFFF] * 4,
        [0xFFFFFFFF] * 2,
        [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD],
    ),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]
IDS = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN_ANSWERS)
def test_known_answers(counter, key, words):
    assert reference.philox4x32(counter, key) == words
    assert [int(w) for w in philox4x32(*map(np.uint64, (*counter, *key)))] == words


@settings(deadline=None, max_examples=50)
@given(
    IDS, IDS, st.integers(-(2**15), 2**15 - 1), st.integers(0, 2**16 - 1),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_words_of_an_event_equal_the_reference(obs_id, event_id, tel_id, stream, block):
    got = event_words(obs_id, event_id, tel_id, stream, block)
    assert [int(w) for w in got] == reference.event_words(
        obs_id, event_id, tel_id, stream, block
    )


@pytest.mark.parametrize("n", [0, 1, 4, 9])
def test_a_stream_is_read_from_its_start(n):
    got = random_words(3, 7, 2, 5, n)
    assert got.tolist() == reference.random_words(3, 7, 2, 5, n)
    assert got.tolist() == random_words(3, 7, 2, 5, 20)[:n].tolist()


def test_streams_of_neighbouring_keys_differ():
    keys = [(1, 1, 1, 1), (2, 1, 1, 1), (1, 2, 1, 1), (1, 1, 2, 1), (1, 1, 1, 2)]
    assert len({tuple(random_words(*key, 4).tolist()) for key in keys}) == len(keys)


def test_numbers_below_n_are_even():
    words = random_words(1, 2, 3, 4, 1000)
    counts = np.bincount([below(w, 5) for w in words.astype(np.uint64)], minlength=5)
    assert counts.sum() == 1000
    assert counts.size == 5
    assert np.all(np.abs(counts - 200) < 5 * np.sqrt(200))
