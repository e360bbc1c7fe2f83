"""Header blocks that change, come twice, contradict each other or are damaged."""

import math
import struct
import time
from collections import Counter
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pytest
from reference.blocks import MARKER, read_whole, walk

from cta_columnar.instrument.pulses import integration_correction
from cta_columnar.kernels.simtel import block_types as kinds
from cta_columnar.schemas import simulation
from cta_columnar.sources.simtel.header_blocks import (
    COLD_BLOCKS,
    DESCRIPTION_BLOCKS,
    HeaderError,
)
from cta_columnar.sources.simtel.headers import RunHeaders
from cta_columnar.sources.simtel.pointing import altitude_deg
from cta_columnar.sources.simtel.simulation_headers import has_true_image
from cta_columnar.sources.simtel.telescope_names import names_of

ONE_TELESCOPE = "aux_traces_2029.simtel.zst"


def cold_blocks(shared, name):
    content = read_whole(shared / "data" / "simtel" / name)
    return [block for block in walk(content) if block[0] in COLD_BLOCKS]


@pytest.fixture(scope="module")
def one_telescope(shared):
    """Cold blocks of a run of one FlashCam; each kind once."""
    found = cold_blocks(shared, ONE_TELESCOPE)
    assert Counter(b[0] for b in found).most_common(2)[1][1] == 1  # metadata: two
    return found


def feed(blocks):
    headers = RunHeaders()
    for block in blocks:
        headers.add(*block)
    return headers


def with_content(block, content, ident=None):
    """The same block with other bytes after its header."""
    kind, old_ident, data = block
    word = struct.unpack_from("<I", data, 4)[0]
    ident = old_ident if ident is None else ident
    header = struct.pack("<IIiI", MARKER, word, ident, len(content))
    return kind, ident, header + content


def replaced(blocks, kind, change):
    return [change(block) if block[0] == kind else block for block in blocks]


def without(blocks, *kinds_left_out):
    return [block for block in blocks if block[0] not in kinds_left_out]


def patched(block, offset, code, *values):
    content = bytearray(block[2][16:])
    struct.pack_into(code, content, offset, *values)
    return with_content(block, bytes(content))


def test_complete_only_with_every_description(one_telescope):
    headers = RunHeaders()
    for block in one_telescope:
        if block[0] in DESCRIPTION_BLOCKS:
            assert not headers.complete
            assert headers.missing == (1,)
        headers.add(*block)
    assert headers.complete
    assert headers.missing == ()


def test_blocks_of_events_are_ignored(one_telescope):
    headers = feed(one_telescope)
    headers.add(2010, 1, b"anything")
    assert headers.complete


def test_ids_may_come_unsigned(one_telescope):
    blocks = [(kind, ident % 2**32, data) for kind, ident, data in one_telescope]
    assert feed(blocks).subarray() == feed(one_telescope).subarray()


def test_id_that_is_not_that_of_the_block(one_telescope):
    kind, ident, data = one_telescope[0]
    with pytest.raises(HeaderError, match=r"History\[70\].*id"):
        RunHeaders().add(kind, ident + 1, data)


def test_header_that_ends_early_gives_the_telescopes_described(shared):
    headers = feed(cold_blocks(shared, "test_camorganv2.simtel.gz"))
    assert not headers.complete
    assert headers.missing == tuple(range(78, 126))
    assert headers.subarray("EQUIVALENT").tel_ids.tolist() == list(range(1, 78))
    with pytest.raises(HeaderError, match="telescope 78 is not described"):
        headers.calibration_index(78)


def test_194_telescopes_are_quick(shared):
    blocks = cold_blocks(shared, "gamma_merged.simtel.gz")
    start = time.process_time()
    headers = feed(blocks)
    subarray = headers.subarray("EQUIVALENT")
    assert time.process_time() - start < 2
    assert len(subarray) == 194
    assert len(subarray.types) == 5


@pytest.mark.parametrize("kind", sorted(COLD_BLOCKS))
def test_a_block_cut_short_is_named(shared, kind):
    blocks = cold_blocks(shared, ONE_TELESCOPE)
    (_, ident, data) = next(block for block in blocks if block[0] == kind)
    headers = RunHeaders()
    for size in (0, 3, 12, 17, 24):
        with pytest.raises(HeaderError, match=rf"\[{kind}\]") as caught:
            headers.add(kind, ident, data[:size])
        assert caught.value.block_type == kind


