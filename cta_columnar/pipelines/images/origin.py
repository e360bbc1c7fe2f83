"""What the images of a dataset were made with, and what may be asked of them anew."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cta_columnar import registry
from cta_columnar.config import Layer, Section, Stage1Config, load
from cta_columnar.config.models import WriteConfig
from cta_columnar.errors import UserError
from cta_columnar.store import Record, Store, configuration_of, is_dataset

# Read besides for the noise that is in the waveforms, or by a cleaner.
_PEDESTALS = "pedestals"
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
    return _understood(store.root, values)


def _understood(root: Path, values: Mapping[str, Any]) -> Stage1Config:
    known = {key: values[key] for key in _ASKED if key in values}
    try:
        return _complete(known)
    except UserError as error:
        raise UserError(
            f"what the images of {root} were made with is not known here; an "
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


def origin_layer(inputs: Sequence[Path]) -> Layer:
    """Return what images were made with, for a configuration to be laid over.

    So a key that is not given stays as it was, and one that is given counts, be it the
    default or not: `check_origin` sees all that it would change.

    Parameters
    ----------
    inputs : sequence of pathlib.Path
        What stage 1 is to read; the layer is empty if that is no dataset of its own.

    Raises
    ------
    UserError
        If it names what is not known here.
    """
    if len(inputs) != 1 or not is_dataset(inputs[0]):
        return Layer({})
    values = configuration_of(inputs[0], "stage1")
    if values is None:
        return Layer({})
    _understood(inputs[0], values)
    return Layer(_of_images(values))


def _of_images(values: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what has made images as they are."""
    found = {key: values[key] for key in _BEFORE if key in values}
    if found.get("waveform_modifier") is None and "monitoring" in found:
        # Only a cleaner has read them, which is chosen anew.
        others = {k: v for k, v in found["monitoring"].items() if k != _PEDESTALS}
        found["monitoring"] = others
    if values.get("image_modifier") is not None:
        found["image_modifier"] = values["image_modifier"]
    return found


def check_origin(config: Stage1Config, origin: Stage1Config, store: Store) -> None:
    """Check that a configuration asks for what images were really made with.

    Parameters
    ----------
    config : Stage1Config
        What is asked for, laid over `origin_layer`.
    origin : Stage1Config
        What the images were made with.
    store : Store
        The dataset.

    Raises
    ------
    UserError
        If something else is asked for; it names the key.
    """
    for key in _BEFORE:
        for name, new, old in _values(key, getattr(config, key), getattr(origin, key)):
            is_chosen_anew = (
                name == f"monitoring.{_PEDESTALS}" and origin.waveform_modifier is None
            )
            if new != old and not is_chosen_anew:
                raise UserError(
                    f"{name}: the images of {store.root} were made {_how(old)}; give "
                    "the raw files to change it"
                )
    modifier = origin.image_modifier
    if modifier is not None and config.image_modifier != modifier:
        raise UserError(
            f"image_modifier: {modifier.name} has changed the images of "
            f"{store.root}, and is neither undone nor followed by another; give the "
            "raw files"
        )


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
