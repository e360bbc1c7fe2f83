"""The pixels of simulated cameras against those of public files.

Older files have the same pixels in another order, FlashCam also in a mirror. The CHEC
camera of prod3b was another one than CHEC-S, which the pattern here is about.
"""

import numpy as np
import pytest
from astropy.io import fits

from cta_columnar.simulation.arrays import load_array
from cta_columnar.sources.base import open_source

NEAR = 1e-5  # m
ALL = load_array("all-cameras")
LAYOUTS = {model.layout.name: model.layout for model in ALL.models}

# File, telescope, camera, and whether its pixels come in the same order.
HEADERS = [
    ("prod6_north_proton_7_0_0.simtel.zst", 2, "LSTCam", True),
    ("prod6_north_proton_7_0_0.simtel.zst", 5, "NectarCam", True),
    ("prod5_north_proton_flashcam.simtel.zst", 5, "FlashCam", True),
    ("gct_checs_muons.simtel.zst", 1, "CHEC", True),
    ("calib_events.simtel.gz", 1, "LSTCam", False),
    ("calib_events.simtel.gz", 2, "NectarCam", False),
    ("calib_events.simtel.gz", 3, "FlashCam", False),
    ("calib_events.simtel.gz", 4, "ASTRICam", True),
    ("calib_events.simtel.gz", 6, "DigiCam", True),
    ("calib_events.simtel.gz", 7, "SCTCam", True),
]


def turned(layout):
    cos, sin = np.cos(layout.rotation), np.sin(layout.rotation)
    return layout.x * cos - layout.y * sin, layout.x * sin + layout.y * cos


def order_of(x, y, real_x, real_y):
    """Rows of the real pixels, in the order of ours."""
    found = np.array(
        [np.hypot(real_x - a, real_y - b).argmin() for a, b in zip(x, y, strict=True)]
    )
    assert sorted(found) == list(range(real_x.size))
    return found


def as_sets(neighbors):
    return [set(each.tolist()) for each in np.split(neighbors[1], neighbors[0][1:-1])]


@pytest.mark.parametrize(("file", "tel_id", "name", "in_order"), HEADERS)
def test_headers_of_real_files(file, tel_id, name, in_order, shared):
    path = shared / "data" / "simtel" / file
    with open_source(path, focal_length_choice="EQUIVALENT") as source:
        real = source.subarray.type_of(tel_id).camera
    layout = LAYOUTS[name]
    x, y = turned(layout)
    is_mirrored = name == "FlashCam" and not in_order
    real_x = -real.pix_x if is_mirrored else real.pix_x
    order = np.arange(x.size) if in_order else order_of(x, y, real_x, real.pix_y)
    assert np.hypot(x - real_x[order], y - real.pix_y[order]).max() < NEAR
    np.testing.assert_allclose(layout.area, real.pix_area, rtol=1e-6)
    np.testing.assert_allclose(layout.size, real.pix_width, rtol=1e-6)
    place = np.argsort(order)
    theirs = as_sets((real.neighbor_indptr, real.neighbor_indices))
    expected = [set(place[sorted(theirs[row])].tolist()) for row in order]
    assert as_sets(layout.neighbors) == expected


@pytest.mark.parametrize("name", sorted(LAYOUTS.keys() - {"CHEC", "SSTCam"}))
def test_camera_tables(name, shared):
    path = shared / "data" / "aux" / f"{name}.camgeom.fits.gz"
    table = fits.getdata(path, 1)
    real_x, real_y = table["pix_x"].astype(float), table["pix_y"].astype(float)
    if name == "FlashCam":
        real_x = -real_x
    x, y = turned(LAYOUTS[name])
    order = order_of(x, y, real_x, real_y)
    assert np.hypot(x - real_x[order], y - real_y[order]).max() < NEAR


def blocks_of(shared, file, tel_id):
    """Camera settings and organisation of a telescope, read by eventio."""
    eventio = pytest.importorskip("eventio")
    found = {}
    with eventio.EventIOFile(shared / "data" / "simtel" / file) as blocks:
        for each in blocks:
            if each.header.type in (2002, 2003) and each.telescope_id == tel_id:
                found[each.header.type] = each.parse()
            if len(found) == 2:
                return found[2002], found[2003]
    raise AssertionError(f"no telescope {tel_id} in {file}")