@pytest.mark.parametrize(
    "name", [ONE_TELESCOPE, "lst_muons.simtel.zst", "n_hv_disabled.simtel.gz"]
)
def test_flipped_bits_are_errors_or_harmless(shared, name):
    """Any damage gives the one error, or numbers that are wrong but usable."""
    blocks = cold_blocks(shared, name)
    rng = np.random.default_rng(20240607)
    for i in rng.integers(len(blocks), size=120):
        kind, ident, data = blocks[i]
        damaged = bytearray(data)
        # more of them among the sizes and counts at the start
        near = rng.random() < 0.5
        at = int(rng.integers(4, min(64, len(data)) if near else len(data)))
        damaged[at] ^= 1 << int(rng.integers(8))
        with suppress(HeaderError):
            use([*blocks[:i], (kind, ident, bytes(damaged)), *blocks[i + 1 :]])


def use(blocks):
    """Ask for everything."""
    headers = feed(blocks)
    subarray = headers.subarray("EQUIVALENT")
    for each in subarray.types:
        integration_correction(each.readout, 7, 3)
        assert each.camera.neighbor_indptr[-1] >= 0
    for tel_id in subarray.tel_ids.tolist():
        headers.calibration_index(tel_id)
    headers.thrown(1)
    headers.atmosphere(1)
    pa.Table.from_pylist([headers.run_row(1)], simulation.RUNS)


def test_blocks_of_no_telescope_of_the_run(one_telescope):
    for kind in DESCRIPTION_BLOCKS | {kinds.LASER_CALIBRATION}:
        moved = replaced(one_telescope, kind, lambda b: with_content(b, b[2][16:], 9))
        with pytest.raises(HeaderError, match="telescope 9 is not in the run header"):
            feed(moved)


def test_things_that_come_too_often(one_telescope):
    run_header = next(b for b in one_telescope if b[0] == kinds.RUN_HEADER)
    settings = next(b for b in one_telescope if b[0] == kinds.CAMERA_SETTINGS)
    with pytest.raises(HeaderError, match="second one"):
        feed([*one_telescope, run_header])
    with pytest.raises(HeaderError, match="describes telescope 1 again"):
        feed([*one_telescope, settings])


def test_things_that_come_too_early(one_telescope):
    with pytest.raises(HeaderError, match=r"RunHeader\[2000\]: has not come"):
        feed(without(one_telescope, kinds.RUN_HEADER))
    with pytest.raises(HeaderError, match="has not come"):
        RunHeaders().run_row(1)
    undescribed = without(one_telescope, *DESCRIPTION_BLOCKS)
    headers = feed(undescribed)
    with pytest.raises(HeaderError, match="none of its telescopes"):
        headers.subarray()


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (kinds.CAMERA_SETTINGS, (4, "<f", math.nan), "focal_length is nan"),
        (kinds.CAMERA_SETTINGS, (4, "<f", -1.0), "focal_length is -1"),
        (kinds.CAMERA_SETTINGS, (12, "<f", math.inf), "pixel_x is not finite"),
        (kinds.CAMERA_SETTINGS, (0, "<i", 1763), "cannot be read|pixels|is"),
        (kinds.CAMERA_ORGANIZATION, (0, "<i", 5), "1 gains x 5 pixels"),
        (kinds.CAMERA_ORGANIZATION, (8, "<i", 3), "3 gains x 1764 pixels"),
        (kinds.RUN_HEADER, (48, "<i", 0), r"telescopes \[\]"),
        (kinds.MC_RUN_HEADER, (0, "<i", 1), None),
    ],
)
def test_values_that_make_no_sense(one_telescope, kind, change, message):
    blocks = replaced(one_telescope, kind, lambda block: patched(block, *change))
    if message is None:
        feed(blocks).subarray()
        return
    with pytest.raises(HeaderError, match=message):
        feed(blocks).subarray()


def test_disabled_pixels_beyond_the_camera(one_telescope):
    content = struct.pack("<iii", 0, 1, 1764)
    blocks = replaced(
        one_telescope, kinds.DISABLED_PIXELS, lambda b: with_content(b, content)
    )
    with pytest.raises(HeaderError, match="beyond the 1764"):
        feed(blocks).subarray()


