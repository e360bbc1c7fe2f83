"""Features by expressions: what they are made of, and what is refused at once."""

import contextlib
import math
import re

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from cta_columnar.config import Cut
from cta_columnar.errors import UserError
from cta_columnar.models import Feature
from cta_columnar.schemas import dl1
from cta_columnar.schemas.columns import column, merge
from cta_columnar.stages import features as features_module
from cta_columnar.stages.feature_syntax import FUNCTIONS
from cta_columnar.stages.features import (
    columns_read,
    feature_matrix,
    input_units,
    read_features,
)

SCHEMA = merge(
    dl1.TEL_EVENT,
    dl1.HILLAS,
    pa.schema(
        [
            column("impact", pa.float64(), "m", "of a telescope"),
            column("tel_type", pa.string(), "", "name"),
            column("image", pa.float32(), "p.e.", "charge", axes=("pixel",)),
            column("telescopes", pa.list_(pa.int16()), "", "used"),
        ]
    ),
)
EXPRESSIONS = {
    "hillas_width": "hillas_width",
    "log_intensity": "log10(hillas_intensity)",
    "area": "hillas_width * hillas_length / impact",
    "is_far": "impact > 100",
    "pixels": "n_trigger_pixels / 2.0",
}
COLUMNS = {
    "hillas_width": np.array([0.1, 0.2, np.nan, 0.4]),
    "hillas_length": np.array([0.2, 0.4, 0.6, 0.8]),
    "hillas_intensity": np.array([10.0, 1000.0, 100.0, 0.0]),
    "impact": np.array([50.0, 0.0, 150.0, 200.0]),
    "n_trigger_pixels": np.array([3, 4, 5, 6], np.int32),
    "event_id": np.arange(4),
}


def test_features_of_rows():
    features = read_features(EXPRESSIONS, SCHEMA, {"area": "deg2/m"})
    assert [each.name for each in features] == list(EXPRESSIONS)
    assert [each.unit for each in features] == ["deg", "", "deg2/m", "", ""]
    got = feature_matrix(COLUMNS, features)
    want = [
        [0.1, 1, 0.1 * 0.2 / 50, 0, 1.5],
        [0.2, 3, math.inf, 0, 2],
        [math.nan, 2, math.nan, 1, 2.5],
        [0.4, -math.inf, 0.4 * 0.8 / 200, 1, 3],
    ]
    np.testing.assert_allclose(got.x, want)
    assert got.x.flags.c_contiguous
    assert got.valid.tolist() == [True, False, False, False]
    assert got.n_invalid == {
        **{"hillas_width": 1, "log_intensity": 1, "area": 2},
        **{"is_far": 0, "pixels": 0},
    }


def test_a_frame_is_as_good_as_arrays():
    features = read_features(EXPRESSIONS, SCHEMA)
    one = feature_matrix(COLUMNS, features)
    other = feature_matrix(pl.DataFrame(COLUMNS), features)
    np.testing.assert_array_equal(one.x, other.x)


def test_no_rows_and_what_sql_leaves_undefined():
    features = read_features({"w": "CASE WHEN impact > 60 THEN 1 END"}, SCHEMA)
    got = feature_matrix(COLUMNS, features)
    assert np.isnan(got.x[:, 0]).tolist() == [True, True, False, False]
    none = feature_matrix({name: each[:0] for name, each in COLUMNS.items()}, features)
    assert none.x.shape == (0, 1)
    assert none.n_invalid == {"w": 0}


def test_columns_that_are_read_with_their_units():
    features = read_features(EXPRESSIONS, SCHEMA)
    names = ("hillas_intensity", "hillas_length", "hillas_width", "impact")
    assert columns_read(features) == (*names, "n_trigger_pixels")
    units = input_units(features, SCHEMA)
    assert units["impact"] == "m"
    assert units["hillas_width"] == "deg"


def test_cuts_read_columns_too():
    features = read_features({"impact": "impact"}, SCHEMA)
    cuts = (Cut("wide", "hillas_width > 0.1"), Cut("close", "impact < 100"))
    assert columns_read(features, cuts) == ("hillas_width", "impact")
    assert input_units(features, SCHEMA, cuts) == {"hillas_width": "deg", "impact": "m"}
    with pytest.raises(
        UserError, match="cut 'far': there is no column 'imapct'; did y"
    ):
        input_units(features, SCHEMA, (Cut("far", "imapct > 100"),))


