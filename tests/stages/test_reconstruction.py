from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from cta_columnar.config.expressions import Cut
from cta_columnar.instrument.atmosphere import AtmosphereProfile
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.registry import Algorithm, get
from cta_columnar.schemas import dl1
from cta_columnar.schemas.event_types import EventType
from cta_columnar.stages.chain import Step
from cta_columnar.stages.reconstruction import (
    Reconstructor,
    columns_read,
    reconstruct,
)

NAME = "HillasReconstructor"
CUTS = (Cut("enough_charge", "hillas_intensity > 50"),)


def reconstructor(name=NAME, cuts=CUTS, selection="stereo_quality", **options):
    algorithm = get("reconstructor", name)
    step = Step(algorithm, algorithm.validate_options(options))
    return Reconstructor(step, cuts, selection)


ALONE = (reconstructor(),)

# Not in the order of tel_id, as in some files.
SUBARRAY = SubarrayDescription(
    name="toy",
    tel_ids=np.array([4, 1, 2, 3], np.int16),
    tel_names=("four", "one", "two", "three"),
    positions=np.array(
        [[0.0, 100, 5], [100, 0, 0], [-100, 0, 0], [0, -100, 10]], dtype=float
    ),
    type_index=np.array([1, 0, 0, 0], np.int32),
    types=(
        SimpleNamespace(name="LST", radius_deg=2.2),
        SimpleNamespace(name="MST", radius_deg=4.0),
    ),
    reference_latitude=28.8,
    reference_longitude=-17.9,
    reference_height=2000.0,
)


def make_tables(tels_of_events=((1, 2, 3), (), (2, 4)), seed=1):
    """Trigger, telescope events and showers with random images."""
    rng = np.random.default_rng(seed)
    n = len(tels_of_events)
    events = {
        "obs_id": np.full(n, 7),
        "event_id": np.arange(n) * 10,
        "event_type": np.full(n, EventType.SUBARRAY, np.uint8),
        "time": np.zeros(n, "datetime64[ns]"),
        "time_qns": np.zeros(n, np.uint8),
    }
    sizes = [len(tels) for tels in tels_of_events]
    r = sum(sizes)
    telescopes = {
        "obs_id": np.full(r, 7),
        "event_id": np.repeat(events["event_id"], sizes),
        "tel_id": np.array([t for tels in tels_of_events for t in tels], np.int16),
        "pointing_alt": np.full(r, 70.0),
        "pointing_az": np.full(r, 359.0),
        "hillas_fov_lon": rng.uniform(-2, 2, r),
        "hillas_fov_lat": rng.uniform(-2, 2, r),
        "hillas_psi": rng.uniform(-90, 90, r),
        "hillas_length": rng.uniform(0.2, 0.4, r),
        "hillas_width": rng.uniform(0.05, 0.2, r),
        "hillas_intensity": rng.uniform(60, 1000, r),
    }
    showers = {
        "obs_id": events["obs_id"],
        "event_id": events["event_id"],
        "true_energy": rng.uniform(0.1, 10, n),
        "true_alt": np.full(n, 90.0),
        "true_az": np.zeros(n),
        "true_core_x": np.zeros(n),
        "true_core_y": np.zeros(n),
        "true_h_first_int": np.full(n, 2e4),
        "true_x_max": np.full(n, 300.0),
        "true_starting_grammage": np.zeros(n),
        "true_shower_primary_id": np.zeros(n, np.int32),
    }
    return events, telescopes, showers


def run(events, telescopes, showers=None, reconstructors=ALONE, **options):
    return reconstruct(
        events,
        telescopes,
        SUBARRAY,
        reconstructors=reconstructors,
        best=NAME,
        showers=showers,
        **options,
    )


def rows_of(table, rows):
    return {name: column[rows] for name, column in table.items()}


def plain(columns):
    """Columns as lists, with NaN in place of what cannot be compared."""
    return {name: np.asarray(values).tolist() for name, values in columns.items()}


def test_only_the_columns_it_needs_are_read():
    cuts = (Cut("few", "morphology_n_pixels > 3"),)
    read = columns_read([reconstructor(cuts=cuts)])
    assert "morphology_n_pixels" in read
    assert "pointing_az" in read
    assert "subarray" not in read
    assert "event_start" not in read
    assert not {"timing_slope", "array_pointing_alt"} & set(read)


