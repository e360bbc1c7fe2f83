"""Our image parameters of ctapipe's images and masks, beside ctapipe's."""

from functools import cache

import numpy as np
import polars as pl
from golden import KEY, WITH_IMAGES, table, telescope_type

from cta_columnar.registry import get
from cta_columnar.schemas import dl1
from cta_columnar.stages.chain import Chain, Step

# Both gains are kept there: ctapipe neither cleans nor parametrizes.
IMAGES = [name for name in WITH_IMAGES if name != "calib_events"]
# Files with true images.
TRUE_IMAGES = [name for name in IMAGES if name != "40k_pixels"]

GROUPS = {
    "hillas": dl1.HILLAS,
    "timing": dl1.TIMING,
    "leakage": dl1.LEAKAGE,
    "concentration": dl1.CONCENTRATION,
    "morphology": dl1.MORPHOLOGY,
    "intensity_statistics": dl1.INTENSITY_STATISTICS,
    "peak_time_statistics": dl1.PEAK_TIME_STATISTICS,
}


def step(kind, name):
    algorithm = get(kind, name)
    return Step(algorithm, algorithm.validate_options({}))


def run(columns, camera):
    """All parameters of some images of one camera."""
    steps = [step("image_quality", "image_quality")]
    steps += [step("parameters", name) for name in GROUPS]
    keep = {"is_parametrized", *(c for schema in GROUPS.values() for c in schema.names)}
    if "true_image" in columns:
        steps.append(step("true_parameters", "true_parameters"))
        keep |= set(dl1.TRUE_PARAMETERS.names)
    return Chain(steps, frozenset(keep)).run(columns, {"camera": camera})


def inputs(shared, name):
    """Images, times and masks of ctapipe, as the stage gets them, by camera."""
    images = table(shared, name, "extractor=NeighborPeakWindowSum")
    rows = images.join(table(shared, name, "cleaner=TailcutsImageCleaner"), on=KEY)
    rows = rows.join(
        table(shared, name, "tel_events").select(*KEY, "camera_index"), on=KEY
    )
    if name in TRUE_IMAGES:
        rows = rows.join(table(shared, name, "true_images"), on=KEY)
    for (index,), group in rows.group_by("camera_index", maintain_order=True):
        columns = {each: group[each].to_numpy() for each in KEY}
        columns |= {
            ours: np.array(group[theirs].to_list(), dtype)
            for ours, theirs, dtype in (
                ("image", "image", np.float32),
                ("peak_time", "peak_time", np.float32),
                ("image_mask", "mask", np.bool_),
                ("true_image", "true_image", np.int32),
            )
            if theirs in group.columns
        }
        yield columns, telescope_type(shared, name, index)


@cache
def ours(shared, name):
    """Our parameters of all images of a file, as a table."""
    frames = []
    for columns, camera in inputs(shared, name):
        got = run(columns, camera)
        frames.append(pl.DataFrame({each: columns[each] for each in KEY} | got))
    return pl.concat(frames).sort(KEY)


def theirs(shared, name, kind="parameters"):
    # Of the file itself, though its images are those of another.
    return pl.read_parquet(shared / "golden" / name / f"{kind}.parquet").sort(KEY)


def their_name(column):
    """ctapipe's containers spell out what its written data model shortens."""
    for group in ("intensity", "peak_time"):
        for prefix in ("", "true_"):
            short = f"{prefix}{group}_"
            if column.startswith(short):
                return f"{short}statistics_{column.removeprefix(short)}"
    return column


def both(shared, name, kind="parameters"):
    """Our and their rows of the same images."""
    mine, golden = ours(shared, name), theirs(shared, name, kind)
    assert mine.select(KEY).equals(golden.select(KEY))
    return mine, golden


def relative(mine, golden):
    """Largest difference of numbers, relative to theirs or to 1e-3 if smaller."""
    mine, golden = np.asarray(mine), np.asarray(golden)
    return float((abs(mine - golden) / np.maximum(abs(golden), 1e-3)).max())
