"""Stored images to parameters: CPU time per telescope event, ours and the peer's."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import ours, peer
from benchmarks.files import LongFile
from benchmarks.measure import Usage, alternate, median, run
from cta_columnar import open_store

# Other cuts than those that the images were made with: parameters of true images, which
# know nothing of the cleaning and are carried on otherwise, are computed anew, too.
ALL_ANEW = ("--set", "image_quality.pixels_above=2")


@dataclass(frozen=True)
class ImageSpeed:
    """Medians for one file, start-up taken off; CPU seconds to parameters.

    Attributes
    ----------
    name : str
        The file.
    telescope_events, peer_telescope_events : int
        Those of one array event, which the start-up takes, left out.
    ours_us, anew_us, peer_us : float
        Microseconds per telescope event: ours; ours with parameters of the true images
        computed anew; the peer's, which always does that.
    """

    name: str
    telescope_events: int
    peer_telescope_events: int
    ours_us: float
    anew_us: float
    peer_us: float


def measure(
    file: LongFile, longer: LongFile, programs: Path, folder: Path, repeats: int
) -> ImageSpeed:
    """Make images of both kinds, then alternate between all ways to parameters.

    Parameters
    ----------
    file, longer : LongFile
        The same events for the peer, and repeated more often for us: of what takes a
        tenth of a second nothing could be told.
    programs, folder : pathlib.Path
        The programs of the peer; where files go.
    repeats : int
        How often each is timed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ours_log, peer_log = folder / "ours_log", folder / "peer_log"
    whole, first = folder / "images-all", folder / "images-1"
    for target, n_events in ((whole, None), (first, 1)):
        run(ours.stage1(longer.path, ours.fresh(target), n_events), log=ours_log)
    theirs = folder / "images-peer.h5"
    run(
        peer.process(programs, file.path, theirs, levels=peer.DL1),
        log=peer_log,
        cwd=folder,
    )

    def again(source: Path, options: tuple[str, ...]) -> Usage:
        target = ours.fresh(folder / "images-again")
        return run([*ours.clean(source, target), *options], log=ours_log)

    def peer_again(max_events: int | None) -> Usage:
        target = folder / "images-again.h5"
        levels = peer.CLEAN
        command = peer.process(programs, theirs, target, max_events, levels)
        return run(command, log=peer_log, cwd=folder)

    experiments: dict[str, Callable[[], Usage]] = {
        "ours, one event": partial(again, first, ()),
        "ours": partial(again, whole, ()),
        "anew, one event": partial(again, first, ALL_ANEW),
        "anew": partial(again, whole, ALL_ANEW),
        "peer, one event": partial(peer_again, 1),
        "peer": partial(peer_again, None),
    }
    for name in ("ours", "anew"):  # warm caches
        experiments[name]()
    often = {name: 3 for name in experiments if not name.startswith("peer")}
    usages = alternate(experiments, repeats, often)
    cpu = {name: median(values).cpu_s for name, values in usages.items()}
    first_event = open_store(first).rows("images")
    n_ours = longer.events.telescope_events - first_event
    n_peer = file.events.telescope_events - first_event
    us = {
        name: 1e6 * (cpu[name] - cpu[f"{name}, one event"]) / n
        for name, n in {"ours": n_ours, "anew": n_ours, "peer": n_peer}.items()
    }
    return ImageSpeed(
        name=file.name,
        telescope_events=n_ours,
        peer_telescope_events=n_peer,
        ours_us=us["ours"],
        anew_us=us["anew"],
        peer_us=us["peer"],
    )
