"""All models of a configuration, trained on frames as in a notebook."""

import re

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from store.toy_run import LST, SST
from toy_thrown import run_row, run_table
from toy_training import (
    ELECTRON,
    GAMMA,
    HELIUM,
    ONLY_ENERGY,
    PROTON,
    merged,
    small_config,
    toy_rows,
)

from cta_columnar.config import AlgorithmChoice
from cta_columnar.errors import UserError
from cta_columnar.models import ARRAY, Collection
from cta_columnar.schemas.keys import EVENT_NAMES
from cta_columnar.stages.prediction import predict
from cta_columnar.stages.training.rows import Frames
from cta_columnar.stages.training.train import check_training, train_models
from cta_columnar.stages.training_share import FOLD, uniform

HEIGHT = ["HillasIntersection_h_max"]


def train(config, rows=None, **how):
    """Models by task and type, and the other results."""
    models = []
    frames = Frames(rows or toy_rows(), config)
    results = train_models(frames, config, models.append, **how)
    return {(m.description.task, m.description.tel_type): m for m in models}, results


@pytest.fixture(scope="module")
def everything():
    """Models of all sections, for gammas and protons."""
    return train(small_config())


def figure(results, task, metric, tel_type=ARRAY):
    table = pl.DataFrame(pl.from_arrow(pa.concat_tables(results.performance)))
    whole = table.filter(
        pl.col("task") == task,
        pl.col("metric") == metric,
        pl.col("tel_type") == tel_type,
        pl.col("energy_high").is_infinite(),
    )
    return whole["value"].item()


def test_there_is_a_model_of_each_task_and_type(everything):
    models, results = everything
    of_images = ("energy", "particle", "disp_norm", "disp_sign")
    of_images += ("energy_uncert", "disp_uncert")
    want = {(task, each) for task in of_images for each in (LST, SST)}
    assert set(models) == want | {("energy_error", ARRAY), ("direction_error", ARRAY)}
    assert results.warnings == []
    assert set(results.classes) == {"energy_error", "direction_error"}


def test_what_can_be_learned_is_learned(everything):
    _, results = everything
    # Charges scatter by 0.2 in the logarithm, so energies by 0.22 from one image.
    for tel_type in (LST, SST, ARRAY):
        assert 0.15 < figure(results, "energy", "resolution", tel_type) < 0.35
    assert figure(results, "particle", "roc_auc", LST) > 0.85
    assert figure(results, "particle", "roc_auc") > 0.9
    assert figure(results, "disp_sign", "sign_accuracy", SST) > 0.9
    assert figure(results, "disp", "angular_resolution") < 0.4


def test_models_say_what_they_were_made_of(everything):
    models, _ = everything
    known = models["energy", LST].description
    assert known.target.transform == "log10"
    assert known.inputs["hillas_intensity"] == "p.e."
    assert [each.name for each in known.quality] == ["enough_charge", "positive_width"]
    assert known.training.n_rows > known.training.n_events * 0.9
    assert not known.accepts_nan
    particle = models["particle", SST].description
    assert particle.classes == ("gamma", "proton")
    assert (particle.use.signal, particle.inputs["reco_energy"]) == ("gamma", "TeV")
    assert models["disp_norm", LST].description.prefix == "disp"
    assert models["direction_error", ARRAY].description.quality == ()


def test_what_is_trained_can_be_applied(everything):
    models, results = everything
    found = {}
    for primary in (GAMMA, PROTON):
        rows = toy_rows(primary, seed=9)
        of_events = next(iter(rows.values())).columns
        keep = [n for n in of_events if n not in ("tel_id", "dataset")]
        events = pl.concat([each.select(keep) for each in rows.values()])
        events = events.unique(["obs_id", "event_id"], keep="first").sort("event_id")
        collection = Collection(models.values(), results.classes)
        found[primary] = events.join(
            predict(events, rows, collection).events, on=["obs_id", "event_id"]
        )
    gammas = found[GAMMA]
    off = np.log(gammas["reco_energy"] / gammas["true_energy"])
    # As good as cross-validation said.
    expected = figure(results, "energy", "resolution")
    assert np.nanstd(off) == pytest.approx(expected, rel=0.3)
    scores = [np.nanmean(found[each]["gh_score"]) for each in (GAMMA, PROTON)]
    assert scores[0] > scores[1] + 0.3
    assert set(gammas["direction_error_class"].unique()) <= {-1, 0, 1, 2}


