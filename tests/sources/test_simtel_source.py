"""How events are batched and selected."""

import hashlib
import struct

import numpy as np
import pyarrow as pa
import pytest
from reference.blocks import read_whole
from reference.simtel_blocks import block, blocks
from reference.simtel_files import HEADERS_ONLY, find, open_file

from cta_columnar.arrays import to_numpy
from cta_columnar.errors import UserError
from cta_columnar.schemas import dl1, r0, simulation
from cta_columnar.schemas.event_types import EventType
from cta_columnar.sources.base import BadInputError, EventSource, open_source
from cta_columnar.sources.simtel import SimTelSource, opening

SEVERAL_TYPES = "prod5_north_proton_flashcam"
MUONS = "gct_checs_muons"
LST = "prod6_south_lsts_gamma"
CALIBRATION = "calib_events"


def read(shared, name, **options):
    with open_file(shared, name, **options) as source:
        return list(source.batches())


def digest(batches):
    """Digest of all rows by table, however they are cut into batches."""
    tables = {}
    for batch in batches:
        tables.setdefault("trigger", []).append(batch.trigger)
        tables.setdefault("showers", []).append(batch.showers)
        for name, of_type in batch.telescopes.items():
            tables.setdefault(name, []).append(of_type)
    out = {}
    for name, parts in sorted(tables.items()):
        table = pa.Table.from_batches(parts).combine_chunks()
        sha = hashlib.sha256()
        for column in table.columns:
            array = pa.concat_arrays(column.chunks)
            while pa.types.is_fixed_size_list(array.type):
                array = array.flatten()
            lengths = array.value_lengths() if pa.types.is_list(array.type) else []
            values = array.flatten() if pa.types.is_list(array.type) else array
            sha.update(np.array(lengths).tobytes())
            sha.update(values.to_numpy(zero_copy_only=False).tobytes())
        out[name] = (table.num_rows, sha.hexdigest())
    return out


def event_ids(batches):
    return [i for b in batches for i in b.trigger["event_id"].to_pylist()]


def test_what_a_source_offers(shared):
    with open_file(shared, SEVERAL_TYPES) as source:
        check: EventSource = source
        assert isinstance(check, SimTelSource)
        (batch,) = source.batches()
        assert source.runs.schema == simulation.RUNS
        assert source.runs["obs_id"].to_pylist() == [202]
        assert source.thrown.num_rows > 0
        assert source.atmosphere.num_rows > 0
        assert source.counts.array_events == source.counts.array_events_read == 6
        assert source.counts.telescope_events == 36
        assert not source.counts.dropped
    assert batch.event_type is EventType.SUBARRAY
    assert batch.trigger.schema == dl1.TRIGGER
    assert batch.showers.schema == simulation.SHOWERS
    assert list(batch.telescopes) == ["LST_LST_LSTCam", "MST_MST_FlashCam"]
    assert batch.coefficients.keys() == batch.telescopes.keys()
    for name, of_type in batch.telescopes.items():
        assert of_type.schema.names == r0.TELESCOPE_EVENTS.names
        assert (to_numpy(of_type["calibration_index"]) >= 0).all()
        n_rows = len(batch.coefficients[name])
        assert (to_numpy(of_type["calibration_index"]) < n_rows).all()


@pytest.mark.parametrize(
    "options",
    [
        {"batch_rows": 1},
        {"batch_rows": 3},
        {"batch_bytes": 1},
        {"batch_bytes": 1 << 20},
    ],
)
def test_results_do_not_depend_on_batches(shared, options):
    want = digest(read(shared, SEVERAL_TYPES))
    batches = read(shared, SEVERAL_TYPES, **options)
    assert len(batches) > 1
    assert digest(batches) == want


def test_batches_of_one_event(shared):
    batches = read(shared, SEVERAL_TYPES, batch_rows=1)
    assert [batch.trigger.num_rows for batch in batches] == [1] * 6


@pytest.mark.parametrize("size", [1000, 100_000, 1_000_003])
def test_results_do_not_depend_on_chunks(shared, monkeypatch, size):
    want = digest(read(shared, SEVERAL_TYPES))
    monkeypatch.setattr(opening, "CHUNK_BYTES", size)
    assert digest(read(shared, SEVERAL_TYPES)) == want


def test_batches_outlive_the_source(shared):
    """Memory is used again only when nobody looks at it."""
    want = digest(read(shared, MUONS))
    with open_file(shared, MUONS, batch_rows=2) as source:
        kept, n = [], 0
        for batch in source.batches():
            n += batch.trigger.num_rows
            # Half of the batches are dropped at once.
            if len(kept) * 2 < n / 2:
                kept.append(batch)
    again = read(shared, MUONS, batch_rows=2)
    for batch in kept:
        twin = next(b for b in again if event_ids([b]) == event_ids([batch]))
        assert digest([twin]) == digest([batch])
    assert digest(again) == want


