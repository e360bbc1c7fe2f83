import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import draws as reference_draws
from reference.simulation import hadrons as reference

from cta_columnar.kernels.simulation import hadrons
from cta_columnar.kernels.simulation.draws import new_stream

KEY = (5, 6, 0, 0, 9)
WORD = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=25)
@given(st.floats(1, 1e6))
def test_interaction_lengths(energy):
    for kind, name in (
        (hadrons.PROTON, "nucleon"), (hadrons.NEUTRON, "nucleon"),
        (hadrons.PION, "pion"), (hadrons.KAON, "kaon"),
        (hadrons.NEUTRAL_KAON, "kaon"),
    ):  # fmt: skip
        got = hadrons.interaction_length(kind, energy)
        assert got == pytest.approx(reference.interaction_length(name, energy))


@settings(deadline=None, max_examples=25)
@given(WORD)
def test_shares_are_quantiles(shower):
    u = next(reference_draws.uniforms(1, 1, 0, 0, shower))
    for kind, b in ((hadrons.PROTON, 1.2), (hadrons.PION, 1.0)):
        got = hadrons.leading_share(new_stream(1, 1, 0, 0, shower), kind)
        assert got == pytest.approx(reference.share(u, b), abs=1e-12)
    got = hadrons.secondary_share(new_stream(1, 1, 0, 0, shower), 0)
    assert got == pytest.approx(reference.share(u, hadrons.HARDEST), abs=1e-12)
    got = hadrons.secondary_share(new_stream(1, 1, 0, 0, shower), 1)
    assert got == pytest.approx(reference.share(u, hadrons.SECONDARIES), abs=1e-12)


def test_secondaries_have_the_inclusive_spectrum():
    state, n = new_stream(*KEY), 1500
    xs = []
    for _ in range(n):
        left = 1.0
        while left > 0.02:
            x = left * hadrons.secondary_share(state, 1)
            left -= x
            xs.append(x)
    edges = np.array([0.05, 0.1, 0.2, 0.4, 0.8])
    counts = np.histogram(xs, edges)[0]
    for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
        x = np.linspace(low, high, 200)
        want = n * np.trapezoid(reference.inclusive(x, hadrons.SECONDARIES), x)
        assert abs(count - want) < 5 * math.sqrt(want) + 0.03 * want


def test_kinds_have_their_shares():
    state = new_stream(*KEY)
    kinds = np.bincount([hadrons.secondary_kind(state) for _ in range(4000)])
    assert kinds[hadrons.PHOTON] / 4000 == pytest.approx(0.32, abs=0.04)
    assert kinds[hadrons.PION] / 4000 == pytest.approx(0.54, abs=0.04)
    leading = [hadrons.leading_kind(state, hadrons.PROTON) for _ in range(500)]
    assert set(leading) == {hadrons.PROTON, hadrons.NEUTRON}
    leading = [hadrons.leading_kind(state, hadrons.PION) for _ in range(500)]
    assert set(leading) == {hadrons.PION, hadrons.PHOTON}
    assert hadrons.leading_kind(state, hadrons.KAON) in {
        hadrons.KAON,
        hadrons.NEUTRAL_KAON,
    }


def test_transverse_momenta():
    state = new_stream(*KEY)
    pt = [hadrons.transverse_momentum(state, hadrons.PION) for _ in range(2000)]
    assert np.mean(pt) == pytest.approx(0.35, rel=0.07)
    pt = [hadrons.transverse_momentum(state, hadrons.PROTON) for _ in range(2000)]
    assert np.mean(pt) == pytest.approx(0.43, rel=0.07)


def test_decays():
    # c tau of 7.80, 3.71 m: Particle Data Group.
    assert hadrons.decay_length(hadrons.PION, 10.0) == pytest.approx(559, rel=0.01)
    assert hadrons.decay_length(hadrons.KAON, 10.0) == pytest.approx(75, rel=0.01)
    assert hadrons.decay_length(hadrons.PROTON, 10.0) == math.inf
    assert hadrons.mass_of(hadrons.MUON) == 0.10566
    assert hadrons.mass_of(hadrons.NEUTRON) == hadrons.NUCLEON_MASS
