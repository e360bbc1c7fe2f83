"""`ctacol run train`: datasets to a folder of models."""

import hashlib
import json
import logging
import shutil

import numpy as np
import polars as pl
import pytest
from store.toy_run import LST, SST
from toy_training import GAMMA, ONLY_ENERGY, PROTON, SMALL, merged, toy_dataset

from cta_columnar import run
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.pipelines.stage2 import rows as dl1_rows
from cta_columnar.pipelines.train import rows as train_rows
from cta_columnar.pipelines.train.inputs import open_inputs
from cta_columnar.pipelines.train.rows import DatasetRows
from cta_columnar.stages.irf.simulated_spectra import read_simulated_spectra
from cta_columnar.stages.training import session
from cta_columnar.stages.training.tally import shared
from cta_columnar.stages.training_share import in_share
from cta_columnar.store import (
    Store,
    is_models,
    load_table,
    load_training_share,
    open_models,
    open_store,
    run_digests,
    validate_models,
)


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    """Gammas and protons that have the same keys; not to be changed."""
    root = tmp_path_factory.mktemp("toy")
    return [toy_dataset(root / str(p), primary=p) for p in (GAMMA, PROTON)]


@pytest.fixture(scope="module")
def done(datasets, tmp_path_factory):
    """Return models of all tasks, of half of the showers; not to be changed."""
    root = tmp_path_factory.mktemp("done") / "models"
    train(datasets, root, fraction=0.5, seed=4)
    return root


@pytest.fixture(scope="module")
def of_energy(datasets, tmp_path_factory):
    """Return models of the energy alone; not to be changed."""
    root = tmp_path_factory.mktemp("energy") / "models"
    train(datasets[:1], root, **ONLY_ENERGY)
    return root


def train(datasets, root, **how):
    options = {"workers": 1} | {k: how.pop(k) for k in list(how) if k in OPTIONS}
    return run("train", input=datasets, output=root, **options, **merged(SMALL, how))


CLASSES = ("gamma", "proton")
NO_CUTS = {key: SMALL[key] for key in ("fraction", "quality")}
OPTIONS = ("workers", "overwrite", "dry_run", "resume", "set", "on_progress")


def hashes(root):
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "provenance.json"
    }


def read(rows, tel_type, names):
    return pl.concat(rows.slices(tel_type, names))


def rows_of(datasets, **changes):
    config = configure("train", values=merged(SMALL, changes))
    return DatasetRows(open_inputs(datasets, datasets[0].parent / "no", config), config)


def test_what_comes_out(done, datasets):
    assert is_models(done)
    assert validate_models(done) == []
    models = open_models(done)
    assert models.types["energy"] == (LST, SST)
    assert models.types["direction_error"] == ("array",)
    assert models.event_classes("energy_error").n_classes == 3
    inputs = models.describe("particle", LST).training.inputs
    assert set(inputs) == {"gamma", "proton"}
    share = load_training_share(done)
    assert (share.seed, share.fraction) == (4, 0.5)
    digests = [run_digests(open_store(each)) for each in datasets]
    assert dict(share.runs).keys() == {1}
    assert {digest for _, digest in share.runs} == {each[1] for each in digests}


def test_tables_beside_the_models(done):
    importance = pl.from_arrow(load_table(done, "importance"))
    of_energy = importance.filter(pl.col("task") == "energy", pl.col("tel_type") == LST)
    assert of_energy["impurity"].sum() == pytest.approx(1)
    assert of_energy.sort("permutation")["feature"][-1] == "size"
    figures = pl.from_arrow(load_table(done, "cross_validation"))
    assert set(figures["task"]) > {"energy", "particle", "disp", "energy_error"}
    assert figures.filter(pl.col("metric") == "roc_auc")["energy"].unique()[0] == (
        "reconstructed"
    )
    flow = pl.from_arrow(load_table(done, "cut_flow"))
    chosen = flow.filter(pl.col("stage") == "training", pl.col("tel_type") == LST)
    assert chosen["cut"].to_list() == [
        "all",
        "training_share",
        "known_class",
        "enough_charge",
        "positive_width",
        "max_rows",
    ]


