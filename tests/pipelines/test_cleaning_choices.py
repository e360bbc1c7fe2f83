"""Cleaners, islands, image modifier and quality cuts, chosen as a user does."""

import numpy as np
import pytest
from golden import simtel_path

from cta_columnar import open_store, run
from cta_columnar.registry import get
from cta_columnar.sources.base import open_source

NAME = "prod6_north_proton_7_0_0"
FACT = {"picture_threshold_pe": 6.0, "boundary_threshold_pe": 3.0}
SETTINGS = (
    "cleaner={default: {name: FACTImageCleaner, picture_threshold_pe: 6, "
    "boundary_threshold_pe: 3}, 'LST*': {name: NSBImageCleaner}, "
    "'tel_id=8': {name: none}}",
    "island_selector={default: {name: LargestIsland}, 'LST*': {name: BrightestIsland}}",
    "image_quality.cuts=[{bright: charge > 100}, {compact: n_pixels < 60}]",
)
MODIFIER = {"noise_level_dim_pixels": 2.0, "psf_smear_factor": 0.1}


@pytest.fixture(scope="module")
def dl1(shared, tmp_path_factory):
    """A dataset and the summary of its run, for some settings."""

    def make(*settings):
        root = tmp_path_factory.mktemp("cleaning") / "dl1"
        summary = run(
            "stage1",
            input=simtel_path(shared, NAME),
            output=root,
            workers=1,
            set=settings,
        )
        return open_store(root), summary

    return make


@pytest.fixture(scope="module")
def cameras(shared):
    with open_source(simtel_path(shared, NAME)) as source:
        return {camera.name: camera for camera in source.subarray.types}


def images(store, camera):
    """Columns of the images of a telescope type as arrays."""
    table = store.scan("images", tel_type=camera.name).collect()
    return {name: np.array(table[name].to_list()) for name in table.columns}


def apply(kind, name, columns, camera, **options):
    algorithm = get(kind, name)
    context = {
        "camera": camera,
        "pedestal_std": None,
        "pedestal_index": None,
    }
    single = {"image": np.float32, "peak_time": np.float32}
    arrays = {name: np.asarray(a, single.get(name)) for name, a in columns.items()}
    return algorithm.run(arrays, context, algorithm.validate_options(options))


def test_telescopes_are_cleaned_as_chosen_for_them(dl1, cameras):
    store, summary = dl1(*SETTINGS)
    seen, n_kept = set(), 0
    for camera in cameras.values():
        columns = images(store, camera)
        is_lst = camera.name.startswith("LST")
        chosen = ("NSBImageCleaner", {}) if is_lst else ("FACTImageCleaner", FACT)
        mask = apply("cleaner", chosen[0], columns, camera, **chosen[1])["image_mask"]
        mask[columns["tel_id"] == 8] = True
        island = "BrightestIsland" if is_lst else "LargestIsland"
        cleaned = columns | {"image_mask": mask}
        wanted = apply("island_selector", island, cleaned, camera)["image_mask"]
        np.testing.assert_array_equal(columns["image_mask"], wanted)
        n_kept += wanted.any(axis=1).sum()
        seen |= set(columns["tel_id"].tolist())
    assert {1, 8, 13} < seen
    assert n_kept > 8
    _check_cut_flow(store, summary, cameras)


def _check_cut_flow(store, summary, cameras):
    """What is stored and what is printed count the images that pass each cut."""
    flow = store.scan("cut_flow").collect()
    for name, camera in cameras.items():
        columns = images(store, camera)
        kept = np.where(columns["image_mask"], columns["image"], 0)
        n_pixels, charge = columns["image_mask"].sum(axis=1), kept.sum(axis=1)
        passed = [charge > 0, n_pixels > 1, charge > 100, n_pixels < 60]
        left = np.logical_and.accumulate(passed, axis=0)
        rows = flow.filter(tel_type=name).sort("position")
        names = ["all", "charge_above", "pixels_above", "bright", "compact"]
        assert rows["cut"].to_list() == names
        assert rows["n_passed"].to_list()[1:] == [each.sum() for each in passed]
        assert rows["n_survivors"].to_list()[1:] == left.sum(axis=1).tolist()
        is_parametrized = store.scan("parameters", tel_type=name).collect()
        assert is_parametrized["is_parametrized"].to_list() == left[-1].tolist()
        told = [row for row in summary.cut_flow if row.tel_type == name]
        assert [row.cut for row in told] == names
        assert told[-1].n_survivors == left[-1].sum()


def test_images_are_changed_before_they_are_cleaned(dl1, cameras):
    plain, _ = dl1()
    options = ", ".join(f"{key}: {value}" for key, value in MODIFIER.items())
    changed, _ = dl1(f"image_modifier={{name: ImageModifier, {options}}}")
    for camera in cameras.values():
        before, after = images(plain, camera), images(changed, camera)
        wanted = apply("image_modifier", "ImageModifier", before, camera, **MODIFIER)
        np.testing.assert_array_equal(after["image"], wanted["image"])
        mask = apply("cleaner", "TailcutsImageCleaner", after, camera)["image_mask"]
        np.testing.assert_array_equal(after["image_mask"], mask)
        assert (after["image"] != before["image"]).mean() > 0.3
