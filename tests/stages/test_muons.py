"""Muon rings as a registered algorithm, on a camera of 217 pixels."""

import numpy as np
import pytest
from muon_images import CAMERA as PIXELS
from muon_images import PITCH, RADIUS, TRUTH, X, Y, ring_image
from toy_telescopes import telescope_type

from cta_columnar.errors import UserError
from cta_columnar.instrument.optics import OpticsDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.kept_pixels import gather, kept_pixels
from cta_columnar.registry import get
from cta_columnar.schemas import dl1

NAMES = dl1.MUON_COLUMNS.names


def telescope(n_mirrors=1, size_type="LST"):
    """The toy camera with pixels of `PITCH` and a mirror of 12 m radius."""
    toy = telescope_type(PIXELS, n_channels=1, n_samples=1)
    optics = OpticsDescription(
        "toy", size_type, "PARABOLIC", n_mirrors, 1, np.pi * 144, 28.0, 29.0
    )
    # Pixels of area 1 m2 stand 1 m apart; at this focal length that is `PITCH`.
    return TelescopeType("toy", optics, toy.camera, toy.readout, 1 / PITCH)


def run(images, masks=None, camera=None, **options):
    masks = images > 5 if masks is None else masks
    indptr, pixels = kept_pixels(masks)
    columns = {
        "image": images,
        "image_mask": masks,
        "kept_indptr": indptr,
        "kept_charge": gather(images, indptr, pixels),
    }
    algorithm = get("muons", "MuonProcessor")
    return algorithm.run(
        columns,
        {"camera": camera or telescope()},
        algorithm.validate_options({"pixels_above": 20, "charge_above": 100} | options),
    )


def rings(n=1):
    return np.array([ring_image(seed) for seed in range(n)])


def test_a_ring_has_all_columns_and_other_images_none():
    images = np.concatenate([rings(), 0 * rings(), rings(2)[1:]])
    got = run(images)
    assert list(got) == NAMES
    for field in dl1.MUON_COLUMNS:
        assert got[field.name].dtype == field.type.to_pandas_dtype()
        if got[field.name].dtype.kind == "f":
            assert np.isnan(got[field.name]).tolist() == [False, True, False]
    assert got["muonefficiency_is_valid"].tolist() == [True, False, True]
    assert got["muonparameters_n_pixels_in_ring"][1] == 0


def test_units_are_degrees_and_metres():
    # The kernels have the y axis of the camera frame as longitude.
    got = {name: column[0] for name, column in run(rings()).items()}
    assert got["muonring_radius"] == pytest.approx(np.degrees(RADIUS), rel=0.03)
    assert got["muonring_center_distance"] < 0.1
    assert abs(got["muonring_center_phi"]) <= 180
    assert got["muonring_center_phi"] == pytest.approx(
        np.degrees(
            np.arctan2(got["muonring_center_fov_lat"], got["muonring_center_fov_lon"])
        )
    )
    assert got["muonefficiency_width"] == pytest.approx(np.degrees(TRUTH[2]), rel=0.5)
    assert got["muonefficiency_impact"] == pytest.approx(TRUTH[0], abs=1)
    # fov_lon is y of the camera, fov_lat is x.
    lon, lat = got["muonefficiency_impact_x"], got["muonefficiency_impact_y"]
    assert np.arctan2(lon, lat) == pytest.approx(TRUTH[1], abs=0.2)
    assert got["muonefficiency_optical_efficiency"] > 0.05


@pytest.mark.parametrize("n_mirrors", [2, -1])
def test_only_telescopes_known_to_have_one_mirror_have_rings(n_mirrors):
    got = run(rings(), camera=telescope(n_mirrors))
    assert np.isnan(got["muonring_radius"]).all()


