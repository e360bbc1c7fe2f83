"""Rare contents, made by editing real files."""

import struct

import numpy as np
import pytest
from reference import simtel_payloads as payloads
from reference.blocks import read_whole
from reference.simtel_blocks import SYNC, block, rewrite
from reference.simtel_files import find

from cta_columnar.arrays import to_numpy
from cta_columnar.schemas.event_types import EventType
from cta_columnar.sources.base import BadInputError, open_source

LSTS = "prod6_south_lsts_gamma"
LST_TYPE = "LST_LSTS-design_LSTS-design"
MUONS = "gct_checs_muons"
SUMS = "40k_pixels"


def keep(path, version, block_id, payload):
    return payload


@pytest.fixture
def edited(shared, tmp_path):
    """Return a function that opens an edited copy of a file."""

    def open_edited(name, edit=keep, after=bytes, **options):
        path = tmp_path / "edited.simtel"
        path.write_bytes(after(rewrite(read_whole(find(shared, name)), edit)))
        return open_source(path, **options)

    return open_edited


def rows_of(batches):
    """Telescope events as dictionaries, images left out."""
    rows = []
    for batch in batches:
        for of_type in batch.telescopes.values():
            small = of_type.drop_columns(["r0_waveform", "true_image", "time"])
            rows += small.to_pylist()
    return rows


def test_an_unchanged_copy(shared, edited):
    with edited(LSTS) as source:
        rows = rows_of(source.batches())
    assert source.path.read_bytes() == read_whole(find(shared, LSTS))
    assert len(rows) == 13


def test_telescopes_without_a_trigger_are_left_out(edited):
    def swap(path, version, block_id, payload):
        """Let telescope 9 stand for the first in the list of triggers."""
        if path[-1] == 2009 and block_id == 1000:
            return payload[:26] + struct.pack("<h", 9) + payload[28:]
        return payload

    with edited(LSTS, swap) as source:
        rows = rows_of(source.batches())
        dropped = {"telescope event without a trigger": 1}
        assert source.counts.dropped == dropped
        assert source.counts.telescope_events == len(rows) == 12
    assert [r["tel_id"] for r in rows if r["event_id"] == 1000] == [2, 4]


def test_events_of_old_programs_without_lists_of_telescopes(edited):
    def old(path, version, block_id, payload):
        if path[-1] == 2009:
            return 0, block_id, payload[:24]
        return payload

    with edited(LSTS, old) as source:
        batches = list(source.batches())
    rows = rows_of(batches)
    assert len(rows) == 13
    assert {row["event_type"] for row in rows} == {EventType.SUBARRAY}
    central = dict(
        zip(
            batches[0].trigger["event_id"].to_pylist(),
            to_numpy(batches[0].trigger["time"]),
            strict=True,
        )
    )
    of_type = batches[0].telescopes[LST_TYPE]
    times = zip(of_type["event_id"].to_pylist(), to_numpy(of_type["time"]), strict=True)
    assert all(central[event_id] == time for event_id, time in times)
    assert batches[0].trigger["tels_with_trigger"].to_pylist() == [[]] * 4


def test_very_bright_images_without_truth_are_left_out(edited):
    def brighten(path, version, block_id, payload):
        if path[-1] == 1204 and block_id == 1500:
            return None
        if path[-1] == 2026 and block_id == 1500:
            n_tel = struct.unpack_from("<i", payload, 4)[0]
            sums = struct.pack("<4i", 1_000_001, 1_000_000, 5, 1_000_001)
            return payload[:8] + sums + payload[8 + 4 * n_tel :]
        return payload

    with edited(LSTS, brighten) as source:
        rows = [r for r in rows_of(source.batches()) if r["event_id"] == 1500]
        (reason,) = source.counts.dropped
        assert "very bright" in reason
    # Telescopes 1 and 4 took part, both too bright: the array event stays.
    assert rows == []
    assert source.counts.array_events == 4


