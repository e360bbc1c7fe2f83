import pickle
import re
from pathlib import Path

import numpy as np
import pytest

import cta_columnar.configs
from cta_columnar.errors import UserError
from cta_columnar.simulation.arrays import (
    array_names,
    load_array,
    load_telescope,
    telescope_names,
)
from cta_columnar.simulation.cameras import CAMERAS
from cta_columnar.simulation.sections import ArraySection, PixelsSection, SiteSection

SITE = """
site: {latitude: 28.76, longitude: -17.89, altitude: 2156.0,
       B_total: 38.8, B_inclination: 0.65, B_declination: -0.08}
"""
TELESCOPE = "  - {id: 1, name: A, model: LST, position: [0.0, 0.0, 10.0]}\n"
MINE = f"name: mine\n{SITE}telescopes:\n{TELESCOPE}"


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        return path

    return write


def errors_of(path):
    with pytest.raises(UserError) as caught:
        load_array(path)
    return str(caught.value)


def test_shipped_arrays():
    sizes = {name: load_array(name).n_telescopes for name in array_names()}
    assert sizes == {
        "CTAO-North": 13,
        "CTAO-South": 51,
        "LST-1": 1,
        "all-cameras": 8,
        "prod3b-North": 19,
    }


def test_alpha_arrays():
    north, south = load_array("CTAO-North"), load_array("CTAO-South")
    assert [model.size for model in north.models] == ["LST", "MST"]
    assert np.bincount(north.model_index).tolist() == [4, 9]
    assert np.bincount(south.model_index).tolist() == [14, 37]
    assert [model.layout.name for model in south.models] == ["FlashCam", "SSTCam"]
    assert north.tel_ids.tolist() == [*range(1, 12), 14, 19]
    assert north.tel_names[-1] == "MSTN-15"
    assert north.positions[0].tolist() == [-70.91, -52.35, 45.0]
    assert south.site.altitude == 2147.0
    assert south.tel_ids.min() == 105
    assert (north.positions[:, 2] >= 0.0).all()


def test_all_cameras_and_all_optics():
    models = load_array("all-cameras").models
    assert {model.layout.name for model in models} == CAMERAS.keys()
    optics = {model.mirror.name for model in models}
    assert optics == {"LST", "MST", "SST", "ASTRI", "1M", "SCT", "GCT"}
    assert {model.name for model in models} == set(telescope_names())
    sizes = {model.layout.name: model.layout.n_pixels for model in models}
    assert sizes == {
        "LSTCam": 1855, "NectarCam": 1855, "FlashCam": 1764, "SSTCam": 2048,
        "ASTRICam": 2368, "DigiCam": 1296, "SCTCam": 11328, "CHEC": 2048,
    }  # fmt: skip


def test_yardstick_array_differs_from_the_shipped_models_in_what_it_says():
    lst, mst = load_array("prod3b-North").models
    assert (lst.name, mst.name) == ("LST-prod3b", "NectarCam-prod3b")
    assert (lst.mirror.scale, mst.mirror.scale) == (29.3057, 16.4451)
    assert mst.mirror.mirror_area == 103.83
    assert mst.sensor.efficiency == lst.sensor.efficiency == 0.2
    assert mst.readout.n_samples == load_telescope("MST-NectarCam").readout.n_samples
    assert mst.trigger.patches.shape == (474, 21)


@pytest.mark.parametrize("name", telescope_names())
def test_models_hold_together(name):
    model = load_telescope(name)
    readout = model.readout
    assert model.name == name
    per_gain = (
        readout.amplitude, readout.pedestal, readout.noise, readout.pedestal_spread,
        readout.adc_max,
    )  # fmt: skip
    assert {each.shape for each in per_gain} == {(readout.n_gains,)}
    assert readout.pulse.shape[0] == readout.n_gains
    assert (readout.pulse.max(axis=1) == 1.0).all()
    assert (readout.adc_max > readout.pedestal + readout.amplitude).all()
    layout = model.layout
    assert layout.x.shape == layout.y.shape == layout.z.shape == layout.module.shape
    assert layout.area < layout.size**2 * 1.0001
    # Every camera sees 3 to 12 degrees across.
    diameter = np.degrees(2.0 * np.hypot(layout.x, layout.y).max() / model.mirror.scale)
    assert 3.0 < diameter < 12.0


def test_selection_keeps_order_and_models():
    array = load_array("CTAO-North").select([14, 2, 5])
    assert array.tel_ids.tolist() == [2, 5, 14]
    assert array.tel_names == ("LSTN-02", "MSTN-01", "MSTN-10")
    assert array.positions[2].tolist() == [20.2, -352.85, 62.0]
    only = array.select([5])
    assert [model.name for model in only.models] == ["MST-NectarCam"]
    assert only.model_of(0).name == "MST-NectarCam"
    with pytest.raises(KeyError, match="no telescope 3 in CTAO-North"):
        array.select([3])
    with pytest.raises(ValueError, match="no telescope of CTAO-North was selected"):
        array.select([])


