"""Named algorithms: signature, options, plugins, and the way into a worker."""

import math
import multiprocessing
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import EntryPoint
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
import pytest

from cta_columnar import registry
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.options import Option
from cta_columnar.registry import catalogue

SUM = pa.schema([pa.field("total", pa.float64())])


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    """A registry of our own, so that no test sees what another one registers."""
    for name in ("_algorithms", "_aliases", "_plugins", "_broken"):
        monkeypatch.setattr(catalogue, name, {})
    monkeypatch.setattr(catalogue, "entry_points", lambda **_: [])
    catalogue.load_installed.cache_clear()
    yield
    catalogue.load_installed.cache_clear()


@pytest.fixture
def total():
    @registry.register("toy", "Total", writes=SUM, aliases=("OldTotal",))
    def total(
        image,
        camera,
        *,
        factor: Annotated[float, Option(unit="p.e.", doc="what for", ge=0, lt=9)] = 1.0,
        window_width: Annotated[int, Option(unit="samples", gt=0)] = 7,
        mode: Literal["fast", "slow"] = "fast",
        limits: tuple[float, ...] = (1.0, 2.0),
        scale: float | None = None,
        quick=False,
    ):
        """Sum of the charge.

        And more.
        """
        return {"total": factor * image.sum(axis=1) + camera}

    return total


def test_the_function_stays_as_it_is(total):
    assert total(np.ones((1, 2)), 1, factor=3)["total"] == 7
    assert registry.get("toy", "Total").func is total


def test_signature_says_what_is_read_and_what_can_be_set(total):
    toy = registry.get("toy", "Total")
    assert toy.reads == ("image", "camera")
    assert toy.doc == "Sum of the charge."
    assert str(toy) == "toy 'Total'"
    factor = toy.options["factor"]
    assert (factor.type, factor.default, factor.unit) == (float, 1.0, "p.e.")
    assert (factor.doc, factor.bounds) == ("what for", {"ge": 0, "lt": 9})
    assert factor.range == ">= 0, < 9"
    assert toy.options["mode"].choices == ("fast", "slow")
    assert toy.options["mode"].range == "one of fast, slow"
    assert toy.options["quick"].type is bool
    with pytest.raises(TypeError):
        toy.options["new"] = factor


def test_options_are_completed_in_order(total):
    toy = registry.get("toy", "Total")
    options = toy.validate_options({"limits": [3, 4], "factor": 2})
    assert options == {
        "factor": 2.0,
        "window_width": 7,
        "mode": "fast",
        "limits": (3.0, 4.0),
        "scale": None,
        "quick": False,
    }
    assert list(options) == list(toy.options)
    assert isinstance(options["factor"], float)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window_widht": 5}, "Total has no such option; did you mean 'window_width'"),
        ({"window_width": 0}, "window_width: must be > 0 samples, got 0"),
        ({"window_width": 7.5}, "window_width: wants an integer, got 7.5"),
        ({"window_width": "7"}, "window_width: wants an integer, got '7'"),
        ({"window_width": True}, "window_width: wants an integer, got True"),
        ({"quick": 1}, "quick: wants true or false, got 1"),
        ({"factor": 9}, "factor: must be < 9 p.e., got 9"),
        ({"limits": [1.0, -math.inf]}, "limits: must be finite, got -inf"),
        ({"limits": [1.0, math.nan]}, "limits: must be finite, got nan"),
        ({"factor": object()}, "factor: wants a number"),
        ({"mode": "fats"}, "mode: 'fats' is not a choice; did you mean 'fast'"),
        ({"limits": [1, "a"]}, "limits: wants a list of numbers"),
    ],
)
def test_bad_options_are_refused_in_words(total, options, message):
    with pytest.raises(UserError) as caught:
        registry.get("toy", "Total").validate_options(options)
    assert message in str(caught.value)


def test_numpy_values_are_as_good_as_python_ones(total):
    toy = registry.get("toy", "Total")
    options = {"window_width": np.int64(5), "limits": np.array([1.0, 2.0])}
    checked = toy.validate_options(options)
    assert type(checked["window_width"]) is int
    assert checked["limits"] == (1.0, 2.0)


def test_run_takes_columns_and_context(total):
    toy = registry.get("toy", "Total")
    columns = {"image": np.ones((2, 3)), "unused": None}
    assert list(toy.run(columns, {"camera": 1}, {"factor": 2.0})["total"]) == [7, 7]
    with pytest.raises(KeyError, match=r"reads \['camera'\]"):
        toy.run(columns, {}, {})


def test_run_refuses_columns_that_are_not_in_the_schema():
    @registry.register("toy", "Wrong", writes=SUM)
    def wrong(image):
        return {"totl": image}

    with pytest.raises(ValueError, match=r"\['totl'\], but its schema has \['total'\]"):
        registry.get("toy", "Wrong").run({"image": 1}, {}, {})


def test_options_of_a_kind_are_not_for_the_function():
    @registry.register("reconstructor", "Fixed", writes=SUM)
    def fixed(image, *, factor=2.0):
        return {"total": factor * image}

    algorithm = registry.get("reconstructor", "Fixed")
    quality = ({"bright": "image > 3"},)
    options = algorithm.validate_options({"quality": quality})
    assert options == {"factor": 2.0, "quality": quality}
    assert algorithm.run({"image": np.ones(2)}, {}, options)["total"].tolist() == [2, 2]
    assert algorithm.validate_options({})["quality"] is None
    with pytest.raises(UserError, match="quality: wants"):
        algorithm.validate_options({"quality": ("image > 3",)})


