"""From what a user names as input to files."""

import glob
from collections.abc import Iterable
from pathlib import Path

from cta_columnar.errors import UserError
from cta_columnar.remote import RemotePath, location, matching
from cta_columnar.store import is_dataset, is_irf, open_store, real_path

# By the stage that made a dataset, for who takes it for raw data.
_TAKEN_BY = {
    "reduce": "its waveforms are input of ctacol run stage1",
    "stage1": "its images are input of ctacol run stage1 again, its parameters of "
    "ctacol run stage2",
    "calibration": "its coefficients are for ctacol run stage1, named by "
    "--set monitoring.calibration=...",
    "stage2": "its events are for you: no stage reads them",
}
# A folder of raw data holds log files, too: only names that tell are taken from it.
# A file that is named itself is opened by its content.
RAW_NAMES = ("*.simtel", "*.simtel.gz", "*.simtel.zst")


def raw_files(names: Iterable[Path | str]) -> tuple[Path, ...]:
    """Expand folders and patterns to raw files.

    A file that does not exist is kept: reading it is where that is told, so that
    ``--skip-bad-inputs`` can go on.

    Raises
    ------
    UserError
        If a folder or a pattern holds no raw file, a folder is a dataset, or a file is
        named twice.
    """
    files: dict[str, Path] = {}
    for name in names:
        for path in _found(location(name)):
            real = real_path(path)
            if other := files.get(real):
                twice = f"{path} stands twice among the inputs"
                raise UserError(twice if other == path else f"{twice}, also as {other}")
            files[real] = path
    if not files:
        raise UserError("no input: name files or folders with --input")
    return tuple(files.values())


def raw_files_or_dataset(names: Iterable[Path | str]) -> tuple[Path, ...]:
    """Expand as `raw_files` does; a dataset stays what it is."""
    paths = [location(name) for name in names]
    if any(is_dataset(path) for path in paths):
        return tuple(paths)
    return raw_files(paths)


def _found(path: Path) -> list[Path]:
    try:
        return _expanded(path)
    except OSError:
        # It cannot even be asked what it is.
        return [path]


def _expanded(path: Path) -> list[Path]:
    if is_dataset(path):
        raise UserError(_no_raw_data(path))
    if path.is_dir():
        found = raw_files_below(path)
        if not found:
            raise UserError(f"{path} holds no raw file ({', '.join(RAW_NAMES)})")
        return found
    if isinstance(path, RemotePath):
        found = matching(path) if glob.has_magic(str(path)) else [path]
        if not found:
            raise UserError(f"no file is called {path}")
        return found
    if not path.exists() and glob.has_magic(str(path)):
        # Path.glob takes no absolute pattern.
        found = sorted(map(Path, glob.glob(str(path), recursive=True)))  # noqa: PTH207
        if not found:
            raise UserError(f"no file is called {path}")
        return found
    return [path]


def _no_raw_data(path: Path) -> str:
    """Say what a dataset is, and what takes it."""
    identity = open_store(path).identity
    if identity is None:
        return f"{path} is a dataset without any data, not raw data"
    stage = identity.stage
    return f"{path} is what {stage} made, not raw data; {_TAKEN_BY.get(stage, '')}"


def raw_files_below(folder: Path) -> list[Path]:
    """Return the files in a folder, and in those below it, that are named as raw."""
    return sorted({each for name in RAW_NAMES for each in folder.rglob(name)})


def nothing(names: Iterable[Path | str]) -> tuple[Path, ...]:
    """Return no input.

    Raises
    ------
    UserError
        If there is one.
    """
    for name in names:
        raise UserError(f"a simulation reads no input, and {name} was given")
    return ()


def one_dataset(names: Iterable[Path | str]) -> Path:
    """Return the only input, which must be a dataset.

    Raises
    ------
    UserError
        If there are several, or it is none.
    """
    paths = list(names)
    if len(paths) != 1:
        raise UserError(f"wants one dataset as --input, got {len(paths)}")
    (path,) = datasets(paths)
    return path


def datasets(names: Iterable[Path | str]) -> tuple[Path, ...]:
    """Return the inputs, each of which must be a dataset.

    Raises
    ------
    UserError
        If there is none, one is something else, or stands twice.
    """
    paths = [location(name) for name in names]
    if not paths:
        raise UserError("no input: name datasets with --input")
    seen = set()
    for path in paths:
        if (real := real_path(path)) in seen:
            raise UserError(f"{path} stands twice among the inputs")
        seen.add(real)
        _check_dataset(path)
    return tuple(paths)


def datasets_or_responses(names: Iterable[Path | str]) -> tuple[Path, ...]:
    """Return the inputs as `datasets` does; folders of responses stay what they are."""
    paths = [location(name) for name in names]
    if paths and all(is_irf(path) for path in paths):
        return tuple(paths)
    return datasets(paths)


def _check_dataset(path: Path) -> None:
    if is_dataset(path):
        return
    if not path.exists():
        raise UserError(f"{path} does not exist")
    if path.is_dir():
        raise UserError(f"{path} is no dataset: it has neither manifest nor commits")
    raise UserError(f"{path} is a file, not a dataset; raw files go to stage1 first")
