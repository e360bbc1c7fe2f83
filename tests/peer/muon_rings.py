"""The rings that ctapipe fits to muons by each of its methods: run by hand.

    python tests/peer/muon_rings.py SHARED > tests/peer/muon_rings.json

SHARED is the folder of shared data; wants ctapipe with iminuit. The reference values of
that folder have the default method only.
"""

import json
import sys
from pathlib import Path

import ctapipe
import numpy as np
from ctapipe.calib import CameraCalibrator
from ctapipe.image import ImageProcessor
from ctapipe.image.muon import MuonProcessor
from ctapipe.io import EventSource
from traitlets.config import Config

# The first has no effective focal length.
FILES = {"lst_muons": "EQUIVALENT", "prod4_pixelsettings_v3": "EFFECTIVE"}
METHODS = ("kundu_chaudhuri", "taubin", "kundu_chaudhuri_taubin")
NAMES = [
    f"{name}{end}"
    for end in ("", "_err")
    for name in ("center_fov_lon", "center_fov_lat", "radius")
]


def rings(path, method, focal_length):
    """Event, telescope, and what `NAMES` says of its ring."""
    config = Config({"MuonRingFitter": {"fit_method": method}})
    options = {"focal_length_choice": focal_length, "max_events": 10}
    with EventSource(path, **options) as source:
        steps = (
            CameraCalibrator(subarray=source.subarray),
            ImageProcessor(subarray=source.subarray),
            MuonProcessor(subarray=source.subarray, config=config),
        )
        rows = []
        for event in source:
            for step in steps:
                step(event)
            for tel_id, muon in event.muon.tel.items():
                values = [muon.ring[name].value for name in NAMES]
                if np.isfinite(values[0]):
                    key = event.index.obs_id, event.index.event_id, tel_id
                    rows.append([*map(int, key), *map(float, values)])
        return rows


shared = Path(sys.argv[1])
values = {"ctapipe": ctapipe.__version__, "names": NAMES, "files": {}}
for name, focal_length in FILES.items():
    (path,) = (shared / "data" / "simtel").glob(f"{name}.simtel.*")
    values["files"][name] = {
        method: rings(path, method, focal_length) for method in METHODS
    }
json.dump(values, sys.stdout)
