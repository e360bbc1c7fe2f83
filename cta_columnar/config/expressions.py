"""Cuts as text: ``"hillas_intensity > 50 and morphology_n_pixels > 3"``.

The text is read by Python's own parser and evaluated by walking over its tree: nothing
in it can run code. Only column names, numbers, comparisons, arithmetic, ``and``,
``or``, ``not`` and a few functions are known.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np

from cta_columnar.array_types import AnyArray, Mask
from cta_columnar.errors import did_you_mean

# What people write is shorter and flatter by far; it may be of somebody who is not one.
_LONGEST, _DEEPEST = 4000, 100
_MOST_BITS = 1024
_TOO_DEEP = "lies too deep in itself: write it with fewer operations"


def _power(base: Any, exponent: Any) -> Any:  # noqa: ANN401
    is_whole = isinstance(base, int) and isinstance(exponent, int)
    # Whole numbers may have any length: making one of them would not end.
    if is_whole and base.bit_length() * abs(exponent) > _MOST_BITS:
        raise ValueError("a power of whole numbers is too large")
    return operator.pow(base, exponent)


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: np.logical_not,
}
# All work row by row.
_FUNCTIONS: dict[str, np.ufunc] = {
    "abs": np.abs,
    "cos": np.cos,
    "exp": np.exp,
    "hypot": np.hypot,
    "isfinite": np.isfinite,
    "isnan": np.isnan,
    "log": np.log,
    "log10": np.log10,
    "sin": np.sin,
    "sqrt": np.sqrt,
}


@dataclass(frozen=True)
class Cut:
    """A named condition on columns.

    Attributes
    ----------
    name : str
        Name in the cut flow.
    expression : str
        Condition that a row must meet. A comparison with NaN is false, but for ``!=``.

    Raises
    ------
    ValueError
        If the expression cannot be read, saying where.
    """

    name: str
    expression: str

    def __post_init__(self) -> None:
        """Read the expression now, so that no run starts with a bad one."""
        if len(self.expression) > _LONGEST:
            raise ValueError(
                f"{self.expression[:40]!r}... is longer than {_LONGEST} characters"
            )
        _check(self._tree, self.expression)
        if not self.columns:
            raise ValueError(f"{self.expression!r} names no column")

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it reads, sorted."""
        nodes = list(ast.walk(self._tree))
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        names = {n.id for n in nodes if isinstance(n, ast.Name) and id(n) not in called}
        return tuple(sorted(names))

    def passes(self, columns: Mapping[str, AnyArray]) -> Mask:
        """Evaluate on arrays of one length.

        Raises
        ------
        ValueError
            If a column is missing, naming the nearest one there is, or the result is
            not a condition.
        """
        for name in self.columns:
            if name not in columns:
                hint = did_you_mean(name, columns)
                raise ValueError(
                    f"cut {self.name!r}: there is no column {name!r}; {hint}"
                )
        # NaN in a comparison is an answer here (no), not an accident.
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            passed = np.asarray(_evaluate(self._tree, columns))
        if passed.dtype != np.bool_:
            raise ValueError(
                f"cut {self.name!r}: {self.expression!r} is a number, no condition"
            )
        return passed

    @cached_property
    def _tree(self) -> ast.expr:
        try:
            return ast.parse(self.expression.strip(), mode="eval").body
        except SyntaxError as error:
            raise ValueError(
                f"{self.expression!r} cannot be read at character {error.offset}: "
                f"{error.msg}"
            ) from error
        except (RecursionError, MemoryError):
            raise ValueError(f"{self.expression[:40]!r}... {_TOO_DEEP}") from None
        except ValueError as error:
            raise ValueError(f"{self.expression!r} cannot be read: {error}") from error


def _check(node: ast.AST, text: str, depth: int = 0) -> None:
    """Refuse whatever `_evaluate` does not know."""
    if depth > _DEEPEST:
        raise ValueError(f"{text[:40]!r}... {_TOO_DEEP}")
    children: list[ast.AST] = []
    match node:
        case ast.Name():
            pass
        case ast.Constant(value=bool() | int() | float()):
            pass
        case ast.BoolOp(values=values):
            children = [*values]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            children = [left, right]
        case ast.UnaryOp(op=unary, operand=operand) if type(unary) in _UNARY:
            children = [operand]
        case ast.Compare(left=left, ops=ops, comparators=rest) if all(
            type(each) in _COMPARE for each in ops
        ):
            children = [left, *rest]
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            if name not in _FUNCTIONS:
                hint = did_you_mean(name, _FUNCTIONS)
                raise ValueError(f"{text!r}: there is no function {name!r}; {hint}")
            # One more would be where NumPy writes the result: another column.
            if len(arguments) != (wants := _FUNCTIONS[name].nin):
                raise ValueError(
                    f"{text!r}: {name} wants {wants} argument{'s' * (wants > 1)}"
                )
            children = [*arguments]
        case _:
            what = ast.get_source_segment(text.strip(), node) or text
            hint = ' (write "and" for "&")' if "&" in what else ""
            raise ValueError(f"{text!r}: {what!r} is not allowed in a cut{hint}")
    for child in children:
        _check(child, text, depth + 1)


def _evaluate(node: ast.expr, columns: Mapping[str, Any]) -> Any:  # noqa: ANN401, PLR0911
    match node:
        case ast.Name(id=name):
            return columns[name]
        case ast.Constant(value=value):
            return value
        case ast.BoolOp(op=op, values=values):
            combine = np.logical_and if isinstance(op, ast.And) else np.logical_or
            return reduce(combine, [_evaluate(value, columns) for value in values])
        case ast.BinOp(left=left, op=op, right=right):
            pair = (_evaluate(left, columns), _evaluate(right, columns))
            return _BINARY[type(op)](*pair)
        case ast.UnaryOp(op=unary, operand=operand):
            return _UNARY[type(unary)](_evaluate(operand, columns))
        case ast.Compare(left=left, ops=ops, comparators=rest):
            values = [_evaluate(each, columns) for each in (left, *rest)]
            pairs = zip(ops, values, values[1:], strict=False)
            return reduce(
                np.logical_and, [_COMPARE[type(op)](a, b) for op, a, b in pairs]
            )
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _FUNCTIONS[name](*(_evaluate(each, columns) for each in arguments))
    raise AssertionError(ast.dump(node))  # `_check` let nothing else through


def read_cuts(value: object) -> tuple[Cut, ...]:
    """Read ``{name: expression}``, or a list of such; a later one replaces an earlier.

    Raises
    ------
    ValueError
        If it is something else, or an expression cannot be read.
    """
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list | tuple):
        raise ValueError(f'wants a list of "name: expression", got {value!r}')
    cuts: dict[str, Cut] = {}
    for each in value:
        if isinstance(each, Cut):
            cuts[each.name] = each
            continue
        if not isinstance(each, Mapping):
            raise ValueError(f'wants a list of "name: expression", got {each!r}')
        for name, expression in each.items():
            if not isinstance(expression, str):
                raise ValueError(f"{name}: wants an expression, got {expression!r}")
            cuts[str(name)] = Cut(str(name), expression)
    return tuple(cuts.values())
