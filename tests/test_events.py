import copy
import pickle
from types import SimpleNamespace

import astropy.units as u
import numpy as np
import pyarrow as pa
import pytest
from astropy.time import Time

from cta_columnar.arrays import to_batch
from cta_columnar.events import EventStream, EventType, iter_events
from cta_columnar.schemas import dl1, r0, simulation
from cta_columnar.schemas.columns import bind

# 2021-11-05 12:48:35.078172123 UTC; TAI was 37 s ahead.
TAI_NS = (1636116515 + 37) * 10**9 + 78172123
KEYS = [(202, 904), (202, 909), (203, 904)]
TELS = {"LST": [[1, 4], [4], []], "MST": [[7], [], [5]]}
SIZES = {
    "LST": {"channel": 2, "pixel": 3, "sample": 4},
    "MST": {"channel": 1, "pixel": 2, "sample": 5},
}


def filled(schema, n, **columns):
    """Record batch of a schema with zeros where nothing is given."""
    for field in schema:
        if field.name not in columns:
            shape, dtype = [n], field.type
            while pa.types.is_fixed_size_list(dtype):
                shape.append(dtype.list_size)
                dtype = dtype.value_type
            columns[field.name] = np.zeros(shape, dtype.to_pandas_dtype())
    return to_batch(columns, schema)


def keys_of(keys):
    table = np.array(keys, dtype=np.int64).reshape(-1, 2)
    return {"obs_id": table[:, 0], "event_id": table[:, 1]}


def telescope_batch(name):
    keys = [key for key, tels in zip(KEYS, TELS[name], strict=True) for _ in tels]
    tel_ids = np.array([tel for tels in TELS[name] for tel in tels], np.int16)
    n = tel_ids.size
    sizes = SIZES[name]
    shape = (n, sizes["channel"], sizes["pixel"], sizes["sample"])
    return filled(
        bind(r0.TELESCOPE_EVENTS, sizes),
        n,
        **keys_of(keys),
        tel_id=tel_ids,
        event_type=np.full(n, EventType.SUBARRAY, np.uint8),
        time=np.full(n, TAI_NS).astype("datetime64[ns]"),
        time_qns=np.full(n, 2, np.uint8),
        pointing_alt=np.full(n, 70.0),
        pointing_az=tel_ids.astype(float),
        r0_waveform=np.arange(np.prod(shape), dtype=np.uint16).reshape(shape),
    )


@pytest.fixture
def batch():
    tels = [sorted(a + b) for a, b in zip(*TELS.values(), strict=True)]
    trigger = filled(
        dl1.TRIGGER,
        3,
        **keys_of(KEYS),
        event_type=np.array([32, 2, 77], np.uint8),
        time=np.full(3, TAI_NS).astype("datetime64[ns]"),
        time_qns=np.array([0, 2, 3], np.uint8),
        tels_with_trigger=pa.array(tels, dl1.TRIGGER.field("tels_with_trigger").type),
    )
    # In another order, and without the last event.
    showers = filled(
        simulation.SHOWERS,
        2,
        **keys_of(KEYS[1::-1]),
        true_energy=np.array([2.0, 1.5]),
        true_alt=np.array([70.0, 71.0]),
        true_x_max=np.array([300.0, 310.0]),
    )
    telescopes = {name: telescope_batch(name) for name in TELS}
    return SimpleNamespace(trigger=trigger, showers=showers, telescopes=telescopes)


@pytest.fixture
def events(batch):
    return list(iter_events([batch]))


def test_events_come_in_order(batch):
    found = list(iter_events([batch, batch]))
    assert [(event.obs_id, event.event_id) for event in found] == KEYS * 2
    assert found[1].index.as_dict() == {"obs_id": 202, "event_id": 909}


def test_trigger(events):
    trigger = events[0].trigger
    assert trigger.tels_with_trigger.tolist() == [1, 4, 7]
    assert trigger.tels_with_trigger.dtype == np.int16
    assert trigger.event_type is EventType.SUBARRAY
    assert events[1].trigger.event_type == 2
    assert events[2].trigger.event_type is EventType.UNKNOWN


def test_time_is_exact_and_utc(events):
    times = [event.trigger.time for event in events]
    assert isinstance(times[0], Time)
    assert times[0].scale == "utc"
    assert times[0].iso == "2021-11-05 12:48:35.078"
    times[0].precision = 9
    assert times[0].iso == "2021-11-05 12:48:35.078172123"
    later = [(time - times[0]).to_value("ns") for time in times]
    np.testing.assert_allclose(later, [0, 0.5, 0.75], atol=0.02)


def test_truth_is_found_by_key(events):
    assert events[0].simulation.energy.to("GeV") == 1500 * u.GeV
    assert events[1].simulation.energy == 2 * u.TeV
    assert events[0].simulation.x_max.unit == u.g / u.cm**2
    assert events[0].simulation.shower_primary_id == 0
    with pytest.raises(AttributeError, match="energy"):
        _ = events[2].simulation.energy


