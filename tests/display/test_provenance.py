"""The chain of steps that a page tells, from raw data on."""

import pytest

from cta_columnar.pipelines.reports.provenance import provenance_tables
from cta_columnar.provenance import Activity
from cta_columnar.store import StoreError, history_of, recorded


def make(folder, stage, inputs, **configuration):
    """A folder with nothing but its provenance."""
    folder.mkdir(exist_ok=True)
    activity = Activity(stage, configuration)
    with recorded(folder, activity):
        for path in inputs:
            activity.used(str(path), "ab" * 32, 1)
    return folder


def facts(step):
    return dict(step[1][0].rows)


def test_every_step_is_told_once(tmp_path):
    raw = tmp_path / "raw.simtel.zst"
    low = make(tmp_path / "low", "stage1", [raw], cleaner={"threshold": 5})
    high = make(tmp_path / "high", "stage1", [raw], cleaner={"threshold": 8})
    # Inputs are shards of datasets, not their folders.
    both = make(tmp_path / "both", "stage2", [low / "0a1b", low / "0c", high / "0d"])
    top = make(tmp_path / "top", "irf", [both / "00"], seed=1)
    steps = provenance_tables(top)
    assert [step[0] for step in steps] == [
        "where the chain begins", "stage1", "stage2", "irf",
    ]  # fmt: skip
    assert steps[0][1][0].rows == [(str(raw), "not found, or without a provenance")]
    first = facts(steps[1])
    assert set(first["made"].split(", ")) == {str(low), str(high)}
    assert first["from"] == str(raw)
    assert first["ended"] == "completed"
    assert first["differing keys"] == "cleaner.threshold"
    assert "cta_columnar" in first["software"]
    ((name, values),) = steps[1][1][1].rows
    assert (name, set(values.split(", "))) == ("cleaner.threshold", {"5", "8"})
    assert facts(steps[2])["from"] == first["made"]
    assert "differing keys" not in facts(steps[3])


def test_a_simulated_file_has_its_provenance_beside_it(tmp_path):
    made = make(tmp_path / "made", "simulate", [], particle="gamma")
    file = tmp_path / "run.simtel.zst"
    beside = tmp_path / "run.simtel.zst.provenance.json"
    (made / "provenance.json").rename(beside)
    dl1 = make(tmp_path / "dl1", "stage1", [file])
    assert [step[0] for step in provenance_tables(dl1)] == ["simulate", "stage1"]
    assert history_of(file).runs[0].configuration == {"particle": "gamma"}


def test_runs_that_failed_are_not_steps(tmp_path):
    folder = make(tmp_path / "dl2", "stage2", [], min=1)
    with pytest.raises(RuntimeError), recorded(folder, Activity("stage2", {"min": 2})):
        raise RuntimeError
    (step,) = provenance_tables(folder)
    assert facts(step)["ended"] == "completed"
    assert step[1][1].rows == [("min", "1")]


def test_many_are_listed_in_short(tmp_path):
    several = [make(tmp_path / f"d{i}", "stage1", []) for i in range(9)]
    top = make(tmp_path / "top", "stage2", several)
    listed = facts(provenance_tables(top)[0])["made"]
    assert listed.endswith("and 3 more")


def test_a_damaged_document(tmp_path):
    (tmp_path / "provenance.json").write_text("{")
    with pytest.raises(StoreError):
        provenance_tables(tmp_path)