def test_options_of_a_kind_cannot_be_taken():
    with pytest.raises(
        TypeError, match="reconstructor has the option 'quality' already"
    ):

        @registry.register("reconstructor", "Taken", writes=SUM)
        def taken(image, *, quality=0.5):
            return {"total": quality * image}


def test_unknown_names_come_with_the_nearest_one(total):
    assert registry.get("toy", "OldTotal").name == "Total"
    assert registry.names("toy") == ("Total",)
    assert registry.kinds() == ("toy",)
    with pytest.raises(UserError, match=r"no toy 'Totl'; did you mean 'Total'\?"):
        registry.get("toy", "Totl")
    with pytest.raises(UserError, match="no algorithms of kind 'tyo'; kinds: toy"):
        registry.get("tyo", "Total")


def test_two_functions_cannot_share_a_name(total):
    with pytest.raises(UserError, match="registered twice"):

        @registry.register("toy", "OldTotal", writes=SUM)
        def other(image):
            return {"total": image}


def test_a_notebook_cell_may_run_twice():
    def cell(factor):
        @registry.register("toy", "Cell", writes=SUM)
        def total(image):
            return {"total": factor * image}

    cell(1)
    cell(2)
    cell_of_now = registry.get("toy", "Cell")
    assert cell_of_now.run({"image": np.array([3])}, {}, {})["total"] == [6]


def test_signatures_that_cannot_be_configured_are_refused():
    with pytest.raises(TypeError, match=r"'width' of .*no_default needs a default"):

        @registry.register("toy", "NoDefault", writes=SUM)
        def no_default(image, *, width):
            return {"total": image}

    with pytest.raises(TypeError, match=r"default of .*: width: must be > 0, got 0"):

        @registry.register("toy", "BadDefault", writes=SUM)
        def bad_default(image, *, width: Annotated[int, Option(gt=0)] = 0):
            return {"total": image}

    with pytest.raises(TypeError, match="no option can be called 'name'"):

        @registry.register("toy", "Reserved", writes=SUM)
        def reserved(image, *, name="x"):
            return {"total": image}

    with pytest.raises(TypeError, match="must name all"):

        @registry.register("toy", "Open", writes=SUM)
        def open_ended(image, **options):
            return {"total": image}


PLUGIN = """
from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import pyarrow as pa

from cta_columnar.registry import Option, register

if TYPE_CHECKING:
    from nowhere import Image

SUM = pa.schema([pa.field("total", pa.float64())])


@register("toy", "Plugged", writes=SUM)
def plugged(image: Image, *, factor: Annotated[float, Option(ge=0)] = 2.0):
    return {"total": factor * image}
"""


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "my_algorithms.py"
    path.write_text(PLUGIN)
    registry.load_plugin(path)
    yield path
    for name in [name for name in sys.modules if "_plugin_my_algorithms" in name]:
        del sys.modules[name]


def test_plugin_is_a_single_file(plugin):
    assert registry.plugins() == (plugin,)
    registry.load_plugin(str(plugin))
    plugged = registry.get("toy", "Plugged")
    assert plugged.plugin == plugin
    assert plugged.options["factor"].bounds == {"ge": 0}
    assert pickle.loads(pickle.dumps(plugged)) == plugged


def test_plugin_travels_to_a_spawned_worker(plugin):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        plugged = registry.get("toy", "Plugged")
        columns = {"image": np.array([3.0])}
        remote = pool.submit(plugged.run, columns, {}, {"factor": 5.0})
        assert remote.result() == {"total": [15.0]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "bad.py registers no algorithm"),
        ("x = 1\ny = z\n", r"bad.py:2: NameError"),
        ("x =\n", r"bad.py:1: SyntaxError"),
        (None, "bad.py is not a Python file that can be read"),
    ],
)
def test_bad_plugin_says_where(tmp_path, text, message):
    path = tmp_path / "bad.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=message):
        registry.load_plugin(path)
    assert registry.plugins() == ()


def test_entry_points_are_loaded_on_the_first_miss(monkeypatch):
    group = catalogue.ENTRY_POINTS
    found = [
        EntryPoint("good", "entry_point_good:load", group),
        EntryPoint("bad", "no_such_package", group),
    ]

    class Good:
        @staticmethod
        def load():
            registry.register("toy", "FromPackage", writes=SUM)(lambda: {})

    monkeypatch.setitem(sys.modules, "entry_point_good", Good)
    monkeypatch.setattr(catalogue, "entry_points", lambda **_: found)
    assert registry.get("toy", "FromPackage").name == "FromPackage"
    with pytest.raises(UserError, match=r"no_such_package failed to load: ModuleNot"):
        registry.get("toy", "Absent")


def test_an_algorithm_of_main_says_why_it_cannot_travel():
    algorithm = ("__main__", None, "toy", "Cell")
    registry.register("toy", "Other", writes=SUM)(lambda: {})
    with pytest.raises(UserError, match="put it in a file and name that as plugin"):
        catalogue._unpickle(*algorithm)


def test_hints():
    assert did_you_mean("x", []) == "none is known"
    assert did_you_mean("zzz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("TAILCUTS", ["Tailcuts"]).startswith("did you mean 'Tailcuts'")
    # Of hundreds of names nobody reads a list.
    many = [f"hillas_{name}_{i}" for name in ("width", "length") for i in range(200)]
    hint = did_you_mean("hilas_width_7", many)
    assert hint.startswith("did you mean 'hillas_width_7' or 'hillas_width_")
    assert hint.endswith("(400 are known)")
    assert len(hint) < 120
    assert did_you_mean("zzz", many) == "400 are known, none like it"


def test_no_array_library_is_needed_for_names_and_options():
    code = (
        "import sys, cta_columnar.registry;"
        "print([m for m in ('numpy', 'pyarrow', 'numba') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
