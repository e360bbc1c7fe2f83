import numpy as np
from cameras import seeds
from hypothesis import given, settings
from hypothesis import strategies as st

from cta_columnar.stages.event_selection import software_trigger, telescopes_per_group

GROUPS = np.array([0, 0, 0, 1, 1, 2], np.int32)  # of the telescopes 0 to 5


def slow(events, minimum, min_telescopes):
    """What is left of each event, telescope by telescope."""
    left = []
    for telescopes in events:
        kept = [
            tel
            for tel in telescopes
            if sum(GROUPS[tel] == GROUPS[other] for other in telescopes)
            >= minimum[GROUPS[tel]]
        ]
        left.append(kept if len(kept) >= min_telescopes else None)
    return left


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sets(st.integers(0, 5)), max_size=5),
    st.lists(st.integers(0, 3), min_size=3, max_size=3),
    st.integers(1, 4),
    seeds(),
)
def test_trigger_equals_counting_telescope_by_telescope(events, minimum, least, seed):
    events = [list(np.random.default_rng(seed).permutation(list(e))) for e in events]
    offsets = np.cumsum([0, *map(len, events)])
    tel_ids = np.array([tel for event in events for tel in event], np.int16)
    counts = telescopes_per_group(offsets, tel_ids, GROUPS, 3)
    keeps, passes = software_trigger(counts, np.array(minimum), least)
    assert keeps.shape == (len(events), 3)
    for i, kept in enumerate(slow(events, minimum, least)):
        assert passes[i] == (kept is not None)
        if passes[i]:
            assert [tel for tel in events[i] if keeps[i, GROUPS[tel]]] == kept


def test_a_lone_telescope_of_a_type_does_not_count():
    counts = np.array([[1, 1], [2, 0], [1, 2]])
    keeps, passes = software_trigger(counts, np.array([2, 0]), 2)
    assert keeps.tolist() == [[False, True], [True, True], [False, True]]
    assert passes.tolist() == [False, True, True]
