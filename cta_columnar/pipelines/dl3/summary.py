"""What a run tells of each observation: where it pointed, what it got, and why not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.config.dl3 import ResponseConfig
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.lists import EventList
from cta_columnar.stages.dl3.nearest import mean_direction, zenith_range
from cta_columnar.stages.selection import add_cut_flows

Row = Mapping[str, object]


@dataclass(eq=False)
class Made:
    """What stays of event lists that were made, in their order.

    Attributes
    ----------
    cut_flow : pyarrow.Table
        `schemas.dl1.CUT_FLOW` of all.
    rows : list of mapping
        From `row_of`.
    last_cut : dict of int to str
        The cut that has left no event, of observations without any.
    """

    cut_flow: pa.Table
    rows: list[Row] = field(default_factory=list)
    last_cut: dict[int, str] = field(default_factory=dict)

    def noted(self, each: EventList) -> EventList:
        """Take from an event list what stays, and return it."""
        self.rows.append(row_of(each))
        if each.cut_flow is not None:
            self.cut_flow = add_cut_flows([self.cut_flow, each.cut_flow])
            none = each.cut_flow.filter(pc.field("n_survivors") == 0)["cut"]
            if each.n_events == 0 and len(none):
                self.last_cut[each.observation.obs_id] = none[0].as_py()
        return each


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


def warnings_of(made: Made, settings: ResponseConfig) -> Iterator[str]:
    """Tell of observations without events, and of those that move too far.

    Parameters
    ----------
    made : Made
        All of them.
    settings : ResponseConfig
        How far responses may be from an observation.
    """
    for row in made.rows:
        what = f"observation {row['obs_id']}"
        if not row["n_events"]:
            last = made.last_cut.get(int(str(row["obs_id"])))
            why = f", {last} has left none" if last else ""
            yield f"{what} has no event{why}; its time counts all the same"
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


def check_some_event(made: Made) -> None:
    """Refuse a run in which no observation has an event.

    Raises
    ------
    UserError
        If that is so; it says what each cut has left.
    """
    if any(row["n_events"] for row in made.rows):
        return
    left = ", ".join(
        f"{row['stage']} {row['cut']} {row['n_survivors']}"
        for row in made.cut_flow.to_pylist()
    )
    raise UserError(f"no observation has an event; what the cuts left: {left}")
