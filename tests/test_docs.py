"""What the pages of docs/ show is what happens."""

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def cells(page: str) -> str:
    """Return the Python of a page, as one script."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.M | re.S))


def test_a_new_algorithm_from_a_notebook_cell(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", cells("new_algorithm.md")],
        cwd=tmp_path,
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in ("extractor", "cleaner"):
        table = done.stdout.split(f"{name} shape")[1]
        images, charge, length, pixels = table.splitlines()[6].split("┆")
        assert int(images.strip("│ ")) >= 10
        # Other algorithms, but of the same showers.
        assert 0.8 < float(charge) < 1.1
        assert 0.8 < float(length) < 1.2
        assert 0.5 < float(pixels.strip("│ ")) < 1.5
        assert (float(charge), float(length)) != (1.0, 1.0)
    assert (tmp_path / "images.png").stat().st_size > 10_000
