"""A planned run: its configuration, shards, and who does which."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cta_columnar.digests import value_digest
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.shards import PieceKey
from cta_columnar.store import Identity, Record, real_path

FORMAT = "cta_columnar plan 2"


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
        The dataset, in which the plan lies.
    folder : str
        Where the plan was made: names in the configuration count from there.
    identity : Identity
        What the shards are made with: configuration and code.
    inputs : tuple of str
        Files, or the dataset, as the pipeline takes them.
    configuration : mapping
        Resolved.
    plugins : mapping of str to str
        Files with algorithms, and the SHA-256 of each.
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
    plugins: Mapping[str, str]
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
        """As plain data, for JSON; not where it lies."""
        return {
            "format": FORMAT,
            "folder": self.folder,
            "identity": asdict(self.identity),
            "inputs": list(self.inputs),
            "configuration": dict(self.configuration),
            "plugins": dict(self.plugins),
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
        known = {piece.key: piece for piece in self.pieces}
        # Done before, perhaps under another name of the same file.
        real: dict[PieceKey, PieceKey] | None = None
        found: dict[PieceKey, Record] = {}
        for each in records:
            if each.shard.identity != self.identity:
                continue
            key = _key_of(each)
            if key not in known:
                real = real or {_real(piece.key): piece.key for piece in self.pieces}
                key = real.get(_real(key), key)
            if key in known and self._is_of(each, known[key]):
                found.setdefault(key, each)
        return found

    def _is_of(self, record: Record, piece: PlannedPiece) -> bool:
        """Whether a shard came of its inputs as they were planned."""
        inputs = record.shard.inputs
        if piece.digests:
            return tuple(each.digest for each in inputs) == piece.digests
        sizes = [self.stamps[path][0] for path in piece.inputs if path in self.stamps]
        return sizes == [each.size for each in inputs][: len(sizes)]


def _key_of(record: Record) -> PieceKey:
    return tuple(each.path for each in record.shard.inputs), record.shard.seq


def _real(key: PieceKey) -> PieceKey:
    return tuple(map(real_path, key[0])), key[1]
