"""The peer: its environment, made on demand, and how it does the same job."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

# pyirf: for the tools that make responses.
REQUIREMENTS = ("ctapipe[eventio]==0.32.*", "pyirf==0.15.*")
REQUIREMENT = " ".join(REQUIREMENTS)
MINIMUM = (3, 12)
DL1 = ("--write-images", "--write-parameters")
# Of a file with images: parameters anew, and no images again.
CLEAN = ("--recompute-dl1", "--write-parameters")
DL2 = (*DL1, "--write-showers")
# Newest last: wheels of the peer's dependencies exist longest for the older ones.
VERSIONS = ("3.12", "3.13", "3.14")


def candidates() -> Iterator[Path]:
    """Interpreters that might do: chosen, on the path, or installed by pyenv."""
    if chosen := os.environ.get("PEER_PYTHON"):
        yield Path(chosen)
    yield Path(sys.executable)
    for version in VERSIONS:
        if found := shutil.which(f"python{version}"):
            yield Path(found)
        home = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
        yield from sorted(home.glob(f"versions/{version}*/bin/python{version}"))


def works(python: Path) -> bool:
    """Whether this interpreter runs and is new enough; a pyenv shim may do neither."""
    code = f"import sys, venv; sys.exit(sys.version_info < {MINIMUM})"
    command = [str(python), "-c", code]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def environment(folder: Path) -> Path:
    """Return the folder of programs of the peer, installing it the first time.

    Raises
    ------
    FileNotFoundError
        If there is no Python that the peer supports.
    """
    programs = folder / "bin"
    ready = folder / ".ready"
    if ready.exists() and ready.read_text() == REQUIREMENT:
        return programs
    python = next((python for python in candidates() if works(python)), None)
    if python is None:
        wanted = ".".join(map(str, MINIMUM))
        raise FileNotFoundError(
            f"{REQUIREMENT} needs Python {wanted} or newer and none was found: "
            "install one, or name it with PEER_PYTHON=path"
        )
    print(f"installing {REQUIREMENT} with {python} into {folder}", file=sys.stderr)
    for command in (
        [str(python), "-m", "venv", "--clear", str(folder)],
        [str(programs / "pip"), "install", "--quiet", *REQUIREMENTS],
    ):
        subprocess.run(command, check=True, stdout=sys.stderr)
    ready.write_text(REQUIREMENT)
    return programs


def process(
    programs: Path,
    source: Path,
    target: Path,
    max_events: int | None = None,
    levels: Sequence[str] = DL2,
) -> list[str]:
    """Command: raw file -> DL1 images and parameters, DL2 geometry; all by default."""
    command = f"{programs}/ctapipe-process", "--input", str(source)
    options = "--output", str(target), "--overwrite"
    first = () if max_events is None else ("--max-events", str(max_events))
    return [*command, *options, *levels, *first]


def version(programs: Path) -> str:
    """Version of the peer and of its Python."""
    code = "import ctapipe, platform as p; print(ctapipe.__version__, 'on Python',"
    code += " p.python_version())"
    command = [str(programs / "python"), "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return f"ctapipe {done.stdout.strip()}"
