"""All algorithms by kind and name, and where they are found."""

import copyreg
import hashlib
import importlib
import importlib.util
import logging
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.registry.algorithm import Algorithm, Columns, OptionCheck

if TYPE_CHECKING:
    import pyarrow as pa

F = TypeVar("F", bound=Callable[..., Columns])

ENTRY_POINTS = "cta_columnar.algorithms"

_log = logging.getLogger(__name__)
_algorithms: dict[tuple[str, str], Algorithm] = {}
_aliases: dict[tuple[str, str], str] = {}
_plugins: dict[str, Path] = {}  # by module name
_broken: dict[str, str] = {}  # entry points that could not be loaded, and why


def register(
    kind: str,
    name: str,
    *,
    writes: "pa.Schema",
    aliases: tuple[str, ...] = (),
    check: OptionCheck | None = None,
) -> Callable[[F], F]:
    """Register a function: positional parameters are inputs, keywords are options.

    Parameters
    ----------
    kind, name : str
        What the algorithm is looked up by.
    writes : pyarrow.Schema
        The columns that the function returns.
    aliases : tuple of str
        Further names, e.g. of older software.
    check : callable, optional
        Takes all options, complete; raises `UserError`, naming the key, if they do not
        fit each other.

    Raises
    ------
    ValueError
        If another function has the name already.
    """

    def decorate(func: F) -> F:
        algorithm = Algorithm.from_function(kind, name, func, writes, check)
        plugin = _plugins.get(func.__module__)
        _add(replace(algorithm, plugin=plugin), aliases)
        return func

    return decorate


def _add(algorithm: Algorithm, aliases: tuple[str, ...]) -> None:
    kind, func = algorithm.kind, algorithm.func
    for name in (algorithm.name, *aliases):
        other = _algorithms.get((kind, _aliases.get((kind, name), name)))
        # The same function again is a notebook cell run twice, or a module reloaded.
        if other and _origin(other.func) != _origin(func):
            raise UserError(
                f"{kind} {name!r} is registered twice: "
                f"by {_origin(other.func)} and by {_origin(func)}"
            )
    _algorithms[kind, algorithm.name] = algorithm
    _aliases.update({(kind, alias): algorithm.name for alias in aliases})


def _origin(func: Callable[..., object]) -> str:
    path = _plugins.get(func.__module__, func.__module__)
    return f"{path}:{func.__qualname__}"


def get(kind: str, name: str) -> Algorithm:
    """Look up an algorithm by name or alias.

    Raises
    ------
    UserError
        If there is none, naming the nearest known one.
    """
    found = _find(kind, name)
    if found is None:
        load_installed()
        found = _find(kind, name)
    if found is not None:
        return found
    if not names(kind):
        raise UserError(f"no algorithms of kind {kind!r}; kinds: {', '.join(kinds())}")
    hint = did_you_mean(name, names(kind))
    broken = "".join(f"; {ep} failed to load: {why}" for ep, why in _broken.items())
    raise UserError(f"no {kind} {name!r}; {hint}{broken}")


def _find(kind: str, name: str) -> Algorithm | None:
    return _algorithms.get((kind, _aliases.get((kind, name), name)))


def names(kind: str) -> tuple[str, ...]:
    """Names of all algorithms of a kind, sorted, without aliases."""
    load_installed()
    return tuple(sorted(name for k, name in _algorithms if k == kind))


def kinds() -> tuple[str, ...]:
    """All kinds of algorithms, sorted."""
    load_installed()
    return tuple(sorted({kind for kind, _ in _algorithms}))


@cache
def load_installed() -> None:
    """Load the algorithms of all installed packages, once.

    An entry point is a module that registers on import, or a function that does so.
    A package that fails to load is no reason to stop: if it is needed, the error about
    the missing name says why.
    """
    for entry_point in entry_points(group=ENTRY_POINTS):
        try:
            loaded = entry_point.load()
            if callable(loaded):
                loaded()
        except Exception as error:  # noqa: BLE001, RUF100
            _broken[entry_point.value] = f"{type(error).__name__}: {error}"
            _log.warning(
                "the algorithms of %s failed to load: %r", entry_point.value, error
            )


def load_plugin(path: Path | str) -> None:
    """Load a single file that registers algorithms; again is no harm.

    Raises
    ------
    UserError
        If it cannot be read or run, or registers nothing.
    """
    path = Path(path).resolve()
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    module_name = f"cta_columnar_plugin_{path.stem}_{digest}"
    if module_name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise UserError(f"plugin {path} is not a Python file that can be read")
    module = importlib.util.module_from_spec(spec)
    # Before it runs: `register` asks which plugin a function comes from.
    sys.modules[module_name] = module
    _plugins[module_name] = path
    try:
        spec.loader.exec_module(module)
        if not any(each.plugin == path for each in _algorithms.values()):
            raise UserError(f"plugin {path} registers no algorithm")
    except UserError:
        _forget(module_name)
        raise
    except Exception as error:
        _forget(module_name)
        line = _line_in(path, error)
        raise UserError(f"plugin {path}{line}: {error!r}") from error


def _forget(module_name: str) -> None:
    path = _plugins.pop(module_name)
    del sys.modules[module_name]
    for key in [key for key, each in _algorithms.items() if each.plugin == path]:
        del _algorithms[key]


def _line_in(path: Path, error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f":{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f":{lines[-1]}" if lines else ""


def plugins() -> tuple[Path, ...]:
    """Files loaded by `load_plugin`: workers load them too, results depend on them."""
    return tuple(_plugins.values())


def _reduce(algorithm: Algorithm) -> tuple[Any, ...]:
    module = algorithm.func.__module__
    return _unpickle, (module, algorithm.plugin, algorithm.kind, algorithm.name)


def _unpickle(module: str, plugin: Path | None, kind: str, name: str) -> Algorithm:
    """In a fresh worker: import what registers the algorithm, then look it up."""
    if plugin is None:
        importlib.import_module(module)
    else:
        load_plugin(plugin)
    try:
        return get(kind, name)
    except UserError as error:
        if module != "__main__":
            raise
        raise UserError(
            f"{kind} {name!r} was registered in a notebook or script, where worker "
            "processes cannot see it; put it in a file and name that as plugin, "
            "or run with one worker"
        ) from error


copyreg.pickle(Algorithm, _reduce)
