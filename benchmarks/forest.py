"""Time our evaluation of forests beside scikit-learn's own, on one core.

python -m benchmarks.forest [--trees N] [--training-rows N] [--depths N ...]

Trains forests on noisy image parameters of made-up showers, so that deep trees are as
large as they get, and evaluates them on rows they have not seen. Prints a table in
Markdown: CPU milliseconds, the best of some repetitions in turn. Training takes most of
the time: about ten minutes with the defaults.

What was tried for 100 trees of depth 10 and 30 (1000 rows and 20,000 rows, how many
times faster than scikit-learn)::

    each row by itself, 16-byte nodes                 about 1.2
    256 rows a level at a time, rows in leaves out    3.2 and 2.3 (10), 3.0 and 2.6 (30)
    the same to the full depth, nobody taken out      4.0 and 2.8 (10), 2.9 and 2.9 (30)
    rows taken out at every second level              3.6 and 2.4 (10), 3.9 and 3.6 (30)
    without questions about NaN                       3.9 and 2.7 (10), 4.6 and 3.7 (30)
    eight rows in registers, to the full depth        9.3 and 5.2 (10), 2.7 and 2.8 (30)
    these for ten levels, then the one before         5.5 and 3.9 (10), 4.5 and 3.4 (30)

12-byte nodes (float32 thresholds) gained less than 10 %, trees in depth-first order and
with the heavier child first nothing, groups of 64 or 1024 rows nothing.

Against the last of these, with nodes as arrays of 32 bits (20,000 rows of simulated
images, 100 trees of depth 15; energy, disp and its sign, each once)::

    rows taken out after 15 levels, then each         2.1 to 2.4
    after 8 levels, then every fourth                 2.0 to 2.4
    after 4 levels, then every third                  2.9 to 3.2

Records of 8 or 12 bytes instead of arrays, groups of 512 or 1024 rows: within noise.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measure import pin_to_one_core
from cta_columnar.array_types import F8, AnyArray
from cta_columnar.models import LINKS, Forest
from cta_columnar.stages.training import Fitted, fit, is_classifier

ROWS = {1_000: 15, 100_000: 3}
"""Rows to evaluate, and repetitions."""
CLASSES = ("gamma", "proton", "electron")


def showers(n_rows: int, seed: int) -> tuple[F8, F8]:
    """Made-up image parameters x[r, 15], and log10 of the energy in TeV."""
    rng = np.random.default_rng(seed)
    energy = rng.exponential(0.6, n_rows) - 1.5
    impact = 250 * np.sqrt(rng.random(n_rows))
    light = 2.6 + 1.05 * energy - 0.5 * (impact / 180) ** 2
    intensity = 10 ** (light + rng.normal(0, 0.15, n_rows))
    length = 0.1 + 0.05 * energy + impact / 2500 + rng.gamma(2, 0.02, n_rows)
    width = length * rng.beta(4, 8, n_rows)
    depth = 300 + 90 * energy + rng.normal(0, 70, n_rows)
    columns = [
        *(np.log10(intensity), intensity, length, width, width / length),
        *(impact * rng.lognormal(0, 0.15, n_rows), 20 * depth),
        impact / 100 * rng.normal(4, 1, n_rows),
        rng.poisson(np.minimum(intensity / 12, 1e6)) + 3.0,
        rng.integers(1, 5, n_rows).astype(float),
        *(rng.beta(1, 12, n_rows), rng.beta(2, 4, n_rows)),
        *rng.normal(size=(3, n_rows)),
    ]
    return np.stack(columns, axis=1), energy + rng.normal(0, 0.05, n_rows)


@dataclass(frozen=True)
class Case:
    """An estimator to train."""

    name: str
    arguments: dict[str, Any]

    def train(self, n_rows: int) -> Fitted:
        """Train it on made-up showers."""
        x, y = showers(n_rows, seed=1)
        target: AnyArray = y
        classes = CLASSES if is_classifier(self.name) else ()
        if classes:
            target = np.digitize(y, np.quantile(y, [1 / 3, 2 / 3]))
        return fit(self.name, self.arguments, x, target, classes=classes, seed=0)


def cases(n_trees: int, depths: list[int]) -> Iterator[Case]:
    """Yield forests of all depths, and one of each other kind."""
    common = {"n_estimators": n_trees, "max_features": "sqrt"}
    for depth in depths:
        yield Case("RandomForestRegressor", {**common, "max_depth": depth})
    yield Case("ExtraTreesClassifier", {**common, "max_depth": min(depths)})
    yield Case("HistGradientBoostingRegressor", {"max_iter": n_trees})


def in_turn(works: list[Callable[[], object]], repeats: int) -> list[float]:
    """CPU milliseconds of each, the best of some repetitions; a slow time hits all."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(1 + repeats):
        for work, times in zip(works, taken, strict=True):
            begin = time.process_time_ns()
            work()
            times.append((time.process_time_ns() - begin) / 1e6)
    return [min(times[1:]) for times in taken]


def compare(fitted: Fitted, n_rows: int, repeats: int) -> str:
    """Return the end of a row of the table."""
    assert isinstance(fitted.body, Forest)
    x, _ = showers(n_rows, seed=2)
    classifies = is_classifier(fitted.record.name)
    theirs = fitted.estimator.predict_proba if classifies else fitted.estimator.predict

    def ours(rows: F8 = x) -> F8:
        return LINKS[fitted.link](fitted.body.evaluate(rows))

    want = np.reshape(theirs(x), (n_rows, -1))
    worst = np.abs(ours() - want).max() / np.abs(want).max()
    spent = in_turn([lambda: theirs(x), ours], repeats)
    return (
        f"{n_rows} | {spent[0]:.1f} | {spent[1]:.1f} | {spent[0] / spent[1]:.1f} "
        f"| {worst:.0e} |"
    )


def main() -> None:
    """Train and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--training-rows", type=int, default=200_000)
    parser.add_argument("--depths", type=int, nargs="+", default=[10, 20, 30])
    options = parser.parse_args()
    pin_to_one_core()
    titles = ("estimator", "depth", "nodes", "rows", "scikit-learn ms", "ours ms")
    print("|", " | ".join((*titles, "times faster", "off by")), "|")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with threadpool_limits(1):
        for case in cases(options.trees, options.depths):
            fitted = case.train(options.training_rows)
            assert isinstance(fitted.body, Forest)
            depth = case.arguments.get("max_depth", "")
            for n_rows, repeats in ROWS.items():
                end = compare(fitted, n_rows, repeats)
                n_nodes = fitted.body.nodes.size
                print(f"| {case.name} | {depth} | {n_nodes} | {end}", flush=True)


if __name__ == "__main__":
    main()
