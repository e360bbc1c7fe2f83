"""Raw file to DL2 geometry: CPU time per telescope event, ours and the peer's."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks import ours, peer
from benchmarks.files import LongFile
from benchmarks.measure import Usage, alternate, median, run

Rows = dict[str, float]


@dataclass(frozen=True)
class Throughput:
    """Medians for one file, start-up taken off; CPU seconds."""

    file: LongFile
    events: int
    telescope_events: int
    stage1_s: float
    stage2_s: float
    peer_s: float
    zstd_s: float
    varint_s: float
    startup_s: float
    peer_startup_s: float
    parametrized: int
    peer_parametrized: int

    @property
    def ours_s(self) -> float:
        """Both stages."""
        return self.stage1_s + self.stage2_s

    @property
    def ratio(self) -> float:
        """How many times the peer's CPU time ours would fit in."""
        return self.peer_s / self.ours_s

    @property
    def bare_share(self) -> float:
        """Share of our time that bare decompression and decoding take alone."""
        return (self.zstd_s + self.varint_s) / self.ours_s


@dataclass(frozen=True)
class _Paths:
    """Products of both sides, of the whole file and of one event of it."""

    folder: Path

    def __getattr__(self, name: str) -> Path:
        return self.folder / name


def measure(file: LongFile, programs: Path, folder: Path, repeats: int) -> Throughput:
    """Alternate between ours and the peer's on one file.

    Raises
    ------
    ValueError
        If the two did not process the same number of events.
    """
    folder.mkdir(parents=True, exist_ok=True)
    at = _Paths(folder)
    bare: list[dict[str, float]] = []

    def stage1(target: Path, max_events: int | None) -> Usage:
        command = ours.stage1(file.path, ours.fresh(target), max_events)
        return run(command, log=at.ours_log)

    def stage2(source: Path, target: Path) -> Usage:
        return run(ours.stage2(source, ours.fresh(target)), log=at.ours_log)

    def process(target: Path, max_events: int | None) -> Usage:
        command = peer.process(programs, file.path, target, max_events)
        return run(command, log=at.peer_log, cwd=folder)

    def decode() -> Usage:
        bare.append(ours.answer(ours.module("bare", file.path)))
        return Usage(bare[-1]["zstd_s"] + bare[-1]["varint_s"], 0, 0)

    experiments = {
        "ours, stage 1, one event": lambda: stage1(at.one_dl1, 1),
        "ours, stage 2, one event": lambda: stage2(at.one_dl1, at.one_dl2),
        "peer, one event": lambda: process(at.one_h5, 1),
        "ours, stage 1": lambda: stage1(at.dl1, None),
        "ours, stage 2": lambda: stage2(at.dl1, at.dl2),
        "peer": lambda: process(at.h5, None),
        "bare": decode,
    }
    for name in list(experiments)[:3]:  # warm caches: compiled code, byte code, disk
        experiments[name]()
    often = {name: 3 for name in experiments if name != "peer"}
    usages = alternate(experiments, repeats, often)
    cpu = {name: median(values).cpu_s for name, values in usages.items()}
    n_tel, rows, peer_rows = _same_work(file, programs, at)
    return Throughput(
        file=file,
        # The one event of the start-up is in both, so it is taken off both.
        events=file.events.array_events - 1,
        telescope_events=n_tel,
        stage1_s=cpu["ours, stage 1"] - cpu["ours, stage 1, one event"],
        stage2_s=cpu["ours, stage 2"] - cpu["ours, stage 2, one event"],
        peer_s=cpu["peer"] - cpu["peer, one event"],
        zstd_s=median_of(bare, "zstd_s"),
        varint_s=median_of(bare, "varint_s"),
        startup_s=cpu["ours, stage 1, one event"] + cpu["ours, stage 2, one event"],
        peer_startup_s=cpu["peer, one event"],
        parametrized=int(rows["parametrized"]),
        peer_parametrized=int(peer_rows["parametrized"]),
    )


def median_of(results: list[dict[str, float]], key: str) -> float:
    """Median of one value over repeated results."""
    values = sorted(result[key] for result in results)
    middle = len(values) // 2
    return (values[middle] + values[-1 - middle]) / 2


def _same_work(
    file: LongFile, programs: Path, at: _Paths
) -> tuple[int, dict[str, float], dict[str, float]]:
    one = ours.answer(ours.module("rows", at.one_dl1, at.one_dl2))
    rows = ours.answer(ours.module("rows", at.dl1, at.dl2))
    script = Path(__file__).with_name("peer_rows.py")
    peer_rows = ours.answer([f"{programs}/python", str(script), str(at.h5)])
    expected = {
        "images": file.events.telescope_events,
        "parameters": file.events.telescope_events,
        "events": file.events.array_events,
    }
    for who, found in (("ours", rows), ("the peer", peer_rows)):
        got = {key: int(found[key]) for key in expected}
        if got != expected:
            raise ValueError(f"{file.path}: {who} gave {got}, expected {expected}")
    return file.events.telescope_events - int(one["images"]), rows, peer_rows
