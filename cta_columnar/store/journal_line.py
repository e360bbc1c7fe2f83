"""What a line of a journal must say: it may be of anybody, or damaged.

Who adds lines up relies on this: names that a kind needs are there, and whatever has a
known name is of its type. Names and kinds that nobody knows are left alone.
"""

from collections.abc import Callable, Mapping
from typing import Any

# Ten thousand years: later ones are no seconds, or no dates.
_LAST_TIME = 2.5e11
# Sums of these are still numbers.
_MOST = 1 << 63

_NEEDED = {
    "run": ("host", "pid", "stage"),
    "shard": ("inputs", "outcome"),
    "retry": ("inputs", "reason"),
    "end": ("status",),
}
_NEEDED_OF_SHARD = {
    "failed": ("reason",),
    "made": ("seq", "host", "seconds", "events", "raw_bytes", "peak_bytes", "steps"),
}


def is_line(line: object) -> bool:
    """Whether it is a line of a journal that has all that its kind needs."""
    if not isinstance(line, dict) or not {"what", "time"} <= line.keys():
        return False
    if not all(fits(line[name]) for name, fits in _TYPES.items() if name in line):
        return False
    needed = _NEEDED.get(line["what"], ())
    if line["what"] == "shard" and "outcome" in line:
        needed += _NEEDED_OF_SHARD.get(line["outcome"], ())
    return line.keys() >= set(needed)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_amount(value: Any) -> bool:  # noqa: ANN401
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value < _MOST


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and _is_amount(value)


def _is_time(value: Any) -> bool:  # noqa: ANN401
    """Whether it is seconds since 1970 that a clock can show."""
    return _is_amount(value) and value < _LAST_TIME


def _is_element(value: object) -> bool:
    return value is None or _is_whole(value)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_steps(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_amount, value.values()))


def _are_shards(value: object) -> bool:
    """Whether they are shards that a run is going to do."""
    names = ("inputs", "seq", "size")
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and each.keys() >= set(names)
        and all(_TYPES[name](each[name]) for name in names)
        for each in value
    )


_TEXTS = ("what", "stage", "host", "outcome", "reason", "status", "message")
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_TEXTS, _is_text),
    **dict.fromkeys(("pid", "workers", "seq", "size"), _is_whole),
    **dict.fromkeys(("seconds", "events", "raw_bytes", "peak_bytes"), _is_amount),
    "time": _is_time,
    "element": _is_element,
    "inputs": _are_texts,
    "steps": _are_steps,
    "shards": _are_shards,
}
