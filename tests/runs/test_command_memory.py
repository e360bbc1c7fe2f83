"""What the command keeps of shards that are done, until the end of a run."""

import json
import multiprocessing
import statistics
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

from cta_columnar.pipelines.running.common import RunOptions
from cta_columnar.store import open_store

SHARDS, PARTS = 100, 30


@pytest.fixture
def shards(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    found = import_module("benchmarks.command_memory")
    yield found
    found.forget_syncs(is_wanted=False)


def memory_of_a_run(folder):
    """Return the memory as each shard is done, and its peak."""
    shards = import_module("benchmarks.command_memory")
    shards.run(folder / "first", 2, PARTS, RunOptions(1))
    looks = []

    def look(progress):
        del progress
        looks.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    shards.run(folder / "dl2", SHARDS, PARTS, RunOptions(1, on_progress=look))
    _, peak = tracemalloc.get_traced_memory()
    return looks, peak


def test_the_command_keeps_little_of_a_shard(shards, tmp_path):
    """A record of 30 parts is 10 kB as JSON, and its provenance 30 kB."""
    # In a process of its own: what other tests have begun here may allocate megabytes.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        looks, peak = process.submit(memory_of_a_run, tmp_path).result()
    growth = [after - before for before, after in pairwise(looks)]
    assert len(growth) >= SHARDS - 1
    assert statistics.median(growth) < 12_000
    # At the end all records together, and what the provenance has of each part.
    assert (peak - looks[0]) / SHARDS < 110_000


def test_what_is_read_back_is_told(shards, tmp_path):
    """Counts, cut flow, provenance and journal have what stands in the records."""
    root = tmp_path / "dl2"
    summary = shards.run(root, 3, PARTS, RunOptions(1))
    records = open_store(root).records
    assert summary.counts == {"events": 3000, "telescope_events": 9000}
    assert summary.step_seconds == pytest.approx({"read": 0.3, "write": 0.6})
    assert summary.raw_bytes == 3000
    rows = {(each.tel_type, each.cut): each.n_passed for each in summary.cut_flow}
    assert rows["MST_MST_Camera000", "leakage"] == 3 * 1003
    plain = json.loads((root / "provenance.json").read_text())
    labels = {each.get("prov:label") for each in plain["entity"].values()}
    assert labels >= {part.path for record in records for part in record.parts}
    assert len(plain["wasGeneratedBy"]) == len(plain["wasDerivedFrom"]) == 3 * PARTS
    (journal,) = (root / "_journal").glob("*.jsonl")
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    told = [(e["written_bytes"], e["events"]) for e in lines if e["what"] == "shard"]
    assert sorted(told) == sorted((record.size, 1000) for record in records)
