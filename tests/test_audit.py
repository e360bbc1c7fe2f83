"""What the audit counts as known, and what it looks at."""

import json
import runpy
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def audit():
    return runpy.run_path(str(Path(__file__).parents[1] / ".ci" / "audit.py"))


@pytest.mark.parametrize(
    "text",
    [
        "BSD License",
        "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0",
        "BSD-2-Clause AND Apache-2.0 WITH LLVM-exception",
        "ISC License (ISCL)",
        "Mozilla Public License 2.0 (MPL 2.0)",
        "Python Software Foundation License",
    ],
)
def test_licences_that_ask_to_be_named(audit, text):
    assert audit["is_known"](text)


@pytest.mark.parametrize(
    "text",
    [
        "miscellaneous",
        "limited use",
        "not stated",
        "GPL-3.0-only AND MIT",
        "LGPLv3",
        "",
    ],
)
def test_others(audit, text):
    assert not audit["is_known"](text)


def test_what_users_install_is_looked_at(audit):
    """Those of extras, and what they need in their turn; not what is for us."""
    needed, absent = audit["closure"]()
    assert needed["numpy"] == "us"
    assert needed["threadpoolctl"] == "us"  # scikit-learn needs it, too
    assert needed["distributed"] == "us, [dask]"
    assert needed["tornado"] == "distributed"
    assert {"jinja2", "cryptography", "aiohttp"} <= needed.keys()
    assert not {"pytest", "hypothesis", "mypy"} & needed.keys()
    assert not needed.keys() & set(absent)


@pytest.fixture
def pip_audit(tmp_path, monkeypatch):
    """Return what puts a program in its place that writes and ends as it is told."""

    def put(out="", err="", status=0):
        (tmp_path / "out").write_text(out)
        (tmp_path / "err").write_text(err)
        program = tmp_path / "python"
        program.write_text(
            f"#!/bin/sh\ncat {tmp_path}/out\ncat {tmp_path}/err >&2\nexit {status}\n"
        )
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))

    return put


def answer(names, **entry):
    found = [{"name": each, "version": "1", "vulns": []} | entry for each in names]
    return json.dumps({"dependencies": found, "fixes": []})


def test_all_is_looked_up(audit, pip_audit, capsys):
    names = list(audit["closure"]()[0])
    pip_audit(answer(names))
    assert audit["advisories"](names) == ([], 0)
    assert audit["main"]() == 0
    out = capsys.readouterr().out
    assert f"{len(names)} packages; {len(names)} of them were looked up" in out
    assert "not done" not in out


def test_a_known_hole(audit, pip_audit, capsys):
    """Then pip-audit itself ends with 1."""
    names = list(audit["closure"]()[0])
    hole = {"id": "CVE-1", "fix_versions": ["2", "3"]}
    plain = json.loads(answer(names))
    plain["dependencies"][0]["vulns"] = [hole]
    pip_audit(json.dumps(plain), status=1)
    assert audit["main"]() == 1
    told = f"error: {names[0]} 1: CVE-1, mended in 2, 3\n"
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    "err",
    [
        "ERROR:pip_audit._cli:Tip: your network may be blocking this service. Try ...",
        "Traceback ...\nrequests.exceptions.ConnectionError: Max retries exceeded",
    ],
)
def test_no_database_is_told_and_no_failure(audit, pip_audit, capsys, err):
    pip_audit(err=err, status=1)
    assert audit["main"]() == 0
    assert "\nnot done: advisories were not looked up for" in capsys.readouterr().out


def test_an_index_without_advisories(audit, pip_audit, capsys):
    names = list(audit["closure"]()[0])
    pip_audit(answer(names, skip_reason="not found on PyPI"))
    assert audit["main"]() == 0
    n = len(names)
    told = f"\nnot done: advisories were not looked up for {n} of {n} packages"
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("out", "err", "why"),
    [
        ("", "python: No module named pip_audit", "No module named pip_audit"),
        ("", "pip_audit: error: unrecognized arguments: --format", "unrecognized"),
        ("", "Traceback ...\nValueError: x", "pip-audit ended with 1"),
        ("[]", "", "pip-audit ended with 1"),
        (answer(["numpy"]), "", "pip-audit says nothing of"),
    ],
)
def test_what_did_not_work_is_no_success(audit, pip_audit, capsys, out, err, why):
    pip_audit(out, err, 1)
    assert audit["main"]() == 1
    (line,) = (x for x in capsys.readouterr().out.splitlines() if why in x)
    assert line.startswith("error: ")


def test_what_was_not_done_is_in_the_summary_of_all():
    text = (Path(__file__).parents[1] / ".ci" / "run").read_text()
    assert 'make audit 2>&1 | tee "$work/audit.log"' in text
