"""Eight raw files of seven telescope types, and the datasets of an undisturbed run."""

import pytest
from runs.commands import reduce, stage1, stage2
from simtel_surgery import make_inputs


@pytest.fixture(scope="session")
def inputs(shared, tmp_path_factory):
    return make_inputs(tmp_path_factory.mktemp("raw"), shared)


@pytest.fixture(scope="session")
def dl0(inputs, tmp_path_factory):
    """Return a finished DL0 dataset of all waveforms; not to be changed."""
    root = tmp_path_factory.mktemp("reduced") / "dl0"
    reduce(inputs, root)
    return root


@pytest.fixture(scope="session")
def dl1(inputs, tmp_path_factory):
    """Return a finished DL1 dataset; not to be changed."""
    root = tmp_path_factory.mktemp("undisturbed") / "dl1"
    stage1(inputs, root)
    return root


@pytest.fixture(scope="session")
def dl2(dl1):
    """Return the DL2 dataset of it; not to be changed."""
    root = dl1.parent / "dl2"
    stage2(dl1, root)
    return root