def test_every_key_of_shipped_files_has_a_comment():
    folder = Path(cta_columnar.configs.__file__).parent
    for path in (folder / "telescopes").glob("*.yaml"):
        lines = path.read_text().splitlines()
        for above, line in zip(["", *lines], lines, strict=False):
            if re.match(r"\s*\w+:", line):
                is_said = above.lstrip().startswith("#") or re.match(r"\s*\w+:", above)
                assert is_said, f"{path.name}: {line}"


def test_models_know_all_cameras():
    lattices = PixelsSection.model_fields["lattice"].annotation.__args__
    assert set(lattices) == {*CAMERAS, "hexagon"}


def test_an_array_of_ones_own(written):
    array = load_array(
        written(
            MINE
            + """
  - {id: 7, model: Toy, position: [50.0, -20.0, 0.0]}
models:
  Toy:
    base: MST-NectarCam
    mirror: {effective_focal_length: 0.0}
    pixels: {name: ToyCam, lattice: hexagon, rings: 4, pitch: 0.05}
    readout: {n_samples: 40}
"""
        )
    )
    assert array.name == "mine"
    assert array.tel_names == ("A", "Toy-07")
    toy = array.models[1]
    assert (toy.name, toy.layout.name, toy.layout.n_pixels) == ("Toy", "ToyCam", 61)
    assert toy.mirror.scale == 16.0
    assert toy.readout.n_samples == 40
    assert toy.readout.n_gains == 2


def test_telescopes_are_sorted_by_number(written):
    text = f"name: mine\n{SITE}telescopes:\n" + "".join(
        f"  - {{id: {i}, model: {model}, position: [{50.0 * i}, 0.0, 0.0]}}\n"
        for i, model in ((9, "SST"), (2, "LST"), (5, "SST"))
    )
    array = load_array(written(text))
    assert array.tel_ids.tolist() == [2, 5, 9]
    assert array.tel_ids.dtype == np.int16
    assert [model.name for model in array.models] == ["LST", "SST"]
    assert array.model_index.tolist() == [0, 1, 1]


def test_unknown_names(written, tmp_path):
    assert "did you mean 'CTAO-North'?" in errors_of("CTAO-Nort")
    assert "or give the path of a YAML file" in errors_of("VERITAS")
    assert "cannot be read" in errors_of(tmp_path / "nowhere.yaml")
    with pytest.raises(UserError, match="did you mean 'SST'"):
        load_telescope("SSTX")
    text = errors_of(written(MINE.replace("model: LST", "model: LTS")))
    assert "no telescope model 'LTS'; did you mean 'LST'?" in text
    assert "mine.yaml:6: telescopes.0.model" in text


def own(**sections):
    """An array with a model of its own, in which some sections are changed."""
    lines = "".join(f"    {name}: {text}\n" for name, text in sections.items())
    return f"{MINE}models:\n  Mine:\n    base: MST-NectarCam\n{lines}"


