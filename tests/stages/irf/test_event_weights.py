import astropy.units as u
import numpy as np
import pytest
from pyirf import spectral
from toy_thrown import DIFFUSE, pyirf_info, run_row, run_table, simulated

from cta_columnar.errors import UserError
from cta_columnar.stages.irf.axes import linear_axis
from cta_columnar.stages.irf.event_weights import event_weights
from cta_columnar.stages.irf.simulated_runs import (
    cone_solid_angle,
    read_simulated_runs,
)
from cta_columnar.stages.irf.simulated_spectra import (
    power_integral,
    read_simulated_spectra,
)
from cta_columnar.stages.irf.spectra import reference_spectrum

HOURS_50 = 50 * 3600.0
ENERGY = np.geomspace(0.01, 100, 50)
CRAB = reference_spectrum("CRAB_HEGRA")
PROTON = reference_spectrum("IRFDOC_PROTON_SPECTRUM")
RINGS = linear_axis("true_source_fov_offset", "deg", 0, 6, 3)


def in_pyirf(spectrum):
    return getattr(spectral, spectrum.name)


def pyirf_spectrum(row, n_runs=1):
    return spectral.PowerLaw.from_simulation(pyirf_info(row, n_runs), 50 * u.hour)


def test_the_simulated_spectrum_at_1_tev():
    got = simulated(run_row(**DIFFUSE)).density(np.ones(1)) / HOURS_50
    assert got[0] == pytest.approx(1.85276e-7, rel=1e-5)


@pytest.mark.parametrize("index", [-2.0, -2.7, -1.5])
@pytest.mark.parametrize(
    ("target", "changes"), [(CRAB, {}), (PROTON, DIFFUSE)], ids=["point", "diffuse"]
)
def test_weights_equal_those_of_pyirf(target, changes, index):
    row = run_row(spectral_index=index, **changes)
    want = spectral.calculate_event_weights(
        ENERGY * u.TeV, in_pyirf(target), pyirf_spectrum(row, n_runs=3)
    )
    got = event_weights(ENERGY, target, simulated(row, row, row), HOURS_50)
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_a_source_in_rings_of_diffuse_runs():
    row = run_row(**DIFFUSE)
    offset = np.linspace(0, 7, 50)
    got = event_weights(
        *(ENERGY, CRAB, simulated(row), HOURS_50), offset=offset, offset_axis=RINGS
    )
    for low, high in zip(RINGS.low, RINGS.high, strict=True):
        ring = (offset >= low) & (offset < high)
        spectrum = pyirf_spectrum(row).integrate_cone(low * u.deg, high * u.deg)
        want = spectral.calculate_event_weights(
            ENERGY[ring] * u.TeV, in_pyirf(CRAB), spectrum
        )
        np.testing.assert_allclose(got[ring], want, rtol=1e-10)
    assert (got[offset >= 6] == 0).all()


def test_a_ring_beyond_the_view_cone_has_no_source():
    runs = simulated(run_row(diffuse=True, max_viewcone_radius=4.0))
    offset = np.array([3.9, 4.0 + 1e-9, 6.0])
    rings = {"offset": offset, "offset_axis": RINGS}
    got = event_weights(np.ones(3), CRAB, runs, HOURS_50, **rings)
    assert (got > 0).tolist() == [True, False, False]


def test_a_ring_that_the_view_cone_does_not_fill():
    """As many events are expected of a source whatever part of a ring was simulated."""
    rng, totals = np.random.default_rng(7), []
    for cone in (5.0, 10.0):
        offset = np.degrees(
            np.arccos(1 - rng.random(100_000) * (1 - np.cos(np.radians(cone))))
        )
        ring = (offset >= 4) & (offset < 6)
        runs = simulated(run_row(diffuse=True, max_viewcone_radius=cone))
        rings = {"offset": offset[ring], "offset_axis": RINGS}
        energy = np.ones(np.count_nonzero(ring))
        totals.append(event_weights(energy, CRAB, runs, HOURS_50, **rings).sum())
    assert totals[0] == pytest.approx(totals[1], rel=0.02)


def test_runs_of_different_spectra_and_ranges_add_up():
    low = run_row(spectral_index=-2.0, energy_range_max=1.0)
    high = run_row(spectral_index=-2.5, energy_range_min=0.1, n_showers=700)
    together = event_weights(ENERGY, CRAB, simulated(low, high), HOURS_50)
    target = CRAB(ENERGY) * HOURS_50
    only_low, only_high = ENERGY < 0.1, ENERGY > 1
    each = [simulated(run).density(ENERGY) for run in (low, high)]
    np.testing.assert_allclose(target / together, sum(each), rtol=1e-12)
    np.testing.assert_allclose((target / together)[only_low], each[0][only_low])
    np.testing.assert_allclose((target / together)[only_high], each[1][only_high])