def test_calibration_may_change_between_events(shared, edited):
    with open_source(find(shared, MUONS)) as source:
        (batch,) = source.batches()
    (before,) = batch.coefficients.values()
    written = []

    def note(path, version, block_id, payload):
        if path == [2023]:
            written.append((version, payload))
        return payload

    def behind_the_tenth(data):
        """Write the laser calibration again, with one more factor changed."""
        version, payload = written[0]
        first = struct.pack("<f", before.dc_to_pe[0, 0, 0])
        changed = payload.replace(first, struct.pack("<f", 0.5), 1)
        new = block(2023, changed, version=version, block_id=1, top=True)
        tops = [i for i in range(len(data)) if data.startswith(SYNC, i)]
        kinds = [struct.unpack_from("<I", data, i + 4)[0] for i in tops]
        events = [i for i, kind in zip(tops, kinds, strict=True) if kind == 2010]
        return data[: events[10]] + new + data[events[10] :]

    with edited(MUONS, note, behind_the_tenth) as source:
        (batch,) = source.batches()
    (of_type,) = batch.telescopes.values()
    (coefficients,) = batch.coefficients.values()
    assert of_type["calibration_index"].to_pylist() == [0] * 10 + [1] * 10
    is_other = coefficients.dc_to_pe[0] != coefficients.dc_to_pe[1]
    assert np.argwhere(is_other).tolist() == [[0, 0]]
    assert coefficients.dc_to_pe[1, 0, 0] == 0.5


def test_zero_suppressed_samples(shared, edited):
    with open_source(find(shared, MUONS)) as source:
        (batch,) = source.batches()
    (of_type,) = batch.telescopes.values()
    samples = to_numpy(of_type["r0_waveform"]).copy()
    ranges = [(0, 3), (7, 8), (2000, 2048)]
    events = iter(samples)

    def suppress(path, version, block_id, payload):
        if path[-1] == 2013:
            return version, block_id | 1, payloads.adc_samples(next(events), ranges)
        return payload

    with edited(MUONS, suppress, batch_rows=3) as source:
        images = [
            to_numpy(of_type["r0_waveform"])
            for batch in source.batches()
            for of_type in batch.telescopes.values()
        ]
    got = np.concatenate(images)
    is_kept = np.zeros(2048, bool)
    for first, stop in ranges:
        is_kept[first:stop] = True
    np.testing.assert_array_equal(got[:, :, is_kept], samples[:, :, is_kept])
    assert not got[:, :, ~is_kept].any()


def test_a_camera_cannot_have_samples_and_sums(edited):
    seen = []

    def mix(path, version, block_id, payload):
        if path[-1] == 2012:
            seen.append(payload)
            if len(seen) == 2:
                # The second event has no sums but samples.
                return None
        if path[-1] == 2201 and len(seen) == 2:
            samples = payloads.adc_samples(np.zeros((1, 40000, 16), int))
            extra = block(2013, samples, version=3, block_id=1 << 12)
            return [*payload, extra]
        return payload

    with edited(SUMS, mix, focal_length_choice="EQUIVALENT") as source:
        batches = source.batches()
        assert next(batches).trigger.num_rows == 1
        with pytest.raises(BadInputError, match="not those of the telescope") as error:
            next(batches)
    assert error.value.events_read == 1


@pytest.mark.parametrize(
    ("block_type", "message"),
    [
        (2022, "CameraMonitoring"),
        (2023, "LaserCalibration"),
        (2021, "no simulated event before"),
        (2101, "no tracking position"),
        (2013, "no ADC data"),
        (2011, "start with its header"),
        (2009, "start with its trigger"),
        (2201, "lacks a telescope"),
        (2005, "not described"),
        (2000, "before any run header|has not come"),
    ],
)
def test_missing_blocks_are_errors(edited, block_type, message):
    def drop(path, version, block_id, payload):
        return None if path[-1] == block_type else payload

    def read():
        with edited(MUONS, drop) as source:
            list(source.batches())

    with pytest.raises(BadInputError, match=message) as error:
        read()
    assert error.value.events_read == 0


@pytest.mark.parametrize("block_type", [2021, 2026, 1204])
def test_blocks_of_other_events_are_errors(edited, block_type):
    def renumber(path, version, block_id, payload):
        if path == [block_type] and block_id == 300:
            return version, 301, payload
        return payload

    source = edited(MUONS, renumber)
    with source, pytest.raises(BadInputError, match="another event") as error:
        list(source.batches())
    assert error.value.events_read == 2