def test_the_order_of_rows_and_threads_change_nothing():
    config = small_config(**ONLY_ENERGY)
    rows = toy_rows(GAMMA)
    mixed = {t: f.sample(fraction=1, shuffle=True, seed=3) for t, f in rows.items()}
    first, one = train(config, rows)
    second, other = train(config, dict(reversed(mixed.items())), workers=2)
    for key, model in first.items():
        assert second[key].description == model.description
        np.testing.assert_array_equal(second[key].body.nodes, model.body.nodes)
        np.testing.assert_array_equal(
            second[key].body.leaf_value, model.body.leaf_value
        )
    tables = (pa.concat_tables(each.performance) for each in (one, other))
    assert pl.from_arrow(next(tables)).equals(pl.from_arrow(next(tables)))


def test_three_classes():
    config = small_config(energy=None, disp=None, **_no_errors(), particle={
        "features": ["size", "hillas_width"], "prefix": "mine"})  # fmt: skip
    models, results = train(config, toy_rows(GAMMA, ELECTRON, PROTON, HELIUM))
    known = models["particle", LST].description
    # Helium has no class, so nothing was made of it.
    assert known.classes == ("gamma", "electron", "proton")
    assert known.prefix == "mine"
    assert figure(results, "particle", "roc_auc_proton") > 0.9
    assert abs(figure(results, "particle", "roc_auc_electron") - 0.5) < 0.1


def _no_errors():
    names = ("energy_uncert", "disp_uncert", "energy_error", "direction_error")
    return dict.fromkeys(names)


def test_disp_may_be_the_best_direction():
    config = small_config(
        particle=None,
        energy_uncert=None,
        disp_uncert=None,
        best_direction="disp",
        direction_error={"features": ["multiplicity", "reco_alt"]},
    )
    models, results = train(config)
    # The geometry of the toy knows nothing; disp does.
    contained = figure(results, "direction_error", "containment_68_class_0")
    assert contained < 0.5
    # Stage 3 asks whose direction it is about.
    target = models["direction_error", ARRAY].description.target
    assert target.name == "disp_direction_error"


def test_rows_without_a_feature_are_counted_and_left_out():
    rows = toy_rows(GAMMA)
    holes = pl.when(pl.col("event_id") % 4 == 0).then(float("nan"))
    rows = {
        tel_type: frame.with_columns(
            hillas_skewness=holes.otherwise(pl.col("hillas_skewness"))
        )
        for tel_type, frame in rows.items()
    }
    models, results = train(small_config(**ONLY_ENERGY), rows)
    flow = pl.DataFrame(pl.from_arrow(pa.concat_tables(results.cut_flow)))
    counts = flow.filter(pl.col("tel_type") == LST)["n_survivors"].to_list()
    bright = rows[LST].filter(pl.col("hillas_intensity") > 50)
    n_bad = bright["hillas_skewness"].is_nan().sum()
    assert counts[1] - counts[2] == n_bad > 0
    assert models["energy", LST].description.training.n_rows == counts[2]


def test_a_type_whose_features_are_never_there_has_no_model():
    rows = toy_rows(GAMMA)
    rows[SST] = rows[SST].with_columns(hillas_skewness=float("nan"))
    models, results = train(small_config(**ONLY_ENERGY), rows)
    assert list(models) == [("energy", LST)]
    (said,) = results.warnings
    assert SST in said
    n = (rows[SST]["hillas_intensity"] > 50).sum()
    why = f"hillas_skewness is not finite in {n} of {n}"
    assert f"0 rows have finite features, fewer than 20; {why}" in said
    rows[LST] = rows[LST].with_columns(hillas_skewness=float("inf"))
    with pytest.raises(UserError, match="energy: no telescope type has enough im") as e:
        train(small_config(**ONLY_ENERGY), rows)
    assert str(e.value).count("hillas_skewness is not finite in") == 2
    assert "cut_flow" not in str(e.value)


