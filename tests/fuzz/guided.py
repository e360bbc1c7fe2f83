"""Let the coverage of a reader guide what it is given: `docs/security.md` has results.

    pip install atheris
    export NUMBA_DISABLE_JIT=1 PYTHONPATH=tests
    python tests/fuzz/guided.py simtel --seconds 300 --folder guided

Kernels are instrumented only where they are not compiled. What a reader should not do
with a file is written to ``FOLDER/faults`` with the file, one of each kind, and the run
goes on; what kills the process, libFuzzer leaves in ``FOLDER`` itself.
"""

import argparse
import hashlib
import json
import random
import struct
import sys
import traceback
import warnings
from contextlib import suppress
from pathlib import Path

import atheris

_INSTRUMENTED = ["cta_columnar"]
with atheris.instrument_imports(include=_INSTRUMENTED):
    from fuzz.every_reader import READERS, changed, target_of

    from cta_columnar.errors import UserError

# Kilobytes that are given at most: seeds are small.
_LONGEST_KB = 128


class Guided:
    """Reads what the fuzzer makes up, in place of one file of a good folder."""

    def __init__(self, name, folder):
        self.reader, self.folder = READERS[name], folder
        self.good = folder / "good"
        self.good.mkdir(parents=True, exist_ok=True)
        self.reader.build(self.good)
        with atheris.instrument_imports(include=_INSTRUMENTED):
            # What is loaded only when it is used.
            self.reader.read(self.good)
        self.target = target_of(self.reader, self.good)
        self.seed = self.target.read_bytes()
        (folder / "corpus").mkdir(exist_ok=True)
        (folder / "corpus" / "seed").write_bytes(self.seed)
        self.faults = folder / "faults"
        self.faults.mkdir(exist_ok=True)
        self.counts = {"read": 0, "refused": 0, "faults": 0}

    def __call__(self, content):
        # libFuzzer ends the process by itself: what was counted is told on the way.
        if sum(self.counts.values()) % 100 == 0:
            (self.folder / "counts.json").write_text(json.dumps(self.counts))
        self.target.write_bytes(content)
        try:
            self.reader.read(self.good)
        except UserError:
            self.counts["refused"] += 1
        except BaseException as error:
            self._fault(error, content)
        else:
            self.counts["read"] += 1

    def mutate(self, content, longest, seed):
        """Change a content as libFuzzer does, or as who knows the format."""
        rng = random.Random(seed)
        if content and rng.random() < 0.5:
            with suppress(ValueError, LookupError, AssertionError, struct.error):
                return changed(self.reader, content, rng)[:longest]
        return atheris.Mutate(content, longest)

    def _fault(self, error, content):
        self.counts["faults"] += 1
        where = [
            f"{f.filename}:{f.lineno}"
            for f in traceback.extract_tb(error.__traceback__)
        ]
        key = hashlib.sha256(f"{type(error)} {where[-3:]}".encode()).hexdigest()[:12]
        if not (self.faults / key).exists():
            (self.faults / key).write_bytes(content)
            text = "".join(traceback.format_exception(error))
            (self.faults / f"{key}.txt").write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reader", choices=sorted(READERS))
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--folder", type=Path, required=True)
    words = parser.parse_args()
    warnings.simplefilter("error")
    guided = Guided(words.reader, words.folder / words.reader.replace(" ", "_"))
    limits = [f"-max_total_time={words.seconds}", "-timeout=30", "-rss_limit_mb=4096"]
    limits += [f"-max_len={_LONGEST_KB << 10}", "-print_final_stats=1"]
    limits += [f"-artifact_prefix={guided.folder}/"]
    atheris.Setup(
        [sys.argv[0], *limits, str(guided.folder / "corpus")],
        guided,
        custom_mutator=guided.mutate,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
