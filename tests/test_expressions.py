"""Cuts as text: what they mean, and that nothing else can be written."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cta_columnar.config import Cut

COLUMNS = {
    "hillas_width": np.array([0.0, 0.1, np.nan, 2.0]),
    "n_pixels": np.array([0, 3, 5, 100]),
}


@pytest.mark.parametrize(
    ("expression", "passed"),
    [
        ("hillas_width > 0", [0, 1, 0, 1]),
        ("n_pixels >= 5", [0, 0, 1, 1]),
        ("0 < hillas_width < 1", [0, 1, 0, 0]),
        ("hillas_width > 0 and n_pixels > 50", [0, 0, 0, 1]),
        ("hillas_width > 1 or n_pixels == 0", [1, 0, 0, 1]),
        ("not n_pixels > 3", [1, 1, 0, 0]),
        ("n_pixels / 2 - 1 < 0.6", [1, 1, 0, 0]),
        ("abs(-n_pixels) ** 2 % 7 == 2", [0, 1, 0, 0]),
        ("log10(n_pixels) > 1", [0, 0, 0, 1]),
        ("isnan(hillas_width)", [0, 0, 1, 0]),
        ("n_pixels / hillas_width > 40", [0, 0, 0, 1]),
        ("  n_pixels != 3 ", [1, 0, 1, 1]),
    ],
)
def test_cuts(expression, passed):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = Cut("cut", expression).passes(COLUMNS)
    assert got.tolist() == list(map(bool, passed))


def test_a_cut_knows_its_columns():
    assert Cut("a", "log10(b) > a and a < c").columns == ("a", "b", "c")


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("hillas_width >", "cannot be read at character"),
        ("", "cannot be read"),
        ("__import__('os')", "no function '__import__'"),
        ("logg(a) > 1", "no function 'logg'; did you mean 'log'"),
        ("a.b > 1", "'a.b' is not allowed"),
        ("a[0] > 1", "is not allowed"),
        ("a == 'x'", "is not allowed"),
        ("(a > 1) & (b > 2)", 'write "and" for "&"'),
        ("[x for x in a]", "is not allowed"),
        ("lambda: 1", "is not allowed"),
        ("a if b else c", "is not allowed"),
        ("abs(x=1) > 2", "is not allowed"),
        ("a in b", "is not allowed"),
        ("sum(a) > 1", "no function 'sum'"),
        ("a > max(a) / 2", "no function 'max'"),
        ("sqrt(a, b) > 1", "sqrt wants 1 argument"),
        ("hypot(a) > 1", "hypot wants 2 arguments"),
        ("3 > 2", "names no column"),
    ],
)
def test_what_is_no_cut(expression, message):
    with pytest.raises(ValueError, match=r".") as caught:
        Cut("cut", expression)
    assert message in str(caught.value)


def test_unknown_columns_come_with_the_nearest_one():
    with pytest.raises(ValueError, match="no column 'width'; did you mean 'hillas_wid"):
        Cut("wide", "width > 1").passes(COLUMNS)
    with pytest.raises(ValueError, match="is a number, no condition"):
        Cut("number", "n_pixels + 1").passes(COLUMNS)


@given(st.text(max_size=30))
def test_any_text_is_a_cut_or_an_error(text):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's parser warns of odd literals
            Cut("cut", text)
    except ValueError:
        pass
