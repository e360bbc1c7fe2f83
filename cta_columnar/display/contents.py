"""What a report shows: plain tables and rows, picked by whoever read the dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType

Row = Mapping[str, Any]
Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class ImageShown:
    """One image.

    Attributes
    ----------
    telescope : TelescopeType
        Its camera.
    kind : str
        Why it was picked: ``"bright"`` or ``"typical"``.
    row : mapping
        Columns of ``images`` and ``parameters``, as far as they are there.
    source, reconstructed : tuple of float, optional
        True and reconstructed direction in the telescope frame, deg.
    true_energy : float, optional
        TeV.
    """

    telescope: TelescopeType
    kind: str
    row: Row
    source: Point | None = None
    reconstructed: Point | None = None
    true_energy: float | None = None


@dataclass(frozen=True, eq=False)
class EventShown:
    """One array event.

    Attributes
    ----------
    subarray : SubarrayDescription
        The array.
    row : mapping
        A row of ``events``.
    telescopes : polars.DataFrame
        ``tel_id``, ``hillas_intensity`` and, if it is there, ``core_psi``.
    true_core, reconstructed_core : tuple of float, optional
        Ground x and y, m.
    """

    subarray: SubarrayDescription
    row: Row
    telescopes: pl.DataFrame
    true_core: Point | None = None
    reconstructed_core: Point | None = None


@dataclass(frozen=True, eq=False)
class Sample:
    """Events of one kind: a DL2 dataset, a DL1 dataset, or a DL2 with its DL1.

    Attributes
    ----------
    name : str
        Its particle, as legends give it.
    array : str
        Name of the array.
    n_thrown, n_events, n_reconstructed : int, optional
        Simulated showers, array events and those with a direction; None if unknown.
    energies : polars.DataFrame, optional
        Counts ``thrown``, ``triggered``, ``reconstructed``, as far as known, for bins
        of true energy ``low`` to ``high`` (TeV) that follow each other.
    multiplicities : polars.DataFrame, optional
        Counts ``triggered`` and ``reconstructed`` by ``multiplicity``.
    directions : polars.DataFrame, optional
        ``true_energy``, ``separation``, ``offset_lon``, ``offset_lat``, deg, of
        events with a direction; of some if there are many.
    parameters : mapping of str to polars.DataFrame
        Image parameters by telescope type; of some images if there are many.
    telescopes : sequence of mapping
        ``tel_type``, ``telescopes``, ``images``, ``parametrized`` per telescope type.
    images : sequence of ImageShown
        Images to draw.
    event : EventShown, optional
        Event to draw.
    notes : sequence of str
        What is not there, and how to get it.
    provenance : sequence of tuple of str
        Per dataset: folder, stage, data model, configuration, code, inputs.
    """

    name: str
    array: str
    n_thrown: int | None = None
    n_events: int | None = None
    n_reconstructed: int | None = None
    energies: pl.DataFrame | None = None
    multiplicities: pl.DataFrame | None = None
    directions: pl.DataFrame | None = None
    parameters: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    telescopes: Sequence[Row] = ()
    images: Sequence[ImageShown] = ()
    event: EventShown | None = None
    notes: Sequence[str] = ()
    provenance: Sequence[tuple[str, ...]] = ()
