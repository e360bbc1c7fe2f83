"""Nothing that comes with data is run: what could do so is used in known places only.

Each place says why; a new one fails here, and its reason is for `docs/security.md`.
"""

import ast
import os
import pickle
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from astropy.io import fits
from fuzz.readers import READERS

import cta_columnar
from cta_columnar.config import read_file
from cta_columnar.config.expressions import Cut
from cta_columnar.errors import UserError
from cta_columnar.pipelines.text_tables import read_text_table
from cta_columnar.sources.base import BadInputError, open_source
from cta_columnar.store import StoreError, open_models, open_store, read_parquet
from cta_columnar.store.gadf import read_gadf

ROOT = Path(cta_columnar.__file__).parent

_OURS = "between processes that we have started"
_DASK = "between Dask and its workers, whose network is trusted"
_NAMED = "modules of ours, by names that stand in the code"
# What can run code, or unpack an archive, and where it is used for what.
KNOWN = {
    "executors/base.py": {"pickle": _OURS},
    "executors/processes.py": {"pickle": _OURS},
    "executors/worker.py": {"pickle": _OURS},
    "executors/child.py": {"subprocess": "programs of ours"},
    "executors/dask/executor.py": {"pickle": _DASK},
    "executors/dask/flight.py": {"pickle": _DASK},
    "executors/dask/on_worker.py": {"pickle": _DASK},
    "kernels/_jit.py": {"pickle": "compiled kernels, in the user's own cache"},
    "__init__.py": {"importlib": _NAMED},
    "pipelines/run.py": {"importlib": _NAMED},
    "stages/__init__.py": {"importlib": _NAMED},
    "stages/training/catalogue.py": {"importlib": "estimators of a list"},
    "registry/catalogue.py": {
        "importlib": "plugins that the caller has named",
        "copyreg": "of algorithms, by their names",
        "exec_module": "plugins that the caller has named",
    },
    "display/_matplotlib.py": {"importlib": "asks whether it is there"},
    "options.py": {"eval": "annotations of functions that are loaded already"},
}
MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "copyreg"}
MODULES |= {"runpy", "code", "imp", "importlib", "subprocess", "ctypes"}
MODULES |= {
    "tarfile",
    "zipfile",
    "zipimport",
    "numexpr",
    "jsonpickle",
    "h5py",
    "tables",
}
CALLS = {"eval", "exec", "compile", "__import__", "exec_module", "unpack_archive"}
CALLS |= {"system", "popen", "execv", "execve", "spawnv", "unsafe_load", "full_load"}
# Of `yaml`, those that make nothing but plain values.
YAML = {"SafeLoader", "safe_dump", "YAMLError", "Node", "ScalarNode", "SequenceNode"}
YAML |= {"MappingNode"}


_ANY = re.compile("|".join([*MODULES, *CALLS, "allow_pickle", "yaml"]))


def used(tree):  # noqa: PLR0912
    """Names in a module that can run code."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found = [each.name for each in names]
            case ast.ImportFrom(module=str(module), names=names):
                # `importlib.metadata` reads versions and runs nothing.
                found = [f"{module}.{each.name}" for each in names]
            case ast.Call(func=ast.Name(id=name)):
                found = []
                if name in CALLS:
                    yield name
            case ast.Call(func=ast.Attribute(attr=name, value=value)):
                found = []
                # Not of `re`.
                if name in CALLS and getattr(value, "id", "") != "re":
                    yield name
            case ast.keyword(arg="allow_pickle", value=value):
                found = []
                if not (isinstance(value, ast.Constant) and value.value is False):
                    yield "allow_pickle"
            case ast.Attribute(value=ast.Name(id="yaml"), attr=name):
                found = []
                if name not in YAML:
                    yield f"yaml.{name}"
            case _:
                continue
        for each in found:
            top = each.partition(".")[0]
            if top in MODULES and not each.startswith("importlib.metadata"):
                yield top


def modules():
    # Two of the folders are links, which `Path.rglob` does not follow.
    for folder, _, names in os.walk(ROOT, followlinks=True):
        yield from (Path(folder, name) for name in names if name.endswith(".py"))


def test_what_can_run_code_is_in_known_places():
    found = {}
    for path in modules():
        text = path.read_text(encoding="utf-8")
        # Parsing all would take long.
        if not _ANY.search(text):
            continue
        if names := set(used(ast.parse(text))):
            found[path.relative_to(ROOT).as_posix()] = names - {"metadata"}
    assert {path: names for path, names in found.items() if names} == {
        path: set(reasons) for path, reasons in KNOWN.items()
    }


def test_the_search_finds_what_it_looks_for():
    text = (
        "import joblib\nfrom pickle import loads\nyaml.load(x)\nnp.load(f, "
        "allow_pickle=True)\neval(y)\nos.system(z)\nre.compile(a)\nyaml.safe_dump(b)\n"
        "from importlib.metadata import version\nnp.load(f, allow_pickle=False)\n"
    )
    expected = {"joblib", "pickle", "yaml.load", "allow_pickle", "eval", "system"}
    assert set(used(ast.parse(text))) == expected


class Hostile:
    """Whoever unpickles it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture
def trap(tmp_path):
    """A folder that is there if anything was run."""
    path = tmp_path / "run"
    yield path
    assert not path.exists()


