"""Put the tables of the last run into the README, between its two marks.

python -m benchmarks.readme
"""

import sys

from benchmarks import ours
from benchmarks.page import put_between
from benchmarks.run import BENCH


def main() -> int:
    """Replace what is between the marks."""
    report = BENCH / "report.md"
    if not report.exists():
        print(f"{report} is missing: run `make bench` first", file=sys.stderr)
        return 1
    tables = report.read_text(encoding="utf-8").rstrip("\n")
    try:
        put_between(ours.ROOT / "README.md", "benchmarks.readme", f"\n{tables}\n")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
