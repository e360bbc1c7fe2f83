"""What each module imports, and which of it the house forbids.

The rules are those of docs/architecture.md, "The house". They are read off the syntax
tree, so imports inside functions and below ``if TYPE_CHECKING`` count as well.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "cta_columnar"

# Top first. A room may import rooms below its own layer, and itself.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"cli"}),
    frozenset({"pipelines"}),
    frozenset(
        {"sources", "store", "stages", "executors", "simulation", "display", "events"}
    ),
    frozenset(
        {"registry", "arrays", "config", "instrument", "provenance"}
        | {"models", "gadf", "waveform_packing"}
    ),
    # Shared by registry and config, which must not import each other.
    frozenset({"options", "remote", "bounded"}),
    frozenset(
        {"kernels", "schemas", "configs"}
        | {
            "errors",
            "digests",
            "array_types",
            "clock",
            "durable",
            "faults",
            "json_text",
            "page",
            "texts",
        }
    ),
    # A file of several frames is known by their checksums.
    frozenset({"zstd_frames"}),
)
DEPTH = {room: depth for depth, layer in enumerate(LAYERS) for room in layer}

# The public face re-exports from the rooms; they may ask it for its version only.
FACE = ""

# Everything a room may import from outside the package, where that is a short list.
ONLY = {
    "kernels": {"numpy", "math", "typing", "collections.abc"},
    "kernels._jit": {
        "numpy",
        "math",
        "numba",
        "hashlib",
        "os",
        "pathlib",
        "pickle",
        "typing",
    }
    | {"collections.abc"},
    "schemas": {"pyarrow", "collections.abc", "dataclasses", "enum", "typing"},
    "schemas.freeze": {"pyarrow", "json", "pathlib", "sys", "typing"},
    "configs": set[str](),
}

# Libraries with one home each: room or module -> who else must not import them.
HOMES = {
    "numba": ("kernels._jit",),
    "dask": ("executors.dask",),
    "distributed": ("executors.dask",),
    "dask_jobqueue": ("executors.dask",),
    "sklearn": ("stages.training",),
    "matplotlib": ("display",),
    "threadpoolctl": ("stages.training",),
    "pyirf": ("stages.irf",),
    "eventio": ("sources",),
}

FILES = {"io", "os", "pathlib", "shutil", "tempfile", "glob", "mmap", "gzip", "isal"}
FILES |= {"zstandard", "pyarrow.parquet", "pyarrow.dataset", "pyarrow.fs"}
PHYSICS = {"astropy", "numpy", "pyarrow", "polars"}

# Stages read no files; executors know no physics.
NEVER = {"stages": FILES, "executors": PHYSICS}
EXECUTORS_MAY_USE = {"executors", "errors"}

BY_NAME = {"import_module", "__import__"}


@dataclass(frozen=True)
class Import:
    """One imported module, or one name taken from a module."""

    module: str
    name: str
    line: int

    @property
    def full(self) -> str:
        """Dotted name of what is imported."""
        return f"{self.module}.{self.name}" if self.name else self.module


def imports(source: str, module: str, *, is_package: bool = False) -> Iterator[Import]:
    """All imports of a module, wherever they stand, relative ones resolved."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, "", node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module, is_package)
            yield from (Import(base, alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in BY_NAME:
            yield from (
                Import(str(argument.value), "", node.lineno)
                for argument in node.args[:1]
                if isinstance(argument, ast.Constant)
            )


def _absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    up = node.level - is_package
    parts = module.split(".")
    base = parts[: len(parts) - up]
    return ".".join([*base, node.module] if node.module else base)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def room_of(dotted: str) -> str:
    """First part below the package; the public face itself is the empty string."""
    return dotted.removeprefix(PACKAGE).lstrip(".").split(".")[0]


def complaints(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """Say what is wrong with the imports of one module; empty when nothing is."""
    found = []
    if room_of(module) not in DEPTH and room_of(module) != FACE:
        found.append(f"{module} is in no known room: add it to tests/layering.py")
    for item in imports(source, module, is_package=is_package):
        if item.module.split(".")[0] == PACKAGE:
            reason = _wrong_direction(module, item)
        else:
            reason = _wrong_library(module, item)
        if reason:
            found.append(f"{module}:{item.line}: {item.full}: {reason}")
    if room_of(module) == "stages":
        found += [f"{module}:{line}: stages open no files" for line in _opens(source)]
    return found


def _wrong_direction(module: str, item: Import) -> str | None:
    here, there = room_of(module), room_of(item.full)
    reason = None
    if here in (FACE, there):
        pass
    elif item.module == PACKAGE and there not in DEPTH:
        reason = "the public face is on top" if item.name != "__version__" else None
    elif there not in DEPTH or here not in DEPTH:
        reason = "unknown room"
    elif here == "executors" and there not in EXECUTORS_MAY_USE:
        reason = "executors know no physics"
    elif DEPTH[there] == DEPTH[here]:
        reason = f"{here} and {there} are rooms of one layer"
    elif DEPTH[there] < DEPTH[here]:
        reason = f"{there} is above {here}"
    return reason


def _wrong_library(module: str, item: Import) -> str | None:
    below = module.removeprefix(PACKAGE + ".")
    here = room_of(module)
    allowed = ONLY.get(below, ONLY.get(here))
    if allowed is not None and not _matches(item, allowed):
        return f"{here} may import only {', '.join(sorted(allowed)) or 'nothing'}"
    if _matches(item, NEVER.get(here, set())):
        return f"not in {here}"
    for library, homes in HOMES.items():
        if _matches(item, {library}) and not any(_within(below, h) for h in homes):
            return f"{library} is imported in {' and '.join(homes)} only"
    return None


def _matches(item: Import, names: set[str]) -> bool:
    return any(_within(dotted, n) for dotted in (item.module, item.full) for n in names)


def _within(dotted: str, root: str) -> bool:
    return dotted == root or dotted.startswith(root + ".")


def _opens(source: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _called(node) == "open":
            yield node.lineno


def modules(root: Path) -> Iterator[tuple[str, Path]]:
    """Dotted name and file of every module of the package, each once."""
    for folder, name in (
        (root / PACKAGE, PACKAGE),
        *((root / r, f"{PACKAGE}.{r}") for r in ("kernels", "schemas", "configs")),
    ):
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            if folder.name == PACKAGE and (folder / parts[0]).is_symlink():
                continue
            yield ".".join((name, *parts)).removesuffix(".__init__"), path
