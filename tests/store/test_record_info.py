"""What stands in ``info`` of a record is of its type, or refused: others tell of it."""

import json
from contextlib import suppress

import pytest

from cta_columnar.cli.contents import describe_dataset
from cta_columnar.errors import UserError
from cta_columnar.pipelines.reduce.dropped_pixels import warnings_of
from cta_columnar.pipelines.reports.run_facts import facts_of
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.store import StoreError, open_store, validate
from cta_columnar.store.record_info import check_info

CUT = {"stage": "a", "tel_type": "b", "cut": "c", "position": 0}
CUT |= {"n_passed": 2, "n_survivors": 1}
TAIL = {"picture_threshold_pe": 8.0, "boundary_threshold_pe": 4.0}
TAIL |= {"min_picture_neighbors": 2, "keep_isolated_pixels": False}
REDUCER = {"tel_type": "LST", "name": "tailcuts", "options": TAIL, "tel_ids": [1, 2]}
GOOD = {
    "cut_flow": [CUT],
    "warnings": ["one"],
    "images": {"pixels": "cleaned", "rings": 2, "precision": "float32"},
    "models": {"energy": ["LST"]},
    "predictions": {"energy": {"task": "energy", "name": "energy", "training": "a"}},
    "reconstruction": "digest",
    "reducers": [REDUCER],
    "select_gain": None,
    "gain_selector": {"threshold": 3500},
    "of somebody else": [[5]],
}
OTHERS = (5, "x", [[1]], [5], {"": 0}, [{}], [float("nan")], True, 1 << 63)
NOT_THAT = {
    "reconstruction": (5, None, ["x"]),
    "select_gain": (5, "x", [True]),
    "images": (
        {"pixels": "cleaned"},
        {"pixels": "whole", "other": 1},
        {"pixels": "cleaned", "rings": "2"},
    ),
    "cut_flow": (None, [CUT | {"n_passed": 1.5}], [CUT | {"n_passed": -1}], [CUT, {}]),
    "reducers": (
        [REDUCER | {"options": {"a": 10**400}}],
        [REDUCER | {"tel_ids": 1}],
    ),
    "predictions": (
        {"energy": {"task": "energy"}},
        {"energy": {"task": 1, "name": ""}},
    ),
}
BAD = [
    (name, value)
    for name in GOOD
    if name not in ("gain_selector", "of somebody else")
    for value in (*OTHERS, *NOT_THAT.get(name, ()))
    if not (name == "reconstruction" and value == "x")
    and not (name == "select_gain" and value is True)
]


@pytest.fixture
def with_info(dataset):
    """Return what writes a manifest whose first shard has another ``info``."""
    path = dataset / "manifest.json"
    plain = json.loads(path.read_text())

    def write(info):
        plain["shards"][0]["info"] = info
        path.write_text(json.dumps(plain))
        return dataset

    return write


def tell(root):
    """Say all that verbs say of it."""
    words = [*describe_dataset(open_store(root)), json.dumps(facts_of(root))]
    return "\n".join([*words, *validate(root)])


def test_what_pipelines_write(with_info):
    told = tell(with_info(GOOD))
    assert "cleaned pixels and 2 rings around them" in told
    assert "keep_isolated_pixels=False) kept" in told
    assert '"n_survivors": 1' in told


@pytest.mark.parametrize(("name", "value"), BAD)
def test_others_are_refused(name, value):
    check_info(GOOD, "reduce")
    with pytest.raises(TypeError, match=f"^{name} in info is not what reduce writes"):
        check_info(GOOD | {name: value}, "reduce")


@pytest.mark.parametrize("name", ["cut_flow", "images", "models", "reducers"])
def test_no_verb_trips_over_them(with_info, name):
    for value in OTHERS:
        root = with_info({name: value})
        with pytest.raises(StoreError, match=rf"manifest\.json: .*{name} in info"):
            tell(root)
        with suppress(UserError):
            facts_of(root)
        assert len(validate(root)) == 1


def test_dl0_says_which_gain_it_has():
    check_info({}, "stage1")
    with pytest.raises(ValueError, match="info of reduce has no select_gain"):
        check_info({"gain_selector": 1}, "reduce")
    with pytest.raises(TypeError, match="info is no mapping"):
        check_info([], "stage1")


@pytest.mark.parametrize("wrong", ["x", None, [1]])
def test_levels_of_a_cleaning_that_are_no_numbers(with_info, wrong):
    options = TAIL | {"picture_threshold_pe": wrong}
    root = with_info({"reducers": [REDUCER | {"options": options}]})
    found = warnings_of(root, open_store(root).records[0], configure("stage1", []))
    assert "not comparable with what chose the pixels" in found[1]
