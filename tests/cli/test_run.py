"""``ctacol run``: what reaches the pipeline, and what comes back."""

import re
from pathlib import Path

import pytest

import cta_columnar
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.common import CutFlowRow, PlannedShard, SkippedInput


@pytest.fixture
def raw(tmp_path):
    paths = [tmp_path / "raw" / f"{name}.simtel.zst" for name in "ba"]
    paths[0].parent.mkdir()
    for path in paths:
        path.touch()
    return paths


@pytest.fixture
def dl1(tmp_path):
    path = tmp_path / "dl1"
    path.mkdir()
    (path / "manifest.json").touch()
    return path


def test_defaults_reach_the_pipeline(ctacol, pipeline, raw):
    done = ctacol("run", "stage1", "--input", *raw, "--output", "dl1")
    assert done.status == 0
    ((inputs, output, config, options),) = pipeline.calls
    assert inputs == tuple(raw)
    assert output == Path("dl1")
    assert config.extractor.name == "NeighborPeakWindowSum"
    assert config.extractor.options["window_width"] == 7
    assert options.workers is None
    assert not any([options.resume, options.overwrite, options.dry_run])


def test_options_reach_the_pipeline(ctacol, pipeline, raw, tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("cleaner: {name: TailcutsImageCleaner, picture_threshold_pe: 8}")
    words = [
        *("run", "stage1", "-i", raw[0].parent, "-o", "dl1", "--config", file),
        *("--set", "extractor.window_width=5", "--set", "write.images=none"),
        *("--max-events", 3, "--allowed-tels", "1-3,7", "--workers", 2, "--resume"),
        *("--focal-length-choice", "equivalent", "--skip-bad-inputs", "--dry-run"),
        *("--obs-id", 5),
    ]
    assert ctacol(*words).status == 0
    ((inputs, _, config, options),) = pipeline.calls
    assert inputs == tuple(sorted(raw))
    assert config.cleaner.options["picture_threshold_pe"] == 8
    assert config.extractor.options["window_width"] == 5
    assert config.write.images == "none"
    assert config.source.max_events == 3
    assert config.source.allowed_tels == (1, 2, 3, 7)
    assert config.source.focal_length_choice == "EQUIVALENT"
    assert (config.source.obs_id, config.source.obs_id_offset) == (5, 0)
    assert options.workers == 2
    assert options.resume
    assert options.skip_bad_inputs
    assert options.dry_run


def test_obs_id_is_replaced_or_moved_but_not_both(ctacol, pipeline, raw):
    words = ["run", "stage1", "-i", raw[0], "-o", "dl1", "--obs-id-offset", 100]
    assert ctacol(*words).status == 0
    assert pipeline.calls.pop()[2].source.obs_id_offset == 100
    both = ctacol(*words, "--obs-id", 5)
    assert both.status == 1
    assert "error: source.obs_id_offset: is added to the obs_id of the file" in both.err
    assert "which obs_id replaces; give one of the two" in both.err
    assert pipeline.calls == []


def test_plugin_reaches_configuration_and_workers(ctacol, pipeline, raw, tmp_path):
    plugin = tmp_path / "twice.py"
    plugin.write_text(
        "from cta_columnar.registry import register\n"
        "from cta_columnar.schemas import dl1\n"
        "import pyarrow as pa\n"
        "MASK = pa.schema([dl1.IMAGES.field('image_mask')])\n"
        "@register('cleaner', 'Everything', writes=MASK)\n"
        "def everything(image, *, least: float = 1.0):\n"
        "    return {'image_mask': image > least}\n"
    )
    words = ["run", "stage1", "-i", raw[0], "-o", "dl1", "--plugin", plugin]
    assert ctacol(*words, "--set", "cleaner=Everything").status == 0
    ((_, _, config, options),) = pipeline.calls
    assert config.cleaner.options == {"least": 1.0}
    assert options.plugins == (plugin,)


def test_stage2_takes_one_dataset(ctacol, pipeline, dl1):
    done = ctacol("run", "stage2", "--input", dl1, "--output", "dl2")
    assert done.status == 0
    assert pipeline.calls[0][0] == dl1
    two = ctacol("run", "stage2", "--input", dl1, dl1, "--output", "dl2")
    assert (two.status, two.err) == (1, "error: wants one dataset as --input, got 2\n")


def test_train_takes_several_datasets(ctacol, pipeline, dl1, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "manifest.json").touch()
    words = ("run", "train", "--input", dl1, other, "--output", "models")
    done = ctacol(*words, "--set", "energy.estimator.max_depth=9", "--overwrite")
    assert done.status == 0
    inputs, output, config, options = pipeline.calls[0]
    assert (inputs, output) == ((dl1, other), Path("models"))
    assert config.energy.estimator.options["max_depth"] == 9
    assert options.overwrite
    refused = ctacol(*words, "--set", "energy.estimator=SVR")
    assert refused.status == 1
    assert "energy.estimator: estimator 'SVR' cannot be exported" in refused.err


def test_stage3_takes_models(ctacol, pipeline, dl1, tmp_path):
    words = ("run", "stage3", "--input", dl1, "--output", "dl2")
    settings = ("--set", "energy.weights=intensity", "--set", "particle=null")
    assert ctacol(*words, "--models", tmp_path, *settings).status == 0
    cta_columnar.run("stage3", input=dl1, output="dl2", models=tmp_path, particle=None)
    (*_, first, _), (*_, second, _) = pipeline.calls
    assert first.models == second.models == str(tmp_path)
    assert first.energy.weights == "intensity"
    assert first.particle is second.particle is None


def test_python_says_the_same(pipeline, raw):
    cta_columnar.run(
        "stage1",
        input=raw[0],
        output="dl1",
        workers=2,
        max_events=3,
        extractor={"window_width": 5},
        source={"obs_id": 5},
        set="write.images=none",
    )
    ((_, _, config, options),) = pipeline.calls
    assert options.workers == 2
    assert (config.source.max_events, config.source.obs_id) == (3, 5)
    assert config.extractor.options["window_width"] == 5
    assert config.write.images == "none"


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"stage": "stage9"}, "no stage 'stage9'; did you mean"),
        ({"workers": 0}, "workers: must be >= 1, got 0"),
        ({"resume": True, "overwrite": True}, "choose one"),
        ({"max_event": 3}, "max_event: no such key"),
        ({"extractor": "NeighborPeak"}, "did you mean 'NeighborPeakWindowSum'"),
    ],
)
def test_python_errors(pipeline, raw, keywords, message):
    stage = keywords.pop("stage", "stage1")
    with pytest.raises(UserError, match=re.escape(message)):
        cta_columnar.run(stage, input=raw, output="dl1", **keywords)
    assert pipeline.calls == []


