"""Cleaning and parameters of simulated showers in all cameras, ours and ctapipe's.

    python -m benchmarks.camera_parity [--folder .bench/cameras] [--programs PEER/bin]
                                       [--page docs/parity.md]

Simulates showers of the shipped array with all cameras, has stage 1 and
``ctapipe-process`` read the file with each cleaner, and once for parameters in the
camera frame, and compares images, masks and all parameters camera by camera. Exit
status 1 if anything is not within its bound.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from numpy.typing import NDArray

import cta_columnar
from benchmarks import machine, peer
from benchmarks.camera_differences import (
    CLEANERS,
    FRAME,
    GROUPS,
    TIMINGS,
    Comparison,
    add_images,
    add_lines,
    add_parameters,
)
from benchmarks.page import put_between
from benchmarks.report import table
from benchmarks.simulated_parity import KEY, PeerTable, peer_columns
from cta_columnar.store import Store

SHOWERS: Mapping[str, Any] = {
    "array": "all-cameras",
    "reuse": 5,
    "n_showers": 60,
    "energy": (0.3, 100.0),
    "scatter_radius": 500.0,
}


def main() -> int:
    """Compare all cameras, print the tables, and put them into a page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path(".bench/cameras"))
    parser.add_argument("--programs", type=Path, help="bin folder with ctapipe-process")
    parser.add_argument("--page", type=Path, help="page to write the tables into")
    given = parser.parse_args()
    folder = given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    programs = given.programs or peer.environment(folder / "peer")
    found = compare(folder, programs)
    facts = machine.here()
    text = f"{facts['date']}, {peer.version(programs)}.\n\n{report(found)}"
    print(text)
    for camera, each in found.items():
        verdict = "as it should be" if each.is_within_bounds else "DIFFERENT"
        print(f"{camera}: {verdict}: {each}", file=sys.stderr)
    if given.page is not None:
        put_between(given.page, "benchmarks.camera_parity", text)
    return int(not all(each.is_within_bounds for each in found.values()))


def compare(folder: Path, programs: Path) -> dict[str, Comparison]:
    """Simulate a file and read it both ways, with all cleaners and in both frames."""
    raw, dl1_folder = folder / "showers.simtel.zst", folder / "dl1"
    if not raw.exists():
        cta_columnar.run("simulate", output=raw, **SHOWERS)
    found: dict[str, Comparison] = {}
    for cleaner in CLEANERS:
        store = _stage1(raw, dl1_folder, cleaner)
        setting = f"--ImageProcessor.image_cleaner_type={cleaner}"
        theirs, _ = peer_columns(raw, programs, setting)
        _add(found, store, theirs, cleaner, "")
    store = _stage1(raw, dl1_folder, CLEANERS[0])
    setting = "--ImageProcessor.use_telescope_frame=False"
    theirs, _ = peer_columns(raw, programs, setting)
    _add(found, store, theirs, CLEANERS[0], FRAME)
    return found


def _stage1(raw: Path, output: Path, cleaner: str) -> Store:
    groups = [*parameter_groups(), f"{FRAME}hillas", f"{FRAME}timing"]
    chosen: dict[str, Any] = {"cleaner": cleaner, "parameters": groups}
    cta_columnar.run(
        "stage1", input=raw, output=output, overwrite=True, workers=1, **chosen
    )
    return cta_columnar.open_store(output)


def parameter_groups() -> list[str]:
    """Names of the groups of parameters that ctapipe has too."""
    default = ("hillas", "timing", "leakage", "concentration", "morphology")
    return [*default, "intensity_statistics", "peak_time_statistics"]


def _add(
    found: dict[str, Comparison],
    store: Store,
    theirs: Mapping[str, NDArray[Any]],
    cleaner: str,
    frame: str,
) -> None:
    """Compare all telescopes after one run of each."""
    for camera in store.subarray().types:
        each = found.setdefault(camera.camera.name, Comparison())
        images = store.scan("images", tel_type=camera.name).collect()
        parameters = store.scan("parameters", tel_type=camera.name).collect()
        for (tel_id,), of_tel in images.group_by("tel_id"):
            rows = parameters.filter(pl.col("tel_id") == tel_id).sort(KEY)
            peer_rows = PeerTable(theirs, int(str(tel_id)))
            mine = of_tel.sort(KEY)
            ids = peer_rows.column("parameters", "event_id").tolist()
            if not mine["event_id"].to_list() == rows["event_id"].to_list() == ids:
                each.problems.append(f"{cleaner}: other events")
                continue
            if not frame:
                add_images(each, mine, peer_rows, cleaner)
            add_parameters(each, rows, peer_rows, frame)
            add_lines(each, mine, rows, peer_rows, camera, frame)


def report(found: Mapping[str, Comparison]) -> str:
    """Return a table of images and masks, and one of parameters."""
    masks = [
        [
            camera,
            str(each.images),
            _largest(each.charge, "p.e."),
            _largest(each.time, "ns"),
            *(f"{each.masks[c]} of {each.kept[c]}" for c in CLEANERS),
        ]
        for camera, each in found.items()
    ]
    head = ["camera", "images", "charge", "peak time", *CLEANERS]
    parameters = [
        [
            camera,
            *(_largest(each.relative[group][0]) for group in GROUPS),
            *(str(each.lines[name]) for name in TIMINGS),
            f"{max(each.parameters.values()):.2f}",
        ]
        for camera, each in found.items()
    ]
    columns = ["camera", *GROUPS, *TIMINGS, "worst, share of its bound"]
    return f"{table(head, masks)}\n\n{table(columns, parameters)}"


def _largest(value: float, unit: str = "") -> str:
    return f"{value:.0e} {unit}".strip() if value else "equal"


if __name__ == "__main__":
    sys.exit(main())
