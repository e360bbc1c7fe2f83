"""sim_telarray files."""

from cta_columnar.sources.simtel.source import SimTelSource

__all__ = ["SimTelSource"]
