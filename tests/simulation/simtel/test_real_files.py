"""Blocks of real files, decoded by eventio and written by us: the same bytes."""

import struct

import pytest
from reference.blocks import read_whole
from reference.simtel_files import find
from simulation.simtel.from_eventio import parse
from simulation.simtel.leaves import leaves, rewritten

from cta_columnar.kernels.simtel.block_types import HISTOGRAMS
from cta_columnar.simulation.simtel.histograms import WEIGHTED_THROWN
from cta_columnar.simulation.simtel.versions import VERSIONS, base_type

# Together they have every version that real files have.
NAMES = {
    "40k_pixels",
    "aux_traces_2029",
    "calib_events",
    "gct_checs_muons",
    "lst_muons",
    "prod5_north_gamma_history75",
    "prod6_north_gamma_camsettings_v6",
    "prod6_south_lsts_gamma",
}
SEEN_IN_ALL = {
    (71, 1),
    (72, 1),
    (75, 0),
    (100, 2),
    (1208, 2),
    (1212, 0),
    (1216, 1),
    (2000, 2),
    (2001, 4),
    *((2002, version) for version in (4, 5, 6)),
    *((2003, version) for version in (1, 2)),
    *((2004, version) for version in (2, 3)),
    *((kind, 0) for kind in (2005, 2006, 2007, 2008)),
    *((2009, version) for version in (2, 3)),
    *((2011, version) for version in (1, 3, 4)),
    (2012, 3),
    (2013, 3),
    *((2014, version) for version in (5, 6)),
    (2015, 1),
    *((2016, version) for version in (1, 2)),
    (2020, 1),
    (2021, 1),
    *((2022, version) for version in (0, 1)),
    *((2023, version) for version in (2, 3)),
    (2026, 2),
    *((2027, version) for version in (0, 1)),
    (2029, 0),
    (2033, 0),
    (2100, 0),
}


def cannot_be_told(kind, payload):
    """Blocks of which eventio leaves out something."""
    if kind == 2011:
        # Times of triggered pixels without a list of these.
        return struct.unpack_from("<H", payload, 24)[0] & 0x500 == 0x400
    # A quantity that it does not know.
    return kind == 2033 and struct.unpack_from("<I", payload)[0] > 0xFF


@pytest.mark.parametrize("name", sorted(NAMES))
def test_same_bytes(shared, name):
    for kind, version, ident, payload in leaves(read_whole(find(shared, name))):
        assert version in VERSIONS[base_type(kind)]
        if not cannot_be_told(kind, payload):
            new = rewritten(kind, version, ident, payload)
            assert new + bytes(-len(new) % 4) == payload, (kind, version, ident)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_histograms_mean_what_ours_do(shared, name):
    """The first number of entries is that of all, the second one of those within."""
    for kind, version, ident, payload in leaves(read_whole(find(shared, name))):
        if kind == HISTOGRAMS:
            for h in parse(kind, version, ident, payload):
                outside = sum(map(int, (h["underflow_x"], h["overflow_x"])))
                if h["n_bins_y"] == 0:
                    assert h["entries"] == h["tentries"] + outside
                inside = h["data"].sum() if "data" in h else 0.0
                assert h["content_inside"] == pytest.approx(inside)
                if h["id"] < WEIGHTED_THROWN:
                    assert h["tentries"] == inside


def test_every_version_of_real_files_is_in_one_of_them(shared):
    seen = set()
    for name in NAMES:
        seen |= {
            (base_type(kind), version)
            for kind, version, _, payload in leaves(read_whole(find(shared, name)))
            if not cannot_be_told(kind, payload)
        }
    assert seen == SEEN_IN_ALL
