"""DL3 files: read as written, and the same bytes of the same tables."""

import gzip
import hashlib
import os
import time
from dataclasses import replace

import numpy as np
import pytest
import toy_gadf as toy
from astropy.io import fits

from cta_columnar.gadf import file_problems, hdu_problems
from cta_columnar.schemas import gadf
from cta_columnar.store.errors import StoreError, WriteError
from cta_columnar.store.gadf import (
    dataset_problems,
    read_gadf,
    read_index,
    write_dataset,
    write_gadf,
    write_observation,
)

POINT_LIKE = ("rad_max_2d", "bkg_3d")


def same(a, b):
    assert (a.kind, a.name, dict(a.units)) == (b.kind, b.name, dict(b.units))
    assert list(a.columns) == list(b.columns)
    for name, values in a.columns.items():
        np.testing.assert_array_equal(b[name], values, err_msg=name)
        assert b[name].dtype.kind == values.dtype.kind
    assert dict(a.header) == {key: b.header[key] for key in a.header}


@pytest.mark.parametrize("name", ["o.fits", "o.fits.gz"])
def test_there_and_back(tmp_path, name):
    tables = toy.make_observation() + [toy.make_response(kind) for kind in POINT_LIKE]
    digest = write_gadf(tmp_path / name, tables)
    again = read_gadf(tmp_path / name)
    for written, read in zip(tables, again, strict=True):
        same(written, read)
    assert file_problems(again[:-2]) == []
    assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("axes", [("THETA",), ("ENERG",), tuple(toy.EDGES)])
def test_axes_of_one_bin(tmp_path, monkeypatch, axes):
    for axis in axes:
        monkeypatch.setitem(toy.EDGES, axis, np.array([0.5, 2.0]))
    tables = [toy.make_response(kind) for kind in (*toy.RESPONSES, *POINT_LIKE)]
    write_gadf(tmp_path / "o.fits", tables)
    for written, read in zip(tables, read_gadf(tmp_path / "o.fits"), strict=True):
        same(written, read)
        assert hdu_problems(read) == []


def test_other_readers_find_what_the_format_says(tmp_path):
    path = tmp_path / "o.fits"
    write_gadf(path, [*toy.make_observation(), toy.make_response("bkg_3d")])
    with fits.open(path, checksum=True) as tables:
        tables.verify("exception")
        assert tables["EVENTS"].columns["EVENT_TYPE"].format == "32X"
        assert tables["EVENTS"].columns["ENERGY"].unit == "TeV"
        area = tables["EFFECTIVE AREA"]
        assert area.columns["EFFAREA"].dim == "(3,2)"
        assert area.header["CREF5"] == "(ENERG_LO:ENERG_HI,THETA_LO:THETA_HI)"
        assert tables["PSF"].columns["RPSF"].dim == "(3,2,5)"
        for table in tables:
            assert {"CHECKSUM", "DATASUM"} <= set(table.header)
        assert tables["GTI"].header.comments["MJDREFI"].startswith("whole days")
        assert tables["EVENTS"].header.comments["RA_PNT"].startswith("[deg] right")


def test_the_same_tables_are_the_same_bytes(tmp_path, monkeypatch):
    first = write_gadf(tmp_path / "a.fits.gz", toy.make_observation())
    monkeypatch.setattr(time, "time", lambda: 2e9)
    second = write_gadf(tmp_path / "b.fits.gz", toy.make_observation())
    assert first == second
    content = gzip.decompress((tmp_path / "a.fits.gz").read_bytes())
    assert time.strftime("%Y-%m-%d").encode() not in content


def test_what_is_no_gadf_is_not_written(tmp_path):
    bad = toy.make_events(DEADC=0.1)
    with pytest.raises(StoreError, match=r"would not be GADF: EVENTS: DEADC 0.1"):
        write_gadf(tmp_path / "o.fits", [bad])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written(tmp_path, monkeypatch):
    path = tmp_path / "o.fits"
    write_gadf(path, [toy.make_gti()])
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match="No space left"):
        write_gadf(path, toy.make_observation())
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["o.fits"]


