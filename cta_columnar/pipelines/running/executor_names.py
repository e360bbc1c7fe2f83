"""Names of executors, without anything that runs: help on them must come at once."""

from enum import StrEnum


class ExecutorName(StrEnum):
    """What runs the shards."""

    processes = "processes"
    dask = "dask"
