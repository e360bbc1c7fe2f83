"""Where log lines go: to the standard error, with the time in front."""

import logging


def configure(level: str) -> None:
    """Say what matters as much as ``level``; for the whole process."""
    logging.basicConfig(
        level=level.upper(),
        format="%(asctime)s %(levelname)-7s %(message)s",
        datefmt="%H:%M:%S",
        force=True,
    )
