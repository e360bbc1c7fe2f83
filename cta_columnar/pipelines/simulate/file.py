"""A file that is simulated: its name, its pieces, and how they are joined."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from cta_columnar.bounded import MAX_JSON_BYTES, parse_json, read_bounded
from cta_columnar.config import digest
from cta_columnar.config.simulate import SimulateConfig
from cta_columnar.digests import file_digest, sha256_of, value_digest
from cta_columnar.errors import UserError
from cta_columnar.faults import fault_point
from cta_columnar.pipelines.simulate.join import join
from cta_columnar.pipelines.simulate.piece import (
    Piece,
    PieceJob,
    PieceRecord,
    pieces_folder,
)
from cta_columnar.provenance import COMPLETED, Activity
from cta_columnar.simulation.bookkeeping import Tally, total
from cta_columnar.simulation.run import Setup
from cta_columnar.simulation.run_headers import histogram_piece
from cta_columnar.simulation.simtel.pieces import compress, compression_of
from cta_columnar.store.files import give_name, remove_tree, write_durably

_IDENTITY = "identity"


@dataclass(frozen=True, eq=False)
class SimulatedFile:
    """One run and the file it becomes.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    run : int
        Number of the run.
    setup : Setup
        What is simulated.
    identity : str
        Digest of all that its bytes depend on.
    """

    path: Path
    run: int
    setup: Setup
    identity: str

    @property
    def folder(self) -> Path:
        """Where pieces lie until all of them are there."""
        return pieces_folder(self.path)

    @property
    def draft(self) -> Path:
        """The file, while pieces are put into it."""
        return self.folder / "joined"

    @property
    def provenance(self) -> Path:
        """Where is written how the file came about."""
        return self.path.with_name(f"{self.path.name}.provenance.json")

    def jobs(self) -> list[PieceJob]:
        """All work on the file, in order: first what stands before the showers."""
        config = self.setup.config
        step, n_showers = config.file.showers_per_piece, config.n_showers
        firsts = range(1, n_showers + 1, step)
        pieces = [Piece(0, 1, 0)]
        for number, first in enumerate(firsts, 1):
            pieces.append(Piece(number, first, min(first + step - 1, n_showers)))
        return [PieceJob(config, self.run, self.identity, self.path, p) for p in pieces]

    def check_done(self) -> None:
        """Check that the file that is there is what this run would make, every byte.

        Raises
        ------
        UserError
            If it is another one, or is damaged.
        """
        advice = "use --overwrite to replace it, or choose another --output"
        made = self._made_as()
        if made is None or made.identity != self.identity:
            raise UserError(
                f"{self.path} was made with another configuration or code: {advice}"
            )
        if sha256_of(self.path) != made.sha256:
            raise UserError(
                f"{self.path} was cut, damaged or replaced since it was made: it does "
                f"not have the digest in {self.provenance.name}; {advice}"
            )

    def _made_as(self) -> "Made | None":
        """Return what provenance tells of the file; None where nothing does."""
        with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
            return find_made(read_bounded(self.provenance, MAX_JSON_BYTES))
        return None

    def remove(self) -> None:
        """Remove the file and all pieces."""
        for path in (self.path, self.provenance):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise _refused(path, error) from error
        remove_tree(self.folder)

    def check_place(self) -> None:
        """Check that the file can be written.

        Raises
        ------
        UserError
            If its name says nothing, its folder is missing or not ours to write to,
            or its pieces would go elsewhere by a link.
        """
        compression_of(self.path)
        folder = self.path.parent
        if not folder.is_dir():
            raise UserError(f"cannot write {self.path}: no folder {folder}")
        if self.path.is_dir():
            raise UserError(f"cannot write {self.path}: it is a folder")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UserError(f"cannot write {self.path}: no permission for {folder}")
        for each in (self.folder, self.draft):
            if each.is_symlink():
                raise UserError(
                    f"{each} is a symbolic link, through which nothing is written: "
                    "remove it"
                )

    def join(
        self, records: Sequence[PieceRecord], n_there: int, activity: Activity
    ) -> Tally:
        """Put all pieces into the file, histograms behind them.

        Parameters
        ----------
        records : sequence of PieceRecord
            Of all pieces, in order.
        n_there : int
            Pieces that are in its draft already.
        activity : Activity
            The run, whose provenance is written beside the file.

        Returns
        -------
        Tally
            What is in the file.
        """
        tally = total(record.tally for record in records)
        fault_point("before-joining")
        histograms = histogram_piece(self.setup, tally)
        end = compress(histograms, compression_of(self.path))
        sha256 = join(self.draft, self.folder, records, n_there, end)
        activity.produced(self.path.name, sha256, tally.counts["events"])
        activity.finish(COMPLETED)
        # Before the file has its name: there is none of unknown origin.
        write_durably(self.provenance, activity.to_json(), self.folder)
        give_name(self.draft, self.path)
        fault_point("after-joining")
        remove_tree(self.folder)
        return tally

    def activity(self) -> Activity:
        """Begin the provenance of the file."""
        activity = Activity("simulate", {**self._plain(), _IDENTITY: self.identity})
        config = self.setup.config
        for name in (config.array, config.atmosphere):
            path = Path(name) if name else None
            if path is not None and path.is_file():
                activity.used(str(path), file_digest(path), path.stat().st_size)
        return activity

    def _plain(self) -> dict[str, Any]:
        config = self.setup.config.model_dump(mode="json")
        return {**config, "runs": [self.run], "output": self.path.name}


class Made(NamedTuple):
    """A finished file, by its provenance: of what it was made, and its digest."""

    identity: str
    sha256: str


def find_made(provenance: bytes | str) -> Made:
    """Read the provenance of a file.

    Raises
    ------
    ValueError, LookupError, TypeError, AttributeError
        If it is no such text.
    """
    document: Mapping[str, Any] = parse_json(provenance)
    entities = {each.get("ctacol:role"): each for each in document["entity"].values()}
    configuration = parse_json(entities["configuration"]["prov:value"])
    return Made(configuration[_IDENTITY], entities["part"]["ctacol:sha256"])


def identity_of(setup: Setup, run: int, code: str) -> str:
    """Digest of all that the bytes of a file depend on; not of its name."""
    config = setup.config.model_copy(update={"runs": (run,), "output": ""})
    return value_digest([digest(config), setup.digest, code])


def name_of(config: SimulateConfig, run: int) -> Path:
    """Fill the run and other values into the name of the output.

    Raises
    ------
    UserError
        If it asks for something else.
    """
    values = {
        "run": run,
        "particle": config.particle,
        "array": Path(config.array).stem,
        "seed": config.seed,
    }
    try:
        return Path(config.output.format(**values))
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        known = ", ".join(f"{{{name}}}" for name in values)
        raise UserError(
            f"output: {config.output!r} may hold {known}, e.g. "
            "gamma_run{run:05d}.simtel.zst"
        ) from error


def _refused(path: Path, error: OSError) -> UserError:
    return UserError(f"cannot remove {path}: {error.strerror}")
