"""The shared sim_telarray files, and how they are opened in tests."""

from cta_columnar.sources.base import open_source

# Files without effective focal lengths.
EQUIVALENT = {"40k_pixels", "calib_events", "lst_muons", "gamma_merged"}
EQUIVALENT |= {"test_camorganv2"}

# Array events in the whole file.
N_EVENTS = {
    "40k_pixels": 2,
    "aux_traces_2029": 1,
    "calib_events": 1,
    "gct_checs_muons": 20,
    "lst_muons": 30,
    "n_hv_disabled": 1,
    "prod4_pixelsettings_v3": 10,
    "prod5_north_gamma_history75": 1,
    "prod5_north_proton_flashcam": 6,
    "prod6_north_gamma_camsettings_v6": 1,
    "prod6_north_proton_6_0_2": 4,
    "prod6_north_proton_7_0_0": 3,
    "prod6_north_proton_7_0_0_badatmo": 3,
    "prod6_south_lsts_gamma": 4,
}
HEADERS_ONLY = ("gamma_merged", "test_camorganv2")


def find(shared, name):
    """Path of a file by its name without extensions."""
    (path,) = (shared / "data" / "simtel").glob(f"{name}.*")
    return path


def open_file(shared, name, **options):
    """Open a file so that it works: with the focal length it has."""
    if name in EQUIVALENT:
        options.setdefault("focal_length_choice", "EQUIVALENT")
    options.setdefault("skip_calibration_events", False)
    return open_source(find(shared, name), **options)
