"""A run: all that its events have in common."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cta_columnar.config.simulate import SimulateConfig
from cta_columnar.errors import UserError
from cta_columnar.instrument.digest import digest_of
from cta_columnar.simulation.array_trigger import TYPE_MASKS, ArrayTrigger
from cta_columnar.simulation.arrays import ArrayModel, load_array
from cta_columnar.simulation.atmosphere import Atmosphere
from cta_columnar.simulation.bookkeeping import largest_distance
from cta_columnar.simulation.electronics import Electronics
from cta_columnar.simulation.light import Observers, observe
from cta_columnar.simulation.pixel_constants import array_electronics
from cta_columnar.simulation.run_atmosphere import atmosphere_of
from cta_columnar.simulation.schedule import Schedule, schedule_of
from cta_columnar.simulation.showers import MIRRORS_AROUND, ShowerSettings
from cta_columnar.simulation.simtel.array_events import tracking
from cta_columnar.simulation.times import start_of

F8 = NDArray[np.float64]

_FAINT = 5.0  # photo-electrons; telescopes that expect fewer hardly ever trigger
_MUON = "muon"


@dataclass(frozen=True, eq=False)
class Setup:
    """An array under an atmosphere, as configured; quick to make.

    Attributes
    ----------
    config : SimulateConfig
        The configuration.
    array : ArrayModel
        Telescopes that take part.
    atmosphere : Atmosphere
        Over the array.
    """

    config: SimulateConfig
    array: ArrayModel
    atmosphere: Atmosphere

    @property
    def pointing(self) -> tuple[float, float]:
        """Altitude and azimuth of the array, rad."""
        config = self.config
        return math.radians(90.0 - config.zenith), math.radians(config.azimuth)

    @property
    def multiplicity(self) -> int:
        """Telescopes that must trigger."""
        chosen = self.config.trigger.min_telescopes
        if chosen is not None:
            return chosen
        return 1 if self.has_lone_muons else min(2, self.array.n_telescopes)

    @property
    def has_lone_muons(self) -> bool:
        """Whether cores lie around the mirrors, see `core_near`, not in a disc."""
        return self.config.particle == _MUON

    @property
    def farthest_core(self) -> float:
        """Largest distance of a core from the middle of the array, across, m."""
        if not self.has_lone_muons:
            return self.config.scatter_radius
        # Mirrors stand above the ground, so cores lie behind them.
        reach = np.linalg.norm(self.array.positions, axis=1)
        mirrors = np.array([model.mirror.radius for model in self.array.models])
        return float((reach + MIRRORS_AROUND * mirrors[self.array.model_index]).max())

    @property
    def most_distance(self) -> float:
        """End of the axis of distances in histograms, m."""
        return largest_distance(self.farthest_core)

    @property
    def digest(self) -> str:
        """Digest of array and atmosphere, which may come from files of a user."""
        return digest_of([_content(self.array), _content(self.atmosphere)])


def _content(value: object) -> object:
    """Fields of a dataclass, and of those within, as nested tuples."""
    if is_dataclass(value):
        return tuple(_content(getattr(value, each.name)) for each in fields(value))
    if isinstance(value, tuple):
        return tuple(map(_content, value))
    if isinstance(value, dict):
        return tuple((str(key), _content(each)) for key, each in value.items())
    return value


def set_up(config: SimulateConfig) -> Setup:
    """Look up array and atmosphere, and whether they fit the configuration.

    Raises
    ------
    UserError
        If there is no such array, telescope or atmosphere, if no event can be made, or
        a run has no place in time.
    """
    start_of(config, max(config.runs))
    array = load_array(config.array)
    if config.telescopes is not None:
        known = array.tel_ids.tolist()
        if unknown := sorted(set(config.telescopes) - set(known)):
            listed = ", ".join(map(str, known))
            raise UserError(
                f"telescopes: {array.name} has no telescope {unknown[0]}; it has "
                f"{listed}"
            )
        array = array.select(config.telescopes)
    atmosphere = atmosphere_of(config.atmosphere, config.transmission, array.site)
    setup = Setup(config, array, atmosphere)
    if setup.multiplicity > array.n_telescopes:
        raise UserError(
            f"trigger.min_telescopes: {setup.multiplicity} cannot trigger, "
            f"{array.name} has {array.n_telescopes} here"
        )
    return setup


@dataclass(frozen=True, eq=False)
class Run:
    """What is constant in a run; takes seconds to make.

    Attributes
    ----------
    setup : Setup
        What is simulated.
    number : int
        Of the run.
    settings : ShowerSettings
        Of the showers.
    observers : Observers
        The array, as light sees it.
    cameras : sequence of Electronics
        One per telescope.
    trigger : ArrayTrigger
        Of the array.
    tracking : tuple of bytes
        Blocks that say where each telescope points.
    """

    setup: Setup
    number: int
    settings: ShowerSettings
    observers: Observers
    cameras: Sequence[Electronics]
    trigger: ArrayTrigger
    tracking: tuple[bytes, ...]

    @property
    def config(self) -> SimulateConfig:
        """The configuration."""
        return self.setup.config

    @property
    def array(self) -> ArrayModel:
        """The telescopes."""
        return self.setup.array

    def mask_of(self, index: int) -> int:
        """How the telescope in a row of the array triggers, as in files."""
        return TYPE_MASKS[self.array.model_of(index).trigger.kind]

    @cached_property
    def start(self) -> int:
        """When it begins, s since 1970."""
        return start_of(self.config, self.number)

    @cached_property
    def schedule(self) -> Schedule:
        """Order of calibration events and throws."""
        return schedule_of(self.config)

    @property
    def least_light(self) -> float:
        """Photo-electrons to expect below which a telescope is left out."""
        # Of 5 expected ones 10 become once in thirty times. However few images are to
        # be kept, what triggers must not depend on it.
        return min(_FAINT, 0.5 * self.config.file.photoelectrons)

    @cached_property
    def triggering_light(self) -> F8:
        """Photo-electrons to expect below which no telescope triggers, float64[t]."""
        # Far below, since light fluctuates.
        return 0.4 * np.array([camera.least_charge for camera in self.cameras])


def prepare(setup: Setup, number: int) -> Run:
    """Make all that is constant in a run: a function of the setup and its number."""
    config, array = setup.config, setup.array
    altitude, azimuth = setup.pointing
    settings = ShowerSettings(
        seed=config.seed,
        run=number,
        particle=config.particle,
        energy_range=config.energy,
        index=config.index,
        alt=altitude,
        az=azimuth,
        viewcone=config.viewcone,
        atmosphere=setup.atmosphere,
        n_use=config.reuse,
        scatter_radius=config.scatter_radius,
        field=array.site.field,
    )
    cameras = array_electronics(
        array,
        config.seed,
        number,
        nsb_factor=config.cameras.nsb_factor,
        disabled_fraction=config.cameras.disabled_pixels,
        trigger_rate=config.trigger.night_sky_rate,
    )
    trigger = ArrayTrigger(
        multiplicity=setup.multiplicity,
        window=config.trigger.window,
        hard_stereo=frozenset(config.trigger.hard_stereo),
        random_mono=config.trigger.random_mono,
    )
    observers = observe(settings, array, altitude, azimuth)
    points = tuple(tracking(t, azimuth, altitude) for t in array.tel_ids.tolist())
    return Run(setup, number, settings, observers, cameras, trigger, points)
