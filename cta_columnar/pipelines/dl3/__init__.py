"""Event lists: reconstructed events to GADF files."""
