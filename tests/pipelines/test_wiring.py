"""Steps that do not fit together are told when the configuration is read."""

import pytest

from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.pipelines.stage2.reconstructors import reconstructors_of

PLUGIN = """
import pyarrow as pa
from cta_columnar.registry import register
from cta_columnar.schemas import column

SCHEMA = pa.schema([column({column!r}, pa.float64())])

@register({kind!r}, "zz", writes=SCHEMA)
def zz({reads}):
    return {{}}
"""


@pytest.fixture
def plugin(tmp_path, plugins_forgotten):
    def write(*, kind="parameters", column="zz", reads="image"):
        path = tmp_path / "wiring.py"
        path.write_text(PLUGIN.format(kind=kind, column=column, reads=reads))
        return path

    return write


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("[timing]", "'timing' reads 'hillas_fov_lon', .*; add hillas in front of it"),
        ("[timing, hillas]", "'timing' reads .*; put hillas in front of it"),
        ("[leakage, concentration]", "reads 'hillas_intensity', .*; add hillas"),
    ],
)
def test_a_group_needs_what_it_reads_before_it(groups, message):
    with pytest.raises(UserError, match=message):
        configure("stage1", settings=[f"parameters={groups}"])


ZZ = ["parameters=[hillas, zz]"]


def test_a_misspelt_input_has_a_nearest_name(plugin):
    message = "'zz' reads 'imge', which no step before it writes; did you mean 'image'"
    with pytest.raises(UserError, match=message):
        configure("stage1", settings=ZZ, plugins=[plugin(reads="imge")])


@pytest.mark.parametrize("column", ["peak_time", "hillas_width", "tel_id", "image"])
def test_a_parameter_has_a_name_of_its_own(plugin, column):
    with pytest.raises(UserError, match=f"'zz' writes '{column}', which is there alr"):
        configure("stage1", settings=ZZ, plugins=[plugin(column=column)])


@pytest.mark.parametrize("setting", ["cleaner=zz", "cleaner.*FlashCam.name=zz"])
def test_what_is_stored_must_be_written(plugin, setting):
    path = plugin(kind="cleaner")
    message = r"'image_quality' reads 'image_mask', .*cleaner '.*ImageCleaner' do"
    with pytest.raises(UserError, match=message):
        configure("stage1", settings=[setting], plugins=[path])


def test_an_extractor_writes_all_that_is_stored(plugin):
    path = plugin(kind="extractor", column="image", reads="waveform")
    settings = [
        "extractor=zz",
        "time_shift=null",
        "invalid_pixel_handler=null",
        "parameters=[hillas]",
    ]
    with pytest.raises(UserError, match="nothing writes is_valid, peak_time"):
        configure("stage1", settings=settings, plugins=[path])


def test_context_and_all_columns_of_the_source_may_be_read(plugin):
    reads = "camera, subarray, coefficients, tel_id, time, true_image, waveform"
    configure("stage1", settings=ZZ, plugins=[plugin(reads=reads)])


PER_PIXEL = """
import pyarrow as pa
from cta_columnar.registry import register
from cta_columnar.schemas import column

NAMES = ["zz_alt", "zz_az", "zz_core_x", "zz_core_y", "zz_is_valid"]
SCHEMA = pa.schema(
    [column(name, pa.float64()) for name in NAMES]
    + [column("zz_light", pa.float32(), axes=("pixel",))]
)

for kind in ("parameters", "reconstructor"):
    register(kind, "zz", writes=SCHEMA)(lambda tel_id: {})
"""


def test_only_images_have_axes(tmp_path, plugins_forgotten):
    path = tmp_path / "per_pixel.py"
    path.write_text(PER_PIXEL)
    message = r"{} 'zz' writes 'zz_light' with axes=\('pixel',\).* declare a column"
    with pytest.raises(UserError, match=message.format("parameters")):
        configure("stage1", settings=ZZ, plugins=[path])
    settings = ["reconstructors=[zz]", "best_geometry=zz"]
    config = configure("stage2", settings=settings, plugins=[path])
    with pytest.raises(UserError, match=message.format("reconstructor")):
        reconstructors_of(config)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["waveform_time_shift=WaveformTimeShift"], "PeakTimeShift takes off again"),
        (
            [
                "waveform_time_shift=WaveformTimeShift",
                "time_shift={default: {name: RemainingPeakTimeShift}, "
                '"*CHEC": {name: PeakTimeShift}}',
            ],
            "PeakTimeShift takes off again",
        ),
        (
            ["time_shift=RemainingPeakTimeShift"],
            "reads 'remaining_time_shift', .*; .* 'WaveformTimeShift' does",
        ),
    ],
)
def test_a_time_shift_is_applied_once(settings, message):
    with pytest.raises(UserError, match=message):
        configure("stage1", settings=settings)


def test_samples_may_be_shifted_without_peak_times():
    for time_shift in ("null", "RemainingPeakTimeShift"):
        configure(
            "stage1",
            settings=[
                "waveform_time_shift=WaveformTimeShift",
                f"time_shift={time_shift}",
            ],
        )