@pytest.mark.parametrize(("file", "tel_id", "name"), [h[:3] for h in HEADERS if h[3]])
def test_surface_and_rotation(file, tel_id, name, shared):
    settings, _ = blocks_of(shared, file, tel_id)
    layout = LAYOUTS[name]
    assert layout.rotation == pytest.approx(settings["cam_rot"], abs=1e-5)
    assert layout.shape_code == settings["pixel_shape"][0]
    assert np.abs(layout.z - settings["pixel_z"]).max() < NEAR
    assert layout.is_curved == bool(settings["curved_surface"])


@pytest.mark.parametrize(
    ("file", "tel_id", "name"),
    # The others have a module for every pixel, or none.
    [h[:3] for h in HEADERS if h[3] and h[2] not in ("DigiCam", "SCTCam")],
)
def test_modules(file, tel_id, name, shared):
    _, organization = blocks_of(shared, file, tel_id)
    layout = LAYOUTS[name]
    assert (organization["drawer"] == layout.module).all()


def sectors_of(organization):
    """Sets of pixels that a trigger of a real camera looks at."""
    sectors = {}
    for pixel, numbers in enumerate(organization["sectors"]):
        for number in numbers:
            sectors.setdefault(int(number), []).append(pixel)
    return {tuple(pixels) for pixels in sectors.values()}


def sets_of(patches):
    return {tuple(sorted(row[row >= 0].tolist())) for row in patches}


def test_analog_sums_are_those_of_real_files(shared):
    _, organization = blocks_of(shared, HEADERS[0][0], 2)
    patches = load_array("LST-1").models[0].trigger.patches
    assert patches.shape == (474, 21)
    assert sets_of(patches) == sectors_of(organization)


def test_digital_sums_of_flowers_are_those_of_real_files(shared):
    _, organization = blocks_of(shared, "calib_events.simtel.gz", 6)
    digicam = next(m for m in ALL.models if m.layout.name == "DigiCam")
    assert sets_of(digicam.trigger.patches) == sectors_of(organization)


def test_pairs_of_superpixels_are_those_of_real_files(shared):
    """Files name a superpixel by its first pixel."""
    _, organization = blocks_of(shared, "gct_checs_muons.simtel.zst", 1)
    trigger = next(m for m in ALL.models if m.layout.name == "CHEC").trigger
    first = trigger.patches[:, 0]
    near = as_sets(trigger.neighbors)
    pairs = {
        tuple(sorted((int(first[i]), int(first[j]))))
        for i, others in enumerate(near)
        for j in others
    }
    assert pairs == sectors_of(organization)


def test_digital_sums_of_triplets_are_nearly_those_of_real_files(shared):
    """Files name a triplet by one pixel; a few at the edge are grouped otherwise."""
    _, organization = blocks_of(shared, "prod5_north_proton_flashcam.simtel.zst", 5)
    trigger = next(m for m in ALL.models if m.layout.name == "FlashCam").trigger
    named = {tuple(p for p in row if p % 12 in (0, 3, 4, 7)) for row in trigger.patches}
    real = {each for each in sectors_of(organization) if len(each) == 3}
    assert len(named) == len(real) == 546
    assert len(named & real) == 535


@pytest.mark.parametrize("name", LAYOUTS)
def test_patches_are_sets_of_pixels(name):
    trigger = next(m for m in ALL.models if m.layout.name == name).trigger
    kept = trigger.patches >= 0
    assert (np.diff(kept.astype(int), axis=1) <= 0).all()  # -1 at the end
    assert kept[:, 0].all()
    assert set(trigger.patches[kept].tolist()) <= set(range(LAYOUTS[name].n_pixels))
    is_majority = trigger.kind == "majority"
    assert trigger.neighbors.indptr.size == len(trigger.patches) + 1
    assert bool(trigger.neighbors.indices.size) == is_majority
