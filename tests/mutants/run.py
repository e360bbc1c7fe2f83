"""Break the kernels one line at a time and demand that their tests notice.

    python tests/mutants/run.py [--sample N] [--seed S] [NAME ...]

Each mutant of ``mutants.toml`` replaces one line of a copy of the tree and runs the
tests it names there, interpreted (NUMBA_DISABLE_JIT=1), which needs no compilation. The
same tests must pass in an unbroken copy, otherwise their failure would show nothing.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("mutants.toml")
COPIED = (
    *("configs", "cta_columnar", "kernels", "schemas", "tests"),
    *("pyproject.toml", "README.md", "LICENSE"),
)

# Exit codes of pytest: the second is the only good one for a mutant.
PASSED, FAILED = 0, 1
VERDICTS = {PASSED: "SURVIVED", FAILED: "killed"}
# A mutant may loop for ever, which is noticed as well.
LIMIT_S = 600


@dataclass(frozen=True)
class Mutant:
    """One line to be replaced, and the tests that must then fail."""

    name: str
    file: str
    line: str
    becomes: str
    test: str

    def apply(self, root: Path) -> None:
        """Replace the line in the tree below ``root``; its indentation stays.

        Raises
        ------
        ValueError
            If the line is not there exactly once, or would not change.
        """
        path = root / self.file
        lines = path.read_text(encoding="utf-8").splitlines()
        places = [i for i, line in enumerate(lines) if line.strip() == self.line]
        if len(places) != 1:
            raise ValueError(
                f"{self.name}: {self.file} has {len(places)} lines {self.line!r}, "
                f"expected one: keep {LIST.name} in step with the kernels"
            )
        if self.becomes == self.line:
            raise ValueError(f"{self.name}: replaces {self.line!r} by itself")
        old = lines[places[0]]
        lines[places[0]] = old.replace(self.line, self.becomes)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def load(path: Path = LIST) -> list[Mutant]:
    """Read the list; each entry's key is its name."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return [Mutant(name, **fields) for name, fields in tables.items()]


def in_copy(test: str, change: Callable[[Path], None] = lambda _: None) -> int:
    """Exit code of pytest for ``test`` in a changed copy of the tree."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        for name in COPIED:
            _copy(ROOT / name, copy / name)
        change(copy)
        # The copy's own package, not the installed one, is what is tested.
        own = {"PYTHONPATH": folder, "CTACOL_SHARED": _shared()}
        interpreted = {"NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        quiet = ("-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider")
        try:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", *quiet, "--hypothesis-seed=0", test],
                cwd=copy,
                env=os.environ | own | interpreted,
                capture_output=True,
                text=True,
                check=False,
                timeout=LIMIT_S,
            )
        except subprocess.TimeoutExpired:
            return FAILED
    if done.returncode not in VERDICTS:
        print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
    return done.returncode


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, target, symlinks=True, ignore=skip)
    elif source.exists():
        shutil.copy(source, target)


def _shared() -> str:
    return os.environ.get("CTACOL_SHARED", str(ROOT.parent / "shared"))


def chosen(mutants: Iterable[Mutant], arguments: argparse.Namespace) -> list[Mutant]:
    """Mutants named on the command line, or a seeded sample, or all."""
    found = [m for m in mutants if not arguments.names or m.name in arguments.names]
    if arguments.sample and arguments.sample < len(found):
        found = random.Random(arguments.seed).sample(found, arguments.sample)
    return found


def main() -> int:
    """Run the chosen mutants, print a table, return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants to run")
    parser.add_argument("--sample", type=int, help="run only so many, drawn by --seed")
    parser.add_argument("--seed", default="0")
    mutants = chosen(load(), parser.parse_args())
    if not mutants:
        parser.error("no such mutant")
    tests = sorted({mutant.test for mutant in mutants})
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        sound = dict(zip(tests, pool.map(in_copy, tests), strict=True))
        codes = list(pool.map(lambda m: in_copy(m.test, m.apply), mutants))

    width = max(len(mutant.name) for mutant in mutants)
    for mutant, code in zip(mutants, codes, strict=True):
        verdict = VERDICTS.get(code, f"pytest ended with {code}")
        if sound[mutant.test] != PASSED:
            verdict = f"{mutant.test} fails without any change"
        print(f"{mutant.name:{width}}  {verdict:9} {mutant.line}  ->  {mutant.becomes}")
    killed = sum(
        code == FAILED and sound[m.test] == PASSED
        for m, code in zip(mutants, codes, strict=True)
    )
    print(f"{killed} of {len(mutants)} mutants killed")
    return killed != len(mutants)


if __name__ == "__main__":
    sys.exit(main())
