"""Where a dataset comes from: inputs, software and activity, as W3C PROV.

Everything that differs between two runs of the same work lives here and not in the
dataset: host, user, times. The provenance points at parts, never the reverse.
"""

import getpass
import io
import json
import os
import platform
import socket
import sys
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from prov.model import ProvActivity, ProvDocument
from prov.serializers.provjson import ProvJSONSerializer

from cta_columnar import __version__
from cta_columnar.digests import value_digest

NAMESPACE = "urn:cta_columnar:"
RUNNING, COMPLETED, FAILED, INTERRUPTED = (
    "running",
    "completed",
    "failed",
    "interrupted",
)

_LONG_FROM = 1 << 31
_LIBRARIES = (
    "astropy",
    "eventio",
    "isal",
    "llvmlite",
    "numba",
    "numpy",
    "polars",
    "pyarrow",
    "scikit-learn",
    "zstandard",
)


def software() -> dict[str, str]:
    """Return the versions of everything that takes part."""
    versions = {"cta_columnar": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def machine() -> dict[str, str]:
    """Return what ran it: host, system, processor."""
    return {
        "host": socket.gethostname(),
        "system": platform.platform(),
        "processor": _processor(),
        "processors": str(os.cpu_count()),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
            names = (line for line in file if line.startswith("model name"))
            return next(names).partition(":")[2].strip()
    except (OSError, StopIteration):
        return platform.processor()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, an id without a name
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


class Activity:
    """One run of a pipeline.

    Inputs and parts are kept as the plain data that PROV-JSON has of them: as objects
    of prov they take four times the memory, which is that of the command if there are
    10,000 shards.

    Parameters
    ----------
    stage : str
        The verb: ``"stage1"``.
    configuration : mapping
        The resolved configuration, as plain data.
    """

    def __init__(self, stage: str, configuration: Mapping[str, Any]) -> None:
        self.stage = stage
        self.status = RUNNING
        self._document = ProvDocument()
        self._document.add_namespace("ctacol", NAMESPACE)
        self._plain: dict[str, dict[str, Any]] = {
            "entity": {},
            "used": {},
            "wasGeneratedBy": {},
            "wasDerivedFrom": {},
        }
        self._linked: set[str] = set()
        self._run = self._begin(configuration)

    def _begin(self, configuration: Mapping[str, Any]) -> ProvActivity:
        document = self._document
        versions = software()
        run = document.activity(
            f"ctacol:run-{uuid.uuid4()}",
            startTime=datetime.now(UTC),
            other_attributes={
                "ctacol:stage": self.stage,
                "ctacol:command": " ".join(sys.argv),
                "ctacol:folder": os.getcwd(),  # noqa: PTH109
                **{f"ctacol:{name}": value for name, value in machine().items()},
            },
        )
        program = document.agent(
            f"ctacol:software-{value_digest(versions)[:12]}",
            {
                "prov:type": document.valid_qualified_name("prov:SoftwareAgent"),
                **{f"ctacol:{name}": value for name, value in versions.items()},
            },
        )
        user = document.agent(
            f"ctacol:user-{_name(_user())}",
            {"prov:type": document.valid_qualified_name("prov:Person")},
        )
        document.wasAssociatedWith(run, program)
        document.wasAssociatedWith(run, user)
        text = json.dumps(configuration, sort_keys=True, default=str)
        settings = document.entity(
            f"ctacol:configuration-{run.identifier.localpart}",
            {"ctacol:role": "configuration", "prov:value": text},
        )
        document.used(run, settings)
        return run

    def used(
        self, path: str, digest: str, size: int, *, in_this_run: bool = True
    ) -> str:
        """Note a file that was opened; return its identifier."""
        facts = {"ctacol:digest": digest, "ctacol:size": _number(size)}
        name = self._entity("input", path, digest, facts)
        if in_this_run and name not in self._linked:
            self._linked.add(name)
            self._relate("used", {"prov:activity": self._name, "prov:entity": name})
        return name

    def produced(
        self,
        path: str,
        sha256: str,
        rows: int | None,
        sources: Iterable[str] = (),
        *,
        in_this_run: bool = True,
    ) -> None:
        """Note a part that was written, and the identifiers of what it comes from.

        What is no table has no rows.
        """
        facts: dict[str, Any] = {"ctacol:sha256": sha256}
        if rows is not None:
            facts["ctacol:rows"] = _number(rows)
        name = self._entity("part", path, sha256, facts)
        if name in self._linked:
            return
        self._linked.add(name)
        if in_this_run:
            made = {"prov:activity": self._name, "prov:entity": name}
            self._relate("wasGeneratedBy", made)
        for source in sources:
            derived = {"prov:generatedEntity": name, "prov:usedEntity": source}
            self._relate("wasDerivedFrom", derived)

    def _entity(
        self, role: str, path: str, digest: str, facts: Mapping[str, Any]
    ) -> str:
        name = f"ctacol:{role}-{_name(path)}-{digest.rpartition(':')[2][:12]}"
        attributes = {"ctacol:role": role, "prov:label": path, **facts}
        self._plain["entity"].setdefault(name, attributes)
        return name

    def _relate(self, relation: str, content: Mapping[str, str]) -> None:
        relations = self._plain[relation]
        relations[f"_:{relation}{len(relations)}"] = content

    @property
    def _name(self) -> str:
        return str(self._run.identifier)

    def warned(self, warnings: Iterable[str]) -> None:
        """Note what the user was told to look at."""
        self._run.add_attributes([("ctacol:warning", each) for each in warnings])

    def finish(self, status: str, message: str = "") -> None:
        """Note how it ended: COMPLETED, FAILED or INTERRUPTED."""
        self.status = status
        self._run.set_time(endTime=datetime.now(UTC))
        if message:
            self._run.add_attributes({"ctacol:message": message})

    def to_json(self, earlier: Mapping[str, Any] | None = None) -> bytes:
        """Return PROV-JSON: this run, after those of ``earlier``."""
        text = io.StringIO()
        # Asked for JSON, the document would load the writers of all formats.
        ProvJSONSerializer(self._document).serialize(text)
        plain = json.loads(text.getvalue())
        # A later status replaces an earlier one, which prov's attributes cannot do.
        plain["activity"][self._name]["ctacol:status"] = self.status
        own = (_named(each, self._name) for each in (plain, self._plain))
        return joined((earlier or {}, *own))


def joined(documents: Iterable[Mapping[str, Any]]) -> bytes:
    """Return one document, PROV-JSON, that says what all of them say.

    Of two that tell of the same the later one is believed; but what was once over does
    not go on.
    """
    together: dict[str, Any] = {}
    for document in documents:
        for section, content in document.items():
            if not content:
                continue
            there = together.setdefault(section, {})
            there |= {
                name: each
                for name, each in content.items()
                if name not in there or not _goes_on(each)
            }
    # Piece by piece: all pieces of a long document at once take more than it.
    text = io.BytesIO()
    for piece in json.JSONEncoder(indent=1, sort_keys=True).iterencode(together):
        text.write(piece.encode())
    return text.getvalue() + b"\n"


def _number(value: int) -> dict[str, str]:
    """Return a number as PROV-JSON has it."""
    kind = "xsd:int" if abs(value) < _LONG_FROM else "xsd:long"
    return {"$": str(value), "type": kind}


def _goes_on(content: object) -> bool:
    return isinstance(content, dict) and content.get("ctacol:status") == RUNNING


def _name(text: str) -> str:
    """Return an identifier for a path or user: what PROV allows, still readable."""
    return "".join(c if c.isalnum() or c in "._-/=" else "_" for c in text).strip("/")


def _named(plain: Mapping[str, Any], run: str) -> dict[str, Any]:
    """Give relations names of their own: prov counts from 1 in every document."""
    tail = run.rpartition(":")[2]
    return {
        section: {
            f"{key}-{tail}" if key.startswith("_:") else key: value
            for key, value in content.items()
        }
        for section, content in plain.items()
    }
