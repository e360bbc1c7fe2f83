"""The events of some showers, as blocks of a file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cta_columnar.simulation import event_blocks
from cta_columnar.simulation.bookkeeping import Tally, Thrown, event_weight
from cta_columnar.simulation.light import expected_light, photo_electrons
from cta_columnar.simulation.photoelectrons import PhotoElectrons
from cta_columnar.simulation.responses import ArrayResponse, respond
from cta_columnar.simulation.run import Run
from cta_columnar.simulation.run_headers import calibration_blocks, header_piece
from cta_columnar.simulation.schedule import IN_FRONT
from cta_columnar.simulation.showers import (
    Shower,
    core_near,
    core_position,
    make_shower,
)
from cta_columnar.simulation.simtel.showers import event_id

Step = Callable[[str], None]
"""Called with the name of a step when it is done."""

FRAME_BYTES = 16 << 20
"""Blocks are compressed together until there are so many bytes of them."""


def begin_frames(run: Run, step: Step) -> Iterator[bytes]:
    """Make what comes before the first shower, in frames.

    The headers have one to themselves: who begins to read further down needs them, and
    no calibration events.
    """
    headers = header_piece(run)
    step("headers")
    yield headers
    for frame in framed(calibration_blocks(run, IN_FRONT)):
        step("headers")
        yield frame


def shower_blocks(
    run: Run, first: int, last: int, tally: Tally, step: Step
) -> Iterator[bytes]:
    """Make the blocks of showers with numbers from ``first`` to ``last``.

    Parameters
    ----------
    run : Run
        The run.
    first, last : int
        Numbers, from 1; both included.
    tally : Tally
        Is added to.
    step : callable
        See `Step`.

    Yields
    ------
    bytes
        All blocks of one shower, and those of calibration events before it.
    """
    for shower_id in range(first, last + 1):
        shower = make_shower(run.settings, shower_id)
        step("showers")
        blocks = [*calibration_blocks(run, shower_id)]
        blocks.append(event_blocks.shower_block(shower))
        for use in range(run.config.reuse):
            blocks += _Throw(run, shower, use).blocks(tally, step)
        tally.counts["showers"] += 1
        yield b"".join(blocks)


@dataclass(frozen=True, eq=False)
class _Throw:
    """One use of a shower."""

    run: Run
    shower: Shower
    use: int

    def blocks(self, tally: Tally, step: Step) -> Iterator[bytes]:
        run, shower = self.run, self.shower
        ident = event_id(shower.shower_id, self.use)
        core = self._core()
        light = self._light(core)
        step("light")
        response = self._response(light)
        step("cameras")
        thrown = self._thrown(core)
        tally.throw(thrown)
        yield event_blocks.core_block(ident, shower, core)
        if response is not None:
            is_event = response.decision.telescopes.size > 0
            if is_event or run.config.file.untriggered_images:
                yield from self._truth(ident, response, tally)
            if is_event:
                tally.trigger(thrown)
                tally.counts["telescope_events"] += len(response.telescopes)
                yield from self._event(ident, response)
        step("blocks")

    def _thrown(self, core: NDArray[np.float64]) -> Thrown:
        config, energy = self.run.config, self.shower.energy
        return Thrown(
            *event_blocks.distances(self.shower, core),
            energy,
            event_weight(config.particle, config.index, config.reuse, energy),
            self.run.setup.most_distance,
        )

    def _truth(
        self, ident: int, response: ArrayResponse, tally: Tally
    ) -> Iterator[bytes]:
        bright = event_blocks.bright(self.run, response.signals)
        tally.counts["images"] += len(bright)
        # Readers expect the block of an event, even if nothing is in it.
        if bright or response.telescopes:
            yield event_blocks.truth_block(self.run, ident, response.signals)

    def _core(self) -> NDArray[np.float64]:
        run = self.run
        if not run.setup.has_lone_muons:
            return core_position(run.settings, self.shower, self.use)
        models = map(run.array.model_of, range(run.array.n_telescopes))
        radii = np.array([model.mirror.radius for model in models])
        positions = run.array.positions
        return core_near(run.settings, self.shower, self.use, positions, radii)

    def _light(self, core: NDArray[np.float64]) -> PhotoElectrons | None:
        """Photo-electrons of all telescopes that may have enough; None if none may."""
        run = self.run
        expected = expected_light(self.shower, core, run.observers)
        wanted = expected >= run.least_light
        if not wanted.any() or not self._is_of_use(expected):
            return None
        return photo_electrons(self.shower, self.use, core, run.observers, wanted)

    def _is_of_use(self, expected: NDArray[np.float64]) -> bool:
        """Whether anything may be written: an event or, if wanted, images alone."""
        run = self.run
        if run.config.file.untriggered_images:
            return True
        needed = 1 if run.trigger.random_mono else run.trigger.multiplicity
        return int((expected >= run.triggering_light).sum()) >= needed

    def _response(self, light: PhotoElectrons | None) -> ArrayResponse | None:
        if light is None:
            return None
        run, key = self.run, (self.use, self.shower.shower_id)
        return respond(
            run.array, run.cameras, light, key, run.trigger, run.setup.pointing
        )

    def _event(self, ident: int, response: ArrayResponse) -> Iterator[bytes]:
        run, shower = self.run, self.shower
        throw = run.schedule.moment(shower.shower_id, self.use)
        signals = response.signals
        yield event_blocks.sums_block(run, ident, shower.shower_id, signals)
        yield event_blocks.event_block(run, ident, throw, response)


def framed(blocks: Iterator[bytes], size: int = FRAME_BYTES) -> Iterator[bytes]:
    """Collect blocks until there are ``size`` bytes, so that memory stays small."""
    waiting: list[bytes] = []
    n_bytes = 0
    for each in blocks:
        waiting.append(each)
        n_bytes += len(each)
        if n_bytes >= size:
            yield b"".join(waiting)
            waiting, n_bytes = [], 0
    if waiting:
        yield b"".join(waiting)
