"""Print reconstructed directions next to the true ones.

python examples/directions.py dl2/
"""

import sys

import polars as pl

KEY = ["obs_id", "event_id"]

dataset = sys.argv[1]
events = pl.scan_parquet(f"{dataset}/events/*.parquet")
truth = pl.scan_parquet(f"{dataset}/showers/*.parquet")

table = (
    events.join(truth, on=KEY, how="left")
    .select(
        *KEY,
        "multiplicity",
        "reco_is_valid",
        *("reco_alt", "true_alt", "reco_az", "true_az", "true_energy"),
    )
    .sort(KEY)
    .collect()
)
with pl.Config(tbl_cols=-1, float_precision=3):
    print(table)
