"""What runs of stages share: showers to read, and a disk that nobody waits for."""

import os
from unittest.mock import patch

import pytest
from simulated_showers import simulate


@pytest.fixture(scope="module", autouse=True)
def nothing_waits_for_the_disk():
    """No power fails here; that data reach the disk is tested where it is written."""
    with patch.object(os, "fsync"):
        yield


@pytest.fixture(scope="session")
def showers(tmp_path_factory):
    """Return a raw file of run 1 without calibration events; not to be changed."""
    return simulate(tmp_path_factory.mktemp("raw") / "showers.simtel.zst")
