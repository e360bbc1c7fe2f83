"""Read damaged files again and again; see `test_readers`.

    python hammer.py FOLDER FIRST LAST READER...

Writes a JSON line before each case, and one after it with what came of it.
"""

import json
import random
import re
import resource
import shutil
import signal
import sys
import time
import warnings
from pathlib import Path

from fuzz.every_reader import READERS

from cta_columnar.errors import UserError

# Of the processor: others may want it, too.
SECONDS = 20
# Of address space, which counts what is asked for, used or not.
ROOM = 3 << 30
# Of a configuration, which may be in any of several files.
_KEY = re.compile(r"[a-z][a-z_.0-9]*( of [^:]*)?: ")
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
# What is refused only because there is no room for it is not refused by us.
_NO_ROOM = ("malloc of size", "realloc of size", "unable to allocate", "memoryerror")
_NO_ROOM += ("cannot allocate memory", "out of memory")


def size_of(name):
    """Bytes that the system tells of this process, e.g. ``VmHWM``."""
    (line,) = (x for x in _STATUS.read_text().splitlines() if x.startswith(f"{name}:"))
    return int(line.split()[1]) << 10


def limit_memory():
    limit = size_of("VmSize") + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def verdict(reader, folder):
    """Read; return what came of it, and in words."""
    try:
        rows = reader.read(folder)
    except UserError as error:
        text = str(error)
        if any(each in text.lower() for each in _NO_ROOM):
            return "fault", f"no bound: {text}"
        is_placed = str(folder) in text or _KEY.match(text)
        return ("refused", text) if is_placed else ("fault", f"where? {text}")
    except BaseException as error:
        return "fault", f"{type(error).__name__}: {error}"
    return rows, ""


def restore(good, folder):
    """Make a folder again what the good one is: a few of its files were changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in good.rglob("*"):
        to = folder / path.relative_to(good)
        if path.is_dir():
            to.mkdir(parents=True, exist_ok=True)
        elif not to.exists() or stamp(to) != stamp(path):
            shutil.copy2(path, to)


def stamp(path):
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def case(reader, good, folder, name, seed, whole):
    restore(good, folder)
    rng = random.Random(f"{name} {seed}")
    kind, what, n_least = reader.damage(folder, rng)
    n_least = whole if n_least is None else n_least
    print(json.dumps({"name": name, "seed": seed, "what": what}), flush=True)
    _CLEAR.write_text("5")
    before, begin = size_of("VmHWM"), time.process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    found, text = verdict(reader, folder)
    signal.setitimer(signal.ITIMER_PROF, 0)
    if not isinstance(found, str):
        text = f"{found} rows of {n_least}" if found < n_least else ""
        found = "fault" if text else "read"
    return {
        "seed": seed,
        "kind": kind,
        "what": what,
        "verdict": found,
        "text": text[:2000],
        "seconds": time.process_time() - begin,
        "grown": size_of("VmHWM") - before,
    }


def main(folder, first, last, *names):
    warnings.simplefilter("error")
    wholes = {}
    for name in names:
        good = Path(folder, name, "good")
        good.mkdir(parents=True)
        READERS[name].build(good)
        wholes[name] = READERS[name].read(good)
    limit_memory()
    for name, whole in wholes.items():
        good, bad = Path(folder, name, "good"), Path(folder, name, "case")
        for seed in range(int(first), int(last)):
            found = case(READERS[name], good, bad, name, seed, whole)
            print(json.dumps({"name": name, **found}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
