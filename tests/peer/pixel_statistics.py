"""What ctapipe's monitoring makes of some numbers: run by hand where ctapipe is.

    python tests/peer/pixel_statistics.py > tests/peer/pixel_statistics.json

Statistics of chunks of events, and the outliers among them.
"""

import json
import sys

import ctapipe
import numpy as np
from astropy.table import Table
from astropy.time import Time
from ctapipe.monitoring.aggregator import PlainAggregator, SigmaClippingAggregator
from ctapipe.monitoring.outlier import (
    MedianOutlierDetector,
    RangeOutlierDetector,
    StdOutlierDetector,
)
from traitlets.config import Config

SHAPE = (130, 2, 24)
CHUNK = 50
AGGREGATORS = {
    "PlainAggregator": (PlainAggregator, {}),
    "SigmaClippingAggregator": (SigmaClippingAggregator, {}),
    "SigmaClippingAggregator 2 1": (
        SigmaClippingAggregator,
        {"max_sigma": 2, "iterations": 1},
    ),
}
DETECTORS = {
    "RangeOutlierDetector": (RangeOutlierDetector, {"validity_range": [25.0, 35.0]}),
    "MedianOutlierDetector": (
        MedianOutlierDetector,
        {"median_range_factors": [-0.2, 0.15]},
    ),
    "StdOutlierDetector": (StdOutlierDetector, {"std_range_factors": [-0.8, 1.2]}),
}


def samples():
    """Charges with pixels that differ, flashes of cars, and what is no number."""
    event, channel, pixel = np.indices(SHAPE)
    scatter = (event * 7919 + channel * 104729 + pixel * 1299709) % 1009 / 1009 - 0.5
    charge = 30 + 4 * scatter * (1 + pixel % 5) + (pixel % 7 == 3) * 6
    charge = charge + (event % 41 == 11) * (pixel % 3 == 0) * 400
    charge[5::17, :, 4] = np.nan
    return charge.astype(np.float32)


def statistics(cls, options, policy):
    config = {"SizeChunking": {"chunk_size": CHUNK, "last_chunk_policy": policy}}
    aggregate = cls(config=Config({**config, cls.__name__: options}))
    n_events = SHAPE[0]
    table = Table(
        {
            "time": Time(60000.0 + np.arange(n_events) / 86400, format="mjd"),
            "event_id": np.arange(n_events),
            "image": samples(),
        }
    )
    return aggregate(table)


def plain(array):
    array = np.asarray(array)
    if array.dtype.kind == "f":
        return np.round(array.astype(float), 4).tolist()
    return array.astype(int).tolist()


values = {
    "ctapipe": ctapipe.__version__,
    "chunks": {},
    "statistics": {},
    "outliers": {},
}
for policy in ("overlap", "truncate", "skip"):
    found = statistics(*AGGREGATORS["PlainAggregator"], policy)
    values["chunks"][policy] = [
        [int(a), int(b)]
        for a, b in zip(found["event_id_start"], found["event_id_end"], strict=True)
    ]
for name, (cls, options) in AGGREGATORS.items():
    found = statistics(cls, options, "truncate")
    names = ("n_events", "mean", "median", "std")
    values["statistics"][name] = {each: plain(found[each]) for each in names}
found = statistics(*AGGREGATORS["SigmaClippingAggregator"], "truncate")
for name, (cls, options) in DETECTORS.items():
    for column in ("mean", "median", "std"):
        detect = cls(subarray=None, **options)
        values["outliers"][f"{name} {column}"] = plain(detect(found[column]))
json.dump(values, sys.stdout)
