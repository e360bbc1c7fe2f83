"""Raw file to DL2 through the pipelines, against ctapipe's tables of every shared file.

The stages are compared in detail elsewhere; here it is the whole, as a user runs it.
"""

import numpy as np
import polars as pl
import pytest
from golden import KEY, WITH_IMAGES, simtel_path

from cta_columnar import open_store, run
from cta_columnar.schemas.event_types import EventType

EVENT = KEY[:2]
# Headers without any event.
EMPTY = ("gamma_merged", "test_camorganv2")
# Without an effective focal length in the file.
EQUIVALENT = (
    "40k_pixels",
    "calib_events",
    "calib_events_gain_selected",
    "lst_muons",
    *EMPTY,
)
# ctapipe's tables stop earlier than the file.
FIRST_EVENTS = {"lst_muons": 10, "gct_checs_muons": 5, "prod4_pixelsettings_v3": 3}
SHOWERS = [name for name in WITH_IMAGES if not name.startswith("calib_events")]
NO_TRUE_IMAGES = ("40k_pixels",)

RECONSTRUCTORS = ("HillasReconstructor", "HillasIntersection")

# ctapipe's line fit starts from random pixels: compared in the tests of the stage.
TIMING = ("timing_slope", "timing_intercept", "timing_deviation")
# In a frame of their own: ctapipe fills it in a later step.
OTHER_STEP = ("core_psi",)


@pytest.fixture(scope="module")
def datasets(shared, tmp_path_factory):
    """DL1 and DL2 of a shared file, made once."""
    made = {}

    def make(name, **settings):
        if name not in made:
            root = tmp_path_factory.mktemp(name)
            choice = "EQUIVALENT" if name in EQUIVALENT else "EFFECTIVE"
            run(
                "stage1",
                input=simtel_path(shared, name),
                output=root / "dl1",
                workers=1,
                focal_length_choice=choice,
                max_events=FIRST_EVENTS.get(name),
                **settings,
            )
            run(
                "stage2",
                input=root / "dl1",
                output=root / "dl2",
                workers=1,
                reconstructors=RECONSTRUCTORS,
            )
            made[name] = open_store(root / "dl1"), open_store(root / "dl2")
        return made[name]

    return make


def golden(shared, name, table):
    return pl.read_parquet(shared / "golden" / name / f"{table}.parquet")


def all_types(store, table, columns):
    frames = [
        store.scan(table, tel_type=each).select(*KEY, *columns)
        for each in store.tel_types(table)
    ]
    return pl.concat(frames).collect().sort(KEY)


def our_name(column):
    """ctapipe's tables here spell out what its written data model shortens."""
    return column.replace("intensity_statistics_", "intensity_").replace(
        "peak_time_statistics_", "peak_time_"
    )


def assert_close(ours, theirs, column):
    a, b = (np.array(each, float) for each in (ours, theirs))
    if "psi" in column or "phi" in column or column.endswith("az"):
        period = 180 if column.endswith("psi") else 360
        b = a - (a - b + period / 2) % period + period / 2 if a.size else b
    # ctapipe takes moments of float32 images in float32, we in float64.
    is_moment = "statistics_skewness" in column or "statistics_kurtosis" in column
    atol = 1e-4 if is_moment else 1e-6
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=atol, err_msg=column)


@pytest.mark.parametrize("name", SHOWERS)
@pytest.mark.parametrize("kind", ["parameters", "true_parameters"])
def test_parameters(datasets, shared, name, kind):
    dl1, _ = datasets(name)
    if kind == "true_parameters" and name in NO_TRUE_IMAGES:
        ours = all_types(dl1, "parameters", ["true_hillas_intensity"])
        assert ours["true_hillas_intensity"].is_nan().all()
        return
    theirs = golden(shared, name, kind).sort(KEY)
    skipped = {*KEY, *TIMING, *OTHER_STEP, "n_mask"}
    columns = [
        each
        for each in theirs.columns
        if each not in skipped and not each.startswith("timing_")
    ]
    ours = all_types(dl1, "parameters", [our_name(each) for each in columns])
    ours = theirs.select(KEY).join(ours, on=KEY, how="left").sort(KEY)
    assert ours.height == theirs.height
    for column in columns:
        values, wanted = ours[our_name(column)], theirs[column]
        if "morphology" in column:
            # Images without parameters have -1 there, ours have true counts.
            has = wanted >= 0
            values, wanted = values.filter(has), wanted.filter(has)
        assert_close(values, wanted, column)


