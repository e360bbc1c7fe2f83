"""Running the stages on the files of `simtel_surgery`, in this process or another."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pyarrow.parquet as pq

from cta_columnar import run

# Low thresholds, so that every shower has images with parameters.
SETTINGS = (
    "source.focal_length_choice=EQUIVALENT",
    "source.skip_calibration_events=false",
    "cleaner.picture_threshold_pe=5",
    "cleaner.boundary_threshold_pe=2.5",
)


# What they say of the source.
SOURCE_SETTINGS = tuple(each for each in SETTINGS if each.startswith("source."))


def reduce(inputs, output, **how):
    """Make DL0, of everything that `stage1` reads."""
    how = {"workers": 1, "set": SOURCE_SETTINGS} | how
    with patch.object(os, "fsync"):
        return run("reduce", input=inputs, output=output, **how)


def stage1(inputs, output, **how):
    """Run stage 1; processes get killed here, so waiting for the disk is idle."""
    how = {"workers": 1, "set": SETTINGS} | how
    with patch.object(os, "fsync"):
        return run("stage1", input=inputs, output=output, **how)


def stage2(dl1, output, **how):
    with patch.object(os, "fsync"):
        return run("stage2", input=dl1, output=output, **{"workers": 1} | how)


MAIN = "from cta_columnar.cli.main import main; main()"


def start(stage, inputs, output, *options, fault="", program=MAIN, **environment):
    """Start ``ctacol run`` as the leader of a process group of its own."""
    words = [word for path in inputs for word in ("--input", path)]
    if stage == "stage1":
        words += [word for each in SETTINGS for word in ("--set", each)]
    words += ["--output", output, *options]
    return subprocess.Popen(
        [sys.executable, "-c", program, "run", stage, *map(str, words)],
        env=os.environ | {"CTACOL_FAULT": fault} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def members(group):
    """Processes of a group that run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, number, *_ = stat.read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if int(number) == group and state not in "ZX":
            found.append(int(stat.parent.name))
    return found


def hashes(root):
    """SHA-256 of every file of a dataset by path; not of what says when it was made."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "provenance.json"
        if not {"_journal", "_plan"} & set(path.relative_to(root).parts)
    }


def flip_in_last_column(path):
    """Change one byte of a part, in values rather than in what describes them."""
    group = pq.read_metadata(path).row_group(0)
    column = group.column(group.num_columns - 1)
    raw = bytearray(path.read_bytes())
    raw[column.data_page_offset + column.total_compressed_size - 1] ^= 0xFF
    path.write_bytes(raw)
