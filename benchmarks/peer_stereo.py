"""Run by the peer's Python: time its ShowerProcessor alone on a DL1 file.

python peer_stereo.py DL1.h5 RECONSTRUCTOR ...
"""

import json
import sys
import time

from ctapipe.io import EventSource
from ctapipe.reco import ShowerProcessor


def main() -> None:
    """Print the number of events and the CPU time of the calls, as JSON."""
    spent = events = 0
    with EventSource(sys.argv[1]) as source:
        process = ShowerProcessor(
            subarray=source.subarray, reconstructor_types=sys.argv[2:]
        )
        for event in source:
            begin = time.process_time_ns()
            process(event)
            taken = time.process_time_ns() - begin
            # The first call fills caches: start-up, not speed.
            if event.count:
                spent += taken
                events += 1
    print(json.dumps({"events": events, "cpu_s": spent / 1e9}))


if __name__ == "__main__":
    main()
