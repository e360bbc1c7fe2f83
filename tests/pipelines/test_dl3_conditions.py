"""Weather, pedestals and muons beside event lists."""

from pathlib import Path

import numpy as np
import pytest
import toy_observatory as toy
from astropy.table import Table
from astropy.time import Time
from store.toy_run import LST, SST, random_batch
from toy_conditions import SECOND, muons, pedestals, write

from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.conditions import open_conditions
from cta_columnar.pipelines.dl3.weather import coverage_warnings, read_weather
from cta_columnar.schemas import dl1

ROWS = "time,temperature\n2024-12-06T00:10:00,5\n2024-12-06T00:00:00,4\n"


def test_pedestals_and_muons_by_telescope(tmp_path):
    batches = {
        LST: pedestals(LST, 1, [50, 10], [2.0, 1.0]),
        SST: pedestals(SST, 2, [10], [3.0], valid=False),
    }
    calibration = write(
        tmp_path / "a", "calibration", "monitoring/pedestal_statistics", batches
    )
    rings = {LST: muons(1, [9, 3, 5], [0.1, 0.2, np.nan], [True, True, True])}
    dl1_rings = write(tmp_path / "b", "stage1", "muons", rings)
    conditions = open_conditions(None, [calibration, dl1_rings])
    found = conditions.telescopes(3)
    assert sorted(found) == [1, 2]
    first = found[1]
    assert first.pedestal_time.tolist() == [10 * SECOND, 50 * SECOND]
    assert first.pedestal_mean.tolist() == [1.0, 2.0]
    assert first.pedestal_std.tolist() == [0.5, 0.5]
    assert first.muon_time.tolist() == [3 * SECOND, 9 * SECOND]
    assert first.muon_efficiency.tolist() == [0.2, 0.1]
    assert found[2].pedestal_time.size == 0
    assert conditions.telescopes(4) == {}


def test_a_dataset_with_neither(tmp_path):
    parameters = random_batch(dl1.PARAMETERS, 1, np.random.default_rng(0), obs_id=3)
    other = write(tmp_path / "a", "stage1", "parameters", {LST: parameters})
    with pytest.raises(UserError, match="has neither monitoring/pedestal_statistics"):
        open_conditions(None, [other])


@pytest.mark.parametrize("form", ["csv", "ecsv"])
def test_weather_in_utc(tmp_path, form):
    file = tmp_path / f"weather.{form}"
    rows = "2024-12-06T00:00:10,5.5\n2024-12-06T00:00:00,4\n"
    header = "time,temperature\n"
    if form == "ecsv":
        header = (
            "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n"
            "# - {name: time, datatype: string}\n"
            "# - {name: temperature, datatype: float64}\n" + header
        )
    file.write_text(header + rows)
    weather = read_weather(file)
    utc = np.datetime64("2024-12-06T00:00:00", "ns").astype(np.int64)
    assert (weather["time"] - utc).tolist() == [37 * SECOND, 47 * SECOND]
    assert weather["temperature"].tolist() == [4.0, 5.5]


def ecsv(file, rows, **kinds):
    """Write a table with units, and times that say their scale."""
    table = Table(rows=rows, names=list(kinds))
    for name, unit in kinds.items():
        table[name].unit = unit
    table["time"] = Time(["2024-12-06T00:00:37", "2024-12-06T00:00:47"], scale="tai")
    table.write(file, format="ascii.ecsv")
    return file


def test_units_and_scales_of_ecsv_are_heeded(tmp_path):
    kinds = {"temperature": "K", "pressure": "Pa", "wind_speed": "km/h"}
    kinds["transparency"] = "%"
    rows = [(273.15, 8e4, 36.0, 90.0), (274.15, 8.1e4, 72.0, 80.0)]
    weather = read_weather(ecsv(tmp_path / "weather.ecsv", rows, **kinds))
    utc = np.datetime64("2024-12-06T00:00:00", "ns").astype(np.int64)
    assert (weather["time"] - utc).tolist() == [37 * SECOND, 47 * SECOND]
    np.testing.assert_allclose(weather["temperature"], [0.0, 1.0], atol=1e-9)
    np.testing.assert_allclose(weather["pressure"], [800.0, 810.0])
    np.testing.assert_allclose(weather["wind_speed"], [10.0, 20.0])
    np.testing.assert_allclose(weather["transparency"], [0.9, 0.8])
    other = ecsv(tmp_path / "other.ecsv", [(1.0,), (2.0,)], pressure="m")
    with pytest.raises(UserError, match="pressure: its unit m cannot be turned into h"):
        read_weather(other)


