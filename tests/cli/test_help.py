"""Help comes at once and says what a newcomer needs."""

import subprocess
import sys

import pytest

from cta_columnar import __version__
from cta_columnar.cli.commands import repeated

HEAVY = ("numpy", "pyarrow", "polars", "numba", "astropy", "yaml", "rich", "dask")

VERBS = [
    "",
    "run",
    "run reduce",
    "run stage1",
    "run stage2",
    "run train",
    "run stage3",
    "run planned",
    "plan",
    "plan stage1",
    "plan stage3",
    "status",
    "finish",
    "merge",
    "run irf",
    "report",
    "config",
    "config show",
    "config check",
    "config algorithms",
    "info",
    "validate",
    "warmup",
]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("width", [80, 120])
def test_help_fits_the_terminal(ctacol, verb, width):
    shown = ctacol(*verb.split(), "--help", width=width)
    assert shown.status == 0
    assert shown.out == ctacol(*verb.split(), "-h", width=width).out
    assert max(map(len, shown.out.splitlines())) <= min(width, 100)
    commands = shown.out.partition("Commands:\n")[2].partition("\n\n")[0]
    assert not any(line.endswith("...") for line in commands.splitlines())


@pytest.mark.parametrize(
    ("verb", "lines"),
    [
        (
            "",
            [
                "  run       Run a stage; each reads what the one before wrote.",
                "    ctacol run stage1 --input run.simtel.zst --output dl1  images",
                "    ctacol info dl2 ",
                "  --version   Say the version.",
            ],
        ),
        (
            "run stage1",
            [
                "Usage: ctacol run stage1 --input PATH... --output FOLDER [OPTIONS]",
                "Input and output:",
                "  -i, --input PATH...  Raw files, or folders of them",
                "Configuration:",
                "  -s, --set KEY=VALUE ",
                "  --allowed-tels IDS            Only these telescopes, e.g. 1-4,7.",
                "How it runs:",
                "  --resume             Go on with a run that was stopped",
                "    ctacol run stage1 --input prod6/*.simtel.zst --output dl1",
            ],
        ),
        (
            "simulate",
            [
                "Usage: ctacol simulate [OPTIONS]",
                "What is simulated:",
                "  --energy LOW:HIGH   TeV, e.g. 0.02:100.",
                "    ctacol simulate --array LST-1 --particle muon",
            ],
        ),
        ("run stage2", ["  -i, --input DATASET  The folder that stage1 wrote."]),
        ("run stage3", ["  -m, --models FOLDER "]),
        ("run irf", ["  --add-to FOLDER "]),
        (
            "config show",
            [
                "Arguments:",
                "  STAGE  simulate, reduce, stage1, calibration, stage2, train,",
                "  --for PATH ",
            ],
        ),
        ("info", ["Usage: ctacol info [OPTIONS] PATH"]),
    ],
)
def test_help_says_what_matters(ctacol, verb, lines):
    text = "\n" + ctacol(*verb.split(), "--help").out
    for line in lines:
        assert f"\n{line}" in text


def test_verbs_come_in_the_order_of_use(ctacol):
    commands = ctacol("--help").out.split("Commands:\n")[1].split("\n\n")[0]
    verbs = [line.split()[0] for line in commands.splitlines()]
    assert verbs == [
        "simulate",
        "run",
        "plan",
        "status",
        "finish",
        "merge",
        "report",
        "config",
        "info",
        "validate",
        "warmup",
    ]


@pytest.mark.parametrize("verb", ["", "simulate", "run stage1", "config show"])
def test_help_loads_no_heavy_library(verb):
    words = [*verb.split(), "--help"]
    code = (
        "import sys\n"
        f"sys.argv = ['ctacol', *{words!r}]\n"
        "from cta_columnar.cli.main import main\n"
        "try:\n    main()\n"
        "finally:\n"
        f"    print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_version(ctacol):
    assert ctacol("--version").out == f"ctacol {__version__}\n"


def test_nothing_said_shows_the_help(ctacol):
    shown = ctacol()
    assert shown.status == 2
    assert "First steps:" in shown.out + shown.err


@pytest.mark.parametrize(
    ("words", "spread"),
    [
        ("--input a b --output c", "--input a --input b --output c"),
        ("--output c --input a b", "--output c --input a --input b"),
        ("-i a b -o c -i d", "-i a -i b -o c -i d"),
        ("--input --output c", "--input --output c"),
        ("--input", "--input"),
        ("--input=a --output c", "--input=a --output c"),
        ("--input a -- b c", "--input a -- b c"),
        ("--input a -", "--input a --input -"),
        ("x y", "x y"),
    ],
)
def test_an_option_of_many_words(words, spread):
    assert repeated(words.split(), ("--input", "-i")) == spread.split()
