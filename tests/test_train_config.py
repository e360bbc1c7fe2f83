"""The configuration of trainings: sections that may be null, estimators, features."""

import re

import pytest

from cta_columnar.config import Layer, digest, load, read_setting
from cta_columnar.config.show import to_yaml
from cta_columnar.config.train import SECTIONS
from cta_columnar.errors import UserError
from cta_columnar.stages.training.checks import check_estimators


class NoAlgorithms:
    """Estimators are no algorithms of the registry."""

    def get(self, kind, name):
        raise AssertionError((kind, name))

    def names(self, kind):
        raise AssertionError(kind)


def train(*settings, **values):
    layers = [*map(read_setting, settings), Layer(values)]
    return load("train", layers, NoAlgorithms())


def test_the_default_trains_everything_and_can_be_exported():
    config = train()
    assert tuple(config.sections) == SECTIONS
    check_estimators(config)
    assert config.energy.estimator.options["n_estimators"] == 100


def test_sections_may_be_null():
    config = train("particle=null", disp=None, disp_uncert=None)
    assert "particle" not in config.sections
    assert "disp" not in config.sections
    shown = to_yaml(config, NoAlgorithms())
    assert "\nparticle: null\n" in shown


def test_a_section_that_is_null_may_be_changed_by_a_later_layer():
    config = train("particle=null", "particle.signal_fraction=0.3")
    assert config.particle.signal_fraction == 0.3
    assert config.particle.estimator == train().particle.estimator


def test_arguments_of_an_estimator_are_changed_one_by_one():
    config = train("energy.estimator.max_depth=7")
    assert config.energy.estimator.options["max_depth"] == 7
    assert config.energy.estimator.options["n_estimators"] == 100
    # Another one begins with its own defaults.
    other = train("energy.estimator=Ridge", "energy.estimator.alpha=2")
    assert (other.energy.estimator.name, other.energy.estimator.options) == (
        "Ridge",
        {"alpha": 2},
    )


def test_features_are_added_and_taken_away():
    config = train("features.size=log10(hillas_intensity)", features={"area": None})
    assert config.features["size"] == "log10(hillas_intensity)"
    assert "area" not in config.features
    assert "core_distance" in config.features


@pytest.mark.parametrize(
    "settings",
    [
        (),
        ("energy.estimator=Ridge", "energy.features=[hillas_width]"),
        ("disp=null", "disp_uncert=null", "spectra.proton=-2.7"),
        ("energy=null", "energy_uncert=null", "energy_error=null"),
        ("geometry=HillasIntersection", "disp.prefix=mine"),
        ("energy.estimator={default: {name: Lasso}, 'LST*': {alpha: 3}}",),
        ("classes.helium=[402]", "quality.wide='hillas_width > 0.1'"),
    ],
)
def test_what_is_shown_loads_as_it_was(settings, tmp_path):
    from cta_columnar.config import read_file  # noqa: PLC0415

    config = train(*settings)
    file = tmp_path / "my.yaml"
    file.write_text(to_yaml(config, NoAlgorithms()))
    again = load("train", [read_file(file)], NoAlgorithms())
    known = set(again.features) - set(config.features)
    assert not known
    assert digest(again) == digest(config)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("fraction=0", "must be > 0"),
        ("fraction=1.1", "must be <= 1"),
        ("folds=1", "must be >= 2"),
        ("energy.weight=flat", "no such key; did you mean 'weights'"),
        ("energy.weights=level", "'level' is not a choice"),
        ("energy.train_on=[gama]", "no class is called 'gama'"),
        ("energy.train_on=[]", "train_on names no class"),
        (
            "signal=photon",
            "no class is called 'photon'; did you mean 'proton'? (known: ",
        ),
        ("spectra.protn=-2.7", "no class is called 'protn'; did you mean 'proton'"),
        ("geometry=my-geometry", "'my-geometry' is no name"),
        ("classes.helium=[101]", "one primary is in two of them"),
        ("disp=null", "disp_uncert: is about disp, which is null"),
        ("energy=null", "energy_uncert: is about energy, which is null"),
        ("spectra.gamma=2", "must be < 0"),
        ("disp.prefix=my-disp", "prefix 'my-disp' is no name"),
        ("classes.my-helium=[402]", "'my-helium' is no name"),
        ("particle.prefix=disp", "columns begin with 'disp', as those of particle"),
        ("particle.signal_fraction=1", "must be < 1"),
        ("energy.features=hillas_width", "wants a list of texts"),
        ("energy=7", "wants keys with values"),
    ],
)
def test_errors_name_the_key_and_what_is_wrong(setting, message):
    with pytest.raises(UserError) as caught:
        train(setting)
    told = str(caught.value)
    assert message in told
    assert setting.partition("=")[0].partition(".")[0] in told


def named_columns(config):
    """All that default cuts and features of a configuration name."""
    texts = [cut.expression for cut in config.quality]
    texts += [
        config.features.get(n, n) for c in config.sections.values() for n in c.features
    ]
    return "\n".join(texts)


def test_defaults_follow_the_reconstructor_and_the_prefix_of_disp():
    before = named_columns(train())
    config = train("geometry=HillasIntersection", "disp.prefix=mine")
    after = named_columns(config)
    assert "HillasReconstructor" not in after
    assert not re.search(r"\bdisp_", after)
    named = before.replace("HillasReconstructor_", "HillasIntersection_")
    assert re.sub(r"\bdisp_", "mine_", named) == after
    assert "mine_ang_distance_uncert" in config.direction_error.features
    assert "mine_alt" in config.features["off_disp"]
    # What somebody wrote means what it says.
    own = train(
        "geometry=HillasIntersection",
        "features.core_distance=HillasReconstructor_core_x",
        "energy.features=[HillasReconstructor_h_max]",
        "quality.has_geometry=HillasReconstructor_core_x > 0",
    )
    assert own.features["core_distance"] == "HillasReconstructor_core_x"
    assert own.energy.features == ("HillasReconstructor_h_max",)
    assert own.quality[-1].expression == "HillasReconstructor_core_x > 0"
    assert "HillasIntersection_h_max" in own.particle.features


def test_without_disp_no_default_reads_it():
    config = train("disp=null", "disp_uncert=null")
    assert "reco_energy" in config.direction_error.features
    assert "disp_" not in named_columns(config)


def test_without_energy_no_default_reads_it():
    config = train("energy=null", "energy_uncert=null", "energy_error=null")
    assert "disp_ang_distance_uncert" in config.direction_error.features
    assert "hillas_width" in config.particle.features
    assert not re.search("reco_(tel_)?energy", named_columns(config))
    own = train(
        *("energy=null", "energy_uncert=null", "energy_error=null"),
        "disp.features=[reco_energy]",
    )
    assert own.disp.features == ("reco_energy",)


def test_spectra_of_classes_that_are_taken_away_are_those_of_the_default():
    config = train(classes={"electron": None}, energy={"weights": "spectrum"})
    assert config.spectra["electron"] == -3.43
    with pytest.raises(UserError, match="no class is called 'electron'"):
        train("spectra.electron=-3", classes={"electron": None})


def test_nothing_to_train():
    with pytest.raises(UserError, match="all sections are null"):
        train(**dict.fromkeys(SECTIONS))
    with pytest.raises(UserError, match="wants disp, which is null"):
        train("best_direction=disp", disp=None, disp_uncert=None)
