"""Every real file against what ctapipe made of it."""

import hashlib

import numpy as np
import polars as pl
import pytest
from reference.simtel_files import N_EVENTS, open_file

from cta_columnar.arrays import to_numpy
from cta_columnar.schemas.event_types import EventType

EVENT_TYPES = {each.name: each.value for each in EventType}
KEY = ["obs_id", "event_id", "tel_id"]
IMAGES = ["r0_waveform", "true_image"]


@pytest.fixture(params=sorted(N_EVENTS))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def opened():
    """Keep batches by file: tests run in any order."""
    return {}


@pytest.fixture
def golden(shared, name):
    # Images of this file equal those of another one and are not kept twice.
    same = "prod6_north_proton_7_0_0"

    def table(kind, *, of_images=False):
        folder = same if of_images and name.startswith(same) else name
        return pl.read_parquet(shared / "golden" / folder / f"{kind}.parquet")

    return table


@pytest.fixture
def batches(shared, name, golden, opened):
    if name not in opened:
        with open_file(shared, name, max_events=len(golden("events"))) as source:
            opened[name] = list(source.batches())
    return opened[name]


def telescope_columns(batches):
    """All columns of telescope events but the images, times as integers."""
    parts = [
        pl.from_arrow(of_type.drop_columns(IMAGES))
        for batch in batches
        for of_type in batch.telescopes.values()
    ]
    return pl.concat(parts).with_columns(pl.col("time").cast(pl.Int64)).sort(KEY)


def images(batches, column):
    """Image by key."""
    return {
        tuple(key.values()): image
        for batch in batches
        for of_type in batch.telescopes.values()
        for key, image in zip(
            of_type.select(KEY).to_pylist(),
            to_numpy(of_type.column(column)),
            strict=True,
        )
    }


def test_every_sample(batches, golden, name, compared):
    got = {
        key: hashlib.sha256(image.astype("<i4").tobytes()).hexdigest()
        for key, image in images(batches, "r0_waveform").items()
    }
    want = golden("waveforms_sum", of_images=True)
    assert got == {
        tuple(row[:3]): row[3] for row in want.select(*KEY, "r0_sha256").rows()
    }
    compared("source", "sim_telarray files", "raw samples", len(got))
    if name == "calib_events":
        for camera in golden("tel_events")["camera_name"]:
            compared("camera", camera, "raw samples", 1)


def test_true_images(batches, golden, name, compared):
    got = images(batches, "true_image")
    if name in ("calib_events", "40k_pixels"):
        # They have no true images.
        assert all((image == -1).all() for image in got.values())
        return
    table = golden("true_images", of_images=True)
    want = {tuple(row[:3]): row[3] for row in table.select(*KEY, "true_image").rows()}
    for key, image in got.items():
        expected = want.get(key, np.full(image.size, -1))
        np.testing.assert_array_equal(image, expected, err_msg=str(key))
    compared("source", "sim_telarray files", "true images", len(want))


def test_telescope_events(batches, golden):
    got = telescope_columns(batches)
    want = golden("tel_events").sort(KEY)
    assert got.select(KEY).equals(want.select(KEY))
    assert got["n_trigger_pixels"].to_list() == want["n_trigger_pixels"].to_list()
    sums = want["true_image_sum"].fill_nan(-1).fill_null(-1).cast(pl.Int32)
    assert got["true_image_sum"].to_list() == sums.to_list()
    types = want["trigger_type"].replace_strict(EVENT_TYPES).to_list()
    is_shower = (got["event_id"] > 0).to_list()
    assert all(
        own == (theirs if shower else EventType.SKY_PEDESTAL)
        for own, theirs, shower in zip(got["event_type"], types, is_shower, strict=True)
    )
    for own, theirs in (
        ("pointing_alt", "pointing_altitude"),
        ("pointing_az", "pointing_azimuth"),
    ):
        radians = np.radians(got[own].to_numpy())
        np.testing.assert_allclose(radians, want[theirs].to_numpy(), rtol=1e-7)


def test_times(batches, golden):
    events = golden("events").select("event_id", "gps_seconds", "gps_nanoseconds")
    offset = pl.when(pl.col("gps_seconds") == 0).then(8_000_082_000)
    offset = offset.otherwise(37_000_000_000)
    unix_ns = pl.col("gps_seconds") * 1_000_000_000 + pl.col("gps_nanoseconds")
    events = events.with_columns(central=unix_ns + offset)
    for batch in batches:
        of_array = pl.from_arrow(batch.trigger.select(["event_id", "time", "time_qns"]))
        of_array = of_array.join(events, on="event_id")
        assert (of_array["time"].cast(pl.Int64) == of_array["central"]).all()
        assert (of_array["time_qns"] == 0).all()
    got = telescope_columns(batches).join(events, on="event_id", maintain_order="left")
    delay = (got["time"] - got["central"]).to_numpy() + got["time_qns"].to_numpy() / 4
    want = golden("tel_events").sort(KEY)["trigger_time_rel"].to_numpy()
    np.testing.assert_allclose(delay, want, rtol=0, atol=0.1251)


def test_array_events(batches, golden):
    got = pl.concat([pl.from_arrow(batch.trigger) for batch in batches])
    want = golden("events")
    assert got["event_id"].to_list() == want["event_id"].to_list()
    assert got["obs_id"].to_list() == want["obs_id"].to_list()
    assert got["tels_with_trigger"].to_list() == want["tels_with_trigger"].to_list()
    n_data = golden("tel_events").group_by("event_id", maintain_order=True).len()
    assert got["n_tels_with_data"].to_list() == n_data["len"].to_list()
    types = want["event_type"].replace_strict(EVENT_TYPES).to_list()
    assert got["event_type"].to_list() == types
    assert [batch.event_type for batch in batches] == types[:1]


def test_showers(batches, golden):
    got = pl.concat([pl.from_arrow(batch.showers) for batch in batches])
    want = golden("events").filter(pl.col("event_id") > 0)
    assert len(got) == len(want)
    for column in got.columns if len(want) else ():
        np.testing.assert_allclose(
            got[column].to_numpy(), want[column].to_numpy(), rtol=1e-7, err_msg=column
        )
