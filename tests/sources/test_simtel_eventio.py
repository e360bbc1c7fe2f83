"""Every array event of every file against a direct read by eventio."""

import numpy as np
import pytest
from eventio import SimTelFile
from reference.blocks import read_whole
from reference.simtel_buffers import by_eventio
from reference.simtel_files import N_EVENTS, find, open_file

from cta_columnar.arrays import to_numpy
from cta_columnar.kernels.simtel.framing import END, PARENT, START, TYPE, walk
from cta_columnar.kernels.simtel.pixel_timing import pixel_times
from cta_columnar.kernels.simtel.telescope_blocks import (
    HEADER,
    headers,
)
from cta_columnar.sources.base import BadInputError, open_source


def telescopes(batch):
    """Rows of all telescope events of a batch: keys, images and other values."""
    for of_type in batch.telescopes.values():
        names = [n for n in of_type.schema.names if n not in ("time",)]
        columns = {name: to_numpy(of_type.column(name)) for name in names}
        for k in range(of_type.num_rows):
            yield {name: column[k] for name, column in columns.items()}


@pytest.mark.parametrize("name", sorted(N_EVENTS))
def test_all_events(shared, name):
    with open_file(shared, name) as source:
        rows = [row for batch in source.batches() for row in telescopes(batch)]
        whole = source.subarray
    by_key = {(int(row["event_id"]), int(row["tel_id"])): row for row in rows}
    assert len(by_key) == len(rows)
    n_events = n_rows = 0
    with SimTelFile(find(shared, name), zcat=False) as file:
        for event in file:
            n_events += 1
            event_id = event["event_id"] if event["type"] == "data" else -n_events
            images = event.get("photoelectrons", {})
            for tel_id, of_tel in event["telescope_events"].items():
                n_rows += 1
                row = by_key[event_id, tel_id]
                samples = of_tel.get("adc_samples")
                if samples is None:
                    samples = of_tel["adc_sums"][..., np.newaxis]
                np.testing.assert_array_equal(row["r0_waveform"], samples)
                position = event["tracking_positions"][tel_id]
                angles = [position["altitude_raw"], position["azimuth_raw"]]
                got = np.radians([row["pointing_alt"], row["pointing_az"]])
                np.testing.assert_allclose(got, angles, rtol=1e-7)
                image = images.get(tel_id - 1, {}).get("photoelectrons")
                image = np.full(samples.shape[1], -1) if image is None else image
                np.testing.assert_array_equal(row["true_image"], image)
                lists = of_tel["pixel_lists"].get(0, {"pixels": -1})
                assert row["n_trigger_pixels"] == lists["pixels"]
                assert whole.tel_ids[row["tel_index"]] == tel_id
    assert (n_events, n_rows) == (N_EVENTS[name], len(rows))


def test_where_eventio_warns_of_a_cut_file_we_stop(shared, tmp_path):
    content = read_whole(find(shared, "gct_checs_muons"))
    data = np.frombuffer(content, np.uint8)
    table, *_ = walk(data, data.size)
    # In the middle of the third array event.
    third = table[(table[:, TYPE] == 2010) & (table[:, PARENT] < 0)][2]
    path = tmp_path / "cut.simtel"
    path.write_bytes(content[: (third[START] + third[END]) // 2])
    with (
        SimTelFile(path, zcat=False) as file,
        pytest.warns(UserWarning, match="truncated"),
    ):
        assert len(list(file)) == 2
    with open_source(path) as source, pytest.raises(BadInputError) as error:
        list(source.batches())
    assert error.value.events_read == 2


@pytest.mark.parametrize("name", sorted(N_EVENTS))
def test_blocks_that_batches_do_not_show(shared, name):
    content = read_whole(find(shared, name))
    data = np.frombuffer(content, np.uint8)
    table, *_ = walk(data, data.size)
    for row in np.flatnonzero(np.isin(table[:, TYPE], (2011, 2016))):
        block_type, version, block_id, _, start, end, _ = table[row].tolist()
        payload, of_block = content[start:end], {"version": version}
        want = by_eventio(block_type, payload, block_id=block_id, **of_block)
        rows = np.array([row])
        if block_type == 2011:
            out = np.zeros((1, len(HEADER)))
            assert headers(data, table, rows, out) == (1, 0)
            got = dict(zip(HEADER, out[0].tolist(), strict=True))
            assert [got["gps_s"], got["gps_ns"]] == [*want["gps_time"]]
            assert [got["cpu_s"], got["cpu_ns"]] == [*want["cpu_time"]]
            for key in HEADER:
                assert got[key] == want.get(key, got[key]), key
        else:
            times = np.zeros((1, *want["time"].shape), np.float32)
            assert pixel_times(data, table, rows, want["n_gains"], times) == (1, 0)
            np.testing.assert_array_equal(times[0], want["time"])
