"""A configuration as YAML with a comment on every key."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from textwrap import wrap
from typing import Any

import yaml

from cta_columnar.config.algorithms import Catalogue
from cta_columnar.config.choice import AlgorithmChoice
from cta_columnar.config.expressions import Cut
from cta_columnar.config.merge import inner_section
from cta_columnar.config.section import Kind, Meaning, Section, marker
from cta_columnar.options import OptionSpec

WIDTH = 88

HEADER = """\
{title}

Every key may be left out; `ctacol config show {stage}` prints all of them with their
defaults. In brackets: the unit. Use this file with {use}.
"""

USE = "--config, change single keys with\n--set, e.g. --set {example}"

OF_OBSERVATIONS = """\
Simulated events as observations: `ctacol run dl3 --observe observation.yaml`.

Every key may be left out; `ctacol config show observation` prints all of them with
their defaults. In brackets: the unit.
"""

OF_CLUSTER = """\
Batch system that begins Dask workers: `ctacol run ... --cluster cluster.yaml`.

Every key but `type` may be left out; `ctacol config show cluster` prints all of them
with their defaults. In brackets: the unit.
"""

PER_TELESCOPE = """\
Algorithms take options per telescope type or id; the last match wins:

  gain_selector:
    default: {name: ThresholdGainSelector, threshold: 4000}
    "*FlashCam": {threshold: 3500}
    "tel_id=4": {name: ManualGainSelector, channel: 0}
