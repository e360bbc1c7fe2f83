"""Columnar batch processing for Cherenkov telescope data."""

__version__ = "0.1.0"
