"""Compile what the default stages and the search for muons use, by running them."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from cta_columnar.kernels._jit import CACHE_FOLDER
from cta_columnar.pipelines.run import run

# A few events, so that some of them pass all cuts and reach the last kernel.
N_EVENTS = 10
# Any image is good enough to compile for; the light of few is fitted, which takes time.
RINGS = {"name": "MuonProcessor", "pixels_above": 2, "charge_above": 0.0}


def warm_up(raw: Path) -> tuple[dict[str, float], Path]:
    """Process the first events of a raw file into nothing.

    Compiled kernels stay on the disk; all later processes load them from there.

    Parameters
    ----------
    raw : pathlib.Path
        Any raw file: its content does not matter, its telescopes hardly.

    Returns
    -------
    seconds : dict of str to float
        Time that each stage took.
    folder : pathlib.Path
        Where the compiled kernels lie.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    seconds = {}
    with TemporaryDirectory(prefix="ctacol-warmup-") as folder:
        dl1, dl2 = Path(folder) / "dl1", Path(folder) / "dl2"
        begin = time.perf_counter()
        run(
            "stage1",
            input=raw,
            output=dl1,
            workers=1,
            max_events=N_EVENTS,
            # Known in every file, unlike the effective one.
            focal_length_choice="EQUIVALENT",
            skip_calibration_events=False,
            muons=RINGS,
        )
        middle = time.perf_counter()
        run("stage2", input=dl1, output=dl2, workers=1)
        seconds = {"stage1": middle - begin, "stage2": time.perf_counter() - middle}
    return seconds, CACHE_FOLDER