def damaged(content, kind):
    if kind == "cut":
        return content[: len(content) // 2]
    if kind == "foreign":
        return b"no FITS file at all"
    if kind == "empty":
        return b""
    at = len(content) * 3 // 4
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize("kind", ["cut", "foreign", "empty", "changed"])
@pytest.mark.parametrize("name", ["o.fits", "o.fits.gz"])
def test_damaged_files(tmp_path, kind, name):
    path = tmp_path / name
    write_gadf(path, [toy.make_events(500)])
    path.write_bytes(damaged(path.read_bytes(), kind))
    with pytest.raises(StoreError, match=r"o\.fits(\.gz)?: no whole FITS file"):
        read_gadf(path)


def test_tables_of_others_are_left_out(tmp_path):
    path = tmp_path / "o.fits"
    write_gadf(path, [toy.make_gti()])
    foreign = fits.BinTableHDU.from_columns([fits.Column("A", "D", array=np.ones(2))])
    with fits.open(path, mode="append") as tables:
        tables.append(foreign)
    assert [hdu.kind for hdu in read_gadf(path)] == ["gti"]


def test_published_responses_are_read(shared):
    path = (
        shared / "data/irf/Prod5-North-20deg-AverageAz-4LSTs09MSTs.180000s-v0.1.fits.gz"
    )
    found = {hdu.kind: hdu for hdu in read_gadf(path)}
    assert {"aeff_2d", "edisp_2d"} <= set(found)
    # They are of version 0.2, and say so: of the format that is all that is wrong.
    problems = hdu_problems(found["aeff_2d"])
    assert all("HDUVERS is" in p or "HDUDOC" in p or "no finite" in p for p in problems)


def test_a_dataset_and_its_index(tmp_path):
    drift = toy.make_observation(9)
    header = {**drift[0].header, "OBS_MODE": "DRIFT", "ALT_PNT": 70.0, "AZ_PNT": 180.0}
    drift[0] = type(drift[0])(
        "events", "EVENTS", drift[0].columns, drift[0].units, header
    )
    write_dataset(tmp_path, (each for each in (toy.make_observation(7, 30), drift)))
    observations, hdus = read_index(tmp_path)
    assert hdu_problems(observations) == hdu_problems(hdus) == []
    assert list(observations["OBS_ID"]) == [7, 9]
    assert list(observations["EVENT_COUNT"]) == [30, 20]
    np.testing.assert_array_equal(observations["ALT_PNT"], [np.nan, 70])
    assert "RA_OBJ" not in observations.columns
    assert observations.header["GEOLAT"] == toy.PLACE["GEOLAT"]
    for row in range(hdus.n_rows):
        entry = {name: hdus[name][row] for name in hdus.columns}
        path = tmp_path / entry["FILE_DIR"] / entry["FILE_NAME"]
        content = path.read_bytes()
        assert entry["SIZE"] == len(content)
        assert entry["MD5"] == hashlib.md5(content).hexdigest()
        (table,) = [hdu for hdu in read_gadf(path) if hdu.name == entry["HDU_NAME"]]
        known = gadf.CLASSES[table.kind]
        assert (known.hdu_type, known.name) == (entry["HDU_TYPE"], entry["HDU_CLASS"])
    types = hdus["HDU_TYPE"][hdus["OBS_ID"] == 7]
    assert list(types) == ["events", "gti", "aeff", "edisp", "psf", "bkg"]


def test_observations_that_do_not_go_together(tmp_path):
    with pytest.raises(StoreError, match="there are two observations 7"):
        write_dataset(tmp_path, [toy.make_observation(7), toy.make_observation(7)])
    with pytest.raises(StoreError, match="no observation to write"):
        write_dataset(tmp_path, [])
    south = toy.make_observation(8)
    header = {**south[0].header, "GEOLAT": -24.7}
    south[0] = type(south[0])(
        "events", "EVENTS", south[0].columns, south[0].units, header
    )
    with pytest.raises(StoreError, match=r"GEOLAT differs between observations"):
        write_dataset(tmp_path, [toy.make_observation(7), south])
    with pytest.raises(
        StoreError, match="an observation is not GADF: there is no table"
    ):
        write_dataset(tmp_path, [toy.make_observation(7)[:1]])
    with pytest.raises(StoreError, match="is this a folder of DL3 files"):
        read_index(tmp_path / "nowhere")


def rewritten(tmp_path, name, change):
    """Change a table of an index, as another program might."""
    (table,) = read_gadf(tmp_path / name)
    columns = {key: np.array(values) for key, values in table.columns.items()}
    change(columns)
    write_gadf(tmp_path / name, [replace(table, columns=columns)])


def test_a_dataset_that_is_as_its_index_says(tmp_path):
    write_dataset(tmp_path, [toy.make_observation(7), toy.make_observation(9)])
    assert dataset_problems(tmp_path) == []


def set_to(name, value, row=0):
    def change(columns):
        columns[name] = columns[name].astype(object)
        columns[name][row] = value
        columns[name] = np.array(columns[name].tolist())

    return change


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("hdu-index.fits.gz", set_to("FILE_NAME", "x.fits", 2), "x.fits: is not there"),
        ("hdu-index.fits.gz", set_to("HDU_NAME", "X", 2), "index names a table 'X'"),
        ("hdu-index.fits.gz", set_to("HDU_CLASS", "psf_king", 2), "is psf_king in the"),
        (
            "hdu-index.fits.gz",
            set_to("HDU_TYPE", "bkg", 2),
            "wrong HDU_TYPE of aeff_2d",
        ),
        ("hdu-index.fits.gz", set_to("OBS_ID", 8, 0), "observation 8 is in this index"),
        (
            "obs-index.fits.gz",
            set_to("TSTOP", 1.0, 0),
            "TSTOP is 780000600.0 here, and",
        ),
        ("obs-index.fits.gz", set_to("OBS_ID", 8, 0), "observation 7 is in this index"),
    ],
)
def test_an_index_that_is_wrong(tmp_path, name, change, words):
    write_dataset(tmp_path, [toy.make_observation(7), toy.make_observation(9)])
    rewritten(tmp_path, name, change)
    assert words in "; ".join(dataset_problems(tmp_path))


