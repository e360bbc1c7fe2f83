"""Parameters that fill their buffer just when the file ends."""

import pytest

from cta_columnar import open_store, run
from cta_columnar.pipelines.stage1 import column_buffer


@pytest.mark.parametrize("rows_at_once", [1, 1 << 20])
def test_the_last_batch_may_fill_the_buffer(
    shared, tmp_path, monkeypatch, rows_at_once
):
    raw = shared / "data/simtel/prod5_north_gamma_history75.simtel.zst"
    monkeypatch.setattr(column_buffer, "ROWS_AT_ONCE", rows_at_once)
    summary = run("stage1", input=raw, output=tmp_path / "dl1", workers=1)
    store = open_store(tmp_path / "dl1")
    assert store.rows("parameters") == summary.counts["telescope_events"] > 0
