"""How much one image counts among those of an event."""

from collections.abc import Mapping

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.errors import did_you_mean

# Columns that the weights of each scheme are made of.
IMAGE_WEIGHTS = {
    "none": (),
    "intensity": ("hillas_intensity",),
    "aspect-weighted-intensity": ("hillas_intensity", "hillas_length", "hillas_width"),
    "containment-weighted-intensity": (
        "hillas_intensity",
        "hillas_length",
        "hillas_width",
        "leakage_intensity_width_2",
    ),
}


def image_weights(scheme: str, columns: Mapping[str, AnyArray], n_rows: int) -> F8:
    """Weights of images by the name of a scheme, as ctapipe's ``StereoMeanCombiner``.

    Parameters
    ----------
    scheme : str
        ``none``: 1. ``intensity``: the charge. ``aspect-weighted-intensity``: charge
        times length over width. ``containment-weighted-intensity``: for long images
        that do not leak out of the camera, ``(intensity (1 - width / length))^2
        (1 - leakage_intensity_width_2)^4``.
    columns : mapping of str to array[r]
        Those that `IMAGE_WEIGHTS` names, at least.
    n_rows : int
        Number of images.

    Returns
    -------
    weights : float64[r]
        NaN or infinite where the image has no such parameters.

    Raises
    ------
    ValueError
        If there is no such scheme.
    """
    if scheme not in IMAGE_WEIGHTS:
        hint = did_you_mean(scheme, IMAGE_WEIGHTS)
        raise ValueError(f"no weights {scheme!r}; {hint}")
    needed = [np.asarray(columns[each], np.float64) for each in IMAGE_WEIGHTS[scheme]]
    weights = np.ones(n_rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        if scheme == "intensity":
            weights *= needed[0]
        elif scheme == "aspect-weighted-intensity":
            intensity, length, width = needed
            weights *= intensity * length / width
        elif scheme == "containment-weighted-intensity":
            intensity, length, width, leakage = needed
            elongated = intensity * (1.0 - width / length)
            weights *= elongated**2 * (1.0 - leakage) ** 4
    return weights
