"""Say what users install with the package: versions, licences, known vulnerabilities.

    python .ci/audit.py            # needs pip-audit, and a network for advisories

Ends with 1 if a licence is not one of `LICENCES`, if an advisory is known, or if
pip-audit did not work. That no database of advisories can be reached is no failure, and
told in a line that begins with "not done: ".
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
# Those that ask who uses the package for nothing but to be named. The MPL asks besides
# that changes of its own files stay under it: we change none.
LICENCES = ("BSD", "MIT", "Apache", "PSF", "Python Software", "ISC", "zlib", "HPND")
LICENCES += ("MPL", "Mozilla", "Unlicense", "0BSD", "Public Domain", "CC0")
_KNOWN = re.compile(rf"\b({'|'.join(map(re.escape, LICENCES))})\b", re.IGNORECASE)
# What pip-audit writes where it gets no answer, to an error of its own or a traceback.
_UNREACHABLE = re.compile(
    r"network may be blocking this service"
    r"|requests\.exceptions\.(ConnectionError|ConnectTimeout|ReadTimeout|ProxyError)"
)
# Those that users install; `test`, `fuzz`, `gammapy` and `dev` are for us.
EXTRAS = ("dask", "http", "plot", "xrootd")


class AuditError(Exception):
    """Pip-audit is not there, or did not do what it was asked."""


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
    """Ask pip-audit; return what is known, and of how many packages nothing can be.

    Raises
    ------
    AuditError
        If it did not work, be it that it is not installed. A database that cannot be
        reached is no such case: nothing is known of any package then.
    """
    done = _asked(names)
    if not done.stdout.strip() and _UNREACHABLE.search(done.stderr):
        return [], len(names)
    try:
        found = json.loads(done.stdout)["dependencies"]
        answered = {normal(each["name"]) for each in found}
    except (ValueError, KeyError, TypeError) as error:
        told = done.stderr.strip()[-300:]
        raise AuditError(f"pip-audit ended with {done.returncode}: {told}") from error
    if missing := sorted(set(names) - answered):
        raise AuditError(f"pip-audit says nothing of {', '.join(missing)}")
    known, n_unknown = [], 0
    for each in found:
        n_unknown += "skip_reason" in each
        for one in each.get("vulns", ()):
            fixed = ", ".join(one["fix_versions"]) or "nothing yet"
            known.append(
                f"{each['name']} {each['version']}: {one['id']}, mended in {fixed}"
            )
    return known, n_unknown


def _asked(names: list[str]) -> subprocess.CompletedProcess[str]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "requirements.txt")
        path.write_text("".join(f"{n}=={metadata.version(n)}\n" for n in names))
        words = [sys.executable, "-m", "pip_audit", "--requirement", str(path)]
        words += ["--no-deps", "--disable-pip", "--format", "json", "--timeout", "15"]
        return subprocess.run(words, capture_output=True, text=True, check=False)


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
    known, failed = list[str](), list[str]()
    try:
        known, n_unknown = advisories(list(needed))
    except AuditError as error:
        failed.append(str(error))
    else:
        n_asked = len(needed) - n_unknown
        print(f"\n{len(needed)} packages; {n_asked} of them were looked up")
        if n_unknown:
            print(
                f"not done: advisories were not looked up for {n_unknown} of "
                f"{len(needed)} packages, as no database of them can be reached"
            )
    if absent:
        print(f"not installed here, so nothing is known: {', '.join(absent)}")
    for line in (*strange, *known, *failed):
        print(f"error: {line}")
    return 1 if strange or known or failed else 0


if __name__ == "__main__":
    sys.exit(main())
