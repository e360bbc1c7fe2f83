"""Speed, start-up and memory beside ctapipe, as tables.

python -m benchmarks.run [--quick] [--repeats N] [--only speed,dl0,images,...]

Everything made on the way lies in .bench/: the peer's environment, the long files, the
products of the last run and results.json.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks import (
    dl0,
    images,
    machine,
    measure,
    memory,
    ours,
    peer,
    report,
    startup,
    stereo_alone,
    throughput,
)
from benchmarks.files import LongFile, lengthen

SHARED = Path(os.environ.get("CTACOL_SHARED", ours.ROOT.parent / "shared"))
TOOL = SHARED / "tools" / "replicate_simtel.py"
RAW = SHARED / "data" / "simtel"
BENCH = ours.ROOT / ".bench"

# Original, and how often its events are repeated for about 3000 telescope events.
FILES = {
    "prod5_north_gamma_history75.simtel.zst": 200,
    "prod5_north_proton_flashcam.simtel.zst": 84,
}
QUICK_DIVISOR = 3
# About 100, 1000 and 10000 telescope events.
LENGTHS = {
    "prod5_north_gamma_history75.simtel.zst": (7, 67, 667),
    "prod5_north_proton_flashcam.simtel.zst": (3, 28, 278),
}
ALL = ("speed", "dl0", "images", "stereo", "start", "memory")


def long_file(name: str, copies: int) -> LongFile:
    """Make a long file below .bench/files, or find it there."""
    folder = BENCH / "files"
    folder.mkdir(parents=True, exist_ok=True)
    return lengthen(TOOL, RAW / name, copies, folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="shorter files")
    parser.add_argument("--only", default=",".join(ALL), help=f"of {', '.join(ALL)}")
    parser.add_argument("--peer", type=Path, default=BENCH / "peer",
                        help="environment of the peer, made if missing")  # fmt: skip
    return parser.parse_args()


class _Sections:
    """What is printed is kept, for the README."""

    def __init__(self) -> None:
        self.text = ""

    def show(self, title: str, text: str) -> None:
        section = f"### {title}\n\n{text}\n"
        print(f"\n{section}", end="", flush=True)
        self.text += f"{section}\n"


def main() -> int:
    """Run what was asked for, print tables, keep the figures in results.json."""
    arguments = _arguments()
    only = set(arguments.only.split(","))
    if not TOOL.exists() or only - set(ALL):
        wrong = f"{TOOL} is missing" if not TOOL.exists() else f"--only {only}"
        print(f"make bench: {wrong}; reference data: CTACOL_SHARED", file=sys.stderr)
        return 2
    programs = peer.environment(arguments.peer)
    divisor = QUICK_DIVISOR if arguments.quick else 1
    files = [long_file(name, copies // divisor) for name, copies in FILES.items()]
    first = next(iter(FILES))
    longer = [
        long_file(name, copies)
        for name in (LENGTHS if "memory" in only else ())
        for copies in LENGTHS[name]
    ]

    core = measure.pin_to_one_core()
    sections = _Sections()
    results: dict[str, Any] = {
        "machine": machine.describe(core, peer.version(programs))
    }
    sections.show("Machine", report.heading(results["machine"]))
    work = BENCH / "work"
    if "speed" in only:
        speed = [
            throughput.measure(file, programs, work / file.name, arguments.repeats)
            for file in files
        ]
        results["speed"] = [report.plain(result) for result in speed]
        sections.show("Speed", report.throughput(speed))
    if "dl0" in only:
        packed = [
            dl0.measure(file, programs, work / file.name, arguments.repeats)
            for file in files
        ]
        results["dl0"] = [report.plain(result) for result in packed]
        sections.show("DL0 to DL1", report.dl0(packed))
    if "images" in only:
        cleaned = [
            images.measure(
                file,
                long_file(name, LENGTHS[name][-1] // divisor),
                programs,
                work / file.name,
                arguments.repeats,
            )
            for name, file in zip(FILES, files, strict=True)
        ]
        results["images"] = [report.plain(result) for result in cleaned]
        sections.show("Stored images to parameters", report.images(cleaned))
    if "stereo" in only:
        alone = [
            stereo_alone.measure(
                f.name, names, work / f.name, programs, arguments.repeats
            )
            for f in files
            for names in stereo_alone.RECONSTRUCTORS
        ]
        results["stereo"] = [report.plain(result) for result in alone]
        sections.show("Stage 2 alone", report.stereo(alone))
    if "start" in only:
        start = startup.measure(RAW / first, work, arguments.repeats)
        results["start"] = report.plain(start)
        sections.show("Start", report.startup(start))
    if "memory" in only:
        peaks = [(file.name, memory.measure(file, work)) for file in longer]
        results["memory"] = [report.plain(result) for _, result in peaks]
        sections.show("Memory", report.memory(peaks))
    (BENCH / "report.md").write_text(sections.text)
    output = BENCH / "results.json"
    output.write_text(json.dumps(results, indent=1, default=str) + "\n")
    print(f"\nfigures: {output.relative_to(ours.ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
