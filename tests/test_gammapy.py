"""Whether gammapy takes our files, and recovers from them what was put in.

Gammapy is no dependency. It is asked in a process of its own, with the interpreter in
``CTACOL_GAMMAPY`` or this one; without it these tests are skipped. What its authors'
checks ask is asked by `tests/test_gadf.py` and `tests/stages/dl3` as well, always.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import toy_observatory as toy

from cta_columnar.schemas.gadf import CLASSES, POINT_LIKE
from cta_columnar.stages.dl3.samples import DrawOptions
from cta_columnar.stages.irf.component import Component
from cta_columnar.store.gadf import read_index, write_dataset

PYTHON = os.environ.get("CTACOL_GAMMAPY", sys.executable)
KINDS = ("background_2d", "background_3d", "rad_max")
READER = Path(__file__).with_name("gammapy_reader.py")
STARTS = ("2024-12-05T23:40:00", "2024-12-06T00:00:00", "2024-12-06T23:50:00")
OBSERVATIONS = [
    toy.make_observation(k, start, north=north)
    for k, start, north in zip((1, 2, 3), STARTS, (0.7, -0.7, 0.7), strict=True)
]
# A check of gammapy 2 that fails on any file: it asks a time for its unit.
BROKEN = "EventListChecker.columns: 'Time' object has no attribute 'unit'"


@pytest.fixture(scope="session")
def gammapy():
    asked = subprocess.run(
        [PYTHON, "-c", "import gammapy.datasets"], capture_output=True, check=False
    )
    if asked.returncode:
        pytest.skip(
            f"{PYTHON} cannot import gammapy; set CTACOL_GAMMAPY to the interpreter of "
            "an environment with gammapy and regions < 0.12"
        )

    def read(*folders):
        place = (str(toy.CRAB.ra), str(toy.CRAB.dec))
        command = [PYTHON, str(READER), *place, *map(str, folders), "--cube"]
        # Not our packages: it may be another Python.
        env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        done = subprocess.run(
            command, capture_output=True, text=True, env=env, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return read


def write(folder, seed, samples, components, background="background_2d"):
    options = DrawOptions(seed=seed, zenith_tolerance=25.0)
    tables = toy.make_tables(samples, components, OBSERVATIONS, options, background)
    write_dataset(folder, tables)
    return folder


@pytest.fixture(scope="module")
def simulation():
    samples = toy.make_samples()
    return samples, toy.make_components(samples)


def point_like(components):
    near = {each.name: each.told(enclosure=POINT_LIKE) for each in components.values()}
    axes = (toy.AXES.reco_energy, toy.AXES.reco_offset)
    radius = Component("rad_max", axes, {"rad_max": np.full((20, 8), 0.125)})
    return {**near, "rad_max": radius}


@pytest.fixture(scope="module")
def found(gammapy, simulation, tmp_path_factory):
    """What gammapy finds with background in rings, in cells, and point-like."""
    samples, components = simulation
    kinds = {
        "background_2d": components,
        "background_3d": components,
        "rad_max": point_like(components),
    }
    root = tmp_path_factory.mktemp("dl3")
    folders = [
        write(root / kind, 0, samples, responses, kind)
        for kind, responses in kinds.items()
    ]
    results = dict(zip(kinds, gammapy(*folders), strict=True))
    index, _ = read_index(folders[0])
    return {**results, "index": index}


def test_every_table_is_read_as_what_it_is(found):
    seen = [each for kind in KINDS for each in found[kind]["tables"]]
    assert {each["kind"]: each["wrong"] for each in seen if each["wrong"]} == {}
    names = {"index_obs": "obs_index", "index_hdu": "hdu_index"}
    assert {names.get(each["kind"], each["kind"]) for each in seen} == set(CLASSES)


@pytest.mark.parametrize("kind", KINDS)
def test_it_reads_what_we_wrote(found, kind):
    assert found[kind]["complaints"]["told"] == []
    assert set(found[kind]["complaints"]["failed"]) <= {BROKEN}
    for k, seen in enumerate(found[kind]["observations"]):
        assert seen["obs_id"] == found["index"]["OBS_ID"][k]
        assert seen["events"] == found["index"]["EVENT_COUNT"][k]
        assert seen["ontime"] == pytest.approx(19 * 60, abs=1e-6)
        assert seen["livetime"] == pytest.approx(0.95 * 19 * 60, abs=1e-6)
        assert seen["largest_altaz_difference_arcsec"] < 0.1


@pytest.mark.parametrize("kind", ["background_2d", "background_3d"])
def test_responses_are_what_went_in(found, simulation, kind):
    _, components = simulation
    area = components["effective_area"]["effective_area"]
    rate = components["background_2d"]
    rings = 2 * np.pi * -np.diff(np.cos(np.radians(toy.AXES.reco_offset.array)))
    in_field = (rate["background"] * toy.AXES.reco_energy.width[:, None] * rings).sum()
    for seen in found[kind]["observations"]:
        assert not seen["point_like"]
        assert area.min() < seen["aeff"] < area.max()
        assert seen["containment"] == pytest.approx(1 - np.exp(-4.5), abs=0.01)
        assert seen["edisp_sums"] == pytest.approx([1, 1])
        assert seen["background_per_s"] == pytest.approx(0.95 * in_field, rel=0.02)


def test_point_like_responses_have_their_radius(found):
    for seen in found["rad_max"]["observations"]:
        assert seen["point_like"]
        assert seen["rad_max"] == pytest.approx(0.125)


def test_background_is_where_its_model_says(found):
    counts, expected = np.array(found["background_3d"]["quadrants"])
    # Without a difference, a wrong side would not be seen.
    assert expected.max() > 1.3 * expected.min()
    np.testing.assert_allclose(counts, expected, atol=4 * np.sqrt(expected.max()))
    assert np.corrcoef(counts, expected)[0, 1] > 0.8


@pytest.mark.parametrize("fit", ["spectrum", "cube"])
@pytest.mark.parametrize("kind", ["background_2d", "background_3d"])
def test_it_recovers_the_source(found, kind, fit):
    law = found[kind][fit]
    assert law["converged"]
    assert law["flux"] == pytest.approx(3e-7, rel=0.1)
    assert law["index"] == pytest.approx(2.5, abs=0.1)


@pytest.mark.parametrize("kind", ["background_2d", "background_3d"])
def test_source_and_background_are_where_they_are(found, kind):
    cube = found[kind]["cube"]
    for name, truth in (("east", 0), ("north", 0), ("norm", 1)):
        assert cube[name] == pytest.approx(truth, abs=4 * cube[f"{name}_error"])
    assert cube["east_error"] < 0.01
    assert cube["sigma"] > 30


@pytest.mark.full
def test_it_recovers_the_source_again_and_again(gammapy, tmp_path):
    # Simulations of their own: from the same one, events would be partly the same.
    folders = []
    for seed in range(20):
        samples = toy.make_samples(seed=seed)
        components = toy.make_components(samples)
        folders.append(write(tmp_path / str(seed), seed, samples, components))
    found = gammapy(*folders)
    for fits in ([each[fit] for each in found] for fit in ("spectrum", "cube")):
        for name, truth in (("flux", 3e-7), ("index", 2.5)):
            pulls = [(f[name] - truth) / f[f"{name}_error"] for f in fits]
            assert abs(np.mean(pulls)) < 3 / np.sqrt(20), name
            assert 0.5 < np.std(pulls) < 1.6, name
