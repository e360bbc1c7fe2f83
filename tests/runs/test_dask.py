"""A run on a Dask cluster gives the bytes of any other run, whatever is lost."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from runs.commands import hashes, stage1, stage2

from cta_columnar.errors import UserError

TESTS = Path(__file__).parents[1]


def test_the_same_bytes_as_in_one_process(inputs, dl1, dl2, dask_scheduler, tmp_path):
    stage1(inputs, tmp_path / "dl1", workers=None, scheduler=dask_scheduler)
    assert hashes(tmp_path / "dl1") == hashes(dl1)
    stage2(dl1, tmp_path / "dl2", workers=None, scheduler=dask_scheduler)
    assert hashes(tmp_path / "dl2") == hashes(dl2)
