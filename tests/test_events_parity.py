"""The event-wise view of real files against ctapipe's."""

import astropy.units as u
import numpy as np
import polars as pl
import pytest
from astropy.time import Time

import cta_columnar

CASES = {
    "prod5_north_proton_flashcam": {},
    "prod6_north_proton_7_0_0": {},
    "lst_muons": {"focal_length_choice": "EQUIVALENT", "max_events": 10},
    "calib_events": {
        "focal_length_choice": "EQUIVALENT",
        "skip_calibration_events": False,
    },
}


@pytest.fixture(scope="module", params=CASES)
def case(request, shared):
    """Events of a file, and the golden tables about them."""
    (path,) = (shared / "data" / "simtel").glob(f"{request.param}.simtel.*")
    golden = {
        name: pl.read_parquet(shared / "golden" / request.param / f"{name}.parquet")
        for name in ("events", "tel_events", "waveforms_sum")
    }
    with cta_columnar.open_source(path, **CASES[request.param]) as stream:
        events = list(stream)
    return events, golden


def test_events(case):
    events, golden = case
    table = golden["events"]
    assert [event.event_id for event in events] == table["event_id"].to_list()
    for event, row in zip(events, table.iter_rows(named=True), strict=True):
        time = Time(row["time_unix"], format="unix")
        assert event.trigger.time.iso == time.iso
        assert abs(event.trigger.time - time) < 1 * u.us  # one float64 resolves 0.2
        mjd = event.trigger.time.mjd
        assert mjd == pytest.approx(row["time_mjd"], rel=0, abs=2e-11)
        assert event.trigger.event_type.name == row["event_type"]
        tels = event.trigger.tels_with_trigger
        assert tels.tolist() == row["tels_with_trigger"]


def test_truth(case):
    events, golden = case
    names = [name for name in golden["events"].columns if name.startswith("true_")]
    for event, row in zip(events, golden["events"].iter_rows(named=True), strict=True):
        if row.get("true_energy") is None:
            assert "energy" not in dir(event.simulation)
            continue
        for name in names:
            value = getattr(event.simulation, name.removeprefix("true_"))
            number = getattr(value, "value", value)
            np.testing.assert_allclose(number, row[name], rtol=1e-12, err_msg=name)
        assert event.simulation.energy.unit == u.TeV


def test_telescope_events(case):
    events, golden = case
    by_key = {event.event_id: event for event in events}
    table = golden["tel_events"].join(
        golden["waveforms_sum"], on=["obs_id", "event_id", "tel_id"], validate="1:1"
    )
    assert sum(len(event.r0.tel) for event in events) == len(table)
    for row in table.iter_rows(named=True):
        event, tel_id = by_key[row["event_id"]], row["tel_id"]
        waveform = event.r0.tel[tel_id].waveform
        shape = row["n_channels"], row["n_pixels"], row["n_samples"]
        assert waveform.shape == shape
        sums = waveform.astype(np.int64).sum(axis=(1, 2))
        assert sums.tolist() == row["r0_sum"]
        pointing = event.pointing.tel[tel_id]
        assert pointing.alt.to_value("rad") == pytest.approx(row["pointing_altitude"])
        assert pointing.az.to_value("rad") == pytest.approx(row["pointing_azimuth"])
        assert event.trigger.tel[tel_id].n_trigger_pixels == row["n_trigger_pixels"]


def test_printed_event(case):
    events, _ = case
    text = repr(events[0])
    assert f"event_id={events[0].event_id}" in text
    assert "waveform" in text
    assert max(map(len, text.splitlines())) < 200
