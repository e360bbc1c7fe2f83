"""Configuration: layers, per-telescope choices, errors that help, round trips."""

import hashlib
import json
import pickle

import pytest
from pydantic import ValidationError
from toy_catalogue import TOYS

from cta_columnar.config import (
    AlgorithmChoice,
    ConfigError,
    Cut,
    DL3Config,
    Layer,
    Stage1Config,
    digest,
    load,
    read_file,
    read_setting,
)
from cta_columnar.config.show import to_yaml
from cta_columnar.errors import UserError


def stage1(*settings, files=(), stage="stage1"):
    layers = [*map(read_file, files), *map(read_setting, settings)]
    return load(stage, layers, TOYS)


def problems(*settings, **others):
    with pytest.raises(ConfigError) as caught:
        stage1(*settings, **others)
    return str(caught.value)


@pytest.fixture
def write(tmp_path):
    def write(text, name="my.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


# --- what a choice may look like


@pytest.mark.parametrize(
    ("written", "name", "options"),
    [
        ("Two", "Two", {}),
        ({"name": "Two", "width": 5}, "Two", {"width": 5}),
        ({"default": "Two"}, "Two", {}),
        ({"default": {"name": "Two", "width": 5}}, "Two", {"width": 5}),
    ],
)
def test_written_forms_of_a_choice(written, name, options):
    choice = AlgorithmChoice.parse(written)
    assert (choice.name, choice.options, choice.rules) == (name, options, ())
    assert AlgorithmChoice.parse(choice.plain()) == choice


@pytest.mark.parametrize(
    "written", [5, None, {}, {"width": 5}, ["Two"], {"name": 5}, {"tel_id=x": "Two"}]
)
def test_what_is_no_choice(written):
    with pytest.raises(ValueError, match=r"names no algorithm|wants|no telescope|text"):
        AlgorithmChoice.parse(written)


PER_TELESCOPE = {
    "default": {"name": "Peak", "width": 7, "shift": 3},
    "*FlashCam": {"name": "Flash", "sigma": 1},
    "MST_*": {"width": 6},
    "tel_id=4": {"width": 5},
    "LST_LST_LSTCam": {"shift": 2},
}


@pytest.mark.parametrize(
    ("tel_type", "tel_id", "name", "options"),
    [
        ("SST_1M_DigiCam", 9, "Peak", {"width": 7, "shift": 3}),
        # A partial option goes onto the default's ...
        ("LST_LST_LSTCam", 1, "Peak", {"width": 7, "shift": 2}),
        ("MST_MST_NectarCam", 44, "Peak", {"width": 6, "shift": 3}),
        # ... a later match wins, on top of what an earlier one changed ...
        ("MST_MST_NectarCam", 4, "Peak", {"width": 5, "shift": 3}),
        ("LST_LST_LSTCam", 4, "Peak", {"width": 5, "shift": 2}),
        # ... another algorithm starts from its own defaults ...
        ("MST_MST_FlashCam", 7, "Flash", {"sigma": 1, "width": 6}),
        # ... and readout groups numbered because of a clash are of that type.
        ("LST_LST_LSTCam_2", 1, "Peak", {"width": 7, "shift": 2}),
        ("MST_MST_FlashCam_3", 7, "Flash", {"sigma": 1, "width": 6}),
    ],
)
def test_each_telescope_gets_its_own(tel_type, tel_id, name, options):
    got = AlgorithmChoice.parse(PER_TELESCOPE).resolve(tel_type, tel_id)
    assert (got.name, got.options) == (name, options)


def test_patterns_that_fit_nothing_are_known():
    choice = AlgorithmChoice.parse(PER_TELESCOPE)
    there = [("MST_MST_FlashCam", 5), ("SST", 4)]
    assert choice.unmatched(there) == ["LST_LST_LSTCam"]


# --- layers


def test_defaults_are_complete():
    config = stage1()
    assert config.extractor.options == {"window_width": 7, "window_shift": 3}
    assert config.source.max_events is None
    assert pickle.loads(pickle.dumps(config)) == config
    with pytest.raises(ValidationError, match="frozen"):
        config.source.max_events = 5


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("extractor=TwoPassWindowSum", {"TwoPassWindowSum"}),
        ("extractor.window_width=5", {"NeighborPeakWindowSum", 5}),
        ("extractor = {name: OldName, window_width: 5}", {"NeighborPeakWindowSum", 5}),
        ("extractor.tel_id=4.window_width=5", {"tel_id=4", 5}),
        ("extractor.*Flash.name=TwoPassWindowSum", {"*Flash", "TwoPassWindowSum"}),
        ('extractor."*Flash"=TwoPassWindowSum', {"TwoPassWindowSum"}),
    ],
)
def test_settings_reach_the_extractor(setting, value):
    text = json.dumps(stage1(setting).extractor.plain())
    assert all(json.dumps(each) in text for each in value)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("source.max_events=10", 10),
        ("source.max_events=null", None),
        ("source.allowed_tels=[1, 2]", (1, 2)),
        ("source.skip_calibration_events=false", False),
        ("source.focal_length_choice=EQUIVALENT", "EQUIVALENT"),
        ("image_quality.charge_above=5e1", 50.0),
    ],
)
def test_settings_are_yaml(setting, value):
    section, _, key = setting.partition("=")[0].partition(".")
    assert getattr(getattr(stage1(setting), section), key) == value


