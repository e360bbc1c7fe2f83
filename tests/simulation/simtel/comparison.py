"""A file as eventio and as our reader see it."""

import numpy as np
from eventio import SimTelFile

from cta_columnar.arrays import to_numpy
from cta_columnar.sources.base import open_source


def rows_of(batches):
    """Telescope events by event and telescope: values of all columns."""
    found = {}
    for batch in batches:
        for of_type in batch.telescopes.values():
            columns = {n: to_numpy(of_type.column(n)) for n in of_type.schema.names}
            for k in range(of_type.num_rows):
                row = {name: column[k] for name, column in columns.items()}
                key = int(row["event_id"]), int(row["tel_id"])
                assert key not in found
                found[key] = row
    return found


def table_of(batches, name):
    """Rows of one of the tables of array events, by event."""
    # Without times: Python's have no nanoseconds.
    tables = [getattr(batch, name) for batch in batches]
    kept = [[n for n in each.schema.names if n != "time"] for each in tables]
    rows = [
        row
        for table, names in zip(tables, kept, strict=True)
        for row in table.select(names).to_pylist()
    ]
    return {row["event_id"]: row for row in rows}


class Ours:
    """All that our reader gives of a file."""

    def __init__(self, path, **options):
        options.setdefault("skip_calibration_events", False)
        with open_source(path, **options) as source:
            batches = list(source.batches())
            self.rows = rows_of(batches)
            self.triggers = table_of(batches, "trigger")
            self.showers = table_of(batches, "showers")
            self.coefficients = {
                name: each for b in batches for name, each in b.coefficients.items()
            }
            self.subarray = source.subarray
            (self.run,) = source.runs.to_pylist()
            self.thrown, self.atmosphere = source.thrown, source.atmosphere


def same_angle(degrees, radians):
    np.testing.assert_allclose(np.radians(degrees), radians, rtol=1e-6)


def assert_same_telescope_event(row, event, tel_id, true_image):
    of_tel = event["telescope_events"][tel_id]
    samples = of_tel.get("adc_samples")
    if samples is None:
        samples = of_tel["adc_sums"][..., np.newaxis]
    got = row["r0_waveform"]
    if samples.shape[0] == 1 and samples.ndim < got.ndim:
        samples = samples[..., np.newaxis]
    np.testing.assert_array_equal(got, samples)
    position = event["tracking_positions"][tel_id]
    kind = "cor" if "altitude_cor" in position else "raw"
    same_angle(row["pointing_alt"], position[f"altitude_{kind}"])
    same_angle(row["pointing_az"], position[f"azimuth_{kind}"])
    lists = of_tel["pixel_lists"].get(0, {"pixels": -1})
    assert row["n_trigger_pixels"] == lists["pixels"]
    image = np.full(got.shape[1], -1)
    if true_image is not None:
        image = true_image["photoelectrons"]
    np.testing.assert_array_equal(row["true_image"], image)


def assert_same_shower(row, event):
    shower, mc = event["mc_shower"], event["mc_event"]
    same = {
        "true_energy": shower["energy"],
        "true_core_x": mc["xcore"],
        "true_core_y": mc["ycore"],
        "true_h_first_int": shower["h_first_int"],
        "true_x_max": shower["xmax"],
        "true_shower_primary_id": shower["primary_id"],
    }
    assert {name: row[name] for name in same} == same
    assert np.float32(row["true_starting_grammage"]) == shower.get("depth_start") or (
        np.isnan(row["true_starting_grammage"]) and "depth_start" not in shower
    )
    same_angle(row["true_alt"], shower["altitude"])
    same_angle(row["true_az"], shower["azimuth"])


def assert_same_events(path, **options):
    """Compare all events of a file; returns what our reader gave."""
    ours = Ours(path, **options)
    n_events = n_rows = 0
    with SimTelFile(path, zcat=False) as file:
        for event in file:
            n_events += 1
            is_shower = event["type"] == "data"
            ident = event["event_id"] if is_shower else -n_events
            trigger = event["trigger_information"]
            tel_ids = trigger["triggered_telescopes"].tolist()
            assert ours.triggers[ident]["tels_with_trigger"] == tel_ids
            if is_shower:
                assert_same_shower(ours.showers[ident], event)
            for tel_id in event["telescope_events"]:
                n_rows += 1
                image = event.get("photoelectrons", {}).get(tel_id - 1)
                row = ours.rows[ident, tel_id]
                assert_same_telescope_event(row, event, tel_id, image)
        assert_same_headers(ours, file)
    assert (n_events, n_rows) == (len(ours.triggers), len(ours.rows))
    return ours


def assert_same_headers(ours, file):
    assert ours.subarray.tel_ids.tolist() == file.header["tel_id"].tolist()
    np.testing.assert_array_equal(ours.subarray.positions, file.header["tel_pos"])
    for tel_id, described in file.telescope_descriptions.items():
        camera, pixels = described["camera_settings"], described["pixel_settings"]
        telescope = ours.subarray.type_of(tel_id)
        x, y = camera["pixel_x"].astype(float), camera["pixel_y"].astype(float)
        turn = np.exp(1j * float(camera["cam_rot"]))
        place = (x + 1j * y) * turn
        np.testing.assert_allclose(telescope.camera.pix_x, place.real, atol=1e-12)
        np.testing.assert_allclose(telescope.camera.pix_y, place.imag, atol=1e-12)
        assert telescope.optics.equivalent_focal_length == camera["focal_length"]
        assert telescope.optics.mirror_area == camera["mirror_area"]
        assert telescope.optics.n_mirror_tiles == camera["n_mirrors"]
        assert telescope.readout.sampling_rate == 1 / pixels["time_slice"]
        assert telescope.readout.n_samples == pixels["sum_bins"]
        if "ref_shape" in pixels:
            got = telescope.readout.reference_pulse
            np.testing.assert_array_equal(got, pixels["ref_shape"])
    if file.histograms:
        (thrown,) = (h for h in file.histograms if h["id"] == 6)
        counts = ours.thrown["n_thrown"].to_numpy()
        np.testing.assert_array_equal(counts, thrown["data"].ravel())
    for profile in file.atmospheric_profiles:
        depth = ours.atmosphere["column_density"].to_numpy()
        np.testing.assert_array_equal(depth, profile["thickness"])