def test_disabled_pixels_are_outliers(one_telescope):
    headers = feed(one_telescope)
    (each,) = headers.subarray().types
    row = headers.calibration_index(1)
    mask = headers.coefficients(each.name).outlier_mask[row]
    assert np.flatnonzero(mask[0]).tolist() == [219, 576, 578, 807, 1395, 1684]


def laser(one_telescope, factor):
    """The laser calibration block with other factors."""
    block = next(b for b in one_telescope if b[0] == kinds.LASER_CALIBRATION)
    n_pixels, n_gains = struct.unpack_from("<Hh", block[2], 16)
    factors = np.frombuffer(block[2], "<f4", n_pixels * n_gains, offset=24)
    content = block[2][16:24] + (factors * np.float32(factor)).tobytes()
    return with_content(block, content + block[2][24 + factors.nbytes :])


def test_calibration_that_changes_starts_a_row(one_telescope):
    headers = feed(one_telescope)
    (each,) = headers.subarray().types
    assert headers.calibration_index(1) == 0
    before = headers.coefficients(each.name)

    headers.add(*laser(one_telescope, 2.0))
    assert headers.calibration_index(1) == 1
    after = headers.coefficients(each.name)
    assert len(before) == 1
    assert len(after) == 2
    np.testing.assert_array_equal(after.dc_to_pe[1], 2 * before.dc_to_pe[0])
    # what the block did not bring is what it was
    np.testing.assert_array_equal(after.pedestal[1], before.pedestal[0])
    np.testing.assert_array_equal(after.dc_to_pe[0], before.dc_to_pe[0])
    with pytest.raises(ValueError, match="read-only"):
        after.pedestal[0] = 0


def test_calibration_that_comes_again_unchanged_starts_none(one_telescope):
    headers = feed(one_telescope)
    (each,) = headers.subarray().types
    headers.calibration_index(1)
    headers.add(*laser(one_telescope, 2.0))
    headers.calibration_index(1)
    headers.add(*laser(one_telescope, 1.0))
    assert headers.calibration_index(1) == 0
    assert len(headers.coefficients(each.name)) == 2
    assert headers.coefficients(each.name) is headers.coefficients(each.name)


def test_calibration_before_any_came_and_of_unknown_types(one_telescope):
    headers = feed(without(one_telescope, kinds.LASER_CALIBRATION))
    (each,) = headers.subarray().types
    assert headers.coefficients(each.name).pedestal.shape == (0, 1, 1764)
    with pytest.raises(HeaderError, match=r"LaserCalibration\[2023\]: none for"):
        headers.calibration_index(1)
    with pytest.raises(HeaderError, match=r"CameraMonitoring\[2022\]: none for"):
        feed(without(one_telescope, kinds.CAMERA_MONITORING)).calibration_index(1)
    with pytest.raises(KeyError, match="no telescopes of type LST"):
        headers.coefficients("LST")


def test_calibration_of_another_camera(one_telescope, shared):
    lst = cold_blocks(shared, "lst_muons.simtel.zst")
    other = next(b for b in lst if b[0] == kinds.LASER_CALIBRATION)
    headers = feed(one_telescope)
    headers.add(*other)
    with pytest.raises(HeaderError, match=r"\(1, 1764\).*\(2, 1855\)"):
        headers.calibration_index(1)


def test_runs_in_one_file_do_not_mix(one_telescope, shared):
    second = cold_blocks(shared, "prod5_north_gamma_history75.simtel.zst")
    first_headers = feed(one_telescope)
    want = feed(second)
    headers = first_headers
    for block in second:
        if block[0] == kinds.RUN_HEADER:
            headers = headers.following()
        headers.add(*block)
    assert headers is not first_headers
    assert headers.subarray() == want.subarray()
    assert headers.has_true_image == want.has_true_image
    assert first_headers.subarray() == feed(one_telescope).subarray()


def test_names_become_folders_and_differ(one_telescope):
    """A name with a slash, and a second group of the same name."""

    def renamed(block):
        return with_content(block, block[2][16:].replace(b"FlashCam", b"Flash/am"))

    blocks = replaced(one_telescope, kinds.HISTORY_META, renamed)
    (each,) = feed(blocks).subarray().types
    assert each.name == "MST_MST_Flash-am"
    assert each.camera.name == "Flash/am"


def test_types_that_clash_are_numbered(shared):
    headers = feed(cold_blocks(shared, "prod6_north_proton_7_0_0.simtel.zst"))
    names = [each.name for each in headers.subarray().types]
    assert names[:2] == ["LST_LSTN-design_LSTN-design", "LST_LSTN-design_LSTN-design_2"]


