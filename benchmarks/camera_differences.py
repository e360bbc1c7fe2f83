"""How far our images and parameters are from ctapipe's, camera by camera."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.simulated_parity import PeerTable, arrays
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.schemas import dl1

CLEANERS = (
    "TailcutsImageCleaner",
    "MARSImageCleaner",
    "FACTImageCleaner",
    "TimeConstrainedImageCleaner",
    "NSBImageCleaner",
)
FRAME = "camera_frame_"
# Which columns go together, and what is allowed: relative, or to 1e-3 where smaller.
GROUPS: Mapping[str, tuple[tuple[str, ...], float]] = {
    "hillas": (tuple(dl1.HILLAS.names), 1e-6),
    "leakage": (tuple(dl1.LEAKAGE.names), 1e-6),
    "concentration": (tuple(dl1.CONCENTRATION.names), 1e-6),
    "morphology": (tuple(dl1.MORPHOLOGY.names), 0.0),
    "intensity": (tuple(dl1.INTENSITY_STATISTICS.names), 1e-6),
    "peak_time": (tuple(dl1.PEAK_TIME_STATISTICS.names), 1e-6),
    "camera_frame_hillas": (tuple(dl1.CAMERA_FRAME_HILLAS.names), 1e-6),
    "true": (tuple(dl1.TRUE_PARAMETERS.names), 1e-6),
}
TIMINGS = "timing", f"{FRAME}timing"
# Moments that ctapipe takes in float32: units in its last place over the deviation.
MOMENTS, UNITS = ("skewness", "kurtosis"), 10
FLOAT32_EPS = float(np.finfo(np.float32).eps)
SMALL = 1e-3
# The line of time: sums of squares are equal within this.
EQUAL_SUMS, EQUAL_LINES, LARGEST_EXCESS = 1e-6, 1e-4, 0.05
KEPT_FRACTION = 0.85


@dataclass
class Lines:
    """Lines of time of images with more than three pixels.

    Neither fit is sure to find the smallest sum of squares: ctapipe starts from five
    random pairs of pixels, we from thirty.

    Attributes
    ----------
    equal, better, worse : int
        Whether our sum of squares is equal to ctapipe's, smaller or larger.
    excess : float
        By how much it is larger at most, relative.
    """

    equal: int = 0
    better: int = 0
    worse: int = 0
    excess: float = 0.0

    def __str__(self) -> str:
        return f"{self.equal} / {self.better} / {self.worse}"

    @property
    def is_within_bounds(self) -> bool:
        """Whether ours is seldom larger, and then by little."""
        return self.worse <= self.better and self.excess <= LARGEST_EXCESS


@dataclass
class Comparison:
    """How far two readers of one file are from each other, for one camera.

    Attributes
    ----------
    images : int
        Those compared with the first cleaner.
    charge, time : float
        Largest difference, p.e. and ns.
    kept : dict of str to int
        Images with kept pixels, by cleaner.
    masks : dict of str to int
        Images whose masks differ, by cleaner.
    parameters : dict of str to float
        Largest difference in units of the bound, by group.
    relative : dict of str to tuple of (float, str)
        Largest relative difference and its column, by group; moments in float32 are
        left out.
    lines : dict of str to Lines
        Lines of time, by frame.
    problems : list of str
        Rows or columns that one of them lacks.
    """

    images: int = 0
    charge: float = 0.0
    time: float = 0.0
    kept: dict[str, int] = field(default_factory=dict)
    masks: dict[str, int] = field(default_factory=dict)
    parameters: dict[str, float] = field(default_factory=dict)
    relative: dict[str, tuple[float, str]] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def is_within_bounds(self) -> bool:
        """Whether all is as it should be."""
        near = self.charge <= 1e-3 and self.time <= 1e-3
        near &= max(self.parameters.values(), default=0.0) <= 1.0
        near &= all(each.is_within_bounds for each in self.lines.values())
        return near and not (sum(self.masks.values()) + len(self.problems))


def add_images(
    each: Comparison, mine: pl.DataFrame, theirs: PeerTable, cleaner: str
) -> None:
    """Compare masks, and with the first cleaner charges and times."""
    if cleaner == CLEANERS[0]:
        each.images += mine.height
        image = arrays(mine, "image"), theirs.column("images", "image")
        off = np.abs(image[0] - image[1]) - 1e-5 * np.abs(image[1])
        each.charge = max(each.charge, float(off.max(initial=0.0)))
        times = arrays(mine, "peak_time"), theirs.column("images", "peak_time")
        off = np.abs(times[0] - times[1])
        each.time = max(each.time, float(off.max(initial=0.0)))
    mask, wanted = arrays(mine, "image_mask"), theirs.column("images", "image_mask")
    n_kept, n_differ = mask.any(axis=1).sum(), (mask != wanted).any(axis=1).sum()
    each.kept[cleaner] = each.kept.get(cleaner, 0) + int(n_kept)
    each.masks[cleaner] = each.masks.get(cleaner, 0) + int(n_differ)


def add_parameters(
    each: Comparison, mine: pl.DataFrame, theirs: PeerTable, frame: str
) -> None:
    """Compare parameters in the telescope frame, or in the one that is named."""
    for group, (columns, rtol) in GROUPS.items():
        if group.startswith(FRAME) != bool(frame) and group != "concentration":
            continue
        kind = "true_parameters" if group == "true" else "parameters"
        rows = mine
        if group == "true":
            # Only of telescopes with light.
            ids = theirs.column(kind, "event_id")
            rows = mine.filter(pl.col("event_id").is_in(ids.tolist()))
        has = rows[f"{'true_' if group == 'true' else ''}hillas_intensity"].is_not_nan()
        for name in columns:
            if name not in theirs.names(kind):
                each.problems.append(f"{name} is missing")
                continue
            wanted = theirs.column(kind, name).astype(float)
            ours = rows[name].to_numpy().astype(float)
            if not rows.schema[name].is_float():
                # Where there are no parameters they have -1, we have true counts.
                ours = np.where(has.to_numpy(), ours, wanted)
            bound = _bound(name, rows, wanted, rtol)
            off = _distance(name, ours, wanted)
            share = np.nan_to_num(off / np.maximum(bound, 1e-300), nan=0.0)
            largest = max(each.parameters.get(group, 0.0), share.max(initial=0.0))
            each.parameters[group] = float(largest)
            if not name.endswith(MOMENTS) or "hillas" in name:
                relative = np.nan_to_num(off / np.maximum(np.abs(wanted), SMALL))
                worst = float(relative.max(initial=0.0)), name
                each.relative[group] = max(each.relative.get(group, (0.0, "")), worst)


def _distance(
    name: str, ours: NDArray[np.float64], wanted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Difference; infinite where only one of the two is a number."""
    off = np.abs(ours - wanted)
    if name.endswith(("psi", "phi")):
        period = 180.0 if name.endswith("psi") else 360.0
        off = np.minimum(off, np.abs(period - off))
    return np.where(np.isnan(ours) != np.isnan(wanted), np.inf, off)