"""

EXAMPLES = {
    "simulate": "cameras.nsb_factor=3",
    "reduce": "reducer=TailCutsDataVolumeReducer",
    "stage1": "extractor.window_width=5",
    "calibration": "chunks.size=1000",
    "stage2": "quality.enough_charge='hillas_intensity > 100'",
    "train": "energy.estimator.max_depth=12",
    "stage3": "energy.weights=inverse-variance",
    "irf": "cuts.method=optimise-gh",
    "dl3": "technical.interval=30",
}

Entry = tuple[str, Any, str]  # key, value, comment


def to_yaml(config: Section, catalogue: Catalogue) -> str:
    """Write every key with its value, unit, meaning and range.

    The text is a configuration file that loads to the same configuration.
    """
    stage = config.model_dump()["stage"]
    header = HEADER.format(stage=stage, title=_title(stage), use=_use(stage))
    if stage == "observation":
        header = OF_OBSERVATIONS
    if stage == "cluster":
        header = OF_CLUSTER
    if stage in ("reduce", "stage1"):
        header += "\n" + PER_TELESCOPE
    lines = [*_comment(header), f"stage: {stage}"]
    for name in _own_first(type(config)):
        if name != "stage":
            lines += ["", *_key(config, name, catalogue)]
    return "\n".join(lines) + "\n"


def _own_first(model: type[Section]) -> list[str]:
    """Return the keys in order, but those that it shares with others at the end."""
    return list(dict.fromkeys((*model.__annotations__, *model.model_fields)))


def _title(stage: str) -> str:
    if stage == "batch":
        return "Job array of `ctacol plan`."
    verb = stage if stage == "simulate" else f"run {stage}"
    return f"Configuration of `ctacol {verb}`."


def _use(stage: str) -> str:
    if stage == "batch":
        return "--batch"
    return USE.format(example=EXAMPLES.get(stage, "key=value"))


def _key(config: Section, name: str, catalogue: Catalogue) -> Iterator[str]:
    field = type(config).model_fields[name]
    value, kind = getattr(config, name), marker(field, Kind)
    if kind is not None:
        yield from _comment(kind.doc)
        known = f"Algorithms: {', '.join(catalogue.names(kind.kind))}."
        if value is None:
            known += f" Options: `ctacol config algorithms {kind.kind}`."
        yield from _comment(known)
        yield f"{name}:" if value else f"{name}: {_scalar(value)}"
        if isinstance(value, AlgorithmChoice):
            yield from _choice(value, kind.kind, catalogue, "  ")
        else:
            for choice in value or ():
                yield from _item(choice, kind.kind, catalogue)
    elif isinstance(value, Section):
        yield from _comment((type(value).__doc__ or "").partition("\n")[0])
        yield f"{name}:"
        yield from _section(value, "  ")
    elif meaning := marker(field, Meaning):
        yield from _cuts(name, value, meaning, "")
    elif value is None and (inner := inner_section(field)):
        yield from _comment((inner.__doc__ or "").partition("\n")[0])
        yield f"{name}: null"
    else:
        yield from _table([(name, value, _words(config.spec(name)))], "")


def _section(section: Section, indent: str) -> Iterator[str]:
    """Write plain keys first, then those that have more to them."""
    fields = type(section).model_fields
    values = {key: getattr(section, key) for key in fields}
    special = {
        k
        for k in fields
        if marker(fields[k], Meaning)
        or marker(fields[k], Kind)
        or isinstance(values[k], Section)
    }
    plain = [k for k in fields if k not in special]
    yield from _table([(k, values[k], _words(section.spec(k))) for k in plain], indent)
    for key in fields:
        if meaning := marker(fields[key], Meaning):
            yield from _cuts(key, values[key], meaning, indent)
        elif kind := marker(fields[key], Kind):
            yield from _comment(kind.doc, indent)
            yield f"{indent}{key}:"
            yield from _arguments(values[key], indent + "  ")
        elif isinstance(values[key], Section):
            yield from _comment(
                (type(values[key]).__doc__ or "").partition("\n")[0], indent
            )
            yield f"{indent}{key}:"
            yield from _section(values[key], indent + "  ")


def _arguments(choice: AlgorithmChoice, indent: str) -> Iterator[str]:
    """Write what the catalogue does not know, so without comments."""
    written = choice.plain()
    entries = written if isinstance(written, Mapping) else {"name": written}
    yield from _table([(_scalar(k), entries[k], "") for k in entries], indent)


def _cuts(
    name: str, cuts: tuple[Cut | Section, ...] | None, meaning: Meaning, indent: str
) -> Iterator[str]:
    yield from _comment(meaning.doc, indent)
    if not cuts:
        yield f"{indent}{name}: {_scalar(cuts)}"
        return
    yield f"{indent}{name}:"
    for each in cuts:
        if isinstance(each, Cut):
            yield f"{indent}  - {each.name}: {_scalar(each.expression)}"
        else:
            yield f"{indent}  - {_scalar(each.model_dump(exclude_defaults=True))}"


def _choice(
    choice: AlgorithmChoice, kind: str, catalogue: Catalogue, indent: str
) -> Iterator[str]:
    if choice.rules:
        yield f"{indent}default:"
        yield from _choice(
            AlgorithmChoice(choice.name, choice.options), kind, catalogue, indent + "  "
        )
        for rule in choice.rules:
            name = {} if rule.name is None else {"name": rule.name}
            value = _scalar({**name, **rule.options})
            yield f"{indent}{_scalar(rule.pattern)}: {value}"
        return
    algorithm = catalogue.get(kind, choice.name)
    specs = algorithm.options
    entries = [("name", choice.name, algorithm.doc)]
    entries += [(k, v, _words(specs.get(k))) for k, v in choice.options.items()]
    yield from _table(entries, indent)


def _item(choice: AlgorithmChoice, kind: str, catalogue: Catalogue) -> Iterator[str]:
    if not choice.options and not choice.rules:
        yield from _table([(f"- {choice.name}", None, "")], "  ")
        return
    dash = "- "
    for line in _choice(choice, kind, catalogue, "    "):
        # Comments above the first key stand above its dash.
        is_above = dash and line.lstrip().startswith("#")
        yield f"  {line.lstrip()}" if is_above else f"  {dash or '  '}{line[4:]}"
        dash = dash if is_above else ""


def _words(spec: OptionSpec | None) -> str:
    """Say unit, meaning and range of a key in one line."""
    if spec is None:
        return ""
    unit = f"[{spec.unit}] " if spec.unit else ""
    return unit + "; ".join(part for part in (spec.doc, spec.range) if part)


def _table(entries: list[Entry], indent: str) -> Iterator[str]:
    """Keys with their comments in a column, or above where that is too wide."""
    for is_long, several in groupby(entries, lambda each: _is_long(each, indent)):
        if is_long:
            for each in several:
                yield from _block(each, indent)
        else:
            yield from _lines(list(several), indent)


def _is_long(entry: Entry, indent: str) -> bool:
    key, value, _ = entry
    is_block = isinstance(value, Mapping | list | tuple)
    return is_block and len(f"{indent}{key}: {_scalar(value)}") > WIDTH


def _block(entry: Entry, indent: str) -> Iterator[str]:
    """Write a list or mapping, a line for each of its members."""
    key, value, comment = entry
    yield from _comment(comment, indent)
    yield f"{indent}{key}:"
    if isinstance(value, Mapping):
        yield from (f"{indent}  {_scalar(k)}: {_scalar(v)}" for k, v in value.items())
    else:
        yield from (f"{indent}  - {_scalar(each)}" for each in value)


def _lines(entries: list[Entry], indent: str) -> Iterator[str]:
    written = [
        f"{indent}{key}" if key.startswith("- ") else f"{indent}{key}: {_scalar(value)}"
        for key, value, _ in entries
    ]
    comments = [comment for *_, comment in entries]
    column = max(map(len, written)) + 2
    fits = all(column + 2 + len(comment) <= WIDTH for comment in comments)
    for line, comment in zip(written, comments, strict=True):
        if not comment:
            yield line
        elif fits:
            yield f"{line.ljust(column)}# {comment}"
        else:
            yield from _comment(comment, indent)
            yield line


def _comment(text: str, indent: str = "") -> Iterator[str]:
    """Comment lines; indented lines and empty ones of the text stay as they are."""
    for line in text.splitlines():
        pieces = [line] if line.startswith(" ") else wrap(line, WIDTH - len(indent) - 2)
        for piece in pieces or [""]:
            yield f"{indent}# {piece}".rstrip()


def _scalar(value: object) -> str:
    """One value in a single line of YAML."""
    plain = _plain(value)
    text = yaml.safe_dump(
        plain, default_flow_style=True, width=float("inf"), sort_keys=False
    )
    return text.removesuffix("...\n").strip()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
