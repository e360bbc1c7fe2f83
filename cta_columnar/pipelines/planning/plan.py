"""Plan a run: the shards, who does which, and the script of a job array."""

import heapq
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from cta_columnar.config import BatchConfig
from cta_columnar.digests import sha256_of
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.pipelines.planning.batch_script import script_of
from cta_columnar.pipelines.planning.plan_data import Plan, PlannedPiece
from cta_columnar.pipelines.planning.plan_file import (
    STAGES,
    folder_of,
    stamp_of,
    write_plan,
)
from cta_columnar.pipelines.run import AnyPath, run
from cta_columnar.pipelines.running.common import RunSummary
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.pipelines.running.shards import Piece, Work
from cta_columnar.remote import refuse_url
from cta_columnar.store import drop_skipped, no_empty_dataset, read_contents


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """What was planned.

    Attributes
    ----------
    plan : Plan
        The plan, as it lies in the dataset.
    path : pathlib.Path
        Where.
    script : pathlib.Path, optional
        The batch script, if one was asked for.
    """

    plan: Plan
    path: Path
    script: Path | None = None


def plan(
    stage: str,
    *,
    input: AnyPath | Sequence[AnyPath],  # noqa: A002 - as of `run`
    output: AnyPath,
    elements: int | None = None,
    script: AnyPath | None = None,
    batch: BatchConfig | None = None,
    **keywords: Any,  # noqa: ANN401
) -> PlanSummary:
    """Plan a run of a stage, to be done by many processes on one file system.

    Parameters
    ----------
    stage : str
        Any stage whose output is a dataset.
    input, output, **keywords
        As of `cta_columnar.run`.
    elements : int, optional
        How many elements the job array has, at most; by default as many as there are
        shards, or `BatchConfig.max_elements`.
    script : path, optional
        Batch script to write.
    batch : BatchConfig, optional
        What its elements ask for.

    Returns
    -------
    PlanSummary
        The plan, which lies in ``<output>/_plan/``. `run_planned` does its elements.

    Raises
    ------
    UserError
        As `cta_columnar.run` before any work: the output is in use, an option is wrong.
        If something is at a URL.
    """
    batch = batch or BatchConfig()
    if elements is not None and elements < 1:
        raise UserError(f"elements: must be >= 1, got {elements}")
    if stage not in STAGES:
        raise UserError(f"{stage} cannot be planned; {did_you_mean(stage, STAGES)}")
    several = [input] if isinstance(input, str | os.PathLike) else input
    for each in (output, *several):
        refuse_url(each, "plans and job arrays want files of this machine")
    found: list[Work] = []

    def take(work: Work) -> RunSummary:
        found.append(work)
        return RunSummary(stage, work.output)

    with no_empty_dataset(Path(output)):
        run(stage, input=input, output=output, handle=take, **keywords)
        (work,) = found
        count = min(elements or batch.max_elements, batch.max_elements)
        made = _plan_of(work, input, count, keywords)
        path = write_plan(made)
        for name in {path for piece in made.pieces for path in piece.inputs}:
            # As a run that goes on: what was left out is tried again.
            drop_skipped(made.output, name)
        if script is not None:
            text = script_of(made, batch, folder_of(made.output), Path(script).name)
            # Names of files that are not text keep their bytes.
            Path(script).write_bytes(os.fsencode(text))
            Path(script).chmod(0o755)
    return PlanSummary(made, path, Path(script) if script is not None else None)


def batch_of(path: AnyPath | None, keys: Mapping[str, object]) -> BatchConfig:
    """Read what a job array asks for from a file, if any; single keys count more.

    Raises
    ------
    UserError
        If it cannot be read, or something is unknown or out of range.
    """
    files = [] if path is None else [Path(path)]
    given = {name: value for name, value in keys.items() if value is not None}
    config = configure("batch", files, values=given)
    if not isinstance(config, BatchConfig):
        raise TypeError(config)
    return config


def _plan_of(
    work: Work,
    datasets: AnyPath | Sequence[AnyPath],
    count: int,
    keywords: dict[str, Any],
) -> Plan:
    files = {
        path for piece in work.pieces if not piece.digests for path in piece.inputs
    }
    pieces = [
        PlannedPiece(each.inputs, each.seq, each.size, each.digests)
        for each in work.pieces
    ]
    return Plan(
        output=Path(os.path.abspath(work.output)),  # noqa: PTH100 - links stay
        folder=os.getcwd(),  # noqa: PTH109
        identity=work.identity,
        inputs=tuple(sorted(files)) or _absolute(datasets),
        configuration=work.config.model_dump(mode="json"),
        plugins={p: sha256_of(Path(p)) for p in _absolute(keywords.get("plugin", ()))},
        skip_bad_inputs=bool(keywords.get("skip_bad_inputs", False)),
        array=work.array,
        is_fresh=not read_contents(work.output).committed,
        stamps={path: stamp_of(path) for path in sorted(files)},
        pieces=tuple(pieces),
        elements=share_out(pieces, count),
    )


def _absolute(paths: AnyPath | Sequence[AnyPath]) -> tuple[str, ...]:
    several = [paths] if isinstance(paths, str | os.PathLike) else paths
    return tuple(os.path.abspath(each) for each in several)  # noqa: PTH100


def share_out(
    pieces: Sequence[PlannedPiece | Piece], count: int
) -> tuple[tuple[int, ...], ...]:
    """Divide shards among elements, so that each has about as many bytes to read.

    The largest ones first, each to who has least. Shards of one file stay together
    unless that makes an element too large: who reads several of them looks at the file
    once.

    Parameters
    ----------
    pieces : sequence of PlannedPiece or Piece
        The shards.
    count : int
        Number of elements, at most.

    Returns
    -------
    tuple of tuple of int
        Places of shards in ``pieces``; no element is empty.
    """
    # Also an empty shard takes a moment.
    sizes = [max(piece.size, 1) for piece in pieces]
    share = sum(sizes) / count
    groups: list[list[int]] = []
    for _, several in groupby(range(len(pieces)), lambda n: pieces[n].inputs):
        group = list(several)
        fits = sum(sizes[n] for n in group) <= share
        groups += [group] if fits else [[n] for n in group]
    groups.sort(key=lambda group: (-sum(sizes[n] for n in group), group))
    loads = [(0, number) for number in range(min(count, len(groups)))]
    elements: list[list[int]] = [[] for _ in loads]
    for group in groups:
        load, number = heapq.heappop(loads)
        elements[number] += group
        heapq.heappush(loads, (load + sum(sizes[n] for n in group), number))
    return tuple(tuple(sorted(each)) for each in elements)