def _bound(
    name: str, mine: pl.DataFrame, wanted: NDArray[np.float64], rtol: float
) -> NDArray[np.float64]:
    """Largest difference that is allowed, row by row."""
    bound: NDArray[np.float64] = rtol * np.maximum(np.abs(wanted), SMALL)
    if not name.endswith(MOMENTS) or "hillas" in name:
        return bound
    group = name.rpartition("_")[0]
    largest, smallest, std = (
        mine[f"{group}_{each}"].to_numpy().astype(float)
        for each in ("max", "min", "std")
    )
    scale = np.maximum(np.abs(largest), np.abs(smallest))
    with np.errstate(divide="ignore", invalid="ignore"):
        rounding = UNITS * FLOAT32_EPS * scale / std
    bound += 1e-6 + 1e-5 * np.abs(wanted) + np.nan_to_num(rounding, posinf=0.0)
    return bound


def add_lines(
    each: Comparison,
    images: pl.DataFrame,
    mine: pl.DataFrame,
    theirs: PeerTable,
    camera: TelescopeType,
    frame: str,
) -> None:
    """Compare lines of time, by the sums of squares that both make small."""
    names = [f"{frame}timing_{each}" for each in ("slope", "intercept")]
    ours = np.stack([mine[name].to_numpy() for name in names], axis=1)
    wanted = np.stack([theirs.column("parameters", name) for name in names], axis=1)
    found = each.lines.setdefault(f"{frame}timing", Lines())
    if (np.isnan(ours) != np.isnan(wanted)).any():
        each.problems.append(f"{frame}timing: no line in one of them")
    times, masks = arrays(images, "peak_time"), arrays(images, "image_mask")
    positions = _positions(camera, mine, frame)
    for row in np.flatnonzero(np.isfinite(ours[:, 0]) & (masks.sum(axis=1) > 3)):
        along = positions[row][masks[row]]
        lines = ours[row], wanted[row]
        sums = _trimmed_sums(along, times[row][masks[row]].astype(float), lines)
        if abs(sums[0] - sums[1]) <= EQUAL_SUMS * max(sums):
            found.equal += 1
            if not np.allclose(*lines, rtol=EQUAL_LINES, atol=EQUAL_LINES):
                each.problems.append(f"{frame}timing: equal sums of unequal lines")
        elif sums[0] < sums[1]:
            found.better += 1
        else:
            found.worse += 1
            found.excess = max(found.excess, sums[0] / sums[1] - 1)


def _positions(
    camera: TelescopeType, mine: pl.DataFrame, frame: str
) -> NDArray[np.float64]:
    """Positions[row, pixel] along the axes of the images."""
    if frame:
        pixels, names = (camera.camera.pix_x, camera.camera.pix_y), ("x", "y")
    else:
        pixels, names = (camera.fov_lon, camera.fov_lat), ("fov_lon", "fov_lat")
    x, y = (mine[f"{frame}hillas_{each}"].to_numpy()[:, None] for each in names)
    psi = np.radians(mine[f"{frame}hillas_psi"].to_numpy())[:, None]
    along: NDArray[np.float64] = (pixels[0] - x) * np.cos(psi)
    along += (pixels[1] - y) * np.sin(psi)
    return along


def _trimmed_sums(
    along: NDArray[np.float64],
    time: NDArray[np.float64],
    lines: Sequence[NDArray[np.float64]],
) -> list[float]:
    """Sum of the smallest squares of residuals, for each line (slope, intercept)."""
    n_kept = int(KEPT_FRACTION * time.size)
    return [
        float(np.sort((slope * along + intercept - time) ** 2)[:n_kept].sum())
        for slope, intercept in lines
    ]
