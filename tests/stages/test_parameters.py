"""Image parameters as registered algorithms, on a camera of 37 pixels."""

import numpy as np
import pytest
from cameras import hexagonal
from golden_parameters import GROUPS
from reference import hillas as reference
from toy_telescopes import telescope_type

from cta_columnar.errors import UserError
from cta_columnar.registry import get
from cta_columnar.schemas import dl1
from cta_columnar.stages.chain import Chain, Step

CAMERA = telescope_type(hexagonal(3), n_channels=1, n_samples=1)
N_PIXELS = CAMERA.camera.n_pixels
COLUMNS = [name for schema in GROUPS.values() for name in schema.names]
FLOATS = [name for name in COLUMNS if not name.startswith("morphology")]


def images(n_events=6, seed=0):
    """Read-only columns, as they come from Arrow; the first keep 0, 1 and 2 pixels."""
    rng = np.random.default_rng(seed)
    shape = n_events, N_PIXELS
    mask = rng.random(shape) < 0.5
    for n_kept in range(min(3, n_events)):
        mask[n_kept] = np.arange(N_PIXELS) < n_kept
    columns = {
        "obs_id": np.full(n_events, 2, np.int64),
        "event_id": np.arange(n_events, dtype=np.int64),
        "tel_id": np.full(n_events, 4, np.int16),
        "image": rng.uniform(1, 50, shape).astype(np.float32),
        "peak_time": rng.normal(20, 3, shape).astype(np.float32),
        "image_mask": mask,
        "true_image": rng.poisson(0.5, shape).astype(np.int32),
    }
    for column in columns.values():
        column.setflags(write=False)
    return columns


def step(kind, name, **options):
    algorithm = get(kind, name)
    return Step(algorithm, algorithm.validate_options(options))


def run(columns, keep=COLUMNS, groups=GROUPS, timing=None, **quality):
    steps = [step("image_quality", "image_quality", **quality)]
    for group in groups:
        options = (timing or {}) if group == "timing" else {}
        steps.append(step("parameters", group, **options))
    return Chain(steps, frozenset({*keep, "is_parametrized"})).run(
        columns, {"camera": CAMERA}
    )


def true_parameters(true_image, **quality):
    algorithm = get("true_parameters", "true_parameters")
    return algorithm.run(
        {"true_image": true_image},
        {"camera": CAMERA},
        algorithm.validate_options(quality),
    )


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_writes_its_schema(group):
    algorithm = get("parameters", group)
    assert algorithm.writes is GROUPS[group]
    assert algorithm.doc
    got = run(images())
    for field in GROUPS[group]:
        assert got[field.name].dtype == field.type.to_pandas_dtype()
        assert got[field.name].shape == (6,)
        assert got[field.name].flags.c_contiguous


def test_lengths_and_angles_are_in_degrees():
    columns = images()
    got = run(columns)
    mask = columns["image_mask"][4]
    want = reference.hillas(
        columns["image"][4, mask],
        CAMERA.fov_lon[mask],
        CAMERA.fov_lat[mask],
        CAMERA.pix_area_deg2[mask],
    )
    angles = ("hillas_phi", "hillas_psi", "hillas_psi_uncertainty")
    for name, value in zip(dl1.HILLAS.names, want, strict=True):
        expected = np.degrees(value) if name in angles else value
        assert got[name][4] == pytest.approx(expected, rel=1e-6), name


def test_images_below_the_quality_cuts_have_nan_and_true_counts():
    got = run(images())
    assert got["is_parametrized"].tolist() == [False, False, True, True, True, True]
    for name in FLOATS:
        assert np.isnan(got[name][:2]).all(), name
    assert got["morphology_n_pixels"][:3].tolist() == [0, 1, 2]
    assert got["morphology_n_islands"][:2].tolist() == [0, 1]


def test_quality_cuts_exclude_their_limits():
    columns = images()
    n_pixels = columns["image_mask"].sum(axis=1)
    charge = np.where(columns["image_mask"], columns["image"], 0).sum(axis=1)
    limit = int(n_pixels[3])
    got = run(columns, pixels_above=limit)["is_parametrized"]
    assert got.tolist() == (n_pixels > limit).tolist()
    limit = float(np.median(charge))
    got = run(columns, charge_above=limit)["is_parametrized"]
    assert got.tolist() == (charge > limit).tolist()


