"""When runs begin and events happen: from configuration and numbers, never a clock."""

from datetime import UTC, datetime

from cta_columnar.config.simulate import SimulateConfig
from cta_columnar.errors import UserError
from cta_columnar.simulation.schedule import n_moments

_PERIOD = 1_000_000  # ns between one throw or calibration event and the next
_SECOND = 1_000_000_000
_END_OF_FORMAT = 2**31
"""Files hold seconds since 1970 as 32 bits with a sign: until January 2038."""


def start_of(config: SimulateConfig, run: int) -> int:
    """When a run begins, in whole s since 1970.

    Run 1 begins at ``config.start``, and each of the others where the one before it has
    ended: all runs of a configuration last as long, to the next full second.

    Raises
    ------
    UserError
        If the run would end later than the format can say.
    """
    seconds = n_moments(config) * _PERIOD // _SECOND + 1
    first = int(datetime.fromisoformat(config.start).replace(tzinfo=UTC).timestamp())
    start = first + (run - 1) * seconds
    if start + seconds > _END_OF_FORMAT:
        raise UserError(
            f"runs: run {run} would end after 2038-01-19, the last day that files can "
            f"hold: runs of {seconds} s follow each other from {config.start} on; "
            "choose a smaller number, or an earlier start"
        )
    return start


def time_of(start: int, moment: int) -> tuple[int, int]:
    """Time of a throw or calibration event, counted from 0: s and ns since 1970."""
    seconds, rest = divmod(moment * _PERIOD, _SECOND)
    return start + seconds, rest
