import numpy as np
import pytest
import toy_observatory as toy

from cta_columnar.errors import UserError
from cta_columnar.gadf import make_hdu
from cta_columnar.stages.dl3.field_of_view import from_polar
from cta_columnar.stages.dl3.off_region import (
    OffRegionBackground,
    Region,
    free_share,
    outside,
)
from cta_columnar.stages.dl3.pointing import Drift
from cta_columnar.stages.irf.axes import Axis

ENERGY = Axis("reco_energy", "TeV", (0.1, 1.0, 10.0))
OFFSET = Axis("reco_source_fov_offset", "deg", (0.0, 0.5, 1.0, 2.0))
CRAB = Region(toy.CRAB.ra, toy.CRAB.dec, 0.3)


def make_events(observation, n, seed, within=2.0):
    """Events spread evenly over the field of view, energies as 1/E."""
    rng = np.random.default_rng(seed)
    theta = np.degrees(np.arccos(1 - rng.random(n) * (1 - np.cos(np.radians(within)))))
    there = observation.pointing
    dec, ra = from_polar(
        theta, rng.uniform(0, 360, n), np.array(there.dec), np.array(there.ra)
    )
    columns = {
        "EVENT_ID": np.arange(n),
        "TIME": np.zeros(n),
        "RA": ra,
        "DEC": dec,
        "ENERGY": 0.1 * 100 ** rng.random(n),
        "THETA": theta,
    }
    return make_hdu("events", columns, {})


def test_the_rate_does_not_see_what_is_left_out():
    first = toy.make_observation(1)
    second = toy.make_observation(2, start="2024-12-06T00:00:00", north=-0.7)
    with_hole = OffRegionBackground(ENERGY, OFFSET, [CRAB])
    whole = OffRegionBackground(ENERGY, OFFSET, [])
    for seed, each in enumerate((first, second)):
        events = make_events(each, 200_000, seed)
        whole.add(events, each)
        # Whatever is in the hole, a source of any strength, does not matter.
        with_hole.add(events, each)
        with_hole.add(_at_the_target(events), _no_time(each))
    rate, wanted = with_hole.component(), whole.component()
    flat = 200_000 / 2 / np.diff(ENERGY.edges)[:, None]
    flat = flat / (2 * np.pi * (1 - np.cos(np.radians(2.0)))) / first.livetime
    np.testing.assert_allclose(wanted["background"], flat * np.ones(3), rtol=0.02)
    np.testing.assert_allclose(rate["background"], wanted["background"], rtol=0.02)
    lost = wanted["n_events"] - rate["n_events"]
    assert (lost[:, 1] > 0.1 * wanted["n_events"][:, 1]).all()
    assert (lost[:, 2] == 0).all()
    assert (rate["background_uncert"][:, 1] > wanted["background_uncert"][:, 1]).all()


def _at_the_target(events):
    columns = dict(events.columns)
    columns["RA"] = np.full(events.n_rows, toy.CRAB.ra)
    columns["DEC"] = np.full(events.n_rows, toy.CRAB.dec)
    return make_hdu("events", columns, {})


def _no_time(observation):
    return toy.make_observation(
        9,
        intervals=observation.intervals,
        dead_fraction=1.0,
        pointing=observation.pointing,
    )


def test_the_share_that_is_free():
    there = toy.make_observation(1).pointing
    observation = toy.make_observation(1)
    assert (free_share(OFFSET, observation, []) == 1).all()
    # A region around the pointing covers its disc exactly.
    around = [Region(there.ra, there.dec, 0.75)]
    cap = 1 - np.cos(np.radians(0.75))
    ring = np.diff(-np.cos(np.radians(OFFSET.array)))
    wanted = 1 - (cap - ring[0]) / ring[1]
    np.testing.assert_allclose(
        free_share(OFFSET, observation, around), [0, wanted, 1], atol=1e-3
    )
    # One beside it takes away its own solid angle, twice the same not twice.
    beside = [CRAB, CRAB]
    free = free_share(OFFSET, observation, beside)
    taken = ((1 - free) * ring).sum()
    assert taken == pytest.approx(1 - np.cos(np.radians(0.3)), rel=0.01)


def test_a_drift_moves_through_a_region():
    moving = toy.make_observation(1, pointing=Drift(80.0, 180.0))
    ra, dec = moving.pointing.icrs(np.array([moving.middle_ns]), moving.site)
    free = free_share(OFFSET, moving, [Region(float(ra[0]), float(dec[0]), 0.5)])
    # In 20 minutes the sky goes on by 5 deg: mostly it is far away.
    assert (free[:2] > 0.6).all()
    assert (free[:2] < 1).all()


def test_regions_that_leave_nothing():
    observation = toy.make_observation(1)
    there = observation.pointing
    found = OffRegionBackground(ENERGY, OFFSET, [Region(there.ra, there.dec, 0.6)])
    found.add(make_events(observation, 100, 0), observation)
    with pytest.raises(
        UserError, match=r"ring from 0 to 0.5 deg .* nothing is outside"
    ):
        found.component()
    none = OffRegionBackground(ENERGY, OFFSET, [])
    none.add(make_events(observation, 0, 0), observation)
    with pytest.raises(UserError, match="no event is left"):
        none.component()


def test_outside_of_all_regions():
    ra, dec = np.array([10.0, 10.0, 359.9]), np.array([0.0, 0.5, 0.0])
    regions = [Region(10.0, 0.0, 0.4), Region(0.1, 0.0, 0.3)]
    assert outside(regions, ra, dec).tolist() == [False, True, False]
    assert outside([], ra, dec).all()
