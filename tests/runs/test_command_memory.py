"""What the command keeps of shards that are done, until the end of a run."""

import json
import statistics
import tracemalloc
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


def test_the_command_keeps_little_of_a_shard(shards, tmp_path):
    """A record of 30 parts is 10 kB as JSON, and its provenance 30 kB."""
    shards.run(tmp_path / "first", 2, PARTS, RunOptions(1))
    looks = []

    def look(progress):
        del progress
        looks.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    shards.run(tmp_path / "dl2", SHARDS, PARTS, RunOptions(1, on_progress=look))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The median: something else in this process may allocate megabytes at any time.
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
