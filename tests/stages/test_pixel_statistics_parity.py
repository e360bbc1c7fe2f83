"""Statistics of pixels and their outliers against values of ctapipe.

They come of `tests/peer/pixel_statistics.py`, which runs ctapipe's monitoring.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from cta_columnar.registry import get
from cta_columnar.stages.chunks import chunks_of

PEER = json.loads(
    (Path(__file__).parents[1] / "peer" / "pixel_statistics.json").read_text()
)
SHAPE, CHUNK = (130, 2, 24), 50
SECOND = 10**9
OPTIONS = {
    "SigmaClippingAggregator 2 1": {"max_sigma": 2, "iterations": 1},
    "RangeOutlierDetector": {"validity_range": [25.0, 35.0]},
    "MedianOutlierDetector": {"median_range_factors": [-0.2, 0.15]},
    "StdOutlierDetector": {"std_range_factors": [-0.8, 1.2]},
}


def samples():
    """As in the script."""
    event, channel, pixel = np.indices(SHAPE)
    scatter = (event * 7919 + channel * 104729 + pixel * 1299709) % 1009 / 1009 - 0.5
    charge = 30 + 4 * scatter * (1 + pixel % 5) + (pixel % 7 == 3) * 6
    charge = charge + (event % 41 == 11) * (pixel % 3 == 0) * 400
    charge[5::17, :, 4] = np.nan
    return charge.astype(np.float32)


def run(kind, name, columns, **options):
    algorithm = get(kind, name)
    return algorithm.run(columns, {}, algorithm.validate_options(options))


def statistics(name):
    """Statistics of all chunks, [k, c, p]."""
    charge, options = samples(), OPTIONS.get(name, {})
    chunks = chunks_of(np.arange(SHAPE[0]) * SECOND, size=CHUNK, last="truncate")
    runs = [
        run("aggregator", name.split()[0], {"samples": charge[chunk]}, **options)
        for chunk in chunks
    ]
    return {key: np.concatenate([each[key] for each in runs]) for key in runs[0]}


@pytest.mark.parametrize("policy", PEER["chunks"])
def test_chunks_equal_those_of_ctapipe(policy):
    found = chunks_of(np.arange(SHAPE[0]) * SECOND, size=CHUNK, last=policy)
    assert [[each.start, each.stop - 1] for each in found] == PEER["chunks"][policy]


@pytest.mark.parametrize("name", PEER["statistics"])
def test_statistics_equal_those_of_ctapipe(name, record_property):
    found, wanted = statistics(name), PEER["statistics"][name]
    np.testing.assert_array_equal(found["n_events"], wanted["n_events"])
    for column in ("mean", "median", "std"):
        # Rounded to four decimals; ctapipe sums float32.
        np.testing.assert_allclose(found[column], wanted[column], rtol=2e-5, atol=1e-4)
        difference = abs(found[column] - np.array(wanted[column])).max()
        record_property(f"{column}: max difference", float(difference))
    if name.startswith("Sigma"):
        assert (found["n_events"] < statistics("PlainAggregator")["n_events"]).any()


@pytest.mark.parametrize("case", PEER["outliers"])
def test_outliers_equal_those_of_ctapipe(case):
    name, column = case.split()
    found = run(
        "outlier_detector",
        name,
        statistics("SigmaClippingAggregator"),
        apply_to=column,
        **OPTIONS[name],
    )
    wanted = np.array(PEER["outliers"][case], bool)
    np.testing.assert_array_equal(found["outlier_mask"], wanted)


def test_the_cases_have_outliers_and_good_pixels():
    share = [np.mean(each) for each in PEER["outliers"].values()]
    assert sum(0 < each < 1 for each in share) >= 6
