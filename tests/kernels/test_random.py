import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import random as reference

from cta_columnar.kernels.random import below, philox4x32, words_of

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
WORD = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN_ANSWERS)
def test_known_answers(counter, key, words):
    assert reference.philox4x32(counter, key) == words
    assert [int(w) for w in philox4x32(*map(np.uint64, (*counter, *key)))] == words


@settings(deadline=None, max_examples=50)
@given(st.integers(-(2**63), 2**63 - 1), WORD, WORD)
def test_words_of_a_key_equal_the_reference(key, stream, block):
    got = words_of(key, stream, block)
    assert [int(w) for w in got] == reference.words_of(key, stream, block)


def test_words_of_neighbours_differ():
    neighbours = [(1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2)]
    assert len({words_of(*each) for each in neighbours}) == len(neighbours)


def test_numbers_below_n_are_even():
    words = [word for block in range(250) for word in words_of(1, 2, block)]
    counts = np.bincount([below(np.uint64(w), 5) for w in words], minlength=5)
    assert counts.sum() == 1000
    assert counts.size == 5
    assert np.all(np.abs(counts - 200) < 5 * np.sqrt(200))
