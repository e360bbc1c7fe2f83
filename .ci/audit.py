"""Say what users install with the package: versions, licences, known vulnerabilities.

    python .ci/audit.py            # needs pip-audit, and a network for advisories

Ends with 1 if a licence is not one of `LICENCES`, or an advisory is known. Where no
database of advisories can be reached, that is said, and is no failure.
"""

import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
# Those that ask for nothing but to be named.
LICENCES = ("BSD", "MIT", "Apache", "PSF", "Python Software", "ISC", "zlib", "HPND")
LICENCES += ("MPL", "Mozilla", "Unlicense", "0BSD", "Public Domain", "CC0")
_KNOWN = re.compile(rf"\b({'|'.join(map(re.escape, LICENCES))})\b", re.IGNORECASE)
# Those that users install; `test`, `fuzz`, `gammapy` and `dev` are for us.
EXTRAS = ("dask", "http", "plot", "xrootd")


def normal(name: str) -> str:
    """Spell a name as indexes do."""
    return re.sub(r"[-_.]+", "-", name).lower()


def closure() -> tuple[dict[str, str], list[str]]:
    """Return all that users install, each with one that needs it, and what is not here.

    Packages that are needed only by other systems or versions of Python are left out.
    """
    project = tomllib.loads(PROJECT.read_text())["project"]
    left = [("us", line) for line in project["dependencies"]]
    for extra in EXTRAS:
        asked = project["optional-dependencies"][extra]
        left += [(f"us, [{extra}]", line) for line in asked]
    needed, absent, seen = dict[str, str](), set[str](), set[tuple[str, str]]()
    while left:
        who, line = left.pop(0)
        wanted = Requirement(line)
        name = normal(wanted.name)
        for extra in sorted({"", *wanted.extras} - {e for n, e in seen if n == name}):
            seen.add((name, extra))
            try:
                lines = metadata.requires(name) or ()
            except metadata.PackageNotFoundError:
                absent.add(name)
                break
            needed.setdefault(name, who)
            left += [(name, each) for each in lines if _applies(each, extra)]
    return dict(sorted(needed.items())), sorted(absent)


def _applies(line: str, extra: str) -> bool:
    marker = Requirement(line).marker
    return marker is None or marker.evaluate({"extra": extra})


def is_known(text: str) -> bool:
    """Whether a licence is one of `LICENCES`, and all are where several hold."""
    return all(_KNOWN.search(each) for each in re.split(r"\bAND\b", text))


def licence(name: str) -> str:
    """Say under which licence a package is, in a few words."""
    about = metadata.metadata(name)
    stated = about.get("License-Expression") or ""
    classified = [
        each.rpartition(" :: ")[2]
        for each in about.get_all("Classifier") or ()
        if each.startswith("License ::") and not each.endswith("OSI Approved")
    ]
    first = (about.get("License") or "").strip().splitlines()[:1]
    return stated or ", ".join(classified) or "".join(first)[:60] or "not stated"


def advisories(names: list[str]) -> tuple[list[str], int]:
    """Ask pip-audit; return what is known, and of how many packages nothing can be."""
    known, n_unknown = [], 0
    with TemporaryDirectory() as folder:
        path = Path(folder, "requirements.txt")
        path.write_text("".join(f"{n}=={metadata.version(n)}\n" for n in names))
        words = [sys.executable, "-m", "pip_audit", "--requirement", str(path)]
        words += ["--no-deps", "--disable-pip", "--format", "json", "--timeout", "15"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(done.stderr.strip()[-300:])
        return [], len(names)
    for each in found:
        n_unknown += "skip_reason" in each
        for one in each.get("vulns", ()):
            fixed = ", ".join(one["fix_versions"]) or "nothing yet"
            known.append(
                f"{each['name']} {each['version']}: {one['id']}, mended in {fixed}"
            )
    return known, n_unknown


def main() -> int:
    """Print all, and return the exit status."""
    needed, absent = closure()
    print("| package | version | licence | needed by |\n|---|---|---|---|")
    strange = []
    for name, who in needed.items():
        text = licence(name)
        print(f"| {name} | {metadata.version(name)} | {text} | {who} |")
        if not is_known(text):
            strange.append(f"{name}: {text}")
    known, n_unknown = advisories(list(needed))
    print(
        f"\n{len(needed)} packages; advisories were looked up for "
        f"{len(needed) - n_unknown} of them"
    )
    if n_unknown:
        print("of the others no database can be reached from here: nothing is known")
    if absent:
        print(f"not installed here, so nothing is known: {', '.join(absent)}")
    for line in (*strange, *known):
        print(f"error: {line}")
    return 1 if strange or known else 0


if __name__ == "__main__":
    sys.exit(main())
