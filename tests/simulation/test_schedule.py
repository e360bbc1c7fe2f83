from cta_columnar.config.simulate import SimulateConfig
from cta_columnar.simulation.calibration_events import CalibrationKind
from cta_columnar.simulation.schedule import IN_FRONT, schedule_of


def order(**counts):
    """Everything in a file by its place in time, and the schedule."""
    config = SimulateConfig(n_showers=4, reuse=2, calibration_events=counts)
    schedule, found = schedule_of(config), []
    for shower_id in range(IN_FRONT, 5):
        found += [(moment, kind.name) for _, kind, moment in schedule.events(shower_id)]
        if shower_id != IN_FRONT:
            found += [(schedule.moment(shower_id, use), "throw") for use in (0, 1)]
    return found, schedule


def test_in_front_of_all_showers():
    found, schedule = order(flatfield=1, pedestal=2)
    names = ["SKY_PEDESTAL", "SKY_PEDESTAL", "FLAT_FIELD", *["throw"] * 8]
    assert found == list(enumerate(names))
    assert set(schedule.before) == {IN_FRONT}


def test_among_the_showers():
    found, schedule = order(flatfield=2, pedestal=1, dark=1, interleaved=True)
    names = [name for _, name in found]
    assert [moment for moment, _ in found] == list(range(12))
    assert names[0] == "DARK_PEDESTAL"
    assert schedule.before == (0, 2, 3, 4)
    assert schedule.kinds[2] == CalibrationKind.SKY_PEDESTAL
    numbers = [n for shower in range(5) for n, _, _ in schedule.events(shower)]
    assert numbers == [1, 2, 3, 4]


def test_nothing_wanted():
    found, _ = order()
    assert found == [(moment, "throw") for moment in range(8)]
