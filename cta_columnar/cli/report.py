"""``ctacol report``: a page with pictures of datasets, models, responses, events."""

from typing import Annotated

import typer

EPILOG = """\
\b
Examples:
  ctacol report dl2                              writes report.html
  ctacol report gamma/dl2 proton/dl2 -o page.html    compares them
  ctacol report models                           how good they are
  ctacol report irf --reference prod5.fits.gz    responses, and published ones
  ctacol report dl3                              event lists: sky, rates
  ctacol report dl1 --run -o run.html            how its runs went

Camera images with Hillas ellipses and truth, an event on the ground, angular
resolution, energies and multiplicities. The page needs no other file. It is drawn with
matplotlib: pip install 'cta-columnar[plot]'.
"""


def report(
    datasets: Annotated[
        list[str],
        typer.Argument(
            metavar="DATASET...",
            help="DL2 or DL1 datasets, folders of responses, or one folder of models "
            "or of event lists. The images of a DL2 "
            "dataset are taken from the DL1 dataset it was made from; name that, too, "
            "if it has moved.",
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE.html",
            help="The page; replaced if it is there.",
        ),
    ] = "report.html",
    run: Annotated[
        bool,
        typer.Option(
            "--run",
            help="Tell of the runs that made one dataset, finished or not: shards, "
            "rates, memory, slowest inputs, failures, survivors of cuts.",
        ),
    ] = False,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            "--reference",
            metavar="FILE.fits",
            help="Responses to draw beside those of a folder, of anyone.",
        ),
    ] = None,
) -> None:
    """Draw what is in datasets, models or responses, as one page."""
    # Here, not above: help must come at once.
    if run:
        from cta_columnar.errors import UserError  # noqa: PLC0415
        from cta_columnar.pipelines.reports.run import run_report  # noqa: PLC0415

        if len(datasets) != 1:
            raise UserError("--run: name one dataset")
        typer.echo(run_report(datasets[0], output)[0].resolve())
        return
    from cta_columnar.pipelines.reports.report import report as write  # noqa: PLC0415

    typer.echo(write(*datasets, output=output, reference=reference or ()).resolve())