def test_monitoring_of_other_observations(tmp_path):
    """A dataset of none of them is an error, and of some of them a warning."""
    batches = {LST: pedestals(LST, 1, [50], [2.0])}
    table = "monitoring/pedestal_statistics"
    root = write(tmp_path / "a", "calibration", table, batches)
    conditions = open_conditions(None, [root])
    one, other = (toy.make_observation(obs_id=k) for k in (3, 4))
    assert conditions.warnings([one], 60.0) == []
    (told,) = conditions.warnings([one, other], 60.0)
    assert told.endswith("a has runs 3, and not the observations 4")
    with pytest.raises(UserError, match="has runs 3, and none of the observations 4"):
        conditions.warnings([other], 60.0)


def test_weather_that_is_not_always_known(tmp_path):
    file = tmp_path / "weather.csv"
    file.write_text(
        "time,temperature,humidity\n2024-12-06T00:00:00,,50\n2024-12-06T00:00:10,4,\n"
    )
    weather = read_weather(file)
    np.testing.assert_array_equal(weather["temperature"], [np.nan, 4.0])
    np.testing.assert_array_equal(weather["humidity"], [50.0, np.nan])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("temperature\n4\n", "no column 'time'"),
        ("time,temprature\n2024-12-06T00:00:00,4\n", "did you mean 'temperature'"),
        ("time\n2024-12-06T00:00:00\n", "has no column of transparency"),
        ("time,temperature\n", "has no row"),
        (f"{ROWS}noon,4\n", r"row 3, time: 'noon' is no time"),
        (f"{ROWS},4\n", r"row 3, time: '' is no time"),
        (f"{ROWS}2024-12-06T01:00:00,abc\n", r"row 3, temperature: 'abc' is no num"),
        (f"{ROWS}2024-12-06T01:00:00,-9999\n", r"row 3, temperature: -9999 is imposs"),
        ("time,transparency\n2024-12-06T00:00:00,1.6\n", "1.6 is impossible.* 1.5;"),
        (
            f"{ROWS}2024-12-06T00:00:00,7\n",
            r"rows 2 and 3, temperature: 4 and 7 of one time, 2024-12-06T00:00:00",
        ),
    ],
)
def test_weather_that_cannot_be_read(tmp_path, text, words):
    file = tmp_path / "weather.csv"
    file.write_text(text)
    with pytest.raises(UserError, match=words) as caught:
        read_weather(file)
    told = str(caught.value)
    assert str(file) in told
    assert "np." not in told


def test_a_time_twice_with_one_value(tmp_path):
    file = tmp_path / "weather.csv"
    file.write_text(ROWS + ROWS.partition("\n")[2])
    assert read_weather(file)["temperature"].tolist() == [4.0, 4.0, 5.0, 5.0]


def test_weather_of_other_dates():
    """Two observations of ten minutes; the second has no weather but of its start."""
    observations = [toy.make_observation(), toy.make_observation(obs_id=2)]
    start, stop = observations[0].start_ns, observations[0].stop_ns
    values = {"temperature": np.array([4.0, 5.0]), "humidity": np.array([4.0, np.nan])}

    def told(first, last):
        weather = {"time": np.array([first, last]), **values}
        return list(coverage_warnings(Path("w.csv"), weather, observations, 60.0))

    n = 2 * -(-(stop - start) // (60 * SECOND))
    only_one = told(start, stop)
    assert len(only_one) == 1
    assert "humidity of w.csv covers" in only_one[0]
    assert f"{n} of {n} intervals have no value" in only_one[0]
    short = told(start + 60 * SECOND, stop)
    assert "temperature of w.csv covers" in short[0]
    assert f": 2 of {n} intervals have no value" in short[0]
    with pytest.raises(UserError, match=f"none of the {n} intervals"):
        told(start - 90 * SECOND, start - 30 * SECOND)


def test_weather_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="is no table of weather"):
        read_weather(tmp_path / "none.csv")
