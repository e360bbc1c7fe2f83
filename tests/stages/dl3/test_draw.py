import numpy as np
import pytest
import toy_observatory as toy
import yaml

from cta_columnar.config import ObservationConfig
from cta_columnar.errors import UserError
from cta_columnar.stages.dl3.draw import check_losses, draw
from cta_columnar.stages.dl3.shares import (
    WHEN,
    WHO,
    makes_responses,
    number_of_each,
)
from cta_columnar.stages.training_share import in_share

IDS = np.arange(100_000, dtype=np.int64)
RUN = np.ones_like(IDS)


def test_events_go_where_their_number_says():
    weights = np.array([[0.2, 0.2, 0.2, 0.2, 0.0], [0.3, 0.3, 0.3, 0.3, 1.0]])
    numbers = np.array([0.1, 0.2, 0.49, 0.5, 0.999])
    drawn = draw(weights, numbers, "gamma")
    np.testing.assert_array_equal(drawn.observation, [0, 1, 1, -1, 1])
    np.testing.assert_allclose(drawn.expected, [0.8, 2.2])
    np.testing.assert_allclose(drawn.lost, 0, atol=1e-15)


def test_as_many_as_expected_in_each_observation():
    rng = np.random.default_rng(0)
    weights = rng.uniform(0, 0.3, (3, IDS.size))
    numbers = number_of_each(1, WHO, "gamma", RUN, IDS)
    drawn = draw(weights, numbers, "gamma")
    for k in range(3):
        got = np.count_nonzero(drawn.observation == k)
        sigma = np.sqrt((weights[k] * (1 - weights[k])).sum())
        assert abs(got - drawn.expected[k]) < 4 * sigma
    # Heavy events are drawn more often than light ones, as they should be.
    mean = weights[0][drawn.observation == 0].mean()
    assert mean == pytest.approx((weights[0] ** 2).sum() / weights[0].sum(), rel=0.02)


def minutes(*lengths):
    """Observations of so many minutes, one after the other; none has a gap."""
    whole = [np.array([[k * 3600, k * 3600 + 60 * n]]) for k, n in enumerate(lengths)]
    return [
        toy.make_observation(k, intervals=each * 10**9)
        for k, each in enumerate(whole, 1)
    ]


def test_events_that_weigh_too_much():
    weights = np.array([[0.5, 2.0, 0.5, 0.0]])
    numbers = np.array([0.6, 0.99, 0.1, 0.0])
    drawn, here = {"proton": draw(weights, numbers, "proton")}, minutes(20)
    with pytest.raises(
        UserError, match=r"proton: 1 of 4 simulated events .* heaviest 2 times"
    ):
        check_losses(drawn, here)
    with pytest.raises(UserError, match=r"tolerate a loss of 0\.34"):
        check_losses(drawn, here, 0.3)
    check_losses(drawn, here, 0.34)
    np.testing.assert_array_equal(drawn["proton"].observation, [-1, 0, 0, -1])
    np.testing.assert_allclose(
        (drawn["proton"].expected, drawn["proton"].lost), ([3.0], [1.0])
    )
    # Together too heavy for two observations: both get their part of it.
    half = draw(np.array([[1.0], [3.0]]), np.array([0.3]), "proton")
    np.testing.assert_allclose(half.lost, [0.75, 2.25])
    assert half.observation == [1]


def test_how_long_the_events_last():
    one = np.array([0.5])
    drawn = {
        "gamma": draw(np.array([[1.0], [1.0]]), one, "gamma"),
        "proton": draw(np.array([[30.0], [33.0]]), one, "proton"),
        "electron": draw(np.array([[0.3], [0.3]]), one, "electron"),
    }
    with pytest.raises(UserError) as caught:
        check_losses(drawn, minutes(20, 20))
    told = str(caught.value)
    assert "gamma: 1 of 1 simulated events" in told
    assert "they last for 20 min" in told
    # Rounded down: 40 min / 63 is 38.1 s.
    assert "they last for 38 s" in told
    assert "of the 40 min asked for, all observations together can have 38 s" in (
        told.lower()
    )
    assert "electron" not in told


@pytest.mark.parametrize(
    ("weight", "said"),
    [(1.0 + 1e-9, "1.1E-9"), (1.7, "0.42"), (2.0, "0.51"), (1e4, "0.99991"),
     (3e5, "0.999997"), (1e9, "0.9999999991")],
)  # fmt: skip
def test_the_proposed_loss_is_allowed_and_enough(weight, said):
    weights, numbers = np.full((2, 3), weight / 2), np.zeros(3)
    drawn, here = {"proton": draw(weights, numbers, "proton")}, minutes(20, 20)
    with pytest.raises(UserError) as caught:
        check_losses(drawn, here)
    words = str(caught.value).rpartition(" ")[2]
    assert words == said
    config = ObservationConfig(tolerated_loss=yaml.safe_load(words))
    check_losses(drawn, here, config.tolerated_loss)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1])
def test_weights_that_are_none(bad):
    with pytest.raises(UserError, match="gamma: 1 weights are negative or no finite"):
        draw(np.array([[0.1, bad]]), np.array([0.5, 0.5]), "gamma")


def test_shares_do_not_depend_on_each_other():
    used = makes_responses(0, 0.5, RUN, IDS)
    trained = in_share(0, 0.5, RUN, IDS)
    for mask in (used, trained, used & trained):
        wanted = 0.25 if mask is not used and mask is not trained else 0.5
        assert mask.mean() == pytest.approx(wanted, abs=0.06)  # 1000 showers
    showers = used.reshape(-1, 100)
    assert (showers == showers[:, :1]).all()
    who = number_of_each(0, WHO, "gamma", RUN, IDS)
    for other in (
        number_of_each(0, WHEN, "gamma", RUN, IDS),
        number_of_each(0, WHO, "proton", RUN, IDS),
        number_of_each(1, WHO, "gamma", RUN, IDS),
        number_of_each(0, WHO, "gamma", RUN + 1, IDS),
    ):
        assert abs(np.corrcoef(who, other)[0, 1]) < 0.02
    assert np.unique(who).size == who.size
    assert abs(np.corrcoef(who, used)[0, 1]) < 0.02
    assert not makes_responses(0, 0.0, RUN, IDS).any()
    with pytest.raises(UserError, match="leaves none to be observed"):
        makes_responses(0, 1.0, RUN, IDS)
