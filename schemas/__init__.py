"""Arrow schemas of every data level: names, types, units and meaning of each column."""

from cta_columnar.schemas.columns import column

__all__ = ["column"]
