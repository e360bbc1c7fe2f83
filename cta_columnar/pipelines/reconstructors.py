"""From the configuration of stage 2 to its reconstructors."""

from cta_columnar.config import Stage2Config
from cta_columnar.errors import UserError
from cta_columnar.pipelines.chains import step
from cta_columnar.stages.chain import Step
from cta_columnar.stages.wiring import check_cells

# Columns that stage 2 goes on with, below the name of the reconstructor.
_REQUIRED = ("alt", "az", "core_x", "core_y", "is_valid")


def reconstructor_steps(config: Stage2Config) -> tuple[Step, ...]:
    """Return the reconstructors of a configuration, in order.

    Raises
    ------
    UserError
        If one lacks a column that every reconstructor has or writes one with axes, or
        an exception for single telescopes is asked of one: it sees all at once.
    """
    steps = []
    for choice in config.reconstructors:
        if choice.rules:
            raise UserError(
                f"reconstructors: {choice.name} takes all telescopes together, "
                "so it can have no options for some of them"
            )
        found = step("reconstructor", choice.name, choice.options)
        wanted = {f"{choice.name}_{name}" for name in _REQUIRED}
        missing = sorted(wanted - set(found.algorithm.writes.names))
        if missing:
            raise UserError(f"{found.algorithm} must write {', '.join(missing)} too")
        check_cells(found.algorithm)
        steps.append(found)
    return tuple(steps)
