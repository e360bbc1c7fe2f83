"""Print reconstructed directions, and next to them the true ones where simulated.

python examples/directions.py dl2/
"""

import sys

import polars as pl

COLUMNS = ["event_id", "multiplicity", "reco_is_valid"]
COLUMNS += ["reco_alt", "true_alt", "reco_az", "true_az", "true_energy"]

dataset = sys.argv[1]
events = pl.scan_parquet(f"{dataset}/events/*.parquet")
known = set(events.collect_schema().names())

table = events.select(name for name in COLUMNS if name in known).sort("event_id")
with pl.Config(tbl_cols=-1, float_precision=3, tbl_width_chars=120):
    print(table.collect())