def test_types_of_few_rows_are_skipped_and_named():
    rows = toy_rows()
    rows[SST] = rows[SST].filter(pl.col("hillas_intensity") > 50).head(15)
    models, results = train(small_config(**ONLY_ENERGY), rows)
    assert list(models) == [("energy", LST)]
    assert results.warnings == [
        f"no model of energy: {SST}: 15 of gamma (15 in the input), fewer than "
        "min_rows 20"
    ]


def few_electrons():
    rows = toy_rows(GAMMA, PROTON, ELECTRON)
    scarce = (pl.col("true_shower_primary_id") == ELECTRON) & (pl.col("event_id") > 700)
    return rows | {SST: rows[SST].filter(~scarce)}


def test_a_scarce_class_comes_with_a_remedy():
    rows, alone = few_electrons(), dict.fromkeys(("energy", "disp")) | _no_errors()
    features = {"features": ["size", "hillas_width"]}
    config = small_config(**alone, particle=features)
    (said,) = check_training(config, Frames(rows, config)).skipped
    assert re.search(rf"{SST}: \d+ of electron \(.*, fewer than min_rows 20; ", said)
    remedy = "; lower min_rows, or train without the scarce class: classes.electron="
    assert remedy in said
    # Which turns out later if features are missing.
    holes = pl.when(pl.col("true_shower_primary_id") != ELECTRON)
    rows = toy_rows(GAMMA, PROTON, ELECTRON)
    width = holes.then(pl.col("hillas_width")).otherwise(float("inf"))
    rows[SST] = rows[SST].with_columns(hillas_skewness=width)
    config = small_config(**alone, particle={"features": ["size", "hillas_skewness"]})
    models, results = train(config, rows)
    (said,) = results.warnings
    assert remedy in said
    # And what it says helps.
    config = small_config(
        **alone, particle=features, classes={"electron": None}, spectra={}
    )
    models, results = train(config, rows)
    assert set(models) == {("particle", LST), ("particle", SST)}
    # Without the signal there is nothing to tell apart.
    few = {t: f.filter(pl.col("event_id") < 700) for t, f in toy_rows().items()}
    config = small_config(**alone, particle=features, min_rows=50)
    with pytest.raises(UserError, match=r"min_rows 50; lower min_rows$"):
        check_training(config, Frames(few, config))


def test_later_models_do_without_types_that_earlier_ones_lack():
    rows = toy_rows()
    # Of gammas the energy is not known, and so no particle is.
    rows[SST] = rows[SST].with_columns(hillas_skewness=float("nan"))
    config = small_config(
        disp=None,
        disp_uncert=None,
        direction_error=None,
        particle={"features": ["size", "hillas_width", "reco_tel_energy"]},
    )
    models, results = train(config, rows)
    assert {tel_type for _, tel_type in models} == {LST, ARRAY}
    assert len(results.warnings) == 3
    assert figure(results, "particle", "roc_auc") > 0.9


def test_disp_wants_both_sides():
    rows = toy_rows(GAMMA)
    one_side = (pl.col("hillas_skewness") > 0.2) & (pl.col("event_id") % 3 > 0)
    rows[SST] = rows[SST].filter(one_side)
    config = small_config(**ONLY_ENERGY | {"disp": {"features": ["hillas_length"]}})
    models, results = train(config, rows)
    assert {key for key in models if key[1] == SST} == {("energy", SST)}
    assert any("none of disp_sign" in each for each in results.warnings)


def test_a_published_spectrum_weighs_as_its_power_law_nearly():
    rows = toy_rows(GAMMA)
    runs = {"gamma": run_table(run_row())}
    weights = {}
    for spectrum in ("CRAB_HEGRA", -2.62, -2.0):
        changed = {"energy": {"weights": "spectrum"}, "spectra": {"gamma": spectrum}}
        config = small_config(**merged(ONLY_ENERGY, changed))
        models = []
        train_models(Frames(rows, config, runs=runs), config, models.append)
        weights[spectrum] = [each.body.leaf_value for each in models]
    for hegra, index, flat in zip(*weights.values(), strict=True):
        # HEGRA found a power law of this index, so the trees are the same ones; but
        # where two splits are as good, the last bit of a weight decides on sides.
        np.testing.assert_allclose(np.sort(hegra, 0), np.sort(index, 0), rtol=1e-9)
        assert flat.shape != hegra.shape or not np.allclose(flat, hegra)


