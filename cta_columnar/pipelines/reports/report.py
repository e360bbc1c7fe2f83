"""Reports: what is in datasets, or how good models are, as one page with pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

from cta_columnar.display.dl3_reports import dl3_report
from cta_columnar.display.irf_reports import irf_report
from cta_columnar.display.model_reports import model_report
from cta_columnar.display.reports import report as to_html
from cta_columnar.errors import UserError
from cta_columnar.page import write_whole
from cta_columnar.pipelines.reports.dl3 import is_dl3, read_event_lists
from cta_columnar.pipelines.reports.irf import read_irfs
from cta_columnar.pipelines.reports.models import read_models
from cta_columnar.pipelines.reports.sample import is_dl2, read_sample
from cta_columnar.pipelines.running.naming import told_apart
from cta_columnar.remote import location
from cta_columnar.store import Store, StoreError, holds_models, is_irf, open_store

AnyPath = str | PathLike[str]


def report(
    *datasets: AnyPath,
    output: AnyPath = "report.html",
    max_rows: int = 200_000,
    reference: Sequence[AnyPath] = (),
) -> Path:
    """Write a page with pictures of what is in some datasets, as `ctacol report` does.

    Parameters
    ----------
    *datasets : path
        One folder of models or of event lists; folders of responses, of which the first
        is described and the others drawn beside it; or DL2 or DL1 datasets. A DL1
        dataset that a DL2 dataset was made from adds its images to it; it is found by
        itself where it still lies in its place. Several others, gammas and protons say,
        are compared.
    output : path
        The page; it holds its pictures. Replaced if it is there.
    max_rows : int
        Most rows of a table that are read for distributions of values. Counts are
        always of all rows.
    reference : sequence of path
        FITS files of responses to draw beside ours.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    UserError
        If something cannot be read, things of several kinds are mixed, or matplotlib
        is missing.

    Examples
    --------
    >>> report("gamma/dl2", "proton/dl2", output="report.html")
    """
    if not datasets:
        raise UserError("name at least one dataset to report on")
    paths, page = [location(path) for path in datasets], Path(output)
    if reference and not all(is_irf(path) for path in paths):
        raise UserError("a reference is for responses: name a folder of ctacol run irf")
    write_whole(page, _page(paths, [Path(path) for path in reference], max_rows))
    return page


def _page(paths: Sequence[Path], references: Sequence[Path], max_rows: int) -> str:
    """Make the page of whatever lies there."""
    kinds = {_kind(path) for path in paths}
    if len(kinds) > 1:
        listed = " and ".join(sorted(kinds))
        raise UserError(f"{listed} are reported on alone: name things of one kind")
    kind = kinds.pop()
    if kind in {"models", "event lists"} and len(paths) > 1:
        raise UserError(f"{kind} are reported on alone: name one folder of {kind}")
    if kind == "models":
        return model_report(read_models(paths[0]))
    if kind == "event lists":
        return dl3_report(read_event_lists(paths[0]))
    if kind == "responses":
        return irf_report(read_irfs(paths, references))
    stores = [open_store(path) for path in paths]
    samples = [read_sample(dl2, dl1, max_rows) for dl2, dl1 in _paired(stores)]
    names = told_apart([sample.name for sample in samples], " ")
    return to_html(
        [replace(each, name=n) for each, n in zip(samples, names, strict=True)]
    )


def _kind(path: Path) -> str:
    if is_irf(path):
        return "responses"
    if is_dl3(path):
        return "event lists"
    return "models" if holds_models(path) else "datasets"


def _paired(stores: list[Store]) -> Iterable[tuple[Store | None, Store | None]]:
    """Bring each DL2 dataset together with the DL1 dataset it was made from."""
    others = [store for store in stores if not is_dl2(store)]
    taken: set[Path] = set()
    pairs: list[tuple[Store | None, Store | None]] = []
    for dl2 in filter(is_dl2, stores):
        dl1 = _origin(dl2, others)
        pairs.append((dl2, dl1))
        taken |= {dl1.root} if dl1 else set()
    return pairs + [(None, dl1) for dl1 in others if dl1.root not in taken]


def _origin(dl2: Store, others: list[Store]) -> Store | None:
    """Find the DL1 dataset of a DL2 dataset: one of those named, or where it was."""
    inputs = [Path(each.path) for record in dl2.records for each in record.shard.inputs]
    # An input of stage 2 is named after the shard of DL1, below that dataset.
    keys = {path.name for path in inputs}
    for store in others:
        if keys & store.contents.by_key().keys():
            return store
    for folder in dict.fromkeys(path.parent for path in inputs):
        try:
            store = open_store(folder)
        except (StoreError, OSError):
            continue
        if keys & store.contents.by_key().keys():
            return store
    return None
