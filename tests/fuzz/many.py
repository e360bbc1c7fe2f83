"""Call the command line again and again; see `processes.ctacol_many`.

Reads a JSON list of calls, writes a JSON line for each.
"""

import io
import json
import resource
import sys
import time
from contextlib import redirect_stderr, redirect_stdout

from cta_columnar.cli.main import main


def call(words):
    sys.argv = ["ctacol", *words]
    out, err = io.StringIO(), io.StringIO()
    begin = time.monotonic()
    status = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return status, out.getvalue(), err.getvalue(), time.monotonic() - begin, peak


if __name__ == "__main__":
    for words in json.load(sys.stdin):
        print(json.dumps(call(words)), flush=True)
