"""DL0 to DL1 and raw to DL1: CPU time per telescope event, ours and the peer's."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import ours, peer
from benchmarks.files import LongFile
from benchmarks.measure import Usage, alternate, median, run
from cta_columnar import open_store

# Keeps about 15 % of the pixels of the long files.
RINGS = 4
REDUCED = (
    "--set",
    "reducer=TailCutsDataVolumeReducer",
    "--set",
    f"reducer.n_end_dilates={RINGS}",
)
LOSSLESS: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dl0Speed:
    """Medians for one file, start-up taken off; CPU seconds to DL1.

    Attributes
    ----------
    name : str
        The file.
    telescope_events : int
        Those of one array event, which the start-up takes, left out.
    kept : float
        Share of pixels in reduced data.
    raw_s, lossless_s, reduced_s, peer_s : float
        From the raw file, from DL0, and the peer's from the raw file.
    """

    name: str
    telescope_events: int
    kept: float
    raw_s: float
    lossless_s: float
    reduced_s: float
    peer_s: float

    def us(self, seconds: float) -> float:
        """Return microseconds per telescope event."""
        return 1e6 * seconds / self.telescope_events


def measure(file: LongFile, programs: Path, folder: Path, repeats: int) -> Dl0Speed:
    """Make DL0, lossless and reduced, then alternate between all ways to DL1."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "ours_log"
    sources = {"raw": file.path}
    # The start-up reads a file of one event: some tables are read at once.
    starts = {"raw": file.path}
    for name, options in (("lossless", LOSSLESS), ("reduced", REDUCED)):
        for of, n_events in ((sources, None), (starts, 1)):
            output = ours.fresh(folder / f"dl0-{name}-{n_events or 'all'}")
            run([*ours.reduce(file.path, output, n_events), *options], log=log)
            of[name] = output

    def to_dl1(source: Path, max_events: int | None) -> Usage:
        target = ours.fresh(folder / "dl0-dl1")
        return run(ours.stage1(source, target, max_events), log=log)

    def to_peer_dl1(max_events: int | None) -> Usage:
        target = folder / "dl0-peer.h5"
        command = peer.process(programs, file.path, target, max_events, levels=peer.DL1)
        return run(command, log=folder / "peer_log", cwd=folder)

    experiments: dict[str, Callable[[], Usage]] = {
        **{f"{n}, one event": partial(to_dl1, starts[n], 1) for n in sources},
        **{n: partial(to_dl1, sources[n], None) for n in sources},
        "peer, one event": partial(to_peer_dl1, 1),
        "peer": partial(to_peer_dl1, None),
    }
    for name in sources:  # warm caches
        experiments[f"{name}, one event"]()
    often = {name: 2 for name in experiments if name != "peer"}
    usages = alternate(experiments, repeats, often)
    cpu = {name: median(values).cpu_s for name, values in usages.items()}
    seconds = {n: cpu[n] - cpu[f"{n}, one event"] for n in (*sources, "peer")}
    first = open_store(starts["lossless"]).rows("waveforms")
    return Dl0Speed(
        name=file.name,
        telescope_events=file.events.telescope_events - first,
        kept=_kept(sources["reduced"]),
        raw_s=seconds["raw"],
        lossless_s=seconds["lossless"],
        reduced_s=seconds["reduced"],
        peer_s=seconds["peer"],
    )


def _kept(dl0: Path) -> float:
    """Share of pixels whose waveform is stored."""
    store = open_store(dl0)
    stored = pixels = 0
    for tel_type in store.tel_types("waveforms"):
        table = store.read("waveforms", ["pixel_status"], tel_type=tel_type)
        for packed in table["pixel_status"].to_pylist():
            status = np.frombuffer(packed, np.uint8)
            stored += int((status & 1).sum())
            pixels += status.size
    return stored / pixels
