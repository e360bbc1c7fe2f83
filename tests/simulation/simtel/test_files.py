"""Small files of every block in every version: eventio and our reader agree."""

import warnings

import pytest
from eventio import SimTelFile
from reference.simtel_blocks import blocks
from simulation.simtel.comparison import Ours, assert_same_events
from simulation.simtel.files import Maker, small_file

from cta_columnar.simulation.simtel.pieces import write_file
from cta_columnar.simulation.simtel.versions import VERSIONS, base_type
from cta_columnar.sources.base import BadInputError

# Nothing is in these, and tests of others need them.
EVERY = [(kind, version) for kind, known in VERSIONS.items() for version in known]
# Inside of another one.
NOT_SEEN = {71, 72, 1215}
# eventio fails at array triggers without masks, and looks for the extra parameters of
# a shower at a wrong place.
NOT_BY_EVENTIO = {(2009, 0), (2009, 1), (2020, 2)}
# The number of samples is not in them.
NOT_BY_US = {(2004, 0)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "small.simtel"


def options_for(kind, version):
    """Old camera settings have no effective focal length."""
    is_old = kind == 2002 and version < 5
    return {"focal_length_choice": "EQUIVALENT"} if is_old else {}


@pytest.mark.parametrize(("kind", "version"), EVERY)
def test_every_version(path, kind, version):
    raw = small_file(versions={kind: version})
    if kind not in NOT_SEEN:
        assert (kind, version) in {
            (base_type(found), v) for found, v, *_ in blocks(raw)[0]
        }
    path.write_bytes(raw)
    if (kind, version) in NOT_BY_US:
        with pytest.raises(BadInputError, match="0 samples"):
            Ours(path)
    elif (kind, version) in NOT_BY_EVENTIO:
        ours = Ours(path)
        path.write_bytes(small_file())
        assert ours.rows.keys() == Ours(path).rows.keys()
    else:
        assert_same_events(path, **options_for(kind, version))


@pytest.mark.parametrize(
    "options",
    [
        {"extended": True},
        {"n_calibration": 0},
        {"n_showers": 1, "n_use": 1},
        {"n_showers": 3, "n_use": 5, "seed": 2},
    ],
    ids=str,
)
def test_other_contents(path, options):
    path.write_bytes(small_file(**options))
    assert_same_events(path)


def test_no_events(path):
    path.write_bytes(small_file(n_showers=0, n_calibration=0))
    ours = Ours(path)
    assert (ours.rows, ours.triggers) == ({}, {})
    assert ours.run["n_showers"] == 0


@pytest.mark.parametrize("ending", ["simtel", "simtel.gz", "simtel.zst"])
def test_pieces_compressed_on_their_own(tmp_path, ending):
    maker = Maker()
    pieces = maker.pieces()
    write_file(tmp_path / "plain.simtel", pieces)
    write_file(tmp_path / f"file.{ending}", pieces)
    ours = assert_same_events(tmp_path / f"file.{ending}")
    assert ours.rows.keys() == Ours(tmp_path / "plain.simtel").rows.keys()


def test_the_same_values_the_same_bytes():
    assert small_file() == small_file()
    assert small_file() != small_file(seed=2)


def test_eventio_does_not_warn(path):
    path.write_bytes(small_file())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with SimTelFile(path, zcat=False) as file:
            kinds = [event["type"] for event in file]
    assert kinds == ["calibration"] * 2 + ["data"] * 4
    assert file.histograms[1]["data"].sum() == file.histograms[1]["tentries"]
