"""Inputs that were left out of a dataset: written down until they are there."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from cta_columnar.digests import file_digest
from cta_columnar.errors import ReadError
from cta_columnar.remote import absolute_name, is_remote, location
from cta_columnar.store.commits import by_input, drop_record, read_contents, write_plain
from cta_columnar.store.files import remove
from cta_columnar.store.layout import COMMITS
from cta_columnar.store.manifest import Skipped, finished_with
from cta_columnar.store.shards import Input, real_path


def skipped_path(root: Path, path: str) -> Path:
    """Where it lies that an input was left out."""
    # By its bytes: names of files need not be text.
    name = hashlib.sha256(os.fsencode(real_path(path))).hexdigest()[:20]
    return root / COMMITS / f"skipped-{name}.json"


def write_skipped(root: str | Path, path: str, reason: str) -> None:
    """Write down that one input was left out; see `leave_out`."""
    leave_out(root, {path: reason})


def leave_out(root: str | Path, reasons: Mapping[str, str]) -> None:
    """Write down that inputs were left out, and why; listed in the manifest.

    What came of another content that they had earlier is taken out. Who comes after
    somebody else has finished the dataset changes nothing of what is settled there.
    """
    root = location(root)
    finished = finished_with(root)
    if finished is not None:
        reasons = {p: why for p, why in reasons.items() if not finished.settles(p)}
    if not reasons:
        return
    known = by_input(read_contents(root).committed)
    for path, reason in reasons.items():
        # As of inputs: a later run may start in another folder.
        note_skipped(root, Skipped(absolute_name(path), reason))
        real = real_path(path)
        for record in known.get(real, ()):
            mine = (each for each in record.shard.inputs if each.real_path == real)
            if any(map(is_changed, mine)):
                drop_record(root, record.key)


def note_skipped(root: Path, skipped: Skipped) -> None:
    """Write down that an input was left out, and touch nothing else."""
    write_plain(root, skipped_path(root, skipped.path), asdict(skipped))


def drop_skipped(root: Path, path: str) -> None:
    """Forget that an input was left out."""
    remove(skipped_path(root, path))


def is_changed(known: Input) -> bool:
    """Whether a file has another content now; not if that cannot be told."""
    path = location(known.real_path)
    try:
        if known.has_changed():
            return True
        if is_remote(path):
            # It has one shard, and often no stamp that tells contents apart.
            return file_digest(path) != known.digest
        stat = path.stat()
        stamp = stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
        return _digest(path, stamp) != known.digest
    except (OSError, ReadError):
        return False


@lru_cache(maxsize=8)
def _digest(path: Path, stamp: tuple[int, ...]) -> str:
    """Return the digest of a file, which is asked for each of its shards."""
    del stamp  # by it, a file that changed is another one
    return file_digest(path)
