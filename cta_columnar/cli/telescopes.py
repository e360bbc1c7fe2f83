"""What each telescope of an array gets from a configuration, as text."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from cta_columnar.config import ReduceConfig, Section, Stage1Config
from cta_columnar.instrument.subarray import SubarrayDescription, ranges
from cta_columnar.pipelines.stage1.choices import (
    TelescopeGroup,
    telescope_groups,
    unmatched_patterns,
)
from cta_columnar.remote import location
from cta_columnar.sources.base import open_source
from cta_columnar.store import is_dataset, open_store


def subarray_of(path: str | Path, config: Section | None = None) -> SubarrayDescription:
    """Read the array of a dataset or a raw file.

    Raises
    ------
    UserError
        If it is neither.
    """
    if is_dataset(location(path)):
        return open_store(path).subarray()
    options = config.source if isinstance(config, ReduceConfig | Stage1Config) else None
    keywords = {"focal_length_choice": options.focal_length_choice} if options else {}
    with closing(open_source(path, **keywords)) as source:
        return source.subarray


def table(config: Section, subarray: SubarrayDescription) -> Iterator[str]:
    """Name the algorithms and options of each group of telescopes, and odd patterns."""
    for each in subarray.types:
        tel_ids = subarray.tel_ids_of(each.name).tolist()
        for group in telescope_groups(config, each.name, tel_ids):
            yield from _group(group)
    for pattern in unmatched_patterns(config, subarray):
        names = ", ".join(each.name for each in subarray.types)
        yield f"warning: {pattern} fits no telescope; types: {names}"


def _group(group: TelescopeGroup) -> Iterator[str]:
    yield f"{group.tel_type}: telescopes {ranges(group.tel_ids)}"
    width = max(map(len, group.chosen), default=0)
    for key, chosen in group.chosen.items():
        if not chosen:
            yield f"  {key.ljust(width)}  nothing"
        for each in chosen:
            options = ", ".join(f"{k}={v}" for k, v in each.options.items())
            name = f"{each.algorithm.name}  {options}".rstrip()
            yield f"  {key.ljust(width)}  {name}"
            key = ""  # noqa: PLW2901 - once above a list
