import numpy as np
import pytest
import toy_observatory as toy

from cta_columnar.errors import UserError
from cta_columnar.stages.dl3.intervals import NoGoodTimeError
from cta_columnar.stages.dl3.pointing import Drift, Tracking
from cta_columnar.stages.dl3.recorded import GoodTime, recorded_observation

SECOND = 10**9
START = toy.make_observation().start_ns
# A trigger each 10 ms for ten minutes, but for a pause of one.
STEPS = np.arange(0, 600 * SECOND, SECOND // 100)
TRIGGERS = START + STEPS[(STEPS < 120 * SECOND) | (STEPS >= 180 * SECOND)]
WHEN = START + np.arange(0, 600, 5) * SECOND
POINTING = (WHEN, *Tracking(83.6, 22.4).altaz(WHEN, toy.SITE))


def observation(**settings):
    good_time = GoodTime(**settings.pop("good_time", {}))
    return recorded_observation(5, TRIGGERS, POINTING, toy.SITE, good_time, **settings)


def test_good_time_and_pointing_are_found():
    found = observation(good_time={"dead_time": 1e-4}, tel_ids=(1, 2))
    assert found.ontime == pytest.approx(540, abs=0.1)
    assert len(found.intervals) == 2
    assert found.dead_fraction == pytest.approx(0.01, rel=1e-3)
    assert found.livetime == pytest.approx(540 * 0.99, abs=0.1)
    assert isinstance(found.pointing, Tracking)
    assert (found.pointing.ra, found.pointing.dec) == (
        pytest.approx(83.6),
        pytest.approx(22.4),
    )


def test_the_order_and_the_type_of_times_do_not_matter():
    stamps = TRIGGERS[::-1].astype("datetime64[ns]")
    pointing = (POINTING[0].astype("datetime64[ns]"), *POINTING[1:])
    found = recorded_observation(5, stamps, pointing, toy.SITE)
    np.testing.assert_array_equal(found.intervals, observation().intervals)


def test_given_intervals_without_triggers_are_gaps_at_their_ends():
    whole = np.array([[START - 100 * SECOND, START + 700 * SECOND]])
    found = observation(intervals=whole)
    assert found.ontime == pytest.approx(540, abs=0.1)
    assert len(found.intervals) == 2
    half = np.array([[START, START + 300 * SECOND]])
    assert observation(intervals=half).ontime == pytest.approx(240, abs=0.1)
    long = observation(good_time={"longest_gap": 90.0})
    assert long.ontime == pytest.approx(600, abs=0.1)


def test_what_is_not_enough():
    with pytest.raises(UserError, match="1 triggers; wanted are all"):
        recorded_observation(5, TRIGGERS[:1], POINTING, toy.SITE)
    never = np.append(TRIGGERS, np.datetime64("NaT").astype(np.int64))
    with pytest.raises(UserError, match=f"5: 1 of {never.size} triggers have no time"):
        recorded_observation(5, never, POINTING, toy.SITE)
    with pytest.raises(NoGoodTimeError, match="no good time is left"):
        observation(good_time={"shortest": 1000.0})
    nowhere = (POINTING[0] + 900 * SECOND, *POINTING[1:])
    with pytest.raises(UserError, match="observation 5: no pointing is known"):
        recorded_observation(5, TRIGGERS, nowhere, toy.SITE)


@pytest.mark.parametrize("shortest", [0.0, 1.0])
def test_a_trigger_alone_makes_no_interval(shortest):
    lone = START + np.array([650, 700, 750]) * SECOND
    times = np.concatenate([lone, TRIGGERS])
    good_time = GoodTime(shortest=shortest)
    found = recorded_observation(5, times, POINTING, toy.SITE, good_time)
    np.testing.assert_array_equal(found.intervals, observation().intervals)
    with pytest.raises(NoGoodTimeError, match="no good time is left of 1 intervals"):
        recorded_observation(5, lone, POINTING, toy.SITE, good_time)


def test_two_pointings_are_told_of_the_observation():
    _, alt, az = POINTING
    half = np.where(np.arange(alt.size) % 2, alt, alt - 1)
    with pytest.raises(UserError, match="observation 5: the pointing differs"):
        recorded_observation(5, TRIGGERS, (WHEN, half, az), toy.SITE)


def test_a_telescope_that_stood_still_since_before_the_good_time():
    """It has one row, before a trigger alone that begins no good time."""
    lone = np.concatenate([[START - 60 * SECOND], TRIGGERS])
    tel_id = np.array([1, 2, 2])
    when = START + np.array([-90, -90, 900]) * SECOND
    stood = when, np.full(3, 70.0), np.full(3, 180.0)
    found = recorded_observation(5, lone, stood, toy.SITE, pointing_tel_id=tel_id)
    assert found.start_ns == START
    assert found.pointing == Drift(pytest.approx(70.0), pytest.approx(180.0))
    moved = (START + np.array([-90, -80, -70]) * SECOND, *stood[1:])
    moved[1][:2] = 50.0
    found = recorded_observation(5, TRIGGERS, moved, toy.SITE)
    assert found.pointing.alt == pytest.approx(70.0)
