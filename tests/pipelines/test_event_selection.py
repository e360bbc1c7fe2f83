"""Event types and the trigger in software, as stage 1 runs them on real files."""

from collections import Counter

import polars as pl
import pytest
from golden import simtel_path

from cta_columnar import open_store, run
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.settings import configure

NAME = "prod5_north_proton_flashcam"  # LSTs and FlashCams


@pytest.fixture(scope="module")
def stage1(shared, tmp_path_factory):
    """Stage 1 of a shared file, made once per event selection."""
    made = {}

    def make(name=NAME, **selection):
        key = name, repr(selection)
        if key not in made:
            root = tmp_path_factory.mktemp("dl1") / "dl1"
            summary = run(
                "stage1",
                input=simtel_path(shared, name),
                output=root,
                workers=1,
                focal_length_choice="EQUIVALENT",
                skip_calibration_events=False,
                event_selection=selection,
            )
            made[key] = open_store(root), summary
        return made[key]

    return make


def triggers(store):
    """Telescopes of each array event."""
    rows = store.read("trigger").to_pylist()
    return {row["event_id"]: row["tels_with_trigger"] for row in rows}


def with_images(store, table="images"):
    found = Counter()
    for tel_type in store.tel_types(table):
        found.update(
            store.read(table, ["event_id"], tel_type=tel_type)["event_id"].to_pylist()
        )
    return found


def left_by_hand(store, *, min_telescopes, min_lst=0, min_flashcam=0):
    """What each event should be left with, from the run without a selection."""
    types = {}
    for tel_type in store.tel_types("images"):
        ids = store.read("images", ["tel_id"], tel_type=tel_type)["tel_id"]
        types |= dict.fromkeys(ids.to_pylist(), tel_type)
    left = {}
    for event, triggered in triggers(store).items():
        telescopes = triggered
        for word, least in (("LST", min_lst), ("FlashCam", min_flashcam)):
            these = [tel for tel in telescopes if word in types[tel]]
            if len(these) < least:
                telescopes = [tel for tel in telescopes if tel not in these]
        if len(telescopes) >= min_telescopes:
            left[event] = telescopes
    return left


@pytest.mark.parametrize(
    ("selection", "by_hand"),
    [
        ({"min_telescopes": 5}, {"min_telescopes": 5}),
        (
            {"min_telescopes": 2, "min_telescopes_of_type": {"LST*": 3}},
            {"min_telescopes": 2, "min_lst": 3},
        ),
        (
            {"min_telescopes_of_type": {"*": 4, "MST*": 9}},
            {"min_telescopes": 1, "min_lst": 4, "min_flashcam": 9},
        ),
    ],
)
def test_what_is_left_is_what_one_counts_by_hand(stage1, selection, by_hand):
    everything, _ = stage1()
    store, _ = stage1(**selection)
    wanted = left_by_hand(everything, **by_hand)
    assert wanted or by_hand["min_telescopes"] == 1
    assert triggers(store) == wanted
    assert len(wanted) < len(triggers(everything)) or wanted != triggers(everything)
    assert with_images(store) == {event: len(tels) for event, tels in wanted.items()}
    rows = store.read("trigger").to_pylist()
    data = {row["event_id"]: row["n_tels_with_data"] for row in rows}
    assert data == with_images(store)
    showers = store.read("showers", ["event_id"])["event_id"].to_pylist()
    assert sorted(showers) == sorted(wanted)


def test_images_that_stay_are_the_same(stage1):
    everything, _ = stage1()
    store, _ = stage1(min_telescopes=2, min_telescopes_of_type={"LST*": 3})
    for tel_type in store.tel_types("images"):
        some = pl.from_arrow(store.read("images", tel_type=tel_type))
        all_ = pl.from_arrow(everything.read("images", tel_type=tel_type))
        keys = ["obs_id", "event_id", "tel_id"]
        same = all_.join(some.select(keys), on=keys, how="semi")
        assert some.sort(keys).equals(same.sort(keys))


def test_cut_flow_counts_events_and_telescopes(stage1):
    everything, _ = stage1()
    store, _ = stage1(min_telescopes=5)
    n_events, n_images = (
        len(triggers(everything)),
        sum(with_images(everything).values()),
    )
    rows = store.read("cut_flow").to_pylist()
    flow = {
        (row["tel_type"], row["cut"]): row["n_survivors"]
        for row in rows
        if row["stage"] == "event_selection"
    }
    assert flow["", "all"] == flow["", "allowed_event_types"] == n_events
    assert flow["", "min_telescopes"] == len(triggers(store)) < n_events
    types = everything.tel_types("images")
    assert sum(flow[each, "all"] for each in types) == n_images
    kept = sum(flow[each, "min_telescopes_of_type"] for each in types)
    assert kept == sum(with_images(store).values())


def test_the_summary_counts_what_is_written(stage1):
    everything, before = stage1()
    store, summary = stage1(min_telescopes=5)
    images = sum(with_images(store).values())
    assert summary.counts["events"] == store.rows("trigger") < before.counts["events"]
    assert summary.counts["telescope_events"] == images
    assert before.counts["telescope_events"] == sum(with_images(everything).values())
    for what, name in (("array", "events"), ("telescope", "telescope_events")):
        left_out = before.counts[name] - summary.counts[name]
        assert summary.counts[f"dropped: {what} event not selected"] == left_out > 0
        assert f"dropped: {what} event not selected" not in before.counts


def test_nothing_is_counted_where_nothing_is_asked_for(stage1):
    store, _ = stage1()
    stages = store.read("cut_flow")["stage"].to_pylist()
    assert set(stages) == {"image_quality"}


@pytest.mark.parametrize(
    ("allowed", "n_calibration"),
    [(["SKY_PEDESTAL"], 10), (["SUBARRAY", "FLATFIELD"], 0)],
)
def test_event_types(stage1, allowed, n_calibration):
    store, _ = stage1("calib_events", allowed_event_types=allowed)
    tables = [t for t in ("calibration/sky_pedestal",) if n_calibration]
    assert sum(store.rows(table) for table in tables) == n_calibration
    assert store.rows("trigger") == (1 if n_calibration else 0)
    flow = store.read("cut_flow").to_pylist()
    assert [row["n_survivors"] for row in flow] == [1, 1 if n_calibration else 0]


def test_showers_may_be_left_out(stage1):
    store, _ = stage1(allowed_event_types=["SKY_PEDESTAL"])
    assert store.rows("trigger") == store.rows("showers") == 0


def test_a_pattern_that_fits_no_telescope_is_told(stage1):
    _, summary = stage1(min_telescopes_of_type={"LTS*": 2})
    assert any("min_telescopes_of_type: LTS*" in each for each in summary.warnings)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("allowed_event_types=[SUBARAY]", "no event type 'SUBARAY'; did you mean"),
        ("min_telescopes=0", "must be >= 1"),
        ("min_telescopes_of_type={'LST*': -1}", "must be >= 0"),
        ("min_telescopes_of_type=2", "wants names with integers"),
    ],
)
def test_bad_values_are_told(setting, message):
    with pytest.raises(UserError, match=message):
        configure("stage1", settings=[f"event_selection.{setting}"])
