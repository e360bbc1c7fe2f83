from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st
from reference import pixel_streams as reference

from cta_columnar.kernels.pixel_streams import event_stream, start_pixel
from cta_columnar.kernels.simulation.draws import word

LONG = st.integers(-(2**63), 2**63 - 1)


def first_words(key, pixel, n=6):
    state = event_stream(*key)
    start_pixel(state, pixel)
    return [int(word(state)) for _ in range(n)]


@settings(deadline=None, max_examples=40)
@given(
    st.tuples(
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**16 - 1),
        *(LONG, LONG, st.integers(0, 2**15 - 1)),
    ),
    st.integers(0, 10**5),
)
def test_words_equal_the_reference(key, pixel):
    want = list(islice(reference.words(*key, pixel), 6))
    assert first_words(key, pixel) == want


def test_every_part_of_the_key_counts():
    key = (1, 2, 3, 4, 5)
    others = [tuple(k + (i == j) for i, k in enumerate(key)) for j in range(5)]
    far = [(1, 2, 3 + 2**32, 4, 5), (1, 2, 3, 4 + 2**32, 5), (1, 2, 3, -4, 5)]
    streams = [first_words(each, 0)[0] for each in [key, *others, *far]]
    streams.append(first_words(key, 1)[0])
    assert len(set(streams)) == 10


def test_a_pixel_does_not_depend_on_those_before():
    state = event_stream(1, 2, 3, 4, 5)
    for pixel in range(3):
        start_pixel(state, pixel)
        for _ in range(pixel):
            word(state)
    start_pixel(state, 7)
    assert [int(word(state)) for _ in range(6)] == first_words((1, 2, 3, 4, 5), 7)
