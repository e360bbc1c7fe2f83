"""Reports: what is in datasets, or how good models are, as one page with pictures."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from os import PathLike
from pathlib import Path

from cta_columnar.display.contents import Sample
from cta_columnar.display.model_reports import model_report
from cta_columnar.display.reports import report as to_html
from cta_columnar.errors import UserError
from cta_columnar.pipelines.report_models import read_models
from cta_columnar.pipelines.report_sample import is_dl2, read_sample
from cta_columnar.store import Store, StoreError, holds_models, open_store

AnyPath = str | PathLike[str]


def report(
    *datasets: AnyPath, output: AnyPath = "report.html", max_rows: int = 200_000
) -> Path:
    """Write a page with pictures of what is in some datasets, as `ctacol report` does.

    Parameters
    ----------
    *datasets : path
        One folder of models; or DL2 or DL1 datasets. A DL1 dataset that a DL2 dataset
        was made from adds its images to it; it is found by itself where it still lies
        in its place. Several others, gammas and protons say, are compared.
    output : path
        The page; it holds its pictures. Replaced if it is there.
    max_rows : int
        Most rows of a table that are read for distributions of values. Counts are
        always of all rows.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    UserError
        If something cannot be read, models and datasets are mixed, or matplotlib is
        missing.

    Examples
    --------
    >>> report("gamma/dl2", "proton/dl2", output="report.html")
    """
    if not datasets:
        raise UserError("name at least one dataset to report on")
    if any(holds_models(Path(path)) for path in datasets):
        if len(datasets) > 1:
            raise UserError("models are reported on alone: name one folder of models")
        page = Path(output)
        replace_page(page, model_report(read_models(Path(datasets[0]))))
        return page
    stores = [open_store(Path(path)) for path in datasets]
    samples = [read_sample(dl2, dl1, max_rows) for dl2, dl1 in _paired(stores)]
    page = Path(output)
    replace_page(page, to_html(_told_apart(samples)))
    return page


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


def _told_apart(samples: list[Sample]) -> list[Sample]:
    """Put a number behind names that several samples share."""
    names = [sample.name for sample in samples]
    seen: Counter[str] = Counter()
    distinct = []
    for sample in samples:
        seen[sample.name] += 1
        is_shared = names.count(sample.name) > 1
        name = f"{sample.name} {seen[sample.name]}" if is_shared else sample.name
        distinct.append(replace(sample, name=name))
    return distinct


def replace_page(page: Path, text: str) -> None:
    """Write a page whole or not at all."""
    draft = page.with_name(f".{page.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(page)
    finally:
        draft.unlink(missing_ok=True)
