"""What stands in ``info`` of a record: it may be of anybody, or damaged.

Who tells of it or works with it relies on this: names that a stage needs are there, and
whatever has a known name is of its type. Names that nobody knows are left alone.
"""

from collections.abc import Callable, Mapping
from typing import Any

_Fits = Callable[[Any], bool]

# Sums of these are still numbers.
_MOST = 1 << 63

# Who reads a dataset of that stage asks for them.
_NEEDED = {"reduce": ("select_gain", "gain_selector")}


def check_info(info: object, stage: str) -> None:
    """Refuse what is not of the types that everybody expects there.

    Parameters
    ----------
    info : object
        Of a record, as it was read.
    stage : str
        The pipeline that wrote it.

    Raises
    ------
    TypeError, ValueError
        Which names the entry.
    """
    if not isinstance(info, Mapping):
        raise TypeError("info is no mapping")
    for name in _NEEDED.get(stage, ()):
        if name not in info:
            raise ValueError(f"info of {stage} has no {name}")
    for name, fits in _TYPES.items():
        if name in info and not fits(info[name]):
            raise TypeError(f"{name} in info is not what {stage} writes there")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value < _MOST


def _is_choice(value: object) -> bool:
    return value is None or isinstance(value, bool)


def _is_option(value: object) -> bool:
    """Whether it is no number that is too large to be written as one."""
    return not isinstance(value, int) or abs(value) < _MOST


def _are(fits: _Fits) -> _Fits:
    """Return whether a value is a list of such."""
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _by_name(fits: _Fits) -> _Fits:
    """Return whether a value is a mapping to such."""
    return lambda value: isinstance(value, dict) and all(map(fits, value.values()))


def _of(
    needed: Mapping[str, _Fits], others: Mapping[str, _Fits] | None = None
) -> _Fits:
    """Return whether a value has these names, and no more than the others besides."""
    known = {**needed, **(others or {})}
    return lambda value: (
        isinstance(value, dict)
        and needed.keys() <= value.keys() <= known.keys()
        and all(known[name](each) for name, each in value.items())
    )


def _is_storage(value: Any) -> bool:  # noqa: ANN401
    """Whether it says how images are stored."""
    return _STORAGE(value) and ("rings" in value or value["pixels"] != "cleaned")


_STORAGE = _of({"pixels": _is_text}, {"rings": _is_number, "precision": _is_text})
_CUT = _of(
    dict.fromkeys(("stage", "tel_type", "cut"), _is_text)
    | dict.fromkeys(("position", "n_passed", "n_survivors"), _is_number)
)
_REDUCER = _of(
    {
        **dict.fromkeys(("tel_type", "name"), _is_text),
        "options": _by_name(_is_option),
        "tel_ids": _are(_is_number),
    }
)
_ORIGIN = _of(
    dict.fromkeys(("task", "name"), _is_text),
    dict.fromkeys(("training", "weights"), _is_text),
)
_TYPES: Mapping[str, _Fits] = {
    "cut_flow": _are(_CUT),
    "warnings": _are(_is_text),
    "images": _is_storage,
    "models": _by_name(_are(_is_text)),
    "predictions": _by_name(_ORIGIN),
    "reconstruction": _is_text,
    "reducers": _are(_REDUCER),
    "select_gain": _is_choice,
}
