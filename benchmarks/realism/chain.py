"""Images of our chain: ``ctacol simulate``, then ``ctacol run stage1``."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.realism.real import ALTITUDE, AZIMUTH, fill_shower
from benchmarks.realism.tables import ENERGIES, ROW, Sample
from cta_columnar.simulation.arrays import ArrayModel
from cta_columnar.simulation.light import camera_axes

SCATTER_RADIUS = 1900.0
REUSE = 10
HIGHEST_ENERGY = 100.0
# Telescopes with less true light cannot trigger on their own.
_LEAST_LIGHT = 40

_SAME = {
    "intensity": "hillas_intensity", "length": "hillas_length",
    "width": "hillas_width", "x": "hillas_fov_lat", "y": "hillas_fov_lon",
    "skewness": "hillas_skewness", "concentration": "concentration_core",
    "peak_time_std": "peak_time_std", "leakage": "leakage_intensity_width_2",
    "n_islands": "morphology_n_islands", "n_pixels": "morphology_n_pixels",
    "true_intensity": "true_hillas_intensity", "true_length": "true_hillas_length",
    "true_width": "true_hillas_width",
}  # fmt: skip
_COLUMNS = ["event_id", "tel_id", "hillas_psi", "timing_slope", *_SAME.values()]


def simulate(
    folder: Path, particle: str, lowest: float, n_showers: int, radius: float, seed: int
) -> list[list[str]]:
    """Commands that make a file of showers, and the images from it."""
    tool = [sys.executable, "-c", "from cta_columnar.cli.main import main; main()"]
    raw, images = folder / f"{particle}.simtel.zst", folder / particle
    return [
        [
            *tool, "simulate", "--array", "prod3b-North", "--particle", particle,
            "--n-showers", str(n_showers), "--reuse", str(REUSE),
            "--energy", f"{lowest}:{HIGHEST_ENERGY}", "--index", "-2",
            "--zenith", str(90 - ALTITUDE), "--azimuth", str(AZIMUTH[particle]),
            "--viewcone", "10", "--scatter-radius", str(radius), "--seed", str(seed),
            "--set", f"file.photoelectrons={_LEAST_LIGHT}",
            "--workers", "1", "--output", str(raw), "--overwrite",
        ],
        [
            *tool, "run", "stage1", "--input", str(raw), "--output", str(images),
            "--set", "source.focal_length_choice=EQUIVALENT",
            "--set", "write.images=none", "--workers", "1", "--overwrite",
        ],
    ]  # fmt: skip


def run_all(commands: dict[str, list[list[str]]]) -> None:
    """Run the commands of each particle, one particle beside the other."""
    scripts = {
        particle: "import subprocess, sys\n"
        f"for each in {steps!r}:\n"
        "    subprocess.run(each, check=True, stdout=subprocess.DEVNULL)"
        for particle, steps in commands.items()
    }
    running = [subprocess.Popen([sys.executable, "-c", s]) for s in scripts.values()]
    codes = [process.wait() for process in running]
    if any(codes):
        raise RuntimeError("the chain failed")


def read(folder: Path, particle: str, array: ArrayModel) -> Sample:
    """Read the images of a folder that `simulate` filled."""
    images = folder / particle
    showers = {row["event_id"]: row for row in _table(images, "showers").to_pylist()}
    triggers = _table(images, "trigger").select(["event_id", "tels_with_trigger"])
    n_telescopes = {
        row["event_id"]: len(row["tels_with_trigger"]) for row in triggers.to_pylist()
    }
    axes = camera_axes(np.radians(ALTITUDE), np.radians(AZIMUTH[particle]))
    rows = []
    for path in sorted(images.glob("parameters/*/*.parquet")):
        for row in pq.read_table(path, columns=_COLUMNS).to_pylist():
            out = np.zeros((), ROW)
            event, tel = row["event_id"], row["tel_id"]
            out["event"], out["is_lst"] = event, "LST" in str(path.parent)
            out["multiplicity"] = n_telescopes[event]
            position = array.positions[array.tel_ids == tel][0]
            fill_shower(out, showers[event], position, axes)
            for ours, theirs in _SAME.items():
                out[ours] = row[theirs]
            # Ours counts from the axis of the azimuth.
            out["psi"] = np.pi / 2 - np.radians(row["hillas_psi"])
            out["gradient"] = abs(row["timing_slope"])
            rows.append(out)
    return Sample(np.array(rows, ROW), _thrown(images))


def _table(images: Path, name: str) -> pa.Table:
    return pq.read_table(sorted((images / name).glob("*.parquet")))


def _thrown(images: Path) -> dict[tuple[float, float], float]:
    """Count uses of showers per range of energy, with cores within 1900 m."""
    (run,) = _table(images, "simulation/runs").to_pylist()
    total = run["n_showers"] * run["shower_reuse"]
    low, high = run["energy_range_min"], run["energy_range_max"]
    scale = (SCATTER_RADIUS / run["max_scatter_range"]) ** 2
    share = {
        (a, b): (1 / max(a, low) - 1 / min(b, high)) / (1 / low - 1 / high)
        for a, b in ENERGIES
        if b > low
    }
    return {e: total * scale * part for e, part in share.items()}
