"""Which events have one pointing."""

import numpy as np
import pytest

from cta_columnar.stages.training import ESTIMATORS, catalogue
from cta_columnar.stages.training.sampling import pointing_groups


def test_north_is_one_pointing():
    az = np.array([0.0, 359.9999, 360.0, 0.0001, -0.0001, 180.0])
    assert pointing_groups(np.full(6, 70.0), az).tolist() == [1, 1, 1, 1, 1, 0]


def test_azimuth_means_nothing_at_the_zenith():
    assert np.unique(pointing_groups(np.full(4, 90.0), np.arange(4) * 90.0)).size == 1


def test_undefined_pointings_are_one_of_their_own():
    groups = pointing_groups(
        np.array([70.0, np.nan, np.nan]), np.array([0.0, 0.0, 5.0])
    )
    assert groups[1] == groups[2] != groups[0]


@pytest.mark.parametrize("name", [n for n in ESTIMATORS if n.startswith("Hist")])
def test_no_images_are_held_out_behind_the_back_of_the_folds(name):
    assert catalogue.make(name, {}, seed=1, n_jobs=1).early_stopping is False
    asked = catalogue.make(name, {"early_stopping": True}, seed=1, n_jobs=1)
    assert asked.early_stopping is True