def test_a_later_layer_changes_an_earlier_one(write):
    first = write(
        """
        extractor:
          default: {name: NeighborPeakWindowSum, window_width: 9}
          "*FlashCam": {window_width: 4}
        source: {max_events: 5}
        """
    )
    second = write("source: {obs_id: 3}", "second.yaml")
    config = stage1(
        "extractor.window_shift=2",
        "extractor.*FlashCam.window_shift=1",
        files=[first, second],
    )
    assert (config.source.max_events, config.source.obs_id) == (5, 3)
    assert config.extractor.options == {"window_width": 9, "window_shift": 2}
    flashcam = config.extractor.resolve("MST_MST_FlashCam", 1)
    assert flashcam.options == {"window_width": 4, "window_shift": 1}
    # To name the algorithm is to choose anew, exceptions for telescopes included.
    renewed = stage1("extractor=NeighborPeakWindowSum", files=[first])
    assert renewed == stage1("source.max_events=5")


def test_entries_of_lists_are_changed_by_name():
    changed = stage1("parameters.timing.n_starts=5").parameters
    assert [choice.name for choice in changed][:2] == ["hillas", "timing"]
    assert changed[1].options == {"n_starts": 5}
    assert len(stage1("parameters=[hillas, leakage]").parameters) == 2
    cuts = stage1(
        "quality.enough_charge=hillas_intensity > 80",
        "quality.positive_width=null",
        "quality.contained=leakage_intensity_width_2 < 0.5",
        stage="stage2",
    ).quality
    assert cuts == (
        Cut("enough_charge", "hillas_intensity > 80"),
        Cut("enough_pixels", "morphology_n_pixels > 3"),
        Cut("contained", "leakage_intensity_width_2 < 0.5"),
    )


def test_images_may_have_to_meet_further_conditions(write):
    assert stage1().image_quality.cuts == ()
    first = write("image_quality: {cuts: [{big: n_pixels > 5}, {one: n_islands == 1}]}")
    config = stage1("image_quality.cuts.one=null", files=[first])
    assert config.image_quality.cuts == (Cut("big", "n_pixels > 5"),)
    assert digest(config) != digest(stage1())


def test_a_step_may_be_left_out():
    assert stage1("time_shift=null").time_shift is None
    again = stage1("time_shift=null", "time_shift=PeakTimeShift")
    assert again == stage1()
    assert "names no algorithm" in problems("time_shift=null", "time_shift.a=5")


def test_a_step_that_is_off_by_default_may_be_changed_by_later_layers(write):
    first = write("island_selector: {name: LargestIsland, least: 3}")
    assert stage1().island_selector is None
    changed = stage1("island_selector.least=5", files=[first]).island_selector
    assert (changed.name, changed.options) == ("LargestIsland", {"least": 5})
    assert stage1("island_selector=null", files=[first]).island_selector is None


def test_an_extractor_is_needed():
    assert "wants" in problems("extractor=null")


def test_values_from_python_need_no_text():
    layer = Layer({"extractor": "TwoPassWindowSum", "source": {"allowed_tels": [1]}})
    config = load("stage1", [layer], TOYS)
    assert config.extractor.options == {"core_threshold": 4.0, "mode": "a"}
    assert config.source.allowed_tels == (1,)
    assert Stage1Config(extractor="TwoPassWindowSum").extractor.name


