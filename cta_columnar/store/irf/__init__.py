"""Folders of instrument responses: made whole, checked, opened."""
