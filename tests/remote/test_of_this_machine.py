"""What cannot be at a URL is refused, before anything is read or written."""

import pytest
from store.toy_run import IDENTITY

from cta_columnar import run as run_stage
from cta_columnar.errors import UserError
from cta_columnar.remote import servers
from cta_columnar.store import check_output


@pytest.mark.parametrize(
    ("stage", "keywords", "words"),
    [
        ("train", {"input": "dl2"}, "train writes files of this machine alone"),
        ("stage3", {"input": "dl2", "models": "s3://b/m"}, "models is a folder"),
        ("stage2", {"input": "dl1", "config": "s3://b/c.yaml"}, "configurations and"),
        ("stage2", {"input": "dl1", "plugin": ["s3://b/p.py"]}, "plugins are files"),
        ("stage2", {"input": "dl1", "cluster": "s3://b/c.yaml"}, "s3://b/c.yaml: conf"),
        ("stage2", {"input": "dl1", "output": "s3://b?endpoint=x/y"}, "AWS_ENDPOINT"),
        ("stage2", {"input": "dl1", "output": "s3://"}, "names no place"),
    ],
)
def test_what_cannot_be_done_is_refused(stage, keywords, words):
    with pytest.raises(UserError, match=words):
        run_stage(stage, **{"output": "memory://b/x"} | keywords)


@pytest.mark.parametrize(
    ("stage", "key"),
    [
        ("simulate", "array"),
        ("simulate", "atmosphere"),
        ("simulate", "output"),
        ("simulate", "transmission.table"),
        ("stage1", "monitoring.calibration"),
        ("stage1", "monitoring.pedestals"),
        ("stage3", "models"),
        ("irf", "add_to"),
        ("irf", "cuts.table"),
        ("dl3", "irf"),
        ("dl3", "technical.weather"),
    ],
)
def test_files_that_a_configuration_names_are_of_this_machine(stage, key, tmp_path):
    section, _, name = key.rpartition(".")
    file = tmp_path / "my.yaml"
    line = f"{name}: s3://b/x.ecsv"
    file.write_text(f"{section}:\n  {line}\n" if section else f"{line}\n")
    output = {} if stage == "simulate" else {"output": tmp_path / "out"}
    for how, place in (
        ({"set": f"{key}=s3://b/x.ecsv"}, "--set"),
        ({"config": file}, f"{file}:{2 if section else 1}"),
    ):
        with pytest.raises(UserError) as raised:
            run_stage(stage, input=tmp_path / "in", **output, **how)
        said = str(raised.value)
        assert "s3://b/x.ecsv: wants a file or folder of this machine" in said
        assert key in said
        assert place in said
    assert [each.name for each in tmp_path.iterdir()] == ["my.yaml"]


def test_what_ends_with_the_process_is_no_output(tmp_path, writable, monkeypatch):
    monkeypatch.setattr(servers, "WRITABLE", writable)
    with pytest.raises(UserError, match="memory:// is read only; write to s3://"):
        check_output("memory://lost/dl1", IDENTITY)
    with pytest.raises(UserError, match="memory:// is read only"):
        run_stage("stage1", input=tmp_path / "a", output="memory://lost/dl1")
