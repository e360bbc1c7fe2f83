"""Which elements of a plan have begun, and which are done: empty files beside it."""

from pathlib import Path

from cta_columnar.pipelines.planning.plan_data import Plan
from cta_columnar.pipelines.planning.plan_file import folder_of
from cta_columnar.store import PLAN, refuse_links
from cta_columnar.store.errors import writing


def is_first(plan: Plan, element: int) -> bool:
    """Note that an element begins; return whether it never did before.

    Raises
    ------
    StoreError, WriteError
        If the folder for that is a link, or cannot be written.
    """
    return _note(_marks(plan, "begun") / str(element))


def were_all_done(plan: Plan, element: int) -> bool:
    """Note that an element is done; return whether all have been.

    Raises
    ------
    StoreError, WriteError
        As `is_first`.
    """
    folder = _marks(plan, "done")
    _note(folder / str(element))
    listed = {each.name for each in folder.iterdir()}
    missing = {str(n) for n in range(len(plan.elements))} - listed
    # A listing of a shared disk may be seconds old; who asks by name is told more.
    return all((folder / name).exists() for name in missing)


def _marks(plan: Plan, what: str) -> Path:
    name = f"{what}-{plan.digest}"
    refuse_links(plan.output, [f"{PLAN}/{name}/"])
    folder = folder_of(plan.output) / name
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _note(mark: Path) -> bool:
    """Make a mark; return whether it is new. What has its name stays untouched."""
    with writing(mark):
        try:
            # Not through a link that somebody has put there.
            mark.touch(exist_ok=False)
        except FileExistsError:
            return False
        return True
