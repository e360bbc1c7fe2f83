"""Stored cuts and grids of `ctacol run irf`, alone and when something is added."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pyarrow as pa
import pytest
from toy_irf import SMALL, toy_irf_input
from toy_irf_folder import toy_irf
from toy_training import merged

from cta_columnar import run
from cta_columnar.errors import UserError
from cta_columnar.pipelines.irf.add import Addition
from cta_columnar.pipelines.irf.anew import why_regrouped
from cta_columnar.pipelines.irf.inputs import IrfSource
from cta_columnar.store import open_irf
from cta_columnar.store.merging import merge

ONLY_GAMMAS = {
    "background": [],
    "sensitivity": None,
    "background_2d": False,
    "background_3d": False,
    "benchmarks": {"roc": False},
}
N = 300


def make(inputs, root, *, dry_run=False, **how):
    config = merged(SMALL, ONLY_GAMMAS, how)
    return run("irf", input=inputs, output=root, workers=1, dry_run=dry_run, **config)


def fixed(score):
    return {"cuts": {"method": "fixed", "gh": score}}


def stored(table, **how):
    return merged({"cuts": {"method": "stored", "table": str(table)}}, how)


def seen(root, product, *cell):
    return pl.DataFrame(pl.from_arrow(open_irf(root).read(product, *cell)))


def same(one, other):
    """Whether all products of two folders are equal."""
    roots = [open_irf(root) for root in (one, other)]
    assert roots[0].products == roots[1].products
    digests = [
        {k: v for k, v in each.manifest.sha256.items() if "fits" not in k}
        for each in roots
    ]
    return digests[0] == digests[1]


@pytest.fixture(scope="module")
def gamma(tmp_path_factory):
    return toy_irf_input(tmp_path_factory.mktemp("toy") / "gamma", n_events=N)


@pytest.fixture(scope="module")
def more(tmp_path_factory):
    root = tmp_path_factory.mktemp("more") / "gamma"
    return toy_irf_input(root, n_events=N, obs_id=2, seed=3)


@pytest.fixture(scope="module")
def table(gamma, tmp_path_factory):
    """Cuts to be used again; not to be changed."""
    root = tmp_path_factory.mktemp("table") / "irf"
    make(gamma, root, **fixed(0.6))
    return root


@pytest.fixture(scope="module")
def with_table(gamma, table, tmp_path_factory):
    """Responses with these cuts; not to be changed."""
    root = tmp_path_factory.mktemp("stored") / "irf"
    make(gamma, root, **stored(table))
    return root


def test_stored_cuts_are_those_of_the_place(gamma, tmp_path):
    """The only point of the run is near the second one of the stored grid."""
    table = toy_irf(tmp_path / "table", (10.0, 180.0), (20.05, 180.0), (19.9, 180.0))
    make(gamma, tmp_path / "irf", **stored(table))
    found = seen(tmp_path / "irf", "cuts")["gh_cut"]
    stored_ones = [seen(table, "cuts", point)["gh_cut"] for point in range(3)]
    assert [found.equals(each) for each in stored_ones] == [False, True, False]


def refused(gamma, tmp_path, message, config):
    with pytest.raises(UserError, match=message):
        make(gamma, tmp_path / "no", dry_run=True, **config)


def test_places_without_stored_cuts_are_named(gamma, tmp_path):
    message = r"has no cuts for zenith 20\.000 deg, .* are some for zenith 20\.200"
    only = toy_irf(tmp_path / "only", (20.2, 180.0))
    refused(gamma, tmp_path, message, stored(only))
    refused(
        *(gamma, tmp_path, "has no cuts for .*, nsb 2, within a pointing_tolerance"),
        stored(only, nsb={"*": 2.0}, pointing_tolerance=0.5),
    )
    axis = {"axes": {"further": {"zenith": [0, 60]}}}
    refused(gamma, tmp_path, "made with no axis of runs", stored(only, **axis))


def test_further_axes_are_of_numbers(gamma, tmp_path):
    for name, message in (
        ("multiplicty", "gamma: events have no column 'multiplicty'; did you mean 'mu"),
        ("reco_is_valid", "events have no numbers in 'reco_is_valid', but bool"),
        ("HillasReconstructor_telescopes", "no numbers in 'Hillas.*', but list"),
        ("time", "no numbers in 'time', but timestamp"),
    ):
        axis = {"axes": {"further": {name: [0, 1]}}}
        refused(gamma, tmp_path, message, axis)


def test_a_changed_method_says_what_to_do_with_old_keys(gamma, more, tmp_path):
    """Responses that are added to give all their keys."""
    make(gamma, tmp_path / "irf", **fixed(0.6))
    how = {"add_to": tmp_path / "irf", "workers": 1, "dry_run": True}
    out = tmp_path / "sum"
    with pytest.raises(UserError, match=r"cuts.gh does nothing .*, set cuts\.gh=0\.5"):
        run("irf", input=more, output=out, set="cuts.method=percentile", **how)
    run(
        "irf",
        input=more,
        output=out,
        set=["cuts.method=percentile", "cuts.gh=0.5"],
        **how,
    )


def test_stored_cuts_of_other_event_types_are_refused(gamma, tmp_path):
    name = "direction_error_class"
    wanted = {"event_types": name}
    message = "has cuts for {}, and events are of the classes 0, 1 of direction_error"
    for where, column, classes, told in (
        ("none", name, (), "no event types"),
        (
            "column",
            "energy_error_class",
            (0, 1),
            "the classes 0, 1 of energy_error_class",
        ),
        ("classes", name, (0, 1, 2), "the classes 0, 1, 2 of direction_error_class"),
    ):
        table = toy_irf(
            tmp_path / where, (20.0, 180.0), event_types=classes, column=column
        )
        refused(gamma, tmp_path, message.format(told), stored(table, **wanted))
    right = toy_irf(tmp_path / "right", (20.0, 180.0), event_types=(0, 1), column=name)
    make(gamma, tmp_path / "irf", dry_run=True, **stored(right, **wanted))


def test_what_is_no_table_of_cuts_is_told(gamma, table, tmp_path):
    bare = toy_irf(tmp_path / "bare", (20.0, 180.0), without=("cuts",))
    refused(gamma, tmp_path, "bare has no cuts", stored(bare))
    copy = shutil.copytree(table, tmp_path / "copy")
    other = toy_irf(tmp_path / "other", (20.0, 180.0))
    shutil.copy(other / "cuts.parquet", copy)
    refused(gamma, tmp_path, "cuts.parquet is not what was written", stored(copy))


def test_stored_cuts_are_recorded_by_content(with_table, table):
    dataset = open_irf(with_table)
    digest = dataset.manifest.other_irfs["cuts.table"]
    document = json.loads((with_table / "provenance.json").read_text())
    used = {
        each.get("prov:label"): each.get("ctacol:digest")
        for each in document["entity"].values()
    }
    assert used[str(table / "cuts.parquet")] == digest


def test_adding_compares_the_content_of_stored_cuts(
    gamma, more, table, with_table, tmp_path
):
    """Another path changes nothing, another table at the same path does."""
    moved = shutil.copytree(table, tmp_path / "moved")
    options = {"add_to": with_table, "workers": 1, "set": f"cuts.table={moved}"}
    added = run("irf", input=more, output=tmp_path / "sum", **options)
    assert not added.warnings
    make([gamma, more], tmp_path / "whole", **stored(moved))
    assert same(tmp_path / "sum", tmp_path / "whole")

    shutil.rmtree(moved)
    make(gamma, moved, **fixed(0.3))
    options = {"add_to": tmp_path / "sum", "workers": 1}
    third = toy_irf_input(tmp_path / "third", n_events=N, obs_id=3, seed=4)
    added = run("irf", input=third, output=tmp_path / "next", **options)
    assert "since the stored cuts are others" in added.warnings[-1]
    make([gamma, more, third], tmp_path / "all", **stored(moved))
    assert same(tmp_path / "next", tmp_path / "all")


def test_what_is_added_to_is_recorded_and_must_be_what_was_written(
    gamma, more, tmp_path
):
    make(gamma, tmp_path / "irf", **fixed(0.6))
    before = open_irf(tmp_path / "irf")
    options = {"add_to": tmp_path / "irf", "workers": 1}
    run("irf", input=more, output=tmp_path / "sum", **options)
    assert open_irf(tmp_path / "sum").manifest.other_irfs == {"add_to": before.digest}
    document = (tmp_path / "sum" / "provenance.json").read_text()
    assert before.digest in document
    (source,) = before.manifest.inputs
    folder = before.root / "histograms" / source.name / "point0"
    shutil.copy(folder / "psf.parquet", folder / "effective_area.parquet")
    with pytest.raises(UserError, match=r"effective_area.parquet is not what was"):
        run("irf", input=more, output=tmp_path / "no", **options)


@pytest.fixture
def two_runs(tmp_path):
    """One dataset with runs at two zenith angles."""
    parts = [
        toy_irf_input(tmp_path / f"run{k}", n_events=N, obs_id=10 + k, zenith=zenith)
        for k, zenith in enumerate((20.0, 20.4))
    ]
    merge(parts, tmp_path / "runs")
    return tmp_path / "runs"


def test_adding_where_points_are_divided_otherwise(two_runs, tmp_path):
    """A run below takes one of two runs that were a point: which depends on all."""
    config = {**fixed(0.6), "pointing_tolerance": 0.5}
    make(two_runs, tmp_path / "irf", **config)
    assert open_irf(tmp_path / "irf").grid.num_rows == 1
    low = toy_irf_input(tmp_path / "low", n_events=N, obs_id=1, zenith=19.6)
    options = {"add_to": tmp_path / "irf", "workers": 1}
    added = run("irf", input=low, output=tmp_path / "sum", **options)
    assert "were one point of the grid are several now" in added.warnings[-1]
    assert open_irf(tmp_path / "sum").grid.num_rows == 2
    make([low, two_runs], tmp_path / "whole", **config)
    assert same(tmp_path / "sum", tmp_path / "whole")


def test_adding_that_moves_a_point_to_other_stored_cuts(tmp_path):
    table = toy_irf(tmp_path / "table", (19.9, 180.0), (20.15, 180.0))
    high, low = (
        toy_irf_input(tmp_path / str(zenith), n_events=N, obs_id=k, zenith=zenith)
        for k, zenith in ((1, 20.06), (2, 19.95))
    )
    config = stored(table, pointing_tolerance=0.2)
    make(high, tmp_path / "irf", **config)
    options = {"add_to": tmp_path / "irf", "workers": 1}
    added = run("irf", input=low, output=tmp_path / "sum", **options)
    assert "a point of the grid has moved to where other cuts" in added.warnings[-1]
    make([low, high], tmp_path / "whole", **config)
    assert same(tmp_path / "sum", tmp_path / "whole")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ([0, 0], [0, 1], "runs that were one point of the grid are several now"),
        ([0, 1], [2, 2], "runs that were several points of the grid are one now"),
        ([0, 1], [1, 0], ""),
    ],
)
def test_why_counts_of_points_are_not_taken_over(before, after, reason):
    old, new = (
        IrfSource(Path("x"), "gamma", "ab", pa.table({"point": points}))
        for points in (before, after)
    )
    addition = Addition(SimpleNamespace(grid=None), [old])
    inventory = SimpleNamespace(grid=None, config=None, sources=[new])
    assert why_regrouped(addition, inventory, None) == reason
