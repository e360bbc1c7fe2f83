"""Writing a shard: parts below ``_tmp/``, then their names, then one record."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa

from cta_columnar.faults import fault_point
from cta_columnar.remote import is_remote, location
from cta_columnar.store.begun import claim
from cta_columnar.store.commits import Previous, valid_record
from cta_columnar.store.drafts import brought, drafts_of
from cta_columnar.store.errors import DuplicateKeysError, StoreError
from cta_columnar.store.files import make_scratch, remove_tree
from cta_columnar.store.keys import KeyTracker, id_ranges, merged, runs
from cta_columnar.store.layout import SCRATCH, SUBARRAY, Place, part_name
from cta_columnar.store.manifest import check_not_late
from cta_columnar.store.parquet_options import COMPRESSION_LEVEL
from cta_columnar.store.part import PartWriter
from cta_columnar.store.processes import process_name
from cta_columnar.store.publish import publish
from cta_columnar.store.records import Part, Record
from cta_columnar.store.replaced import outdated
from cta_columnar.store.schema_check import schema_problems
from cta_columnar.store.scratch import put_back, take_scratch
from cta_columnar.store.shards import Shard
from cta_columnar.store.subarray import Subarray, check_subarray, ensure_subarray

_NONE = np.zeros(0, np.int64)


class ShardWriter:
    """Write the parts of one shard and commit them together, or leave nothing.

    Use it as a context manager; leaving without `commit` removes what was written.

    Parameters
    ----------
    root : path
        The dataset.
    shard : Shard
        What is being done.
    subarray : Subarray, optional
        The array; refused if the dataset is of another, written by the first commit.
    compression_level : int
        Of zstd, in every part of the shard.
    previous : mapping
        From `prepare`: what came of an earlier content of the inputs is replaced by
        the commit.

    Raises
    ------
    MixedDatasetError
        If the dataset is of another array.
    WriteError
        If nothing can be written there.
    """

    def __init__(
        self,
        root: str | Path,
        shard: Shard,
        subarray: Subarray | None = None,
        compression_level: int = COMPRESSION_LEVEL,
        previous: Previous | None = None,
    ) -> None:
        self.root = location(root)
        self.shard = shard
        self.subarray = subarray
        self._compression_level = compression_level
        self._replaced = outdated(shard, previous or {})
        self._stamps = [each.stamp for each in shard.inputs]
        self._scratch = self.root / SCRATCH / f"{shard.key}-{process_name()}"
        self._drafts = drafts_of(self._scratch)
        self._parts: dict[Place, PartWriter] = {}
        self._keys: dict[Place, KeyTracker] = {}
        if self.subarray is not None:
            check_subarray(self.root, self.subarray, shard.input_names)
        take_scratch(self._scratch)
        make_scratch(self._drafts)

    @property
    def _home(self) -> Path:
        """Where files lie before they get their names, by renaming or sending them."""
        return self._drafts if is_remote(self.root) else self._scratch

    def _write_subarray(self) -> None:
        # Not before the input is read to its end: the array of a damaged one must not
        # bind others.
        if self.subarray is not None:
            names = self.shard.input_names
            ensure_subarray(self.root, self.subarray, self._home, names)

    def append(
        self, table: str, batch: pa.RecordBatch | pa.Table, tel_type: str | None = None
    ) -> None:
        """Add rows to a table; a batch of no rows makes sure that the part exists.

        Parameters
        ----------
        table : str
            A name of ``schemas.tables``, e.g. ``"trigger"``.
        batch : pyarrow.RecordBatch or pyarrow.Table
            Rows, under the names, types and units of the schema.
        tel_type : str, optional
            Telescope type, for tables that are kept apart by it.

        Raises
        ------
        StoreError
            If a column is not what the schema says, or has nulls.
        WriteError
            If the disk is full, or the folder cannot be written.
        """
        place = Place(table, tel_type)
        if place not in self._parts:
            self._open(place, batch.schema)
        batches = [batch] if isinstance(batch, pa.RecordBatch) else batch.to_batches()
        for each in batches:
            try:
                self._parts[place].append(each)
            except StoreError as error:
                where = f"{self.shard.input_names}: {place}"
                raise type(error)(f"{where}: {error}") from error
            self._keys[place].add(each)

    def _open(self, place: Place, schema: pa.Schema) -> None:
        if place.table.startswith(SUBARRAY + "/"):
            raise StoreError("the array is given to the writer, not appended")
        problems = schema_problems(place, schema)
        if problems:
            raise StoreError(f"{place}: {'; '.join(problems)}")
        # All in one folder: to make and remove one for each takes as long as a part.
        path = self._drafts / f"{str(place.folder).replace('/', '-')}.parquet"
        self._parts[place] = PartWriter(
            path, schema, self._facts(place), self._compression_level
        )
        self._keys[place] = KeyTracker(place, schema)

    def _facts(self, place: Place) -> dict[str, str]:
        """Return what a part says of itself: only what another run would repeat."""
        identity = self.shard.identity
        return {
            "table": place.table,
            "tel_type": place.tel_type or "",
            "stage": identity.stage,
            "schema_version": identity.schema_version,
            "config_digest": identity.config_digest,
            "code_digest": identity.code_digest,
            "input_digest": self.shard.input_digest,
            "shard_key": self.shard.key,
        }

    def commit(
        self,
        counts: Mapping[str, int] | None = None,
        info: Mapping[str, Any] | None = None,
    ) -> Record:
        """Give the parts their names and record them: from here on the shard exists.

        If another process committed the same shard meanwhile, its work stands. So does
        a dataset that others finished meanwhile.

        Parameters
        ----------
        counts : mapping of str to int
            Events read, kept, dropped and why.
        info : mapping
            Anything else worth keeping, as plain data: the cut flow, warnings.

        Raises
        ------
        StoreError
            If an input changed meanwhile, or the dataset was finished without it.
        MixedDatasetError
            If others have begun the dataset with another configuration or code.
        DuplicateKeysError
            If a key occurs twice in a table of this shard.
        WriteError
            If the disk is full, or the folder cannot be written.
        """
        self._check_inputs()
        self._check_keys()
        drafts = self._close_parts()
        fault_point("before-rename")
        done = valid_record(self.root, self.shard)
        if done is not None:
            return done
        check_not_late(self.root, self.shard)
        # For others to see: it may have been long since the shard was begun.
        make_scratch(self._scratch)
        claim(self.root, self.shard, self._home)
        self._write_subarray()
        digest = self.subarray.digest if self.subarray is not None else ""
        ranges = [id_ranges(keys.columns()) for keys in self._keys.values()]
        record = Record(
            self.shard,
            tuple(sorted(drafts)),
            merged(itertools.chain.from_iterable(ranges)),
            runs(self._keys.values()),
            digest,
            dict(counts or {}),
            dict(info or {}),
        )
        return publish(self.root, record, drafts, self._home, self._replaced)

    def _check_inputs(self) -> None:
        for each, before in zip(self.shard.inputs, self._stamps, strict=True):
            if each.has_changed(before):
                raise StoreError(f"{each.path} changed while it was being read")

    def _check_keys(self) -> None:
        for place, keys in self._keys.items():
            twice = keys.duplicate()
            if twice:
                raise DuplicateKeysError(
                    f"{self.shard.input_names}: {twice} occurs twice in {place}"
                )

    def _close_parts(self) -> dict[Part, Path]:
        """Finish all files; return what they become and where they are now."""
        obs_ids = [keys.columns().get("obs_id", _NONE) for keys in self._keys.values()]
        first = min((int(ids.min()) for ids in obs_ids if ids.size), default=0)
        drafts = {}
        for place, part in self._parts.items():
            sha256, size = part.close()
            name = part_name(first, self.shard.seq, self.shard.key, sha256)
            final = (place.folder / name).as_posix()
            drafts[Part(final, sha256, size, part.rows)] = part.path
        return brought(drafts, self._scratch)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What was committed has moved away; the rest goes, whatever happened.
        for part in self._parts.values():
            part.abort()
        self._parts.clear()
        if self._drafts != self._scratch:
            # First: whatever the server says next, nothing stays on this machine.
            remove_tree(self._drafts)
        put_back(self._scratch)