def test_summary_at_the_end(ctacol, pipeline, raw):
    pipeline.summary = {
        "counts": {"events": 1200, "telescope_events": 5000, "dropped": 2},
        "cut_flow": [
            CutFlowRow("image_quality", "LST_LST_LSTCam", "", 0, 4000, 4000),
            CutFlowRow("image_quality", "LST_LST_LSTCam", "charge", 1, 3000, 3000),
            CutFlowRow("image_quality", "LST_LST_LSTCam", "pixels", 2, 2500, 2000),
            CutFlowRow("image_quality", "MST_MST_FlashCam", "", 0, 0, 0),
        ],
        "step_seconds": {"extractor": 3.0, "cleaner": 1.0},
        "raw_bytes": 50_000_000,
        "seconds": 10.0,
        "skipped": [SkippedInput(Path("bad.simtel.zst"), "bad.simtel.zst: truncated")],
        "n_shards_kept": 1,
    }
    lines = ctacol("run", "stage1", "-i", raw[0], "-o", "dl1").out.splitlines()
    assert lines == [
        "stage1: dl1 in 10.0 s, 1 shard done before",
        "  array events        1,200",
        "  telescope events    5,000",
        "  dropped                 2",
        "  input             50.0 MB  5.0 MB/s",
        "survivors per cut:",
        "  image_quality  LST_LST_LSTCam    all     4,000  100.0 %",
        "                                   charge  3,000   75.0 %",
        "                                   pixels  2,000   50.0 %",
        "  image_quality  MST_MST_FlashCam  all         0",
        "processor time per step:",
        "  extractor  3.0 s  75 %",
        "  cleaner    1.0 s  25 %",
        "  all        4.0 s",
        "inputs left out: 1",
        "  bad.simtel.zst: truncated",
    ]


def test_summary_with_rates(ctacol, pipeline, raw):
    counts = {"events": 1200, "telescope_events": 5000}
    pipeline.summary = {"counts": counts, "seconds": 10.0}
    lines = ctacol("run", "stage1", "-i", raw[0], "-o", "dl1").out.splitlines()
    assert lines == [
        "stage1: dl1 in 10.0 s",
        "  array events      1,200  120.0 /s",
        "  telescope events  5,000  500.0 /s",
    ]


def test_plan_of_a_dry_run(ctacol, pipeline, raw):
    shards = [PlannedShard("abc", ("one",), True), PlannedShard("def", ("two",))]
    pipeline.summary = {"shards": [*shards, *[shards[1]] * 20]}
    lines = ctacol("run", "stage1", "-i", raw[0], "-o", "dl1", "--dry-run").out
    assert lines.splitlines()[:3] == [
        "stage1 would do 21 of 22 shards",
        "  abc  done   one",
        "  def  to do  two",
    ]
    assert "  and 2 more\nnothing was written to dl1\n" in lines


def test_progress_is_logged_where_there_is_no_terminal(ctacol, pipeline, raw):
    words = ["run", "stage1", "-i", raw[0], "-o", "dl1"]
    shown = ctacol(*words).err
    assert re.search(r"\d\d:\d\d:\d\d INFO    stage1: 2/2 shards, 5 events, ", shown)
    assert "1/2" not in shown
    assert ctacol(*words, "--log-level", "warning").err == ""


def test_interruption_tells_of_resume(ctacol, pipeline, raw):
    pipeline.error = KeyboardInterrupt()
    done = ctacol("run", "stage1", "-i", raw[0], "-o", "dl1")
    assert done.status == 130
    assert "the same command with --resume goes on from there" in done.err
    assert "Traceback" not in done.err


def test_an_interrupted_training_left_nothing(ctacol, pipeline, dl1):
    pipeline.error = KeyboardInterrupt()
    done = ctacol("run", "train", "-i", dl1, "-o", "models")
    assert done.status == 130
    assert "interrupted: nothing was written" in done.err