def test_event_without_telescopes_keeps_its_row():
    ours = run(*make_tables())
    assert ours.events["multiplicity"].tolist() == [3, 0, 2]
    assert ours.events["reco_is_valid"].tolist() == [True, False, True]
    assert ours.events[f"{NAME}_telescopes"].to_pylist() == [[1, 2, 3], [], [2, 4]]
    assert np.isnan(ours.events["array_pointing_alt"]).tolist() == [False, True, False]


def test_image_that_fails_a_cut_takes_no_part():
    events, telescopes, _ = make_tables()
    telescopes["hillas_intensity"][[1, 3]] = 40.0, np.nan
    ours = run(events, telescopes)
    assert ours.events[f"{NAME}_telescopes"].to_pylist() == [[1, 3], [], []]
    psi = ours.telescopes["core_psi"]
    assert np.isnan(psi).tolist() == [False, True, False, True, True]
    distance = ours.telescopes[f"{NAME}_tel_impact_distance"]
    assert np.isnan(distance).tolist() == [False, False, False, True, True]


def test_cut_flow_by_telescope_type():
    events, telescopes, _ = make_tables()
    telescopes["hillas_intensity"][1] = 40.0
    flow = run(events, telescopes).cut_flow
    assert flow.schema.equals(dl1.CUT_FLOW, check_metadata=True)
    assert set(flow["stage"].to_pylist()) == {"stereo_quality"}
    assert flow["tel_type"].to_pylist() == ["LST", "LST", "MST", "MST"]
    assert flow["n_survivors"].to_pylist() == [4, 3, 1, 1]


OTHER = "HillasIntersection"
STRICT = (Cut("bright", "hillas_intensity > 300"), Cut("long", "hillas_length > 0.25"))


def test_reconstructors_side_by_side_have_their_own_columns():
    tables = make_tables()
    both = run(*tables, reconstructors=(*ALONE, reconstructor(OTHER)))
    alone = run(*tables)
    for table in ("events", "telescopes"):
        ours, one = getattr(both, table), getattr(alone, table)
        assert ours.keys() > one.keys()
        np.testing.assert_equal(
            plain({name: ours[name] for name in one}), plain(one), err_msg=table
        )
    assert both.cut_flow.equals(alone.cut_flow)
    assert both.events[f"{OTHER}_is_valid"].tolist() == [True, False, True]
    distances = both.telescopes[f"{OTHER}_tel_impact_distance"]
    assert np.isfinite(distances).all()
    assert (distances != both.telescopes[f"{NAME}_tel_impact_distance"]).all()


def test_a_reconstructor_with_cuts_of_its_own():
    events, telescopes, _ = make_tables()
    telescopes["hillas_intensity"][:] = 400.0, 100.0, 500.0, 600.0, 700.0
    telescopes["hillas_length"][:] = 0.3
    own = reconstructor(OTHER, STRICT, f"stereo_quality.{OTHER}")
    ours = run(events, telescopes, reconstructors=(*ALONE, own))
    used = ours.events[f"{NAME}_telescopes"].to_pylist()
    assert used == [[1, 2, 3], [], [2, 4]]
    used = ours.events[f"{OTHER}_telescopes"].to_pylist()
    assert used == [[1, 3], [], [2, 4]]
    flow = ours.cut_flow.to_pylist()
    names = [(row["stage"], row["cut"]) for row in flow if row["tel_type"] == "LST"]
    assert names == [
        ("stereo_quality", "all"),
        ("stereo_quality", "enough_charge"),
        (f"stereo_quality.{OTHER}", "all"),
        (f"stereo_quality.{OTHER}", "bright"),
        (f"stereo_quality.{OTHER}", "long"),
    ]
    assert "hillas_length" in columns_read([own])


@pytest.mark.parametrize("name", [NAME, OTHER])
def test_weighting_by_option(name):
    tables = make_tables([(1, 2, 3, 4)])
    first = ALONE if name != NAME else ()
    found = [
        run(*tables, reconstructors=(*first, reconstructor(name, weighting=weighting)))
        for weighting in ("none", "intensity", "aspect-weighted-intensity")
    ]
    directions = {tuple(each.events[f"{name}_alt"]) for each in found}
    assert len(directions) == 3


