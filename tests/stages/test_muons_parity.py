"""Muon rings of ctapipe's images and masks, on every shared file that has some.

Each step starts from ctapipe's result of the one before, so that like is compared with
like. What differs on purpose is explained in docs/parity.md.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from golden_parameters import KEY, inputs, table
from parity_rows import RING, of_ring
from reference.circles import taubin_ratio

from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.kernels.circles import taubin_circle
from cta_columnar.kernels.kept_pixels import gather, kept_pixels
from cta_columnar.kernels.muon_efficiency import MUON_EFFICIENCY, muon_efficiency
from cta_columnar.kernels.muon_light import FINE_STRUCTURE
from cta_columnar.kernels.muon_parameters import MUON_PARAMETERS, muon_parameters
from cta_columnar.kernels.muon_rings import (
    KUNDU_CHAUDHURI,
    KUNDU_CHAUDHURI_TAUBIN,
    MUON_RING,
    N_FITS,
    TAUBIN,
    muon_rings,
)
from cta_columnar.registry import get

pytestmark = pytest.mark.parity

WITH_RINGS = (
    "lst_muons",
    "prod4_pixelsettings_v3",
    "prod5_north_gamma_history75",
    "prod5_north_proton_flashcam",
)
MUONS = ("lst_muons", "prod4_pixelsettings_v3")
ROW = "muons", "MuonProcessor"
ERRORS = tuple(f"{name}_err" for name in RING)
HOLES = {"LST": 0.74, "MST": 0.59}
# Of `tests/peer/muon_rings.py`: each method of ctapipe, on images from its own chain.
PEER = json.loads((Path(__file__).parents[1] / "peer" / "muon_rings.json").read_text())
MIGRAD_EDM = 2e-4  # where ctapipe's ring fit stops; half of it for the light


@dataclass(frozen=True)
class Case:
    """An image with a ring of ctapipe."""

    file: str
    camera: TelescopeType
    image: np.ndarray
    mask: np.ndarray
    theirs: dict

    @property
    def their_ring(self):
        names = ("center_fov_lon", "center_fov_lat", "radius")
        return np.array([self.theirs[f"ring_{name}"] for name in names])

    @property
    def pixels(self):
        return self.camera.fov_lon, self.camera.fov_lat

    def near(self, ring):
        x, y = self.pixels
        return np.abs(np.hypot(x - ring[0], y - ring[1]) / ring[2] - 1) < 0.4


@cache
def cases(shared, files=WITH_RINGS):
    found = []
    for name in files:
        rows = table(shared, name, "muon").to_dicts()
        golden = {tuple(row[each] for each in KEY): row for row in rows}
        for columns, camera in inputs(shared, name):
            for e, image in enumerate(columns["image"]):
                key = tuple(int(columns[each][e]) for each in KEY)
                if key in golden:
                    mask = columns["image_mask"][e]
                    found.append(Case(name, camera, image, mask, golden[key]))
    return found


def our_ring(case, method=KUNDU_CHAUDHURI_TAUBIN):
    ring, near = np.empty((8, 1)), np.empty((1, case.image.size), bool)
    arrays = case.image[None], case.mask[None], *case.pixels
    muon_rings(*arrays, method, ring, near)
    return ring[:, 0], near[0]


def our_parameters(case):
    lon, lat, radius = case.their_ring[:, None]
    camera = case.camera
    row = muon_parameters(
        *(case.image[None], case.mask[None], *case.pixels, camera.pix_width_deg),
        *(camera.radius_deg, lon, lat, radius, 30.0, 1.5, 0.25, 0.2),
    )
    return dict(zip(MUON_PARAMETERS, row[:, 0], strict=True))


def our_light(case):
    lon, lat, radius = np.radians(case.their_ring[:, None])
    optics = case.camera.optics
    return muon_efficiency(
        *(case.image[None], case.near(case.their_ring)[None], np.ones(1, bool)),
        *(np.radians(each) for each in case.pixels),
        *(np.radians(case.camera.pix_width_deg[0]), lon, lat, radius),
        *(np.sqrt(optics.mirror_area / np.pi), HOLES[optics.size_type]),
        np.pi / 2 / np.sqrt(3),
        *(FINE_STRUCTURE * (1 / 300e-9 - 1 / 600e-9), 1.1, 0.5, 3),
    )[:, 0]


def fitted_light(shared, files=WITH_RINGS):
    fitted = [
        case
        for case in cases(shared, files)
        if np.isfinite(case.theirs["efficiency_likelihood_value"])
    ]
    return [(case.theirs, our_light(case)) for case in fitted]


def test_images_with_rings_are_the_same(shared):
    """Also those of 40,000 pixels, whose number of mirrors nobody knows: none."""
    algorithm = get("muons", "MuonProcessor")
    options = algorithm.validate_options({})
    n_found = 0
    for name in (*WITH_RINGS, "40k_pixels", "gct_checs_muons"):
        there = set()
        if name in WITH_RINGS:
            there = set(table(shared, name, "muon").select(KEY).rows())
        for columns, camera in inputs(shared, name):
            indptr, pixels = kept_pixels(columns["image_mask"])
            kept = gather(columns["image"], indptr, pixels)
            columns |= {"kept_indptr": indptr, "kept_charge": kept}
            got = algorithm.run(columns, {"camera": camera}, options)
            for e in np.flatnonzero(np.isfinite(got["muonring_radius"])):
                assert tuple(int(columns[each][e]) for each in KEY) in there
                n_found += 1
    assert n_found == 24


def test_rings_of_muons(shared, compared, record_property):
    """As near as migrad comes to the minimum, which we have exactly."""
    for case in cases(shared, MUONS):
        ring = dict(zip(MUON_RING, our_ring(case)[0], strict=True))
        theirs = {name: case.theirs[f"ring_{name}"] for name in MUON_RING}
        for name in RING:
            distance, error = abs(ring[name] - theirs[name]), theirs[f"{name}_err"]
            assert distance < 0.02 * error
            compared(*ROW, of_ring(name), 1, distance)
            record_property("of their errors", float(distance / error))
            relative = abs(ring[f"{name}_err"] / error - 1)
            assert relative < 3e-3
            compared(*ROW, of_ring(f"{name}_err"), 1, relative)
        # Each way by as much as a coordinate.
        allowed = 0.02 * np.hypot(*(theirs[f"{name}_err"] for name in RING[:2]))
        away = abs(ring["center_distance"] - theirs["center_distance"])
        assert away < allowed
        compared(*ROW, of_ring("center_distance"), 1, away)
        turn = np.degrees(ring["center_phi"]) - theirs["center_phi"]
        turn = np.radians(abs((turn + 180) % 360 - 180))
        arc = turn * theirs["center_distance"]
        assert arc < allowed
        compared(*ROW, of_ring("center_phi"), 1, arc)


def peer_rings(shared, method):
    """Rings of ctapipe by one method, of the events that have reference values."""
    for file, rows in PEER["files"].items():
        of_file = cases(shared, (file,))
        known = {tuple(case.theirs[each] for each in KEY): case for case in of_file}
        for *key, lon, lat, radius, lon_err, lat_err, radius_err in rows[method]:
            ring = [lon, lat, radius], [lon_err, lat_err, radius_err]
            if tuple(key) in known:
                yield known[tuple(key)], *map(np.array, ring)


def test_rings_of_the_closed_form(shared, compared):
    """Of one muon the scatter is no number: negative charges."""
    n_unknown = 0
    for case, ring, errors in peer_rings(shared, "kundu_chaudhuri"):
        ours = our_ring(case, KUNDU_CHAUDHURI)[0]
        np.testing.assert_allclose(ours[:3], ring, rtol=1e-6)
        np.testing.assert_allclose(ours[3:6], errors, rtol=1e-6)
        n_unknown += np.isnan(errors).all()
        off = np.abs(ours[:6] / [*ring, *errors] - 1)
        for name, relative in zip((*RING, *ERRORS), off, strict=True):
            largest = np.nan_to_num(relative)
            compared(*ROW, of_ring(name, "kundu_chaudhuri"), 1, largest)
    assert n_unknown == 1


def test_rings_of_taubin_without_charges(shared, compared):
    """Ours and ctapipe's are larger than of the other methods, which weigh pixels."""
    larger = []
    for case, ring, errors in peer_rings(shared, "taubin"):
        ours = our_ring(case, TAUBIN)[0]
        off = np.abs(ours[:3] - ring)
        assert (off < 0.03 * errors).all()
        relative = np.abs(ours[3:6] / errors - 1)
        assert (relative < 2e-2).all()
        for name, each in zip((*RING, *ERRORS), (*off, *relative), strict=True):
            compared(*ROW, of_ring(name, "taubin"), 1, each)
        larger.append(ring[2] / case.their_ring[2] - 1)
    assert len(larger) == 12
    assert min(larger) > 0.08
    assert max(larger) < 0.18


