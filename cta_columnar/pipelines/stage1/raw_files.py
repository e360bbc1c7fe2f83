"""Raw files: opened as the configuration asks, divided, and known by their content."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from cta_columnar.config import ReduceConfig, Stage1Config
from cta_columnar.pipelines.stage1.low_gain import low_gain_above
from cta_columnar.remote import absolute_name, is_remote
from cta_columnar.sources.base import (
    BadInputError,
    EventSource,
    open_source,
    sections_of,
)
from cta_columnar.sources.sections import Section
from cta_columnar.store import Input

# What raw files are made into, by what is configured.
RawConfig = ReduceConfig | Stage1Config


def open_file(
    path: Path, config: RawConfig, section: Section | None = None
) -> EventSource:
    """Open a raw file, or a section of it, as the configuration asks."""
    options: dict[str, Any] = config.source.for_opening()
    if section is not None:
        options["section"] = section
    return open_source(path, low_gain_above=low_gain_above(config), **options)


def sections(path: Path, config: RawConfig) -> Sequence[Section | None]:
    """Return what makes a shard each: the sections of a file, or None for all of it.

    What cannot be read is told where it is processed.
    """
    source = config.source
    if not source.is_split:
        return [None]
    if isinstance(config, ReduceConfig):
        # Coefficients are numbered from the beginning of a file.
        return [None]
    if is_remote(path):
        # To find frames, all of it would have to come here before the run begins.
        return [None]
    try:
        return sections_of(path, source.section_bytes) or [None]
    except BadInputError:
        return [None]


def input_of(path: Path, section: Section) -> Input:
    """Return the file that a section is of, by a digest that is taken once in a run."""
    stat = path.stat()
    if section.digest and section.modified == stat.st_mtime_ns:
        return Input(absolute_name(path), section.digest, stat.st_size)
    return _input(path, (stat.st_ino, stat.st_size, stat.st_ctime_ns))


@lru_cache(maxsize=8)
def _input(path: Path, stamp: tuple[int, ...]) -> Input:
    """Return the digest of a file, which all of its sections need."""
    del stamp  # by it, a file that changed is another one
    return Input.of(path)