def test_memory_is_used_again(shared):
    with open_file(shared, MUONS, batch_rows=2) as source:
        addresses = set()
        for batch in source.batches():
            (of_type,) = batch.telescopes.values()
            addresses.add(to_numpy(of_type["r0_waveform"]).ctypes.data)
            del of_type, batch
    assert len(addresses) < 4


@pytest.mark.parametrize("options", [{}, {"batch_rows": 2}])
def test_low_gain_where_it_may_be_needed(shared, options):
    n_with = n_without = 0
    every = read(shared, LST, **options)
    images = [b.telescopes["LST_LSTS-design_LSTS-design"]["r0_waveform"] for b in every]
    highest = [to_numpy(each)[:, 0].max(axis=(1, 2)) for each in images]
    threshold = int(np.median(np.concatenate(highest)))
    some = read(shared, LST, low_gain_above=threshold, **options)
    for whole, part in zip(every, some, strict=True):
        want = to_numpy(whole.telescopes["LST_LSTS-design_LSTS-design"]["r0_waveform"])
        got = to_numpy(part.telescopes["LST_LSTS-design_LSTS-design"]["r0_waveform"])
        np.testing.assert_array_equal(got[:, 0], want[:, 0])
        is_needed = (want[:, 0] > threshold).any(axis=(1, 2))
        np.testing.assert_array_equal(got[is_needed], want[is_needed])
        assert not got[~is_needed, 1].any()
        n_with += is_needed.sum()
        n_without += (~is_needed).sum()
    assert n_with
    assert n_without


def test_telescope_selection(shared):
    whole = read(shared, SEVERAL_TYPES)
    with open_file(shared, SEVERAL_TYPES, allowed_tels=[4, 12]) as source:
        batches = list(source.batches())
        assert source.subarray.tel_ids.tolist() == [4, 12]
        # One of the six events has neither.
        reason = "array event without wanted telescopes"
        assert source.counts.dropped == {reason: 1}
        assert source.counts.array_events_read == 6
    assert len(event_ids(batches)) == 5
    for batch in batches:
        for name, of_type in batch.telescopes.items():
            tel_id = to_numpy(of_type["tel_id"])
            assert set(tel_id) <= {4, 12}
            tel_index = to_numpy(of_type["tel_index"])
            assert (source.subarray.tel_ids[tel_index] == tel_id).all()
            all_of_type = pa.Table.from_batches([whole[0].telescopes[name]])
            is_wanted = np.isin(all_of_type["tel_id"].to_numpy(), [4, 12])
            want = all_of_type.filter(pa.array(is_wanted))
            for column in set(want.schema.names) - {"tel_index"}:
                assert want[column].combine_chunks().equals(of_type[column]), column
        for tel_ids in batch.trigger["tels_with_trigger"].to_pylist():
            assert set(tel_ids) <= {4, 12}


def test_unknown_telescope(shared):
    with pytest.raises(UserError, match="99"):
        open_file(shared, SEVERAL_TYPES, allowed_tels=[1, 99])


@pytest.mark.parametrize("n", [1, 5, 100])
def test_max_events(shared, n):
    whole = event_ids(read(shared, MUONS))
    assert event_ids(read(shared, MUONS, max_events=n, batch_rows=3)) == whole[:n]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_events": 0}, "max_events: must be > 0, got 0"),
        ({"max_events": 1.5}, "max_events: wants an integer or null, got 1.5"),
        ({"max_events": "a"}, "max_events: wants an integer or null, got 'a'"),
        ({"max_event": 1}, "max_event: SimTelSource has no such .*'max_events'"),
        ({"allowed_tels": 1}, "allowed_tels: wants a list of integers or null, got 1"),
        ({"allowed_tels": []}, "allowed_tels: names no telescope"),
        ({"obs_id": 2**63}, "obs_id: must be < "),
        ({"obs_id": 2**70}, "obs_id: must be < "),
        ({"obs_id_offset": 2**62}, "obs_id_offset: must be < "),
        ({"obs_id": 3, "obs_id_offset": 1}, "obs_id_offset: .* one of the two"),
        ({"focal_length_choice": "EFECTIVE"}, "did you mean 'EFFECTIVE'"),
        ({"batch_rows": 0}, "batch_rows: must be > 0"),
    ],
)
def test_options_are_checked_as_in_a_configuration(shared, options, message):
    with pytest.raises(UserError, match=message):
        open_file(shared, MUONS, **options)


@pytest.mark.parametrize(
    "tels", [{4, 12}, (12, 4), range(4, 13, 8), np.array([4, 12], np.int16)]
)
def test_telescopes_may_come_as_any_collection(shared, tels):
    with open_file(shared, SEVERAL_TYPES, allowed_tels=tels) as source:
        assert source.subarray.tel_ids.tolist() == [4, 12]


def test_obs_id(shared):
    for options, obs_id in (({"obs_id": 5}, 5), ({"obs_id_offset": 1000}, 1202)):
        with open_file(shared, SEVERAL_TYPES, **options) as source:
            (batch,) = source.batches()
            assert set(batch.trigger["obs_id"].to_pylist()) == {obs_id}
            assert source.runs["obs_id"].to_pylist() == [obs_id]
            assert source.runs["run_number"].to_pylist() == [202]
            assert set(source.thrown["obs_id"].to_pylist()) == {obs_id}