def test_the_provenance_names_inputs_and_products(done, datasets):
    document = json.loads((done / "provenance.json").read_text())
    (activity,) = document["activity"].values()
    assert activity["ctacol:status"] == "completed"
    labels = {e.get("prov:label") for e in document["entity"].values()}
    assert {str(each) for each in datasets} < labels
    assert "importance.parquet" in labels
    written = {p.relative_to(done).as_posix() for p in done.rglob("*") if p.is_file()}
    assert written - {"provenance.json"} < labels
    assert {"training.json", f"energy/tel_type={LST}/model.json"} < written


def test_order_of_inputs_and_workers_change_nothing(datasets, tmp_path):
    how = ONLY_ENERGY | {"particle": SMALL["particle"], "folds": 2}
    train(datasets, tmp_path / "a", **how)
    train(datasets[::-1], tmp_path / "b", workers=2, **how)
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")


def test_a_dataset_may_be_read_in_many_ranges(datasets, monkeypatch):
    whole = rows_of(datasets)
    monkeypatch.setattr(train_rows, "EVENTS_AT_ONCE", 25)
    ranged = rows_of(datasets)
    assert ranged.tally.counts == whole.tally.counts
    assert ranged.tally.n_events == whole.tally.n_events
    assert ranged.tally.cut_flow == whole.tally.cut_flow
    names = ["dataset", "event_id", "tel_id", "true_energy", "hillas_width"]
    for tel_type in (LST, SST):
        assert read(ranged, tel_type, names).equals(read(whole, tel_type, names))
    assert dl1_rows.EVENTS_AT_ONCE > 25


def test_only_columns_that_are_needed_are_read(datasets, monkeypatch):
    rows = rows_of(datasets)
    columns_read = []
    original = Store.read

    def spy(store, table, columns=None, **how):
        columns_read.extend(columns)
        return original(store, table, columns, **how)

    monkeypatch.setattr(Store, "read", spy)
    read(rows, LST, ["hillas_length"])
    keys = {"obs_id", "event_id", "tel_id", "true_shower_primary_id"}
    assert set(columns_read) == keys | {
        "hillas_length",
        "hillas_intensity",
        "hillas_width",
    }


