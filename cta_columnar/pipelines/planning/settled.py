"""Which shards of a plan are settled: committed, or of an input that is left out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cta_columnar.instrument.subarray import ranges
from cta_columnar.pipelines.planning.plan_data import Plan, PlannedPiece
from cta_columnar.pipelines.planning.plan_file import folder_of
from cta_columnar.pipelines.running.shards import PieceKey, ShardOutcome
from cta_columnar.store import (
    Contents,
    Record,
    drop_record,
    is_intact,
    read_beside,
    read_contents,
    real_path,
    write_beside,
)


def unsettled(
    plan: Plan, pieces: Sequence[PlannedPiece], contents: Contents | None = None
) -> list[PlannedPiece]:
    """Return the shards that are neither committed nor of an input that is left out.

    Only sizes of parts are looked at; ``ctacol run ... --resume`` reads them all.
    """
    contents = contents or read_contents(plan.output)
    there = committed(plan, contents)
    whole = {record.key for record in contents.records}
    left_out = {real_path(each.path) for each in contents.skipped}

    def is_settled(piece: PlannedPiece) -> bool:
        record = there.get(piece.key)
        is_whole = record is not None and record.key in whole
        if (
            left_out
            and not is_whole
            and not left_out.isdisjoint(map(real_path, piece.inputs))
        ):
            return True
        return record is not None and is_intact(plan.output, record)

    return [piece for piece in pieces if not is_settled(piece)]


def committed(plan: Plan, contents: Contents) -> dict[PieceKey, Record]:
    """Return the records of shards of a plan, those of a twin under its own name."""
    found = plan.committed(contents.committed)
    by_key = contents.by_key()
    for piece, key in _twins(plan):
        record = by_key.get(key)
        if record is not None and piece.key not in found:
            named = zip(record.shard.inputs, piece.inputs, strict=True)
            inputs = tuple(replace(each, path=path) for each, path in named)
            found[piece.key] = replace(
                record, shard=replace(record.shard, inputs=inputs)
            )
    return found


def drop_left_out(plan: Plan, contents: Contents) -> None:
    """Take out the other shards of inputs that are left out, as a run does."""
    left_out = {real_path(each.path) for each in contents.skipped}
    for record in contents.begun:
        if any(each.real_path in left_out for each in record.shard.inputs):
            drop_record(plan.output, record.key)


def note_twins(plan: Plan, done: Iterable[ShardOutcome]) -> None:
    """Write down which shards were there already, for an input of another name.

    It has the same content: an input that was moved or copied since, or a double in
    this plan, which `cta_columnar.store.finalize` tells.
    """
    numbers = {piece.key: number for number, piece in enumerate(plan.pieces)}
    for each in done:
        mine, theirs = each.shard.inputs, each.record.shard.inputs
        key = tuple(i.path for i in mine), each.shard.seq
        if key in numbers and {i.real_path for i in mine} != {
            i.real_path for i in theirs
        }:
            path = _twins_folder(plan) / f"{numbers[key]}.json"
            write_beside(plan.output, path, {"shard_key": each.record.key})


def _twins(plan: Plan) -> Iterator[tuple[PlannedPiece, str]]:
    for path in sorted(_twins_folder(plan).glob("*.json")):
        number = int(path.stem) if path.stem.isdecimal() else len(plan.pieces)
        if number < len(plan.pieces):
            yield plan.pieces[number], str(read_beside(path)["shard_key"])


def _twins_folder(plan: Plan) -> Path:
    return folder_of(plan.output) / f"twins-{plan.digest}"


def unfinished(plan: Plan, left: Sequence[PlannedPiece]) -> str:
    """Name the elements that have something to do, as batch systems want it: 0-3,7."""
    keys = {piece.key for piece in left}
    numbers = [
        number
        for number, element in enumerate(plan.elements)
        if any(plan.pieces[place].key in keys for place in element)
    ]
    return ranges(numbers).replace(" ", "")
