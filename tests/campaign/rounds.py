"""One round: begin a run, strike it at a moment, go on, compare; somebody reads on."""

import random
import shutil
import time
from dataclasses import asdict, dataclass, field

from campaign.bench import (
    PATIENCE_S,
    Moment,
    differences,
    has_drafts,
    is_begun,
    n_records,
)
from campaign.kills import KILLS
from campaign.others import AFTER_THE_FIRST, FATAL, OTHERS

from cta_columnar.store import open_store

KINDS = KILLS | OTHERS
# What a command that fails says of the fault.
WORDS = {"disk full": "No space left on device", "read error": "Input/output error"}


@dataclass
class Round:
    """What came of a fault.

    Attributes
    ----------
    kind, seed : str
        Which fault, and what its moment was drawn from.
    commits : int
        Records that were there when it struck.
    struck : bool
        Whether it struck something while the run was not over.
    in_the_midst : bool
        Whether a shard was being written, by whomsoever.
    ended : str
        How the disturbed run ended.
    seen : dict
        What the reader saw: looks, records.
    problems : list of str
        What is wrong; nothing should be.
    seconds : float
        How long all of it took.
    """

    kind: str
    seed: str
    commits: int = 0
    struck: bool = False
    in_the_midst: bool = False
    ended: str = ""
    seen: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    seconds: float = 0.0

    to_plain = asdict


def play(bench, kind, seed):
    """Play a round.

    Parameters
    ----------
    bench : Bench
        Where.
    kind : str
        One of `KINDS`.
    seed : str
        Decides the moment, and what is struck.
    """
    rng = random.Random(seed)
    raw = bench.failing_disk.files if kind == "read error" else bench.raw
    undisturbed = bench.undisturbed(raw)
    moment = Moment.draw(rng, undisturbed.n_shards, kind in AFTER_THE_FIRST)
    told, began = Round(kind, seed), time.monotonic()
    with KINDS[kind](bench, rng) as scene:
        bench.reader.watch(scene.output)
        try:
            _strike(scene, moment, undisturbed, told)
            _go_on(scene, undisturbed, told)
        except TimeoutError as error:
            told.problems.append(str(error))
        finally:
            seen, problems = bench.reader.stop()
        told.seen = dict(seen)
        told.problems += [f"{n} times: {what}" for what, n in problems.items()]
        told.problems += differences(scene.output, undisturbed)
    if not told.problems:
        shutil.rmtree(scene.output.parent)
    told.seconds = round(time.monotonic() - began, 2)
    return told


def _strike(scene, moment, undisturbed, told):
    """Wait for the moment, and do it."""
    patience = time.monotonic() + PATIENCE_S
    while scene.is_running() and (
        not is_begun(scene.output) or n_records(scene.output) < moment.commits
    ):
        if time.monotonic() > patience:
            raise TimeoutError(f"{scene.output} does not get on")
        time.sleep(0.005)
    gap = undisturbed.gap_s if moment.commits else undisturbed.first_s
    time.sleep(moment.share * gap)
    told.commits = n_records(scene.output)
    told.in_the_midst = has_drafts(scene.output)
    is_over = (scene.output / "manifest.json").exists() or not scene.is_running()
    told.struck = not is_over and scene.strike()


def _go_on(scene, undisturbed, told):
    """Let the disturbed run end, and do what is left."""
    ended = scene.end()
    scene.mend()
    told.ended = str(ended)
    _judge("the disturbed run", ended, told)
    if ended.status == 1 and WORDS.get(told.kind, "") not in ended.said:
        told.problems.append(f"the fault is not told: {ended.said}")
    if ended.status == 0 and told.kind in FATAL:
        told.struck = False
        if len(open_store(scene.output).records) < undisturbed.n_shards:
            told.problems.append("it ended with status 0, and shards are missing")
    again = scene.resume()
    _judge("--resume", again, told)
    if again.status:
        told.problems.append(f"--resume ended with {again}: {again.said}")


def _judge(what, ended, told):
    """Errors are told in words."""
    if "Traceback" in ended.said:
        told.problems.append(f"{what} ended with a traceback: {ended.said}")
