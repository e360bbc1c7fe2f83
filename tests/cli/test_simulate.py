"""``ctacol simulate``: from options to the configuration."""

import pytest

import cta_columnar.pipelines.simulate.run as pipeline
from cta_columnar.pipelines.running.common import RunSummary


@pytest.fixture
def asked(ctacol, monkeypatch):
    """Configuration and options that a command line comes to."""
    seen = []

    def pretend(_inputs, output, config, options):
        seen.append((config, options))
        counts = {"showers": 3, "thrown": 6, "events": 2, "telescope_events": 7}
        return RunSummary(
            "simulate", output, counts, seconds=2.0, written_bytes=4_000_000
        )

    monkeypatch.setattr(pipeline, "run_simulate", pretend)

    def ask(*words, status=0):
        done = ctacol("simulate", *words)
        assert done.status == status, done.err
        return (*seen[-1:], done)

    return ask


def test_the_command_of_the_manual(asked):
    words = (
        "--array CTAO-North --particle gamma --n-showers 5000 --energy 0.02:100 "
        "--index -2 --zenith 20 --azimuth 180 --viewcone 0 --scatter-radius 800 "
        "--reuse 5 --seed 1 --run 1 --output gamma.simtel.zst"
    )
    (config, options), done = asked(*words.split())
    assert config.energy == (0.02, 100.0)
    assert config.viewcone == (0.0, 0.0)
    assert (config.n_showers, config.reuse, config.index) == (5000, 5, -2.0)
    assert (config.runs, config.output) == ((1,), "gamma.simtel.zst")
    assert not options.resume
    assert "array events" in done.out
    assert "4.0 MB" in done.out


def test_files_settings_and_options_in_their_order(asked, tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("stage: simulate\nseed: 4\nreuse: 3\nn_showers: 9\n")
    words = ["--config", str(file), "--set", "reuse=2", "--n-showers", "7"]
    (config, _), _ = asked(*words, "--set", "cameras.nsb_factor=3.0")
    assert (config.seed, config.reuse, config.n_showers) == (4, 2, 7)
    assert config.cameras.nsb_factor == 3.0


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        ("--runs 1:4", "runs", (1, 2, 3, 4)),
        ("--runs 7,9:10", "runs", (7, 9, 10)),
        ("--viewcone 10", "viewcone", (0.0, 10.0)),
        ("--viewcone 3:10", "viewcone", (3.0, 10.0)),
        ("--telescopes 1-3,19", "telescopes", (1, 2, 3, 19)),
        ("--index=-2.7", "index", -2.7),
    ],
)
def test_short_forms(asked, words, key, value):
    (config, _), _ = asked(*words.split())
    assert getattr(config, key) == value


@pytest.mark.parametrize(
    ("words", "message", "status"),
    [
        ("--energy 5", "'5' is no range; write e.g. 0.02:100", 2),
        ("--runs a", "'a' names no runs", 2),
        ("--runs 4:1", "'4:1' names no runs", 2),
        ("--runs 3,4:1", "'3,4:1' names no runs", 2),
        ("--runs 1:2000000000", "or more than 100000", 2),
        ("--telescopes x", "'x' is no list of telescope ids", 2),
        ("--particle gama", "did you mean 'gamma'", 1),
        ("--set zenit=3", "did you mean 'zenith'", 1),
        ("--resume --overwrite", "choose one", 1),
    ],
)
def test_mistakes(ctacol, words, message, status):
    done = ctacol("simulate", *words.split())
    assert done.status == status
    assert message in " ".join(done.err.split())
