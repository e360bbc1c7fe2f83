import numpy as np
import pytest

from cta_columnar.config.expressions import Cut
from cta_columnar.schemas import dl1
from cta_columnar.stages.selection import Selection, add_cut_flows

CUTS = (
    Cut("enough_charge", "hillas_intensity > 50"),
    Cut("positive_width", "hillas_width > 0"),
)
COLUMNS = {
    "hillas_intensity": np.array([10.0, 60.0, 70.0, np.nan, 80.0]),
    "hillas_width": np.array([0.1, 0.1, 0.0, np.nan, 0.2]),
}
ROWS = {"": slice(None)}


def select(cuts=CUTS, columns=COLUMNS, n_rows=5):
    return Selection.of(cuts, columns, n_rows)


def test_a_row_must_pass_every_cut_and_nan_passes_none():
    assert select().mask.tolist() == [False, True, False, False, True]


def test_no_cut_selects_everything():
    assert select(cuts=()).mask.tolist() == [True] * 5
    assert select(cuts=()).cut_flow("x", ROWS)["n_survivors"].to_pylist() == [5]


def test_no_rows():
    none = {name: column[:0] for name, column in COLUMNS.items()}
    selection = select(columns=none, n_rows=0)
    assert selection.mask.size == 0
    assert selection.cut_flow("x", ROWS)["n_passed"].to_pylist() == [0, 0, 0]


def test_cut_flow_counts_each_cut_alone_and_with_those_before():
    flow = select().cut_flow("stereo_quality", ROWS)
    assert flow.schema.equals(dl1.CUT_FLOW, check_metadata=True)
    assert flow["cut"].to_pylist() == ["all", "enough_charge", "positive_width"]
    assert flow["position"].to_pylist() == [0, 1, 2]
    assert flow["n_passed"].to_pylist() == [5, 3, 3]
    assert flow["n_survivors"].to_pylist() == [5, 3, 2]


def test_cut_flow_by_telescope_type():
    first = np.array([True, True, False, False, False])
    flow = select().cut_flow("stereo_quality", {"LST": first, "MST": ~first})
    assert flow["tel_type"].to_pylist() == ["LST"] * 3 + ["MST"] * 3
    assert flow["n_survivors"].to_pylist() == [2, 1, 1, 3, 2, 1]


def test_cut_flows_of_batches_add_up():
    whole = select().cut_flow("stereo_quality", ROWS)
    parts = []
    for rows in (slice(0, 2), slice(2, 5), slice(5, 5)):
        columns = {name: column[rows] for name, column in COLUMNS.items()}
        part = select(columns=columns, n_rows=columns["hillas_width"].size)
        parts.append(part.cut_flow("stereo_quality", ROWS))
    assert add_cut_flows(parts).equals(whole)
    assert add_cut_flows([]).num_rows == 0


def test_missing_column_is_named():
    with pytest.raises(ValueError, match="hillas_width"):
        select(columns={"hillas_intensity": COLUMNS["hillas_intensity"]})
