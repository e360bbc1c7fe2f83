"""``write.compression_level`` reaches the files of a run, and changes no value."""

import pyarrow.parquet as pq
from reference.simtel_files import find

from cta_columnar import run


def test_level_reaches_the_files(shared, tmp_path):
    files = {}
    for level in (1, 19):
        root = tmp_path / str(level)
        run(
            "stage1",
            input=find(shared, "aux_traces_2029"),
            output=root,
            workers=1,
            write={"compression_level": level},
        )
        (files[level],) = root.glob("images/*/part-*.parquet")
    low, high = (pq.ParquetFile(files[level]) for level in (1, 19))
    assert low.read().equals(high.read())
    sizes = [
        sum(f.metadata.row_group(0).column(i).total_compressed_size for i in range(n))
        for f, n in ((low, low.metadata.num_columns), (high, high.metadata.num_columns))
    ]
    assert sizes[1] < sizes[0]
