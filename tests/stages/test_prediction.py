"""Applying models: each number against the same done by hand, and every way to fail."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import RandomForestRegressor
from toy_predictions import (
    CLASSES,
    FEATURES,
    LST,
    MST,
    OF_EVENTS,
    TEL_IDS,
    toy_classes,
    toy_model,
    toy_models,
    toy_rows,
)

from cta_columnar.errors import UserError
from cta_columnar.models import (
    ARRAY,
    Collection,
    Condition,
    Feature,
    Model,
    Origin,
    Target,
    Use,
)
from cta_columnar.stages.combination import (
    combine_directions,
    combine_energies,
    combine_scores,
    disp_to_altaz,
    inverse_variance,
)
from cta_columnar.stages.features import feature_matrix
from cta_columnar.stages.prediction import Wish, Wishes, plan_of, predict
from cta_columnar.stages.prediction_weights import changed_weights
from cta_columnar.stages.training import fit

MODELS = Collection(toy_models(), toy_classes())
ENERGY, PARTICLE = "RandomForestRegressor", "ExtraTreesClassifier"


@pytest.fixture(scope="module")
def rows():
    return toy_rows()


@pytest.fixture(scope="module")
def found(rows):
    return predict(*rows, MODELS)


def by_hand(model, images):
    """What a model says of a frame: no conditions but the only one there is."""
    x = feature_matrix(images, model.description.features).x
    said = model.predict(x)
    said[images["hillas_intensity"].to_numpy() <= 60] = np.nan
    return said


def together(rows, values):
    """Keys and values of all images, sorted; and where each event begins."""
    events, images = rows
    frames = [
        images[t]
        .select("event_id", "tel_id", "hillas_intensity")
        .with_columns(
            pl.Series("at", np.arange(images[t].height)), pl.lit(t).alias("type")
        )
        for t in images
    ]
    frame = pl.concat(frames).sort("event_id", "tel_id")
    chosen = [values[row["type"]][row["at"]] for row in frame.iter_rows(named=True)]
    start = np.searchsorted(frame["event_id"], [*events["event_id"], 10**9])
    weights = frame["hillas_intensity"].to_numpy()
    return start, frame["tel_id"].to_numpy(), np.array(chosen), weights


def test_models_that_read_what_is_combined_otherwise_are_named():
    assert changed_weights(plan_of(MODELS)) == []
    same = Wishes(energy=Wish(weights="intensity"), particle=None)
    assert changed_weights(plan_of(MODELS, same)) == []
    (said,) = changed_weights(plan_of(MODELS, Wishes(energy=Wish(weights="none"))))
    assert said.startswith("images are weighed by none in the energy of an event, in ")
    assert "by intensity: the models of particle, energy_error, direction_error" in said
    (said,) = changed_weights(plan_of(MODELS, Wishes(particle=Wish(weights="none"))))
    assert "in the score of an event" in said
    assert "the models of energy_error get" in said
    inverse = Wishes(disp=Wish(weights="inverse-variance"))
    (said,) = changed_weights(plan_of(MODELS, inverse))
    assert "the models of direction_error get" in said
    # Nobody reads what models of energy alone say.
    alone = Collection(toy_models(tasks=("energy",)), {})
    assert changed_weights(plan_of(alone, Wishes(energy=Wish(weights="none")))) == []


def test_a_model_about_a_direction_that_it_does_not_read():
    about = toy_model("direction_error", ARRAY)
    known = replace(
        about.description,
        target=Target("disp_direction_error", "deg", "log10"),
        features=(Feature("f0", "gh_score"), Feature("f1", "h_max")),
        reads={
            "gh_score": Origin.of("gh_score", "particle", PARTICLE),
            "reco_energy": Origin.of("reco_energy", "energy", ENERGY),
            "reco_alt": Origin.of("reco_alt", "disp", "disp"),
            "reco_az": Origin.of("reco_az", "disp", "disp"),
        },
    )
    others = toy_models(tasks=("energy", "particle", "disp_norm", "disp_sign"))
    models = Collection([*others, Model(known, about.body)], toy_classes())
    wishes = Wishes(disp=Wish(weights="none"), best_direction="disp")
    (said,) = changed_weights(plan_of(models, wishes))
    assert "the models of direction_error get" in said


def test_energy_of_images_and_events(rows, found):
    events, images = rows
    said = {t: by_hand(MODELS.load("energy", t), images[t]) for t in images}
    for tel_type, frame in found.telescopes.items():
        assert frame["tel_id"].equals(images[tel_type]["tel_id"])
        np.testing.assert_array_equal(frame[f"{ENERGY}_tel_energy"], said[tel_type])
        np.testing.assert_array_equal(frame["reco_tel_energy"], said[tel_type])
        is_valid = frame[f"{ENERGY}_tel_is_valid"].to_numpy()
        np.testing.assert_array_equal(is_valid, np.isfinite(said[tel_type]))
    start, tel_id, energy, weights = together(rows, said)
    want = combine_energies(
        start, tel_id, np.isfinite(energy), energy, weights, log_target=True
    )
    for name in ("energy", "energy_uncert", "energy_uncert_factor", "is_valid"):
        np.testing.assert_array_equal(found.events[f"{ENERGY}_{name}"], want[name])
    assert (
        found.events[f"{ENERGY}_telescopes"].to_list() == want["telescopes"].to_pylist()
    )
    for name in ("energy", "energy_uncert"):
        np.testing.assert_array_equal(found.events[f"reco_{name}"], want[name])
    assert found.events["event_id"].equals(events["event_id"])


def test_no_telescope_and_one_telescope(found):
    none, one = found.events.row(0, named=True), found.events.row(1, named=True)
    assert not none[f"{ENERGY}_is_valid"]
    assert np.isnan(none["reco_energy"])
    assert none[f"{ENERGY}_telescopes"] == []
    assert none["energy_error_class"] == -1
    image = found.telescopes[LST].row(0, named=True)
    assert image["event_id"] == one["event_id"]
    assert image[f"{ENERGY}_tel_is_valid"]
    assert one["reco_energy"] == pytest.approx(image["reco_tel_energy"], rel=1e-12)
    assert one["reco_energy_uncert"] < 1e-15
    assert one["disp_alt"] == pytest.approx(image["disp_tel_alt"])


def test_later_models_read_what_earlier_ones_said(rows, found):
    events, images = rows
    energy = dict(zip(events["event_id"], found.events["reco_energy"], strict=True))
    said = {}
    for tel_type, frame in images.items():
        seen = frame.with_columns(
            pl.Series("reco_energy", [energy[each] for each in frame["event_id"]])
        )
        said[tel_type] = by_hand(MODELS.load("particle", tel_type), seen)
        got = found.telescopes[tel_type]
        for number, name in enumerate(CLASSES):
            chances = got[f"{PARTICLE}_tel_probability_{name}"]
            np.testing.assert_array_equal(chances, said[tel_type][:, number])
        np.testing.assert_array_equal(
            got[f"{PARTICLE}_tel_prediction"], said[tel_type][:, 0]
        )
    start, tel_id, chances, weights = together(rows, said)
    is_valid = np.isfinite(chances[:, 0])
    want = combine_scores(start, tel_id, is_valid, chances, weights)
    for number, name in enumerate(CLASSES):
        got = found.events[f"{PARTICLE}_probability_{name}"]
        np.testing.assert_array_equal(got, want["prediction"][:, number])
    np.testing.assert_array_equal(found.events["gh_score"], want["prediction"][:, 0])
    np.testing.assert_array_equal(
        found.events[f"{PARTICLE}_prediction"], want["prediction"][:, 0]
    )


def test_directions(rows, found):
    _, images = rows
    alt, az = {}, {}
    for tel_type, got in found.telescopes.items():
        frame = images[tel_type].with_columns(got["reco_tel_energy"])
        norm = by_hand(MODELS.load("disp_norm", tel_type), frame)
        plus = by_hand(MODELS.load("disp_sign", tel_type), frame)[:, 1]
        disp = norm * np.where(plus >= 0.5, 1, -1)
        place = [frame[f"hillas_{n}"].to_numpy() for n in ("fov_lon", "fov_lat", "psi")]
        pointing = [frame[f"pointing_{n}"].to_numpy() for n in ("alt", "az")]
        alt[tel_type], az[tel_type] = disp_to_altaz(*place, disp, *pointing)
        np.testing.assert_array_equal(got["disp_tel_parameter"], disp)
        np.testing.assert_allclose(got["disp_tel_sign_score"], abs(2 * plus - 1))
        np.testing.assert_array_equal(got["disp_tel_alt"], alt[tel_type])
        np.testing.assert_array_equal(got["disp_tel_az"], az[tel_type])
    start, tel_id, altitude, weights = together(rows, alt)
    azimuth = together(rows, az)[2]
    want = combine_directions(
        start, tel_id, np.isfinite(altitude), altitude, azimuth, weights
    )
    for name in ("alt", "az", "ang_distance_uncert", "is_valid"):
        np.testing.assert_array_equal(found.events[f"disp_{name}"], want[name])
    assert "reco_alt" not in found.events.columns


def test_directions_may_be_the_standard_ones(rows):
    wishes = Wishes(best_direction="disp", direction_error=False)
    events = predict(*rows, MODELS, wishes).events
    for name in ("alt", "az", "is_valid"):
        assert events[f"reco_{name}"].equals(events[f"disp_{name}"], check_names=False)


def test_uncertainties_weigh_images(rows):
    wishes = Wishes(
        energy=Wish("mine", "inverse-variance"), disp=Wish(None, "inverse-variance")
    )
    found = predict(*rows, MODELS, wishes)
    columns = {}
    for tel_type, frame in found.telescopes.items():
        error = by_hand(MODELS.load("energy_uncert", tel_type), rows[1][tel_type])
        want = error * frame["mine_tel_energy"].to_numpy()
        np.testing.assert_array_equal(frame["mine_tel_energy_uncert"], want)
        columns[tel_type] = np.stack([frame["mine_tel_energy"], error], axis=1)
    start, tel_id, both, _ = together(rows, columns)
    energy, error = both.T
    # Logarithms are averaged, so that the error of these counts.
    want = combine_energies(
        start, tel_id, np.isfinite(energy), energy, inverse_variance(error),
        log_target=True,
    )  # fmt: skip
    np.testing.assert_allclose(found.events["mine_energy"], want["energy"], rtol=1e-12)
    names = [f"disp_tel_{name}" for name in ("alt", "az", "ang_distance_uncert")]
    columns = {t: f.select(names).to_numpy() for t, f in found.telescopes.items()}
    alt, az, error = together(rows, columns)[2].T
    is_valid = np.isfinite(alt)
    want = combine_directions(start, tel_id, is_valid, alt, az, inverse_variance(error))
    np.testing.assert_allclose(found.events["disp_alt"], want["alt"], rtol=1e-12)


def test_errors_of_events_and_their_classes(found):
    for task in OF_EVENTS:
        model = MODELS.load(task, ARRAY)
        seen = found.events
        want = model.predict(feature_matrix(seen, model.description.features).x)
        np.testing.assert_array_equal(found.events[task], want)
        number = toy_classes()[task].of(seen["reco_energy"].to_numpy(), want)
        np.testing.assert_array_equal(found.events[f"{task}_class"], number)
        assert set(number) > {-1}


def test_nothing_depends_on_the_order_of_rows(rows, found):
    events, images = rows
    shuffled = {
        t: f.sample(fraction=1, shuffle=True, seed=1) for t, f in images.items()
    }
    backwards = {t: shuffled[t] for t in reversed(images)}
    got = predict(events.reverse(), backwards, MODELS)
    assert got.events.reverse().equals(found.events)
    keys = ["event_id", "tel_id"]
    for tel_type, frame in got.telescopes.items():
        assert frame.sort(keys).equals(found.telescopes[tel_type].sort(keys))


def test_the_cut_flow_counts_conditions_and_features(rows):
    events, images = rows
    lengths = images[LST]["hillas_length"].to_numpy().copy()
    lengths[:4] = np.nan
    spoilt = images[LST].with_columns(hillas_length=lengths)
    flow = predict(events, {LST: spoilt}, MODELS).cut_flow.to_pylist()
    flow = [row for row in flow if row["stage"] == "prediction.energy"]
    assert [row["cut"] for row in flow] == ["all", "bright", "usable_features"]
    bright = spoilt["hillas_intensity"].to_numpy() > 60
    counts = [row["n_survivors"] for row in flow]
    assert counts == [bright.size, bright.sum(), bright[4:].sum()]


def test_nan_in_a_feature_is_an_invalid_image(rows):
    events, images = rows
    spoilt = {t: f.with_columns(hillas_width=np.nan) for t, f in images.items()}
    found = predict(events, spoilt, MODELS)
    assert not found.events[f"{ENERGY}_is_valid"].any()
    assert found.events["gh_score"].is_nan().all()
    assert (found.events["energy_error_class"] == -1).all()


def test_models_that_take_nan_have_an_answer(rows):
    takes_nan = Collection([changed(toy_model("energy"), accepts_nan=True)])
    spoilt = rows[1][LST].with_columns(hillas_width=np.nan)
    frame = predict(rows[0], {LST: spoilt}, takes_nan).telescopes[LST]
    bright = spoilt["hillas_intensity"] > 60
    assert frame[f"{ENERGY}_tel_is_valid"].equals(bright, check_names=False)


def test_a_telescope_type_without_a_model_has_invalid_rows(rows):
    models = Collection(toy_models([LST]), toy_classes())
    found = predict(*rows, models)
    n_images = rows[1][MST].height
    assert found.without_model["energy"] == {MST: n_images}
    frame = found.telescopes[MST]
    assert frame.columns == found.telescopes[LST].columns
    assert not frame[f"{ENERGY}_tel_is_valid"].any()
    assert frame["disp_tel_alt"].is_nan().all()
    used = set(found.events[f"{ENERGY}_telescopes"].explode().drop_nulls())
    assert used == set(TEL_IDS[LST])


def test_no_rows_at_all(rows):
    events, images = rows
    empty = {t: f.clear() for t, f in images.items()}
    for some in (empty, {}):
        found = predict(events, some, MODELS)
        assert not found.events[f"{ENERGY}_is_valid"].any()
        assert found.events[f"{ENERGY}_telescopes"].list.len().sum() == 0
        assert not found.without_model
    found = predict(events.clear(), empty, MODELS)
    assert found.events.height == 0
    assert (
        found.telescopes[LST].columns == predict(*rows, MODELS).telescopes[LST].columns
    )


def test_models_of_another_type_are_not_even_loaded(rows, monkeypatch):
    asked, plan = [], plan_of(MODELS)
    load = MODELS.load
    monkeypatch.setattr(MODELS, "load", lambda *key: asked.append(key) or load(*key))
    predict(rows[0], {LST: rows[1][LST]}, MODELS, plan)
    assert ("energy", LST) in asked
    assert {tel_type for _, tel_type in asked} == {LST, ARRAY}


def test_one_type_by_hand_with_scikit_learn(rows):
    """What comes out is what the estimator itself says of the same rows."""
    events, images = rows
    frame = images[LST]
    expressions = {"a": "log10(hillas_intensity)", "b": "hillas_width"}
    x = np.stack(
        [np.log10(frame["hillas_intensity"]), frame["hillas_width"].to_numpy()], axis=1
    )
    energy = np.exp(x[:, 0] + 5 * x[:, 1])
    arguments = {"n_estimators": 8, "max_depth": 6}
    fitted = fit(ENERGY, arguments, x, np.log10(energy), seed=3)
    known = toy_model("energy").description
    features = tuple(
        replace(known.features[0], name=name, expression=expression)
        for name, expression in expressions.items()
    )
    units = {"hillas_intensity": "p.e.", "hillas_width": "deg"}
    known = replace(known, features=features, inputs=units, quality=())
    found = predict(events, {LST: frame}, Collection([Model(known, fitted.body)]))
    theirs = RandomForestRegressor(**arguments, random_state=3).fit(x, np.log10(energy))
    got = found.telescopes[LST][f"{ENERGY}_tel_energy"]
    np.testing.assert_allclose(got, 10 ** theirs.predict(x), rtol=1e-6)


def changed(model, **changes):
    return Model(replace(model.description, **changes), model.body)


def test_a_task_may_be_left_out(rows):
    wishes = Wishes(particle=None, energy_error=False, direction_error=False)
    found = predict(*rows, MODELS, wishes)
    assert "gh_score" not in found.events.columns
    assert "disp_alt" in found.events.columns
    energy = Collection(toy_models(tasks=("energy",)))
    names = predict(*rows, energy).events.columns
    assert names[2:] == [
        *(f"{ENERGY}_{n}" for n in ("energy", "energy_uncert", "energy_uncert_factor")),
        *(f"{ENERGY}_{n}" for n in ("is_valid", "telescopes")),
        "reco_energy",
        "reco_energy_uncert",
    ]


def test_an_energy_below_zero_is_none(rows):
    model = toy_model("energy")
    linear = changed(model, target=Target("true_energy", "TeV"))
    body = replace(linear.body, base=linear.body.base - 1.0)
    linear = Model(linear.description, body)
    found = predict(rows[0], {LST: rows[1][LST]}, Collection([linear]))
    said = by_hand(linear, rows[1][LST])
    assert (said < 0).any()
    got = found.telescopes[LST][f"{ENERGY}_tel_energy"].to_numpy()
    np.testing.assert_array_equal(got, np.where(said > 0, said, np.nan))
    valid = found.telescopes[LST][f"{ENERGY}_tel_is_valid"].to_numpy()
    np.testing.assert_array_equal(valid, said > 0)


WISHES = {
    "weights nobody knows": (Wishes(energy=Wish(None, "mine")), "no weights 'mine'"),
    "weights for which there is no model": (
        Wishes(particle=Wish(None, "inverse-variance")),
        "inverse-variance want models of the uncertainty",
    ),
    "two tasks of one prefix": (
        Wishes(energy=Wish("a"), particle=Wish("a")),
        "two tasks would write a_tel_is_valid: set a prefix",
    ),
    "another direction than that of the training": (
        Wishes(best_direction="disp"),
        "is about the direction of geometry: set best_direction to geometry",
    ),
    "nothing": (
        Wishes(None, None, None, energy_error=False, direction_error=False),
        "no model is to be applied; there are: .*energy",
    ),
}


@pytest.mark.parametrize("case", WISHES)
def test_wishes_that_cannot_be_fulfilled(case):
    wishes, message = WISHES[case]
    with pytest.raises(UserError, match=message):
        plan_of(MODELS, wishes)


MISFITS = {
    "classes": (
        [
            toy_model("particle"),
            changed(toy_model("particle", MST), classes=("x", "y")),
        ],
        "models of particle differ in their classes: LST",
    ),
    "prefixes": (
        [toy_model("energy"), toy_model("energy", MST, name="ExtraTreesRegressor")],
        "in their prefix: LST.* RandomForestRegressor, MST.* ExtraTreesRegressor",
    ),
    "weights": (
        [toy_model("energy"), changed(toy_model("energy", MST), use=Use())],
        "differ in their weights",
    ),
    "unit": (
        [changed(toy_model("energy"), target=Target("true_energy", "GeV", "log10"))],
        "energy model of LST_LST_LSTCam predicts in 'GeV', not in 'TeV'",
    ),
    "a sign alone": ([toy_model("disp_sign")], "has one of disp_norm and disp_sign"),
    "a sign of three": (
        [
            toy_model("disp_norm"),
            changed(toy_model("disp_sign"), classes=("negative", "zero")),
        ],
        "has the classes .*'zero'.*, not positive",
    ),
    "signal": (
        [changed(toy_model("particle"), use=Use(signal="gama"))],
        "no class 'gama'; did you mean 'gamma'",
    ),
    "a condition": (
        [changed(toy_model("energy"), quality=(Condition("bad", "1 +"),))],
        "a condition of the energy model of LST.* cannot be read",
    ),
    "no classes of events": (
        [toy_model("energy"), toy_model("energy_error", ARRAY)],
        "no classes of events for energy_error",
    ),
}


@pytest.mark.parametrize("case", MISFITS)
def test_models_that_do_not_fit_each_other(case):
    models, message = MISFITS[case]
    with pytest.raises(UserError, match=message):
        plan_of(Collection(models))


def test_tables_are_checked_before_anything_is_read(rows):
    plan = plan_of(MODELS)
    units = {
        **dict.fromkeys(rows[1][LST].columns, "deg"),
        "hillas_intensity": "p.e.",
        "h_max": "m",
        "leakage_intensity_width_2": "",
    }
    wanted = plan.columns_wanted(of_events=False)
    assert wanted <= units.keys()
    assert "h_max" in wanted
    assert "reco_energy" not in wanted
    assert plan.columns_wanted(of_events=True) == frozenset()
    plan.check({LST: units, MST: units}, {})
    with pytest.raises(
        UserError, match=r"energy model of MST.* 'h_max' in 'm', .* 'km'"
    ):
        plan.check({LST: units, MST: units | {"h_max": "km"}}, {})
    short = {name: unit for name, unit in units.items() if name != "hillas_psi"}
    with pytest.raises(
        UserError, match="no column 'hillas_psi'; did you mean 'hillas_"
    ):
        plan.check({LST: short}, {})
    only_errors = Collection([toy_model("energy_error", ARRAY)], toy_classes())
    with pytest.raises(UserError, match="wants the column 'gh_score'"):
        plan_of(only_errors).check({}, {"reco_energy": "TeV"})
    wanted = plan_of(only_errors).columns_wanted(of_events=True)
    assert wanted == {"reco_energy", "reco_energy_uncert", "gh_score"}


def test_frames_that_do_not_fit(rows):
    events, images = rows
    energy = Collection(toy_models(tasks=("energy",)))
    frame = images[LST]
    for bad, message in (
        (frame.drop("h_max"), "energy model of LST_LST_LSTCam: .* column 'h_max'"),
        (frame.drop("hillas_intensity"), "energy model of .* 'hillas_intensity'"),
        (frame.drop("tel_id"), "images of LST.* has no key column tel_id"),
        (frame.vstack(frame[3:4]), "obs_id 7, event_id .*, tel_id . is there twice"),
        (frame.with_columns(obs_id=8), "an image of obs_id 8, .* has no array event"),
    ):
        with pytest.raises(UserError, match=message):
            predict(events, {LST: bad}, energy)
    with pytest.raises(UserError, match="an array event is there twice"):
        predict(events.vstack(events[:1]), images, energy)
    assert set(FEATURES) >= set(OF_EVENTS)
