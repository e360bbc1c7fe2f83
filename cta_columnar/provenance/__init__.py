"""Where a dataset comes from: inputs, software and activity, as W3C PROV.

Everything that differs between two runs of the same work lives here and not in the
dataset: host, user, times. The provenance points at parts, never the reverse.

``activity`` is one run, ``files`` what it read and made, ``surroundings`` the software
and the machine, ``documents`` how several documents are joined and written.
"""

from cta_columnar.provenance.activity import Activity
from cta_columnar.provenance.documents import (
    COMPLETED,
    FAILED,
    INTERRUPTED,
    RUNNING,
    in_order,
    joined,
    pieces,
)
from cta_columnar.provenance.surroundings import machine, software

__all__ = [
    "COMPLETED",
    "FAILED",
    "INTERRUPTED",
    "RUNNING",
    "Activity",
    "in_order",
    "joined",
    "machine",
    "pieces",
    "software",
]