def test_candidates_exceed_the_limits():
    images = rings()
    kept = images > 5
    n_kept, charge = int(kept.sum()), float(images[kept].astype(float).sum())
    for options, is_candidate in (
        ({"pixels_above": n_kept - 1}, True),
        ({"pixels_above": n_kept}, False),
        ({"charge_above": charge * 0.999}, True),
        ({"charge_above": charge * 1.001}, False),
    ):
        got = run(images, **options)
        assert np.isfinite(got["muonring_radius"][0]) == is_candidate


@pytest.mark.parametrize(
    ("limit", "lon"),
    [
        ({"ring_pixels_above": 217}, 0.0),
        ({"intensity_ratio_above": 0.99, "ratio_width": 0.2}, 0.0),
        # Half of this one is outside the camera.
        ({"containment_above": 0.7, "ring_pixels_above": 0}, float(X.max())),
    ],
)
def test_rings_that_are_not_good_enough_keep_their_parameters(limit, lon):
    got = run(ring_image(3, lon=lon)[None], pixels_above=5, **limit)
    assert np.isfinite(got["muonring_radius"]).all()
    assert np.isfinite(got["muonparameters_ring_intensity"]).all()
    assert np.isnan(got["muonefficiency_optical_efficiency"]).all()
    assert not got["muonefficiency_is_valid"].any()


def test_options_act():
    images = rings()
    base = run(images)

    def column(name, **options):
        return run(images, **options)[name][0]

    names = "muonring_radius", "muonefficiency_optical_efficiency"
    radius, efficiency = (base[name][0] for name in names)
    for method in ("kundu_chaudhuri", "taubin"):
        other = column("muonring_radius", fit_method=method)
        assert other != radius
        assert other == pytest.approx(radius, rel=0.2)
    wider = column("muonefficiency_optical_efficiency", max_wavelength=700.0)
    photons = (1 / 300 - 1 / 600) / (1 / 300 - 1 / 700)
    assert wider == pytest.approx(efficiency * photons, rel=1e-3)
    # A hole takes light away, which the efficiency makes up for.
    assert column("muonefficiency_optical_efficiency", hole_radius=3.0) > efficiency
    assert column("muonefficiency_optical_efficiency", hole_radius=0.74) == efficiency
    dark = column("muonparameters_completeness", completeness_threshold=1e6)
    assert dark == 0
    for changed in ({"pedestal": 3.0}, {"spe_width": 0.8}, {"oversampling": 5}):
        assert (
            column("muonefficiency_likelihood_value", **changed)
            != (base["muonefficiency_likelihood_value"][0])
        )
    widths = {"ratio_width": 0.5, "ring_integration_width": 0.1, "outer_ring_width": 1}
    changed = run(images, **widths)
    for name in ("intensity_ratio", "ring_intensity", "mean_intensity_outside_ring"):
        assert changed[f"muonparameters_{name}"] != base[f"muonparameters_{name}"]


def test_holes_go_by_the_size_of_the_telescope():
    sizes = {"LST": 0.74, "MST": 0.59, "SST": 0.38, "UNKNOWN": 0.0}
    name = "muonefficiency_likelihood_value"
    for size, hole in sizes.items():
        camera = telescope(size_type=size)
        got, want = run(rings(), camera=camera), run(rings(), hole_radius=hole)
        assert got[name] == want[name]


def test_wavelengths_in_the_wrong_order_are_told():
    with pytest.raises(UserError, match="below max_wavelength=300 nm"):
        run(rings(), min_wavelength=400.0, max_wavelength=300.0)


def test_results_do_not_depend_on_the_batch_and_no_images():
    images = np.concatenate([rings(2), 0 * rings()])
    together = run(images)
    for e in range(3):
        alone = run(images[e : e + 1])
        for name in NAMES:
            np.testing.assert_array_equal(alone[name][0], together[name][e])
    assert all(len(column) == 0 for column in run(images[:0]).values())


def test_the_camera_fits_the_toy_rings():
    camera = telescope()
    np.testing.assert_allclose(np.radians(camera.fov_lon), Y, atol=1e-12)
    np.testing.assert_allclose(np.radians(camera.fov_lat), X, atol=1e-12)
