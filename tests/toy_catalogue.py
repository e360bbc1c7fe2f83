"""A small set of algorithms, so that tests of configuration need no stage."""

from typing import Annotated, Literal

from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.options import Option
from cta_columnar.registry import Algorithm


class ToyCatalogue:
    """Looks up algorithms as the registry does."""

    def __init__(self):
        self.algorithms = {}

    def add(self, kind, *names):
        def decorate(func):
            for name in names:
                algorithm = Algorithm.from_function(kind, names[0], func, None)
                self.algorithms[kind, name] = algorithm
            return func

        return decorate

    def get(self, kind, name):
        if (kind, name) not in self.algorithms:
            raise UserError(
                f"no {kind} {name!r}; {did_you_mean(name, self.names(kind))}"
            )
        return self.algorithms[kind, name]

    def names(self, kind):
        return tuple(sorted(n for k, n in self.algorithms if k == kind))


TOYS = ToyCatalogue()


@TOYS.add("gain_selector", "ThresholdGainSelector")
def gain_selector(
    r0_waveform, *, threshold: Annotated[float, Option(unit="adc")] = 4000
):
    """High gain until it saturates."""


@TOYS.add("calibrator", "SimTelCalibrator")
def calibrator(r0_waveform, *, calib_scale: float = 1.0):
    """Pedestal and gain of the simulation."""


@TOYS.add("extractor", "NeighborPeakWindowSum", "OldName")
def neighbor_peak(
    waveform,
    *,
    window_width: Annotated[int, Option(unit="samples", doc="width", gt=0)] = 7,
    window_shift: int = 3,
):
    """Window at the peak of the neighbours."""


@TOYS.add("extractor", "TwoPassWindowSum")
def two_pass(waveform, *, core_threshold: float = 4.0, mode: Literal["a", "b"] = "a"):
    """Window at a fitted time."""


@TOYS.add("cleaner", "TailcutsImageCleaner")
def tailcuts(
    image,
    *,
    picture_threshold_pe: Annotated[float, Option(unit="p.e.", ge=0)] = 10.0,
):
    """Two thresholds."""


@TOYS.add("parameters", "timing")
def timing(image, *, n_starts: int = 30):
    """Time gradient."""


for name in (
    "hillas",
    "leakage",
    "concentration",
    "morphology",
    "intensity_statistics",
    "peak_time_statistics",
):
    TOYS.add("parameters", name)(lambda: {})
TOYS.add("time_shift", "PeakTimeShift")(lambda: {})
TOYS.add("invalid_pixel_handler", "NeighborAverage")(lambda: {})
for name in ("HillasReconstructor", "HillasIntersection"):
    TOYS.add("reconstructor", name)(lambda: {})


@TOYS.add("island_selector", "LargestIsland")
def largest_island(image_mask, *, least: int = 1):
    """The island of most pixels."""