# --- errors


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("extractor.window_widht=5", "did you mean 'window_width'?"),
        (
            "extractor=TwoPass",
            "no extractor 'TwoPass'; did you mean 'TwoPassWindow",
        ),
        ("extractor.window_width=0", "must be > 0 samples, got 0"),
        ("extractor.tel_id=4.widht=0", "NeighborPeakWindowSum has no such option"),
        ("extractor.4=5", "NeighborPeakWindowSum has no such option"),
        ("extractr=x", "no such key; did you mean 'extractor'?"),
        ("source.max_event=5", "did you mean 'max_events'?"),
        ("source.max_events=five", "wants an integer or null, got 'five'"),
        ("source.max_events=0", "must be > 0, got 0"),
        ("source.focal_length_choice=EFECTIVE", "did you mean 'EFFECTIVE'?"),
        ("source.select_gain=false", "one gain channel per pixel"),
        ("source.allowed_tels=[]", "names no telescope"),
        ("source={obs_id: 5, obs_id_offset: 1}", "give one of the two"),
        ("source=5", "wants keys with values (focal_length_choice,"),
        ("max_events=5", "did you mean 'source.max_events'?"),
        ("window_width=5", "did you mean 'extractor.window_width'?"),
        ("parameters.hilas.x=1", "did you mean 'hillas'?"),
        ("parameters=hillas", "wants a list of algorithms, got 'hillas'"),
        ("parameters=[hillas, hillas]", "names hillas twice"),
        ("parameters.hillas.x=1", "hillas has no options"),
        ("stage=stage2", "this configuration is for 'stage2', not for 'stage1'"),
        (
            "image_quality.cuts.a=n_pixel > 5",
            "a: images have no 'n_pixel'; did you mean 'n_pixels'?",
        ),
        ("image_quality.cuts.pixels_above=charge > 5", "a cut of its own"),
        ("image_quality.cuts.a=charge >", "cannot be read at character"),
    ],
)
def test_errors_name_the_place_and_the_way_out(setting, message):
    text = problems(setting)
    assert text.startswith(f"--set {setting}: ")
    assert message in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("quality=[5]", 'wants a list of "name: expression"'),
        ("quality.some=5", "some: wants an expression, got 5"),
        ("quality.some=hillas_width >", "cannot be read at character"),
        ("best_geometry=HillasIntersection", "is not among the reconstructors"),
    ],
)
def test_errors_of_stage2(setting, message):
    assert message in problems(setting, stage="stage2")


@pytest.mark.parametrize("setting", ["extractor", "=5", "a b=5", ".x=5"])
def test_what_is_no_setting(setting):
    with pytest.raises(UserError, match="write key=value"):
        read_setting(setting)


UNKNOWN_SHIFT = "no such key here; did you mean 'extractor.window_shift'?"


def test_all_problems_come_at_once_with_their_lines(write):
    path = write(
        """\
source:
  max_event: 5
extractor:
  default: {name: NeighborPeakWindowSum, window_widht: 5}
  "tel_id=4": {window_width: -5}
write: 5
cleaner: {name: Tailcuts}
"""
    )
    lines = problems("window_shift=3", files=[path]).splitlines()
    keys = [line.split(": ")[:2] for line in lines]
    assert sorted(keys) == [
        [
            "--set window_shift=3",
            "no such key here; did you mean 'extractor.window_shift'?",
        ],
        [f"{path}:2", "source.max_event"],
        [f"{path}:4", "extractor.window_widht"],
        [f"{path}:5", "extractor.tel_id=4.window_width"],
        [f"{path}:6", "write"],
        [f"{path}:7", "cleaner"],
    ]


@pytest.mark.parametrize(
    ("stage", "setting", "words"),
    [
        ("irf", "axes.true_energy=[0.01, .inf, 20]", "must be finite, got inf"),
        (
            "irf",
            "axes.reco_energy=[0.01, 100, 1001]",
            "wants 1 to 1000 bins, got 1001",
        ),
        ("irf", "axes.fov=[-5, 5, 0]", "]: wants 1 to 1000 bins, got 0"),
        ("irf", "axes.theta=[0, .nan, 10]", "must be finite, got nan"),
        ("irf", "benchmarks.rings=[0, 90]", "wants angles from 0 to below 90 deg"),
        ("irf", "benchmarks.rings=[-1, 2]", "wants angles from 0 to below 90 deg"),
        ("irf", "sensitivity.significance=.inf", "must be finite, got inf"),
        ("dl3", "technical.interval=1e-9", "must be >= 0.001 s"),
    ],
)
def test_numbers_nothing_can_be_made_of(stage, setting, words):
    told = problems(setting, stage=stage)
    assert setting in told
    assert words in told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: 1\nb: 2\na: 3\n",
            r"my.yaml:3: a stands here a second time.*line 1",
        ),
        ("a: [1\nb: 2\n", r"my.yaml:2: this is no YAML"),
        ("a: 1\x00\n", r"my.yaml: this is no YAML: unacceptable character #x0000"),
        ("- a\n- b\n", r"a configuration is a list of 'key: value'"),
        ("a: !!python/object:os.system {}\n", r"this is no YAML"),
        (None, r"my.yaml cannot be read: No such file"),
    ],
)
def test_files_that_are_no_configuration(write, tmp_path, text, message):
    path = tmp_path / "my.yaml" if text is None else write(text)
    with pytest.raises(UserError, match=message):
        stage1(files=[path])