def test_too_few_events_have_a_prediction_for_classes_of_them():
    """Which turns out when energies are there: the rest is trained all the same."""
    rows = toy_rows(GAMMA)
    few = pl.col("event_id") < 2000
    height = pl.when(few).then(pl.col("HillasReconstructor_h_max"))
    rows = {t: f.with_columns(height.otherwise(float("nan"))) for t, f in rows.items()}
    config = small_config(
        **dict.fromkeys(("particle", "disp", "energy_uncert", "disp_uncert")),
        direction_error={"features": ["multiplicity", "energy_error"]},
    )
    models, results = train(config, rows)
    assert set(models) == {("energy", LST), ("energy", SST)}
    assert results.classes == {}
    first, second = results.warnings
    assert re.fullmatch(
        r"no energy_error model of array: \d+ rows have finite features, fewer than 60"
        r"; HillasReconstructor_h_max is not finite in \d+ of \d+",
        first,
    )
    assert second.startswith("no direction_error model of array: 0 rows have")


def test_a_type_whose_images_are_of_one_fold_is_left_out():
    config = small_config(**ONLY_ENERGY)
    rows = toy_rows(GAMMA)
    fold = uniform(config.seed, FOLD, *(rows[SST][n].to_numpy() for n in EVENT_NAMES))
    rows[SST] = rows[SST].filter(pl.Series(fold < 1 / config.folds))
    models, results = train(config, rows)
    assert set(models) == {("energy", LST)}
    assert results.warnings == [
        f"no energy model of {SST}: all rows are of showers of one fold"
    ]


def test_a_class_that_is_lost_is_told():
    rows = toy_rows(GAMMA, ELECTRON, PROTON)
    dim = (pl.col("true_shower_primary_id") == ELECTRON) & (pl.col("tel_id") > 0)
    dim = pl.when(dim).then(1.0).otherwise(pl.col("hillas_intensity"))
    rows = {t: f.with_columns(hillas_intensity=dim) for t, f in rows.items()}
    config = small_config(**ONLY_ENERGY)
    plan = check_training(config, Frames(rows, config))
    n = sum((f["true_shower_primary_id"] == ELECTRON).sum() for f in rows.values())
    assert plan.classes == ("gamma", "proton")
    assert plan.skipped == (
        f"no model knows electron: {n} in the input, 0 after enough_charge",
    )


def test_a_rule_for_no_telescope_type_is_refused():
    config = small_config(**ONLY_ENERGY)
    rows = Frames(toy_rows(GAMMA), config)
    for pattern, hint in (("LTS_Toy_*", f"did you mean '{LST}'"), (LST, "")):
        choice = AlgorithmChoice.parse({"default": "Ridge", pattern: {"alpha": 3}})
        own = config.energy.model_copy(update={"estimator": choice})
        changed = config.model_copy(update={"energy": own})
        if not hint:
            assert check_training(changed, rows).lessons
            continue
        with pytest.raises(UserError, match=f"energy.estimator: 'LTS_.*{hint}"):
            check_training(changed, rows)


def _with(section, estimator, key="estimator", **arguments):
    return {section: {key: AlgorithmChoice(estimator, arguments)}}