BAD = {
    "no telescope": (f"name: a\n{SITE}telescopes: []\n", "at least one telescope"),
    "no list": (f"name: a\n{SITE}telescopes: 3\n", "telescopes: wants a list, got 3"),
    "no site": (f"name: a\ntelescopes:\n{TELESCOPE}", "site: is missing: where an ar"),
    "unknown key": (MINE + "sites: 3\n", "sites: no such key; did you mean 'site'?"),
    "key below": (
        MINE.replace("altitude", "altitute"),
        "site.altitute: no such key; did you mean 'altitude'?",
    ),
    "missing below": (
        MINE.replace("id: 1, ", ""),
        "telescopes.0.id: is missing: number; true p.e. have no place above 1000",
    ),
    "long name": (
        MINE.replace("name: A", "name: " + "A" * 201),
        "telescopes.0.name: wants one line of 200 letters at most, got 'AAAA",
    ),
    "two lines": (
        MINE.replace("name: A", 'name: "A\\nB"'),
        "telescopes.0.name: wants one line of 200 letters at most, got 'A\\nB'",
    ),
    "doubled id": (
        MINE + TELESCOPE.replace("name: A", "name: B").replace("[0.0", "[90.0"),
        "telescopes.1.id: 1 is the id of A already: give it another one",
    ),
    "doubled name": (
        MINE + TELESCOPE.replace("id: 1", "id: 2").replace("[0.0", "[90.0"),
        "telescopes.1.name: 'A' is the name of telescope 1 already",
    ),
    "one place": (
        MINE + TELESCOPE.replace("id: 1", "id: 2").replace("name: A", "name: B"),
        "telescope 2 stands 0 m from telescope 1: put it 2 m away or more",
    ),
    "id 0": (MINE.replace("id: 1,", "id: 0,"), "must be >= 1, got 0"),
    "id too large": (MINE.replace("id: 1,", "id: 1001,"), "must be <= 1000, got 1001"),
    "underground": (
        MINE.replace("10.0]", "-3.5]"),
        "telescope 1 stands 3.5 m below the observation level: lower site.altitude",
    ),
    "flat position": (
        MINE.replace(", 10.0]", "]"),
        "position: wants 3 numbers (north, west, up in m), got 2",
    ),
    "nan": (MINE.replace("10.0]", ".nan]"), "position: must be >= -100000 m, got nan"),
    "infinite": (own(mirror="{focus_distance: .inf}"), "must be <= 1e+07 m, got inf"),
    "text": (MINE.replace("id: 1,", "id: one,"), "id: wants an integer, got 'one'"),
    "latitude": (MINE.replace("28.76", "128.76"), "must be <= 90 deg, got 128.76"),
    "doubled key": (MINE + "name: b\n", "name stands here a second time, first in li"),
    "negative area": (own(mirror="{mirror_area: -1.0}"), "must be > 0 m2, got -1.0"),
    "too much mirror": (
        own(mirror="{mirror_area: 500.0}"),
        "500 m2 do not fit on a disc of radius 5.9 m, which has 109.4 m2",
    ),
    "wrong focus": (
        own(mirror="{effective_focal_length: 28.0}"),
        "28 m is far from the nominal 16 m; 0 if it is not known",
    ),
    "pulse too long": (
        own(readout="{fwhm: [80.0, 2.0]}"),
        "a pulse of 80 ns does not fit into 60 samples of 1 ns",
    ),
    "late": (own(readout="{offset: 60}"), "60 samples before the trigger leave none"),
    "coarse pulse": (own(readout="{pulse_step: 2.0}"), "is longer than a sample, 1 ns"),
    "gains": (
        own(readout="{noise: [1.0]}"),
        "readout.noise: has 1 values, fwhm has 2: one per gain channel",
    ),
    "three gains": (
        own(readout="{fwhm: [2.0, 2.0, 2.0]}"),
        "3 gain channels: a file has 1 or 2",
    ),
    "saturated": (
        own(readout="{pedestal: [5000.0, 250.0]}"),
        "5000 adu is not below adc_max, 4095 adu",
    ),
    "sums of samples": (own(readout="{sums_only: true}"), "1 where there are only su"),
    "overlap": (
        own(pixels="{size: 0.051}"),
        "pixels of 0.051 m overlap: they are 0.05 m apart",
    ),
    "unknown camera": (
        own(pixels="{lattice: NectarCan}"),
        "'NectarCan' is not a choice; did you mean 'NectarCam'?",
    ),
    "half a hexagon": (
        own(pixels="{lattice: hexagon, rings: 3}"),
        "a hexagon wants rings and pitch",
    ),
    "rings": (own(pixels="{rings: 3}"), "only for lattice: hexagon, not for NectarCam"),
    "sensor": (own(sensor="{kind: sipm}"), "means nothing for sensors of kind sipm"),
    "charge": (own(sensor="{gamma_shape: 0.0}"), "want one above 0, such as 6"),
    "one sum": (own(trigger="{kind: analog_sum}"), "is 1 for analog_sum: one sum is"),
    "patches": (
        own(trigger="{patches: superpixels}"),
        "trigger.patches: superpixels wants square modules",
    ),
    "majority": (
        own(trigger="{patches: flowers}"),
        "a majority is one of pixels or of superpixels",
    ),
    "triplets": (
        own(trigger="{kind: digital_sum, multiplicity: 1, patches: nine_pixels}"),
        "nine_pixels wants modules of 12 pixels, as FlashCam has",
    ),
    "base": (
        own().replace("base: MST-NectarCam", "base: NectarCam"),
        "models.Mine.base: no telescope 'NectarCam'; did you mean 'MST-NectarCam'?",
    ),
    "no keys": (MINE + "models: {Mine: 3}\n", "models.Mine: wants keys with values"),
    "incomplete": (
        MINE + "models: {Mine: {size: LST}}\n",
        "models.Mine.mirror: is missing: optics",
    ),
    "section": (own(mirror="3"), "mirror: wants keys with values (name, focal_length,"),
}


@pytest.mark.parametrize("case", BAD)
def test_impossible_arrays(case, written):
    text, expected = BAD[case]
    path = written(text)
    message = errors_of(path)
    assert expected in message
    assert str(path) in message


def test_all_problems_are_said_at_once(written):
    text = errors_of(
        written(own(mirror="{mirror_area: 500.0}", readout="{offset: 99}"))
    )
    assert text.count("\n") == 1
    text = errors_of(written(MINE.replace("10.0]", "-1.0]").replace("LST,", "LSS,")))
    assert text.count("\n") == 1


def test_sections_say_what_they_mean():
    for section in (ArraySection, SiteSection, PixelsSection):
        for name in section.model_fields:
            spec = section.spec(name)
            assert spec is None or spec.doc


def test_an_array_travels_to_workers():
    array = load_array("all-cameras")
    copy = pickle.loads(pickle.dumps(array))
    assert copy.tel_names == array.tel_names
    assert copy.site == array.site
    for mine, theirs in zip(array.models, copy.models, strict=True):
        assert mine.layout.lookup.kind == theirs.layout.lookup.kind
        assert (mine.layout.lookup.table == theirs.layout.lookup.table).all()
        assert (mine.readout.pulse == theirs.readout.pulse).all()
