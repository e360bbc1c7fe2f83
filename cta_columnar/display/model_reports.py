"""The report on a folder of models: which sections, which words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from cta_columnar import __version__
from cta_columnar.display import model_figures
from cta_columnar.display.style import to_png
from cta_columnar.page import Picture, Section, Table, render
from cta_columnar.schemas.version import SCHEMA_VERSION


@dataclass(frozen=True, eq=False)
class TrainedModels:
    """What a training left.

    Attributes
    ----------
    name : str
        The folder.
    facts : sequence of (str, str)
        What it was trained on.
    models : sequence of sequence of str
        Task, telescope type, estimator, features, rows of each model.
    performance, importance, cut_flow : polars.DataFrame
        Its tables.
    """

    name: str
    facts: Sequence[tuple[str, str]]
    models: Sequence[Sequence[str]]
    performance: pl.DataFrame
    importance: pl.DataFrame
    cut_flow: pl.DataFrame


def model_report(models: TrainedModels) -> str:
    """Write how good models are as one page of HTML.

    Returns
    -------
    str
        The page; it needs no other file and no network.
    """
    sections = [
        _summary(models),
        *_performance(models.performance),
        *_importance(models.importance),
        _cut_flow(models.cut_flow),
    ]
    n_models, title = len(models.models), f"Models: {models.name}"
    footer = f"Made by ctacol {__version__}, data model {SCHEMA_VERSION}."
    return render(title, f"{n_models} trained models", sections, footer)


def _summary(models: TrainedModels) -> Section:
    header = ("task", "telescope type", "estimator", "features", "trained on")
    tables = [Table(models.facts, n_words=2), Table(models.models, header, n_words=3)]
    return Section("What is there", tables=tables)


def _performance(rows: pl.DataFrame) -> Iterator[Section]:
    """One section for each task; what is said of its two models stands together."""
    text = (
        "Of events that the model had not seen, in bins of energy. Error bars: "
        "scatter of the folds, for the mean."
    )
    task_of = pl.col("task").str.replace("_norm|_sign", "")
    for task, own in _grouped(rows.with_columns(section=task_of), "section"):
        pictures = [
            Picture(to_png(model_figures.performance(each)), f"{name}.", _whole(each))
            for name, each in _grouped(own, "metric")
        ]
        yield Section(f"How good: {task}", text, pictures=pictures)


def _whole(rows: pl.DataFrame) -> str:
    """Say the figure of all energies."""
    whole = rows.filter(pl.col("energy_high").is_infinite())
    said = [
        f"{row['tel_type']} {row['value']:.3g} ({row['n_rows']:,} rows)"
        for row in whole.to_dicts()
    ]
    return f"All energies: {', '.join(said)}."


def _importance(rows: pl.DataFrame) -> Iterator[Section]:
    text = (
        "How much the mean squared error of held out events grows if the values of a "
        "feature are shuffled among them. Features that say the same share it."
    )
    for task, own in _grouped(rows, "task"):
        pictures = [
            Picture(to_png(model_figures.importance(each)), f"{task}, {tel_type}.")
            for tel_type, each in _grouped(own, "tel_type")
        ]
        yield Section(f"By which features: {task}", text, pictures=pictures)


def _cut_flow(rows: pl.DataFrame) -> Section:
    cells = [
        (row["stage"], row["tel_type"], row["cut"], f"{row['n_survivors']:,}")
        for row in rows.to_dicts()
    ]
    header = ("step", "telescope type", "cut", "images left")
    return Section("Which images", tables=[Table(cells, header, n_words=3)])


def _grouped(rows: pl.DataFrame, name: str) -> Iterator[tuple[str, pl.DataFrame]]:
    for (value,), group in rows.group_by([name], maintain_order=True):
        yield str(value), group