REFUSED = {
    "another reconstructor": (
        {"geometry": "HillasIntersection", "energy": {"features": HEIGHT}},
        (GAMMA, PROTON),
        "geometry: no column of HillasIntersection is in the input.*mean 'HillasRec",
    ),
    "too few events for classes of them": (
        {"energy_error": {"n_classes": 20}},
        (GAMMA, PROTON),
        r"energy_error: \d+ events of gamma .* than the 400 that 20 classes of events "
        r"want \(images: \d+ in the input, \d+ after enough_charge\)",
    ),
    "classes of events without an energy": (
        dict.fromkeys(("energy", "particle", "disp", "energy_uncert", "disp_uncert"))
        | {"energy_error": None, "direction_error": {"features": ["multiplicity"]}},
        (GAMMA,),
        "direction_error: classes of events want reco_energy, .* set direction_error",
    ),
    "loss": (
        _with("energy", "HistGradientBoostingRegressor", loss="poisson"),
        (GAMMA, PROTON),
        r"energy.estimator: of LST.*: HistG.*poisson.*; .*set log_target to false",
    ),
    "samples without bootstrap": (
        _with("energy", "ExtraTreesRegressor", max_samples=0.5),
        (GAMMA, PROTON),
        "energy.estimator: of LST.*: ExtraT.*max_sample.*bootstrap",
    ),
    "samples": (
        _with("energy", "RandomForestRegressor", max_samples=500),
        (GAMMA, PROTON),
        r"energy.estimator: of LST.*: .*max_samples 500, .* has at most \d+ rows",
    ),
    "penalty": (
        _with("particle", "LogisticRegression", penalty="l1"),
        (GAMMA, PROTON),
        "particle.estimator: of LST.*: LogisticRegression: .*l1",
    ),
    "penalty of a sign": (
        _with("disp", "LogisticRegression", "sign_estimator", penalty="l1"),
        (GAMMA, PROTON),
        "disp.sign_estimator: of LST.*: LogisticRegression: .*l1",
    ),
    "constraints": (
        _with("energy", "HistGradientBoostingRegressor", monotonic_cst=[1, 0]),
        (GAMMA, PROTON),
        "energy.estimator: of LST.*: .*monotonic_cst has shape .* 4 features.$",
    ),
    "no spectrum": (
        {"energy": {"weights": "spectrum"}},
        (GAMMA, PROTON),
        "energy.weights: no simulated run of gamma is known",
    ),
    "no index": (
        {"energy": {"weights": "spectrum"}, "spectra": {"gamma": None}},
        (GAMMA, PROTON),
        "energy.weights: `spectra` has none for gamma",
    ),
    "unknown spectrum": (
        {"energy": {"weights": "spectrum"}, "spectra": {"gamma": "CRAB_HEGRO"}},
        (GAMMA, PROTON),
        "spectra.gamma: there is no spectrum 'CRAB_HEGRO'",
    ),
    "one class": ({}, (GAMMA,), "particle: wants gamma and another class, found gamma"),
    "no signal": (
        {"energy": None, "disp": None, **_no_errors()},
        (PROTON, ELECTRON),
        "particle: wants gamma and another class, found electron, proton",
    ),
    "no class to train on": (
        {},
        (PROTON,),
        r"energy: is trained on gamma, and there is no image left \(gamma: none in the "
        r"input\); add another dataset to --input, or set energy to null",
    ),
    "nothing at all": (
        {"quality": {"none": "hillas_width > 1e9"}},
        (GAMMA, PROTON),
        r"energy: .* \(gamma: \d+ in the input, .*, 0 after none\); set energy to null",
    ),
    "too few everywhere": (
        {"min_rows": 10_000},
        (GAMMA, PROTON),
        r"energy: no telescope type has enough images to train on:\n  .*: \d+ of gamma "
        r"\(\d+ in the input, \d+ after enough_charge\), fewer than",
    ),
    "unknown column": (
        {"energy": {"features": ["hillas_widht"]}},
        (GAMMA, PROTON),
        "energy.features: .* no column 'hillas_widht'; did you mean 'hillas_width'",
    ),
    "truth": (
        {"energy": {"features": ["true_energy"]}},
        (GAMMA, PROTON),
        "energy.features: .* reads 'true_energy', which is the truth",
    ),
    "truth in an expression": (
        {"features": {"size": "log10(hillas_intensity / true_energy)"}},
        (GAMMA, PROTON),
        "feature 'size' reads 'true_energy'",
    ),
    "which event it is": (
        {"particle": {"features": ["hillas_width", "obs_id"]}},
        (GAMMA, PROTON),
        "particle.features: feature 'obs_id' reads 'obs_id': that tells which event",
    ),
    "which telescope it is": (
        {"particle": {"features": ["hillas_width", "tel_id"]}},
        (GAMMA, PROTON),
        "particle.features: feature 'tel_id' reads 'tel_id': that tells which event",
    ),
    "truth in a cut": (
        {"quality": [{"e": "true_energy > 1"}]},
        (GAMMA, PROTON),
        "quality: e reads 'true_energy', which is the truth",
    ),
    "a later prediction": (
        {"energy": {"features": ["gh_score"]}},
        (GAMMA, PROTON),
        "energy.features: .* no column 'gh_score'",
    ),
    "images in a model of events": (
        {"energy_error": {"features": ["hillas_width"]}},
        (GAMMA, PROTON),
        "energy_error.features: .* no column 'hillas_width'",
    ),
    "the name of a column": (
        {"features": {"hillas_width": "hillas_length"}},
        (GAMMA, PROTON),
        "feature 'hillas_width' has the name of a column",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_trained_is_refused_before_any_work(what):
    changes, particles, message = REFUSED[what]
    config = small_config(**changes)
    with pytest.raises(UserError, match=message):
        check_training(config, Frames(toy_rows(*particles), config))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("RandomForestRegressor", {"max_samples": 60}),
        ("HistGradientBoostingRegressor", {"early_stopping": True}),
        (
            "HistGradientBoostingRegressor",
            {"early_stopping": True, "validation_fraction": 60},
        ),
        ("GradientBoostingRegressor", {"n_iter_no_change": 5, "n_estimators": 1000}),
        ("RandomForestRegressor", {"max_leaf_nodes": 9, "min_samples_leaf": 10_000}),
    ],
)
def test_arguments_that_want_many_rows_pass(name, arguments):
    config = small_config(**merged(ONLY_ENERGY, _with("energy", name, **arguments)))
    assert check_training(config, Frames(toy_rows(GAMMA), config)).lessons


