"""The report on DL1 and DL2 datasets: which sections, which words."""

from collections.abc import Iterator, Sequence

import numpy as np

from cta_columnar import __version__
from cta_columnar.display import figures
from cta_columnar.display.contents import EventShown, ImageShown, Sample
from cta_columnar.display.residuals import MIN_EVENTS, has_full_bin
from cta_columnar.display.style import to_png
from cta_columnar.page import Picture, Section, Table, render
from cta_columnar.schemas.version import SCHEMA_VERSION

_KEY = ("obs_id", "event_id", "tel_id")
_NOT_KNOWN = "–"  # noqa: RUF001 - a dash, in a table of numbers


def report(samples: Sequence[Sample]) -> str:
    """Write what is in some samples as one page of HTML.

    Parameters
    ----------
    samples : sequence of Sample
        Each is described by itself, and all are compared with each other.

    Returns
    -------
    str
        The page; it needs no other file and no network.
    """
    names = ", ".join(sample.name for sample in samples)
    arrays = ", ".join(dict.fromkeys(sample.array for sample in samples))
    sections = [
        _summary(samples),
        _images(samples),
        _events(samples),
        _directions(samples),
        _distributions(samples),
        *_comparison(samples),
        _provenance(samples),
    ]
    software = f"ctacol {__version__}, data model {SCHEMA_VERSION}"
    title, lead = f"Report: {names}", f"Array {arrays}"
    return render(title, lead, sections, f"Made by {software}.")


def _summary(samples: Sequence[Sample]) -> Section:
    rows = [
        (s.name, _number(s.n_thrown), _number(s.n_events), _number(s.n_reconstructed))
        for s in samples
    ]
    header = ("", "thrown showers", "array events", "with a direction")
    types = [
        (sample.name, row["tel_type"], _number(row["telescopes"]),
         _number(row["images"]), _number(row["parametrized"]))
        for sample in samples for row in sample.telescopes
    ]  # fmt: skip
    of_types = ("", "telescope type", "telescopes", "images", "with parameters")
    return Section(
        "What is there",
        tables=[Table(rows, header), Table(types, of_types, n_words=2)],
        notes=[note for sample in samples for note in sample.notes],
    )


def _number(count: int | None) -> str:
    return _NOT_KNOWN if count is None else f"{count:,}"


def _images(samples: Sequence[Sample]) -> Section:
    pictures = [
        _image(shown, sample.name) for sample in samples for shown in sample.images
    ]
    if not pictures:
        return Section("Camera images", notes=["There are no images to show."])
    text = (
        "White: simulated truth. Orange: what the analysis found. Colours go with the "
        "square root of the charge, on which the noise of photon counting is equally "
        "wide everywhere. The view is from the telescope to the sky; fov_lon grows "
        "with azimuth, fov_lat with altitude."
    )
    return Section("Camera images", text, pictures=pictures)


def _image(shown: ImageShown, sample: str) -> Picture:
    obs_id, event_id, tel_id = (shown.row[name] for name in _KEY)
    facts = [f"Run {obs_id}, event {event_id}, telescope {tel_id}"]
    intensity = shown.row.get("hillas_intensity", np.nan)
    if np.isfinite(intensity):
        facts.append(f"{intensity:,.0f} p.e. kept")
    if shown.true_energy is not None:
        facts.append(f"{shown.true_energy:.3g} TeV")
    title = f"{sample}, {shown.telescope.name}, {shown.kind}."
    return Picture(to_png(figures.image(shown)), title, ", ".join(facts) + ".")


def _events(samples: Sequence[Sample]) -> Section:
    shown = [(sample.name, sample.event) for sample in samples if sample.event]
    if not shown:
        return Section(
            "An event on the ground", notes=["No event was seen by two telescopes."]
        )
    text = (
        "The telescopes from above, sized by their mirrors and coloured by the charge "
        "of their images; empty ones have no image. The axes of the images cross where "
        "the shower hit the ground."
    )
    pictures = [_event(name, event) for name, event in shown]
    return Section("An event on the ground", text, pictures=pictures)


def _event(name: str, shown: EventShown) -> Picture:
    row = shown.row
    facts = [f"Run {row['obs_id']}, event {row['event_id']}"]
    if "true_energy" in row:
        facts.append(f"{row['true_energy']:.3g} TeV")
    true, found = shown.true_core, shown.reconstructed_core
    if true and found:
        distance = np.hypot(true[0] - found[0], true[1] - found[1])
        facts.append(f"reconstructed {distance:.0f} m from the true core")
    return Picture(to_png(figures.event(shown)), f"{name}.", ", ".join(facts) + ".")


def _directions(samples: Sequence[Sample]) -> Section:
    known = {
        s.name: s.directions
        for s in samples
        if s.directions is not None and len(s.directions)
    }
    if not known:
        note = "There is no event with both a true and a reconstructed direction."
        return Section("Directions", notes=[note])
    text = (
        "Angle between true and reconstructed direction, of all events that have one: "
        "no cut on quality, multiplicity or offset."
    )
    pictures, notes = [], []
    if any(has_full_bin(frame["true_energy"].to_numpy()) for frame in known.values()):
        drawn = to_png(figures.containments(known))
        caption = f"Radius that holds 68 % of the events; at least {MIN_EVENTS} a bin."
        pictures.append(Picture(drawn, "Angular resolution.", caption))
    else:
        few = f"No bin of energy has {MIN_EVENTS} events: too few for a resolution."
        notes.append(few)
    for name, frame in known.items():
        caption = f"Reconstructed about true directions; events: {len(frame):,}."
        pictures.append(Picture(to_png(figures.residuals(frame)), f"{name}.", caption))
    return Section("Directions", text, pictures=pictures, notes=notes)


def _distributions(samples: Sequence[Sample]) -> Section:
    pictures = []
    for sample in samples:
        if sample.energies is not None and len(sample.energies):
            title = f"{sample.name}: energies."
            caption = "Every use of a thrown shower counts."
            drawn = to_png(figures.energies(sample.energies))
            pictures.append(Picture(drawn, title, caption))
        if sample.multiplicities is not None and len(sample.multiplicities):
            title = f"{sample.name}: multiplicity."
            caption = "Telescopes with an image, per array event."
            drawn = to_png(figures.multiplicities(sample.multiplicities))
            pictures.append(Picture(drawn, title, caption))
    notes = [] if pictures else ["There are no events to count."]
    return Section("Energy and multiplicity", pictures=pictures, notes=notes)


def _comparison(samples: Sequence[Sample]) -> Iterator[Section]:
    """Image parameters side by side, if there is something to compare."""
    types = [set(s.parameters) for s in samples]
    common = sorted(set.intersection(*types)) if len(types) > 1 else []
    if not common:
        return
    names = " and ".join(sample.name for sample in samples)
    pictures = [
        Picture(
            to_png(figures.parameters(samples, tel_type)),
            f"{tel_type}.",
            "All images with parameters.",
            is_wide=True,
        )
        for tel_type in common
    ]
    text = "Distributions have the same area: shapes are compared, not numbers."
    yield Section(f"Images of {names}", text, pictures=pictures)


def _provenance(samples: Sequence[Sample]) -> Section:
    rows = [row for sample in samples for row in sample.provenance]
    header = ("dataset", "made by", "data model", "configuration", "code", "inputs")
    tables = [Table(rows, header, n_words=len(header))]
    return Section("Where it comes from", tables=tables)
