"""Run by the peer's Python: count what a ctapipe file holds.

python peer_rows.py FILE.h5
"""

import json
import sys

import tables


def main() -> None:
    """Print the rows of images, parameters and stereo results, as JSON."""
    with tables.open_file(sys.argv[1]) as file:
        rows = {
            kind: sum(
                int(table.nrows) for table in file.walk_nodes(group, classname="Table")
            )
            for kind, group in {
                "images": "/dl1/event/telescope/images",
                "parameters": "/dl1/event/telescope/parameters",
                "events": "/dl2/event/subarray/geometry",
            }.items()
        }
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
