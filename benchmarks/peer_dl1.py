"""Run by the peer's Python: turn a ctapipe file into plain arrays.

python peer_dl1.py FILE.h5 FILE.npz
"""

import sys

import numpy as np
import tables

GROUPS = {
    "images": "/dl1/event/telescope/images",
    "parameters": "/dl1/event/telescope/parameters",
    "true_images": "/simulation/event/telescope/images",
    "true_parameters": "/simulation/event/telescope/parameters",
}
TRIGGER = "/dl1/event/subarray/trigger"


def main() -> None:
    """Write each column of each telescope's table, named ``table/telescope/column``."""
    source, target = sys.argv[1:]
    columns = {}
    with tables.open_file(source) as file:
        for kind, group in GROUPS.items():
            for table in file.walk_nodes(group, classname="Table"):
                for name in table.colnames:
                    columns[f"{kind}/{table.name}/{name}"] = table.col(name)
        trigger = file.get_node(TRIGGER)
        columns["trigger/all/event_id"] = trigger.col("event_id")
    np.savez(target, **columns)


if __name__ == "__main__":
    main()
