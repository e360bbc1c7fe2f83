"""What a dataset of many shards costs besides its data, measured.

The shard is one of a real run. It is recorded many times under other names, with parts
that are links of one file, and the dataset finished and opened.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import ours
from cta_columnar.store import Input, Record, finalize, open_store, prepare
from cta_columnar.store.commits import write_record
from cta_columnar.store.journal import read_journals

_CALL = re.compile(r"^\d+\s+(\w+)\(.*")
_REMOTE = {
    "openat": "open",
    "newfstatat": "stat",
    "statx": "stat",
    "stat": "stat",
    "lstat": "stat",
    "access": "stat",
    "mkdir": "change",
    "rmdir": "change",
    "rename": "change",
    "renameat": "change",
    "renameat2": "change",
    "unlink": "change",
    "unlinkat": "change",
    "link": "change",
    "linkat": "change",
    "fsync": "fsync",
    "fdatasync": "fsync",
}

# In a process of its own, whose memory is not that of what was before.
_OPENED = """
import json, os, sys, time
from cta_columnar.executors.child import resident_memory
from cta_columnar.store import open_store
before, begin = resident_memory(os.getpid()), time.process_time()
store = open_store(sys.argv[1])
assert store.records
seconds = time.process_time() - begin
print(json.dumps({"seconds": seconds, "bytes": resident_memory(os.getpid()) - before}))
"""


def times_of(root: Path) -> dict[str, Any]:
    """Read what shards took from the journal of a dataset; the first of a process not.

    That one imports and loads kernels, which happens once.
    """
    shards = []
    for journal in read_journals(root):
        begun: set[int] = set()
        for line in journal.shards:
            if line["outcome"] == "made" and line["pid"] in begun:
                shards.append(line)
            begun.add(line.get("pid", -1))
    seconds = [line["seconds"] for line in shards]
    return {
        "shards": len(shards),
        "seconds": seconds,
        "cpu_s": statistics.mean(sum(line["steps"].values()) for line in shards),
        "read_mb": statistics.mean(line["raw_bytes"] for line in shards) / 1e6,
        "written_mb": statistics.mean(line["written_bytes"] for line in shards) / 1e6,
        "peak_mb": max(line["peak_bytes"] for line in shards) / 1e6,
    }


def size_of(root: Path) -> dict[str, float]:
    """Return files and bytes of a shard of a dataset, on average."""
    records = open_store(root).records
    parts = [part for record in records for part in record.parts]
    manifest = (root / "manifest.json").stat().st_size
    return {
        "parts_per_shard": len(parts) / len(records),
        "part_mb": sum(part.size for part in parts) / len(parts) / 1e6,
        "record_kb": manifest / len(records) / 1e3,
        "rows_per_shard": sum(part.rows for part in parts) / len(records),
    }


def records_cost(real: Path, scratch: Path, count: int) -> dict[str, float]:
    """Measure finishing and opening a dataset of many shards.

    Parameters
    ----------
    real : pathlib.Path
        A finished dataset, whose second shard is the pattern.
    scratch : pathlib.Path
        Folder that may be deleted.
    count : int
        Number of shards.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    store = open_store(real)
    pattern = store.records[1]
    identity = store.identity
    assert identity is not None
    prepare(scratch, identity)
    shutil.copytree(real / "subarray", scratch / "subarray", dirs_exist_ok=True)
    records = [_another(pattern, number) for number in range(count)]
    for record in records:
        for part, of_pattern in zip(record.parts, pattern.parts, strict=True):
            path = scratch / part.path
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(real / of_pattern.path, path)
        write_record(scratch, record)
    begin = time.process_time()
    finalize(scratch, [record.shard for record in records])
    finish_ms = (time.process_time() - begin) / count * 1e3
    answer = ours.answer([sys.executable, "-c", _OPENED, str(scratch)])
    shutil.rmtree(scratch)
    return {
        "records": count,
        "finish_ms": finish_ms,
        "open_ms": answer["seconds"] / count * 1e3,
        "open_kb": answer["bytes"] / count / 1e3,
    }


def _another(pattern: Record, number: int) -> Record:
    """Return the record of a shard that has other events, but is as large."""
    path = f"/nowhere/{number}"
    shard = replace(
        pattern.shard, inputs=(Input(path, f"digest-{number}", 1),), seq=0, n_shards=1
    )
    ranges = tuple(replace(each, obs_id=number) for each in pattern.id_ranges)
    parts = tuple(
        replace(each, path=each.path.replace(pattern.key, shard.key))
        for each in pattern.parts
    )
    return replace(pattern, shard=shard, id_ranges=ranges, parts=parts)


def calls(command: list[str], output: Path, log: Path) -> Counter[str]:
    """Count calls of the system that a file server must answer for a dataset.

    Parameters
    ----------
    command : list of str
        Arguments of ``ctacol``.
    output : pathlib.Path
        The dataset, known by its name in the calls.
    log : pathlib.Path
        Where they are written down; needs ``strace``.
    """
    code = "from cta_columnar.cli.main import main; main()"
    traced = f"trace={','.join(_REMOTE)}"
    trace = ["strace", "-f", "-y", "-qq", "-e", traced, "-o", str(log)]
    subprocess.run(
        [*trace, sys.executable, "-c", code, *command],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found: Counter[str] = Counter()
    with log.open(errors="replace") as lines:
        for line in lines:
            name = _CALL.match(line)
            if name and str(output) in line:
                found[_REMOTE[name[1]]] += 1
    return found
