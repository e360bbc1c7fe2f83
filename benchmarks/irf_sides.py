"""The commands of both sides that make cuts and responses, and their inputs."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import ours
from benchmarks.irf_export import export

KINDS = ("gamma", "proton", "electron")
SEED = 1
# Our method, and the algorithm of ctapipe.
METHODS = {
    "percentile": "PercentileCuts",
    "optimise-gh": "PointSourceSensitivityGhOptimizer",
    "optimise-grid": "PointSourceSensitivityOptimizer",
}
_WIDEST = 5.0  # deg, of ctapipe's axes
OURS = {"PYTHONPATH": str(ours.ROOT)}  # the modules that this process has
_PROGRAM = "from cta_columnar.cli.main import main; main()"
Datasets = Mapping[str, Sequence[Path]]


@dataclass(frozen=True)
class Sides:
    """Where both sides find things.

    Attributes
    ----------
    folder : pathlib.Path
        Everything that is made.
    programs : pathlib.Path
        Of ctapipe.
    datasets : mapping of str to sequence of pathlib.Path
        Of stage 3, by particle.
    share : float
        Of the showers, which responses are made of.
    """

    folder: Path
    programs: Path
    datasets: Datasets
    share: float = 0.5

    def export(self, simtel: Path) -> dict[str, int]:
        """Write the files of ctapipe, and count events."""
        return {
            kind: export(
                several,
                self.folder / f"{kind}.h5",
                programs=self.programs,
                simtel=simtel,
                seed=SEED,
                share=self.share,
            )
            for kind, several in self.datasets.items()
        }

    def their_cuts(self, method: str) -> list[str]:
        """Command of ctapipe that makes cuts."""
        algorithm = METHODS[method]
        options = {"EventSelectionOptimizer": {"optimization_algorithm": algorithm}}
        output = "--output", str(self.folder / f"{method}.fits")
        return self._tool("optimize-event-selection", method, options, output)

    def their_responses(
        self, method: str, n_rings: int, enclosure: str, cuts: Path | None = None
    ) -> list[str]:
        """Command of ctapipe that makes responses, by default with its own cuts."""
        name = f"{method}-{n_rings}-{enclosure}"
        # Ours have one axis of energy for all figures of merit.
        few = {"true_energy_n_bins_per_decade": 5}
        makers = ("EnergyBiasResolution2dMaker", "AngularResolution2dMaker")
        options: dict[str, Any] = dict.fromkeys(makers, few)
        options["DefaultFoVOffsetBins"] = {"fov_offset_n_bins": n_rings}
        applied = {"spatial_selection_applied": enclosure == "point-like"}
        options["IrfTool"] = applied
        files = (
            *("--cuts", str(cuts or self.folder / f"{method}.fits")),
            *("--output", str(self.folder / f"{name}.fits")),
            *("--benchmark-output", str(self.folder / f"{name}-benchmarks.fits")),
        )
        return self._tool("compute-irf", name, options, files)

    def our_responses(
        self, method: str, n_rings: int, enclosure: str, *more: str
    ) -> list[str]:
        """Command of ours, which makes both."""
        edges = [_WIDEST * i / n_rings for i in range(n_rings + 1)]
        settings = {
            "seed": SEED,
            "fraction": self.share,
            "quality": {},
            "enclosure": enclosure,
            "axes.offset": edges,
            "benchmarks.rings": edges,
            "benchmarks.bias": "mean",
            "cuts.method": method,
        }
        words = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
        inputs = [str(path) for paths in self.datasets.values() for path in paths]
        command = [sys.executable, "-c", _PROGRAM, "run", "irf", "--workers", "1"]
        output = str(self.folder / f"{method}-{n_rings}-{enclosure}.irf")
        options = [part for word in (*words, *more) for part in ("--set", word)]
        given = [part for path in inputs for part in ("--input", path)]
        return [*command, *given, "--output", output, "--overwrite", *options]

    def log(self, name: str) -> Path:
        """Return where what a side prints goes."""
        return self.folder / f"{name}.log"

    def _tool(
        self, name: str, log: str, options: dict[str, Any], files: Sequence[str]
    ) -> list[str]:
        path = self.folder / f"{log}-{name}.json"
        path.write_text(json.dumps(options))
        events = [f"--{kind}-file={self.folder / kind}.h5" for kind in KINDS]
        config = "--config", str(path)
        return [
            f"{self.programs}/ctapipe-{name}",
            *(*events, *files, *config),
            "--overwrite",
        ]
