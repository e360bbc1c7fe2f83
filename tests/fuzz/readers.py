"""All that reads files of others: a good one of each kind, and how it is read.

A reader returns how much there is: rows, events, keys. What it does with damaged files
is tried by `test_readers`, in processes of their own (see `hammer`).
"""

import gzip
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import toy_gadf
import yaml
from astropy.table import Table
from astropy.time import Time
from fuzz.mutations import mutated
from store.toy_run import run, write_input
from toy_irf_folder import toy_irf
from toy_models import toy_model

from cta_columnar import registry
from cta_columnar.cli.contents import describe_dataset
from cta_columnar.cli.status import to_text
from cta_columnar.config import load
from cta_columnar.errors import UserError
from cta_columnar.executors import Err, Ok, Task, make_executor
from cta_columnar.pipelines.calibration import camera_calibration
from cta_columnar.pipelines.dl3.weather import read_weather
from cta_columnar.pipelines.planning.plan_data import FORMAT as PLAN_FORMAT
from cta_columnar.pipelines.planning.plan_file import read_plan
from cta_columnar.pipelines.planning.status import status
from cta_columnar.pipelines.reports.run import run_report
from cta_columnar.pipelines.running.common import RunOptions
from cta_columnar.pipelines.running.settings import configure, observation_layer
from cta_columnar.pipelines.running.shards import Piece, ShardOutcome, measured
from cta_columnar.pipelines.running.tracking import Tracker
from cta_columnar.simulation.arrays import load_array
from cta_columnar.simulation.run_atmosphere import _table as read_numbers
from cta_columnar.store import (
    Journal,
    TrainingShare,
    history_of,
    load_training_share,
    open_irf,
    open_models,
    open_store,
    read_journals,
    save_model,
    save_training_share,
    validate,
)
from cta_columnar.store.gadf import read_gadf, read_index, write_dataset
from cta_columnar.store.gadf.published import read_published

EVENTS = 12
JOURNAL_NAME = "20260101T000000.000000-h.b.1.2.jsonl"


@dataclass(frozen=True)
class Reader:
    """Something that reads files which may be of anybody.

    Attributes
    ----------
    form : str
        See `mutations`.
    build : callable
        Makes a good one in a folder.
    targets : tuple of str
        Patterns of the files that are damaged, one at a time.
    read : callable
        Reads all of it; returns how much there was.
    may_be_short : bool
        Whether nothing in the format tells how much there should be: lines of text.
    sign : callable, optional
        Makes digests right again, as who means harm would: done for every other case.
    """

    form: str
    build: Callable[[Path], object]
    targets: tuple[str, ...]
    read: Callable[[Path], int]
    may_be_short: bool = False
    sign: Callable[[Path, Path], None] | None = None

    def damage(self, folder, rng):
        """Damage a file; return how, where, and rows that must be there all the same.

        The latter is None for all that there were.
        """
        paths = sorted(path for each in self.targets for path in folder.glob(each))
        path = rng.choice(paths)
        kind, place, content = mutated(path.read_bytes(), rng, self.form)
        path.write_bytes(content)
        if self.sign is not None and rng.random() < 0.5:
            self.sign(folder, path)
        what = f"{path.relative_to(folder)} {kind} {place}"
        return kind, what, 0 if self.may_be_short else None


def _dataset(folder):
    inputs = [write_input(folder / f"{i}.json", i, EVENTS) for i in (1, 2, 3, 4, 5)]
    run(folder / "dl1", inputs)


def _unfinished(folder):
    _dataset(folder)
    manifest = folder / "dl1" / "manifest.json"
    records = folder / "dl1" / "_commits"
    records.mkdir()
    for each in json.loads(manifest.read_text())["shards"]:
        (records / f"{each['shard_key']}.json").write_text(json.dumps(each))
    manifest.unlink()


def _read_dataset(folder):
    store = open_store(folder / "dl1")
    n = 0
    for table, types in store.tables().items():
        for tel_type in types or (None,):
            whole = store.read(table, tel_type=tel_type)
            names = whole.column_names
            slices = list(store.slices(table, names, tel_type, 5))
            assert sum(each.num_rows for each in slices) == whole.num_rows
            n += whole.num_rows
    return n + len(store.subarray())


