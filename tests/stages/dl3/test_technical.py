import numpy as np
import pytest
import toy_observatory as toy

from cta_columnar.gadf import make_hdu
from cta_columnar.stages.dl3.off_region import Region
from cta_columnar.stages.dl3.technical import (
    Monitored,
    Triggers,
    interval_columns,
    sub_intervals,
    telescope_columns,
    weather_columns,
)
from cta_columnar.stages.dl3.times import to_seconds

SECOND = 10**9
# 20 minutes of which the sixth is missing.
OBSERVATION = toy.make_observation()
START = OBSERVATION.start_ns


def events_at(seconds, ra):
    n = len(seconds)
    columns = {
        "EVENT_ID": np.arange(n),
        "TIME": to_seconds(START + np.array(seconds) * SECOND),
        "RA": np.array(ra, float),
        "DEC": np.zeros(n),
        "ENERGY": np.ones(n),
    }
    return make_hdu("events", columns, {})


def test_pieces_fill_an_observation():
    pieces = sub_intervals(OBSERVATION, 430.0)
    assert ((pieces[:, 1] - pieces[:, 0]) / SECOND).tolist() == [430, 430, 340]
    assert pieces[0, 0] == START
    assert pieces[-1, 1] == OBSERVATION.stop_ns


def test_rates_of_recorded_triggers():
    pieces = sub_intervals(OBSERVATION, 300.0)
    times = START + np.arange(0, 300, 3) * SECOND
    regions = [Region(10.0, 0.0, 1.0)]
    events = events_at([1, 2, 400], [10.0, 30.0, 30.0])
    columns = interval_columns(
        OBSERVATION, events, Triggers(times, 0.1), regions, pieces
    )
    assert columns["ontime"].tolist() == [300, 240, 300, 300]
    assert columns["n_triggers"].tolist() == [100, 0, 0, 0]
    assert columns["trigger_rate"] == pytest.approx([100 / 290, 0, 0, 0])
    assert columns["dead_time"] == pytest.approx([10, 0, 0, 0])
    assert columns["live_time"] == pytest.approx([290, 240, 300, 300])
    assert columns["n_events"].tolist() == [2, 1, 0, 0]
    assert columns["n_cosmic_rays"].tolist() == [1, 1, 0, 0]
    assert columns["cosmic_ray_rate"] == pytest.approx([1 / 290, 1 / 240, 0, 0])


def test_rates_of_a_simulation_and_no_good_time():
    gap = sub_intervals(OBSERVATION, 60.0)[5:6]
    rate = Triggers(np.empty(0, np.int64), rate=7.0)
    columns = interval_columns(OBSERVATION, events_at([1], [1.0]), rate, [], gap)
    assert columns["ontime"].tolist() == [0]
    for name in ("trigger_rate", "cosmic_ray_rate", "cosmic_ray_rate_uncert"):
        assert np.isnan(columns[name]).all()
    first = sub_intervals(OBSERVATION, 60.0)[:1]
    columns = interval_columns(OBSERVATION, events_at([1], [1.0]), rate, [], first)
    assert columns["trigger_rate"].tolist() == [7.0]
    assert columns["dead_time"] == pytest.approx([3.0])
    assert columns["n_triggers"] == pytest.approx([7 * 57])


def test_triggers_out_of_good_time_count_nowhere():
    """The sixth minute is a gap; a trigger comes each second nevertheless."""
    times = START + np.arange(0, 1200) * SECOND
    events = events_at([1], [1.0])
    for length, wanted in ((60.0, [60.0] * 5 + [0.0] + [60.0] * 14), (1200.0, [1140])):
        columns = interval_columns(
            OBSERVATION,
            events,
            Triggers(times, 0.1),
            [],
            sub_intervals(OBSERVATION, length),
        )
        assert columns["n_triggers"].tolist() == wanted
        rates = columns["trigger_rate"]
        assert rates[np.isfinite(rates)] == pytest.approx(1 / 0.9)
        assert columns["dead_time"] == pytest.approx(0.1 * np.array(wanted))


def test_weather_between_what_was_measured():
    pieces = sub_intervals(OBSERVATION, 600.0)
    weather = {
        "time": START + np.array([0, 600]) * SECOND,
        "temperature": np.array([4.0, 6.0]),
    }
    columns = weather_columns(weather, pieces)
    np.testing.assert_allclose(columns["temperature"], [5.0, np.nan])
    assert np.isnan(columns["transparency"]).all()
    assert np.isnan(weather_columns(None, pieces)["temperature"]).all()
    weather["temperature"] = np.array([4.0, np.nan])
    weather["humidity"] = np.array([np.nan, np.nan])
    columns = weather_columns(weather, pieces)
    assert np.isnan(columns["temperature"]).all()
    assert np.isnan(columns["humidity"]).all()
    middle = START + np.array([0, 300, 600]) * SECOND
    weather = {"time": middle, "temperature": np.array([4.0, np.nan, 6.0])}
    assert weather_columns(weather, pieces)["temperature"][0] == pytest.approx(5.0)


def test_pedestals_and_muons_of_a_telescope():
    pieces = sub_intervals(OBSERVATION, 300.0)
    known = Monitored(
        START + np.array([100, 400]) * SECOND,
        np.array([1.0, 2.0]),
        np.array([0.5, 0.7]),
        START + np.array([1, 2, 3, 700]) * SECOND,
        np.array([0.1, 0.2, 0.3, 0.4]),
    )
    columns = telescope_columns(known, pieces)
    assert columns["pedestal_mean"].tolist() == [1, 2, 2, 2]
    assert columns["pedestal_std"].tolist() == [0.5, 0.7, 0.7, 0.7]
    assert columns["n_muons"].tolist() == [3, 0, 1, 0]
    mean, error = columns["light_throughput"], columns["light_throughput_uncert"]
    np.testing.assert_allclose(mean, [0.2, np.nan, 0.4, np.nan])
    assert error[0] == pytest.approx(0.1 / np.sqrt(3))
    assert np.isnan(error[1:]).all()


def test_a_telescope_of_which_nothing_is_known():
    kinds = (np.int64, float, float, np.int64, float)
    none = Monitored(*(np.empty(0, kind) for kind in kinds))
    columns = telescope_columns(none, sub_intervals(OBSERVATION, 300.0))
    assert np.isnan(columns["pedestal_mean"]).all()
    assert columns["n_muons"].tolist() == [0] * 4
