"""The table at the end of a run."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cta_columnar.cli.text import columns, in_bytes, in_number, in_seconds
from cta_columnar.pipelines.running.common import CutFlowRow, RunSummary

MAX_SHARDS = 20

# What readers look for first, under names for people.
NAMES = {
    "showers": "showers",
    "thrown": "thrown",
    "events": "array events",
    "telescope_events": "telescope events",
    "images": "true images",
}
TIMED = {"showers", "thrown", "events", "telescope_events"}


def to_text(summary: RunSummary, *, dry_run: bool = False) -> str:
    """Say what a run did, or would do."""
    lines = _plan(summary) if dry_run else _result(summary)
    told = (f"warning: {each}" for each in summary.warnings)
    return "\n".join([*lines, *told, *_skipped(summary)])


def left_out(path: str, reason: str) -> str:
    """Say why an input was left out; many reasons begin with its path."""
    return f"  {path}: {reason.removeprefix(f'{path}: ')}"


def _plan(summary: RunSummary) -> Iterator[str]:
    shards = summary.shards
    done = sum(shard.is_done for shard in shards)
    n_left, what = len(shards) - done, summary.what
    yield f"{summary.stage} would do {n_left} of {len(shards)} {what}"
    rows = [
        (
            shard.key,
            "done" if shard.is_done else "to do",
            ", ".join(shard.inputs) + (f", {shard.place}" if shard.place else ""),
        )
        for shard in shards[:MAX_SHARDS]
    ]
    yield from columns(rows, indent="  ")
    if len(shards) > MAX_SHARDS:
        yield f"  and {len(shards) - MAX_SHARDS} more"
    yield f"nothing was written to {summary.output}"


def _result(summary: RunSummary) -> Iterator[str]:
    n_kept = summary.n_shards_kept
    kept = f", {in_number(n_kept, 'shard')} done before" if n_kept else ""
    yield f"{summary.stage}: {summary.output} in {in_seconds(summary.seconds)}{kept}"
    yield from _counts(summary)
    yield from _cut_flow(summary)
    yield from _steps(summary)


def _counts(summary: RunSummary) -> Iterator[str]:
    seconds = max(summary.seconds, 1e-9)
    rows = []
    for key, count in summary.counts.items():
        # What was done before took no time now.
        is_timed = key in TIMED and not summary.n_shards_kept
        rate = f"{count / seconds:,.1f} /s" if is_timed else ""
        rows.append((NAMES.get(key, key.replace("_", " ")), f"{count:,}", rate))
    sizes = {"input": summary.raw_bytes, "written": summary.written_bytes}
    for name, size in sizes.items():
        if size:
            rate = f"{size / seconds / 1e6:,.1f} MB/s"
            rows.append((name, in_bytes(size), rate))
    yield from columns(rows, indent="  ", right=(1, 2))


def _cut_flow(summary: RunSummary) -> Iterator[str]:
    """Survivors of each cut, as a number and as a share of what there was."""
    if not summary.cut_flow:
        return
    yield "survivors per cut:"
    rows, before = [], ("", "")
    total = 0
    for cut in _told_once(summary.cut_flow):
        total = cut.n_survivors if cut.position == 0 else total
        share = f"{100 * cut.n_survivors / total:.1f} %" if total else ""
        here = (cut.stage, cut.tel_type)
        first = here if here != before else ("", "")
        name = cut.cut or "all"
        rows.append((*first, name, f"{cut.n_survivors:,}", share))
        before = here
    yield from columns(rows, indent="  ", right=(3, 4))


def _told_once(cuts: Sequence[CutFlowRow]) -> Iterator[CutFlowRow]:
    """Leave out selections that left the same of a telescope type as one before."""
    flows: dict[tuple[str, str], list[CutFlowRow]] = {}
    for cut in cuts:
        flows.setdefault((cut.stage, cut.tel_type), []).append(cut)
    alike: dict[tuple[object, ...], list[list[CutFlowRow]]] = {}
    for (_, tel_type), flow in flows.items():
        counts = ((cut.cut, cut.n_survivors) for cut in flow)
        alike.setdefault((tel_type, *counts), []).append(flow)
    for first, *others in alike.values():
        more = f" and {len(others)} more" if others else ""
        yield from (replace(cut, stage=cut.stage + more) for cut in first)


def _steps(summary: RunSummary) -> Iterator[str]:
    total = sum(summary.step_seconds.values())
    if total <= 0:
        return
    yield "processor time per step:"
    steps = sorted(summary.step_seconds.items(), key=lambda step: step[0] == "write")
    rows = [
        (step, in_seconds(seconds), f"{100 * seconds / total:.0f} %")
        for step, seconds in steps
    ]
    rows.append(("all", in_seconds(total), ""))
    yield from columns(rows, indent="  ", right=(1, 2))


def _skipped(summary: RunSummary) -> Iterator[str]:
    if not summary.skipped:
        return
    yield f"inputs left out: {len(summary.skipped)}"
    for each in summary.skipped:
        yield left_out(str(each.path), each.reason)
