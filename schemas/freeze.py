"""The data model as text, so that no column changes unseen.

``python -m cta_columnar.schemas.freeze`` writes ``frozen.json`` beside this file (or the
file that is given); it is committed, and a test compares. A difference in a review is a change of the data model:
raise the version in ``version.py`` by its rules and say what changed in its history.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from cta_columnar.schemas import irf, models, r0, technical, training
from cta_columnar.schemas.tables import TABLES, Table
from cta_columnar.schemas.version import SCHEMA_VERSION

_OF_MODELS = {**models.TABLES, "classes": models.CLASSES, **training.TABLES}
_OF_IRF = {**irf.TABLES, "keys of products": irf.KEYS,
           "sample": irf.SAMPLE, **irf.DATASET}  # fmt: skip

FROZEN = Path(__file__).resolve().parent / "frozen.json"


def snapshot() -> dict[str, Any]:
    """Return the data model as plain data."""
    return {
        "version": SCHEMA_VERSION,
        "tables": {name: _table(table) for name, table in TABLES.items()},
        "models": {n: _columns(s, tuple(s.names)) for n, s in _OF_MODELS.items()},
        "irf": {n: _columns(s, tuple(s.names)) for n, s in _OF_IRF.items()},
        "event lists": {
            n: _columns(s, tuple(s.names)) for n, s in technical.TABLES.items()
        },
        "in memory": {"r0/telescope_events": _columns(r0.TELESCOPE_EVENTS, ())},
    }


def _table(table: Table) -> dict[str, Any]:
    patterns = _columns(table.patterns, ())
    return {
        "key": list(table.key),
        "by telescope type": table.by_telescope_type,
        "columns": _columns(table.schema, table.required),
        **({"columns by prefix": patterns} if patterns else {}),
    }


def _columns(schema: pa.Schema, required: tuple[str, ...]) -> dict[str, str]:
    return {field.name: _column(field, field.name in required) for field in schema}


def _column(field: pa.Field, required: bool) -> str:
    """Describe a column in a line, which keeps differences easy to read."""
    metadata = {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
    axes = f"[{metadata['axes']}]" if "axes" in metadata else ""
    line = f"{field.type}{axes} ({metadata['unit']}) {metadata['description']}"
    if "ucd" in metadata:
        line += f"; ucd {metadata['ucd']}"
    if field.nullable:
        line += "; may be null"
    return line if required else f"{line}; optional"


def to_text() -> str:
    """Return the content of ``frozen.json``."""
    return json.dumps(snapshot(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FROZEN
    target.write_text(to_text(), encoding="utf-8")
    print(f"wrote {target}")