@pytest.fixture
def payload(trap):
    content = pickle.dumps(Hostile(trap))
    # It would work.
    pickle.loads(content)
    trap.rmdir()
    return content


def tagged(trap):
    return f"!!python/object/apply:os.mkdir ['{trap}']"


def test_yaml_makes_plain_values(tmp_path, trap):
    yaml.unsafe_load(tagged(trap))
    trap.rmdir()
    for number, text in enumerate(
        (
            f"extractor: {tagged(trap)}\n",
            f"? {tagged(trap)}\n: 1\n",
            f"a: !!python/object/new:os.mkdir ['{trap}']\n",
            "a: !!python/name:os.mkdir x\n",
            "a: !!python/module:os x\n",
        )
    ):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text)
        with pytest.raises(UserError, match=f"{number}.yaml"):
            read_file(path)


@pytest.mark.parametrize("what", ["tag", "class", "object"])
def test_headers_of_text_tables(tmp_path, trap, what):
    """They are YAML, too, and may name classes to make columns of."""
    meta = {
        "tag": f"# meta: {tagged(trap)}\n",
        "class": (
            "# meta: !!omap\n# - __serialized_columns__:\n#     a:\n"
            f"#       __class__: os.mkdir\n#       path: '{trap}'\n"
        ),
        "object": "",
    }[what]
    kind = "object" if what == "object" else "float64"
    text = f"# %ECSV 1.0\n# ---\n# datatype:\n# - {{name: a, datatype: {kind}}}\n"
    path = tmp_path / "a.ecsv"
    path.write_text(f"{text}{meta}# schema: astropy-2.0\na\n1\n")
    with suppress(ValueError):
        read_text_table(path, "ascii.ecsv")


def test_pickles_in_the_place_of_data(tmp_path, payload):
    """A raw file, a table, a model, a FITS file: each is told that it is none."""
    for name in ("a.simtel", "a.parquet", "a.fits"):
        (tmp_path / name).write_bytes(payload)
    with pytest.raises(BadInputError, match="no known format"):
        open_source(tmp_path / "a.simtel")
    with pytest.raises(StoreError, match="cannot read"):
        read_parquet(tmp_path / "a.parquet")
    with pytest.raises(StoreError, match="no whole FITS file"):
        read_gadf(tmp_path / "a.fits")
    READERS["model.json"].build(tmp_path)
    for path in tmp_path.glob("models/*/*/*.parquet"):
        path.write_bytes(payload)
        (path.parent / "model.pkl").write_bytes(payload)
    with pytest.raises(StoreError, match="not a file of these models"):
        open_models(tmp_path / "models").load("energy", "LST_LST_LSTCam")


def test_pickles_within_data(tmp_path, payload):
    """In metadata of Arrow, as `pandas` or an extension type would have them."""
    schema = pa.schema([pa.field("a", pa.binary())])
    metadata = {b"pandas": payload, b"ARROW:extension:name": b"arrow.py_extension_type"}
    metadata[b"ARROW:extension:metadata"] = payload
    field = schema.field("a").with_metadata(metadata)
    table = pa.table([[payload]], schema=pa.schema([field], metadata=metadata))
    pq.write_table(table, tmp_path / "a.parquet", use_dictionary=False)
    assert read_parquet(tmp_path / "a.parquet")["a"].to_pylist() == [payload]
    column = fits.Column(
        "a", "1PB()", array=np.array([np.frombuffer(payload, "u1")], object)
    )
    fits.BinTableHDU.from_columns([column]).writeto(tmp_path / "a.fits")
    assert read_gadf(tmp_path / "a.fits") == []


@pytest.mark.parametrize(
    "name", ["PK\x03\x04", "\x1f\x8b", "ustar", "BZh9", "7z\xbc\xaf"]
)
def test_archives_are_not_unpacked(tmp_path, name):
    (tmp_path / "dl1").write_bytes(name.encode("latin1") * 100)
    with pytest.raises(UserError, match="dl1"):
        open_store(tmp_path / "dl1")
    with pytest.raises(BadInputError):
        open_source(tmp_path / "dl1")
    with pytest.raises(StoreError):
        read_gadf(tmp_path / "dl1")
    assert sorted(tmp_path.iterdir()) == [tmp_path / "dl1"]


HUGE = [
    "a > 9**9**9**9",
    "a > (((9**64)**64)**64)**64",
    "-" * 5000 + "a > 0",
    "(" * 5000 + "a" + ")" * 5000 + " > 0",
    "a" + "+a" * 50_000 + " > 0",
    "a > " + "9" * 6000,
    "a > 0\0",
]


@pytest.mark.parametrize("text", HUGE, ids=lambda text: text[:20])
def test_expressions_end(text):
    """They stand in models and configurations, which may be of anybody."""
    with pytest.raises(
        ValueError, match=r"too large|too deep|longer than|cannot be"
    ) as e:
        Cut("a", text).passes({"a": np.ones(2)})
    assert len(str(e.value)) < 500


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('x') > 0",
        "a.__class__ > 0",
        "(lambda: a)() > 0",
        "[a for a in b][0] > 0",
        "open('/etc/passwd') > 0",
        "f'{a}' > 0",
        "a[0] > 0",
        "(a := 1) > 0",
    ],
)
def test_expressions_run_nothing(text):
    with pytest.raises(ValueError, match=r"not allowed|no function"):
        Cut("a", text)