def test_weights_do_not_depend_on_the_order_of_runs():
    rng = np.random.default_rng(0)
    rows = [
        run_row(n_showers=int(n), spectral_index=float(i))
        for n, i in zip(
            rng.integers(1, 9999, 20), rng.choice([-2, -2.3], 20), strict=True
        )
    ]
    one = event_weights(ENERGY, CRAB, simulated(*rows), HOURS_50)
    other = event_weights(ENERGY, CRAB, simulated(*rows[::-1]), HOURS_50)
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["CRAB_MAGIC_JHEAP2015", "DAMPE_P_He_SPECTRUM"])
def test_a_weight_does_not_depend_on_the_batch_of_its_event(name):
    target, runs = reference_spectrum(name), simulated(run_row(**DIFFUSE))
    rings = {"offset_axis": RINGS}
    energy = 10 ** np.random.default_rng(0).uniform(-2, 2, 103)
    offset = np.linspace(0, 5, 103)
    whole = event_weights(energy, target, runs, HOURS_50, offset=offset, **rings)
    for size in (1, 2, 3, 5, 17):
        parts = [
            event_weights(
                energy[rows], target, runs, 180000, offset=offset[rows], **rings
            )
            for rows in (slice(k, k + size) for k in range(0, 103, size))
        ]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_energies_of_single_precision_are_in_range():
    low = np.float32(0.01) * np.ones(1)
    assert low[0] < 0.01
    assert event_weights(low, CRAB, simulated(run_row()), HOURS_50)[0] > 0


def test_weights_bring_the_expected_number_of_events():
    """Thrown by the power law and weighted, showers are as many as the target has."""
    rng = np.random.default_rng(5)
    n = 1_000_000
    energy = 1 / (100 - rng.random(n) * (100 - 0.01))  # index -2, 0.01 to 100 TeV
    total = event_weights(energy, CRAB, simulated(run_row()), HOURS_50).sum()
    fine = np.geomspace(0.01, 100, 4001)
    flux = CRAB(np.sqrt(fine[1:] * fine[:-1])) @ np.diff(fine)
    assert total == pytest.approx(flux * HOURS_50 * np.pi * 1000**2, rel=0.01)


def test_shares_that_were_kept_scale_what_was_thrown():
    table = run_table(run_row()).append_column("kept_share", [[0.25]])
    share = read_simulated_runs(table)
    assert share.n_showers[0] == 250_000


@pytest.mark.parametrize("index", [-2.0, -1.0, -3.3])
def test_showers_per_energy_wherever_they_fell(index):
    # About each telescope: over no area that is known, but of energies that are.
    row = run_row(spectral_index=index, core_pos_mode=3, energy_range_min=0.05)
    spectra = read_simulated_spectra(run_table(row, row))
    edges = np.geomspace(0.05, 100, 20_001)
    centres = np.sqrt(edges[1:] * edges[:-1])
    thrown = spectra.per_energy(centres) @ np.diff(edges)
    assert thrown == pytest.approx(2 * 1e6, rel=1e-4)
    assert (spectra.per_energy(np.array([0.04, 101.0])) == 0).all()
    assert (spectra.per_energy(np.array([0.05, 100.0])) > 0).all()


def test_integrals():
    assert power_integral(-1.0, 1.0, np.e) == pytest.approx(1)
    assert power_integral(-2.0, 1.0, 2.0) == pytest.approx(0.5)
    assert cone_solid_angle(180.0) == pytest.approx(4 * np.pi)
    assert cone_solid_angle(1e-9) == pytest.approx(np.pi * np.radians(1e-9) ** 2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"n_showers": 0}, r"run 7: no shower was thrown \(1 of 2 runs"),
        ({"energy_range_max": 0.01}, "its energies have no range"),
        ({"max_scatter_range": 0.0}, "not spread over an area"),
        ({"core_pos_mode": 2}, "not spread over a circle"),
        ({"diffuse": True, "min_viewcone_radius": 2.0}, "view cone is none"),
        (DIFFUSE, "some runs are diffuse and some are of a point source"),
        ({"n_showers": -1, "energy_range_min": np.nan}, "no shower was thrown"),
    ],
)
def test_runs_that_say_too_little(changes, said):
    with pytest.raises(UserError, match=said):
        simulated(run_row(), run_row(obs_id=7, **changes))


def test_complaints():
    with pytest.raises(UserError, match="no simulated run"):
        simulated()
    runs = simulated(run_row())
    with pytest.raises(
        UserError, match=r"1 events have energies .* row 1 with 200 TeV"
    ):
        event_weights(np.array([1.0, 200.0]), CRAB, runs, HOURS_50)
    with pytest.raises(UserError, match="per solid angle"):
        event_weights(ENERGY, PROTON, runs, HOURS_50)
    with pytest.raises(UserError, match="want the offsets"):
        event_weights(ENERGY, CRAB, simulated(run_row(**DIFFUSE)), HOURS_50)
    with pytest.raises(UserError, match="0 s is not positive"):
        event_weights(ENERGY, CRAB, runs, 0)
    wider = simulated(run_row(**DIFFUSE), run_row(diffuse=True, max_viewcone_radius=6))
    with pytest.raises(UserError, match=r"view cones of different size \(6, 10 deg"):
        event_weights(ENERGY, PROTON, wider, HOURS_50)
    other = simulated(run_row(), run_row(max_scatter_range=1500.0))
    with pytest.raises(UserError, match="different size \\(1000, 1500 m\\)"):
        _ = other.total_area
