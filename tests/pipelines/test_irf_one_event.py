"""What one event of the background weighs in bins of responses where there is none."""

import numpy as np
from toy_thrown import run_row, simulated

from cta_columnar.config import IrfConfig
from cta_columnar.pipelines.irf.basis import Basis
from cta_columnar.pipelines.irf.one_event import weight_of_one
from cta_columnar.pipelines.irf.plan import plan_of, spectra_of
from cta_columnar.schemas import dl2

CONE = {"diffuse": True, "max_viewcone_radius": 3.0}


def basis_of(electrons=(0.01, 100.0), in_bins=None, **config):
    settings = IrfConfig(**config)
    low, high = electrons
    runs = {
        "proton": simulated(run_row(obs_id=1, **CONE)),
        "electron": simulated(
            run_row(obs_id=2, energy_range_min=low, energy_range_max=high, **CONE)
        ),
    }
    in_bins = {name: in_bins(each) if in_bins else {} for name, each in runs.items()}
    plan = plan_of(settings, dl2.EVENTS, 2)
    return Basis(settings, plan, spectra_of(settings), runs, in_bins, np.ones(1))


def one_of(basis, name):
    (spec,) = (each for each in basis.plan.background if each.name == name)
    return spec, weight_of_one(basis, spec)


def test_it_weighs_what_events_of_its_energy_do():
    basis = basis_of()
    spec, one = one_of(basis, "background_rate")
    energy = spec.axes[0]
    assert energy.low[-1] < 100 < energy.high[-1]
    ends = np.array([energy.low, energy.centre, energy.high])
    weights = []
    for name in ("proton", "electron"):
        density = basis.runs[name].density(ends.ravel())
        flux = basis.spectra[name](ends.ravel())
        weights.append((flux / np.where(density > 0, density, np.inf)).reshape(3, -1))
    want = 50 * 3600 * np.max(weights, axis=(0, 1))
    np.testing.assert_allclose(one, want, rtol=1e-12)


def test_it_is_not_known_where_one_of_the_particles_was_not_thrown():
    spec, one = one_of(basis_of(electrons=(0.01, 5.0)), "background_rate")
    assert (np.isfinite(one) == (spec.axes[0].low < 5.0)).all()
    _, in_rings = one_of(basis_of(), "background_2d")
    assert in_rings.shape[1] == 6
    assert np.isnan(in_rings[:, 3:]).all()
    assert np.isfinite(in_rings[:10, :3]).all()
    spec, in_cells = one_of(basis_of(), "background_3d")
    far = np.hypot(4.5, 4.5)
    assert far > 3
    assert np.isnan(in_cells[10, 0, 0])
    assert np.isfinite(in_cells[10, spec.axes[1].n_bins // 2, spec.axes[2].n_bins // 2])


def test_bins_of_runs_have_their_own():
    """All showers in one of two bins, and none in the other."""

    def in_first(runs):
        return {0: runs.select(np.zeros(1, int))}

    axes = {"further": {"zenith": (0, 30, 60)}}
    basis = basis_of(in_bins=in_first, axes=axes)
    _, one = one_of(basis, "background_2d")
    assert one.shape[:2] == (2, basis.plan.axes.reco_energy.n_bins)
    assert np.isnan(one[1]).all()
    _, whole = one_of(basis_of(), "background_2d")
    np.testing.assert_allclose(one[0, :, :3], whole[:, :3], rtol=1e-12)
