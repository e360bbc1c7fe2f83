"""Simulated files of all arrays, read by us and by ctapipe, beside each other.

    python -m benchmarks.simulated_parity [--folder .bench] [--programs PEER/bin]

Simulates a small file of each array, runs stage 1 and ``ctapipe-process`` on it, and
compares all events, images and parameters. Exit status 1 if anything is not within the
bounds of docs/parity.md.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

import cta_columnar
from benchmarks import peer

KEY = ["obs_id", "event_id", "tel_id"]
FILES: Mapping[str, Mapping[str, Any]] = {
    "CTAO-North": {"reuse": 5, "n_showers": 60},
    "CTAO-South": {"reuse": 5, "n_showers": 30, "energy": (1.0, 100.0)},
    "LST-1": {"particle": "muon", "n_showers": 60, "energy": (0.005, 1.0)},
    "all-cameras": {
        "reuse": 5,
        "n_showers": 40,
        "energy": (0.3, 100.0),
        "scatter_radius": 500.0,
        "calibration_events": {"flatfield": 2, "pedestal": 2},
    },
    "prod3b-North": {
        "particle": "proton",
        "viewcone": (0.0, 10.0),
        "reuse": 5,
        "n_showers": 300,
        "energy": (0.1, 100.0),
    },
}

# ctapipe's line fit starts from random pixels; moments of float32 are taken in float32.
SKIPPED = ("timing_slope", "timing_intercept", "timing_deviation", "core_psi")
MOMENTS = ("skewness", "kurtosis")


@dataclass
class Difference:
    """How far two readers of one file are from each other.

    Attributes
    ----------
    events, telescope_events : int
        Those that both have.
    missing : int
        Those that one of them has.
    image, peak_time : float
        Largest difference, p.e. beyond 1e-5 relative, and ns.
    masks, true_images : int
        Images that differ.
    parameters : dict of str to float
        Largest difference in units of the bound, by column.
    warnings : list of str
        What ctapipe had to say.
    """

    events: int = 0
    telescope_events: int = 0
    missing: int = 0
    image: float = 0.0
    peak_time: float = 0.0
    masks: int = 0
    true_images: int = 0
    parameters: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def worst(self) -> tuple[str, float]:
        """Parameter that is furthest, in units of its bound."""
        return max(self.parameters.items(), key=lambda item: item[1], default=("", 0.0))

    @property
    def is_within_bounds(self) -> bool:
        """Whether all is as it should be, in some events at least."""
        counts = self.missing + self.masks + self.true_images + len(self.warnings)
        near = self.image <= 1e-3 and self.peak_time <= 1e-3 and self.worst[1] <= 1.0
        return near and not counts and min(self.events, self.telescope_events) > 0


def main() -> int:
    """Compare all arrays, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path(".bench/simulated"))
    parser.add_argument("--programs", type=Path, help="bin folder with ctapipe-process")
    given = parser.parse_args()
    folder = given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    programs = given.programs or peer.environment(folder / "peer")
    print("array, events, telescope events, image, peak time, worst parameter, verdict")
    failures = 0
    for array, settings in FILES.items():
        d = compare(array, settings, programs, folder)
        verdict = "equal" if d.is_within_bounds else f"DIFFERENT: {d}"
        failures += not d.is_within_bounds
        print(
            f"{array}, {d.events}, {d.telescope_events}, {d.image:.1e} p.e., "
            f"{d.peak_time:.1e} ns, {d.worst[0]} {d.worst[1]:.2f}, {verdict}"
        )
    return min(failures, 1)


def compare(
    array: str, settings: Mapping[str, Any], programs: Path, folder: Path
) -> Difference:
    """Simulate a file and read it both ways."""
    raw, dl1 = folder / f"{array}.simtel.zst", folder / f"{array}.dl1"
    cta_columnar.run(
        "simulate", output=raw, overwrite=True, workers=1, array=array, **settings
    )
    cta_columnar.run("stage1", input=raw, output=dl1, overwrite=True, workers=1)
    theirs, warnings = peer_columns(raw, programs)
    difference = Difference(warnings=warnings)
    store = cta_columnar.open_store(dl1)
    ids = store.scan("trigger").select("event_id").collect()["event_id"].to_list()
    difference.events = len(ids)
    difference.missing += len(set(ids) ^ set(theirs["trigger/all/event_id"].tolist()))
    for tel_type in store.tel_types("parameters"):
        for kind, look in (("images", _images), ("parameters", _parameters)):
            rows = store.scan(kind, tel_type=tel_type).collect()
            for (tel_id,), mine in rows.group_by("tel_id"):
                look(difference, mine.sort(KEY), PeerTable(theirs, int(str(tel_id))))
    return difference


