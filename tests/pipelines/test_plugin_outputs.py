"""What an algorithm of a user hands back is stored as it is, or refused in words."""

import numpy as np
import pytest

from cta_columnar import open_store, run
from cta_columnar.errors import UserError

HEAD = """
import numpy as np
import pyarrow as pa
from cta_columnar.registry import register
from cta_columnar.schemas import column

def writes(name, dtype, **more):
    return pa.schema([column(name, dtype, **more)])
"""

EVIL = """
@register("parameters", "zz", writes=writes("zz", pa.float64()))
def zz(image, hillas_width):
    image[:] = 0
    hillas_width[:] = 7
    return {"zz": hillas_width}
"""

MIXED = """
@register("parameters", "zz", writes=writes("zz", pa.float64()))
def zz(image, *, n: float = 0.0):
    whole = np.zeros(len(image), int)
    return {"zz": np.full(len(image), 1.75) if n else whole}
"""

PLACES = """
@register("parameters", "zz", writes=writes("zz", pa.float64()))
def zz(image, tel_id, camera, subarray):
    rows = subarray.indices_of(tel_id)
    assert camera.name in {each.name for each in subarray.types}
    return {"zz": subarray.positions[rows, 2]}
"""

SHORT = """
@register("parameters", "zz", writes=writes("zz", pa.float64()))
def zz(image):
    return {"zz": image[1:, 0]}
"""

NOTHING = """
@register("parameters", "zz", writes=writes("zz", pa.float64()))
def zz(image):
    pass
"""


@pytest.fixture
def stage1(shared, tmp_path, plugins_forgotten):
    """Run stage 1 with a plugin, return its dataset."""

    def call(text, parameters=("hillas", "zz"), **settings):
        path = tmp_path / "zz.py"
        path.write_text(HEAD + text)
        run(
            "stage1",
            input=shared / "data" / "simtel" / "prod6_south_lsts_gamma.simtel.zst",
            output=tmp_path / "dl1",
            workers=1,
            plugin=path,
            parameters=list(parameters),
            **settings,
        )
        return open_store(tmp_path / "dl1")

    return call


def test_inputs_cannot_be_written_to(stage1):
    with pytest.raises(UserError, match=r"'zz' of the plugin .*zz\.py failed.*read-on"):
        stage1(EVIL, ["hillas", "zz", "leakage"])


def test_telescopes_with_other_options_keep_their_digits(stage1):
    choice = {"default": {"name": "zz"}, "tel_id=2": {"n": 1.0}}
    rows = stage1(MIXED, ["hillas", choice]).scan("parameters").collect()
    second = rows["tel_id"].to_numpy() == 2
    assert 0 < second.sum() < rows.height
    np.testing.assert_array_equal(rows["zz"].to_numpy(), np.where(second, 1.75, 0.0))


def test_stage_1_knows_the_array(stage1):
    store = stage1(PLACES)
    rows = store.scan("parameters").collect()
    array = store.subarray()
    heights = array.positions[array.indices_of(rows["tel_id"].to_numpy()), 2]
    np.testing.assert_array_equal(rows["zz"].to_numpy(), heights)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SHORT, r"zz\.py: column 'zz' has \d+ rows, expected \d+"),
        (NOTHING, r"zz\.py: returned NoneType, but must return a dict of columns"),
    ],
)
def test_what_does_not_fit_is_refused(stage1, text, message):
    with pytest.raises(UserError, match=message):
        stage1(text)