def test_what_is_commented_out_is_the_default(write):
    assert stage1(files=[write("# nothing\n")]) == stage1()
    text = "source:\n  # obs_id: 5\ntime_shift:\nextractor: {window_width: }\n"
    assert stage1(files=[write(text)]) == stage1()
    assert stage1(files=[write("time_shift: null")]).time_shift is None
    assert "no extractor ''" in problems(files=[write("extractor: ''")])
    with pytest.raises(UserError, match="the value is missing"):
        read_setting("time_shift=")


# --- digest and round trip


def test_digest_is_of_what_acts():
    same = [
        stage1(),
        stage1("extractor=OldName"),
        stage1("image_quality.charge_above=0"),
        stage1("extractor={window_shift: 3, name: NeighborPeakWindowSum}"),
    ]
    assert len({digest(config) for config in same}) == 1
    assert digest(stage1("extractor.window_width=8")) != digest(same[0])
    one = stage1("extractor.A*.window_width=5", "extractor.*B.window_width=6")
    two = stage1("extractor.*B.window_width=6", "extractor.A*.window_width=5")
    assert digest(one) != digest(two)


@pytest.mark.parametrize("stage", ["stage2", "stage3"])
def test_a_key_that_is_no_difference_is_none_while_it_is_null(stage):
    config = stage1(stage=stage)
    values = config.model_dump(mode="json")
    assert values.pop("block_size") is None
    text = json.dumps(values, sort_keys=True)
    assert digest(config) == hashlib.sha256(text.encode()).hexdigest()
    given = [stage1(f"block_size={n}", stage=stage) for n in (1, 100_000)]
    assert len({digest(each) for each in (config, *given)}) == 3
    assert "block_size=0: must be >= 1" in problems("block_size=0", stage=stage)


@pytest.mark.parametrize(
    ("stage", "settings"),
    [
        ("stage1", []),
        ("stage2", []),
        ("stage3", []),
        ("stage3", ["energy=null", "disp.weights=inverse-variance", "models=a/b"]),
        ("irf", ["cuts.method=fixed", "cuts.theta=null", "sensitivity=null"]),
        ("irf", ["spectra.gamma={flux: 1e-7, index: -2.5}", "axes.further.nsb=[0, 1]"]),
        (
            "stage1",
            [
                "extractor.*FlashCam=TwoPassWindowSum",
                "extractor.tel_id=4.window_width=5",
                "parameters=[{name: timing, n_starts: 3}, hillas]",
                "source.allowed_tels=[1, 2]",
                "image_quality.charge_above=1e-30",
                "image_quality.cuts.compact=n_islands < 4 and brightest > 1e1",
                "image_quality.cuts.big='n_pixels > 5'",
            ],
        ),
        ("stage1", ["time_shift=null", "parameters=[]"]),
        ("stage2", ["quality=[]"]),
        ("stage2", ["quality={odd: '1 < hillas_width # 2'}"]),
    ],
)
def test_what_is_shown_loads_as_it_was(write, stage, settings):
    config = stage1(*settings, stage=stage)
    text = to_yaml(config, TOYS)
    again = stage1(files=[write(text)], stage=stage)
    assert again == config
    assert digest(again) == digest(config)
    assert to_yaml(again, TOYS) == text
    assert max(map(len, text.splitlines())) <= 88


def test_every_shown_key_has_its_meaning():
    text = to_yaml(stage1(), TOYS)
    assert "  window_width: 7              # [samples] width; > 0" in text
    assert "# telescope ids to read, e.g. [1, 2, 4]; null: all" in text
    assert "# Algorithms: NeighborPeakWindowSum, OldName, TwoPassWindowSum." in text


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"good_time": {"dead_time": 0.1}}, "good_time.dead_time: is for recorded"),
        ({"good_time": {"longest_gap": 5.0}}, "good_time.longest_gap: is for rec"),
        ({"good_time": {"shortest": 5.0}}, "good_time.shortest: is for recorded"),
        ({"target": {"name": "Crab"}}, "target: is for recorded events"),
    ],
)
def test_keys_of_recorded_events_beside_simulated_ones(keys, words):
    DL3Config(**keys)
    DL3Config(observe={}, good_time={"dead_time": 0.0})
    with pytest.raises(ValidationError, match=words):
        DL3Config(observe={}, **keys)


@pytest.mark.parametrize("background", ["none", "off-region"])
def test_a_choice_between_backgrounds_that_are_not_used(background):
    keys = {"background": background, "regions": {"exclude": []}}
    for key, value in (("background", "background_3d"), ("other_spectra", "keep")):
        DL3Config(responses={key: value})
        with pytest.raises(ValidationError, match=rf"responses\.{key}: wants"):
            DL3Config(responses={key: value}, **keys)
