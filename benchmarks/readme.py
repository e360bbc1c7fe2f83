"""Put the tables of the last run into the README, between its two marks.

python -m benchmarks.readme
"""

import sys

from benchmarks import ours
from benchmarks.run import BENCH

BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"


def main() -> int:
    """Replace what is between the marks."""
    report = BENCH / "report.md"
    if not report.exists():
        print(f"{report} is missing: run `make bench` first", file=sys.stderr)
        return 1
    path = ours.ROOT / "README.md"
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        print(f"{path} lacks {BEGIN.strip()} ... {END.strip()}", file=sys.stderr)
        return 1
    tables = report.read_text(encoding="utf-8")
    path.write_text(f"{before}{BEGIN}\n{tables}{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
