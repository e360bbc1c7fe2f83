"""The files that the other tests here run on are what they should be."""

import numpy as np
import polars as pl
import pytest
from eventio import SimTelFile
from eventio.var_int import unsigned_varint_arrays_differential
from runs.commands import hashes
from simtel_surgery import N_CALIBRATION, SIZES, content, encode_samples

from cta_columnar import open_store
from cta_columnar.arrays import to_numpy
from cta_columnar.sources.base import open_source
from cta_columnar.store import validate

COLUMNS = ("event_id", "tel_id", "r0_waveform")
N_EVENTS = [n for several in SIZES.values() for n in several]


def test_eventio_reads_what_we_read(inputs):
    for run, path in enumerate(inputs, start=1):
        with SimTelFile(str(path)) as file:
            events = list(file)
        theirs = [event for event in events if event["type"] == "data"]
        assert file.header["run"] == run
        assert len(theirs) == N_EVENTS[run - 1]
        assert len(events) - len(theirs) == N_CALIBRATION * (run == 2)
        with open_source(path, focal_length_choice="EQUIVALENT") as source:
            ours = list(source.batches())
        assert sum(batch.trigger.num_rows for batch in ours) == len(theirs)
        by_telescope = {
            (int(event_id), int(tel_id)): waveform
            for batch in ours
            for rows in batch.telescopes.values()
            for event_id, tel_id, waveform in zip(
                *(to_numpy(rows[name]) for name in COLUMNS), strict=True
            )
        }
        for event in theirs:
            for tel_id, images in event["telescope_events"].items():
                waveform = by_telescope.pop((event["event_id"], tel_id))
                if "adc_samples" in images:
                    np.testing.assert_array_equal(waveform, images["adc_samples"])
        assert not by_telescope


def test_the_same_arguments_give_the_same_file(shared):
    first, second = (content(shared, 3, 2) for _ in range(2))
    assert first == second
    assert first != content(shared, 4, 2)


@pytest.mark.parametrize("top", [1, 127, 128, 8191, 8192, 65535])
def test_samples_are_encoded_for_good(top):
    rng = np.random.default_rng(1)
    samples = rng.integers(0, top + 1, (2, 5, 9)).astype(np.uint16)
    found, _ = unsigned_varint_arrays_differential(encode_samples(samples), 10, 9)
    np.testing.assert_array_equal(np.reshape(found, samples.shape), samples)


def test_the_datasets_hold_something(dl1, dl2):
    """All types with parameters, and directions: else equal bytes would say little."""
    store = open_store(dl1)
    counts = [record.counts["events"] for record in store.records]
    assert counts == [n + N_CALIBRATION * (n == 9) for n in N_EVENTS]
    assert store.rows("calibration/sky_pedestal") > 7 * N_CALIBRATION
    types = store.tel_types("parameters")
    assert len(types) == 7
    for tel_type in types:
        lengths = store.scan("parameters", tel_type).collect()["hillas_length"]
        assert lengths.is_not_nan().mean() > 0.9
    sizes = [path.stat().st_size for path in (dl1 / "trigger").iterdir()]
    assert len(set(sizes)) > 5
    events = open_store(dl2).scan("events").select(pl.col("reco_is_valid")).collect()
    assert events["reco_is_valid"].mean() > 0.9
    assert len(hashes(dl2)) > 100
    assert validate(dl1) == validate(dl2) == []
