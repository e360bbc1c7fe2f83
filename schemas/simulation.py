"""Simulation: run configuration, thrown showers, atmosphere and true showers."""

import pyarrow as pa

from cta_columnar.schemas.columns import column
from cta_columnar.schemas.keys import EVENT_KEY, RUN_KEY

SHOWERS = pa.schema(
    [
        *EVENT_KEY,
        column("true_energy", pa.float64(), "TeV", "energy of the primary"),
        column("true_alt", pa.float64(), "deg", "altitude of its direction"),
        column("true_az", pa.float64(), "deg", "azimuth of its direction"),
        column("true_core_x", pa.float64(), "m", "core on the ground, to the north"),
        column("true_core_y", pa.float64(), "m", "core on the ground, to the west"),
        column("true_h_first_int", pa.float64(), "m", "height of first interaction"),
        column("true_x_max", pa.float64(), "g/cm2", "vertical depth of the shower maximum"),
        column("true_starting_grammage", pa.float64(), "g/cm2", "depth at injection"),
        column("true_shower_primary_id", pa.int32(), "",
               "0 gamma, 1 electron, 2 muon, 100 A + Z nucleus (101 proton)"),
    ]
)  # fmt: skip

RUNS = pa.schema(
    [
        *RUN_KEY,
        column("run_number", pa.int64(), "", "run number in the raw file"),
        column("corsika_version", pa.float64(), "", "version of the shower program"),
        column("simtel_version", pa.float64(), "", "version of the detector program"),
        column("energy_range_min", pa.float64(), "TeV", "lowest simulated energy"),
        column("energy_range_max", pa.float64(), "TeV", "highest simulated energy"),
        column("prod_site_B_total", pa.float64(), "uT", "geomagnetic field"),
        column("prod_site_B_declination", pa.float64(), "deg", "its declination"),
        column("prod_site_B_inclination", pa.float64(), "deg", "its inclination"),
        column("prod_site_alt", pa.float64(), "m", "height of the site"),
        column("spectral_index", pa.float64(), "", "index of the simulated spectrum"),
        column("shower_prog_start", pa.float64(), "s", "start of the shower program, unix"),
        column("shower_prog_id", pa.float64(), "", "0 another program (ctacol simulate), 1 CORSIKA, 2 ALTAI, 3 KASCADE"),
        column("detector_prog_start", pa.float64(), "s", "start of the detector program"),
        column("detector_prog_id", pa.float64(), "", "1 sim_telarray"),
        column("n_showers", pa.int64(), "", "simulated showers"),
        column("shower_reuse", pa.int64(), "", "uses of each shower"),
        column("max_alt", pa.float64(), "deg", "upper limit of altitude"),
        column("min_alt", pa.float64(), "deg", "lower limit of altitude"),
        column("max_az", pa.float64(), "deg", "upper limit of azimuth"),
        column("min_az", pa.float64(), "deg", "lower limit of azimuth"),
        column("diffuse", pa.bool_(), "", "directions spread over a view cone"),
        column("max_viewcone_radius", pa.float64(), "deg", "outer radius of the cone"),
        column("min_viewcone_radius", pa.float64(), "deg", "inner radius of the cone"),
        column("max_scatter_range", pa.float64(), "m", "outer radius of core positions"),
        column("min_scatter_range", pa.float64(), "m", "inner radius of core positions"),
        column("core_pos_mode", pa.int32(), "", "0 fixed, 1 circle, 2 rectangle, 3 about each telescope (ctacol simulate)"),
        column("atmosphere", pa.int32(), "", "number of the atmosphere model"),
        column("corsika_iact_options", pa.int32(), "", "options of the CORSIKA IACT part"),
        column("corsika_low_E_model", pa.int32(), "", "low-energy interaction model"),
        column("corsika_high_E_model", pa.int32(), "", "high-energy interaction model"),
        column("corsika_bunchsize", pa.float64(), "", "photons per bunch"),
        column("corsika_wlen_min", pa.float64(), "nm", "shortest wavelength"),
        column("corsika_wlen_max", pa.float64(), "nm", "longest wavelength"),
        column("corsika_low_E_detail", pa.int32(), "", "detail of the low-energy model"),
        column("corsika_high_E_detail", pa.int32(), "", "detail of the high-energy model"),
        column("pointing_alt", pa.float64(), "deg", "altitude of the array pointing"),
        column("pointing_az", pa.float64(), "deg", "azimuth of the array pointing"),
    ]
)  # fmt: skip


def _list(of: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", of, nullable=False))


KEPT_SHARE = pa.schema(
    [
        column("kept_share", pa.float64(), "", "share of the thrown showers whose events "
               "are here, if those that models were trained on were left out"),
        column("left_out_seed", _list(pa.int64()), "", "seeds of the trainings whose "
               "showers were left out"),
        column("left_out_fraction", _list(pa.float64()), "", "share of the showers that "
               "each of them left out"),
        column("left_out_obs_id", _list(pa.int64()), "", "number that the run had in each "
               "of them, by which its showers were drawn"),
    ]
)  # fmt: skip

THROWN = pa.schema(
    [
        *RUN_KEY,
        column("hist_id", pa.int32(), "", "number of the histogram in the raw file"),
        column("n_entries", pa.int64(), "", "thrown showers, every use counted"),
        column("energy_low", pa.float64(), "TeV", "lower edge of the energy bin"),
        column("energy_high", pa.float64(), "TeV", "upper edge of the energy bin"),
        column("core_dist_low", pa.float64(), "m", "lower edge of the core distance bin"),
        column("core_dist_high", pa.float64(), "m", "upper edge of the core distance bin"),
        column("n_thrown", pa.float64(), "", "showers thrown into this bin"),
    ]
)  # fmt: skip

ATMOSPHERE = pa.schema(
    [
        *RUN_KEY,
        column("height", pa.float64(), "km", "height above sea level"),
        column("density", pa.float64(), "g/cm3", "density of the air"),
        column("column_density", pa.float64(), "g/cm2", "vertical depth"),
    ]
)
