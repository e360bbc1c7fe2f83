"""What products of a point are made with, besides events."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8
from cta_columnar.config import IrfConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.plan import IrfPlan
from cta_columnar.pipelines.irf.run_bins import InBins, n_thrown_in_bins
from cta_columnar.stages.irf.histogram import HistogramSpec
from cta_columnar.stages.irf.simulated_runs import SimulatedRuns
from cta_columnar.stages.irf.spectrum import Spectrum

_SECONDS = 3600.0
_ROUNDING = 1e-4  # deg; files have cones in single precision


@dataclass(frozen=True, eq=False)
class Basis:
    """What products of a point are made with, besides events.

    Attributes
    ----------
    config : IrfConfig
        What is wanted.
    plan : IrfPlan
        In which bins.
    spectra : mapping of str to Spectrum
        By particle.
    runs : mapping of str to SimulatedRuns
        By particle, at this point.
    in_bins : mapping of str to InBins
        What of it was thrown into bins of axes of runs, by particle.
    n_thrown : float64
        Showers of the signal, in the bins of the effective area.
    """

    config: IrfConfig
    plan: IrfPlan
    spectra: Mapping[str, Spectrum]
    runs: Mapping[str, SimulatedRuns]
    in_bins: Mapping[str, InBins]
    n_thrown: F8

    @property
    def obs_time(self) -> float:
        """Time of observation, s."""
        return self.config.obs_time * _SECONDS

    @property
    def background(self) -> list[str]:
        """Particles of the background that are there."""
        return [name for name in self.config.background if name in self.runs]

    def scale(self, particle: str) -> float:
        """Return what weights are multiplied by: time over thrown showers."""
        return self.obs_time / self.runs[particle].n_total

    def scale_in_bins(self, particle: str, spec: HistogramSpec) -> F8:
        """Return the same for each bin of a histogram whose weights are by run.

        Returns
        -------
        scale : float64, in a shape that goes with that of the histogram
        """
        axes = self.plan.run_axes
        thrown = n_thrown_in_bins(self.in_bins[particle], axes)
        # Nothing can be seen in a bin without runs, so any number does.
        scale = self.obs_time / np.where(thrown > 0, thrown, np.inf)
        names = {axis.name for axis in axes}
        shape = [axis.n_bins if axis.name in names else 1 for axis in spec.axes]
        return scale.reshape(shape)

    def check(self) -> None:
        """Refuse runs that responses cannot be made of.

        Raises
        ------
        UserError
            If they differ in what may not differ, or threw nothing into any bin.
        """
        for particle, runs in self.runs.items():
            try:
                _ = runs.view_cone
            except UserError as error:
                raise UserError(f"{particle}: {error}") from error
        self._check_rings()
        _ = self.runs[self.config.signal].total_area
        if not self.n_thrown.sum() > 0:
            raise UserError(
                f"no shower of {self.config.signal} was thrown into any bin of the "
                "effective area: see axes.true_energy and axes.offset"
            )

    def _check_rings(self) -> None:
        """Refuse rings whose background was thrown into a part of them only.

        It is taken from all of them, so that there would seem to be less of it.
        """
        rings = self.config.benchmarks.rings
        for particle in self.background:
            inner, outer = self.runs[particle].view_cone
            # A point source is refused for itself.
            beyond = rings[0] < inner - _ROUNDING or rings[-1] > outer + _ROUNDING
            if outer > 0 and beyond:
                raise UserError(
                    f"benchmarks.rings: {particle} was thrown within {inner:g} to "
                    f"{outer:g} deg of the centre of the field of view, so there is "
                    f"no background in all of {rings[0]:g} to {rings[-1]:g} deg: "
                    "choose rings within"
                )
