"""Which images take part, and the reasons that are given for others."""

import numpy as np
import polars as pl
import pytest
from store.toy_run import LST, SST
from toy_training import ONLY_ENERGY, small_config, toy_rows

from cta_columnar.errors import UserError
from cta_columnar.stages.training.choice import choose
from cta_columnar.stages.training.plan import make_plan
from cta_columnar.stages.training.tally import Counting, Tally

STEPS = ("the input", "training_share", "known_class", "bright", "max_rows")
GAMMAS, PROTONS = [900, 400, 400, 300, 120], [500, 200, 200, 100, 40]
NONE = [0, 0, 0, 0, 0]


def tally(lst, sst, n_events=1000):
    """Gammas and protons that are left after each step, of both types."""
    left = {LST: np.array(lst), SST: np.array(sst)}
    classes = ("gamma", "proton")
    return Tally(classes, STEPS, left, dict.fromkeys(classes, n_events))


def config(**changes):
    return small_config(classes={"electron": None}, **changes)


def test_steps_that_left_fewer_are_told():
    made = tally([GAMMAS, NONE], [GAMMAS, PROTONS])
    assert made.told(["proton"]) == (
        "500 in the input, 200 after training_share, 100 after bright, "
        "40 after max_rows"
    )
    assert made.told(["proton"], LST) == "none in the input"
    assert made.told(["gamma", "proton"], SST).startswith("1,400 in the input, 600 aft")
    assert made.drawn() == {"gamma": (240, 600), "proton": (40, 100)}
    assert made.counts[SST] == {"gamma": 120, "proton": 40}


LOST = {
    "none": (NONE, "none in the input"),
    "share": ([9, 0, 0, 0, 0], "9 in the input, 0 after training_share"),
    "cuts": ([9, 8, 8, 0, 0], "9 in the input, 8 after training_share, 0 after bright"),
    "draw": ([9, 9, 9, 9, 0], "9 in the input, 0 after max_rows"),
}


@pytest.mark.parametrize("case", LOST)
def test_the_reason_for_a_class_without_images_is_the_true_one(case):
    steps, reason = LOST[case]
    with pytest.raises(UserError) as caught:
        make_plan(config(), tally([GAMMAS, steps], [GAMMAS, NONE]))
    message = str(caught.value)
    assert (
        f"particle: wants gamma and another class, found gamma (proton: {reason})"
        in (message)
    )
    # Another dataset is the remedy for one of these.
    assert ("add another dataset" in message) == (case == "none")
    assert "set particle to null" in message
    # With the energy of gammas alone it is a warning, if there were any.
    skipped = make_plan(
        config(**ONLY_ENERGY), tally([GAMMAS, steps], [GAMMAS, NONE])
    ).skipped
    assert skipped == (() if case == "none" else (f"no model knows proton: {reason}",))


@pytest.mark.parametrize("case", LOST)
def test_the_reason_for_a_telescope_type_without_images_is_the_true_one(case):
    steps, reason = LOST[case]
    plan = make_plan(config(**ONLY_ENERGY), tally([GAMMAS, PROTONS], [steps, PROTONS]))
    assert [each.tel_type for each in plan.lessons] == [LST]
    said = f"no model of energy: {SST}: 0 of gamma ({reason}), fewer than min_rows 20"
    assert plan.skipped == (said,)


def test_too_few_events():
    how = dict.fromkeys(("particle", "disp", "energy_uncert", "disp_uncert"))
    how |= {"direction_error": None}
    few = tally([GAMMAS, PROTONS], [GAMMAS, PROTONS], n_events=59)
    with pytest.raises(
        UserError, match=r"59 events .* than the 60 that 3 classes of ev"
    ):
        make_plan(config(**how), few)
    with pytest.raises(UserError, match=r"59 events .* fewer than min_rows 70"):
        make_plan(config(**how, min_rows=70), few)
    enough = tally([GAMMAS, PROTONS], [GAMMAS, PROTONS], n_events=60)
    (lesson,) = make_plan(config(**how), enough).of("energy_error")
    assert lesson.n_rows == 60


def test_what_is_counted_is_what_takes_part():
    own = config(fraction=0.6)
    rows = toy_rows(n_showers=40)
    chosen = {t: choose(own, frame) for t, frame in rows.items()}
    keys = {
        t: frame.select("dataset", "obs_id", "event_id") for t, frame in rows.items()
    }
    counting = Counting(own, (LST, SST))
    counting.add(chosen, keys)
    found = counting.tally(100)
    passing, seen = 0, []
    for tel_type, frame in rows.items():
        mask = chosen[tel_type].below(found.limits)
        assert sum(found.counts[tel_type].values()) == mask.sum()
        passing += mask.sum()
        seen.append(frame.filter(pl.Series(mask)))
        before = chosen[tel_type].selection.mask.sum()
        assert found.of(["gamma", "proton"], tel_type)[-2] == before
        alone = (
            chosen[tel_type].draw
            < np.array(list(found.limits.values()))[chosen[tel_type].label]
        )
        flow = pl.DataFrame(pl.from_arrow(found.cut_flow)).filter(tel_type=tel_type)
        assert flow["position"].to_list() == [0, 1, 2, 3, 4, 5]
        assert flow["n_passed"][-1] == alone.sum()
        assert flow["n_survivors"][-2:].to_list() == [before, mask.sum()]
    assert 80 < passing <= 100
    events = pl.concat(seen).select("dataset", "event_id").unique()
    assert sum(found.n_events.values()) == events.height
