"""Who did what with what, when: as W3C PROV, beside the dataset."""

import json
import uuid
from contextlib import suppress
from unittest.mock import patch

import pytest
from prov.model import ProvDocument
from store.toy_run import IDENTITY, run

from cta_columnar.provenance import Activity, joined, machine, software
from cta_columnar.store import (
    StoreError,
    gather,
    gathering,
    open_store,
    prepare,
    provenance_file,
    recorded,
)


def read(root):
    text = (root / "provenance.json").read_text()
    return ProvDocument.deserialize(content=text, format="json"), json.loads(text)


def activities(plain):
    runs = plain["activity"].values()
    return sorted(runs, key=lambda each: each["prov:startTime"])


def test_inputs_parts_software_and_configuration_are_there(dataset, inputs):
    _, plain = read(dataset)
    entities = plain["entity"].values()
    labels = {e["prov:label"]: e for e in entities if "prov:label" in e}
    record = open_store(dataset).records[0]
    assert labels[str(inputs[0])]["ctacol:digest"] == record.shard.inputs[0].digest
    for part in record.parts:
        assert labels[part.path]["ctacol:sha256"] == part.sha256
    settings = [e for e in entities if e["ctacol:role"] == "configuration"]
    assert json.loads(settings[0]["prov:value"]) == {"threshold": 5}
    agent = next(a for name, a in plain["agent"].items() if "software" in name)
    assert agent["ctacol:numpy"] == software()["numpy"]
    (activity,) = activities(plain)
    assert activity["ctacol:host"] == machine()["host"]
    assert activity["ctacol:status"] == "completed"
    assert activity["prov:startTime"] < activity["prov:endTime"]
    n_parts = sum(len(record.parts) for record in open_store(dataset).records)
    assert len(plain["wasGeneratedBy"]) == len(plain["wasDerivedFrom"]) == n_parts
    assert len(plain["used"]) == len(inputs) + 1


def test_a_later_run_is_added_and_claims_only_what_it_made(dataset, inputs):
    _, before = read(dataset)
    (dataset / open_store(dataset).records[0].parts[0].path).unlink()
    run(dataset, inputs, resume=True)
    document, plain = read(dataset)
    assert len(plain["activity"]) == 2
    assert len(plain["used"]) == len(before["used"]) + 2
    made = len(open_store(dataset).records[0].parts)
    assert len(plain["wasGeneratedBy"]) == len(before["wasGeneratedBy"]) + made
    assert before["entity"].items() <= plain["entity"].items()
    assert len(list(document.get_records())) > 50


def test_a_run_that_is_killed_stays_running(tmp_path):
    prepare(tmp_path, IDENTITY)
    with recorded(tmp_path, Activity("stage1", {})):
        (activity,) = activities(read(tmp_path)[1])
        assert activity["ctacol:status"] == "running"
        assert "prov:endTime" not in activity


@pytest.mark.parametrize(
    ("error", "status"),
    [(StoreError("full disk"), "failed"), (KeyboardInterrupt(), "interrupted")],
)
def test_how_it_ended_is_told(tmp_path, error, status):
    prepare(tmp_path, IDENTITY)
    with pytest.raises(type(error)), recorded(tmp_path, Activity("stage1", {})):
        raise error
    (activity,) = activities(read(tmp_path)[1])
    assert activity["ctacol:status"] == status
    assert activity.get("ctacol:message", "") == str(error)


def test_large_sizes_survive(tmp_path):
    activity = Activity("stage1", {})
    activity.used("a b.simtel", "crc:1", 5_000_000_000)
    plain = json.loads(activity.to_json())
    (entity,) = [e for e in plain["entity"].values() if e["ctacol:role"] == "input"]
    assert "5000000000" in json.dumps(entity["ctacol:size"])
    assert entity["prov:label"] == "a b.simtel"


def apart(root, count):
    """Let processes write down apart what they did; return the names of their runs."""
    names = set()
    for _ in range(count):
        with (
            patch.object(provenance_file, "process_name", uuid.uuid4().hex.__str__),
            recorded(root, Activity("stage1", {}), apart=True) as activity,
        ):
            names.add(str(activity._run.identifier))
    return names


def told(root):
    return set(json.loads((root / "provenance.json").read_text())["activity"])


@pytest.mark.parametrize("step", range(6))
def test_gathering_that_is_killed_loses_nothing(tmp_path, monkeypatch, step):
    """At whichever file it writes or removes; the next one has all of it."""
    names = apart(tmp_path, 3)
    steps = iter(range(step))

    def until_killed(function):
        def call(*words):
            if next(steps, None) is None:
                raise KeyboardInterrupt
            function(*words)

        return call

    with monkeypatch.context() as patched:
        for name in ("put_document", "remove"):
            patched.setattr(gathering, name, until_killed(getattr(gathering, name)))
        with suppress(KeyboardInterrupt):
            gather(tmp_path)
    gather(tmp_path)
    assert told(tmp_path) == names
    # It stays so, and nothing is written again.
    before = (tmp_path / "provenance.json").stat()
    gather(tmp_path)
    assert (tmp_path / "provenance.json").stat() == before


def test_who_gathers_fewer_at_the_same_time_loses_nothing(tmp_path, monkeypatch):
    """One has read two of three, and writes when another has gathered all."""
    names = apart(tmp_path, 2)
    write = gathering.put_document

    def late(*words):
        monkeypatch.setattr(gathering, "put_document", write)
        names.update(apart(tmp_path, 1))
        gather(tmp_path)
        write(*words)

    monkeypatch.setattr(gathering, "put_document", late)
    gather(tmp_path)
    assert told(tmp_path) == names
    assert len(list((tmp_path / "_journal").glob("*.prov.json"))) == 1


def test_who_writes_on_while_others_gather_loses_nothing(tmp_path, monkeypatch):
    """The end of a run comes when its beginning has been read."""
    write = gathering.put_document
    running = recorded(tmp_path, Activity("stage1", {}), apart=True)
    activity = running.__enter__()

    def late(*words):
        monkeypatch.setattr(gathering, "put_document", write)
        running.__exit__(None, None, None)
        write(*words)

    monkeypatch.setattr(gathering, "put_document", late)
    gather(tmp_path)
    gather(tmp_path)
    _, plain = read(tmp_path)
    run = plain["activity"][str(activity._run.identifier)]
    assert run["ctacol:status"] == "completed"


def test_what_is_over_does_not_go_on():
    """Whichever document comes last."""
    over, on = (
        {"activity": {"a": {"ctacol:status": s}}} for s in ("failed", "running")
    )
    for documents in ((over, on), (on, over)):
        plain = json.loads(joined(documents))
        assert plain["activity"]["a"]["ctacol:status"] == "failed"
