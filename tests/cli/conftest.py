import logging
import sys

import pytest

from cta_columnar.cli import main
from cta_columnar.pipelines.running.common import Progress, RunSummary


class Outcome:
    """What a call of the command line left behind."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def ctacol(monkeypatch, capsys, plugins_forgotten):
    """Call the command line in this process; plugins it loads are forgotten."""

    def call(*words, width=80):
        monkeypatch.setattr(sys, "argv", ["ctacol", *map(str, words)])
        monkeypatch.setenv("COLUMNS", str(width))
        status = 0
        try:
            main.main()
        except SystemExit as end:
            status = end.code or 0
        return Outcome(status, *capsys.readouterr())

    handlers, level = logging.root.handlers[:], logging.root.level
    yield call
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


class FakePipeline:
    """Stands in for the pipelines: remembers the call, does nothing."""

    def __init__(self):
        self.calls = []
        self.error = None
        self.summary = {}

    def run_stage1(self, inputs, output, config, options):
        self.calls.append((inputs, output, config, options))
        if options.on_progress:
            options.on_progress(Progress(1, 2, events=3))
            options.on_progress(Progress(2, 2, events=5, label="last"))
        if self.error:
            raise self.error
        return RunSummary("stage1", output, **self.summary)

    run_stage2 = run_stage3 = run_train = run_stage1


@pytest.fixture
def pipeline(monkeypatch):
    fake = FakePipeline()
    monkeypatch.setitem(sys.modules, "cta_columnar.pipelines.stage1.run", fake)
    monkeypatch.setitem(sys.modules, "cta_columnar.pipelines.stage2.run", fake)
    monkeypatch.setitem(sys.modules, "cta_columnar.pipelines.stage3.run", fake)
    monkeypatch.setitem(sys.modules, "cta_columnar.pipelines.train.run", fake)
    return fake
