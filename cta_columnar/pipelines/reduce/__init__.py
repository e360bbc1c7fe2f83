"""Raw files to DL0, and DL0 as a source of events."""
