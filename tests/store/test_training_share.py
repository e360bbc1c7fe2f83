"""What models were trained on comes back, and runs are told apart."""

import polars as pl
import pytest

from cta_columnar.schemas import simulation
from cta_columnar.store import (
    StoreError,
    TrainingShare,
    load_training_share,
    run_digests,
    save_training_share,
)

SHARE = TrainingShare(3, 0.5, ((1, "a" * 8), (2, "b" * 8)))


def test_a_share_comes_back(tmp_path):
    save_training_share(tmp_path, SHARE)
    assert load_training_share(tmp_path) == SHARE
    assert [each.name for each in tmp_path.iterdir()] == ["training.json"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-20], "damaged"),
        (lambda text: text.replace("0.5", '"half"'), "fraction: Input should be"),
        (lambda text: text.replace("cta_columnar", "other"), "format: Input should be"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, change, message):
    save_training_share(tmp_path, SHARE)
    path = tmp_path / "training.json"
    path.write_text(change(path.read_text()))
    with pytest.raises(StoreError, match=message):
        load_training_share(tmp_path)


def test_a_folder_without_one(tmp_path):
    with pytest.raises(StoreError, match=r"cannot read .*training\.json"):
        load_training_share(tmp_path)


class Runs:
    """As much of a dataset as is asked for."""

    def __init__(self, primaries, **changes):
        row = {f.name: 1 for f in simulation.RUNS} | {"obs_id": 7} | changes
        self._runs = pl.DataFrame([row]).to_arrow()
        self._showers = pl.LazyFrame(
            {
                "obs_id": [row["obs_id"]] * len(primaries),
                "true_shower_primary_id": primaries,
            }
        )

    def scan(self, table):
        assert table == "showers"
        return self._showers

    def read(self, table):
        assert table == "simulation/runs"
        return self._runs


def test_runs_are_known_by_their_simulation_and_primary():
    digest = run_digests(Runs([0, 0]))
    assert run_digests(Runs([0])) == digest
    assert run_digests(Runs([0], kept_share=0.5)) == digest
    assert run_digests(Runs([101])) != digest
    assert run_digests(Runs([0], n_showers=2)) != digest


def test_a_run_that_was_read_under_another_number_is_the_same():
    (digest,) = run_digests(Runs([0])).values()
    assert run_digests(Runs([0], obs_id=107)) == {107: digest}
    assert run_digests(Runs([0], run_number=2)) != {7: digest}