def peer_columns(
    raw: Path, programs: Path, *settings: str
) -> tuple[Mapping[str, NDArray[Any]], list[str]]:
    """Have ctapipe read a file; return all columns of its tables, and its warnings."""
    h5, npz = raw.with_suffix(".h5"), raw.with_suffix(".npz")
    h5.unlink(missing_ok=True)  # else it warns of replacing it
    command = [*peer.process(programs, raw, h5, levels=peer.DL1), *settings]
    # It leaves a log where it runs.
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=raw.parent
    )
    said = (done.stdout + done.stderr).splitlines()
    reader = Path(__file__).with_name("peer_dl1.py")
    command = [str(programs / "python"), str(reader), str(h5), str(npz)]
    subprocess.run(command, check=True)
    with np.load(npz) as file:
        columns = dict(file)
    return columns, [line for line in said if "WARN" in line.upper()]


@dataclass(frozen=True)
class PeerTable:
    """ctapipe's tables of one telescope.

    Attributes
    ----------
    columns : mapping of str to array
        As `peer_columns` returns them.
    tel_id : int
        The telescope.
    """

    columns: Mapping[str, NDArray[Any]]
    tel_id: int

    def column(self, kind: str, name: str) -> NDArray[Any]:
        """Return a column, in order of events."""
        where = f"{kind}/tel_{self.tel_id:03d}"
        ordered = np.argsort(self.columns[f"{where}/event_id"])
        return self.columns[f"{where}/{name}"][ordered]

    def names(self, kind: str) -> list[str]:
        """Names of the columns that may be compared."""
        where = f"{kind}/tel_{self.tel_id:03d}/"
        found = [k.removeprefix(where) for k in self.columns if k.startswith(where)]
        return [name for name in found if name not in (*KEY, *SKIPPED)]


def arrays(rows: pl.DataFrame, name: str) -> NDArray[Any]:
    """Return a column of lists of one length as an array."""
    return np.array(rows[name].to_list())


def _images(d: Difference, mine: pl.DataFrame, theirs: PeerTable) -> None:
    ids = theirs.column("images", "event_id")
    d.telescope_events += mine.height
    if mine["event_id"].to_list() != ids.tolist():
        d.missing += len(set(mine["event_id"]) ^ set(ids.tolist()))
        return
    image, wanted = arrays(mine, "image"), theirs.column("images", "image")
    off = np.abs(image - wanted) - 1e-5 * np.abs(wanted)
    d.image = max(d.image, float(off.max(initial=0.0)))
    off = np.abs(arrays(mine, "peak_time") - theirs.column("images", "peak_time"))
    d.peak_time = max(d.peak_time, float(off.max(initial=0.0)))
    masks = arrays(mine, "image_mask") != theirs.column("images", "image_mask")
    d.masks += int(masks.any(axis=1).sum())
    _true_images(d, mine, theirs)


def _true_images(d: Difference, mine: pl.DataFrame, theirs: PeerTable) -> None:
    """Images of telescopes without light are not in ctapipe's table."""
    ids = theirs.column("true_images", "event_id").tolist()
    wanted = theirs.column("true_images", "true_image")
    ours = dict(zip(mine["event_id"], arrays(mine, "true_image"), strict=True))
    for event_id, image in zip(ids, wanted, strict=True):
        if event_id in ours:
            d.true_images += not np.array_equal(ours[event_id], image)


def _parameters(d: Difference, mine: pl.DataFrame, theirs: PeerTable) -> None:
    if mine["event_id"].to_list() != theirs.column("parameters", "event_id").tolist():
        return  # counted with the images
    for name in theirs.names("parameters"):
        if name not in mine.columns:
            d.parameters[f"{name} is missing"] = np.inf
            continue
        ours = mine[name].to_numpy().astype(float)
        wanted = theirs.column("parameters", name).astype(float)
        if name.startswith("morphology"):
            # Where there are no parameters they have -1, we have true counts.
            ours = np.where(wanted < 0, wanted, ours)
        off = _in_bounds(name, ours, wanted)
        d.parameters[name] = max(d.parameters.get(name, 0.0), off)


def _in_bounds(
    name: str, ours: NDArray[np.float64], wanted: NDArray[np.float64]
) -> float:
    """Largest difference in units of what docs/parity.md allows."""
    if (np.isnan(ours) != np.isnan(wanted)).any():
        return np.inf
    off = np.abs(ours - wanted)
    if name.endswith(("psi", "phi")):
        period = 180.0 if name.endswith("psi") else 360.0
        off = np.minimum(off, np.abs(period - off))
    atol = 1e-4 if any(each in name for each in MOMENTS) else 1e-6
    return float(np.nan_to_num(off / (atol + 1e-4 * np.abs(wanted))).max(initial=0.0))


if __name__ == "__main__":
    sys.exit(main())
