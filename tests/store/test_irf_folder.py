"""A folder of responses: complete or not there, read by point and type, and checked."""

import numpy as np
import pyarrow as pa
import pytest

from cta_columnar.schemas import irf
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.product_tables import from_table, to_table
from cta_columnar.store import (
    IrfInput,
    IrfManifest,
    StoreError,
    is_irf,
    new_irf,
    open_irf,
    save_product,
    validate_irf,
    write_manifest,
    write_table,
)

CELLS = ((0, -1), (0, 1), (1, -1), (1, 1))


def toy_product(value, name="rad_max"):
    axes = (Axis("reco_energy", "TeV", (0.1, 1.0, 10.0)),)
    columns = {"rad_max": np.array([value, 2 * value])}
    return to_table(Component(name, axes, columns, {"enclosure": "POINT-LIKE"}))


def fill(root):
    grid = [dict.fromkeys(irf.GRID.names, 0) | {"point": k} for k in (0, 1)]
    tables = {
        "grid": pa.Table.from_pylist(grid, schema=irf.GRID),
        "runs": irf.RUNS.empty_table(),
        "cut_flow": irf.DATASET["cut_flow"].empty_table(),
    }
    sha256 = {
        f"{name}.parquet": write_table(root / f"{name}.parquet", table)
        for name, table in tables.items()
    }
    products = {cell: toy_product(1.0 + 10 * cell[0] + cell[1]) for cell in CELLS}
    sha256["rad_max.parquet"] = save_product(root / "rad_max.parquet", products)
    source = IrfInput("gamma", "0123456789abcdef01", "somewhere", 9, ((1, "a"),))
    (root / "provenance.json").write_text("{}")
    manifest = IrfManifest(
        {"seed": 1}, "POINT-LIKE", 1, 0.5, (1,), "a_class", "x", "0", (source,),
        {"numpy": "1"}, sha256,
    )  # fmt: skip
    write_manifest(root, manifest)


@pytest.fixture
def root(tmp_path):
    with new_irf(tmp_path / "irf") as draft:
        fill(draft)
        assert not (tmp_path / "irf").exists()
    return tmp_path / "irf"


def test_what_was_written_is_read(root):
    assert is_irf(root)
    assert validate_irf(root) == []
    dataset = open_irf(root)
    assert dataset.products == ("rad_max",)
    assert dataset.cells("rad_max") == list(CELLS)
    component = from_table(dataset.read("rad_max", 1, 1))
    assert component["rad_max"].tolist() == [12.0, 24.0]
    assert component.metadata == {"enclosure": "POINT-LIKE"}
    assert component.axes[0].unit == "TeV"
    assert from_table(dataset.read("rad_max"))["rad_max"].tolist() == [0.0, 0.0]
    assert dataset.grid["point"].to_pylist() == [0, 1]
    assert dataset.manifest.inputs[0].name == "gamma-0123456789abcdef"


def test_errors_name_what_there_is(root, tmp_path):
    dataset = open_irf(root)
    with pytest.raises(
        StoreError, match="no product 'rad_mux'; did you mean 'rad_max'"
    ):
        dataset.read("rad_mux")
    with pytest.raises(StoreError, match="of point2; there are point0, point0_type1, "):
        dataset.read("rad_max", 2)
    with pytest.raises(StoreError, match="does not exist"):
        open_irf(tmp_path / "nowhere")
    with pytest.raises(StoreError, match=r"no irf\.json"):
        open_irf(tmp_path)


def fail_to_make(root):
    with new_irf(root, overwrite=True) as draft:
        fill(draft)
        raise ZeroDivisionError


def test_nothing_is_left_of_a_run_that_failed(tmp_path, root):
    with pytest.raises(ZeroDivisionError):
        fail_to_make(root)
    assert validate_irf(root) == []
    assert [path.name for path in tmp_path.iterdir()] == ["irf"]


def test_what_is_there_stays(root, tmp_path):
    with pytest.raises(StoreError, match="use --overwrite"), new_irf(root):
        pass
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    with (
        pytest.raises(StoreError, match="is no folder of responses"),
        new_irf(tmp_path / "notes", overwrite=True),
    ):
        pass


def test_products_of_different_columns_do_not_mix(tmp_path):
    other = toy_product(1.0).replace_schema_metadata({"enclosure": "?"})
    with pytest.raises(StoreError, match="columns differ from point to point"):
        save_product(
            tmp_path / "x.parquet", {(0, -1): toy_product(1.0), (1, -1): other}
        )


def test_damage_is_found(root):
    (root / "odd.txt").write_text("odd")
    save_product(root / "rad_max.parquet", {(7, -1): toy_product(3.0)})
    (root / "grid.parquet").unlink()
    problems = "\n".join(validate_irf(root))
    assert "odd.txt is not a file of these responses" in problems
    assert "rad_max.parquet is not what was written" in problems
    assert "has point 7, which the grid has not" in problems
    assert "grid.parquet is missing" in problems
    (root / "irf.json").write_text('{"format": "cta_columnar irf"}')
    assert "of version 'None' of the data model" in validate_irf(root)[0]