def test_frames_without_a_column():
    rows = {LST: toy_rows(GAMMA)[LST].drop("hillas_intensity")}
    with pytest.raises(UserError, match=f"{LST}: there is no column 'hillas_intens"):
        Frames(rows, small_config())
    with pytest.raises(UserError, match="no rows"):
        Frames({}, small_config())
    rows = {LST: toy_rows(GAMMA)[LST].drop("hillas_fov_lat")}
    config = small_config(particle=None)
    with pytest.raises(UserError, match=f"disp: images of {LST}: .* 'hillas_fov_lat'"):
        check_training(config, Frames(rows, config))


def test_a_share_of_the_showers():
    rows = toy_rows(GAMMA, n_showers=200)
    half = Frames(rows, small_config(fraction=0.5)).tally.counts[LST]["gamma"]
    assert 0.3 < half / rows[LST].height < 0.7


HISTOGRAM = {"max_iter": 20}


@pytest.mark.parametrize(
    ("regressor", "classifier", "arguments"),
    [
        (
            "HistGradientBoostingRegressor",
            "HistGradientBoostingClassifier",
            (HISTOGRAM, HISTOGRAM),
        ),
        ("GradientBoostingRegressor", "LogisticRegression", ({"n_estimators": 20}, {})),
    ],
)
def test_other_families_of_estimators(regressor, classifier, arguments):
    names = (regressor, classifier)
    of_energy, of_particle = map(AlgorithmChoice, names, arguments)
    changes = {"weights": "flat", "balance_pointings": True, "prefix": "mine"}
    config = small_config(
        disp=None,
        **_no_errors(),
        energy={"estimator": of_energy} | changes,
        particle={"estimator": of_particle, "features": ["hillas_width"]},
    )
    models, results = train(config)
    assert models["energy", LST].description.estimator.name == regressor
    assert results.warnings == []
    assert figure(results, "energy", "resolution") < 0.7
    assert figure(results, "particle", "roc_auc") > 0.7
    impurity = results.importance[0]["impurity"].to_numpy()
    assert np.isnan(impurity).all() == regressor.startswith("Hist")
