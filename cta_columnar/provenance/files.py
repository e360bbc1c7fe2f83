"""Files that a run read and made, as entries of its provenance.

A run may make 300,000 parts. So they are kept as little more than their names, and
become entries one by one, as these are written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cta_columnar.provenance.documents import Entries

_LONG_FROM = 1 << 31


@dataclass(slots=True)
class _Input:
    """A file that was read."""

    path: str
    digest: str
    size: int


@dataclass(slots=True)
class _Part:
    """A file that was made, of which inputs, and whether by this run."""

    path: str
    digest: str
    rows: int | None
    sources: tuple[str, ...]
    in_this_run: bool


class Files:
    """What a run read and made, by the identifiers that PROV has of it.

    Parameters
    ----------
    run : str
        Identifier of the run.
    """

    def __init__(self, run: str) -> None:
        self._run = run
        self._inputs: dict[str, _Input] = {}
        self._used: dict[str, None] = {}
        self._parts: dict[str, _Part] = {}

    def used(self, path: str, digest: str, size: int, *, in_this_run: bool) -> str:
        """Note a file that was opened; return its identifier."""
        name = _identifier("input", path, digest)
        self._inputs.setdefault(name, _Input(path, digest, size))
        if in_this_run:
            self._used.setdefault(name)
        return name

    def produced(
        self,
        path: str,
        digest: str,
        rows: int | None,
        sources: Iterable[str],
        *,
        in_this_run: bool,
    ) -> None:
        """Note a part that was written, unless it was noted before."""
        name = _identifier("part", path, digest)
        if name not in self._parts:
            part = _Part(path, digest, rows, tuple(sources), in_this_run)
            self._parts[name] = part

    def entries(self) -> dict[str, Entries]:
        """Return the sections of a document that tell of them; to be used once."""
        return {
            "entity": self._entities(),
            "used": self._relations("used", list(self._used)),
            "wasGeneratedBy": self._relations("wasGeneratedBy", self._made()),
            "wasDerivedFrom": self._derivations(),
        }

    def _entities(self) -> Entries:
        # Identifiers of inputs are before those of parts.
        for name in sorted(self._inputs):
            each = self._inputs[name]
            facts = {"ctacol:digest": each.digest, "ctacol:size": _number(each.size)}
            yield name, _entity("input", each.path, facts)
        for name in sorted(self._parts):
            part = self._parts[name]
            facts = {"ctacol:sha256": part.digest}
            if part.rows is not None:
                facts["ctacol:rows"] = _number(part.rows)
            yield name, _entity("part", part.path, facts)

    def _made(self) -> list[str]:
        return [name for name, part in self._parts.items() if part.in_this_run]

    def _relations(self, relation: str, names: Sequence[str]) -> Entries:
        for number in _in_order(len(names)):
            content = {"prov:activity": self._run, "prov:entity": names[number]}
            yield self._named(relation, number), content

    def _derivations(self) -> Entries:
        pairs = [
            (name, source)
            for name, part in self._parts.items()
            for source in part.sources
        ]
        for number in _in_order(len(pairs)):
            name, source = pairs[number]
            content = {"prov:generatedEntity": name, "prov:usedEntity": source}
            yield self._named("wasDerivedFrom", number), content

    def _named(self, relation: str, number: int) -> str:
        # With the run in it: every run counts from 0.
        return f"_:{relation}{number}-{self._run.rpartition(':')[2]}"


def _in_order(count: int) -> list[int]:
    """Return numbers in the order of their digits, as names with them are sorted."""
    return sorted(range(count), key=str)


def _entity(role: str, path: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"ctacol:role": role, "prov:label": path, **facts}


def _identifier(role: str, path: str, digest: str) -> str:
    return f"ctacol:{role}-{as_name(path)}-{digest.rpartition(':')[2][:12]}"


def as_name(text: str) -> str:
    """Return an identifier for a path or user: what PROV allows, still readable."""
    return "".join(c if c.isalnum() or c in "._-/=" else "_" for c in text).strip("/")


def _number(value: int) -> dict[str, str]:
    """Return a number as PROV-JSON has it."""
    kind = "xsd:int" if abs(value) < _LONG_FROM else "xsd:long"
    return {"$": str(value), "type": kind}
