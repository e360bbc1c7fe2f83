"""From a folder of responses to those that are valid for an observation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cta_columnar.array_types import AnyArray
from cta_columnar.config import Cut
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.config.expressions import read_cuts
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.interpolation import HOW, located
from cta_columnar.pipelines.irf.interpolation import grid_of
from cta_columnar.schemas.gadf import POINT_LIKE
from cta_columnar.stages.dl3.nearest import Tolerance, mean_direction, nearest_points
from cta_columnar.stages.dl3.observation import Observation
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.cuts import Cuts
from cta_columnar.stages.irf.grid import Grid
from cta_columnar.stages.irf.interpolation import interpolate
from cta_columnar.stages.irf.product_tables import from_table
from cta_columnar.store import IrfDataset

BACKGROUNDS = ("background_2d", "background_3d")
_ANGLES = ("zenith", "azimuth")


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
    _nearest: dict[int, ValidResponse] = field(default_factory=dict)

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
        if self.interpolates:
            return self._interpolated(observation)
        row = self._nearest_row(observation)
        if row not in self._nearest:
            grid = self.dataset.grid
            point = int(grid["point"][row].as_py())
            zenith, azimuth = (grid[name][row].as_py() for name in _ANGLES)
            found = self._at(row)
            self._nearest[row] = self._valid(
                found, point, (zenith, azimuth), f"point {point}"
            )
        return self._nearest[row]

    def check(self, observation: Observation) -> None:
        """Ask whether there are responses at an observation, and make none.

        Raises
        ------
        UserError
            As `valid_for`, but for a component that is missing.
        """
        if self.interpolates:
            located(observation, self.grid, self.config.responses)
        else:
            self._nearest_row(observation)

    def _nearest_row(self, observation: Observation) -> int:
        grid, settings = self.dataset.grid, self.config.responses
        zenith, azimuth = (grid[name].to_numpy() for name in _ANGLES)
        tolerance = Tolerance(settings.zenith_tolerance, settings.azimuth_tolerance)
        rows = nearest_points(zenith, azimuth, observation, tolerance)
        return _by_night_sky(rows, grid["nsb"].to_numpy(), settings.nsb)

    def _interpolated(self, observation: Observation) -> ValidResponse:
        target, weights = located(observation, self.grid, self.config.responses)
        points = [self._at(row) for row in range(len(self.grid.places))]
        found = interpolate(points, self.grid, target, HOW)
        point = int(self.dataset.grid["point"][int(weights.of_points.argmax())].as_py())
        return self._valid(found, point, mean_direction(observation), str(weights))

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


def _by_night_sky(rows: Sequence[int], nsb: AnyArray, wanted: float | None) -> int:
    """Choose between points in one direction."""
    if len(rows) > 1 and wanted is None:
        levels = ", ".join(f"{nsb[row]:g}" for row in rows)
        raise UserError(
            f"there are responses for several levels of the night sky ({levels}): set "
            "responses.nsb"
        )
    if wanted is None:
        return rows[0]
    return int(min(rows, key=lambda row: abs(float(nsb[row]) - wanted)))