def _tell(root):
    """Say all that verbs say of a dataset, as they write it."""
    lines = [*describe_dataset(open_store(root)), *to_text(status(root))]
    lines += validate(root)
    assert "\n".join(lines).encode(errors="backslashreplace")
    for path in run_report(root, root.parent / "run.html"):
        assert path.stat().st_size


def _read_listed(folder):
    """Rows beyond those that are listed: a list may be of less."""
    _tell(folder / "dl1")
    store = open_store(folder / "dl1")
    listed = sum(map(store.rows, store.tables()))
    types = store.tables()
    there = sum(
        store.read(table, tel_type=each).num_rows
        for table in types
        if not table.startswith("subarray")
        for each in types[table] or (None,)
    )
    return there - listed


def _sign_part(folder, path):
    """Let the manifest say what a part is now, but for its rows."""
    manifest = folder / "dl1" / "manifest.json"
    plain = json.loads(manifest.read_text())
    content = path.read_bytes()
    for part in (part for shard in plain["shards"] for part in shard["parts"]):
        if part["path"] == path.relative_to(folder / "dl1").as_posix():
            part["size"] = len(content)
            part["sha256"] = hashlib.sha256(content).hexdigest()
    manifest.write_text(json.dumps(plain))


def _plan(folder):
    (folder / "dl1" / "_plan").mkdir(parents=True)
    (folder / "dl1" / "_commits").mkdir()
    identity = {"stage": "stage1", "config_digest": "a", "code_digest": "b"}
    piece = {"inputs": ["/data/a"], "seq": 0, "size": 7, "digests": []}
    plan = {
        "format": PLAN_FORMAT,
        "folder": "/data",
        "identity": identity | {"schema_version": "1.0"},
        "inputs": ["/data/a"],
        "configuration": {"extractor": {"window": 7}},
        "plugins": {"/data/p.py": "ab"},
        "skip_bad_inputs": False,
        "array": "c",
        "is_fresh": True,
        "stamps": {"/data/a": [7, 8]},
        "pieces": [piece, piece | {"seq": 1}],
        "elements": [[0], [1]],
    }
    (folder / "dl1" / "_plan" / "plan.json").write_text(json.dumps(plan))


def _read_plan(folder):
    plan = read_plan(folder / "dl1")
    assert len(plan.digest) == 12
    return sum(len(plan.pieces_of(n)) for n in range(len(plan.elements)))


def _journal(folder):
    """Let the tracker of a run write one, of shards that are there and one that is not.

    Then times and processes are made the same in every one.
    """
    _dataset(folder)
    root = folder / "dl1"
    records = open_store(root).records[:2]
    pieces = [Piece.of_shard(each.shard, Task("a", print)) for each in records]
    pieces.append(Piece(("/data/b",), 7, Task("b", print)))
    made, kept = (ShardOutcome(each.shard, each) for each in records)
    made = replace(made, step_seconds={"read": 0.5, "write": 0.25}, raw_bytes=7)
    facts = {"stage": "stage1", "workers": 2, "element": 1}
    shards = [piece.to_plain() for piece in pieces]
    with (
        make_executor(1) as executor,
        suppress(UserError),
        Journal(root, shards=shards, **facts) as journal,
    ):
        tracker = Tracker(pieces, 7, RunOptions(), journal, executor)
        tracker.retried(0, "the worker was lost")
        tracker.progress("a", {"events": 3})
        tracker.finished(Ok("a", measured(lambda: made), 0))
        tracker.finished(Ok("a", replace(kept, was_done=True), 1))
        tracker.finished(Err("b", "b: it ends at byte 7", number=2))
        raise UserError("b: it ends at byte 7")
    (path,) = (root / "_journal").iterdir()
    same = {"host": "a", "pid": 7, "seconds": 1.5, "peak_bytes": 1 << 20}
    lines = []
    for number, text in enumerate(path.read_text().splitlines()):
        line = json.loads(text)
        line |= {name: value for name, value in same.items() if name in line}
        lines.append(json.dumps(line | {"time": 1.5 + number}))
    (path.parent / JOURNAL_NAME).write_text("\n".join(lines) + "\n")
    path.unlink()


