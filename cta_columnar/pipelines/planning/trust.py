"""What a plan may not do by itself, since it may be of somebody else."""

import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from cta_columnar.digests import sha256_of
from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.plan_data import Plan

AGAIN = "make the plan again, with ctacol plan ... --resume"


def checked_plugins(plan: Plan, given: Iterable[str | Path]) -> tuple[Path, ...]:
    """Return plugins by their absolute names, if they are those of the plan.

    Raises
    ------
    UserError
        If they are not: a program runs only if who calls has named it.
    """
    found = tuple(Path(each).absolute() for each in given)
    if sorted(map(sha256_of, found)) == sorted(plan.plugins.values()):
        return found
    if found:
        names = ", ".join(map(str, found))
        raise UserError(
            f"--plugin: {names}: not what {plan.output} was planned with: {AGAIN}"
        )
    wanted = " ".join(f"--plugin {shlex.quote(each)}" for each in plan.plugins)
    raise UserError(
        f"{plan.output} was planned with programs of its own. If you trust them, name "
        f"them: {wanted}"
    )


@contextmanager
def working_in(folder: str) -> Iterator[None]:
    """Let names count from a folder, but not those of modules: it may be anywhere."""
    here, before = str(Path.cwd()), list(sys.path)
    sys.path[:] = [each or here for each in before]
    try:
        with chdir(folder):
            yield
    finally:
        sys.path[:] = before
