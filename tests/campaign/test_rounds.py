"""What a round makes of the end of a run, where nothing is disturbed in earnest."""

import pytest
from campaign.bench import Undisturbed
from campaign.rounds import Round, _go_on
from campaign.scene import Ended, Scene
from store.toy_run import run, write_input


@pytest.fixture
def scene(tmp_path):
    """Return a run that ends well in spite of its fault."""
    raw = [write_input(tmp_path / "1.json", 1, 3)]
    run(tmp_path / "dl1", raw)
    return Scene(
        raw,
        tmp_path / "dl1",
        is_running=lambda: False,
        strike=lambda: True,
        end=lambda: Ended(0, ""),
        resume=lambda: Ended(0, ""),
    )


@pytest.mark.parametrize(
    ("kind", "is_struck"),
    [
        ("read error", False),
        ("input removed", False),
        ("worker process", True),
        ("clock step", True),
    ],
)
def test_a_run_that_had_read_all_was_not_struck(scene, kind, is_struck):
    told = Round(kind, "1", struck=True)
    _go_on(scene, Undisturbed({}, 1, 0.0, 0.0), told)
    assert told.struck is is_struck
    assert told.problems == []


def test_status_0_with_a_shard_missing_is_wrong(scene):
    told = Round("read error", "1", struck=True)
    _go_on(scene, Undisturbed({}, 2, 0.0, 0.0), told)
    assert told.problems == ["it ended with status 0, and shards are missing"]
