"""Cuts, instrument responses, sensitivity and other figures of merit, as tables.

A row is a bin. Its edges on the axis of a column ``x`` are the columns ``x_low`` and
``x_high``; which axes a table has is up to its maker. All bins are there, row after row,
the last axis running fastest. A value without events is 0 or NaN as its column says, and
the column of counts tells; statistical errors are one standard deviation.
"""

import pyarrow as pa

from cta_columnar.schemas import simulation
from cta_columnar.schemas.columns import column, merge
from cta_columnar.schemas.dl1 import CUT_FLOW
from cta_columnar.schemas.keys import EVENT_KEY

# What is known of the columns that axes are made of.
AXES = {
    "true_energy": "energy of the primary",
    "reco_energy": "reconstructed energy",
    "true_source_fov_offset": "true direction from the centre of the field of view",
    "reco_source_fov_offset": "reconstructed direction from the centre of the field of view",
    "true_fov_lon": "true longitude in the field of view, against the azimuth",
    "true_fov_lat": "true latitude in the field of view",
    "reco_fov_lon": "reconstructed longitude in the field of view, against the azimuth",
    "reco_fov_lat": "reconstructed latitude in the field of view",
    "migration": "reconstructed over true energy",
    "theta": "from the true to the reconstructed direction",
    "signal_efficiency": "share of the signal that passes",
}


def _f8(name: str, unit: str, description: str) -> pa.Field:
    return column(name, pa.float64(), unit, description)


def _with_error(name: str, unit: str, description: str) -> tuple[pa.Field, pa.Field]:
    return _f8(name, unit, description), _f8(f"{name}_uncert", unit, "its error")


def _upper(name: str, unit: str) -> pa.Field:
    what = "95 % upper limit where no simulated event is; NaN elsewhere"
    return _f8(f"{name}_upper", unit, what)


def edges(name: str, unit: str) -> pa.Schema:
    """Columns of the edges of a bin on the axis of a column."""
    what = AXES.get(name, name)
    return pa.schema(
        [
            _f8(f"{name}_low", unit, f"lower edge of the bin: {what}"),
            _f8(f"{name}_high", unit, f"upper edge, outside of the bin: {what}"),
        ]
    )


N_EVENTS = column("n_events", pa.int64(), "", "simulated events in the bin")
N_SIGNAL = column("n_signal", pa.int64(), "", "simulated events of the source")
N_BACKGROUND = column(
    "n_background", pa.int64(), "", "simulated events of the background"
)

EFFECTIVE_AREA = pa.schema(
    [
        *_with_error(
            "effective_area", "m2", "thrown area by the share that is selected"
        ),
        column("n_selected", pa.int64(), "", "events that are selected"),
        _f8("n_thrown", "", "showers thrown"),
        column(
            "is_simulated", pa.bool_(), "", "showers were thrown; else the area is 0"
        ),
    ]
)

ENERGY_DISPERSION = pa.schema(
    [*_with_error("energy_dispersion", "", "density in reco over true energy; 0 if no events"),
     N_EVENTS]
)  # fmt: skip

ENERGY_MIGRATION = pa.schema(
    [*_with_error("energy_migration", "", "share of the true energy bin; 0 if no events"),
     N_EVENTS]
)  # fmt: skip

PSF = pa.schema(
    [*_with_error("psf", "1/sr", "density of directions around the true one; 0 if no events"),
     N_EVENTS]
)  # fmt: skip

BACKGROUND = pa.schema(
    [
        *_with_error("background", "1/(s TeV sr)", "rate of background"),
        N_EVENTS,
        _upper("background", "1/(s TeV sr)"),
    ]
)

RAD_MAX = pa.schema([_f8("rad_max", "deg", "radius around the source that is counted")])

CUTS = pa.schema(
    [
        _f8("gh_cut", "", "lowest gh_score that passes; NaN passes nothing"),
        _f8("theta_cut", "deg", "largest theta that passes; infinite without a cut"),
        column("multiplicity_cut", pa.int64(), "", "fewest telescopes that pass"),
        _f8("gh_efficiency", "", "share of the signal that gh_cut was set for; NaN if none"),
        _f8("theta_efficiency", "", "share that theta_cut was set for; NaN if none"),
        column("is_valid", pa.bool_(), "", "in the range of energies that the cuts are good for"),
    ]
)  # fmt: skip

SENSITIVITY = pa.schema(
    [
        *_with_error("relative_sensitivity", "", "smallest detectable share of the spectrum"),
        *_with_error("flux_sensitivity", "1/(TeV m2 s)", "that share of the spectrum"),
        *_with_error("energy_flux_sensitivity", "erg/(cm2 s)", "the same by energy squared"),
        _f8("significance", "", "of the smallest detectable flux"),
        *_with_error("n_signal_weighted", "", "events of the full spectrum expected"),
        *_with_error("n_background_weighted", "", "background expected in the off region"),
        N_SIGNAL,
        N_BACKGROUND,
        _upper("n_background_weighted", ""),
    ]
)  # fmt: skip

ANGULAR_RESOLUTION = pa.schema(
    [
        _f8("quantile", "", "share of events that is contained"),
        *_with_error(
            "angular_resolution", "deg", "radius that contains it; NaN if no events"
        ),
        N_EVENTS,
    ]
)

