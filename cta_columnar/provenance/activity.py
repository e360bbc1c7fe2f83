"""One run of a pipeline: when, where, with what settings, and how it ended."""

import io
import json
import os
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from prov.model import ProvActivity, ProvDocument
from prov.serializers.provjson import ProvJSONSerializer

from cta_columnar.digests import value_digest
from cta_columnar.provenance.documents import RUNNING, in_order, pieces
from cta_columnar.provenance.files import Files, as_name
from cta_columnar.provenance.surroundings import machine, software, user

NAMESPACE = "urn:cta_columnar:"


class Activity:
    """One run of a pipeline.

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
        self._run = self._begin(configuration)
        # As objects of prov they would take twenty times the memory.
        self._files = Files(self._name)

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
        person = document.agent(
            f"ctacol:user-{as_name(user())}",
            {"prov:type": document.valid_qualified_name("prov:Person")},
        )
        document.wasAssociatedWith(run, program)
        document.wasAssociatedWith(run, person)
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
        return self._files.used(path, digest, size, in_this_run=in_this_run)

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
        self._files.produced(path, sha256, rows, sources, in_this_run=in_this_run)

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
        return b"".join(self.to_pieces(earlier))

    def to_pieces(self, earlier: Mapping[str, Any] | None = None) -> Iterator[bytes]:
        """Yield what `to_json` returns.

        Raises
        ------
        AttributeError, TypeError
            At once, if ``earlier`` is no such document.
        """
        text = io.StringIO()
        # Asked for JSON, the document would load the writers of all formats.
        ProvJSONSerializer(self._document).serialize(text)
        plain = json.loads(text.getvalue())
        # A later status replaces an earlier one, which prov's attributes cannot do.
        plain["activity"][self._name]["ctacol:status"] = self.status
        own = in_order(_named(plain, self._name))
        return pieces([in_order(earlier or {}), own, self._files.entries()])


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
