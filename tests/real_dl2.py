"""Events of real DL2 files beside the checkout, in our columns and units."""

import h5py
import numpy as np
from astropy.io import fits

EVENTDISPLAY = "prod6_LaPalma-20deg_gamma_cone.N.Am-4LSTs09MSTs_ID0_reduced.fits.gz"
LST = "lstchain_dl2_Run_1819_merged_v0.5.1_v03_cut.h5"

_OF_EVENTDISPLAY = {
    "true_energy": "MC_ENERGY",
    "true_alt": "MC_ALT",
    "true_az": "MC_AZ",
    "reco_energy": "ENERGY",
    "reco_alt": "ALT",
    "reco_az": "AZ",
    "array_pointing_alt": "PNT_ALT",
    "array_pointing_az": "PNT_AZ",
    "gh_score": "GH_MVA",
    "multiplicity": "MULTIP",
}


def eventdisplay_events(shared):
    """Simulated diffuse gamma rays, reconstructed by EventDisplay, and what was thrown.

    Returns
    -------
    events : dict of str to float64[n]
    run : dict
        Changes to a row of ``simulation/runs``, as the header of the file tells.
    thrown : tuple of arrays
        Energies, low and high, and the number of showers thrown into each bin.
    """
    with fits.open(shared / "data" / "dl2" / EVENTDISPLAY) as file:
        table, histogram = file["EVENTS"].data, file["SIMULATED EVENTS"].data
        header = file["RUNHEADER"].data[0]
        events = {
            name: np.array(table[column], np.float64)
            for name, column in _OF_EVENTDISPLAY.items()
        }
        run = {
            "n_showers": int(header["num_showers"]),
            "shower_reuse": int(header["num_use"]),
            "energy_range_min": float(header["E_range"][0]),
            "energy_range_max": float(header["E_range"][1]),
            "spectral_index": float(header["spectral_index"]),
            "max_scatter_range": float(header["core_range"][1]),
            "min_viewcone_radius": float(header["viewcone"][0]),
            "max_viewcone_radius": float(header["viewcone"][1]),
            "diffuse": bool(header["diffuse"]),
        }
        names = ("MC_ENERG_LO", "MC_ENERG_HI", "EVENTS")
        return events, run, tuple(np.array(histogram[n], np.float64) for n in names)


def lst_events(shared):
    """Real events of LST-1, reconstructed by lstchain; angles in deg, times in s."""
    path = "dl2/event/telescope/parameters/LST_LSTCam"
    with h5py.File(shared / "data" / "dl2" / LST) as file:
        names = [name.decode() for name in file[path]["block0_items"][:]]
        values = file[path]["block0_values"][:]
    columns = dict(zip(names, values.T, strict=True))
    return {
        "reco_energy": columns["reco_energy"].copy(),
        "gh_score": columns["gammaness"].copy(),
        "reco_alt": np.degrees(columns["reco_alt"]),
        "reco_az": np.degrees(columns["reco_az"]),
        "array_pointing_alt": np.degrees(columns["alt_tel"]),
        "array_pointing_az": np.degrees(columns["az_tel"]),
        "time": columns["dragon_time"].copy(),
    }
