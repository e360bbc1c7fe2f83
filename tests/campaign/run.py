"""Kill runs at random moments, and disturb them otherwise: is the dataset the same?

    make test-faults [KILLS=100] [OTHERS=21] [SEED=1]
    export PYTHONPATH=tests
    python -m campaign.run --kills 100 --others 21 --seed 1 --log faults.jsonl
    python -m campaign.run --kills 0 --others 3 --kind "read error"
    python -m campaign.run --kills 0 --others 0 --table faults.jsonl

Each round runs a small stage 1 in processes of its own, disturbs it at a moment drawn
from the seed, goes on with ``resume``, and compares all files with those of a run that
nobody disturbed; another process reads the dataset all the time. A round whose fault
came too late is drawn again. The exit status is 1 if anything is wrong, or if a kind
that was wanted never struck. What some kinds need, and what is told if it is not there:
root that may mount, SLURM (installed by apt-get if that can be), Dask (the extra
``dask``), libfaketime (Debian: faketime). See docs/faults.md.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

from campaign import disks
from campaign.bench import Bench
from campaign.kills import KILLS
from campaign.others import OTHERS, why_no_clock
from campaign.rounds import play
from cluster.slurm import why_not

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("CTACOL_SHARED", ROOT.parent / "shared"))
# A kind is given up after so many draws per fault that is wanted, but not before
# so many in all: nearly half of some are too late.
DRAWS_PER_FAULT = 3
DRAWS_PER_KIND = 8


def reason_against(kind):
    """Why a kind of fault cannot be made here; empty if it can."""
    if kind.startswith("SLURM"):
        return why_not()
    if "Dask" in kind and find_spec("distributed") is None:
        return "Dask is not installed: pip install 'cta-columnar[dask]'"
    if kind in ("disk full", "read error"):
        return disks.why_not(kind)
    if kind == "clock step":
        return why_no_clock()
    return ""


def shares(kinds, total, rng):
    """Divide rounds among kinds as equally as can be; which get more is drawn."""
    more = rng.sample(kinds, total % len(kinds))
    return {kind: total // len(kinds) + (kind in more) for kind in kinds}


def possible(kinds, wanted):
    """Return the kinds that were asked for and can be made; say which cannot."""
    found = []
    for kind in kinds:
        if wanted and kind not in wanted:
            continue
        reason = reason_against(kind)
        if reason:
            print(f"not done: {kind}: {reason}")
        else:
            found.append(kind)
    return found


def campaign(bench, amounts, seed):
    """Yield rounds until so many of each kind have struck, or it is given up."""
    # One of each kind in turn, so that whatever ends it early has seen all kinds.
    left = {kind: n for kind, n in amounts.items() if n}
    drawn = Counter()
    while left:
        for kind in list(left):
            told = play(bench, kind, f"{seed} {kind} {drawn[kind]}")
            yield told
            drawn[kind] += 1
            left[kind] -= told.struck
            most = max(DRAWS_PER_FAULT * amounts[kind], DRAWS_PER_KIND)
            if not left[kind] or drawn[kind] == most:
                del left[kind]


def shortfall(rounds, amounts):
    """Tell which kinds struck less often than wanted; return those that never did."""
    struck = Counter(each["kind"] for each in rounds if each["struck"])
    for kind, wanted in amounts.items():
        if struck[kind] < wanted:
            print(f"missing: {kind}: struck {struck[kind]} times of {wanted}")
    return [kind for kind, wanted in amounts.items() if wanted and not struck[kind]]


def table(rounds):
    """Return what came of the rounds, as a table of Markdown."""
    lines = [
        "| fault | struck | too late | in the midst of a shard | records by then "
        "| went on by itself | equal after `--resume` | looks of the reader | wrong |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind in [*KILLS, *OTHERS, "all"]:
        mine = [each for each in rounds if kind in (each["kind"], "all")]
        if mine:
            lines.append(f"| {' | '.join([kind, *_row(mine)])} |")
    return "\n".join(lines)


def _row(mine):
    struck = [each for each in mine if each["struck"]]
    commits = [each["commits"] for each in struck] or [0]
    figures = (
        len(struck),
        len(mine) - len(struck),
        sum(each["in_the_midst"] for each in struck),
        f"{min(commits)}-{max(commits)}",
        sum(each["ended"] == "status 0" for each in struck),
        sum(not each["problems"] for each in struck),
        sum(each["seen"].get("looks", 0) for each in mine),
        sum(bool(each["problems"]) for each in mine),
    )
    return [str(each) for each in figures]


def main():
    """Read the command line; the exit status is 1 if anything is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m campaign.run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=100, help="SIGKILLs in all")
    parser.add_argument("--others", type=int, default=21, help="other faults in all")
    parser.add_argument("--seed", default="1", help="any text")
    parser.add_argument(
        "--kind",
        action="append",
        default=[],
        choices=[*KILLS, *OTHERS],
        help="only these kinds",
    )
    parser.add_argument("--log", type=Path, help="file for a line of JSON per round")
    parser.add_argument("--table", type=Path, nargs="*", default=[], help="add logs")
    args = parser.parse_args()
    earlier = [line for path in args.table for line in path.read_text().splitlines()]
    earlier = [json.loads(line) for line in earlier]
    rounds, amounts = [], {}
    for kinds, total in ((KILLS, args.kills), (OTHERS, args.others)):
        if total and (found := possible(kinds, args.kind)):
            amounts |= shares(found, total, random.Random(args.seed))
    if amounts and not SHARED.is_dir():
        parser.exit(1, f"no raw files at {SHARED}; set CTACOL_SHARED to their folder\n")
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    with Bench(folder, SHARED) as bench:
        for told in campaign(bench, amounts, args.seed):
            rounds.append(told.to_plain())
            _tell(told, args.log)
    print(table(earlier + rounds))
    never = shortfall(rounds, amounts)
    wrong = sum(bool(each["problems"]) for each in earlier + rounds)
    if any(each["problems"] for each in rounds):
        # To be looked at.
        print(f"{wrong} rounds went wrong; their datasets are below {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return bool(wrong or never)


def _tell(told, log):
    how = "struck" if told.struck else "too late"
    print(
        f"{told.seed}: {how} after {told.commits} records, {told.ended}, "
        f"{told.seen.get('looks')} looks, {told.seconds:.1f} s",
        flush=True,
    )
    for problem in told.problems:
        print(f"    WRONG: {problem}", flush=True)
    if log:
        with log.open("a") as file:
            file.write(json.dumps(told.to_plain()) + "\n")


if __name__ == "__main__":
    sys.exit(main())
