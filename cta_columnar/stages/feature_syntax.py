"""Which SQL a feature may be written in: that which makes a number of its own row.

What a feature of one row is must not depend on the rows that happen to be read with it.
So functions are those named here, all of which work row by row; aggregates, windows and
whatever a later version of polars adds are not among them.
"""

import re

from cta_columnar.errors import UserError, did_you_mean

FUNCTIONS = frozenset(
    (
        *("abs", "cbrt", "ceil", "ceiling", "div", "exp", "floor", "ln", "log"),
        *("log10", "log1p", "log2", "mod", "pi", "pow", "power", "round", "sign"),
        *("sqrt", "degrees", "radians", "sin", "cos", "tan", "cot", "asin", "acos"),
        *("atan", "atan2", "sind", "cosd", "tand", "cotd", "asind", "acosd", "atand"),
        *("atan2d", "coalesce", "greatest", "least", "if", "ifnull", "nullif"),
        *("cast", "try_cast"),
    )
)
"""Functions of polars' SQL that work on each row by itself."""

# What people write is shorter by far. Each operation is a level of a tree, and of the
# stack of who walks over it.
_LONGEST = 4000

# Words that may stand before a parenthesis, and call nothing.
_WORDS = frozenset(
    ("and", "or", "not", "in", "is", "between", "case", "when", "then", "else", "like")
)
# Texts are passed over; of names it matters whether a parenthesis follows.
_TOKEN = re.compile(
    r"""'(?:[^']|'')*'
    |(?P<name>"(?:[^"]|"")*"|`[^`]*`|[^\W\d]\w*)(?P<call>\s*\()?
    |(?P<other>--|/\*|[$\\])""",
    re.VERBOSE,
)


def check_syntax(expression: str) -> None:
    """Refuse what may read more than its own row.

    Parameters
    ----------
    expression : str
        In SQL.

    Raises
    ------
    UserError
        If it is very long, has a subquery, a comment, or calls what is not one of
        `FUNCTIONS`.
    """
    if len(expression) > _LONGEST:
        raise UserError(f"{expression[:40]!r}... is longer than {_LONGEST} characters")
    for token in _TOKEN.finditer(expression):
        if other := token["other"]:
            raise UserError(f"{other!r} is not allowed in a feature")
        if token["name"] is None:
            continue
        name = token["name"].strip('"`').casefold()
        # A subquery could read files.
        if name in ("select", "from"):
            raise UserError("a feature is made of its own row, without subqueries")
        if token["call"] and name not in FUNCTIONS | _WORDS:
            raise UserError(
                f"calls {token['name']!r}, which is no function of one row by itself; "
                f"{did_you_mean(name, FUNCTIONS)}"
            )