def test_run_without_simulation_header(one_telescope):
    headers = feed(without(one_telescope, kinds.MC_RUN_HEADER))
    row = headers.run_row(4)
    assert math.isnan(row["energy_range_max"])
    assert row["n_showers"] == -1
    assert row["diffuse"] is False
    assert pa.Table.from_pylist([row], simulation.RUNS).num_rows == 1
    assert headers.subarray().reference_height == 2147  # from the metadata


def test_run_that_tracks_the_sky(one_telescope):
    tracking = replaced(
        one_telescope, kinds.RUN_HEADER, lambda block: patched(block, 12, "<i", 1)
    )
    row = feed(tracking).run_row(1)
    assert np.isnan([row["pointing_alt"], row["pointing_az"]]).all()


def test_altitude_beyond_the_zenith_by_rounding():
    assert altitude_deg(float(np.float32(np.pi / 2))) == 90.0
    assert altitude_deg(-float(np.float32(np.pi / 2))) == -90.0
    assert altitude_deg(1.6) == pytest.approx(91.673, abs=1e-3)
    assert altitude_deg(1.0) == math.degrees(1.0)


TELESCOPE = b"# Telescope-specific configuration follows"


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], True),
        ([b"sim_telarray -c x.cfg"], False),
        ([b"bin/merge_simtel a b", b"STORE_PHOTOELECTRONS 20"], False),
        ([b"sim", b"STORE_PHOTOELECTRONS 20   % comment"], True),
        ([b"sim", b"store_photoelectrons 0"], False),
        ([b"sim", b"SAVE_PHOTONS 2"], True),
        ([b"sim", b"SAVE_PHOTONS 1"], False),
        ([b"sim", TELESCOPE, b"store_photoelectrons 0", TELESCOPE], False),
        ([b"sim", TELESCOPE, TELESCOPE, b"  STORE_PHOTOELECTRONS 9\n"], True),
        ([b"sim", TELESCOPE, b"STORE_PHOTOELECTRONS 5", b"STORE_PHOTOELECTRONS 0"], 0),
        ([b"sim", b"SAVE_PHOTONS many"], True),
    ],
)  # fmt: skip
def test_true_images_by_the_history(history, expected):
    assert has_true_image(history) == expected


META = {
    b"OPTICS_CONFIG_NAME": b"O",
    b"CAMERA_CONFIG_NAME": b"C",
    b"MIRROR_CLASS": b"0 ",
    b"PARABOLIC_DISH": b"0 ",
    b"DISH_SHAPE_Length": b"1920 ",
    b"FOCAL_Length": b"1600 ",
}


@pytest.mark.parametrize(
    ("change", "n_mirrors", "shape"),
    [
        ({}, 1, "HYBRID"),
        ({b"DISH_SHAPE_Length": b"1600"}, 1, "DAVIES_COTTON"),
        ({b"PARABOLIC_DISH": b"1"}, 1, "PARABOLIC"),
        ({b"MIRROR_CLASS": b"1"}, 1, "PARABOLIC"),
        ({b"MIRROR_CLASS": b"2"}, 2, "SCHWARZSCHILD_COUDER"),
    ],
)
def test_names_from_metadata(change, n_mirrors, shape):
    names = names_of(META | change, 1855, 28.0, 198, 100.0)
    assert (names.optics, names.camera, names.size_type) == ("O", "C", "MST")
    assert (names.n_mirrors, names.reflector_shape) == (n_mirrors, shape)


def test_names_without_metadata():
    assert names_of({}, 1039, 16.9701, 247, 240.0).optics == "MAGIC-2"
    assert names_of({}, 1855, 27.999999, 198, 387.0).camera == "LSTCam"
    unknown = names_of({}, 7, 2.0, 3, 10.4)
    assert unknown[1:] == ("UNKNOWN-10M2", "UNKNOWN-7PX", -1, "UNKNOWN")
    # without a mirror class the names alone do not count
    assert names_of({b"OPTICS_CONFIG_NAME": b"O"}, 7, 2.0, 3, 10.4) == unknown


def test_mirror_class_that_is_not_known():
    with pytest.raises(ValueError, match="MIRROR_CLASS 7"):
        names_of(META | {b"MIRROR_CLASS": b"7"}, 1, 1.0, 1, 1.0)
