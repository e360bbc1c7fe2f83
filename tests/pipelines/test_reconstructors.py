"""Several reconstructors in one pass, from the configuration to the dataset."""

import pytest

from cta_columnar import open_store, run
from cta_columnar.config import ConfigError
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.schemas.tables import TABLES

BRIGHT = {"bright": "hillas_intensity > 95"}
RECONSTRUCTORS = ("HillasReconstructor", "HillasIntersection")
BOTH = [
    "HillasReconstructor",
    {"name": "HillasIntersection", "weighting": "Konrad", "quality": [BRIGHT]},
]


@pytest.fixture(scope="module")
def dl1(shared, tmp_path_factory):
    output = tmp_path_factory.mktemp("reconstructors") / "dl1"
    raw = shared / "data" / "simtel" / "prod6_south_lsts_gamma.simtel.zst"
    run("stage1", input=raw, output=output, workers=1)
    return output


def test_two_reconstructors_with_their_own_cuts(dl1, tmp_path):
    run("stage2", input=dl1, output=tmp_path, workers=1, reconstructors=BOTH)
    store = open_store(tmp_path)
    for table in ("events", "telescopes"):
        names = [n for n in TABLES[table].schema.names if n.startswith("Hillas")]
        assert set(names) <= set(store.scan(table).collect_schema().names())
    events = store.scan("events").collect()
    images = store.scan("parameters").collect().fill_nan(0)
    for event in events.iter_rows(named=True):
        of_event = images.filter(event_id=event["event_id"])
        bright = of_event.filter(of_event["hillas_intensity"] > 95)["tel_id"].to_list()
        used = event["HillasIntersection_telescopes"]
        assert used == (sorted(bright) if len(bright) > 1 else [])
    both_valid = events.filter("HillasIntersection_is_valid")
    used = (both_valid[f"{each}_telescopes"].to_list() for each in RECONSTRUCTORS)
    assert any(first != second for first, second in zip(*used, strict=True))
    is_valid = events["HillasReconstructor_is_valid"]
    depth = events["HillasReconstructor_x_max"].filter(is_valid)
    assert depth.is_between(50, 800).all()
    # The true depth is vertical too, so the two may be compared.
    away = depth - events["true_x_max"].filter(is_valid)
    assert away.abs().median() < 60
    flow = store.scan("cut_flow").collect()
    stages = set(flow["stage"])
    assert {"stereo_quality", "stereo_quality.HillasIntersection"} <= stages
    own = flow.filter(stage="stereo_quality.HillasIntersection")
    assert own.sort("position")["cut"].unique(maintain_order=True).to_list() == [
        "all",
        "bright",
    ]


def test_defaults_do_not_depend_on_a_second_reconstructor(dl1, tmp_path):
    found = []
    for names in (
        ["HillasReconstructor"],
        ["HillasIntersection", "HillasReconstructor"],
    ):
        output = tmp_path / str(len(names))
        run("stage2", input=dl1, output=output, workers=1, reconstructors=names)
        found.append(open_store(output).scan("events").collect())
    alone, both = found
    assert alone.equals(both.select(alone.columns))
    assert not any(name.startswith("HillasIntersection") for name in alone.columns)


@pytest.mark.parametrize(
    ("quality", "message"),
    [
        ({"bright": "hillas_intensity > 1"}, "wants a list of"),
        ([{"bright": "hillas_intensity >"}], "cannot be read"),
        (["hillas_intensity > 1"], "wants a list of"),
        ([{"bright": 3}], "wants an expression"),
    ],
)
def test_cuts_that_cannot_be_read_are_named(quality, message):
    entry = {"name": "HillasReconstructor", "quality": quality}
    with pytest.raises(ConfigError, match=rf"reconstructors.*quality.*{message}"):
        configure("stage2", values={"reconstructors": [entry]})


def test_cut_on_a_column_that_is_not_there(dl1, tmp_path):
    entry = {"name": "HillasReconstructor", "quality": [{"odd": "hillas_lenght > 1"}]}
    with pytest.raises(
        UserError, match=r"cut 'odd' needs 'hillas_lenght'.*hillas_length"
    ):
        run("stage2", input=dl1, output=tmp_path / "x", reconstructors=[entry])


def test_weighting_must_be_known():
    entry = {"name": "HillasIntersection", "weighting": "harmonic"}
    with pytest.raises(ConfigError, match=r"weighting.*harmonic-mean-intensity"):
        configure(
            "stage2",
            values={"reconstructors": ["HillasReconstructor", entry]},
        )
