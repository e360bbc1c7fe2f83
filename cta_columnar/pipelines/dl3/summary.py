"""What a run tells of each observation: where it pointed, what it got, and why not."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from cta_columnar.config.dl3 import ResponseConfig
from cta_columnar.pipelines.dl3.lists import EventList
from cta_columnar.stages.dl3.nearest import mean_direction, zenith_range

Row = Mapping[str, object]


def row_of(each: EventList) -> Row:
    """Make the row of an event list in ``observations``."""
    low, high = zenith_range(each.observation)
    zenith, azimuth = mean_direction(each.observation)
    return {
        "obs_id": each.observation.obs_id,
        "why_not": "",
        "n_events": each.n_events,
        "zenith_min": low,
        "zenith_mean": zenith,
        "zenith_max": high,
        "azimuth_mean": azimuth,
        "response_zenith": each.response.zenith,
        "response_azimuth": each.response.azimuth,
        "response": each.response.said,
    }


def rows_left_out(left_out: Mapping[int, str]) -> list[Row]:
    """Make the rows of observations that become no event list, by their reasons."""
    unknown = dict.fromkeys(
        ("zenith_min", "zenith_mean", "zenith_max", "azimuth_mean",
         "response_zenith", "response_azimuth"),
        np.nan,
    )  # fmt: skip
    return [
        {"obs_id": obs_id, "why_not": why, "n_events": 0, "response": "", **unknown}
        for obs_id, why in sorted(left_out.items())
    ]


def warnings_of(rows: Sequence[Row], settings: ResponseConfig) -> Iterator[str]:
    """Tell of observations without events, and of those that move too far.

    Parameters
    ----------
    rows : sequence of mapping
        From `row_of`.
    settings : ResponseConfig
        How far responses may be from an observation.
    """
    for row in rows:
        what = f"observation {row['obs_id']}"
        if not row["n_events"]:
            yield f"{what} has no event; its time counts all the same"
        at, low, high = (
            float(str(row[name]))
            for name in ("response_zenith", "zenith_min", "zenith_max")
        )
        away = max(high - at, at - low)
        if away > settings.zenith_tolerance:
            yield (
                f"{what} moves from zenith angle {low:.1f} to {high:.1f} deg, and its "
                f"responses are of {at:.1f} deg, {away:.1f} deg away "
                f"(responses.zenith_tolerance is {settings.zenith_tolerance:g}): "
                "shorter observations have nearer ones"
            )
