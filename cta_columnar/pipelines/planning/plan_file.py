"""A planned run on the disk: its configuration, shards, and who does which."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cta_columnar.digests import value_digest
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.shards import PieceKey
from cta_columnar.store import PLAN, Identity, Record, real_path, write_beside

FORMAT = "cta_columnar plan 1"
NAME = "plan.json"
LOGS = "logs"
STATUSES = "exit"


@dataclass(frozen=True, slots=True)
class PlannedPiece:
    """A shard of a plan.

    Attributes
    ----------
    inputs : tuple of str
        Absolute paths of raw files, or of shards of a dataset: ``<dataset>/<key>``.
    seq : int
        Which of the shards of these inputs.
    size : int
        Bytes to read.
    digests : tuple of str
        Of the inputs, where they were known without reading them.
    """

    inputs: tuple[str, ...]
    seq: int
    size: int
    digests: tuple[str, ...] = ()

    @property
    def key(self) -> PieceKey:
        """As of a `cta_columnar.pipelines.running.shards.Piece`."""
        return self.inputs, self.seq


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that many processes do together.

    Attributes
    ----------
    output : pathlib.Path
        The dataset.
    folder : str
        Where the plan was made: names in the configuration count from there.
    identity : Identity
        What the shards are made with: configuration and code.
    inputs : tuple of str
        Files, or the dataset, as the pipeline takes them.
    configuration : mapping
        Resolved.
    plugins : tuple of str
        Files with algorithms.
    skip_bad_inputs : bool
        Whether inputs that cannot be read are left out.
    array : str
        Digest of the array of all inputs; empty if it is not known.
    is_fresh : bool
        Whether no shard was there.
    stamps : mapping of str to list of int
        Size and time of change (ns) of raw files.
    pieces : tuple of PlannedPiece
        The shards.
    elements : tuple of tuple of int
        Which of them, by their place in ``pieces``, an element of the job array does.
    """

    output: Path
    folder: str
    identity: Identity
    inputs: tuple[str, ...]
    configuration: Mapping[str, Any]
    plugins: tuple[str, ...]
    skip_bad_inputs: bool
    array: str
    is_fresh: bool
    stamps: Mapping[str, list[int]]
    pieces: tuple[PlannedPiece, ...]
    elements: tuple[tuple[int, ...], ...]

    @property
    def digest(self) -> str:
        """Short digest of all that stands in it."""
        return value_digest(self.to_plain())[:12]

    def to_plain(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return {
            "format": FORMAT,
            "output": str(self.output),
            "folder": self.folder,
            "identity": asdict(self.identity),
            "inputs": list(self.inputs),
            "configuration": dict(self.configuration),
            "plugins": list(self.plugins),
            "skip_bad_inputs": self.skip_bad_inputs,
            "array": self.array,
            "is_fresh": self.is_fresh,
            "stamps": dict(self.stamps),
            "pieces": [asdict(piece) for piece in self.pieces],
            "elements": [list(each) for each in self.elements],
        }

    def pieces_of(self, element: int | None) -> tuple[PlannedPiece, ...]:
        """Return the shards of an element; of all for None.

        Raises
        ------
        UserError
            If there is no such element.
        """
        if element is None:
            return self.pieces
        if not 0 <= element < len(self.elements):
            last = len(self.elements) - 1
            raise UserError(f"no element {element} in the plan: they are 0 to {last}")
        return tuple(self.pieces[number] for number in self.elements[element])

    def committed(self, records: Iterable[Record]) -> dict[PieceKey, Record]:
        """Return the records that are of this plan, by what they are records of."""
        known = {piece.key for piece in self.pieces}
        mine = [each for each in records if each.shard.identity == self.identity]
        found = {_key_of(each): each for each in mine if _key_of(each) in known}
        if others := [each for each in mine if _key_of(each) not in known]:
            # Done before, perhaps under another name of the same file.
            real = {_real(piece.key): piece.key for piece in self.pieces}
            for each in others:
                if (key := real.get(_real(_key_of(each)))) is not None:
                    found.setdefault(key, each)
        return found


def _key_of(record: Record) -> PieceKey:
    return tuple(each.path for each in record.shard.inputs), record.shard.seq


def _real(key: PieceKey) -> PieceKey:
    return tuple(map(real_path, key[0])), key[1]


def folder_of(output: Path) -> Path:
    """Where the plan of a dataset lies, its logs and exit statuses."""
    return output / PLAN


def stamp_of(path: str) -> list[int]:
    """Size and time of change of a file; [0, 0] if it cannot be asked."""
    try:
        stat = os.stat(path)  # noqa: PTH116 - a name, not a path, in plans
    except OSError:
        return [0, 0]
    return [stat.st_size, stat.st_mtime_ns]


def write_plan(plan: Plan) -> Path:
    """Write a plan into its dataset, in place of an earlier one; return where."""
    path = folder_of(plan.output) / NAME
    write_beside(plan.output, path, plan.to_plain())
    # The batch system opens logs before the first line of the script.
    (path.parent / LOGS).mkdir(exist_ok=True)
    return path


def read_plan(output: str | Path) -> Plan:
    """Read the plan of a dataset.

    Parameters
    ----------
    output : path
        The dataset, or the plan itself.

    Raises
    ------
    UserError
        If there is none, or it is damaged.
    """
    path = Path(output)
    if path.is_dir():
        path = folder_of(path) / NAME
    try:
        plain = json.loads(path.read_bytes())
    except OSError as error:
        hint = "make one with ctacol plan"
        raise UserError(f"{output} has no plan ({error.strerror}): {hint}") from error
    except ValueError as error:
        raise UserError(f"{path} is not JSON: {error}") from error
    try:
        return _from_plain(plain)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is not a plan of this version: {error}") from error


def _from_plain(plain: Any) -> Plan:  # noqa: ANN401
    if plain["format"] != FORMAT:
        raise ValueError(f"format {plain['format']!r}, expected {FORMAT!r}")
    pieces = tuple(
        PlannedPiece(
            tuple(each["inputs"]), each["seq"], each["size"], tuple(each["digests"])
        )
        for each in plain["pieces"]
    )
    elements = tuple(tuple(map(int, each)) for each in plain["elements"])
    if sorted(n for each in elements for n in each) != list(range(len(pieces))):
        raise ValueError("its elements are not all shards, each once")
    return Plan(
        Path(plain["output"]),
        str(plain["folder"]),
        Identity(**plain["identity"]),
        tuple(plain["inputs"]),
        plain["configuration"],
        tuple(plain["plugins"]),
        bool(plain["skip_bad_inputs"]),
        str(plain["array"]),
        bool(plain["is_fresh"]),
        plain["stamps"],
        pieces,
        elements,
    )
