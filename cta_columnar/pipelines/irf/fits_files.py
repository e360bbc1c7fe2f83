"""Responses for others: GADF files, one for each bin of axes that GADF has not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cta_columnar.gadf import Hdu, HeaderValue
from cta_columnar.pipelines.irf.cells import Cell
from cta_columnar.stages.dl3.responses import FORMS, NoObservation, response_hdus
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.further_axes import bins_of, further_axes, in_bins
from cta_columnar.stages.irf.product_tables import to_table
from cta_columnar.store import cell_name
from cta_columnar.store.gadf import write_gadf
from cta_columnar.store.irf.plain_tables import EXTENSIONS, benchmark_hdu

_AXES = {name: form.axes for name, form in FORMS.items()}


def write_fits(
    folder: Path,
    products: Mapping[Cell, Mapping[str, Component]],
    *,
    is_point_like: bool,
) -> list[str]:
    """Write responses of each point and event type.

    Figures of merit are beside them, but not in a file of one bin of further axes: they
    are of all bins together.

    Returns
    -------
    warnings : list of str
        Bins that have no file, as no event was selected there.

    Raises
    ------
    StoreError, WriteError
        As `write_gadf`.
    """
    folder.mkdir()
    empty = []
    for cell, own in products.items():
        responses = {
            name: each
            for name, each in own.items()
            if name in FORMS and (name != "rad_max" or is_point_like)
        }
        if axes := further_axes(responses, _AXES):
            empty += _write_bins(folder, cell_name(cell), responses, axes)
            continue
        beside = [
            benchmark_hdu(name, to_table(each))
            for name, each in own.items()
            if name in EXTENSIONS
        ]
        hdus = response_hdus(responses.values(), NoObservation())
        write_gadf(folder / f"{cell_name(cell)}.fits.gz", hdus, beside)
    if not empty:
        return []
    return [f"no event is selected in {', '.join(empty)}: there is no FITS file of it"]


def _write_bins(
    folder: Path, name: str, responses: Mapping[str, Component], axes: Sequence[Axis]
) -> list[str]:
    """Write a file for each bin where events are selected; return the other names."""
    empty = []
    for numbers in bins_of(axes):
        own = {key: in_bins(each, numbers) for key, each in responses.items()}
        own_name = "_".join([name, *(f"{axis}_bin{k}" for axis, k in numbers.items())])
        if own["effective_area"]["n_selected"].any():
            header = _keywords(axes, numbers)
            hdus = response_hdus(own.values(), NoObservation())
            told = [_told(hdu, header) for hdu in hdus]
            write_gadf(folder / f"{own_name}.fits.gz", told)
        else:
            empty.append(own_name)
    return empty


def _told(hdu: Hdu, header: Mapping[str, HeaderValue]) -> Hdu:
    return replace(hdu, header={**hdu.header, **header})


def _keywords(
    axes: Sequence[Axis], numbers: Mapping[str, int]
) -> dict[str, HeaderValue]:
    """Say which bin it is: name, unit and edges of each axis."""
    header: dict[str, HeaderValue] = {}
    for place, axis in enumerate(axes, 1):
        number = numbers[axis.name]
        header[f"BINAX{place}"] = axis.name
        header[f"BINUN{place}"] = axis.unit
        for key, edge in (("BINLO", axis.low[number]), ("BINHI", axis.high[number])):
            # A header has no place for what is infinite.
            if np.isfinite(edge):
                header[f"{key}{place}"] = float(edge)
    return header
