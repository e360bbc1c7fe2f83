"""A simulation of the made-up observatory, made once."""

import pytest
import toy_observatory as toy


@pytest.fixture(scope="session")
def samples():
    return toy.make_samples()


@pytest.fixture(scope="session")
def components(samples):
    return toy.make_components(samples)