def test_the_default_of_the_peer_is_that_of_the_golden_values(shared):
    for case, ring, _ in peer_rings(shared, "kundu_chaudhuri_taubin"):
        np.testing.assert_allclose(ring, case.their_ring, rtol=1e-6)


def last_fit(case):
    """The last of our three fits, and the pixels it was made to."""
    x, y = case.pixels
    circle, near = np.empty(6), case.mask
    for _ in range(N_FITS):
        used = near
        taubin_circle(x[used], y[used], case.image[used].astype(float), circle)
        near = case.near(circle)
    return circle[:3], used


def test_no_ring_of_ctapipe_is_better(shared, record_property):
    """On the same pixels, in what both minimise."""
    excess = []
    for case in cases(shared):
        ours, used = last_fit(case)
        assert our_ring(case)[0][:3].tolist() == ours.tolist()
        x, y = case.pixels
        points = x[used], y[used], case.image[used].astype(float)
        sums = [taubin_ratio(*points, *ring) for ring in (case.their_ring, ours)]
        excess.append(sums[0] - sums[1])
    assert min(excess) > -1e-9
    # Beyond that they stopped at a limit or in another minimum: showers, no rings.
    n_equal = int(np.sum(np.array(excess) < MIGRAD_EDM))
    assert n_equal == 18
    record_property("equal", n_equal)