def test_further_cuts_are_named_conditions():
    columns = images()
    kept = np.where(columns["image_mask"], columns["image"], np.nan)
    n_pixels, charge = columns["image_mask"].sum(axis=1), np.nansum(kept, axis=1)
    middle = float(np.median(charge))
    cuts = [
        ("dim", f"charge < {middle}"),
        ("some", "n_pixels >= 2"),
        ("no_gap", "n_islands == 1"),
        ("faint", "brightest < 49"),
    ]
    got = run(columns, keep={"passes_cuts", "morphology_n_islands"}, cuts=cuts)
    dim, some, no_gap, faint = got["passes_cuts"].T
    np.testing.assert_array_equal(dim, charge < middle)
    np.testing.assert_array_equal(some, n_pixels >= 2)
    np.testing.assert_array_equal(no_gap, got["morphology_n_islands"] == 1)
    np.testing.assert_array_equal(
        faint, (kept < 49).any(axis=1) & ~(kept >= 49).any(axis=1)
    )
    for each in (dim, some, no_gap, faint):
        assert 0 < each.sum() < len(each)
    wanted = dim & some & no_gap & faint & (n_pixels > 1) & (charge > 0)
    assert got["is_parametrized"].tolist() == wanted.tolist()


def test_negative_charge_in_sum_is_not_parametrized():
    columns = images()
    columns["image"] = -columns["image"]
    assert not run(columns)["is_parametrized"].any()


def test_a_kept_negative_charge_gives_no_ellipse_but_no_error():
    """Quirk: ctapipe stops the whole run there; ours leaves NaN in that row."""
    columns = images()
    charge = columns["image"].copy()
    charge[4, np.flatnonzero(columns["image_mask"][4])[0]] = -0.5
    got, before = run(columns | {"image": charge}), run(columns)
    assert got["is_parametrized"][4]
    for name in (*dl1.HILLAS.names, *dl1.TIMING.names, *dl1.CONCENTRATION.names):
        assert np.isnan(got[name][4]), name
        np.testing.assert_array_equal(got[name][:4], before[name][:4])


def test_results_do_not_depend_on_the_batch():
    columns = images(8, seed=3)
    together = run(columns)
    for e in range(8):
        alone = run({name: column[e : e + 1] for name, column in columns.items()})
        for name in COLUMNS:
            np.testing.assert_array_equal(alone[name][0], together[name][e])


def test_no_images():
    got = run(images(0))
    assert all(got[name].shape == (0,) for name in COLUMNS)


def test_options_of_the_timing_fit():
    options = get("parameters", "timing").options
    assert {name: spec.default for name, spec in options.items()} == {
        "n_pairs": 30,
        "kept_fraction": 0.85,
    }
    columns = images()
    every = run(columns, timing={"kept_fraction": 1.0})
    mask = columns["image_mask"][4]
    psi = np.radians(every["hillas_psi"][4])
    x = CAMERA.fov_lon[mask] - every["hillas_fov_lon"][4]
    y = CAMERA.fov_lat[mask] - every["hillas_fov_lat"][4]
    line = np.polyfit(
        x * np.cos(psi) + y * np.sin(psi), columns["peak_time"][4, mask], 1
    )
    got = every["timing_slope"][4], every["timing_intercept"][4]
    assert got == pytest.approx(line, rel=1e-5)
    with pytest.raises(UserError, match="kept_fraction"):
        run(columns, timing={"kept_fraction": 0.5})


def test_a_group_names_the_group_it_builds_on():
    with pytest.raises(KeyError, match="hillas_psi"):
        run(images(), groups=["timing"])


def test_true_parameters_are_those_of_the_pixels_with_photo_electrons():
    columns = images()
    got = true_parameters(columns["true_image"])
    assert set(got) == set(dl1.TRUE_PARAMETERS.names)
    as_image = {
        **columns,
        "image": columns["true_image"].astype(np.float32),
        "image_mask": columns["true_image"] > 0,
    }
    want = run(as_image)
    for name in dl1.TRUE_PARAMETERS.names:
        np.testing.assert_array_equal(got[name], want[name.removeprefix("true_")])


def test_an_unknown_true_image_has_no_parameters_and_no_pixels():
    """Quirk: ctapipe writes -1 into its integer columns, ours are NaN or 0."""
    got = true_parameters(np.full((2, N_PIXELS), -1, np.int32))
    for name in dl1.TRUE_PARAMETERS.names:
        if "morphology" in name:
            assert got[name].tolist() == [0, 0]
        else:
            assert np.isnan(got[name]).all(), name


def test_true_images_pass_the_same_quality_cuts():
    true_image = images()["true_image"]
    n_pixels = (true_image > 0).sum(axis=1)
    limit = int(np.median(n_pixels))
    got = true_parameters(true_image, pixels_above=limit)
    parametrized = ~np.isnan(got["true_hillas_intensity"])
    assert parametrized.tolist() == (n_pixels > limit).tolist()
    got = true_parameters(true_image, cuts=[("many", f"n_pixels > {limit}")])
    parametrized = ~np.isnan(got["true_hillas_intensity"])
    assert parametrized.tolist() == (n_pixels > limit).tolist()
