"""Datasets compared table by table, column by column."""

import pyarrow as pa

from cta_columnar import open_store
from cta_columnar.arrays import to_numpy


def columns_of(store, table, tel_type=None):
    """Bytes of each column; lists of any length and text as they are."""
    read = store.read(table, tel_type=tel_type)
    found = {}
    for name in read.column_names:
        column = read[name].combine_chunks()
        is_plain = not (
            pa.types.is_list(column.type) or pa.types.is_string(column.type)
        )
        found[name] = to_numpy(column).tobytes() if is_plain else column.to_pylist()
    return found


def assert_same_tables(one, other, but=(), only=None):
    """Compare all tables, or all ``but`` some, or ``only`` some."""
    one, other = open_store(one), open_store(other)
    assert only is not None or one.tables() == other.tables()
    for table, types in one.tables().items():
        if table in but or table not in (only or one.tables()):
            continue
        for tel_type in types or (None,):
            found = columns_of(one, table, tel_type)
            wanted = columns_of(other, table, tel_type)
            assert found.keys() == wanted.keys()
            different = [name for name in found if found[name] != wanted[name]]
            assert not different, (table, tel_type)
