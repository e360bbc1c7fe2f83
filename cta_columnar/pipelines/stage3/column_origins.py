"""Which models made columns of a dataset, as records of stage 3 note it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cta_columnar.errors import UserError
from cta_columnar.models import Origin
from cta_columnar.store import Record, Store

_KEY = "predictions"
_BEFORE = "reconstruction"


def noted(origins: Mapping[str, Origin]) -> dict[str, Any]:
    """Return what goes into ``info`` of a record."""
    return {_KEY: {name: asdict(each) for name, each in sorted(origins.items())}}


def noted_before(source: Record) -> dict[str, str]:
    """Return what goes into ``info``: the configuration of what made DL2."""
    before = source.info.get(_BEFORE, source.shard.identity.config_digest)
    return {_BEFORE: before}


def reconstruction_of(store: Store) -> str:
    """Digest of the configuration that made the DL2 of a dataset of stage 3.

    Of a version that did not note it, that of stage 3 as well.
    """
    # All shards are made of one dataset.
    for record in store.records[:1]:
        return noted_before(record)[_BEFORE]
    return ""


def origins_of(store: Store) -> dict[str, Origin]:
    """Return who made the columns of a dataset that models made.

    Raises
    ------
    UserError
        If it is of a version that did not note it.
    """
    if store.identity is None or store.identity.stage != "stage3":
        return {}
    # All shards are made with the same models.
    for record in store.records[:1]:
        if _KEY not in record.info:
            raise UserError(
                f"{store.root} does not say which models made its columns: an earlier "
                "cta_columnar wrote it; run stage 3 again"
            )
        found: Mapping[str, Mapping[str, str]] = record.info[_KEY]
        return {name: Origin(**each) for name, each in found.items()}
    return {}


def common_origins(stores: Sequence[Store]) -> dict[str, Origin]:
    """Return who made columns that several datasets have.

    Raises
    ------
    UserError
        If different models made one of them.
    """
    first: dict[str, tuple[Store, Origin]] = {}
    for store in stores:
        for name, origin in origins_of(store).items():
            other, known = first.setdefault(name, (store, origin))
            if origin != known:
                raise UserError(
                    f"{name} of {store.root} is what other models say than in "
                    f"{other.root}, or by other weights of images; apply the same "
                    "models to both in the same way, or train on what stage 2 made of "
                    "them"
                )
    return {name: origin for name, (_, origin) in first.items()}