def test_parameters_of_their_rings(shared, compared):
    for case in cases(shared):
        for name, value in our_parameters(case).items():
            theirs = case.theirs[f"parameters_{name}"]
            assert value == pytest.approx(theirs, rel=1e-5, abs=1e-6, nan_ok=True), name
            if np.isfinite(value):
                relative = abs(value - theirs) / max(abs(theirs), 1e-3)
                compared(*ROW, f"muonparameters_{name}", 1, relative)


def test_their_likelihood_is_never_lower(shared, compared, record_property):
    """Than ours by more than their minimiser leaves open."""
    fits = fitted_light(shared)
    assert len(fits) == 15
    for theirs, ours in fits:
        excess = ours[7] - theirs["efficiency_likelihood_value"]
        assert excess < 0.5 * MIGRAD_EDM
        compared(*ROW, "muonefficiency_likelihood_value", 1, excess)
        record_property("ours lower by", float(-excess))


def test_light_where_the_likelihoods_agree(shared, compared):
    equal = [
        (theirs, ours)
        for theirs, ours in fitted_light(shared)
        if abs(ours[7] - theirs["efficiency_likelihood_value"]) < 0.02
    ]
    assert len(equal) == 10
    for theirs, ours in equal:
        light = dict(zip(MUON_EFFICIENCY, ours, strict=True))
        light["width"] = np.degrees(light["width"])
        for name in ("is_valid", "parameters_at_limit"):
            assert light[name] == theirs[f"efficiency_{name}"]
            compared(*ROW, f"muonefficiency_{name}", 1)
        for name in ("width", "optical_efficiency"):
            relative = abs(light[name] / theirs[f"efficiency_{name}"] - 1)
            assert relative < 2e-3
            compared(*ROW, f"muonefficiency_{name}", 1, relative)
        assert light["impact"] == pytest.approx(
            np.hypot(light["impact_x"], light["impact_y"])
        )
        for name in ("impact", "impact_x", "impact_y"):
            apart = abs(light[name] - theirs[f"efficiency_{name}"])
            assert apart < 0.1
            compared(*ROW, f"muonefficiency_{name}", 1, apart)


def test_their_fit_of_the_light_may_end_at_the_centre(shared):
    """Quirk: it starts at the azimuth 0, and the centre is a limit it stays at."""
    worse = {
        (theirs["obs_id"], theirs["event_id"]): (theirs, ours)
        for theirs, ours in fitted_light(shared, MUONS)
        if theirs["efficiency_likelihood_value"] > ours[7] + 0.5
    }
    theirs, ours = worse[69, 400]
    assert theirs["efficiency_impact"] < 0.001
    assert theirs["efficiency_parameters_at_limit"]
    assert theirs["efficiency_is_valid"]
    assert theirs["efficiency_likelihood_value"] > ours[7] + 390
    true = table(shared, "lst_muons", "tel_events").filter(event_id=400)
    true_impact = true["true_impact_distance"].item()
    assert (
        abs(ours[1] - true_impact) < 1 < abs(theirs["efficiency_impact"] - true_impact)
    )
