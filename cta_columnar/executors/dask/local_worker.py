"""What Dask workers on this machine load first: they leave Ctrl-C to the command."""

import signal


def dask_setup(_worker: object) -> None:
    """Ignore what a terminal sends to all processes; Dask calls this by its name."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
