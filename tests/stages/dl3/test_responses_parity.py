"""Our tables of responses beside those that pyirf writes.

Different on purpose: HDUVERS (0.2 there), DATE (of now there), RPSF as class of the
PSF, and no 3D background there whose axes differ in length.
"""

import astropy.units as u
import numpy as np
import pytest
import toy_observatory as toy
from pyirf.io import (
    create_aeff2d_hdu,
    create_background_2d_hdu,
    create_energy_dispersion_hdu,
    create_psf_table_hdu,
    create_rad_max_hdu,
)

from cta_columnar.stages.dl3.responses import response_hdu
from cta_columnar.stages.irf.component import Component
from cta_columnar.store.gadf.writing import to_fits

OBSERVATION = toy.make_observation(dead_fraction=0.0)
AXES = toy.AXES
ENERGY, RECO = AXES.true_energy.array * u.TeV, AXES.reco_energy.array * u.TeV
OFFSET, RECO_OFFSET = AXES.true_offset.array * u.deg, AXES.reco_offset.array * u.deg
RADIUS = Component(
    "rad_max",
    (AXES.reco_energy, AXES.reco_offset),
    {"rad_max": np.linspace(0.1, 0.2, 160).reshape(20, 8)},
)
RATE = u.Unit("TeV-1 s-1 sr-1")


def of_pyirf(name, value):
    if name == "effective_area":
        return create_aeff2d_hdu(value * u.m**2, ENERGY, OFFSET, point_like=False)
    if name == "energy_dispersion":
        migration = AXES.migration.array
        return create_energy_dispersion_hdu(value, ENERGY, migration, OFFSET, False)
    if name == "psf":
        return create_psf_table_hdu(
            value / u.sr, ENERGY, AXES.theta.array * u.deg, OFFSET
        )
    if name == "background_2d":
        return create_background_2d_hdu(value * RATE, RECO, RECO_OFFSET)
    return create_rad_max_hdu(value * u.deg, RECO, RECO_OFFSET)


@pytest.mark.parametrize(
    "name", ["effective_area", "energy_dispersion", "psf", "background_2d", "rad_max"]
)
def test_columns_are_those_of_pyirf(components, name):
    component = {**components, "rad_max": RADIUS}[name]
    value = component["background" if name == "background_2d" else name]
    ours, theirs = to_fits(response_hdu(component, OBSERVATION)), of_pyirf(name, value)
    assert ours.columns.names == theirs.columns.names
    for mine, wanted in zip(ours.columns, theirs.columns, strict=True):
        assert mine.format == wanted.format
        assert u.Unit(mine.unit or "") == u.Unit(wanted.unit or "")
        a, b = ours.data[mine.name], theirs.data[mine.name]
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-14, err_msg=mine.name)
    for key in ("HDUCLASS", "HDUCLAS1", "HDUCLAS3", "HDUCLAS4"):
        assert ours.header[key] == theirs.header[key]
    for key in (key for key in theirs.header if key.startswith("CREF")):
        assert ours.header[key] == theirs.header[key]
