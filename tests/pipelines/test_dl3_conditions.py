"""Weather, pedestals and muons beside event lists."""

import numpy as np
import pytest
from store.toy_run import LST, SST, random_batch
from toy_conditions import SECOND, muons, pedestals, write

from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.conditions import open_conditions, read_weather
from cta_columnar.schemas import dl1


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
        ("time,temperature\nnoon,4\n", "noon"),
        ("time,temperature\n2024-12-06T00:00:00,warm\n", "warm"),
    ],
)
def test_weather_that_cannot_be_read(tmp_path, text, words):
    file = tmp_path / "weather.csv"
    file.write_text(text)
    with pytest.raises(UserError, match=words) as caught:
        read_weather(file)
    assert str(file) in str(caught.value)


def test_weather_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="is no table of weather"):
        read_weather(tmp_path / "none.csv")
