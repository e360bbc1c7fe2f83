"""Broken pixels get the mean of their neighbours, in reduced data the same one."""

import numpy as np
import pytest
from runs.commands import reduce, stage1
from simulated_showers import simulate

from cta_columnar import open_store
from cta_columnar.config import AlgorithmChoice, ReduceConfig
from cta_columnar.pipelines.reduce.chains import reduction_chain

TAILCUTS = AlgorithmChoice("TailCutsDataVolumeReducer")


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Return showers in cameras of which every twentieth pixel is broken."""
    path = tmp_path_factory.mktemp("broken") / "run.simtel.zst"
    return simulate(path, cameras={"disabled_pixels": 0.05}, seed=3)


@pytest.fixture(scope="module")
def whole(raw, tmp_path_factory):
    root = tmp_path_factory.mktemp("whole") / "dl1"
    stage1([raw], root, set=())
    return open_store(root)


def cleaned(store, tel_type):
    """Masks and charges of cleaned pixels, the others 0."""
    keys = ["obs_id", "event_id", "tel_id"]
    frame = store.scan("images", tel_type=tel_type).collect().sort(keys)
    mask, image = (np.array(frame[name].to_list()) for name in ("image_mask", "image"))
    return mask, np.where(mask, image, 0)


def changed(raw, whole, folder, **settings):
    """Count the images that a reduction changes."""
    given = [f"reducer={TAILCUTS.name}"] + [f"{k}={v}" for k, v in settings.items()]
    reduce([raw], folder / "dl0", set=given)
    stage1([folder / "dl0"], folder / "dl1", set=())
    found = open_store(folder / "dl1")
    n_changed = n_images = 0
    for tel_type in whole.tel_types("images"):
        pairs = zip(cleaned(whole, tel_type), cleaned(found, tel_type), strict=True)
        differ = [(one != other).any(axis=1) for one, other in pairs]
        n_changed += int(np.any(differ, axis=0).sum())
        n_images += len(differ[0])
    assert n_images > 20
    return n_changed


def test_images_with_broken_pixels_stay_as_they_are(raw, whole, tmp_path):
    assert changed(raw, whole, tmp_path) == 0


def test_without_their_neighbours_they_do_not(raw, whole, tmp_path):
    """The test above can fail."""
    assert changed(raw, whole, tmp_path, invalid_pixel_handler="null") > 0


def test_no_pixel_is_broken_to_who_asks_for_it():
    config = ReduceConfig(reducer=TAILCUTS)
    kinds = [s.algorithm.kind for s in reduction_chain(config, "LST", 1).steps]
    assert kinds[-3:] == ["invalid_pixel_handler", "reducer", "kept_neighbors"]
    none = config.model_copy(update={"invalid_pixel_handler": None})
    kinds = [s.algorithm.kind for s in reduction_chain(none, "LST", 1).steps]
    assert kinds[-2:] == ["extractor", "reducer"]