@pytest.mark.parametrize("max_rows", [1, 50, 200])
def test_rows_are_bounded_by_a_sample_of_whole_showers(datasets, max_rows):
    everything, few = rows_of(datasets), rows_of(datasets, max_rows=max_rows)
    keys = ["dataset", "event_id", "tel_id"]
    kept = {}
    for tel_type in (LST, SST):
        frame = read(few, tel_type, keys)
        per_class = frame.group_by("dataset").len()["len"].to_list()
        assert sum(per_class) == sum(few.tally.counts[tel_type].values())
        whole = read(everything, tel_type, keys)
        # In the same order, and of each shower either all or nothing.
        assert frame.equals(
            whole.join(frame, on=keys, how="semi", maintain_order="left")
        )
        shower = ["dataset", pl.col("event_id") // 100]
        counts = [f.group_by(shower).len("n") for f in (frame, whole)]
        assert counts[0].join(counts[1], on=["dataset", "event_id", "n"]).height == (
            counts[0].height
        )
        kept[tel_type] = set(frame.select(shower).rows())
    # All telescopes of an event stay together.
    assert max_rows < 200 or len(kept[LST] & kept[SST]) > 0.8 * len(kept[LST])
    # Over all types and classes together, each class alike.
    of_classes = [
        sum(few.tally.counts[each][name] for each in (LST, SST)) for name in CLASSES
    ]
    assert sum(of_classes) <= max_rows
    if max_rows == 200:
        assert min(of_classes) > 0.9 * max_rows / 2
        # Events are counted once, whatever telescopes saw them.
        events = pl.concat(read(few, each, keys[:2]) for each in (LST, SST)).unique()
        assert sum(few.tally.n_events.values()) == events.height
        larger = read(rows_of(datasets, max_rows=240), LST, keys)
        assert read(few, LST, keys).join(larger, on=keys, how="anti").height == 0


def test_images_that_are_not_drawn_are_told(datasets, tmp_path, caplog):
    how = ONLY_ENERGY | {"max_rows": 100, "min_rows": 10}
    with caplog.at_level(logging.WARNING, logger="cta_columnar.pipelines.train.run"):
        summary = train(datasets[:1], tmp_path / "m", **how)
    tally = rows_of(datasets[:1], max_rows=100).tally
    n, of = tally.drawn()["gamma"]
    assert 80 < n <= 100 < of
    said = f"max_rows 100: {n} of {of} images of gamma are drawn"
    assert [each for each in summary.warnings if said in each]
    assert said in caplog.text
    assert said in (tmp_path / "m" / "provenance.json").read_text()
    flow = [row for row in summary.cut_flow if row.tel_type == LST]
    last, before = flow[-1], flow[-2]
    assert (last.cut, last.stage, last.position) == ("max_rows", "training", 5)
    assert last.n_survivors == tally.counts[LST]["gamma"] < before.n_survivors
    # Alone, it takes as large a part of all images as of these.
    assert last.n_survivors < last.n_passed < flow[0].n_survivors
    stored = pl.from_arrow(load_table(tmp_path / "m", "cut_flow"))
    assert last.n_survivors in stored.filter(cut="max_rows")["n_survivors"]


@pytest.mark.parametrize(
    ("rows", "max_rows", "kept"),
    [
        ([10, 900, 900], 610, [10, 300, 300]),
        ([900, 0, 10], 600, [590, 0, 10]),
        ([900, 900, 900], 300, [100, 100, 100]),
        ([5, 6, 7], 100, [5, 6, 7]),
        ([900, 900], 1, [0, 1]),
    ],
)
def test_small_classes_leave_their_share_to_the_others(rows, max_rows, kept):
    # A row in each bin of the draw, until there are no more.
    sums = np.minimum(np.arange(1, 1001), np.array(rows)[:, np.newaxis])
    ends = shared(sums, max_rows)
    found = [
        int(each[end - 1]) if end else 0 for each, end in zip(sums, ends, strict=True)
    ]
    assert found == kept


def test_a_larger_bound_than_there_are_rows_changes_nothing(
    datasets, of_energy, tmp_path
):
    first, second = of_energy, tmp_path / "b"
    train(datasets[:1], second, **ONLY_ENERGY, max_rows=2000)
    changed = {
        name for name, each in hashes(first).items() if hashes(second)[name] != each
    }
    # The configuration is written there, and nothing else differs but their digest.
    names = {name.rpartition("/")[2] for name in changed}
    assert names == {"model.json", "training.json"}


def test_what_is_not_in_the_share_is_not_trained_on(datasets, tmp_path):
    train(datasets[:1], tmp_path / "m", **ONLY_ENERGY, fraction=0.4, seed=5)
    rows = rows_of(datasets[:1], fraction=0.4, seed=5)
    keys = read(rows, LST, ["obs_id", "event_id"])
    obs_id, event_id = keys["obs_id"].to_numpy(), keys["event_id"].to_numpy()
    assert in_share(5, 0.4, obs_id, event_id).all()
    known = open_models(tmp_path / "m").describe("energy", LST).training
    assert known.n_rows == keys.height > 0


def test_it_says_how_much_it_reads_before_it_does_and_how_far_it_is(
    datasets, tmp_path, caplog
):
    told, how = [], ONLY_ENERGY
    with caplog.at_level(logging.INFO, logger="cta_columnar.pipelines.train.run"):
        summary = train(datasets[:1], tmp_path / "m", **how, on_progress=told.append)
    n_images = summary.counts["telescope_images"]
    assert any("gamma images" in line for line in caplog.messages)
    assert any("2 models, 8 fits, at most" in line for line in caplog.messages)
    assert summary.counts["models"] == 2
    assert n_images > 100
    assert [each.done for each in told] == list(range(1, 9))
    assert {(each.total, each.what) for each in told} == {(8, "fits")}


def test_a_dry_run_writes_nothing(datasets, tmp_path):
    summary = train(datasets, tmp_path / "m", dry_run=True)
    assert summary.what == "models"
    assert len(summary.shards) == 14
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UserError, match="particle: wants gamma and another class"):
        train(datasets[:1], tmp_path / "m", dry_run=True)