def test_telescope_fields(events):
    event = events[0]
    assert list(event.r0.tel) == [1, 4, 7]
    assert event.r0.tel[4].waveform.shape == (2, 3, 4)
    assert event.r0.tel[7].waveform.shape == (1, 2, 5)
    assert event.pointing.tel[4].az == 4 * u.deg
    assert event.trigger.tel[7].n_trigger_pixels == 0
    assert event.trigger.tel[1].time.iso == event.trigger.time.iso
    assert event.simulation.tel[1].true_image.tolist() == [0, 0, 0]
    assert event.simulation.tel[1].true_image_sum == 0
    assert 5 in events[2].r0.tel
    assert 4 not in events[2].r0.tel


def test_rows_belong_to_their_event(events):
    first = events[0].r0.tel[4].waveform.ravel()
    second = events[1].r0.tel[4].waveform.ravel()
    assert first.tolist() == list(range(24, 48))
    assert second.tolist() == list(range(48, 72))


def test_waveform_is_a_view(batch, events):
    waveform = events[1].r0.tel[4].waveform
    column = batch.telescopes["LST"].column("r0_waveform")
    while pa.types.is_fixed_size_list(column.type):
        column = column.flatten()
    offset = waveform.ctypes.data - column.buffers()[1].address
    assert offset == 48 * 2
    assert not waveform.flags.writeable


def test_what_is_not_there_is_named(events):
    with pytest.raises(AttributeError, match=r"'triger'; did you mean 'trigger'"):
        _ = events[0].triger
    with pytest.raises(AttributeError, match="did you mean 'event_type'"):
        _ = events[0].trigger.eventtype
    with pytest.raises(KeyError, match=r"telescope 5 has no data here.* 1, 4, 7"):
        _ = events[0].r0.tel[5]


def test_names_are_completed(events):
    assert {"trigger", "simulation", "r0", "obs_id"} <= set(dir(events[0]))
    assert {"energy", "tel", "as_dict"} <= set(dir(events[0].simulation))
    assert "waveform" in dir(events[0].r0.tel[1])


def test_repr_shows_value_unit_and_meaning(events):
    text = repr(events[0])
    assert "obs_id=202 event_id=904, telescopes 1, 4, 7" in text
    lines = {line.split()[0]: line for line in reversed(text.splitlines())}
    for name, value, meaning in (
        ("energy", "1.5 TeV", "energy of the primary"),
        ("time", "2021-11-05 12:48:35.078 UTC", "trigger time"),
        ("tels_with_trigger", "[1, 4, 7]", "array trigger"),
        ("waveform", "uint16[2, 3, 4] adu", "raw counts"),
        ("true_image", "[0, 0, 0] p.e.", "photo-electrons"),
        ("event_type", "SUBARRAY", "pedestal"),
    ):
        assert value in lines[name]
        assert meaning in lines[name]
    assert all(len(line) <= 120 for line in text.splitlines())
    assert "energy" not in repr(events[2])


def test_as_dict(events):
    data = events[0].as_dict()
    assert data["index"] == {"obs_id": 202, "event_id": 904}
    assert data["simulation"]["energy"] == 1.5 * u.TeV
    assert data["r0"]["tel"][7]["waveform"].shape == (1, 2, 5)
    assert data["pointing"]["tel"][1] == {"alt": 70 * u.deg, "az": 1 * u.deg}
    assert "time_qns" not in data["trigger"]


def test_event_outlives_its_batch(batch):
    event = next(iter_events([batch]))
    del batch
    assert event.r0.tel[1].waveform.sum() == sum(range(24))


def test_copies(events):
    assert copy.copy(events[0]).event_id == 904
    assert pickle.loads(pickle.dumps(events[1].simulation)).energy == 2 * u.TeV


def test_batch_of_calibration_events(batch):
    batch.showers = batch.showers.slice(0, 0)
    event = next(iter_events([batch]))
    assert len(event.simulation.as_dict()) == 1
    assert event.simulation.tel[1].true_image.size == 3


def test_batch_without_events(batch):
    batch.trigger = batch.trigger.slice(0, 0)
    assert list(iter_events([batch])) == []


def test_sliced_batches(batch):
    batch.trigger = batch.trigger.slice(1)
    batch.telescopes = {
        "LST": batch.telescopes["LST"].slice(2),
        "MST": batch.telescopes["MST"].slice(1),
    }
    event = next(iter_events([batch]))
    assert event.event_id == 909
    assert event.trigger.tels_with_trigger.tolist() == [4]
    assert event.r0.tel[4].waveform.ravel()[0] == 48


class Source:
    """As much of a source as a stream needs."""

    subarray = "the array"
    closed = False

    def __init__(self, batch):
        self.batch = batch

    def batches(self):
        yield self.batch

    def close(self):
        self.closed = True


def test_stream_gives_events_and_all_that_the_source_has(batch):
    with EventStream(Source(batch)) as stream:
        assert [event.event_id for event in stream] == [904, 909, 904]
        assert stream.subarray == "the array"
        assert [each.trigger.num_rows for each in stream.batches()] == [3]
        assert "subarray" in dir(stream)
        assert "Source" in repr(stream)
        with pytest.raises(AttributeError):
            _ = stream.nothing
    assert stream.source.closed
