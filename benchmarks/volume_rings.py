"""What thresholds and rings of a reducer cost on real files: bytes, changed images."""

import fnmatch
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

import cta_columnar
from benchmarks.report import table
from benchmarks.volume_cost import KEY, waveform_bytes
from cta_columnar.store import Store

# Picture and boundary threshold, rings in the end: from careful to reckless.
CHOICES = ((6, 3, 2), (10, 5, 3), (10, 5, 2), (8, 4, 1), (10, 5, 1), (10, 5, 0))
# All but the keys and what is true of the shower.
_OTHERS = ("obs_id", "event_id", "tel_id", "true_")


@dataclass
class Cost:
    """What a choice costs for one camera.

    Attributes
    ----------
    events, parametrized : int
        Telescope events, and those with an ellipse in the end, reduced or not.
    images, parameters : int
        Those in which a charge or time of a cleaned pixel, or a parameter, is another.
    intensity, length : float
        Largest relative change of the Hillas parameters.
    raw, reduced : int
        Bytes of all samples of all gains, and of the rows of DL0.
    """

    events: int = 0
    parametrized: int = 0
    images: int = 0
    parameters: int = 0
    intensity: float = 0.0
    length: float = 0.0
    raw: int = 0
    reduced: int = 0

    def add(self, other: "Cost") -> None:
        """Take the events of another file besides."""
        for name, value in vars(other).items():
            mine = getattr(self, name)
            summed = max(mine, value) if isinstance(value, float) else mine + value
            setattr(self, name, summed)


def _frame(store: Store, table_name: str, tel_type: str) -> pl.DataFrame:
    return store.scan(table_name, tel_type=tel_type).collect().sort(KEY)


def _differs(
    before: NDArray[np.float64], after: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """bool[e]: whether any value of a row is another; NaN is NaN."""
    other = (before != after) & ~(np.isnan(before) & np.isnan(after))
    differs: NDArray[np.bool_] = other.reshape(len(other), -1).any(axis=1)
    return differs


def _changed_images(whole: pl.DataFrame, found: pl.DataFrame) -> int:
    """Count images with another mask, or another charge or time in either mask."""
    masks = [np.stack(each["image_mask"].to_list()) for each in (whole, found)]
    changed = (masks[0] != masks[1]).any(axis=1)
    for name in ("image", "peak_time"):
        before, after = (
            np.where(masks[0] | masks[1], np.stack(each[name].to_list()), 0.0)
            for each in (whole, found)
        )
        changed |= _differs(before, after)
    return int(changed.sum())


def cost(whole: Store, dl1: Store, tel_type: str) -> Cost:
    """Compare the images and parameters of a type, made of all pixels and of some."""
    images = [_frame(each, "images", tel_type) for each in (whole, dl1)]
    before, after = (_frame(each, "parameters", tel_type) for each in (whole, dl1))
    names = [n for n in before.columns if not n.startswith(_OTHERS)]
    rows = [
        _differs(*(each[n].cast(pl.Float64).to_numpy() for each in (before, after)))
        for n in names
    ]
    has_ellipse = before["is_parametrized"] | after["is_parametrized"]

    def largest(name: str) -> float:
        ratio = (after[name] / before[name] - 1).abs()
        most = ratio.filter(ratio.is_finite()).max()
        return float(most) if isinstance(most, float) else 0.0

    return Cost(
        events=len(before),
        parametrized=int(has_ellipse.sum()),
        images=_changed_images(*images),
        parameters=int(np.any(rows, axis=0).sum()),
        intensity=largest("hillas_intensity"),
        length=largest("hillas_length"),
    )


def costs(whole: Store, dl0: Store, dl1: Store) -> dict[str, Cost]:
    """Compare a file made of all pixels and of some, by telescope type."""
    readouts = {each.name: each.readout for each in whole.subarray().types}
    found = {}
    for tel_type in whole.tel_types("images"):
        found[tel_type] = cost(whole, dl1, tel_type)
        r = readouts[tel_type]
        event = 2 * r.n_channels * r.n_pixels * r.n_samples
        found[tel_type].raw = event * found[tel_type].events
        found[tel_type].reduced = waveform_bytes(dl0, tel_type)
    return found


def _run(stage: str, given: Path, output: Path, settings: Sequence[str] = ()) -> Store:
    shutil.rmtree(output, ignore_errors=True)
    cta_columnar.run(stage, input=given, output=output, set=settings, workers=1)
    return cta_columnar.open_store(output)


def measure(
    files: Sequence[Path], work: Path, cameras: Mapping[str, str]
) -> dict[tuple[int, int, int], dict[str, Cost]]:
    """Reduce real files in every way, and compare stage 1 with that of the raw files.

    Parameters
    ----------
    files : sequence of pathlib.Path
        Raw files.
    work : pathlib.Path
        Where datasets go.
    cameras : mapping of str to str
        Patterns of telescope types, by what they are called here.
    """
    whole = {each: _run("stage1", each, work / f"dl1-{each.name}") for each in files}
    total = {choice: {name: Cost() for name in cameras} for choice in CHOICES}
    for picture, boundary, rings in CHOICES:
        settings = (
            "reducer=TailCutsDataVolumeReducer",
            f"reducer.picture_threshold_pe={picture}",
            f"reducer.boundary_threshold_pe={boundary}",
            f"reducer.n_end_dilates={rings}",
        )
        for path in files:
            dl0 = _run("reduce", path, work / "dl0", settings)
            dl1 = _run("stage1", dl0.root, work / "dl1")
            for tel_type, each in costs(whole[path], dl0, dl1).items():
                for name, pattern in cameras.items():
                    if fnmatch.fnmatchcase(tel_type, pattern):
                        total[picture, boundary, rings][name].add(each)
    return total


def report(files: Sequence[Path], work: Path, cameras: Mapping[str, str]) -> str:
    """Return the table of `measure`."""
    rows = []
    for (picture, boundary, rings), found in measure(files, work, cameras).items():
        cells = [
            f"{each.reduced / each.events / 1000:.1f}; "
            f"{each.raw / each.reduced:.0f}; "
            f"{each.images} of {each.events}; "
            f"{each.parameters} of {each.parametrized}"
            for each in found.values()
        ]
        most = [
            max(getattr(each, name) for each in found.values())
            for name in ("intensity", "length")
        ]
        name = f"{picture} / {boundary} p.e., {rings}"
        rows.append([name, *cells, *(f"{each:.1%}" for each in most)])
    return table(["kept pixels, rings", *cameras, "intensity", "length"], rows)
