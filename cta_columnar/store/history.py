"""What the provenance of a product tells: runs, their settings, what they read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cta_columnar.bounded import parse_json
from cta_columnar.remote import location
from cta_columnar.store.json_files import from_json
from cta_columnar.store.layout import PROVENANCE
from cta_columnar.store.provenance_file import as_written


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run that worked on a product.

    Attributes
    ----------
    stage, started, status : str
        What was run, when (UTC, ISO 8601), and how it ended.
    software : mapping of str to str
        Versions.
    configuration : mapping
        All keys.
    """

    stage: str
    started: str
    status: str
    software: Mapping[str, str]
    configuration: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """What the provenance of a product says.

    Attributes
    ----------
    runs : tuple of PastRun
        In the order of time.
    inputs : tuple of str
        Paths of what they read, each once.
    """

    runs: tuple[PastRun, ...]
    inputs: tuple[str, ...]


def history_of(path: str | Path) -> History | None:
    """Read what made a folder, or a simulated file that has its provenance beside it.

    None if nothing says it.

    Raises
    ------
    StoreError
        If the document is damaged.
    """
    path = location(path)
    beside = path.with_name(f"{path.name}.{PROVENANCE}")
    for document in (path / PROVENANCE, beside):
        if document.is_file():
            with as_written(document):
                return _history(from_json(document))
    return None


def _history(document: Mapping[str, Any]) -> History:
    agents = document.get("agent", {})
    acting = {
        str(each["prov:activity"]): agents[each["prov:agent"]]
        for each in document.get("wasAssociatedWith", {}).values()
        if "software" in str(each["prov:agent"])
    }
    runs = []
    for name, run in document.get("activity", {}).items():
        settings = f"ctacol:configuration-{name.partition(':')[2]}"
        text = document["entity"].get(settings, {}).get("prov:value", "{}")
        versions = {
            key.partition(":")[2]: str(value)
            for key, value in acting.get(name, {}).items()
            if key.startswith("ctacol:")
        }
        runs.append(
            PastRun(
                str(run.get("ctacol:stage", "")),
                str(run.get("prov:startTime", "")),
                str(run.get("ctacol:status", "")),
                versions,
                parse_json(text),
            )
        )
    inputs = [
        str(each["prov:label"])
        for each in document.get("entity", {}).values()
        if each.get("ctacol:role") == "input"
    ]
    ordered = sorted(runs, key=lambda run: run.started)
    return History(tuple(ordered), tuple(dict.fromkeys(inputs)))


def configuration_of(root: str | Path, stage: str) -> dict[str, Any] | None:
    """Return the configuration of the last run of a stage that worked on a dataset.

    None if nothing is known of one.
    """
    path = location(root) / PROVENANCE
    if not path.exists():
        return None
    with as_written(path):
        return _configuration(from_json(path), stage)


def _configuration(document: Mapping[str, Any], stage: str) -> dict[str, Any] | None:
    runs = {
        name: run["prov:startTime"]
        for name, run in document.get("activity", {}).items()
        if run.get("ctacol:stage") == stage
    }
    if not runs:
        return None
    last = max(runs, key=lambda name: str(runs[name])).partition(":")[2]
    entity = document["entity"][f"ctacol:configuration-{last}"]
    configuration: dict[str, Any] = parse_json(entity["prov:value"])
    return configuration


def inputs_of(root: str | Path) -> set[str]:
    """Return the digests of all files that runs on a dataset have read."""
    path = location(root) / PROVENANCE
    if not path.exists():
        return set()
    with as_written(path):
        return {
            str(each["ctacol:digest"])
            for each in from_json(path).get("entity", {}).values()
            if each.get("ctacol:role") == "input"
        }
