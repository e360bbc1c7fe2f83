"""``ctacol simulate``: air showers and telescopes, as raw files."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from cta_columnar.cli import values
from cta_columnar.cli.options import configuration, execution, in_out
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


def _option(
    *names: str,
    metavar: str,
    text: str,
    panel: str = WHAT,
    parser: Callable[[str], object] | None = None,
) -> Any:  # noqa: ANN401
    return typer.Option(
        *names, metavar=metavar, help=text, rich_help_panel=panel, parser=parser
    )


Array = Annotated[
    str | None,
    _option(
        "--array",
        metavar="NAME",
        text="CTAO-North, CTAO-South, LST-1, all-cameras, prod3b-North, or a YAML "
        "file of your own.",
    ),
]
Telescopes = Annotated[
    values.Integers | None,
    _option(
        "--telescopes",
        metavar="IDS",
        text="Only these, e.g. 1-4,7.",
        parser=values.telescope_ids,
    ),
]
Particle = Annotated[
    str | None,
    _option(
        "--particle",
        metavar="NAME",
        text="gamma, electron, proton, helium, iron or muon.",
    ),
]
NShowers = Annotated[
    int | None, _option("--n-showers", metavar="N", text="Showers per run.")
]
Reuse = Annotated[
    int | None,
    _option("--reuse", metavar="N", text="Places at which each shower is used."),
]
Energy = Annotated[
    values.Range | None,
    _option(
        "--energy",
        metavar="LOW:HIGH",
        text="TeV, e.g. 0.02:100.",
        parser=values.limits,
    ),
]
Index = Annotated[
    float | None,
    _option("--index", metavar="X", text="Of the spectrum, dN/dE ~ E^X."),
]
Zenith = Annotated[
    float | None, _option("--zenith", metavar="DEG", text="The array points there.")
]
Azimuth = Annotated[
    float | None, _option("--azimuth", metavar="DEG", text="North over east.")
]
Viewcone = Annotated[
    values.Range | None,
    _option(
        "--viewcone",
        metavar="DEG",
        text="Showers come from within that angle, e.g. 10, or 3:10; 0: a point.",
        parser=values.cone,
    ),
]
ScatterRadius = Annotated[
    float | None,
    _option("--scatter-radius", metavar="M", text="Cores lie within it."),
]
Seed = Annotated[
    int | None, _option("--seed", metavar="N", text="Of all random numbers.")
]
Runs = Annotated[
    values.Integers | None,
    _option(
        "--runs",
        "--run",
        metavar="N",
        text="A file each, e.g. 1, or 1:20.",
        parser=values.runs,
    ),
]
Output = Annotated[
    str | None,
    _option(
        "--output",
        "-o",
        metavar="FILE",
        text="Ends in .simtel.zst, .simtel.gz or .simtel; may hold {run:05d}, "
        "{particle}, {array}, {seed}.",
        panel=in_out.PANEL,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace files that are there.",
        rich_help_panel=in_out.PANEL,
    ),
]


def simulate(
    array: Array = None,
    telescopes: Telescopes = None,
    particle: Particle = None,
    n_showers: NShowers = None,
    reuse: Reuse = None,
    energy: Energy = None,
    index: Index = None,
    zenith: Zenith = None,
    azimuth: Azimuth = None,
    viewcone: Viewcone = None,
    scatter_radius: ScatterRadius = None,
    seed: Seed = None,
    runs: Runs = None,
    output: Output = None,
    overwrite: Overwrite = False,
    config: configuration.Config = None,
    settings: configuration.Settings = None,
    workers: execution.Workers = None,
    executor: execution.Executor = None,
    scheduler: execution.Scheduler = None,
    cluster: execution.Cluster = None,
    resume: execution.Resume = False,
    dry_run: execution.DryRun = False,
    log_level: execution.Logging = execution.LogLevel.info,
) -> None:
    """Simulate showers and telescopes: raw data with truth."""
    keys: dict[str, Any] = {
        "array": array,
        "telescopes": telescopes,
        "particle": particle,
        "n_showers": n_showers,
        "reuse": reuse,
        "energy": energy,
        "index": index,
        "zenith": zenith,
        "azimuth": azimuth,
        "viewcone": viewcone,
        "scatter_radius": scatter_radius,
        "seed": seed,
        "runs": runs,
        "output": output,
    }
    run_and_tell(
        "simulate",
        log_level,
        overwrite=overwrite,
        config=config or (),
        set=settings or (),
        workers=workers,
        executor=executor,
        scheduler=scheduler,
        cluster=cluster,
        resume=resume,
        dry_run=dry_run,
        **{key: value for key, value in keys.items() if value is not None},
    )
