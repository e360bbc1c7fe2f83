"""What is impossible about where the telescopes of an array stand."""

import math
from collections.abc import Iterator
from itertools import combinations

from cta_columnar.config import Problem
from cta_columnar.simulation.sections import ArraySection, PlaceSection

# Longest name, of an array or a telescope: it stands in headers of files.
MOST_LETTERS = 200

# Telescopes closer than this stand in each other, m; the smallest mirrors are wider.
NEAREST = 2.0


def name_of(place: PlaceSection) -> str:
    """Name of a telescope; the model and the number if it has none."""
    return place.name or f"{place.model}-{place.id:02d}"


def array_complaints(section: ArraySection) -> Iterator[Problem]:
    """Say what cannot be about the telescopes of an array."""
    if not section.telescopes:
        yield Problem(("telescopes",), "an array wants at least one telescope")
    yield from _unfit_name(section.name, ("name",))
    for row, place in enumerate(section.telescopes):
        yield from _unfit_name(place.name, ("telescopes", str(row), "name"))
        here = ("telescopes", str(row), "position")
        if len(place.position) != 3:
            n = len(place.position)
            yield Problem(here, f"wants 3 numbers (north, west, up in m), got {n}")
        elif place.position[2] < 0.0:
            yield Problem(
                here,
                f"telescope {place.id} stands {-place.position[2]:g} m below the "
                "observation level: lower site.altitude and raise all telescopes",
            )
    yield from _doubled(section)
    yield from _too_near(section)


def _unfit_name(name: str, here: tuple[str, ...]) -> Iterator[Problem]:
    if len(name) > MOST_LETTERS or not name.isprintable():
        shown = f"{name[:20]!r}..." if len(name) > MOST_LETTERS else repr(name)
        yield Problem(
            here, f"wants one line of {MOST_LETTERS} letters at most, got {shown}"
        )


def _doubled(section: ArraySection) -> Iterator[Problem]:
    rows_by_id: dict[int, int] = {}
    rows_by_name: dict[str, int] = {}
    for row, place in enumerate(section.telescopes):
        first = rows_by_id.setdefault(place.id, row)
        if first != row:
            other = name_of(section.telescopes[first])
            message = f"{place.id} is the id of {other} already: give it another one"
            yield Problem(("telescopes", str(row), "id"), message)
        first = rows_by_name.setdefault(name_of(place), row)
        if first != row:
            other_id = section.telescopes[first].id
            message = f"{name_of(place)!r} is the name of telescope {other_id} already"
            yield Problem(("telescopes", str(row), "name"), message)


def _too_near(section: ArraySection) -> Iterator[Problem]:
    rows = [
        (row, place)
        for row, place in enumerate(section.telescopes)
        if len(place.position) == 3
    ]
    for (_, a), (row, b) in combinations(rows, 2):
        distance = math.dist(a.position[:2], b.position[:2])
        if distance < NEAREST:
            yield Problem(
                ("telescopes", str(row), "position"),
                f"telescope {b.id} stands {distance:.3g} m from telescope {a.id}: "
                f"put it {NEAREST:g} m away or more",
            )
