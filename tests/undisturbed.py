"""Raw files and the dataset that one process makes of them, for routes to compare with.

A module that wants them says ``pytest_plugins = ["undisturbed"]``; one that has a `raw`
of its own gets the dataset of that.
"""

import pytest
from runs.commands import stage1
from simtel_surgery import make_inputs


@pytest.fixture(scope="module")
def raw(shared, tmp_path_factory):
    """Return eight raw files of simulated events."""
    return make_inputs(tmp_path_factory.mktemp("raw"), shared)


@pytest.fixture(scope="module")
def alone(raw, tmp_path_factory):
    """Return the dataset that one process makes of them on this machine."""
    output = tmp_path_factory.mktemp("alone") / "dl1"
    stage1(raw, output)
    return output