REFUSED = {
    "unknown column": (
        "hillas_widht * 2",
        "no column 'hillas_widht'; did you mean 'hill",
    ),
    "no column": ("1 + 1", "names no column"),
    "no expression": ("hillas_width +", "cannot be read"),
    "no function": ("sqrtt(impact)", "calls 'sqrtt', .* did you mean 'sqrt'"),
    "arguments": ("sqrt(impact, 1)", "cannot be read"),
    "python": ("__import__('os').system('ls')", "calls '__import__'"),
    "text": ("tel_type", "is no number but of type String"),
    "a time": ("time", "is no number but of type Datetime"),
    "text as number": ("abs(tel_type)", "cannot be computed"),
    "pixels": ("image * 2", "'image' has many values a row, one for each pixel"),
    "a list": ("telescopes", "'telescopes' has many values a row"),
    "other rows": ("impact - avg(impact)", "calls 'avg', which is no function of one"),
    "a sum if large": (
        "CASE WHEN impact > 100 THEN SUM(impact) ELSE impact END",
        "calls 'SUM'",
    ),
    "a large maximum": (
        "(MAX(impact) > 1000000) * hillas_width + impact",
        "calls 'MAX'",
    ),
    "a row behind others": (
        "hillas_width * (ROW_NUMBER() OVER (ORDER BY impact) > 100)",
        "calls 'ROW_NUMBER'",
    ),
    "all rows": ("impact > ALL(hillas_width)", "calls 'ALL'"),
    "in quotes": ('impact + "sum" (impact)', "calls '\"sum\"'"),
    "behind a comment": ("impact + sum/* */(impact)", "'/*' is not allowed"),
    "behind a text": (
        "CASE WHEN tel_type = '(''' THEN count(*) ELSE impact END",
        "count",
    ),
    "a subquery": ("(SELECT impact)", "without subqueries"),
    "a file": ("impact IN (select x from read_csv('x'))", "without subqueries"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_feature(case):
    expression, message = REFUSED[case]
    with pytest.raises(UserError, match=r"feature 'f' = ") as caught:
        read_features({"f": expression}, SCHEMA)
    assert re.search(message, str(caught.value)) or message in str(caught.value)


@pytest.mark.parametrize("name", sorted(FUNCTIONS - {"pi"}))
def test_every_function_reads_its_own_row_alone(name):
    """Of what each function may be given, one form at least is right."""
    forms = ("(impact)", "(impact, hillas_width)", "(impact AS DOUBLE)")
    forms += ("(impact > 100, impact, 2)",)
    whole = pl.DataFrame({"impact": [0.5, 150.0, 0.9], "hillas_width": [2.0, 3.0, 0.5]})
    known = []
    for form in forms:
        with contextlib.suppress(UserError):
            known += read_features({form: f"{name}{form} * 1.0"}, SCHEMA)
    assert known
    rows = [feature_matrix(row, known).x for row in whole.iter_slices(1)]
    np.testing.assert_array_equal(feature_matrix(whole, known).x, np.concatenate(rows))


def test_names_and_texts_that_look_like_functions_are_none():
    expression = "CASE WHEN tel_type IN ('sum (') THEN (impact) ELSE pi() END"
    assert read_features({"f": expression}, SCHEMA)


def test_the_probe_is_a_second_net(monkeypatch):
    monkeypatch.setattr(features_module, "check_syntax", str)
    with pytest.raises(UserError, match="depends on other rows than its own"):
        read_features({"f": "impact - avg(impact)"}, SCHEMA)


def test_hints_offer_no_column_that_is_refused_next():
    schema = merge(SCHEMA, pa.schema([column("tilt", pa.float64(), "deg", "")]))
    for wrong in ("timee + 1", "obs_idd", "imagee", "tel_typee"):
        with pytest.raises(UserError, match="there is no column") as caught:
            read_features({"f": wrong}, schema)
        offered = str(caught.value).partition("did you mean")[2]
        for name in ("'time'", "'time_qns'", "'obs_id'", "'image'", "'tel_type'"):
            assert name not in offered


def test_errors_are_short_and_never_offer_the_truth():
    truth = [column(f"true_energy_{i}", pa.float64(), "TeV", "") for i in range(200)]
    schema = merge(SCHEMA, pa.schema(truth))
    for call in (
        lambda: read_features({"f": "true_enery_3 + 1"}, schema),
        lambda: input_units((), schema, (Cut("far", "true_enery_3 > 1"),)),
        lambda: feature_matrix(
            dict.fromkeys(schema.names, np.ones(3)), [Feature("f", "true_enery_3 + 1")]
        ),
    ):
        with pytest.raises(UserError, match="'true_enery_3'") as caught:
            call()
        assert "true_energy" not in str(caught.value)
        assert len(str(caught.value)) < 600


def test_what_else_is_refused():
    with pytest.raises(UserError, match=r"unit of 'arae': .* did you mean 'area'"):
        read_features(EXPRESSIONS, SCHEMA, {"arae": "deg2"})
    with pytest.raises(UserError, match="at least one feature"):
        read_features({}, SCHEMA)
    with pytest.raises(
        UserError, match="want the column 'impac'; did you mean 'impact'"
    ):
        feature_matrix(COLUMNS, [Feature("f", "impac + 1")])
