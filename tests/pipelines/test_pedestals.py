"""Pedestal events of a raw file: noise to add, and thresholds of the cleaning."""

import shutil
from functools import partial

import numpy as np
import pytest
from runs.commands import hashes
from runs.tables import assert_same_tables
from simulated_showers import TELESCOPES, simulate

from cta_columnar import open_store, run
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.pipelines.stage1 import raw_files
from cta_columnar.pipelines.stage1.pedestals import pedestals_of
from cta_columnar.registry import get
from cta_columnar.sources.base import open_source
from cta_columnar.stages import dl1 as stage

N_PEDESTALS = 30
NSB = "cleaner=NSBImageCleaner"
MODIFIER = "waveform_modifier={name: WaveformModifier, nsb_level: 2}"
ALL_EVENTS = "source.skip_calibration_events=false"


@pytest.fixture(scope="module")
def raw(showers, tmp_path_factory):
    """Two files of showers, one of them with pedestals."""
    path = tmp_path_factory.mktemp("raw") / "pedestals.simtel.zst"
    simulate(path, runs=[2], calibration_events={"pedestal": N_PEDESTALS})
    return [path, showers]


@pytest.fixture(scope="module")
def stage1(raw, tmp_path_factory):
    """Run stage 1 on the files; a dataset for each list of settings, made once."""
    made = {}

    def make(*settings, inputs=None, workers=1):
        key = settings, workers, tuple(inputs or raw)
        if key not in made:
            root = tmp_path_factory.mktemp("stage1") / "dl1"
            options = {"workers": workers, "set": settings}
            run("stage1", input=inputs or raw, output=root, **options)
            made[key] = open_store(root)
        return made[key]

    return make


def pedestals(raw):
    return f"monitoring.pedestals={raw[0]}"


def charges(store, tel_type, tel_id, channel):
    """Images [e, p] of the pedestal events of a telescope."""
    table = store.scan("calibration/sky_pedestal", tel_type=tel_type).collect()
    rows = table.filter(tel_id=tel_id, channel=channel)
    return np.array(rows["image"].to_list())


def telescopes(store):
    """Telescope, type, and number of gains."""
    for tel_id in TELESCOPES:
        tel_type = store.subarray().type_of(tel_id)
        yield tel_id, tel_type.name, tel_type.readout.n_channels


def test_scatter_of_charges_is_that_of_the_stored_images(raw, stage1):
    store = stage1(ALL_EVENTS)
    std = pedestals_of(configure("stage1", settings=[pedestals(raw), NSB])).std
    assert sorted(std) == TELESCOPES
    for tel_id, tel_type, n_channels in telescopes(store):
        for channel in range(n_channels):
            images = charges(store, tel_type, tel_id, channel)
            assert len(images) == N_PEDESTALS
            wanted = images.astype(float).std(axis=0)
            np.testing.assert_allclose(
                std[tel_id][channel], wanted, rtol=1e-4, atol=1e-4
            )


def test_the_mean_of_recorded_noise_is_zero(raw):
    config = configure("stage1", settings=[pedestals(raw), MODIFIER])
    for library in pedestals_of(config).noise.values():
        for first, n in zip(library.first, library.n_recorded, strict=True):
            assert n == N_PEDESTALS
            noise = library.waveform[first : first + n].astype(float)
            mean, error = noise.mean(axis=(0, 2, 3)), noise.std(axis=(0, 2, 3))
            assert (abs(mean) < 1e-3 * error).all()


def test_noise_added_twice_makes_charges_scatter_by_the_root_of_three(raw, stage1):
    plain = stage1(ALL_EVENTS)
    noisy = stage1(ALL_EVENTS, pedestals(raw), MODIFIER)
    for tel_id, tel_type, n_channels in telescopes(plain):
        for channel in range(n_channels):
            before = charges(plain, tel_type, tel_id, channel)
            after = charges(noisy, tel_type, tel_id, channel)
            assert after.var() / before.var() == pytest.approx(3, rel=0.15)


def test_no_noise_changes_nothing(raw, stage1):
    nothing = "waveform_modifier={name: WaveformModifier, nsb_level: 0}"
    for tel_type in stage1().tel_types("images"):
        before = stage1().scan("images", tel_type=tel_type).collect()
        store = stage1(pedestals(raw), nothing)
        assert store.scan("images", tel_type=tel_type).collect().equals(before)


@pytest.mark.full
def test_results_depend_neither_on_workers_nor_on_batches(raw, stage1, monkeypatch):
    settings = (
        *(ALL_EVENTS, pedestals(raw), MODIFIER),
        "image_modifier={name: ImageModifier, noise_level_dim_pixels: 0.5, "
        "psf_smear_factor: 0.1}",
    )
    wanted = hashes(stage1(*settings).root)
    reverse = stage1(*settings, inputs=raw[::-1], workers=2)
    assert hashes(reverse.root) == wanted
    one_a_batch = partial(open_source, batch_rows=1)
    monkeypatch.setattr(raw_files, "open_source", one_a_batch)
    monkeypatch.setattr(stage, "SLICE_BYTES", 1)
    assert hashes(stage1(*settings, inputs=raw[::-1]).root) == wanted


def test_dl0_takes_the_noise_of_a_raw_file(raw, stage1, tmp_path):
    run("reduce", input=raw, output=tmp_path / "dl0", workers=1)
    settings = pedestals(raw), MODIFIER
    found = stage1(*settings, inputs=(tmp_path / "dl0",))
    wanted = stage1(*settings)
    for table in ("images", "parameters"):
        for tel_type in wanted.tel_types(table):
            some = found.scan(table, tel_type=tel_type).collect()
            assert some.equals(wanted.scan(table, tel_type=tel_type).collect())


