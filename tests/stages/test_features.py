"""Features by expressions: what they are made of, and what is refused at once."""

import math

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from cta_columnar.config import Cut
from cta_columnar.errors import UserError
from cta_columnar.models import Feature
from cta_columnar.schemas import dl1
from cta_columnar.schemas.columns import column, merge
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
    "no function": ("hypott(impact, 1)", "cannot be read"),
    "python": ("__import__('os').system('ls')", "cannot be"),
    "text": ("tel_type", "is no number but of type String"),
    "a time": ("time", "is no number but of type Datetime"),
    "text as number": ("abs(tel_type)", "cannot be computed"),
    "pixels": ("image * 2", "'image' has many values a row, one for each pixel"),
    "a list": ("telescopes", "'telescopes' has many values a row"),
    "other rows": ("impact - avg(impact)", "depends on other rows than its own"),
    "a sum": ("sum(impact) + impact", "depends on other rows than its own"),
    "one number": ("max(impact)", "depends on other rows than its own"),
    "a rank": ("rank() OVER (ORDER BY impact)", "depends on other rows than its own"),
    "a subquery": ("(SELECT impact)", "without subqueries"),
    "a file": ("impact IN (select x from read_csv('x'))", "without subqueries"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_feature(case):
    expression, message = REFUSED[case]
    with pytest.raises(UserError, match=r"feature 'f' = ") as caught:
        read_features({"f": expression}, SCHEMA)
    assert message in str(caught.value)


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
