"""From the configuration of stage 2 to its reconstructors."""

from cta_columnar.config import Stage2Config
from cta_columnar.errors import UserError
from cta_columnar.pipelines.stage1.chains import step
from cta_columnar.stages.reconstruction import SELECTION, Reconstructor
from cta_columnar.stages.wiring import check_cells

# Columns that stage 2 goes on with, below the name of the reconstructor.
_REQUIRED = ("alt", "az", "core_x", "core_y", "is_valid")


def reconstructors_of(config: Stage2Config) -> tuple[Reconstructor, ...]:
    """Return the reconstructors of a configuration with their cuts, in order.

    Raises
    ------
    UserError
        If one lacks a column that every reconstructor has or writes one with axes, or
        an exception for single telescopes is asked of one: it sees all at once.
    """
    found = []
    for choice in config.reconstructors:
        if choice.rules:
            raise UserError(
                f"reconstructors: {choice.name} takes all telescopes together, "
                "so it can have no options for some of them"
            )
        one = step("reconstructor", choice.name, choice.options)
        wanted = {f"{choice.name}_{name}" for name in _REQUIRED}
        missing = sorted(wanted - set(one.algorithm.writes.names))
        if missing:
            raise UserError(f"{one.algorithm} must write {', '.join(missing)} too")
        check_cells(one.algorithm)
        own = config.cuts_of(choice)
        if own is None:
            found.append(Reconstructor(one, config.quality))
        else:
            found.append(Reconstructor(one, own, f"{SELECTION}.{choice.name}"))
    return tuple(found)
