"""The file ``model.json`` of a model: what the model is, and digests of its tables."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from cta_columnar.bounded import MAX_JSON_BYTES, parse_json, read_bounded
from cta_columnar.models import Description
from cta_columnar.schemas.version import SCHEMA_VERSION
from cta_columnar.store.errors import StoreError

FORMAT: Literal["cta_columnar model"] = "cta_columnar model"
FILE = "model.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in the file.

    Attributes
    ----------
    format : str
        `FORMAT`.
    kind : str
        Kind of the body.
    description : Description
        Of the model.
    scale, single_precision
        Of a forest; 1 and false for others.
    sha256 : dict of str to str
        Digest of each table, by the name of its file.
    """

    format: Literal["cta_columnar model"]
    kind: Literal["forest", "linear"]
    description: Description
    scale: float
    single_precision: bool
    sha256: dict[str, str]


def read_manifest(path: Path) -> Manifest:
    """Read the file, and check each value in it.

    Raises
    ------
    StoreError
        If it is missing, damaged, or of another version of the data model.
    """
    try:
        text = read_bounded(path, MAX_JSON_BYTES)
        plain = parse_json(text)
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot read {path}: {error}") from error
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise StoreError(f"{path} is no description of a model")
    _check_version(path, plain.get("description"))
    try:
        return TypeAdapter(Manifest).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise StoreError(f"{path} is damaged: {where}: {first['msg']}") from error


def _check_version(path: Path, description: Any) -> None:  # noqa: ANN401
    version = description.get("schema_version") if isinstance(description, dict) else ""
    if str(version).partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise StoreError(
            f"{path}: the model is of version {version!r} of the data model, this is "
            f"{SCHEMA_VERSION}: apply it with the cta_columnar it was trained with, or "
            "train it again"
        )
    if "reads" not in description:
        raise StoreError(
            f"{path} does not say who made the columns that the model reads: an "
            "earlier cta_columnar wrote it; train the model again"
        )