def _read_journal(folder):
    """Do all that is done with it: lines that count, and what is told of them."""
    found = list(to_text(status(folder / "dl1")))
    page, data = run_report(folder / "dl1", folder / "run.html")
    assert found
    assert page.stat().st_size
    assert json.loads(data.read_text())["status"]["n_shards"]
    return sum(len(each.lines) for each in read_journals(folder / "dl1"))


def _read_history(folder):
    history = history_of(folder / "dl1")
    return len(history.runs) + len(history.inputs)


def _models(folder):
    save_model(folder / "models", toy_model())
    save_training_share(folder / "models", TrainingShare(1, 0.5, ((1, "a"),)))


def _read_models(folder):
    models = open_models(folder / "models")
    share = load_training_share(folder / "models")
    n = len(share.runs)
    for task, types in models.types.items():
        for tel_type in types:
            body = models.load(task, tel_type).body
            n += body.n_trees + body.nodes.size
    return n


def _sign_model(folder, path):
    described = path.parent / "model.json"
    if path.suffix == ".parquet":
        plain = json.loads(described.read_text())
        plain["sha256"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        described.write_text(json.dumps(plain))
    save = json.loads((folder / "models" / "training.json").read_text())
    for name in (path, described):
        key = name.relative_to(folder / "models").as_posix()
        save["files"][key] = hashlib.sha256(name.read_bytes()).hexdigest()
    (folder / "models" / "training.json").write_text(json.dumps(save))


def _read_irf(folder):
    dataset = open_irf(folder / "irf")
    n = dataset.grid.num_rows + dataset.runs.num_rows + dataset.cut_flow.num_rows
    for product in dataset.products:
        for point, event_type in dataset.cells(product):
            n += dataset.read(product, point, event_type).num_rows
    return n


def _gadf(folder):
    write_dataset(folder, [toy_gadf.make_observation(7, EVENTS)])
    plain = gzip.decompress((folder / "dl3_7.fits.gz").read_bytes())
    (folder / "plain.fits").write_bytes(plain)


def _read_gadf(name):
    def read(folder):
        return sum(hdu.n_rows for hdu in read_gadf(folder / name))

    return read


def _read_index(folder):
    observations, hdus = read_index(folder)
    return observations.n_rows + hdus.n_rows


def _read_published(folder):
    return sum(len(hdu.columns) for hdu in read_published(folder / "plain.fits"))


def _yaml(name):
    shipped = (Path(__file__).parents[2] / "configs" / name).read_text()
    # Without comments, where no damage does anything.
    text = yaml.safe_dump(yaml.safe_load(shipped)).encode()

    def build(folder):
        (folder / "a.yaml").write_bytes(text)

    return build


def _read_yaml(stage):
    def read(folder):
        configure(stage, [folder / "a.yaml"])
        return 1

    return read


def _read_observation(folder):
    layer = observation_layer(folder / "a.yaml")
    load("dl3", [layer], registry)
    return 1


def _read_array(folder):
    load_array(folder / "a.yaml")
    return 1


_WEATHER = {
    "time": ["2024-12-05T23:40:00", "2024-12-05T23:50:00", "2024-12-06T00:10:00"],
    "temperature": [10.5, 11.0, 12.25],
    "humidity": [40.0, 41.0, 50.0],
}


def _weather(suffix):
    def build(folder):
        path = folder / f"weather.{suffix}"
        if suffix == "parquet":
            pq.write_table(pa.table(_WEATHER), path)
        else:
            form = "ascii.ecsv" if suffix == "ecsv" else "ascii.csv"
            Table(_WEATHER).write(path, format=form)

    return build


def _read_weather(suffix):
    def read(folder):
        return read_weather(folder / f"weather.{suffix}")["time"].size

    return read


def _calibration(suffix):
    def build(folder):
        path = folder / f"table.{suffix}"
        columns = {
            "tel_id": np.arange(3, dtype=np.int16),
            "factor": np.ones((3, 2, 5), np.float32),
        }
        if suffix == "parquet":
            columns["factor"] = pa.array(columns["factor"].tolist())
            pq.write_table(pa.table(columns), path)
        else:
            table = Table(columns)
            table["time"] = Time(["2024-12-05T23:40:00"] * 3, scale="tai")
            table.write(path, format="ascii.ecsv")

    return build


def _read_calibration(suffix):
    def read(folder):
        words = [f"monitoring.calibration={folder}/table.{suffix}"]
        config = configure("stage1", [], words)
        camera_calibration.calibration_input(config)
        return len(camera_calibration.read_file(folder / f"table.{suffix}")["tel_id"])

    return read


def _numbers(folder):
    np.savetxt(folder / "table.txt", np.geomspace(1, 100, 24).reshape(6, 4))


def _read_numbers(folder):
    return len(read_numbers(folder / "table.txt", 4))


PARTS = ("dl1/[ist]*/part-*.parquet", "dl1/*/*/part-*.parquet")
READERS = {
    "manifest": Reader("json", _dataset, ("dl1/manifest.json",), _read_listed),
    "record": Reader("json", _unfinished, ("dl1/_commits/*.json",), _read_listed),
    "part": Reader("parquet", _dataset, PARTS, _read_dataset, sign=_sign_part),
    "subarray": Reader("parquet", _dataset, ("dl1/subarray/*.parquet",), _read_dataset),
    "provenance": Reader(
        "json", _dataset, ("dl1/provenance.json",), _read_history, True
    ),
    "journal": Reader("text", _journal, ("dl1/_journal/*",), _read_journal, True),
    "plan": Reader("json", _plan, ("dl1/_plan/plan.json",), _read_plan, True),
    "model.json": Reader(
        "json", _models, ("models/*/*/model.json",), _read_models, sign=_sign_model
    ),
    "training.json": Reader(
        "json", _models, ("models/training.json",), _read_models, True
    ),
    "model tables": Reader(
        "parquet", _models, ("models/*/*/*.parquet",), _read_models, sign=_sign_model
    ),
    "irf.json": Reader(
        "json", lambda f: toy_irf(f / "irf"), ("irf/irf.json",), _read_irf, True
    ),
    "irf tables": Reader(
        "parquet", lambda f: toy_irf(f / "irf"), ("irf/*.parquet",), _read_irf
    ),
    "fits": Reader("fits", _gadf, ("plain.fits",), _read_gadf("plain.fits")),
    "fits.gz": Reader("binary", _gadf, ("dl3_7.fits.gz",), _read_gadf("dl3_7.fits.gz")),
    "fits index": Reader("binary", _gadf, ("*index.fits.gz",), _read_index),
    "published fits": Reader("fits", _gadf, ("plain.fits",), _read_published, True),
    "weather.csv": Reader(
        "text", _weather("csv"), ("weather.csv",), _read_weather("csv"), True
    ),
    "weather.ecsv": Reader(
        "text", _weather("ecsv"), ("weather.ecsv",), _read_weather("ecsv"), True
    ),
    "weather.parquet": Reader(
        "parquet", _weather("parquet"), ("weather.parquet",), _read_weather("parquet")
    ),
    "coefficients.ecsv": Reader(
        "text", _calibration("ecsv"), ("table.ecsv",), _read_calibration("ecsv"), True
    ),
    "coefficients.parquet": Reader(
        "parquet",
        _calibration("parquet"),
        ("table.parquet",),
        _read_calibration("parquet"),
    ),
    "atmosphere": Reader("text", _numbers, ("table.txt",), _read_numbers, True),
    "array.yaml": Reader(
        "text", _yaml("arrays/LST-1.yaml"), ("a.yaml",), _read_array, True
    ),
    "observation.yaml": Reader(
        "text", _yaml("observation.yaml"), ("a.yaml",), _read_observation, True
    ),
} | {
    f"{name}.yaml": Reader(
        "text", _yaml(f"{name}.yaml"), ("a.yaml",), _read_yaml(name), True
    )
    for name in ("stage1", "irf", "train", "simulate", "cluster", "batch")
}