def test_files_that_are_wrong(tmp_path):
    write_dataset(tmp_path, [toy.make_observation(7), toy.make_observation(9)])
    (tmp_path / "dl3_7.fits.gz").write_bytes(b"")
    events, _, *others = toy.make_observation(9)
    short = toy.make_gti([(toy.START, toy.START + 300)])
    write_gadf(tmp_path / "dl3_9.fits.gz", [events, short, *others])
    problems = dataset_problems(tmp_path)
    assert "dl3_7.fits.gz: no whole FITS file" in problems[0]
    assert "dl3_9.fits.gz: ONTIME is 600.0 s, and the good time" in problems[1]


def test_long_words_are_written_whole(tmp_path):
    tel_ids = ",".join(map(str, range(1, 100)))
    words = {"TELLIST": tel_ids, "CREATOR": "software " * 9, "ORIGIN": "o" * 68}
    write_gadf(tmp_path / "o.fits", [toy.make_events(**words)])
    (read,) = read_gadf(tmp_path / "o.fits")
    assert read.header["TELLIST"] == tel_ids
    assert read.header["CREATOR"].split() == ["software"] * 9
    assert read.header["ORIGIN"] == "o" * 68


def test_what_the_index_keeps_of_an_observation_holds_no_event(tmp_path):
    written = write_observation(tmp_path, toy.make_observation())
    assert written.n_events > 0
    for values in written.header.columns.values():
        assert len(values) == 0
        # A view of no row would keep all rows alive.
        assert values.base is None
