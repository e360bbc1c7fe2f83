"""What the images of a dataset were made with, and what may be asked of them anew."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cta_columnar import registry
from cta_columnar.config import Layer, Section, Stage1Config, load
from cta_columnar.config.models import WriteConfig
from cta_columnar.errors import UserError
from cta_columnar.store import Record, Store, configuration_of

# Keys of what happens before there is an image.
_BEFORE = (
    "source",
    "monitoring",
    "event_selection",
    "gain_selector",
    "calibrator",
    "waveform_modifier",
    "waveform_time_shift",
    "extractor",
    "time_shift",
    "invalid_pixel_handler",
)
# Read to decide what need not be computed again.
_ASKED = (*_BEFORE, "image_modifier", "cleaner", "island_selector", "image_quality")


def made_with(store: Store) -> Stage1Config:
    """Return what images were made with; what is written is left out.

    Raises
    ------
    UserError
        If the dataset does not say it, or names what is not known here.
    """
    values = configuration_of(store.root, "stage1")
    if values is None:
        raise UserError(
            f"{store.root} does not say what its images were made with: restore its "
            "provenance.json, or give the raw files"
        )
    known = {key: values[key] for key in _ASKED if key in values}
    try:
        return _complete(known)
    except UserError as error:
        raise UserError(
            f"what the images of {store.root} were made with is not known here; an "
            f"algorithm of your own wants its --plugin: {error}"
        ) from error


def _complete(values: Mapping[str, Any]) -> Stage1Config:
    config = load("stage1", [Layer(dict(values))], registry)
    if not isinstance(config, Stage1Config):
        raise TypeError(f"{type(config)} is no configuration of stage1")
    return config


def storage_of(record: Record) -> Mapping[str, Any]:
    """Say how the images of a shard are stored; see `telescope_tables.image_facts`."""
    facts: Mapping[str, Any] = record.info.get("images", {"pixels": "whole"})
    return facts


def with_origin(
    config: Stage1Config, origin: Stage1Config, store: Store
) -> Stage1Config:
    """Return a configuration that says what images were really made with.

    Parameters
    ----------
    config : Stage1Config
        What is asked for. What happens before there is an image may be as by default,
        or as it was.
    origin : Stage1Config
        What the images were made with.
    store : Store
        The dataset.

    Raises
    ------
    UserError
        If something else is asked for; it names the key.
    """
    plain = _complete({})
    for key in _BEFORE:
        asked = getattr(config, key), getattr(plain, key), getattr(origin, key)
        for name, new, default, old in _values(key, *asked):
            if new not in (default, old):
                raise UserError(
                    f"{name}: the images of {store.root} were made {_how(old)}; give "
                    "the raw files to change it"
                )
    modifier = origin.image_modifier
    if modifier is not None and config.image_modifier not in (None, modifier):
        raise UserError(
            f"image_modifier: {modifier.name} has changed the images of "
            f"{store.root}, another one would come on top; give the raw files"
        )
    found = {key: getattr(origin, key) for key in _BEFORE}
    if modifier is not None:
        found["image_modifier"] = modifier
    return config.model_copy(update=found)


def _values(key: str, *configs: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """Yield a key, or each key of a section, with its value in each configuration."""
    if not isinstance(configs[0], Section):
        yield key, *configs
        return
    for name in type(configs[0]).model_fields:
        yield f"{key}.{name}", *(getattr(each, name) for each in configs)


def _how(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return "without it"
    plain = value.plain() if hasattr(value, "plain") else value
    return f"with {json.dumps(plain, default=list)}"


def as_stored(
    write: WriteConfig, storage: Mapping[str, Any], *, has_truth: bool
) -> WriteConfig:
    """Return what can be written of images that are stored.

    Pixels that are gone do not come back: images of cleaned pixels stay such, with as
    many rings at most.

    Parameters
    ----------
    write : WriteConfig
        What is asked for.
    storage : mapping
        Of `storage_of`.
    has_truth : bool
        Whether true images are stored.
    """
    update: dict[str, Any] = {"true_images": write.true_images and has_truth}
    if storage["pixels"] == "cleaned" and write.images != "none":
        rings = storage["rings"]
        if write.images == "cleaned":
            rings = min(rings, write.image_rings)
        update |= {"images": "cleaned", "image_rings": rings}
    return write.model_copy(update=update)
