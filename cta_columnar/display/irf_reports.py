"""The report on instrument responses: which sections, which words."""

from collections.abc import Callable, Iterator, Sequence

import polars as pl
from matplotlib.figure import Figure

from cta_columnar import __version__
from cta_columnar.display import irf_curves, irf_cut_curves, irf_matrices
from cta_columnar.display.irf_contents import (
    IrfShown,
    Response,
    energy_of,
    innermost,
    offset_of,
)
from cta_columnar.display.style import to_png
from cta_columnar.page import Picture, Section, Table, render
from cta_columnar.schemas.version import SCHEMA_VERSION

# Product, picture, title, what it shows.
_Compared = tuple[str, Callable[[Sequence[Response]], Figure], str, str]
_Single = tuple[str, Callable[[Response], Figure], str, str]

_BENCHMARKS: tuple[_Compared, ...] = (
    (
        "sensitivity", irf_curves.sensitivity, "Sensitivity.",
        "Smallest flux of a point source that is detected in each bin of energy.",
    ),
    (
        "angular_resolution", irf_curves.angular_resolution, "Angular resolution.",
        "Radius around the true direction.",
    ),
    (
        "energy_resolution", irf_curves.energy_resolution, "Energy resolution.",
        "Half the width of the central 68 % of reconstructed over true energy.",
    ),
    (
        "energy_resolution", irf_curves.energy_bias, "Energy bias.",
        "Of reconstructed over true energy, less 1.",
    ),
    (
        "background_rate", irf_curves.background_rate, "Background rate.",
        "What is left after the cuts.",
    ),
    (
        "roc_area", irf_curves.roc_area, "Separation.",
        "Chance that a gamma ray has a higher score than background.",
    ),
)  # fmt: skip
_RESPONSES: tuple[_Compared, ...] = (
    (
        "effective_area", irf_curves.effective_area, "Effective area.",
        "In the innermost ring of the field of view.",
    ),
    (
        "background_2d", irf_curves.background_density, "Background.",
        "Rate per energy and solid angle in the innermost ring.",
    ),
)  # fmt: skip
_OVER_FIELD: tuple[_Single, ...] = (
    (
        "sensitivity", irf_curves.sensitivity_by_offset,
        "Sensitivity over the field of view.", "",
    ),
    (
        "angular_resolution", irf_curves.angular_resolution_by_offset,
        "Angular resolution over the field of view.", "",
    ),
    (
        "energy_resolution", irf_curves.energy_resolution_by_offset,
        "Energy resolution over the field of view.", "",
    ),
    (
        "effective_area", irf_curves.effective_area_by_offset,
        "Effective area over the field of view.", "",
    ),
    (
        "background_2d", irf_curves.background_by_offset,
        "Background over the field of view.", "",
    ),
)  # fmt: skip
_DETAILS: tuple[_Single, ...] = (
    (
        "energy_migration", irf_matrices.migration, "Migration matrix.",
        "Innermost ring; on the line, energies are right.",
    ),
    (
        "energy_dispersion", irf_matrices.dispersion, "Energy dispersion.",
        "Innermost ring.",
    ),
    (
        "psf", irf_matrices.containment, "Point-spread function.",
        "Share of events within a radius, of those in the range of the table; "
        "innermost ring. Dashed: 68 %.",
    ),
    (
        "roc", irf_matrices.roc, "ROC curves.",
        "Bands: statistical error. Dashed: no separation.",
    ),
)  # fmt: skip
_TABLES = (
    ("sensitivity", "energy_flux_sensitivity", "erg cm⁻² s⁻¹"),
    ("angular_resolution", "angular_resolution", "deg"),
    ("energy_resolution", "energy_resolution", ""),
    ("energy_resolution", "energy_bias", ""),
    ("effective_area", "effective_area", "m²"),
    ("background_rate", "background_rate", "1/s"),
)


def irf_report(shown: IrfShown) -> str:
    """Write what responses are like as one page of HTML.

    Returns
    -------
    str
        The page; it needs no other file and no network.
    """
    own = [each for each in shown.responses if not each.is_reference]
    sections = [
        Section("What is there", notes=shown.warnings, tables=_facts(shown)),
        _pictures("How good", _BENCHMARKS, shown.responses, _ERRORS),
        _pictures("Responses", _RESPONSES, shown.responses, ""),
        *(_details(response) for response in own[:1]),
        *_cuts(own, shown.by_type),
        *_by_type(shown.by_type),
        *_numbers(own[:1]),
        *cut_flow(shown.cut_flow),
        *provenance(shown.provenance),
    ]
    lead = ", ".join(response.name for response in shown.responses)
    footer = f"Made by ctacol {__version__}, data model {SCHEMA_VERSION}."
    return render(shown.title, lead, sections, footer)


