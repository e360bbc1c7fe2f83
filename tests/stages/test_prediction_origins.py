"""Models read what the right models said, under whatever prefix, or nothing at all."""

from dataclasses import replace

import polars as pl
import pytest
from toy_predictions import (
    LST,
    MST,
    OF_TEL,
    TEL_NAME,
    energy_reader,
    toy_classes,
    toy_models,
    toy_rows,
)

from cta_columnar.errors import UserError
from cta_columnar.models import ARRAY, Collection, Origin
from cta_columnar.stages.prediction import Wish, Wishes, plan_of, predict

ONLY_PARTICLE = Wishes(energy=None)


class Folder(Collection):
    """Models whose columns are known again."""

    identity = "mine"


def readers(**how):
    of_energy = toy_models(tasks=("energy",))
    return Folder([*of_energy, *(energy_reader(each, **how) for each in (LST, MST))])


def test_a_prefix_that_is_chosen_changes_no_prediction():
    events, images = toy_rows()
    first = predict(events, images, readers())
    wishes = Wishes(energy=Wish(prefix="other"))
    second = predict(events, images, readers(), wishes)
    assert "other_tel_energy" in second.telescopes[LST].columns
    assert TEL_NAME not in second.telescopes[LST].columns
    assert second.events["gh_score"].equals(first.events["gh_score"])
    assert first.events["gh_score"].is_finite().any()
    # What other models said under that name is not what these were trained on.
    others = {t: f.with_columns(pl.lit(1e9).alias(TEL_NAME)) for t, f in images.items()}
    third = predict(events, others, readers(), wishes)
    assert third.events["gh_score"].equals(first.events["gh_score"])


def test_what_an_earlier_run_wrote_is_found_by_who_made_it():
    there = {
        TEL_NAME: replace(OF_TEL, training="others"),
        "first_tel_energy": replace(OF_TEL, training="mine"),
    }
    plan = plan_of(readers(), ONLY_PARTICLE, there)
    assert plan.names["particle", LST] == {TEL_NAME: "first_tel_energy"}
    wanted = plan.columns_wanted(of_events=False)
    assert "first_tel_energy" in wanted
    assert TEL_NAME not in wanted
    units = dict.fromkeys(wanted, "deg") | {"hillas_intensity": "p.e."}
    units[TEL_NAME] = "TeV"
    with pytest.raises(UserError, match=f"wants '{TEL_NAME}' in 'TeV', .* in 'deg'"):
        plan.check({LST: units}, {})
    plan.check({LST: units | {"first_tel_energy": "TeV"}}, {})
    score = Origin("particle", "gh_score", "mine", "intensity")
    assert plan.origins["gh_score"] == score
    assert plan.origins[TEL_NAME].training == "others"


NOT_THERE = {
    "made by others": {TEL_NAME: replace(OF_TEL, training="others")},
    "made by no model": {},
}


@pytest.mark.parametrize("case", NOT_THERE)
def test_columns_of_others_are_refused(case):
    message = (
        f"particle model of LST.* on '{TEL_NAME}' of models of energy from its own"
    )
    with pytest.raises(UserError, match=message):
        plan_of(readers(), ONLY_PARTICLE, NOT_THERE[case])


def test_what_models_of_another_training_said():
    how = {"column": "reco_energy", "origin": Origin("energy", "reco_energy", "abc")}
    models = readers(**how)
    plan = plan_of(models, ONLY_PARTICLE, {"reco_energy": how["origin"]})
    assert plan.names["particle", LST] == {}
    message = r"'reco_energy' of models of energy from another training \(abc\)"
    with pytest.raises(UserError, match=message):
        plan_of(models, ONLY_PARTICLE, {"reco_energy": OF_TEL})
    with pytest.raises(UserError, match=message):
        # Its own energy takes the place of theirs.
        plan_of(models, there={"reco_energy": how["origin"]})


def test_a_column_that_no_model_made_in_the_training():
    models = readers(column="reco_alt", origin=None, unit="deg")
    plan_of(models, there={})
    by_disp = {"reco_alt": Origin("disp", "reco_alt", "mine")}
    message = "on 'reco_alt' as no model made it, and here .* of disp"
    with pytest.raises(UserError, match=message):
        plan_of(models, there=by_disp)
    # Nor may the error of one direction be said of another.
    plan_of(Folder(toy_models(), toy_classes()), there={})
    with pytest.raises(UserError, match=f"direction_error model of {ARRAY} .*reco_alt"):
        plan_of(Folder(toy_models(), toy_classes()), there=by_disp)
