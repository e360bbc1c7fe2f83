"""Classes of events by predicted error, and models in memory."""

import numpy as np
import pytest
from toy_models import toy_model

from cta_columnar.errors import UserError
from cta_columnar.models import Collection, EventClasses
from cta_columnar.store import (
    StoreError,
    load_classes,
    open_models,
    save_classes,
    save_model,
)
from cta_columnar.store.models.dataset import Models

LST = "LST_LST_LSTCam"
# With a gap from 10 to 100 TeV.
LOW = np.array([0.1, 1.0, 100.0])
HIGH = np.array([1.0, 10.0, 1000.0])
EDGE = np.array([[0.2, 0.5], [0.1, 0.3], [0.0, 0.0]])


@pytest.fixture
def classes():
    return EventClasses(LOW, HIGH, EDGE)


def test_classes_follow_from_energy_and_error(classes):
    energy = np.array([0.1, 0.5, 0.999, 1.0, 5.0, 150.0, 150.0])
    error = np.array([0.1, 0.3, 0.6, 0.1, 0.2, 0.0, 0.1])
    assert classes.n_classes == 3
    np.testing.assert_array_equal(classes.of(energy, error), [0, 1, 2, 0, 1, 0, 2])
    assert classes.of(energy, error).dtype == np.int8


def test_what_is_in_no_bin_or_not_known_has_no_class(classes):
    energy = np.array([0.05, 10.0, 50.0, 1000.0, np.nan, 0.5, -1.0, np.inf])
    error = np.full(8, 0.1)
    error[5] = np.nan
    assert (classes.of(energy, error) == -1).all()
    assert classes.of(np.empty(0), np.empty(0)).size == 0


@pytest.mark.parametrize(
    ("low", "high", "edge", "message"),
    [
        (LOW, HIGH, EDGE[:2], "differ in number"),
        (LOW[:0], HIGH[:0], EDGE[:0], "no bin"),
        (LOW, HIGH, EDGE[:, :0], "only one class"),
        (LOW, HIGH, np.where(EDGE == 0.5, np.nan, EDGE), "not finite"),
        (LOW, LOW, EDGE, "is empty"),
        (LOW, np.array([2.0, 10.0, 1000.0]), EDGE, "overlap"),
        (LOW, HIGH, EDGE[:, ::-1], "edges of classes do not ascend"),
    ],
)
def test_what_are_no_classes(low, high, edge, message):
    with pytest.raises(ValueError, match=message):
        EventClasses(low, high, edge)


def test_classes_on_disk(classes, tmp_path):
    path = save_classes(tmp_path, "energy_error", classes)
    again = load_classes(tmp_path, "energy_error")
    for name in ("energy_low", "energy_high", "edge"):
        np.testing.assert_array_equal(getattr(again, name), getattr(classes, name))
    save_classes(tmp_path, "energy_error", classes)  # once more, over it
    assert [each.name for each in tmp_path.rglob("*")] == ["energy_error", path.name]
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 255
    path.write_bytes(content)
    with pytest.raises(StoreError, match=path.name):
        load_classes(tmp_path, "energy_error")
    with pytest.raises(StoreError, match=r"direction_error.*missing"):
        load_classes(tmp_path, "direction_error")


def test_models_in_memory(classes):
    energy, particle = toy_model(), toy_model("LogisticRegression")
    models = Collection([particle, energy], {"energy_error": classes})
    assert models.types == {"energy": (LST,), "particle": (LST,)}
    assert models.load("energy", LST) is energy
    assert models.describe("particle", LST) is particle.description
    assert models.event_classes("energy_error") is classes
    with pytest.raises(UserError, match="no energy model of MST"):
        models.load("energy", "MST")
    with pytest.raises(UserError, match="no classes of events for direction_error"):
        models.event_classes("direction_error")
    with pytest.raises(UserError, match="two models for one: energy model of LST"):
        Collection([energy, energy])


def test_a_folder_describes_models_without_reading_their_numbers(tmp_path, classes):
    model = toy_model()
    folder = save_model(tmp_path, model)
    save_classes(tmp_path, "energy_error", classes)
    (folder / "nodes.parquet").unlink()
    models = open_models(tmp_path)
    assert models.describe("energy", LST) == model.description
    assert models.event_classes("energy_error").n_classes == 3
    folder.rename(folder.with_name("tel_type=MST"))
    with pytest.raises(StoreError, match="belongs elsewhere"):
        open_models(tmp_path).describe("energy", "MST")


def test_models_that_do_not_fit_into_memory_are_read_again(tmp_path, monkeypatch):
    save_model(tmp_path, toy_model())
    save_model(tmp_path, toy_model("LogisticRegression"))
    models = open_models(tmp_path)
    energy = models.load("energy", LST)
    assert energy.n_bytes > energy.body.nodes.nbytes
    models.load("particle", LST)
    assert models.load("energy", LST) is energy
    small = Models(tmp_path, models.types, kept_bytes=energy.n_bytes)
    first = small.load("energy", LST)
    assert small.load("energy", LST) is first
    small.load("particle", LST)
    assert small.load("energy", LST) is not first
