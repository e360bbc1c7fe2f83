"""Stage 2 alone: our reconstruction of events in memory beside ShowerProcessor."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks import ours
from benchmarks.throughput import median_of

# What is timed: each of ctapipe's geometry reconstructors, and the two side by side.
RECONSTRUCTORS = (
    ("HillasReconstructor",),
    ("HillasIntersection",),
    ("HillasReconstructor", "HillasIntersection"),
)


@dataclass(frozen=True)
class StereoAlone:
    """CPU microseconds per array event."""

    name: str
    reconstructors: tuple[str, ...]
    events: int
    ours_us: float
    peer_us: float

    @property
    def ratio(self) -> float:
        """How many times faster."""
        return self.peer_us / self.ours_us


def measure(
    name: str,
    reconstructors: tuple[str, ...],
    folder: Path,
    programs: Path,
    repeats: int,
) -> StereoAlone:
    """Use what `throughput.measure` has left in ``folder``."""
    script = Path(__file__).with_name("peer_stereo.py")
    theirs = [f"{programs}/python", str(script), str(folder / "h5"), *reconstructors]
    mine = ours.module("stereo", folder / "dl1", *reconstructors)
    taken: list[dict[str, float]] = []
    for _ in range(repeats):
        a, b = ours.answer(mine), ours.answer(theirs)
        taken.append(
            {
                "ours": 1e6 * a["cpu_s"] / a["events"],
                "peer": 1e6 * b["cpu_s"] / b["events"],
                "events": a["events"],
            }
        )
    return StereoAlone(
        name,
        reconstructors,
        int(taken[0]["events"]),
        median_of(taken, "ours"),
        median_of(taken, "peer"),
    )
