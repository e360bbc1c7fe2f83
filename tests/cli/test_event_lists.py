"""What the command line says of folders of event lists."""

import pyarrow as pa
import pytest
import toy_gadf as toy

from cta_columnar.schemas import technical
from cta_columnar.store.gadf import save_dl3_table, write_dataset


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "dl3"
    write_dataset(root, [toy.make_observation(7, 30), toy.make_observation(9, 20)])
    rows = [
        {
            "obs_id": k,
            "sample": "gamma",
            "n_expected": 12.5,
            "n_drawn": 10,
            "n_lost": 0.0,
        }
        for k in (7, 9)
    ]
    table = pa.Table.from_pylist(rows, schema=technical.OBSERVED)
    save_dl3_table(root, "observed", table)
    return root


def test_info_lists_observations(ctacol, folder):
    shown = ctacol("info", folder)
    assert shown.status == 0
    assert "event lists of 2 observations, 50 events" in shown.out
    assert "aeff_2d, bkg_2d, edisp_2d, events, gti, psf_table" in shown.out
    assert "7  2024-09-19T06:40:00     10.0" in shown.out
    assert "gamma  20  expected 25.0" in shown.out


def test_validate_tells_what_is_wrong(ctacol, folder):
    good = ctacol("validate", folder)
    assert (good.status, good.out) == (0, f"{folder}: all is well\n")
    (folder / "dl3_9.fits.gz").unlink()
    (folder / "observed.parquet").write_bytes(b"no table")
    bad = ctacol("validate", folder)
    assert bad.status == 1
    assert f"{folder / 'dl3_9.fits.gz'}: is not there" in bad.err
    assert f"cannot read {folder / 'observed.parquet'}" in bad.err
    assert "Make them again with --overwrite" in bad.err


def test_an_index_alone_is_not_enough(ctacol, folder):
    (folder / "hdu-index.fits.gz").unlink()
    bad = ctacol("validate", folder)
    assert bad.status == 1
    assert "hdu-index.fits.gz is not there" in bad.err
