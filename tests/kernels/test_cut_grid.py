import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import cut_grid as reference

from cta_columnar.kernels.cut_grid import first_passed

# Few different numbers, so that values often are on a cut.
values = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, float("nan")])


@settings(deadline=None, max_examples=40)
@given(
    st.data(), st.integers(0, 8), st.integers(1, 3), st.integers(0, 4), st.booleans()
)
def test_cuts_passed_equal_the_reference(data, n, n_bins, n_cuts, from_below):
    given_values = [data.draw(values) for _ in range(n)]
    bins = [data.draw(st.integers(-2, n_bins - 1)) for _ in range(n)]
    rows = [[data.draw(values) for _ in range(n_cuts)] for _ in range(n_bins)]
    cuts = np.sort(np.array(rows, float).reshape(n_bins, n_cuts), axis=1)
    if from_below:
        cuts = cuts[:, ::-1].copy()
    got = first_passed(
        np.array(given_values, float), np.array(bins, np.int32), cuts, from_below
    )
    assert got.dtype == np.int32
    for i, bin_ in enumerate(bins):
        if bin_ >= 0:
            want = reference.first_passed(given_values[i], cuts[bin_], from_below)
            assert got[i] == want


def test_an_event_on_a_cut_passes_it():
    cuts, bins = np.array([[0.5, 0.25]]), np.zeros(3, np.int32)
    values = np.array([0.5, 0.25, 0.2])
    assert first_passed(values, bins, cuts, True).tolist() == [0, 1, 2]
    assert first_passed(values, bins, cuts[:, ::-1].copy(), False).tolist() == [1, 0, 0]
