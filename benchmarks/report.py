"""Figures as Markdown tables, each beside what is wanted of it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.dl0 import Dl0Speed
from benchmarks.images import ImageSpeed
from benchmarks.memory import Memory
from benchmarks.startup import Startup
from benchmarks.stereo_alone import StereoAlone
from benchmarks.throughput import Throughput

RATIO, BARE_SHARE, STEREO_RATIO = 7, 0.5, 200
# From raw to DL1; the lower of the two.
DL1_RATIO, DL1_BARE_SHARE = 9, 0.65
LOSSLESS_RATIO, REDUCED_RATIO = 15, 30
IMAGES_RATIO = 40
HELP_S, START_S = 0.5, 3
PEAK_MB = 1000


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return one Markdown table; numbers to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])


def throughput(results: Sequence[Throughput]) -> str:
    """Raw file to DL2 geometry."""

    def row(name: str, wanted: str, *values: str) -> list[str]:
        return [name, *values, wanted]

    def rate(count: int, seconds: float) -> str:
        return f"{count / seconds:.0f}"

    rows = [
        row("array events", "", *(f"{r.events}" for r in results)),
        row("telescope events", ">= 1000", *(f"{r.telescope_events}" for r in results)),
        row(
            "images with parameters, ours / peer",
            "",
            *(f"{r.parametrized} / {r.peer_parametrized}" for r in results),
        ),
        row(
            "size of an event, long file against original",
            "within 5 %",
            *(f"{r.file.deviation:+.1%}" for r in results),
        ),
        row(
            "**ours**, telescope events per CPU s",
            "",
            *(rate(r.telescope_events, r.ours_s) for r in results),
        ),
        row(
            "ctapipe, telescope events per CPU s",
            "",
            *(rate(r.telescope_events, r.peer_s) for r in results),
        ),
        row("**ratio**", f">= {RATIO}", *(f"**{r.ratio:.1f}**" for r in results)),
        row(
            "ours, array events per CPU s",
            "",
            *(rate(r.events, r.ours_s) for r in results),
        ),
        row(
            "ours, MB (decompressed) per CPU s",
            "",
            *(rate(r.file.raw_bytes // 1_000_000, r.ours_s) for r in results),
        ),
        row(
            "CPU s: stage 1 + stage 2",
            "",
            *(f"{r.stage1_s:.2f} + {r.stage2_s:.2f}" for r in results),
        ),
        row(
            "bare CPU s: zstd + varint",
            "",
            *(f"{r.zstd_s:.2f} + {r.varint_s:.2f}" for r in results),
        ),
        row(
            "**bare / ours**",
            f">= {BARE_SHARE:.0%}",
            *(f"**{r.bare_share:.0%}**" for r in results),
        ),
        row(
            "start-up taken off, CPU s, ours / peer",
            "",
            *(f"{r.startup_s:.1f} / {r.peer_startup_s:.1f}" for r in results),
        ),
    ]
    return table(["raw to DL2", *(r.file.name for r in results), "wanted"], rows)


def stereo(results: Sequence[StereoAlone]) -> str:
    """Stage 2 alone, a row for each file and set of reconstructors."""
    rows = [
        [
            r.name,
            " and ".join(r.reconstructors),
            f"{r.ours_us:.1f}",
            f"{r.peer_us:.0f}",
            f"**{r.ratio:.0f}**",
            f">= {STEREO_RATIO}",
        ]
        for r in results
    ]
    head = ["file", "geometry alone, us per event", "ours", "ctapipe", "ratio"]
    return table([*head, "wanted"], rows)


def dl0(results: Sequence[Dl0Speed]) -> str:
    """Packed waveforms to DL1."""

    def us(name: str, of: str) -> list[str]:
        return [name, *(f"{r.us(getattr(r, of)):.0f}" for r in results), ""]

    def ratio(name: str, of: str, wanted: str) -> list[str]:
        values = [r.peer_s / getattr(r, of) for r in results]
        return [f"**{name}**", *(f"**{v:.1f}**" for v in values), wanted]

    from_raw = f">= {DL1_RATIO}, or {DL1_BARE_SHARE:.0%} of bare"
    rows = [
        ["telescope events", *(f"{r.telescope_events}" for r in results), ""],
        ["pixels kept in reduced DL0", *(f"{r.kept:.0%}" for r in results), "15 %"],
        us("raw to DL1, us per telescope event", "raw_s"),
        us("lossless DL0 to DL1, us", "lossless_s"),
        us("reduced DL0 to DL1, us", "reduced_s"),
        us("ctapipe, raw to DL1, us", "peer_s"),
        ratio("ctapipe / from raw", "raw_s", from_raw),
        ratio("ctapipe / from lossless DL0", "lossless_s", f">= {LOSSLESS_RATIO}"),
        ratio("ctapipe / from reduced DL0", "reduced_s", f">= {REDUCED_RATIO}"),
    ]
    return table(["DL0 to DL1", *(r.name for r in results), "wanted"], rows)


def images(results: Sequence[ImageSpeed]) -> str:
    """Compare the ways from stored images to parameters."""
    rows = [
        [name, *(f"{getattr(r, of):.0f}" for r in results), ""]
        for name, of in (
            ("telescope events, ours", "telescope_events"),
            ("telescope events, ctapipe", "peer_telescope_events"),
            ("ours, us per telescope event", "ours_us"),
            ("ours, true images anew, too, us", "anew_us"),
            ("ctapipe, true images anew, too, us", "peer_us"),
        )
    ]
    for name, of in (
        ("ctapipe / ours", "ours_us"),
        ("ctapipe / ours, true images anew", "anew_us"),
    ):
        values = [r.peer_us / getattr(r, of) for r in results]
        wanted = f">= {IMAGES_RATIO}"
        rows.append([f"**{name}**", *(f"**{v:.0f}**" for v in values), wanted])
    head = ["images to parameters", *(r.name for r in results), "wanted"]
    return table(head, rows)


def startup(result: Startup) -> str:
    """Wall-clock times before the first result."""
    rows = [
        ["`ctacol --help`", f"{result.help_s:.2f}", f"< {HELP_S}"],
        ["stage 1 on one event", f"{result.warm_s:.2f}", f"< {START_S}"],
        ["the same, compiling all kernels", f"{result.cold_s:.1f}", "stated"],
    ]
    return table(["start", "s", "wanted"], rows)


def memory(results: Sequence[tuple[str, Memory]]) -> str:
    """Peak memory by length of the input."""
    rows = [
        [
            f"{name}, {r.telescope_events} telescope events",
            f"{r.stage1_mb:.0f}",
            f"{r.stage2_mb:.0f}",
            f"< {PEAK_MB}, flat",
        ]
        for name, r in results
    ]
    return table(["peak memory, MB", "stage 1", "stage 2", "wanted"], rows)


def heading(machine: dict[str, str]) -> str:
    """Return date and machine, one line each."""
    return "\n".join(f"- {key}: {value}" for key, value in machine.items())


def plain(result: Any) -> Any:  # noqa: ANN401 - JSON has no better type
    """Return a result as what JSON can hold."""
    return asdict(result)
