"""Compiled code on the disk, which processes of many machines write at once."""

import os
import subprocess
import sys

import numba
import numpy as np
import pytest
from numba.core.caching import IndexDataCacheFile

from cta_columnar.kernels._jit import OneFileEach, njit

CPU_1, CPU_2 = ("x86_64", "znver3", "+avx2"), ("x86_64", "skylake", "+avx512f")
I8, F8 = ((numba.int64,), "code"), ((numba.float64,), "code")


def key(types, cpu=CPU_1):
    return types[0], cpu, types[1]


def test_two_that_write_at_the_same_time_spoil_nothing(tmp_path):
    writers = [OneFileEach(str(tmp_path), "f.py", "stamp") for _ in range(3)]
    keys = [key(I8), key(F8), key(I8, CPU_2)]
    for writer, each in zip(writers, keys, strict=True):
        writer.save(each, str(each))
    reader = OneFileEach(str(tmp_path), "f.py", "stamp")
    assert [reader.load(each) for each in keys] == [str(each) for each in keys]
    assert reader.load(key(F8, CPU_2)) is None
    # Edited code is other code.
    assert OneFileEach(str(tmp_path), "f.py", "later").load(keys[0]) is None


def test_an_index_of_numba_would_be_spoiled(tmp_path):
    """Say why: if this fails, numba has mended it."""
    first, second = (IndexDataCacheFile(str(tmp_path), "f.py", "stamp") for _ in "12")
    # Both look at the index, then both write.
    first._load_index = second._load_index = dict
    first.save(key(I8), "of integers")
    second.save(key(F8), "of floats")
    first._save_index({key(I8): "f.py.1.nbc"})
    again = IndexDataCacheFile(str(tmp_path), "f.py", "stamp")
    assert again.load(key(I8)) == "of floats"


def test_a_damaged_file_is_none(tmp_path):
    cache = OneFileEach(str(tmp_path), "f.py", "stamp")
    cache.save(key(I8), "x" * 1000)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    # One that says something else yet, as code with a changed byte does.
    changed = whole.replace(b"xxxx", b"xxxy", 1)
    assert len(changed) == len(whole)
    assert changed != whole
    for content in (b"", whole[:500], b"nonsense", changed, whole + b"\0"):
        path.write_bytes(content)
        assert cache.load(key(I8)) is None
    cache.save(key(I8), "anew")
    assert cache.load(key(I8)) == "anew"


def test_a_disk_that_cannot_be_written_costs_time_only(tmp_path, monkeypatch):
    def full(*_words):
        raise OSError(28, "No space left on device")

    cache = OneFileEach(str(tmp_path), "f.py", "stamp")
    monkeypatch.setattr(os, "replace", full)
    cache.save(key(I8), "lost")
    monkeypatch.undo()
    assert cache.load(key(I8)) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    bool(os.environ.get("NUMBA_DISABLE_JIT")), reason="nothing is compiled"
)
def test_kernels_are_kept_so(tmp_path):
    @njit
    def double(values):
        return values * 2

    cache = double._cache._cache_file
    assert isinstance(cache, OneFileEach)
    cache._index_path = str(tmp_path / "double.nbi")
    cache._cache_path = str(tmp_path)
    assert double(np.ones(2))[0] == 2.0
    assert double(np.ones(2, np.int64))[0] == 2
    names = [path.name for path in tmp_path.iterdir()]
    assert len(names) == 2
    assert all(name.endswith(".nbc") for name in names)


_READS = """
import sys
import numpy as np
from cta_columnar.kernels.histograms import first_places
assert first_places(np.ones(2, bool)).tolist() == [0, 0]
print("numba.np.arraymath" in sys.modules)
"""


@pytest.mark.skipif(
    bool(os.environ.get("NUMBA_DISABLE_JIT")), reason="nothing is compiled"
)
def test_what_is_compiled_is_read_without_the_compiler():
    # The first may have to compile.
    command = [sys.executable, "-c", _READS]
    told = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert told[1] == "False\n"
