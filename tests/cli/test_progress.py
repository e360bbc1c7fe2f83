"""The bar on a terminal, lines elsewhere, and numbers for people."""

import io
import logging

import pytest
from rich.console import Console

from cta_columnar.cli import progress
from cta_columnar.cli.text import columns, in_bytes, in_seconds
from cta_columnar.pipelines.running.common import Progress


def test_bar_shows_events_per_second(monkeypatch):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr("rich.console.Console", lambda **_: console)
    with progress.Reporter("stage1", terminal=True) as report:
        report(Progress(1, 4, events=50, raw_bytes=25, total_bytes=100, label="a.zst"))
        report._bar.refresh()
    assert "stage1" in screen.getvalue()
    assert " 25%" in screen.getvalue()
    assert "1/4 shards, 50 events, " in screen.getvalue()
    assert "events/s" in screen.getvalue()


def test_lines_come_now_and_then(monkeypatch, caplog):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    caplog.set_level(logging.INFO)
    with progress.Reporter("stage1", terminal=False) as report:
        for second in range(25):
            now[0] = float(second)
            report(Progress(second, 25, events=second * 20))
        now[0] = 25.0
        report(Progress(25, 25, events=50, label="b.zst"))
    assert [record.message for record in caplog.records] == [
        "stage1: 10/25 shards, 200 events, 20 events/s",
        "stage1: 20/25 shards, 400 events, 20 events/s",
        "stage1: 25/25 shards, 50 events, 2.0 events/s, b.zst",
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (3_915_844, "3.9 MB"), (5e15, "5000.0 TB")],
)
def test_bytes(number, text):
    assert in_bytes(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0.0 s"),
        (0.04, "40 ms"),
        (0.9999, "1.0 s"),
        (119.9, "119.9 s"),
        (125, "2 min 05 s"),
        (7380, "2 h 03 min"),
    ],
)
def test_seconds(number, text):
    assert in_seconds(number) == text


def test_columns():
    rows = [("a", "1", ""), ("bcd", "23", "x")]
    assert list(columns(rows, right=(1,))) == ["a     1", "bcd  23  x"]
    assert list(columns([])) == []