def test_a_dry_run_tells_what_would_have_no_model(datasets, tmp_path):
    rows = rows_of(datasets[:1]).tally.counts
    fewest, most = sorted(each["gamma"] for each in rows.values())
    assert fewest < most
    how = ONLY_ENERGY | {"min_rows": most}
    summary = train(datasets[:1], tmp_path / "m", **how, dry_run=True)
    assert len(summary.shards) == 1
    assert any("no model of energy" in each for each in summary.warnings)


def test_models_are_replaced_only_if_asked(datasets, of_energy, tmp_path):
    root = shutil.copytree(of_energy, tmp_path / "models")
    before = hashes(root)
    with pytest.raises(UserError, match=r"has models already; use --overwrite"):
        train(datasets[:1], root, **ONLY_ENERGY)
    train(datasets[:1], root, **ONLY_ENERGY, seed=2, overwrite=True)
    assert hashes(root).keys() == before.keys()
    assert hashes(root) != before
    (root / "training.json").unlink()
    with pytest.raises(UserError, match="is no folder of models"):
        train(datasets[:1], root, **ONLY_ENERGY, overwrite=True)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_training_that_fails_leaves_nothing(
    datasets, of_energy, tmp_path, monkeypatch, error
):
    root = shutil.copytree(of_energy, tmp_path / "models")
    before = hashes(root)
    calls = []

    def fails(*given):
        calls.append(given)
        if len(calls) == 2:
            raise error("stop")
        return original(*given)

    original = session.cross_fitted
    monkeypatch.setattr(session, "cross_fitted", fails)
    with pytest.raises(error):
        train(datasets[:1], root, **ONLY_ENERGY, overwrite=True)
    assert hashes(root) == before
    assert [each.name for each in tmp_path.iterdir()] == ["models"]


def test_stage_3_applies_what_was_trained_to_what_was_not(datasets, done, tmp_path):
    root = tmp_path / "dl2"
    how = {"input": datasets[0], "models": done, "workers": 1}
    with pytest.raises(UserError, match="of showers that the models in"):
        run("stage3", output=root, **how)
    run("stage3", output=root, trained_on="drop", **how)
    left = open_store(root).scan("events").collect()
    before = open_store(datasets[0]).scan("events").collect()
    keys = (before[name].to_numpy() for name in ("obs_id", "event_id"))
    trained = in_share(4, 0.5, *keys)
    assert (
        left["event_id"].to_list() == before["event_id"].to_numpy()[~trained].tolist()
    )
    assert 0 < left.height < before.height
    known = left.filter(pl.col("reco_energy").is_finite())
    off = np.log(known["reco_energy"] / known["true_energy"])
    assert known.height > 0.7 * left.height
    assert off.std() < 0.6
    assert known["gh_score"].mean() > 0.5
    assert set(known["energy_error_class"]) <= {0, 1, 2}
    (share,) = open_store(root).read("simulation/runs")["kept_share"].to_pylist()
    assert share == 0.5
    # Whoever trains on what is left knows that half of the showers were thrown.
    both = rows_of([root, datasets[1]])
    thrown = {name: read_simulated_spectra(each) for name, each in both.runs.items()}
    assert thrown["gamma"].n_showers.tolist() == [1500]
    assert thrown["proton"].n_showers.tolist() == [3000]
    # Of this share nothing is left at all.
    how = ONLY_ENERGY | {"fraction": 0.5, "seed": 4}
    with pytest.raises(UserError, match=r"no image left .* 0 after training_share"):
        train(root, tmp_path / "more", **how)


def test_weights_by_the_spectrum_know_the_simulated_runs(datasets, tmp_path):
    how = merged(ONLY_ENERGY, {"energy": SMALL["energy"] | {"weights": "spectrum"}})
    train(datasets[:1], tmp_path / "m", **how)
    thrown = read_simulated_spectra(rows_of(datasets[:1]).runs["gamma"])
    assert (thrown.index.tolist(), thrown.n_showers.tolist()) == ([-2.0], [3000.0])
    assert validate_models(tmp_path / "m") == []


