"""A planned run on the disk: its configuration, shards, and who does which."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cta_columnar.digests import value_digest
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.shards import PieceKey
from cta_columnar.remote import can_be_file
from cta_columnar.store import (
    PLAN,
    Identity,
    Record,
    read_beside,
    real_path,
    refuse_links,
    write_beside,
)

FORMAT = "cta_columnar plan 2"
NAME = "plan.json"
LOGS = "logs"
STATUSES = "exit"
_LISTS = ("inputs", "digests")
# What writes shards into its output, and nothing anywhere else.
STAGES = ("reduce", "stage1", "calibration", "stage2", "stage3")


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
    """Write a plan into its dataset, in place of an earlier one; return where.

    Raises
    ------
    StoreError, WriteError
        If a folder that scripts are to write into is a link, or nothing can be written.
    """
    path = folder_of(plan.output) / NAME
    refuse_links(plan.output, [f"{PLAN}/{name}/" for name in (LOGS, STATUSES)])
    _remove_links(path.parent)
    write_beside(plan.output, path, plan.to_plain())
    # The batch system opens logs before the first line of the script.
    (path.parent / LOGS).mkdir(exist_ok=True)
    return path


def _remove_links(folder: Path) -> None:
    """Remove links in the place of logs and statuses: scripts would write elsewhere."""
    for name in (LOGS, STATUSES):
        for path in (folder / name).glob("*"):
            if path.is_symlink():
                path.unlink()


def read_plan(output: str | Path) -> Plan:
    """Read the plan of a dataset.

    It may be of somebody else: its output is the dataset in which it lies, and its
    plugins are names, which nobody loads.

    Raises
    ------
    UserError
        If there is none, it is damaged, or a folder of the dataset is a link.
    """
    root = Path(os.path.abspath(output))  # noqa: PTH100 - links stay
    refuse_links(root)
    path = folder_of(root) / NAME
    try:
        plain = read_beside(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        hint = "make one with ctacol plan"
        raise UserError(f"{output} has no plan ({error.strerror}): {hint}") from error
    try:
        return _from_plain(root, plain)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise UserError(f"{path} is not a plan of this version: {error}") from error


def _from_plain(root: Path, plain: Any) -> Plan:  # noqa: ANN401
    if plain["format"] != FORMAT:
        raise ValueError(f"format {plain['format']!r}, expected {FORMAT!r}")
    identity = Identity(**plain["identity"])
    if identity.stage not in STAGES:
        raise ValueError(f"{identity.stage!r} is none of {', '.join(STAGES)}")
    pieces = tuple(
        PlannedPiece(
            tuple(map(str, each["inputs"])),
            int(each["seq"]),
            int(each["size"]),
            tuple(map(str, each["digests"])),
        )
        for each in plain["pieces"]
    )
    elements = tuple(tuple(map(int, each)) for each in plain["elements"])
    _check_types(plain)
    if sorted(n for each in elements for n in each) != list(range(len(pieces))):
        raise ValueError("its elements are not all shards, each once")
    return Plan(
        root,
        str(plain["folder"]),
        identity,
        tuple(map(str, plain["inputs"])),
        plain["configuration"],
        {str(path): str(digest) for path, digest in plain["plugins"].items()},
        bool(plain["skip_bad_inputs"]),
        str(plain["array"]),
        bool(plain["is_fresh"]),
        plain["stamps"],
        pieces,
        elements,
    )


def _check_types(plain: Mapping[str, Any]) -> None:
    """Refuse what would be taken apart as something else: a text has letters, too.

    Raises
    ------
    TypeError
        Which says where.
    """
    lists = [plain["inputs"], *(p[key] for p in plain["pieces"] for key in _LISTS)]
    if any(type(each) is not list for each in lists):
        raise TypeError("inputs or digests are no list")
    if any(type(plain[key]) is not dict for key in ("configuration", "stamps")):
        raise TypeError("configuration or stamps are no mapping")
    for stamp in plain["stamps"].values():
        if [type(each) for each in stamp] != [int, int]:
            raise TypeError("a stamp is not a size and a time")
    if any(type(each) is not str for each in plain["identity"].values()):
        raise TypeError("a digest is no text")
    paths = [path for each in lists for path in each]
    paths += [plain["folder"], *plain["plugins"], *plain["stamps"]]
    if any(type(each) is not str or not can_be_file(each) for each in paths):
        raise TypeError("a path is no text, or none that a file can have")
