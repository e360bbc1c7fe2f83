"""Rates that other benchmarks wrote into pages, read again."""

import re
from pathlib import Path

Rates = dict[str, dict[str, float]]
Table = dict[str, dict[str, str]]

_NUMBER = re.compile(r"\d[\d.]*")


def rates(readme: Path) -> Rates:
    """Read what `benchmarks.readme` wrote, both sides measured in the same run.

    Returns
    -------
    dict
        By file: telescope events per second of processor time of ``ours`` and
        ``ctapipe``, raw to DL2; ``MB`` of ours per second, decompressed; us per
        telescope event of ``stage 2``, and to DL1 from ``DL0 lossless`` and
        ``DL0 reduced``.

    Raises
    ------
    KeyError
        If a table or row is missing.
    """
    tables = _tables(readme)
    found = {}
    for file, speed in tables["raw to DL2"].items():
        dl0 = tables["DL0 to DL1"].get(file)
        if not dl0 or file == "wanted":
            continue
        number = _numbers(speed["telescope events"])[0]
        found[file] = {
            "ours": _numbers(speed["ours, telescope events per CPU s"])[0],
            "ctapipe": _numbers(speed["ctapipe, telescope events per CPU s"])[0],
            "MB": _numbers(speed["ours, MB (decompressed) per CPU s"])[0],
            "stage 2": _numbers(speed["CPU s: stage 1 + stage 2"])[1] / number * 1e6,
            "DL0 lossless": _numbers(dl0["lossless DL0 to DL1, us"])[0],
            "DL0 reduced": _numbers(dl0["reduced DL0 to DL1, us"])[0],
        }
    return found


def volumes(page: Path) -> Rates:
    """Read what `benchmarks.volume` found: kB of a telescope event.

    By format, then by camera.

    Raises
    ------
    KeyError
        If the table or a row is missing.
    """
    cameras = {
        k: v for k, v in _tables(page)["per telescope event"].items() if k != "wanted"
    }
    return {
        form: {name: _numbers(of[f"{form}, kB"])[0] for name, of in cameras.items()}
        for form in ("DL0 lossless", "DL0 reduced", "DL1")
    }


def _numbers(cell: str) -> list[float]:
    return [float(each) for each in _NUMBER.findall(cell)]


def _tables(page: Path) -> dict[str, Table]:
    """Read all tables of a page, each by the title of its first column."""
    found: dict[str, Table] = {}
    head: list[str] = []
    for line in page.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            head = []
            continue
        cells = [cell.strip().replace("*", "") for cell in line.strip("|").split("|")]
        if not head:
            head = cells
            found.setdefault(head[0], {column: {} for column in head[1:]})
            continue
        for column, cell in zip(head[1:], cells[1:], strict=False):
            if _NUMBER.search(cell):
                found[head[0]].setdefault(column, {})[cells[0]] = cell
    return found
