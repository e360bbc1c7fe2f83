"""Names by which processes are asked whether they live."""

import os

import pytest

from cta_columnar.store import processes
from cta_columnar.store.processes import is_alive, process_name


@pytest.mark.parametrize("what", ["boot", "container"])
def test_a_machine_of_the_same_name_is_another_one(tmp_path, monkeypatch, what):
    """Process ids of another boot or container say nothing here."""
    mine = process_name()
    assert is_alive(mine)
    other = tmp_path / "other"
    if what == "boot":
        other.write_text("another boot")
        monkeypatch.setattr(processes, "_BOOT", other)
    else:
        other.symlink_to("pid:[1]")
        monkeypatch.setattr(processes, "_PID_SPACE", other)
    processes._space.cache_clear()
    assert is_alive(mine) is None
    assert process_name().split(".")[0] == mine.split(".")[0]
    monkeypatch.undo()
    processes._space.cache_clear()
    assert is_alive(mine)


def test_an_id_used_again_by_another_user_is_another_process(monkeypatch):
    def refuse(_pid, _signal):
        raise PermissionError

    stem, _, begun = process_name().rpartition(".")
    monkeypatch.setattr(os, "kill", refuse)
    assert is_alive(f"{stem}.{begun}")
    assert is_alive(f"{stem}.{int(begun) + 1}") is False
    # Where others may not be looked at, nobody knows.
    monkeypatch.setattr(processes, "_stat", lambda _pid: [])
    assert is_alive(f"{stem}.{begun}") is None
