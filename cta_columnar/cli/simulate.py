"""``ctacol simulate``: air showers and telescopes, as raw files."""

from typing import Annotated, Any

import typer

from cta_columnar.cli import options
from cta_columnar.cli.running import run_and_tell

USAGE = "[OPTIONS]"

EPILOG = """\
\b
Examples:
  ctacol simulate --n-showers 2000 --reuse 5 --output gamma.simtel.zst
  ctacol simulate --particle proton --viewcone 10 --n-showers 5000 --reuse 20
  ctacol simulate --array LST-1 --particle muon --n-showers 500
  ctacol simulate --runs 1:20 --output 'gamma_run{run:05d}.simtel.zst'
  ctacol simulate --set calibration_events.flatfield=10 --config my.yaml
  ctacol config show simulate > my.yaml           all keys, to be edited

The files are those of sim_telarray: ctapipe and eventio read them, too. Their bytes
depend on the configuration, the seed and the run, not on --workers. Next:
ctacol run stage1 --input gamma.simtel.zst --output dl1
"""

WHAT = "What is simulated"

_MOST_RUNS = 100_000
"""A list of more is a slip; it would not fit into memory long before it is done."""


def _option(*names: str, metavar: str, text: str) -> Any:  # noqa: ANN401
    return typer.Option(*names, metavar=metavar, help=text, rich_help_panel=WHAT)


def simulate(
    array: Annotated[
        str | None,
        _option(
            "--array",
            metavar="NAME",
            text="CTAO-North, CTAO-South, LST-1, all-cameras, prod3b-North, or a YAML "
            "file of your own.",
        ),
    ] = None,
    telescopes: Annotated[
        str | None,
        _option("--telescopes", metavar="IDS", text="Only these, e.g. 1-4,7."),
    ] = None,
    particle: Annotated[
        str | None,
        _option(
            "--particle",
            metavar="NAME",
            text="gamma, electron, proton, helium, iron or muon.",
        ),
    ] = None,
    n_showers: Annotated[
        int | None, _option("--n-showers", metavar="N", text="Showers per run.")
    ] = None,
    reuse: Annotated[
        int | None,
        _option("--reuse", metavar="N", text="Places at which each shower is used."),
    ] = None,
    energy: Annotated[
        str | None,
        _option("--energy", metavar="LOW:HIGH", text="TeV, e.g. 0.02:100."),
    ] = None,
    index: Annotated[
        float | None,
        _option("--index", metavar="X", text="Of the spectrum, dN/dE ~ E^X."),
    ] = None,
    zenith: Annotated[
        float | None,
        _option("--zenith", metavar="DEG", text="The array points there."),
    ] = None,
    azimuth: Annotated[
        float | None, _option("--azimuth", metavar="DEG", text="North over east.")
    ] = None,
    viewcone: Annotated[
        str | None,
        _option(
            "--viewcone",
            metavar="DEG",
            text="Showers come from within that angle, e.g. 10, or 3:10; 0: a point.",
        ),
    ] = None,
    scatter_radius: Annotated[
        float | None,
        _option("--scatter-radius", metavar="M", text="Cores lie within it."),
    ] = None,
    seed: Annotated[
        int | None, _option("--seed", metavar="N", text="Of all random numbers.")
    ] = None,
    runs: Annotated[
        str | None,
        _option("--runs", "--run", metavar="N", text="A file each, e.g. 1, or 1:20."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Ends in .simtel.zst, .simtel.gz or .simtel; may hold {run:05d}, "
            "{particle}, {array}, {seed}.",
            rich_help_panel=options.IN_OUT,
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Replace files that are there.",
            rich_help_panel=options.IN_OUT,
        ),
    ] = False,
    config: options.Config = None,
    settings: options.Settings = None,
    workers: options.Workers = None,
    resume: options.Resume = False,
    dry_run: options.DryRun = False,
    log_level: options.Logging = options.LogLevel.info,
) -> None:
    """Simulate showers and telescopes: raw data with truth."""
    keys: dict[str, Any] = {
        "array": array,
        "telescopes": options.telescope_ids(telescopes, "--telescopes"),
        "particle": particle,
        "n_showers": n_showers,
        "reuse": reuse,
        "energy": _pair(energy, "--energy"),
        "index": index,
        "zenith": zenith,
        "azimuth": azimuth,
        "viewcone": _cone(viewcone),
        "scatter_radius": scatter_radius,
        "seed": seed,
        "runs": _runs(runs),
        "output": output,
    }
    run_and_tell(
        "simulate",
        log_level,
        overwrite=overwrite,
        config=config or (),
        set=settings or (),
        workers=workers,
        resume=resume,
        dry_run=dry_run,
        **{key: value for key, value in keys.items() if value is not None},
    )


def _pair(text: str | None, option: str) -> list[float] | None:
    """Read ``"0.02:100"``."""
    if text is None:
        return None
    try:
        low, high = map(float, text.split(":"))
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no range; write e.g. 0.02:100", param_hint=option
        ) from None
    return [low, high]


def _cone(text: str | None) -> list[float] | None:
    """Read ``"3:10"``, or ``"10"`` for a full cone."""
    if text is not None and ":" not in text:
        text = f"0:{text}"
    return _pair(text, "--viewcone")


def _runs(text: str | None) -> list[int] | None:
    """Read ``"1:20"``, both ends included, or ``"3,5"``."""
    if text is None:
        return None
    found: list[int] = []
    try:
        for part in text.split(","):
            first, _, last = part.partition(":")
            several = range(int(first), int(last or first) + 1)
            if not several or len(several) > _MOST_RUNS:
                raise ValueError(part)
            found += several
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} names no runs, or more than {_MOST_RUNS}; write e.g. 1, or 1:20",
            param_hint="--runs",
        ) from None
    return found
