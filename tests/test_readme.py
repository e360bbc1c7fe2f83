"""What the README shows is what happens."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"^```python\n(?P<python>[\s\S]*?)^```|^(?P<shell>(?: {4}.*\n)+)", re.MULTILINE
)


def run(command, folder):
    """Run as a user would, in a folder of their own."""
    programs = Path(sys.executable).parent
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.full
def test_the_sessions_of_the_readme(tmp_path):
    seen = []
    for block in BLOCK.finditer(README):
        code, shell = block["python"], block["shell"]
        if code and code.startswith("# "):
            # The first line names the file.
            (tmp_path / code.split()[1]).write_text(code)
        elif code:
            run([sys.executable, "-c", code], tmp_path)
        elif shell.lstrip().startswith("ctacol"):
            if "--output dl1/" in shell:  # each session starts afresh
                shutil.rmtree(tmp_path / "dl1", ignore_errors=True)
            run(["bash", "-euc", shell], tmp_path)
        else:
            continue
        seen.append("python" if code else "shell")
    assert seen.count("python") >= 3
    assert seen.count("shell") >= 3


def test_the_loop_over_events_needs_no_certain_telescope(shared, tmp_path):
    raw = shared / "data/simtel/prod5_north_proton_flashcam.simtel.zst"
    (tmp_path / "run.simtel.zst").symlink_to(raw)
    (loop,) = (
        block["python"]
        for block in BLOCK.finditer(README)
        if "for event in open_source" in (block["python"] or "")
    )
    run([sys.executable, "-c", loop], tmp_path)


def test_the_readme_says_how_to_run_the_tests():
    assert "\n    make test\n" in README