def test_dropped_pixels_get_no_noise(raw, stage1, tmp_path):
    reducer = "reducer=TailCutsDataVolumeReducer"
    run("reduce", input=raw, output=tmp_path / "dl0", workers=1, set=reducer)
    settings = pedestals(raw), MODIFIER, "invalid_pixel_handler=null"
    store = stage1(*settings, inputs=(tmp_path / "dl0",))
    reduced = open_store(tmp_path / "dl0")
    n_dropped = 0
    for tel_type in store.tel_types("images"):
        images = np.stack(store.scan("images", tel_type=tel_type).collect()["image"])
        packed = reduced.read("waveforms", ["pixel_status"], tel_type=tel_type)
        status = [np.frombuffer(s, "u1") for s in packed["pixel_status"].to_pylist()]
        is_dropped = np.stack(status) & 1 == 0
        assert not images[is_dropped].any()
        assert images[~is_dropped].any()
        n_dropped += int(is_dropped.sum())
    assert n_dropped > 0


def test_the_cleaning_follows_the_scatter(raw, stage1):
    nsb = "cleaner={name: NSBImageCleaner, picture_threshold_pe: 3, pedestal_factor: 6}"
    store, config = (
        stage1(nsb, pedestals(raw)),
        configure("stage1", settings=[pedestals(raw), NSB]),
    )
    std = pedestals_of(config).std
    cleaner = get("cleaner", "NSBImageCleaner")
    options = cleaner.validate_options(
        {"picture_threshold_pe": 3.0, "pedestal_factor": 6.0}
    )
    n_fewer = 0
    with open_source(raw[1]) as source:
        (batch,) = source.batches()
        for tel_type in batch.telescopes:
            table = store.scan("images", tel_type=tel_type).collect()
            table = table.filter(obs_id=1).sort("event_id", "tel_id")
            columns = {name: np.array(table[name].to_list()) for name in table.columns}
            columns |= {
                "image": columns["image"].astype(np.float32),
                "peak_time": columns["peak_time"].astype(np.float32),
                "selected_gain_channel": columns["selected_gain_channel"].astype("i1"),
                "pedestal_index": np.zeros(len(table), np.int32),
            }
            (tel_id,) = set(columns["tel_id"].tolist())
            plain = batch.coefficients[tel_type]
            known = np.broadcast_to(std[tel_id], plain.pedestal.shape)
            context = {"camera": source.subarray.type_of(tel_id)}
            masks = [
                cleaner.run(columns, context | {"pedestal_std": each}, options)
                for each in (None, known.copy())
            ]
            got = columns["image_mask"]
            np.testing.assert_array_equal(got, masks[1]["image_mask"])
            n_fewer += masks[0]["image_mask"].sum() - got.sum()
    assert n_fewer > 0


def test_stored_images_are_cleaned_by_the_scatter_too(raw, stage1):
    nsb = "cleaner={name: NSBImageCleaner, picture_threshold_pe: 3, pedestal_factor: 6}"
    plain, wanted = stage1(), stage1(nsb, pedestals(raw))
    again = stage1(nsb, pedestals(raw), inputs=(plain.root,))
    assert_same_tables(again.root, wanted.root)
    without = stage1(nsb, inputs=(plain.root,))
    with pytest.raises(AssertionError):
        assert_same_tables(without.root, wanted.root)
    assert str(raw[0]) in (again.root / "provenance.json").read_text()
    assert again.identity != without.identity
    # What only a cleaner has read is chosen anew, as the cleaner is.
    assert_same_tables(stage1(inputs=(wanted.root,)).root, plain.root)


def test_noise_that_is_in_the_images_stays(raw, stage1):
    noisy = stage1(pedestals(raw), MODIFIER)
    nsb = "cleaner={name: NSBImageCleaner, picture_threshold_pe: 3, pedestal_factor: 6}"
    again = stage1(nsb, inputs=(noisy.root,))
    assert_same_tables(again.root, stage1(pedestals(raw), MODIFIER, nsb).root)
    with pytest.raises(UserError, match=r"^monitoring\.pedestals: the images of"):
        stage1(f"monitoring.pedestals={raw[1]}", inputs=(noisy.root,))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ([MODIFIER], "there is none"),
        ([MODIFIER, "monitoring.pedestals=nowhere.zst"], "nowhere.zst: no such file"),
        ([NSB, "monitoring.pedestals=SECOND"], "has no pedestal events"),
        (["monitoring.pedestals=FIRST"], "^monitoring.pedestals: nothing reads them"),
        (
            [
                "waveform_modifier={name: WaveformModifier, nsb_level: 16}",
                "monitoring.pedestals=FIRST",
            ],
            "needs 32 pedestal events of each telescope",
        ),
    ],
)
def test_what_is_missing_is_told(raw, tmp_path, settings, message):
    first, second = raw
    settings = [
        each.replace("FIRST", str(first)).replace("SECOND", str(second))
        for each in settings
    ]
    for skip in (False, True):
        with pytest.raises(UserError, match=message):
            run(
                "stage1",
                input=second,
                output=tmp_path / "dl1",
                workers=1,
                set=settings,
                skip_bad_inputs=skip,
            )


def test_another_content_is_another_configuration(raw, tmp_path):
    path = tmp_path / "pedestals.simtel.zst"
    shutil.copy(raw[0], path)
    settings = NSB, f"monitoring.pedestals={path}"
    again = partial(
        run, "stage1", input=raw[1], output=tmp_path / "dl1", workers=1, set=settings
    )
    again()
    again(resume=True)
    assert str(path) in (tmp_path / "dl1" / "provenance.json").read_text()
    shutil.copy(raw[1], path)
    with pytest.raises(UserError, match="config"):
        again(resume=True)
