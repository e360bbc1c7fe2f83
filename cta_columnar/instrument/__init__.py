"""Telescopes, optics, cameras and coordinate frames."""