ENERGY_RESOLUTION = pa.schema(
    [
        *_with_error(
            "energy_bias", "", "of reco over true energy, less 1; NaN if no events"
        ),
        *_with_error("energy_resolution", "", "half the width of its central 68.27 %"),
        N_EVENTS,
    ]
)

BACKGROUND_RATE = pa.schema(
    [
        *_with_error(
            "background_rate", "1/s", "rate in all of the rings, without a cut on theta"
        ),
        N_EVENTS,
        *_with_error(
            "on_region_rate",
            "1/s",
            "rate within theta_cut of a source; NaN without one",
        ),
        _upper("on_region_rate", "1/s"),
    ]
)

ROC = pa.schema(
    [
        _f8("gh_threshold", "", "score above which the signal is the share signal_efficiency_high"),
        *_with_error("background_efficiency", "", "share of the background that passes then"),
    ]
)  # fmt: skip

ROC_AREA = pa.schema(
    [
        *_with_error("roc_area", "", "chance that signal scores above background"),
        N_SIGNAL,
        N_BACKGROUND,
    ]
)

HISTOGRAM = pa.schema(
    [
        N_EVENTS,
        column("n_pairs", pa.int64(), "", "ordered pairs of events of one shower, if no weights"),
        *(column(f"weights_{k}", pa.int64(), "", f"sum of weights, in units of 2**{-31 * k}")
          for k in range(3)),
        *(column(f"squares_{k}", pa.int64(), "", f"sum of squares by shower, in units of 2**{20 - 31 * k}")
          for k in range(4)),
    ]
)  # fmt: skip

LEAST_EVENTS = {"angular_resolution": 2, "energy_resolution": 2}
"""Events of a bin below which a value, or a product, says nothing; 1 of all others."""

OPTIONAL = (
    "background_upper",
    "n_background_weighted_upper",
    "on_region_rate",
    "on_region_rate_uncert",
    "on_region_rate_upper",
)
"""Columns that are NaN if nothing is known of them: of responses that were interpolated,
of a version before 0.10."""

TABLES = {
    "effective_area": EFFECTIVE_AREA,
    "energy_dispersion": ENERGY_DISPERSION,
    "energy_migration": ENERGY_MIGRATION,
    "psf": PSF,
    "background_2d": BACKGROUND,
    "background_3d": BACKGROUND,
    "rad_max": RAD_MAX,
    "cuts": CUTS,
    "sensitivity": SENSITIVITY,
    "angular_resolution": ANGULAR_RESOLUTION,
    "energy_resolution": ENERGY_RESOLUTION,
    "background_rate": BACKGROUND_RATE,
    "roc": ROC,
    "roc_area": ROC_AREA,
    "histogram": HISTOGRAM,
}

POINT = column("point", pa.int16(), "", "row of the grid")
EVENT_TYPE = column("event_type", pa.int8(), "", "class of events; -1 all together")

KEYS = pa.schema([POINT, EVENT_TYPE])
"""In front of the columns of each product of a folder of responses."""

GRID = pa.schema(
    [
        POINT,
        _f8("zenith", "deg", "zenith angle of the array pointing"),
        _f8("azimuth", "deg", "azimuth of the array pointing, 0 to below 360"),
        _f8("nsb", "", "level of the night-sky background by the configuration; 0 unknown"),
        column("n_runs", pa.int64(), "", "simulated runs, of all particles"),
        *(simulation.RUNS.field(f"prod_site_B_{name}")
          for name in ("total", "declination", "inclination")),
    ]
)  # fmt: skip

RUNS = merge(
    pa.schema(
        [
            column("particle", pa.string(), "", "what was simulated, by the configuration"),
            POINT,
            column("input", pa.string(), "", "digest of the dataset"),
            column("run_digest", pa.string(), "", "digest of the simulation of the run"),
            _f8("nsb", "", "as in the grid"),
            _f8("kept_share", "", "of the thrown showers whose events are counted"),
        ]
    ),
    simulation.RUNS,
)  # fmt: skip

DATASET = {"grid": GRID, "runs": RUNS, "cut_flow": CUT_FLOW}
"""Tables of a folder of responses that are no products; `CUT_FLOW` by particle."""

LEFT_OUT = pa.schema(
    [
        column("particle", pa.string(), "", "what was simulated, by the configuration"),
        POINT,
        EVENT_TYPE,
        column("histogram", pa.string(), "", "what was counted"),
        column("n_selected", pa.int64(), "", "events that the cuts have left for it"),
        column("n_inside", pa.int64(), "", "those in one of its bins"),
        column("n_outside", pa.int64(), "", "those outside of one of its axes"),
        column("n_undefined", pa.int64(), "", "those with a NaN on one of its axes"),
    ]
)
"""How many events products do not show, since their axes do not reach them."""

SAMPLE = pa.schema(
    [
        *EVENT_KEY,
        _f8("reco_energy", "TeV", "reconstructed energy"),
        _f8("gh_score", "", "1 like a gamma ray"),
        _f8("weight", "1/s", "events expected, for each shower thrown"),
        _f8("true_energy", "TeV", "energy of the primary"),
        _f8("theta", "deg", "from the true to the reconstructed direction"),
        _f8("migration", "", "reconstructed over true energy"),
        column("selected", pa.bool_(), "", "passes the cuts of the responses"),
        column("selected_gh", pa.bool_(), "", "passes those on score and multiplicity"),
    ]
)
"""Events in the rings of sources, beside histograms: quantiles want each of them. The
last five columns are of the signal."""
