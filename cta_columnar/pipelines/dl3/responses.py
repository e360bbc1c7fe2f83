"""From a folder of responses to those that are valid for an observation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cta_columnar.config import Cut
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.config.expressions import read_cuts
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.interpolation import HOW, located
from cta_columnar.pipelines.dl3.nearest_point import nearest_row
from cta_columnar.pipelines.dl3.own_bins import (
    Own,
    axes_of_runs,
    in_own_bins,
    own_values,
)
from cta_columnar.pipelines.irf.interpolation import grid_of
from cta_columnar.schemas.gadf import POINT_LIKE
from cta_columnar.stages.dl3.nearest import mean_direction
from cta_columnar.stages.dl3.observation import Observation
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.cuts import Cuts
from cta_columnar.stages.irf.grid import Grid
from cta_columnar.stages.irf.interpolation import interpolate
from cta_columnar.stages.irf.product_tables import from_table
from cta_columnar.store import IrfDataset

BACKGROUNDS = ("background_2d", "background_3d")


@dataclass(frozen=True, eq=False)
class ValidResponse:
    """What is valid for an observation.

    Attributes
    ----------
    point : int
        Point of the grid that it is of, or the one with most weight in it.
    zenith, azimuth : float
        Where that points, deg; what is interpolated, as the observation does.
    cuts : Cuts
        On the score and the number of telescopes.
    components : mapping of str to Component
        By name, in the order of the file.
    said : str
        Of which points it is, in words.
    """

    point: int
    zenith: float
    azimuth: float
    cuts: Cuts
    components: Mapping[str, Component]
    said: str


@dataclass(eq=False)
class Responses:
    """Responses of all observations, each point of the grid read once.

    Parameters
    ----------
    dataset : IrfDataset
        The folder.
    config : DL3Config
        Which of them.
    """

    dataset: IrfDataset
    config: DL3Config
    _read: dict[int, dict[str, Component]] = field(default_factory=dict)
    _nearest: dict[tuple[int, tuple[float, ...]], ValidResponse] = field(
        default_factory=dict
    )

    @property
    def particles(self) -> dict[str, tuple[int, ...]]:
        """Primaries by the name of the particle, as the responses have them."""
        known = self.dataset.manifest.configuration["particles"]
        return {name: tuple(primaries) for name, primaries in known.items()}

    @property
    def signal(self) -> str:
        """The particle of a source."""
        return str(self.dataset.manifest.configuration["signal"])

    @property
    def quality(self) -> tuple[Cut, ...]:
        """Conditions that events of the responses met."""
        return read_cuts(self.dataset.manifest.configuration["quality"])

    @property
    def is_point_like(self) -> bool:
        """Whether responses are behind a cut on theta."""
        return self.dataset.manifest.enclosure == POINT_LIKE

    @property
    def event_type(self) -> int:
        """Which events are taken; `ALL_TYPES` for all."""
        return self.config.responses.event_type

    @property
    def class_column(self) -> str:
        """Column of events whose classes become EVENT_TYPE; empty if there is none."""
        return self.dataset.manifest.event_type_column

    @cached_property
    def runs(self) -> dict[str, int]:
        """Number by which showers of each simulated run were chosen, by its digest."""
        made = self.dataset.manifest.inputs
        return {digest: obs_id for each in made for obs_id, digest in each.runs}

    @cached_property
    def interpolates(self) -> bool:
        """Whether responses are interpolated; those of one point never are."""
        choice = self.config.responses.choice
        if choice is None:
            choice = "interpolate" if self.config.observe is None else "nearest"
        return choice == "interpolate" and self.dataset.grid.num_rows > 1

    @cached_property
    def grid(self) -> Grid:
        """Where the points are."""
        return grid_of(self.dataset)

    def valid_for(self, observation: Observation) -> ValidResponse:
        """Return the responses at an observation: interpolated, or the nearest ones.

        Raises
        ------
        UserError
            If none is near enough, the observation is outside of the grid, or a
            component is missing.
        """
        settings = self.config.responses
        own = own_values(observation, self._run_axes, settings)
        if self.interpolates:
            return self._interpolated(observation, own)
        row = nearest_row(self.dataset.grid, observation, settings, own)
        key = row, tuple(own.values())
        if key not in self._nearest:
            grid = self.dataset.grid
            point = int(grid["point"][row].as_py())
            zenith, azimuth = (
                own.get(name, grid[name][row].as_py()) for name in ("zenith", "azimuth")
            )
            found, bins = in_own_bins(self._at(row), own)
            said = f"point {point}{bins}"
            self._nearest[key] = self._valid(found, point, (zenith, azimuth), said)
        return self._nearest[key]

    def check(self, observation: Observation) -> None:
        """Ask whether there are responses at an observation, and make none.

        Raises
        ------
        UserError
            As `valid_for`, but for a component that is missing.
        """
        settings = self.config.responses
        own = own_values(observation, self._run_axes, settings)
        if self.interpolates:
            located(observation, self.grid, settings, own)
        else:
            nearest_row(self.dataset.grid, observation, settings, own)

    @cached_property
    def _run_axes(self) -> list[str]:
        return axes_of_runs(self.dataset)

    def _interpolated(self, observation: Observation, own: Own) -> ValidResponse:
        settings = self.config.responses
        target, weights = located(observation, self.grid, settings, own)
        rows = range(len(self.grid.places))
        chosen = [in_own_bins(self._at(row), own) for row in rows]
        found = interpolate([each for each, _ in chosen], self.grid, target, HOW)
        row = int(weights.of_points.argmax())
        point = int(self.dataset.grid["point"][row].as_py())
        said = f"{weights}{chosen[row][1]}"
        return self._valid(found, point, mean_direction(observation), said)

    def _at(self, row: int) -> dict[str, Component]:
        """Cuts and components of a row of the grid."""
        if row not in self._read:
            point = int(self.dataset.grid["point"][row].as_py())
            names = ["cuts", *self._names()]
            self._read[row] = {name: self._component(name, point) for name in names}
        return self._read[row]

    def _valid(
        self,
        found: Mapping[str, Component],
        point: int,
        place: tuple[float, float],
        said: str,
    ) -> ValidResponse:
        if not (found["effective_area"]["effective_area"] > 0).any():
            raise UserError(
                f"the responses of {said} have no effective area, as no event was "
                "selected there"
            )
        cuts = Cuts.from_component(found["cuts"])
        components = {name: found[name] for name in self._names()}
        return ValidResponse(point, *place, cuts, components, said)

    def _component(self, name: str, point: int) -> Component:
        cells = self.dataset.cells(name)
        if (point, self.event_type) not in cells:
            types = sorted({event_type for at, event_type in cells if at == point})
            raise UserError(
                f"{self.dataset.root} has no {name} of event type {self.event_type} at "
                f"point {point}; set responses.event_type to one of "
                f"{', '.join(map(str, types)) or 'none'} (-1: all together)"
            )
        return from_table(self.dataset.read(name, point, self.event_type))

    def _names(self) -> list[str]:
        """Components that an observation gets, the chosen background first."""
        there = self.dataset.products
        wanted = ["effective_area", "energy_dispersion"]
        wanted.append("rad_max" if self.is_point_like else "psf")
        for name in ("cuts", *wanted):
            if name not in there:
                raise UserError(
                    f"{self.dataset.root} has no {name}, which event lists want: make "
                    "the responses again with ctacol run irf"
                )
        backgrounds: list[str] = []
        if self.config.background == "irf":
            first = self.config.responses.background
            order = [first, *(name for name in BACKGROUNDS if name != first)]
            backgrounds = [name for name in order if name in there]
            if not backgrounds:
                raise UserError(
                    f"{self.dataset.root} has no background; set background=off-region "
                    "to make it of the events, or background=none to do without"
                )
        return [*wanted, *backgrounds]