def test_showers_of_one_energy_have_no_spectrum(tmp_path):
    toy = toy_dataset(tmp_path / "dl2", energy=(2.0, 2.0))
    how = merged(ONLY_ENERGY, {"energy": SMALL["energy"] | {"weights": "spectrum"}})
    with pytest.raises(UserError, match=r"energies have no range .* none or flat"):
        train(toy, tmp_path / "m", **how)


def test_inputs_that_do_not_go_together(datasets, tmp_path):
    out = tmp_path / "models"
    other = toy_dataset(tmp_path / "other", seed=3, array="elsewhere")
    with pytest.raises(UserError, match="have different arrays of telescopes"):
        train([datasets[0], other], out)
    with pytest.raises(UserError, match="stands twice"):
        train([datasets[0], datasets[0]], out)
    copy = shutil.copytree(datasets[0], tmp_path / "copy")
    with pytest.raises(UserError, match=r"run 1 is in .* and in .*; name only one"):
        train([datasets[0], copy], out)
    (copy / "_commits").mkdir()
    with pytest.raises(UserError, match="is not finished"):
        train([copy], out)
    with pytest.raises(UserError, match="is no dataset"):
        train([tmp_path], out)
    with pytest.raises(UserError, match="no input"):
        train([], out)
    with pytest.raises(UserError, match="nothing to resume"):
        train(datasets, out, resume=True)
    with pytest.raises(UserError, match="is no folder of models"):
        train(datasets, datasets[0], overwrite=True)
    with pytest.raises(UserError, match="lies in the dataset"):
        train(datasets, datasets[0] / "models")
    assert not out.exists()


def test_an_estimator_is_refused_before_any_file_is_read(tmp_path):
    nowhere = tmp_path / "nowhere"
    for key, value, message in (
        ("energy.estimator", "MLPRegressor", "energy.estimator: .* cannot be exported"),
        ("energy.estimator.max_dept", "3", "has no argument 'max_dept'; did you mean"),
        ("energy.estimator", "RandomForestClassifier", "wants a regressor"),
        ("particle.estimator", "Ridge", "wants a classifier, which Ridge is not"),
        ("disp.sign_estimator", "Ridge", "disp.sign_estimator: wants a classifier"),
        (
            "energy.estimator",
            '{default: Ridge, "*Toy*": {alpa: 1}}',
            "no argument 'alp",
        ),
        ("energy.estimator", '{default: Ridge, "tel_id=1": Lasso}', "types of teles"),
    ):
        with pytest.raises(UserError, match=message):
            run("train", input=nowhere, output=tmp_path / "m", set=f"{key}={value}")


def test_an_exception_for_a_telescope_type(datasets, tmp_path):
    estimator = '{default: Ridge, "SST*": {name: Lasso, alpha: 0.1}}'
    how = ONLY_ENERGY | {"energy": {"features": ["hillas_width", "hillas_length"]}}
    root, key = tmp_path / "m", f"energy.estimator={estimator}"
    run(
        "train", input=datasets[0], output=root, set=[key], min_rows=20, **NO_CUTS | how
    )
    models = open_models(tmp_path / "m")
    names = [models.describe("energy", each).estimator.name for each in (LST, SST)]
    assert names == ["Ridge", "Lasso"]
    # Columns have the name of the default, whichever made them.
    full = tmp_path / "full"
    how_applied = {"models": root, "trained_on": "keep", "workers": 1}
    run("stage3", input=datasets[0], output=full, **how_applied)
    found = open_store(full).scan("telescopes", SST).collect()
    assert found["Ridge_tel_is_valid"].any()
    # One that is for no type of the array is refused before any work.
    key = key.replace("SST*", "STS_Toy*")
    with pytest.raises(
        UserError, match=r"energy.estimator: 'STS_Toy\*' fits no tel.*SST"
    ):
        run(
            "train",
            input=datasets[0],
            output=tmp_path / "x",
            set=[key],
            **NO_CUTS | how,
        )
    assert not (tmp_path / "x").exists()