@pytest.mark.parametrize("name", SHOWERS)
def test_events_and_truth(datasets, shared, name):
    dl1, _ = datasets(name)
    theirs = golden(shared, name, "events").sort(EVENT)
    trigger = dl1.scan("trigger").collect().sort(EVENT)
    assert trigger.select(EVENT).equals(theirs.select(EVENT))
    assert trigger["tels_with_trigger"].to_list() == [
        list(each) for each in theirs["tels_with_trigger"]
    ]
    assert trigger["event_type"].to_list() == [EventType.SUBARRAY] * theirs.height
    showers = dl1.scan("showers").collect().sort(EVENT)
    for column in theirs.columns:
        if column.startswith("true_"):
            assert_close(showers[column], theirs[column], column)


@pytest.mark.parametrize("reconstructor", RECONSTRUCTORS)
@pytest.mark.parametrize("name", SHOWERS)
def test_stereo(datasets, shared, name, reconstructor):
    _, dl2 = datasets(name)
    theirs = golden(shared, name, "stereo").sort(EVENT)
    theirs = theirs.filter(pl.col("reconstructor") == reconstructor)
    ours = dl2.scan("events").collect().sort(EVENT)
    assert ours.select(EVENT).equals(theirs.select(EVENT))
    is_valid = theirs["is_valid"]
    assert ours[f"{reconstructor}_is_valid"].to_list() == is_valid.to_list()
    assert ours["reco_is_valid"].to_list() == is_valid.to_list()
    tolerance = {"alt": 1e-3, "az": 1e-3, "core_x": 0.1, "core_y": 0.1}
    for column, atol in tolerance.items():
        a = ours[f"{reconstructor}_{column}"].to_numpy()
        np.testing.assert_allclose(a, theirs[column], rtol=0, atol=atol)
    h_max = ours[f"{reconstructor}_h_max"]
    np.testing.assert_allclose(h_max, theirs["h_max"], rtol=1e-4)
    np.testing.assert_array_equal(ours["reco_alt"], ours["HillasReconstructor_alt"])


@pytest.mark.parametrize("reconstructor", RECONSTRUCTORS)
@pytest.mark.parametrize("name", SHOWERS)
def test_impact_distances(datasets, shared, name, reconstructor):
    _, dl2 = datasets(name)
    distance = f"{reconstructor}_tel_impact_distance"
    columns = ["true_impact_distance", distance]
    ours = all_types(dl2, "telescopes", columns)
    true = golden(shared, name, "tel_events").sort(KEY)
    np.testing.assert_allclose(
        ours["true_impact_distance"], true["true_impact_distance"], rtol=1e-5
    )
    reco = golden(shared, name, "impact").sort(KEY)
    reco = reco.filter(pl.col("reconstructor") == reconstructor)
    both = ours.join(reco, on=KEY, how="inner")
    assert both.height == reco.height
    np.testing.assert_allclose(
        both[distance],
        both["distance"],
        rtol=1e-4,
        atol=1e-3,
    )


def golden_image(row, column, channel):
    values = np.array(row[column])
    # One-sample data have one row of times for all channels, all of them 0.
    values = values.reshape(-1, len(row["image"]) // row["n_channels"])
    return values[min(channel, len(values) - 1)]


# Telescopes with two channels are compared in both; -1: one selected per pixel.
@pytest.mark.parametrize(("channel", "n_images"), [(0, 7), (1, 3), (-1, 7)])
def test_calibration_events(datasets, shared, channel, n_images):
    name = "calib_events_gain_selected" if channel == -1 else "calib_events"
    select_gain = True if channel == -1 else None
    dl1, _ = datasets(name, skip_calibration_events=False, select_gain=select_gain)
    theirs = golden(shared, name, "extractor=NeighborPeakWindowSum")
    n_compared = 0
    for tel_type in dl1.tel_types("calibration/sky_pedestal"):
        rows = dl1.read("calibration/sky_pedestal", tel_type=tel_type).to_pylist()
        for row in rows:
            if row["channel"] != channel:
                continue
            assert (row["event_id"], row["event_type"]) == (-1, EventType.SKY_PEDESTAL)
            wanted = theirs.filter(pl.col("tel_id") == row["tel_id"]).row(0, named=True)
            for column in ("image", "peak_time"):
                values = golden_image(wanted, column, max(channel, 0))
                np.testing.assert_allclose(row[column], values, rtol=1e-5, atol=1e-3)
            n_compared += 1
    assert n_compared == n_images


@pytest.mark.parametrize("name", EMPTY)
def test_headers_without_events(datasets, name):
    dl1, dl2 = datasets(name)
    assert dl1.rows("trigger") == dl2.rows("events") == 0
    glob = str(dl2.root / "events" / "*.parquet")
    assert pl.scan_parquet(glob).select("event_id", "reco_alt").collect().is_empty()
