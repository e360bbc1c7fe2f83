"""A simulated file in frames of zstd, which can be taken apart and sewn together."""

import tempfile
from functools import cache
from pathlib import Path

import zstandard

from cta_columnar import run
from cta_columnar.simulation.simtel.pieces import compress
from cta_columnar.zstd_frames import frames

# Two gains and a camera without samples; every throw gives an event, or nearly.
SETTINGS = {
    "array": "all-cameras",
    "telescopes": [2, 5],
    "energy": [5.0, 20.0],
    "n_showers": 8,
    "reuse": 2,
    "scatter_radius": 100.0,
    "trigger": {"min_telescopes": 1},
    "calibration_events": {"flatfield": 1, "pedestal": 2},
    "file": {"showers_per_piece": 1},
}
HEADERS, CALIBRATION, SHOWERS = 0, 1, slice(2, -1)
SKIPPABLE = b"\x5a\x2a\x4d\x18\x03\0\0\0abc"


@cache
def contents():
    """Content of each frame: headers, calibration events, showers, histograms."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.simtel.zst")
        run("simulate", output=path, workers=1, **SETTINGS)
        raw = path.read_bytes()
    found = [
        zstandard.decompress(raw[frame.begin : frame.end]) for frame in frames(raw)
    ]
    assert len(found) == 2 + SETTINGS["n_showers"] + 1
    return tuple(found)


def framed(pieces):
    """Compress pieces of a file into frames, as the simulator does."""
    return b"".join(compress(piece, "zst") for piece in pieces)


def write(path, pieces):
    path.write_bytes(framed(pieces))
    return path
