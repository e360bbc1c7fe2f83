"""The file ``irf.json`` of a folder of responses: what it was made of, and how."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from cta_columnar.bounded import MAX_JSON_BYTES, parse_json, read_bounded
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.schemas.version import SCHEMA_VERSION
from cta_columnar.store.errors import StoreError
from cta_columnar.store.files import write_draft
from cta_columnar.store.json_files import to_json

FORMAT: Literal["cta_columnar irf"] = "cta_columnar irf"
FILE = "irf.json"
_IN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:.+-]{0,200}")


@dataclass(frozen=True, slots=True)
class IrfInput:
    """A dataset whose events are in the responses.

    Attributes
    ----------
    particle : str
        What it was taken for: ``gamma``, ``proton``, ``electron``.
    digest : str
        Of its content; histograms lie under its first digits, see `name`.
    path : str
        Where it lay.
    size : int
        Its bytes.
    runs : tuple of (int, str)
        Its runs that were used: ``obs_id``, and the digest of the simulation.
    models : mapping of str to str
        Digest of what made each column that models made and responses read.
    reconstruction : str
        Digest of the configuration of the steps before; empty if an older version made
        the responses.
    """

    particle: str
    digest: str
    path: str
    size: int
    runs: tuple[tuple[int, str], ...]
    models: Mapping[str, str] = field(default_factory=dict)
    reconstruction: str = ""

    def __post_init__(self) -> None:
        """Refuse what makes `name` lead elsewhere: histograms are written there."""
        for text in (self.particle, self.digest):
            if not _IN_NAME.fullmatch(text):
                raise ValueError(f"{text!r} cannot be in the name of a folder")

    @property
    def name(self) -> str:
        """Name of the folder of its histograms."""
        return f"{self.particle}-{self.digest[:16]}"


@dataclass(frozen=True, slots=True)
class IrfSpectrum:
    """A spectrum that events were weighted to.

    Attributes
    ----------
    name : str
        Its published name, or its formula.
    is_diffuse : bool
        Whether it is per solid angle.
    unit : str
        Of its fluxes.
    parameters : mapping of str to (float or tuple of float, str)
        What its formula has, or the points of a table, each with its unit.
    energy, flux : tuple of float
        Fluxes at some energies, TeV: they tell spectra apart, whatever their names.
    """

    name: str
    is_diffuse: bool
    unit: str
    parameters: Mapping[str, tuple[float | tuple[float, ...], str]]
    energy: tuple[float, ...]
    flux: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class IrfTelescope:
    """A telescope of the array that responses are of: what matters to them.

    Attributes
    ----------
    tel_id : int
        Its number.
    kind : str
        See `kind_of`.
    position : tuple of float
        North, west and up of the reference point of the array, m.
    """

    tel_id: int
    kind: str
    position: tuple[float, float, float]

    @staticmethod
    def kind_of(size_type: str, n_pixels: int) -> str:
        """Tell telescopes apart whatever they are called: size, and pixels."""
        return f"{size_type} with {n_pixels} pixels"


def irf_telescopes(subarray: SubarrayDescription) -> tuple[IrfTelescope, ...]:
    """Describe the telescopes of an array as they are recorded."""
    found = []
    for row, tel_id in enumerate(subarray.tel_ids.tolist()):
        tel_type = subarray.types[subarray.type_index[row]]
        kind = IrfTelescope.kind_of(tel_type.optics.size_type, tel_type.camera.n_pixels)
        x, y, z = subarray.positions[row].tolist()
        found.append(IrfTelescope(tel_id, kind, (x, y, z)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class IrfManifest:
    """What is in the file.

    Attributes
    ----------
    configuration : mapping
        All keys of the run that made it.
    enclosure : str
        ``POINT-LIKE`` or ``FULL-ENCLOSURE``, in the words of GADF.
    seed, fraction
        Which share of the showers it was made of, see `stages.dl3.shares`.
    event_types : tuple of int
        Classes that have responses of their own.
    event_type_column : str
        Column of the events that tells them; empty if there are none.
    array, input_version : str
        Digest of the array of telescopes, and version of the data model of the inputs.
    inputs : tuple of IrfInput
        Sorted by particle and digest.
    software : mapping of str to str
        Versions of what made it.
    sha256 : mapping of str to str
        Digest of each file, by its path below the folder.
    spectra : mapping of str to IrfSpectrum
        What events were weighted to, by particle: the background of responses is that
        of these. Empty if an older version made them.
    other_irfs : mapping of str to str
        Digests of other responses that it was made with: of the stored cuts
        (``cuts.table``), of those that were added to (``add_to``).
    telescopes : tuple of IrfTelescope
        The array of telescopes. Empty if an older version made them.
    schema_version : str
        Version of the data model.
    format : str
        Says that the file is one of these.
    """

    configuration: Mapping[str, Any]
    enclosure: Literal["POINT-LIKE", "FULL-ENCLOSURE"]
    seed: int
    fraction: float
    event_types: tuple[int, ...]
    event_type_column: str
    array: str
    input_version: str
    inputs: tuple[IrfInput, ...]
    software: Mapping[str, str] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)
    spectra: Mapping[str, IrfSpectrum] = field(default_factory=dict)
    other_irfs: Mapping[str, str] = field(default_factory=dict)
    telescopes: tuple[IrfTelescope, ...] = ()
    schema_version: str = SCHEMA_VERSION
    format: Literal["cta_columnar irf"] = FORMAT

    def __post_init__(self) -> None:
        """Refuse files that would be looked for outside of the folder."""
        for name in self.sha256:
            if name.startswith("/") or "\0" in name or ".." in name.split("/"):
                raise ValueError(f"{name!r} leads out of the folder")


def write_manifest(root: Path, manifest: IrfManifest) -> None:
    """Write the file into a folder that is being made.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    write_draft(FILE, to_json(asdict(manifest)), root)


def read_manifest(root: Path) -> IrfManifest:
    """Read the file, and check each value in it.

    Raises
    ------
    StoreError
        If it is missing, damaged, or of another version of the data model.
    """
    path = root / FILE
    try:
        text = read_bounded(path, MAX_JSON_BYTES)
        plain = parse_json(text)
    except FileNotFoundError as error:
        raise StoreError(
            f"{root} has no {FILE}, so it is no folder of responses; make one with "
            "ctacol run irf"
        ) from error
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot read {path}: {error}") from error
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise StoreError(f"{path} is no description of responses")
    version = str(plain.get("schema_version"))
    if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise StoreError(
            f"{path}: the responses are of version {version!r} of the data model, this "
            f"is {SCHEMA_VERSION}: make them again"
        )
    try:
        return TypeAdapter(IrfManifest).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise StoreError(f"{path} is damaged: {where}: {first['msg']}") from error
