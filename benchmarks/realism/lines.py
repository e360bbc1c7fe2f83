"""A line of the acceptance table."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A quantity, simulated and real.

    Attributes
    ----------
    quantity, where : str
        What, and for which images.
    real, simulated : float
        The figures.
    error : float
        Statistical error of their ratio, or of their difference.
    allowed : float
        Largest factor between them, or largest difference.
    is_ratio : bool
        Which of the two.
    n_real, n_simulated : int
        Images or events behind them.
    floor : float
        Differences up to it are allowed whatever the ratio.
    """

    quantity: str
    where: str
    real: float
    simulated: float
    error: float
    allowed: float
    is_ratio: bool = True
    n_real: int = 0
    n_simulated: int = 0
    floor: float = 0.0

    @property
    def deviation(self) -> float:
        """Ratio or difference, simulated to real."""
        if not self.is_ratio:
            return self.simulated - self.real
        return self.simulated / self.real if self.real else math.nan

    @property
    def is_met(self) -> bool:
        """Whether the line is met."""
        if abs(self.simulated - self.real) <= self.floor:
            return True
        if not self.is_ratio:
            return abs(self.deviation) <= self.allowed
        # A figure that may be 20 % off lies between 0.8 and 1.2; one within a
        # factor of 1.7 between 1 / 1.7 and 1.7.
        low = 2.0 - self.allowed if self.allowed < 1.5 else 1.0 / self.allowed
        return bool(low <= self.deviation <= self.allowed)

    @property
    def row(self) -> str:
        """Row of a Markdown table."""
        sign = "" if self.is_ratio else "+"
        limit = f"x {self.allowed:g}" if self.is_ratio else f"+- {self.allowed:g}"
        if self.floor:
            limit += f" or {self.floor:g}"
        cells = (
            self.quantity, self.where, f"{self.n_real}/{self.n_simulated}",
            f"{self.real:.3g}", f"{self.simulated:.3g}",
            f"{self.deviation:{sign}.2f} +- {self.error:.2f}"
            if self.is_ratio or self.allowed < 1
            else f"{self.deviation:+.0f} +- {self.error:.0f}",
            limit, "yes" if self.is_met else "**no**",
        )  # fmt: skip
        return "| " + " | ".join(cells) + " |"


HEADER = (
    "| quantity | where | n real/sim | real | simulated | ratio or difference "
    "| allowed | met |\n|---|---|---|---|---|---|---|---|"
)
