"""Pictures: cameras, arrays, distributions, and one page that shows a dataset.

Functions draw plain arrays into axes of matplotlib that you make yourself. They need
the extra ``plot``: ``pip install 'cta-columnar[plot]'``.

====================  ==========================================================
`camera`              an image, every pixel in its true shape
`outline`             a line around pixels, e.g. those kept by the cleaning
`hillas_ellipse`      the ellipse of a row of ``parameters``
`direction`           a star or cross in the field of view
`array`               telescopes from above, coloured by a value
`tel_ids`             their numbers
`core`                a star or cross on the ground
`image_axes`          main axes of images on the ground
`angular_residuals`   68 % containment per bin of energy
`offsets`             reconstructed about true directions
`counts`              histograms of common bins
`densities`           shapes of distributions
`irf_curves`          responses and figures of merit against energy
`irf_cut_curves`      cuts against energy
`irf_matrices`        migration, psf, maps of background, ROC curves
`dl3_figures`         the sky, theta squared, rates and times of event lists
`report`              all of it, for datasets, as one page of HTML
====================  ==========================================================

A camera image with what was made of it::

    import matplotlib.pyplot as plt
    import polars as pl

    from cta_columnar import display, open_store

    store = open_store("dl1/")
    telescope = store.subarray().type_of(1)
    keys = ["obs_id", "event_id", "tel_id"]
    images = store.scan("images", telescope.name).head(100)
    rows = images.join(store.scan("parameters", telescope.name), on=keys).collect()

    row = rows.sort("hillas_intensity").row(-1, named=True)
    fig, ax = plt.subplots()
    display.camera(ax, telescope, row["image"], norm=display.square_root(row["image"]))
    display.outline(ax, telescope, row["image_mask"])
    display.hillas_ellipse(ax, row)
"""

from cta_columnar.display._matplotlib import MissingLibraryError
from cta_columnar.display.cameras import (
    camera,
    direction,
    hillas_ellipse,
    outline,
    square_root,
)
from cta_columnar.display.histograms import counts, densities
from cta_columnar.display.maps import array, core, image_axes, tel_ids
from cta_columnar.display.residuals import angular_residuals, containment, offsets

__all__ = [
    "MissingLibraryError",
    "angular_residuals",
    "array",
    "camera",
    "containment",
    "core",
    "counts",
    "densities",
    "direction",
    "hillas_ellipse",
    "image_axes",
    "offsets",
    "outline",
    "square_root",
    "tel_ids",
]
