"""What the writer refuses: the format has no room for it, or readers misread it."""

import numpy as np
import pytest

from cta_columnar.simulation.simtel import (
    atmospheres,
    cameras,
    framing,
    histograms,
    images,
    monitoring,
    packing,
    photoelectrons,
    runs,
    showers,
    triggers,
)
from cta_columnar.simulation.simtel.versions import check_version


def trigger(mask, **more):
    one = np.array([1])
    content = triggers.ArrayTrigger(
        cpu_time=(0, 0),
        gps_time=(0, 0),
        tel_id=one,
        time=one * 0.5,
        mask=mask,
        data_tel_id=one,
        **more,
    )
    return triggers.array_trigger(content)


def electrons(pixels, n_pixels=9, n_times=2, **more):
    pixel = np.array(pixels, np.int32)
    times = np.zeros(n_times, np.float32)
    return photoelectrons.photo_electrons(n_pixels, pixel, times, **more)


def five_by_four():
    nothing = np.zeros(0)
    layers = {"five_layer_atmosphere": np.zeros((5, 4))}
    columns = dict.fromkeys(
        ("altitude_km", "rho", "thickness", "refractive_index_minus_1"), nothing
    )
    content = atmospheres.AtmosphericProfile(name="", obslevel=0.0, **columns, **layers)
    return atmospheres.atmospheric_profile(content)


def one_axis(data):
    axis = histograms.Axis(n_bins=3, lower=0.0, upper=1.0)
    content = histograms.Histogram(
        ident=1, title="", axes=[axis], data=data, entries=1, tentries=1
    )
    return histograms.histograms([content])


def looking(nxpix):
    one = np.zeros(1)
    shapes = {"pixel_shape": 1, "pixel_area": 1.0, "pixel_size": 1.0}
    content = cameras.CameraSettings(
        pixel_x=one,
        pixel_y=one,
        focal_length=1.0,
        n_mirrors=1,
        mirror_area=1.0,
        nxpix=nxpix,
        **shapes,
    )
    return cameras.camera_settings(content)


def placed(positions):
    content = runs.RunHeader(
        run=1, time=0, tel_id=np.array([1, 2]), tel_pos=positions, direction=(0.0, 0.0)
    )
    return runs.run_header(content)


REFUSED = {
    "a version": (lambda: check_version(2009, 4), "no version 4 .*: 0, 1, 2, 3"),
    "a telescope in a type": (lambda: framing.telescope_type(2200, 6400), "6400"),
    "a telescope in an id": (lambda: framing.packed_telescope(0x4000), "16384"),
    "a true image": (lambda: photoelectrons.photo_electrons_id(100, 1001), "1001"),
    "use 100": (lambda: showers.event_id(1, 100), "use 100 of shower 1"),
    "shower 0": (lambda: showers.event_id(0, 1), "use 1 of shower 0"),
    "a length": (lambda: framing.header(1, 1, 2**42, 0), "cannot be framed"),
    "a short": (lambda: packing.shorts([1, 40000]), "40000.* as <i2"),
    "a negative count": (lambda: packing.unsigned(3, -1), "-1 is negative"),
    "traces of floats": (lambda: packing.differences(np.zeros((1, 1))), "float64"),
    "a mask that is misread": (lambda: trigger(0x20), "would be misread"),
    "times of triggers": (
        lambda: trigger(3, time_by_type={1: {0: 1.0}}),
        r"needs times of triggers \[0, 1\]",
    ),
    "pixels that fall": (lambda: electrons([2, 1]), "sorted"),
    "a pixel too many": (lambda: electrons([1, 9]), "of a camera"),
    "a negative pixel": (lambda: electrons([-1, 1]), "of a camera"),
    "times": (lambda: electrons([1, 2], n_times=1), "lack"),
    "amplitudes": (
        lambda: electrons([1, 2], amplitude=np.zeros(1, np.float32)),
        "lack",
    ),
    "amplitudes of version 1": (
        lambda: electrons([1, 2], amplitude=np.zeros(2, np.float32), version=1),
        "times only",
    ),
    "layers": (five_by_four, "not 5 x 5"),
    "bins": (lambda: one_axis(np.zeros(4)), r"of \(3,\) bins"),
    "directions": (lambda: looking(np.zeros(1)), "not in y"),
    "positions": (lambda: placed(np.zeros((1, 3))), "2 telescopes at"),
    "unknown state": (
        lambda: monitoring.pixel_monitoring(1, 1, {"colour": 1}),
        "colour",
    ),
    "stereo": (
        lambda: images.stereo_reconstruction(1, 1, [1], [[1.0], *[[]] * 9]),
        "group 0 has 1",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    write, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        write()
