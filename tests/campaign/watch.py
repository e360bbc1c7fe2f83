"""A reader that looks at a dataset again and again, while others write, die and go on.

What it holds against the dataset, at every look:

- whatever has the name of a part is whole: a Parquet file with the SHA-256 of its name;
- manifest, records and provenance are JSON;
- `open_store` opens it, once there is a dataset, and so does `ctacol status`;
- each part of a committed record is there, with size, SHA-256 and rows of the record;
- rows can be read, and are as many as the records say;
- what was committed once stays, unchanged;
- stage 2 refuses it as not finished, or takes it; then a plain glob is right.
"""

import hashlib
import io
import json
import traceback
from collections import Counter
from multiprocessing import get_context
from pathlib import Path

import pyarrow.parquet as pq

from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.status import status
from cta_columnar.pipelines.running.dataset_shards import check_input
from cta_columnar.store import StoreError, open_store
from cta_columnar.store.layout import COMMITS, MANIFEST, PROVENANCE, parts_on_disk
from cta_columnar.store.manifest import stamp_of

# All that may be said of a folder in which no run has begun, and of an unfinished one.
NOT_YET = ("does not exist, so it is no dataset", "it has neither manifest.json nor")
NOT_FINISHED = "is not finished, some inputs may be missing: go on with it first"
PAUSE_S = 0.25
PATIENCE_S = 240


class Watch:
    """Looks at one dataset.

    Attributes
    ----------
    lost : set of str
        Keys of shards of which somebody has removed files: these may be missing.
    problems : Counter of str
        What was wrong, and how often.
    seen : Counter of str
        Looks, records that were looked at, those while the dataset was not finished.
    """

    def __init__(self, root):
        self.root = Path(root)
        self.lost = set()
        self.problems = Counter()
        self.seen = Counter()
        self._records = {}
        self._checked = {}

    def look(self):
        """Look once at everything."""
        self.seen["looks"] += 1
        try:
            self._look_at_files()
            self._look_at_dataset()
        except Exception:
            self._complain(traceback.format_exc(limit=-3))

    def _complain(self, what):
        self.problems[what] += 1

    def _look_at_files(self):
        for path in map(self.root.joinpath, parts_on_disk(self.root)):
            if self._digest(path) not in (None, "?"):
                digits = path.stem.rpartition("-")[2]
                if not self._checked[path][1].startswith(digits):
                    self._complain(f"{path} has another SHA-256 than its name")
        plain = [self.root / MANIFEST, self.root / PROVENANCE]
        for path in (*plain, *(self.root / COMMITS).glob("*.json")):
            try:
                json.loads(path.read_bytes())
            except FileNotFoundError:
                continue
            except ValueError:
                self._complain(f"{path} is not whole")

    def _digest(self, path):
        """SHA-256 of a part, and look whether it is Parquet; None if it is gone."""
        stamp = stamp_of(path)
        if path not in self._checked or self._checked[path][0] != stamp:
            try:
                raw = path.read_bytes()
                self._checked[path] = stamp, hashlib.sha256(raw).hexdigest()
                pq.ParquetFile(io.BytesIO(raw)).read()
            except FileNotFoundError:
                return None
            except Exception as error:
                # Gone between the two looks, or damaged.
                if path.exists():
                    self._complain(f"{path} is half-written: {error}")
                return "?"
        return self._checked[path][1]

    def _look_at_dataset(self):
        before = stamp_of(self.root / MANIFEST)
        try:
            store = open_store(self.root)
        except StoreError as error:
            if self._records or not any(each in str(error) for each in NOT_YET):
                raise
            self.seen["not yet"] += 1
            return
        self._look_at_records({record.key: record for record in store.records})
        self._read_some(store)
        self._ask_whether_finished(store, before)
        status(self.root)

    def _look_at_records(self, records):
        self.seen["records"] += len(records)
        for key, known in self._records.items():
            if records.get(key) != known and key not in self.lost:
                what = "changed" if key in records else "vanished"
                self._complain(f"the record {key} has {what}")
        self._records |= records
        for key, record in records.items():
            for part in record.parts:
                path = self.root / part.path
                found = self._digest(path)
                if found is None and key in self.lost:
                    continue
                if found != part.sha256:
                    self._complain(f"{path} is not what its record says: {found}")
                elif path.stat().st_size != part.size:
                    self._complain(f"{path} has another size than its record says")

    def _read_some(self, store):
        """Read two tables as users do, others at each look."""
        tables = [
            (name, tel_type)
            for name, types in store.tables().items()
            for tel_type in types or (None,)
        ]
        turn = self.seen["looks"]
        for number in (turn, 7 * turn + 3) if tables else ():
            name, tel_type = tables[number % len(tables)]
            try:
                n_read = store.read(name, tel_type=tel_type, verify=True).num_rows
                n_scanned = store.scan(name, tel_type).collect().height
            except (StoreError, OSError) as error:
                # Somebody has removed a file: that, and nothing else, may be told.
                if self.lost and any(key in str(error) for key in self.lost):
                    continue
                raise
            is_listed = not name.startswith("subarray/")
            n_told = store.rows(name, tel_type) if is_listed else n_read
            if not n_read == n_scanned == n_told:
                self._complain(f"{name}: {n_read} rows read, {n_scanned} scanned")

    def _ask_whether_finished(self, store, before):
        try:
            check_input(store, self.root.parent / "dl2", ("stage1",), "stage2")
        except UserError as error:
            if NOT_FINISHED not in str(error):
                raise
            self.seen["not finished"] += 1
            return
        listed = {part.path for record in store.records for part in record.parts}
        there = set(parts_on_disk(self.root))
        # Somebody may have gone on with it meanwhile, or finished it.
        if before and before == stamp_of(self.root / MANIFEST) and store.is_finished:
            self.seen["finished"] += 1
            missing = {each for each in listed - there if not self._may_lack(each)}
            # Leftovers go after the manifest is there: at the last look, none is left.
            if missing:
                self._complain(f"finished without {sorted(missing)}")

    def _may_lack(self, path):
        return any(key in path for key in self.lost)


def _attend(pipe):
    """Serve in a process of its own: watch, take note of what is lost, tell."""
    while (root := pipe.recv()) is not None:
        watch = Watch(root)
        while True:
            watch.look()
            if pipe.poll(PAUSE_S):
                word, key = pipe.recv()
                if word == "stop":
                    break
                watch.lost.add(key)
                pipe.send("noted")
        watch.look()
        pipe.send((watch.seen, watch.problems))


class Reader:
    """The process that watches; used as a context manager."""

    def __enter__(self):
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_attend, args=(theirs,), daemon=True)
        self._process.start()
        return self

    def watch(self, root):
        """Begin to look at a dataset, which need not be there."""
        self._pipe.send(str(root))

    def bear_loss_of(self, key):
        """Say which shard is going to lose a file; returns when that is known."""
        self._pipe.send(("lost", key))
        self._answer()

    def stop(self):
        """Stop looking; return what was seen, and problems."""
        self._pipe.send(("stop", ""))
        return self._answer()

    def _answer(self):
        if not self._pipe.poll(PATIENCE_S):
            raise TimeoutError("the reader hangs")
        return self._pipe.recv()

    def __exit__(self, *_):
        self._pipe.send(None)
        self._process.join(PATIENCE_S)
