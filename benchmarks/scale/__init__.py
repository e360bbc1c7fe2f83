"""Measured rates taken to the size of an observatory; see docs/scale.md."""
