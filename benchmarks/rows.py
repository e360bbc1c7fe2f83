"""Count what a dataset of ours holds, and how many images had parameters.

python -m benchmarks.rows DL1 DL2
"""

import json
import sys
from pathlib import Path

import polars as pl


def _rows(pattern: str) -> int:
    return int(pl.scan_parquet(pattern).select(pl.len()).collect().item())


def main() -> None:
    """Print the rows as JSON."""
    dl1, dl2 = sys.argv[1:]
    types = [path.name for path in Path(dl1, "parameters").iterdir()]
    kept = [
        pl.scan_parquet(f"{dl1}/parameters/{name}/*.parquet")
        .select(pl.col("hillas_intensity").is_not_nan().sum())
        .collect()
        .item()
        for name in types
    ]
    result = {
        "images": sum(_rows(f"{dl1}/images/{name}/*.parquet") for name in types),
        "parameters": sum(_rows(f"{dl1}/parameters/{n}/*.parquet") for n in types),
        "events": _rows(f"{dl2}/events/*.parquet"),
        "parametrized": sum(map(int, kept)),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
