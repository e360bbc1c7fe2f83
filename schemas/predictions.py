"""What trained models say: columns that stage 3 adds to ``events`` and ``telescopes``.

Their names begin with a prefix that a user may choose, and those of probabilities end
with the name of a class. So they are declared here once, as patterns.
"""

from collections.abc import Sequence

import pyarrow as pa

from cta_columnar.schemas.columns import column
from cta_columnar.schemas.dl2 import RECO

PREFIX, CLASS = "{prefix}", "{class}"


def _f8(name: str, unit: str, description: str) -> pa.Field:
    return column(f"{PREFIX}_{name}", pa.float64(), unit, description)


_VALID = column(f"{PREFIX}_is_valid", pa.bool_(), "", "a telescope has a prediction")
_TEL_VALID = column(f"{PREFIX}_tel_is_valid", pa.bool_(), "", "there is a prediction")
_USED = column(
    f"{PREFIX}_telescopes",
    pa.list_(pa.field("element", pa.int16(), nullable=False)),
    "",
    "telescopes used",
)

OF_TELESCOPES = {
    "energy": pa.schema(
        [_f8("tel_energy", "TeV", "energy, from one image"), _TEL_VALID]
    ),
    "particle": pa.schema(
        [
            _f8("tel_prediction", "", "score, 1 like the signal, from one image"),
            _f8(f"tel_probability_{CLASS}", "", "probability of the class, from one image"),
            _TEL_VALID,
        ]
    ),
    "disp": pa.schema(
        [
            _f8("tel_parameter", "deg", "source from the centroid, along the direction psi"),
            _f8("tel_sign_score", "", "how sure its sign is, 0 to 1"),
            _f8("tel_alt", "deg", "altitude of the direction, from one image"),
            _f8("tel_az", "deg", "azimuth of the direction, from one image"),
            _TEL_VALID,
        ]
    ),
    "energy_uncert": pa.schema(
        [_f8("tel_energy_uncert", "TeV", "how far tel_energy is expected to be off")]
    ),
    "disp_uncert": pa.schema(
        [
            _f8("tel_ang_distance_uncert", "deg",
                "how far the direction from one image is expected to be off"),
        ]
    ),
}  # fmt: skip
"""By task; ``energy_uncert`` has the prefix of ``energy``, ``disp_uncert`` of ``disp``."""

OF_EVENTS = {
    "energy": pa.schema(
        [
            _f8("energy", "TeV", "energy, from all telescopes"),
            _f8("energy_uncert", "TeV", "scatter of the telescopes"),
            _f8("energy_uncert_factor", "", "the same as a factor, if logarithms are averaged"),
            _VALID,
            _USED,
        ]
    ),
    "particle": pa.schema(
        [
            _f8("prediction", "", "score, 1 like the signal, from all telescopes"),
            _f8(f"probability_{CLASS}", "", "probability of the class, from all telescopes"),
            _VALID,
            _USED,
        ]
    ),
    "disp": pa.schema(
        [
            _f8("alt", "deg", "altitude of the direction, from all telescopes"),
            _f8("az", "deg", "azimuth of the direction, from all telescopes"),
            _f8("ang_distance_uncert", "deg", "scatter of the telescopes on the sky"),
            _VALID,
            _USED,
        ]
    ),
}  # fmt: skip
"""By task."""


def _error(task: str, unit: str, what: str) -> pa.Schema:
    return pa.schema(
        [
            column(task, pa.float64(), unit, f"how far {what} is expected to be off"),
            column(f"{task}_class", pa.int8(), "", f"0 best, by {task} among events of "
                   "like energy; -1 unknown"),
        ]
    )  # fmt: skip


ERRORS = {
    "energy_error": _error("energy_error", "", "ln(reco_energy)"),
    "direction_error": _error("direction_error", "deg", "the direction reco_alt, reco_az"),
}  # fmt: skip
"""By task, in ``events``; these have no prefix."""

STANDARD_TEL = pa.schema(
    [column("reco_tel_energy", pa.float64(), "TeV", "energy, from one image")]
)
STANDARD = pa.schema(
    [
        column("reco_energy", pa.float64(), "TeV", "energy, from all telescopes"),
        column("reco_energy_uncert", pa.float64(), "TeV", "its uncertainty"),
        column("gh_score", pa.float64(), "", "1 like a gamma ray, 0 like background"),
    ]
)
TRAINED_ON = pa.schema(
    [
        column("was_trained_on", pa.bool_(), "", "models were trained on this shower"),
    ]
)
UNPREFIXED = frozenset(
    name
    for schema in (STANDARD, STANDARD_TEL, TRAINED_ON, *ERRORS.values(), RECO)
    for name in schema.names
)
"""Names without a prefix: what models that are applied later say takes their place."""


def of_telescopes(task: str, prefix: str, classes: Sequence[str] = ()) -> pa.Schema:
    """Columns of a task in ``telescopes``."""
    return _bound(OF_TELESCOPES[task], prefix, classes)


def of_events(task: str, prefix: str, classes: Sequence[str] = ()) -> pa.Schema:
    """Columns of a task in ``events``."""
    return _bound(OF_EVENTS[task], prefix, classes)


def _bound(pattern: pa.Schema, prefix: str, classes: Sequence[str]) -> pa.Schema:
    """Return the columns of a pattern, one of each class where it names a class."""
    fields = []
    for field in pattern:
        name = field.name.replace(PREFIX, prefix)
        names = [name.replace(CLASS, each) for each in classes]
        fields += [field.with_name(n) for n in (names if CLASS in name else [name])]
    return pa.schema(fields)


def field_of(patterns: pa.Schema, name: str) -> pa.Field | None:
    """Look up what a column of some prefix must be like; None if there is none."""
    for field in patterns:
        ending = field.name.removeprefix(PREFIX).removesuffix(CLASS)
        prefix, _, of_class = name.rpartition(ending)
        if prefix and bool(of_class) == field.name.endswith(CLASS):
            return field.with_name(name)
    return None
