"""What a user does wrong ends in a line that helps, never in a traceback."""

import pytest

from cta_columnar.cli.main import describe
from cta_columnar.errors import UserError
from cta_columnar.registry import catalogue

RUN = ("run", "stage1", "--input", "in.simtel.zst", "--output", "out")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "stage1"), "Missing option '--input'"),
        (("run", "stage1", "--input"), "Option '--input' requires an argument"),
        (("run", "stage1", "--input", "a", "--output"), "requires an argument"),
        (("run", "stage4"), "No such command 'stage4'"),
        (("inf",), "No such command 'inf'. Did you mean 'info'?"),
        ((*RUN, "--worker", "2"), "--workers"),
        ((*RUN, "--workers", "0"), "0 is less than 1"),
        ((*RUN, "--allowed-tels", "1-x"), "write e.g. 1-4,7"),
        ((*RUN, "--allowed-tels", ""), "'' is no list of telescope ids"),
        ((*RUN, "--allowed-tels", "1,4-1"), "'4-1' begins behind its end"),
        ((*RUN, "--log-level", "loud"), "--log-level"),
        ((*RUN, "extra", "--"), "--input"),
        (("info",), "Missing argument"),
    ],
)
def test_wrong_calls_end_with_2(ctacol, pipeline, words, message):
    done = ctacol(*words)
    assert done.status == 2 or message == "--input"
    assert message in done.err or message == "--input"
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*RUN, "--set", "extractor.window_widht=5"), "did you mean 'window_width'?"),
        ((*RUN, "--set", "extractor"), "write key=value"),
        ((*RUN, "--config", "absent.yaml"), "absent.yaml cannot be read: No such file"),
        ((*RUN, "--plugin", "absent.py"), "absent.py is not a Python file"),
        ((*RUN, "--resume", "--overwrite"), "choose one"),
        ((*RUN, "--max-events", "0"), "max_events: must be > 0, got 0"),
        (("run", "stage1", "-i", "x*.zst", "-o", "y"), "no file is called x*.zst"),
        (("run", "stage1", "-i", ".", "-o", "y"), ". holds no raw file"),
        (("run", "stage1", "-i", "x", "x", "-o", "y"), "x stands twice"),
        (("run", "stage2", "-i", "absent", "-o", "y"), "absent does not exist"),
        (("run", "stage2", "-i", ".", "-o", "y"), ". is no dataset"),
        (("config", "show", "stage4"), "no stage 'stage4'; did you mean 'stage"),
        (("config", "check", "absent.yaml"), "absent.yaml cannot be read"),
        (("config", "algorithms", "extract"), "did you mean 'extractor'?"),
        (("validate", "absent"), "absent does not exist"),
        (("info", "absent"), "absent"),
    ],
)
def test_mistakes_end_with_1(ctacol, pipeline, words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = ctacol(*words)
    assert done.status == 1
    assert message in done.err
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert pipeline.calls == []


def test_an_error_of_several_lines(ctacol, pipeline, tmp_path):
    pipeline.error = UserError("keys must be unique:\n  a and b\nand more")
    assert ctacol(*RUN).err.splitlines()[-3:] == [
        "error: keys must be unique:",
        "  a and b",
        "error: and more",
    ]


def test_debug_shows_where(ctacol, pipeline):
    pipeline.error = ZeroDivisionError("deep inside")
    quiet = ctacol(*RUN)
    assert quiet.status == 1
    assert "Traceback" not in quiet.err
    assert "a fault of ctacol, not yours: ZeroDivisionError: deep inside" in quiet.err
    for words in ((*RUN, "--debug"), ("--debug", *RUN)):
        loud = ctacol(*words)
        assert loud.status == 1
        assert "Traceback" in loud.err


def test_errors_of_the_operating_system_name_the_file():
    assert describe(PermissionError(13, "Permission denied", "out")) == [
        "out: Permission denied"
    ]
    assert describe(OSError(28, "No space left on device")) == [
        "No space left on device"
    ]


def test_broken_plugin_package_is_named(ctacol, monkeypatch):
    monkeypatch.setattr(catalogue, "_broken", {"other.package": "ImportError: no x"})
    done = ctacol("config", "show", "stage1", "--set", "extractor=Absent")
    assert "other.package failed to load: ImportError: no x" in done.err


def test_a_training_cannot_be_resumed_and_says_so(ctacol, tmp_path):
    (tmp_path / "dl2" / "_commits").mkdir(parents=True)
    words = ("run", "train", "-i", tmp_path / "dl2", "-o", tmp_path / "m")
    done = ctacol(*words, "--resume")
    assert done.status == 1
    assert "nothing to resume. Start it again without --resume" in done.err
    assert "--resume" not in ctacol("run", "train", "--help").out