def test_files_are_read_once(shared):
    with open_file(shared, MUONS) as source:
        list(source.batches())
        with pytest.raises(RuntimeError, match="only once"):
            source.batches()


@pytest.mark.parametrize("name", HEADERS_ONLY)
def test_headers_only(shared, name):
    with open_file(shared, name) as source:
        assert list(source.batches()) == []
        assert len(source.subarray) > 70
        assert source.runs.num_rows == 1
        assert source.counts.array_events_read == 0


def test_calibration_events_are_skipped(shared):
    with open_file(shared, CALIBRATION, skip_calibration_events=True) as source:
        assert list(source.batches()) == []
        assert source.counts.dropped == {"calibration event": 1}
        assert source.counts.array_events_read == 1


@pytest.fixture
def calibration_file(shared, tmp_path):
    """The one calibration event many times, as other types, packed and unpacked."""
    data = read_whole(find(shared, CALIBRATION))
    (at,) = [row for row in blocks(data)[0] if row[5] == [2028]]
    start, end = at[3], at[4]
    inside = data[start:end]
    packed = [
        block(2028, [inside], block_id=kind, top=True) for kind in (0, 0, 3, 2, 9)
    ]
    unpacked = data[start - 16 : start - 12] + inside
    out = data[: start - 16] + b"".join(packed) + unpacked + data[start - 16 :]
    path = tmp_path / "calibration.simtel"
    path.write_bytes(out)
    return path


def test_calibration_events_of_several_types(calibration_file):
    options = {"focal_length_choice": "EQUIVALENT", "skip_calibration_events": False}
    with open_source(calibration_file, **options) as source:
        batches = list(source.batches())
    assert [batch.event_type for batch in batches] == [
        EventType.DARK_PEDESTAL,
        EventType.FLATFIELD,
        EventType.SINGLE_PE,
        EventType.OTHER_CALIBRATION,
        EventType.SKY_PEDESTAL,
    ]
    assert event_ids(batches) == [-1, -2, -3, -4, -5, -6, -7]
    for batch in batches:
        assert batch.showers.num_rows == 0
        assert set(batch.trigger["event_type"].to_pylist()) == {batch.event_type}
        for of_type in batch.telescopes.values():
            assert set(of_type["event_type"].to_pylist()) == {batch.event_type}


def test_several_runs(shared, tmp_path):
    data = read_whole(find(shared, LST))
    rows = blocks(data)[0]
    (header,) = [row for row in rows if row[5] == [2000]]
    second = bytearray(data)
    run_number = struct.unpack_from("<i", data, header[3])[0]
    # In the id of the block, and in the block.
    for place in (header[3] - 8, header[3]):
        struct.pack_into("<i", second, place, run_number + 1)
    path = tmp_path / "runs.simtel"
    path.write_bytes(data + second)
    with open_source(path) as source:
        batches = list(source.batches())
        assert source.runs["obs_id"].to_pylist() == [run_number, run_number + 1]
        n_thrown = source.thrown["obs_id"].to_pylist().count
        assert n_thrown(run_number) == n_thrown(run_number + 1) > 0
        assert source.counts.array_events == 8
    obs_ids = [set(batch.trigger["obs_id"].to_pylist()) for batch in batches]
    assert obs_ids == [{run_number}, {run_number + 1}]
    ids = event_ids(batches)
    assert ids[:4] == ids[4:]
    with open_source(path, obs_id=3) as source:
        with pytest.raises(BadInputError, match="share one obs_id") as error:
            list(source.batches())
        assert error.value.events_read == 4


def test_a_further_run_that_describes_nobody_is_told(shared, tmp_path):
    data = read_whole(find(shared, LST))
    (header,) = [row for row in blocks(data)[0] if row[5] == [2000]]
    path = tmp_path / "runs.simtel"
    path.write_bytes(data + data[: header[4]])
    with open_source(path) as source:
        assert source.warnings == []
        assert len(event_ids(source.batches())) == 4
        assert source.runs.num_rows == 1
        n = len(source.subarray)
        (warning,) = source.warnings
        assert f"{path}: {n} of the {n} telescopes of run " in warning


def test_runs_of_several_arrays_are_refused(shared, tmp_path):
    path = tmp_path / "mixed.simtel"
    path.write_bytes(
        b"".join(read_whole(find(shared, name)) for name in (LST, SEVERAL_TYPES))
    )
    with open_source(path) as source:
        batches = source.batches()
        assert len(event_ids([next(batches)])) == 4
        with pytest.raises(BadInputError, match="another array") as error:
            next(batches)
    assert error.value.events_read == 4


def test_is_compatible(shared, tmp_path):
    assert SimTelSource.is_compatible(find(shared, MUONS))
    assert not SimTelSource.is_compatible(tmp_path)
    assert not SimTelSource.is_compatible(tmp_path / "missing")
    (tmp_path / "text").write_text("text")
    assert not SimTelSource.is_compatible(tmp_path / "text")