def test_konrad_is_the_older_name_of_the_harmonic_mean():
    tables = make_tables([(1, 2, 3, 4)])
    found = [
        run(*tables, reconstructors=(*ALONE, reconstructor(OTHER, weighting=weighting)))
        for weighting in ("Konrad", "harmonic-mean-intensity", "intensity")
    ]
    first, second, other = (each.events[f"{OTHER}_az"][0] for each in found)
    assert first == second != other


def test_one_telescope_keeps_a_row_that_is_not_valid():
    """What stays: multiplicity, pointing, truth, and distances to the true axis."""
    events, telescopes, showers = make_tables([(2,)])
    both = (*ALONE, reconstructor(OTHER))
    ours = run(events, telescopes, showers, reconstructors=both)
    assert ours.events["multiplicity"].tolist() == [1]
    assert ours.events["array_pointing_alt"] == pytest.approx(70)
    assert np.isfinite(ours.telescopes["true_impact_distance"]).all()
    for name in (NAME, OTHER):
        assert ours.events[f"{name}_is_valid"].tolist() == [False]
        assert ours.events[f"{name}_telescopes"].to_pylist() == [[]]
        for column in ("alt", "core_x", "h_max", "x_max", "average_intensity"):
            assert np.isnan(ours.events[f"{name}_{column}"]).all()
        assert np.isnan(ours.telescopes[f"{name}_tel_impact_distance"]).all()
    assert np.isnan(ours.telescopes["core_psi"]).all()
    assert ours.events["reco_is_valid"].tolist() == [False]


def test_telescopes_of_one_type_are_enough():
    ours = run(*make_tables([(1, 2, 3)]), reconstructors=(*ALONE, reconstructor(OTHER)))
    assert ours.events[f"{NAME}_is_valid"].all()
    assert ours.events[f"{OTHER}_is_valid"].all()


@pytest.mark.parametrize("name", [NAME, OTHER])
@pytest.mark.parametrize("column", ["hillas_psi", "hillas_fov_lon", "hillas_width"])
def test_image_without_numbers_that_passes_the_cuts(name, column):
    events, telescopes, _ = make_tables()
    telescopes[column][0] = np.nan
    both = (*ALONE, reconstructor(OTHER))
    ours = run(events, telescopes, reconstructors=both)
    assert ours.events[f"{name}_is_valid"].tolist() == [False, False, True]


def profile(scale_height=8.0):
    """Air that is an exponential."""
    height = np.linspace(0, 120, 25)
    depth = 1000 * np.exp(-height / scale_height)
    return AtmosphereProfile.of(height, depth / scale_height, depth)


def test_depth_of_maximum():
    tables = make_tables()
    known = run(*tables, profiles={7: profile()}).events
    h_max, depth = known[f"{NAME}_h_max"], known[f"{NAME}_x_max"]
    inside = (h_max > 0) & (h_max < 120e3)
    assert inside.any()
    np.testing.assert_allclose(depth[inside], 1000 * np.exp(-h_max[inside] / 8e3))
    assert np.isnan(depth[~inside]).all()
    up = np.sin(np.radians(known[f"{NAME}_alt"][inside]))
    np.testing.assert_allclose(known[f"{NAME}_x_max_slant"][inside], depth[inside] / up)


def test_a_depth_of_its_own_is_kept():
    names = ("alt", "az", "core_x", "core_y", "h_max", "x_max")
    own = pa.schema([(f"Own_{name}", pa.float64()) for name in names])
    own = own.append(pa.field("Own_is_valid", pa.bool_()))

    def reconstruct_all(array_pointing_alt):
        numbers = {f"Own_{name}": np.full(3, 70.0) for name in names}
        return numbers | {"Own_is_valid": np.isfinite(array_pointing_alt)}

    algorithm = Algorithm.from_function("reconstructor", "Own", reconstruct_all, own)
    both = (*ALONE, Reconstructor(Step(algorithm), CUTS))
    events = run(*make_tables(), reconstructors=both, profiles={7: profile()}).events
    assert events["Own_x_max"].tolist() == [70, 70, 70]
    assert "Own_x_max_slant" not in events


