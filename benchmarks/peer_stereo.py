"""Run by the peer's Python: time its ShowerProcessor alone on a DL1 file.

python peer_stereo.py DL1.h5 [REPEATS]
"""

import json
import sys
import time

from ctapipe.io import EventSource
from ctapipe.reco import ShowerProcessor


def main() -> None:
    """Print events, telescope events and the CPU time of the calls, as JSON."""
    path, repeats = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    best = []
    events = telescopes = 0
    for _ in range(repeats):
        events = telescopes = spent = 0
        with EventSource(path) as source:
            process = ShowerProcessor(subarray=source.subarray)
            for event in source:
                begin = time.process_time_ns()
                process(event)
                taken = time.process_time_ns() - begin
                # The first call fills caches: start-up, not speed.
                if event.count:
                    spent += taken
                    events += 1
                    telescopes += len(event.dl1.tel)
        best.append(spent / 1e9)
    result = {"events": events, "telescope_events": telescopes, "cpu_s": best}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
