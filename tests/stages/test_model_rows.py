"""Rows of models: one for each image, with its telescope and its event beside it."""

import polars as pl
import pyarrow as pa
import pytest

from cta_columnar.errors import UserError
from cta_columnar.schemas import dl1, dl2
from cta_columnar.schemas.columns import merge
from cta_columnar.stages.model_rows import telescope_rows, telescope_schema

EVENTS = pl.DataFrame(
    {
        "obs_id": [1, 1, 2],
        "event_id": [10, 11, 10],
        "event_type": [32, 32, 32],
        "time": [100, 200, 300],
        "true_energy": [1.0, 2.0, 3.0],
        "h_max": [9e3, 8e3, 7e3],
    }
)
PARAMETERS = pl.DataFrame(
    {
        "obs_id": [2, 1, 1, 1],
        "event_id": [10, 11, 10, 10],
        "tel_id": [1, 3, 3, 1],
        "event_type": [32, 32, 32, 32],
        "time": [301, 203, 103, 101],
        "hillas_width": [0.4, 0.3, 0.2, 0.1],
    }
)
# In another order, and with a telescope event that has no image.
TELESCOPES = pl.DataFrame(
    {
        "obs_id": [1, 1, 1, 2, 1],
        "event_id": [10, 10, 11, 10, 11],
        "tel_id": [1, 3, 3, 1, 4],
        "impact": [11.0, 12.0, 13.0, 14.0, 15.0],
    }
)


def test_each_image_has_its_telescope_and_event_beside_it():
    rows = telescope_rows(EVENTS, PARAMETERS, TELESCOPES)
    assert rows["hillas_width"].to_list() == [0.4, 0.3, 0.2, 0.1]
    assert rows["impact"].to_list() == [14, 13, 12, 11]
    assert rows["true_energy"].to_list() == [3, 2, 1, 1]
    assert rows["time"].to_list() == [301, 203, 103, 101]  # that of the image
    assert rows.columns == [*PARAMETERS.columns, "impact", "true_energy", "h_max"]


def test_keys_get_the_types_of_the_data_model():
    small = EVENTS.cast({"obs_id": pl.Int32, "event_id": pl.UInt16})
    rows = telescope_rows(small, PARAMETERS, TELESCOPES.cast({"tel_id": pl.Int8}))
    assert rows.equals(telescope_rows(EVENTS, PARAMETERS, TELESCOPES))
    assert rows["tel_id"].dtype == pl.Int16
    words = EVENTS.with_columns(obs_id=pl.lit("one"))
    with pytest.raises(UserError, match="events: a key is no number"):
        telescope_rows(words, PARAMETERS, TELESCOPES)


def test_no_images():
    rows = telescope_rows(EVENTS, PARAMETERS.clear(), TELESCOPES)
    assert rows.height == 0
    assert "h_max" in rows.columns


def test_columns_are_known_before_rows_are():
    schema = telescope_schema(
        merge(dl2.EVENTS, dl2.TRUTH, dl2.HILLAS_RECONSTRUCTOR),
        merge(dl1.TEL_EVENT, dl1.HILLAS),
        merge(dl2.TELESCOPES, dl2.TRUE_IMPACT, dl2.HILLAS_RECONSTRUCTOR_TEL),
    )
    assert len(set(schema.names)) == len(schema.names)
    assert schema.names[: len(dl1.TEL_EVENT)] == dl1.TEL_EVENT.names
    assert schema.field("HillasReconstructor_h_max").metadata[b"unit"] == b"m"
    frames = (EVENTS, PARAMETERS, TELESCOPES)
    known = telescope_schema(*(pa.schema(each.to_arrow().schema) for each in frames))
    assert known.names == telescope_rows(*frames).columns


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ((EVENTS[:2], PARAMETERS, TELESCOPES), "1 of 4 .* in events, first obs_id 2"),
        ((EVENTS, PARAMETERS, TELESCOPES[1:]), "in telescopes, .* event_id 10, tel_id"),
        ((EVENTS.vstack(EVENTS[1:2]), PARAMETERS, TELESCOPES), "event_id 11 twice"),
        (
            (EVENTS, PARAMETERS, TELESCOPES.vstack(TELESCOPES[:1])),
            "telescopes has obs_id 1, event_id 10, tel_id 1 twice",
        ),
        (
            (EVENTS, PARAMETERS, TELESCOPES.rename({"impact": "h_max"})),
            "telescopes and events both have h_max",
        ),
        (
            (EVENTS.rename({"h_max": "hillas_width"}), PARAMETERS, TELESCOPES),
            "parameters and events both have hillas_width",
        ),
        ((EVENTS.drop("obs_id"), PARAMETERS, TELESCOPES), "events has no key"),
        ((EVENTS, PARAMETERS.drop("tel_id"), TELESCOPES), "no key column tel_id"),
    ],
)
def test_what_does_not_belong_together(tables, message):
    with pytest.raises(UserError, match=message):
        telescope_rows(*tables)