@pytest.mark.parametrize("profiles", [{}, {8: profile()}])
def test_unknown_air_gives_no_depth(profiles):
    events = run(*make_tables(), profiles=profiles).events
    for name in ("x_max", "x_max_slant"):
        assert np.isnan(events[f"{NAME}_{name}"]).all()


def test_array_pointing_is_the_mean_unless_given():
    events, telescopes, _ = make_tables()
    telescopes["pointing_az"] = np.array([359.0, 1.0, 0.0, 20.0, 20.0])
    pointing = run(events, telescopes).events
    assert pointing["array_pointing_az"][0] % 360 == pytest.approx(0, abs=1e-9)
    assert pointing["array_pointing_az"][2] == pytest.approx(20)
    given = {
        "array_pointing_alt": np.array([71.0, np.nan, np.nan]),
        "array_pointing_az": np.array([2.0, np.nan, np.nan]),
    }
    pointing = run(events | given, telescopes).events
    assert pointing["array_pointing_alt"][0] == 71.0
    assert pointing["array_pointing_az"][0] == 2.0
    assert pointing["array_pointing_az"][2] == pytest.approx(20)
    assert np.isnan(given["array_pointing_az"][2]), "input was written to"


def test_truth_comes_along():
    events, telescopes, showers = make_tables()
    ours = run(events, telescopes, showers)
    np.testing.assert_array_equal(ours.events["true_energy"], showers["true_energy"])
    np.testing.assert_allclose(ours.telescopes["true_impact_distance"], 100.0)
    without = run(events, telescopes)
    assert not any(name.startswith("true_") for name in without.events)
    assert "true_impact_distance" not in without.telescopes


def test_result_does_not_depend_on_the_batch():
    events, telescopes, showers = make_tables()
    whole = run(events, telescopes, showers)
    for i in range(3):
        rows = telescopes["event_id"] == events["event_id"][i]
        one = run(
            rows_of(events, slice(i, i + 1)),
            rows_of(telescopes, rows),
            rows_of(showers, slice(i, i + 1)),
        )
        for name, values in one.events.items():
            want = np.asarray(whole.events[name])[i : i + 1]
            np.testing.assert_equal(plain({name: values}), plain({name: want}))
        for name, values in one.telescopes.items():
            np.testing.assert_array_equal(values, whole.telescopes[name][rows])


def test_no_events():
    events, telescopes, showers = make_tables(())
    ours = run(events, telescopes, showers)
    assert all(len(column) == 0 for column in ours.events.values())
    assert all(len(column) == 0 for column in ours.telescopes.values())


def test_read_only_columns_are_fine():
    tables = make_tables()
    for table in tables:
        for column in table.values():
            column.flags.writeable = False
    assert run(*tables).events["reco_is_valid"].any()


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([0, 1, 2, 4, 3], "telescope event 4 .*event_id 20, tel_id 2.* out of order"),
        ([0, 1, 1, 2, 3, 4], "telescope event 2 .*tel_id 2.* double"),
        ([3, 4, 0, 1, 2], "telescope event 2 .obs_id 7, event_id 0. has no array"),
    ],
)
def test_rows_out_of_order_are_refused(order, message):
    events, telescopes, _ = make_tables()
    with pytest.raises(ValueError, match=message):
        run(events, rows_of(telescopes, order))


def test_telescope_event_without_trigger_is_refused():
    events, telescopes, _ = make_tables()
    with pytest.raises(ValueError, match=r"telescope event 3 .* has no array event"):
        run(rows_of(events, slice(0, 2)), telescopes)


def test_unknown_telescope_is_refused():
    events, telescopes, _ = make_tables()
    telescopes["tel_id"][2] = 99
    with pytest.raises(KeyError, match="no telescope 99 in toy"):
        run(events, telescopes)


@pytest.mark.parametrize(
    ("rows", "message"),
    [([0, 2], "event_id 10 has 0 true showers"), ([0, 0, 1, 2], "has 2 true showers")],
)
def test_each_event_needs_one_shower(rows, message):
    events, telescopes, showers = make_tables()
    with pytest.raises(ValueError, match=message):
        run(events, telescopes, rows_of(showers, rows))
