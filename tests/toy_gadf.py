"""A small observation of GADF tables, right in everything unless told otherwise."""

import numpy as np

from cta_columnar.gadf import make_hdu
from cta_columnar.schemas import gadf

TIME = {
    "MJDREFI": 51544,
    "MJDREFF": 0.5,
    "TIMEUNIT": "s",
    "TIMESYS": "TT",
    "TIMEREF": "TOPOCENTER",
}
PLACE = {"GEOLON": -17.892, "GEOLAT": 28.7615, "ALTITUDE": 2158.0}
START, STOP = 7.8e8, 7.8e8 + 600.0


def make_events(n=20, obs_id=7, **header):
    rng = np.random.default_rng(n + obs_id)
    columns = {
        "EVENT_ID": np.arange(n) + 1,
        "TIME": np.sort(rng.uniform(START, STOP, n)),
        "RA": rng.uniform(80, 86, n),
        "DEC": rng.uniform(20, 24, n),
        "ENERGY": 10 ** rng.uniform(-1, 1, n),
        "MULTIP": rng.integers(2, 9, n).astype(np.int32),
        "EVENT_TYPE": rng.random((n, 32)) < 0.5,
        "GAMMANESS": rng.random(n),
    }
    keywords = {
        **{"OBS_ID": obs_id, "TSTART": START, "TSTOP": STOP, "TMID": START + 300.0},
        **{"ONTIME": 600.0, "LIVETIME": 570.0, "DEADC": 0.95, "OBS_MODE": "POINTING"},
        **{"RA_PNT": 83.0, "DEC_PNT": 22.0, "EQUINOX": 2000.0, "RADECSYS": "ICRS"},
        **{"ORIGIN": "CTAO", "TELESCOP": "CTAO", "INSTRUME": "North", "CREATOR": "toy"},
        **TIME, **PLACE, **header,
    }  # fmt: skip
    return make_hdu("events", columns, keywords)


def make_gti(intervals=((START, STOP),)):
    start, stop = np.array(intervals, np.float64).reshape(-1, 2).T
    return make_hdu("gti", {"START": start, "STOP": stop}, TIME)


def make_pointing():
    columns = {
        "TIME": np.array([START, STOP]),
        "RA_PNT": np.full(2, 83.0),
        "DEC_PNT": np.full(2, 22.0),
    }
    return make_hdu("pointing", columns, {**TIME, **PLACE})


EDGES = {
    "ENERG": np.array([0.1, 1.0, 10.0, 100.0]),
    "THETA": np.array([0.0, 2.0, 5.0]),
    "MIGRA": np.linspace(0.2, 5, 5),
    "RAD": np.linspace(0, 1, 6),
    "DETX": np.linspace(-4, 4, 5),
    "DETY": np.linspace(-4, 4, 4),
}


def make_response(kind, hduclas3=""):
    known = gadf.CLASSES[kind]
    columns = {}
    for axis in known.axes:
        columns[f"{axis}_LO"] = EDGES[axis][None, :-1]
        columns[f"{axis}_HI"] = EDGES[axis][None, 1:]
    shape = [EDGES[axis].size - 1 for axis in reversed(known.axes)]
    columns[known.values] = np.random.default_rng(0).random((1, *shape))
    header = {"FOVALIGN": "ALTAZ"} if kind == "bkg_3d" else {}
    return make_hdu(kind, columns, header, hduclas3=hduclas3)


RESPONSES = ("aeff_2d", "edisp_2d", "psf_table", "bkg_2d")


def make_observation(obs_id=7, n=20):
    tables = [make_events(n, obs_id), make_gti(), make_pointing()]
    return tables + [make_response(kind) for kind in RESPONSES]
