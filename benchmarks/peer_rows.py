"""Run by the peer's Python: count what a ctapipe file holds.

python peer_rows.py FILE.h5
"""

import json
import sys

import numpy as np
import tables

GROUPS = {
    "images": "/dl1/event/telescope/images",
    "parameters": "/dl1/event/telescope/parameters",
    "events": "/dl2/event/subarray/geometry",
}


def main() -> None:
    """Print the rows of images, parameters and stereo results, as JSON."""
    rows = dict.fromkeys([*GROUPS, "parametrized"], 0)
    with tables.open_file(sys.argv[1]) as file:
        for kind, group in GROUPS.items():
            for table in file.walk_nodes(group, classname="Table"):
                rows[kind] += int(table.nrows)
                if kind == "parameters":
                    charge = table.col("hillas_intensity")
                    rows["parametrized"] += int(np.isfinite(charge).sum())
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