_ERRORS = (
    "Error bars are statistical, one standard deviation; horizontal ones are bins. A "
    "grey line is a reference, whose cuts may be others. Of several rings of the field "
    "of view the innermost one is drawn."
)


def _facts(shown: IrfShown) -> list[Table]:
    tables = [Table(shown.facts, n_words=2)]
    tables += [
        Table(each.rows, each.header, each.n_words, title, each.folded)
        for title, each in shown.tables
    ]
    return tables


def _pictures(
    title: str, wanted: Sequence[_Compared], responses: Sequence[Response], text: str
) -> Section:
    pictures, missing = [], []
    for product, draw, heading, caption in wanted:
        own = [each for each in responses if not each.is_reference]
        if any(product in each.products for each in own):
            pictures.append(Picture(to_png(draw(responses)), heading, caption))
        else:
            missing.append(product)
    notes = [f"Not in these responses: {', '.join(dict.fromkeys(missing))}."]
    return Section(title, text, pictures=pictures, notes=notes if missing else [])


def _details(response: Response) -> Section:
    products = response.products
    rings = [each for each in _OVER_FIELD if _has_rings(products.get(each[0]))]
    known = [*rings, *(each for each in _DETAILS if each[0] in products)]
    pictures = [
        Picture(to_png(draw(response)), heading, caption)
        for _, draw, heading, caption in known
    ]
    if "background_3d" in response.products:
        drawn = to_png(irf_matrices.background_maps(response))
        title = "Background in the field of view."
        pictures.append(Picture(drawn, title, "White: no event.", is_wide=True))
    return Section(f"In detail: {response.name}", pictures=pictures)


def _has_rings(rows: pl.DataFrame | None) -> bool:
    return rows is not None and offset_of(rows) is not None


def _cuts(own: Sequence[Response], by_type: Sequence[Response]) -> Iterator[Section]:
    groups = [("Cuts.", own), ("Cuts by event type.", by_type)]
    pictures = [
        Picture(
            to_png(irf_cut_curves.cuts(responses)),
            title,
            "Dotted: outside of the energies that the cuts are good for.",
        )
        for title, responses in groups
        if any("cuts" in each.products for each in responses)
    ]
    if pictures:
        yield Section("Cuts", pictures=pictures)


def _by_type(by_type: Sequence[Response]) -> Iterator[Section]:
    if by_type:
        text = "Each has cuts of its own. Type 0 has the smallest predicted error."
        wanted = [*_BENCHMARKS, *_RESPONSES]
        yield _pictures("By event type", wanted, by_type, text)


def _numbers(own: Sequence[Response]) -> Iterator[Section]:
    """Benchmarks of the first response as numbers."""
    for response in own:
        tables = [
            _values(response.products[product], value, unit)
            for product, value, unit in _TABLES
            if product in response.products
        ]
        yield Section(f"Numbers: {response.name}", tables=tables)


def _values(rows: pl.DataFrame, value: str, unit: str) -> Table:
    near = innermost(rows)
    energy = energy_of(near)
    counts = [n for n in ("n_events", "n_selected", "n_signal") if n in near.columns]
    cells = [
        (
            f"{row[f'{energy}_low']:.3g}",
            f"{row[f'{energy}_high']:.3g}",
            f"{row[value]:.4g}",
            f"{row[f'{value}_uncert']:.2g}",
            *(f"{row[name]:,}" for name in counts),
        )
        for row in near.to_dicts()
    ]
    name = value.replace("_", " ")
    label = f"{name} ({unit})" if unit else name
    kind = energy.replace("_", " ")
    header = (f"{kind} from", "to (TeV)", label, "error", *("events" for _ in counts))
    folded = f"{name.capitalize()}: {len(cells)} bins of energy"
    return Table(cells, header, n_words=0, folded=folded)


def cut_flow(rows: pl.DataFrame) -> Iterator[Section]:
    """Make the section that tells how many events each cut leaves."""
    if not rows.height:
        return
    cells = [
        (row["stage"], row["cut"], f"{row['n_passed']:,}", f"{row['n_survivors']:,}")
        for row in rows.to_dicts()
    ]
    header = ("events of", "cut", "pass it alone", "are left")
    yield Section("Cut flow", tables=[Table(cells, header, n_words=2)])


def provenance(steps: Sequence[tuple[str, Sequence[Table]]]) -> Iterator[Section]:
    """Make the section that tells every step from raw data on."""
    if not steps:
        return
    tables = [
        Table(
            each.rows, each.header, each.n_words, stage if i == 0 else "", each.folded
        )
        for stage, own in steps
        for i, each in enumerate(own)
    ]
    text = "Every step, the first one first; runs of the same software are one."
    yield Section("Where it comes from", text, tables=tables)
