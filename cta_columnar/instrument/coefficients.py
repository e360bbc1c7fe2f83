"""Calibration coefficients of the telescopes of one type."""

from dataclasses import dataclass

from cta_columnar.array_types import F4, Mask
from cta_columnar.instrument.freezing import freeze


@dataclass(frozen=True, eq=False)
class Coefficients:
    """What turns raw counts into charge; rows are valid for a telescope and a time.

    Shapes: ``k`` rows, ``c`` gain channels, ``p`` pixels. A telescope event names its
    row by ``calibration_index``, so nothing is copied per event.

    Attributes
    ----------
    pedestal : float32[k, c, p]
        Baseline of one sample, raw counts.
    dc_to_pe : float32[k, c, p]
        p.e. per raw count.
    time_shift : float32[k, c, p]
        To be taken off peak times, ns.
    outlier_mask : bool[k, c, p]
        Pixels whose signal must not be used.
    pedestal_std : float32[k, c, p], optional
        Standard deviation of the charge in pedestal events, p.e.; NaN where nothing is
        known of a pixel, None if nothing is known at all.
    """

    pedestal: F4
    dc_to_pe: F4
    time_shift: F4
    outlier_mask: Mask
    pedestal_std: F4 | None = None

    def __post_init__(self) -> None:
        shape = self.pedestal.shape
        names = ["dc_to_pe", "time_shift", "outlier_mask"]
        if self.pedestal_std is not None:
            names.append("pedestal_std")
        for name in names:
            other = getattr(self, name).shape
            if other != shape or len(shape) != 3:
                raise ValueError(f"pedestal has shape {shape}, {name} {other}")
        freeze(self, ("pedestal", "dc_to_pe", "time_shift", "outlier_mask"))

    def __len__(self) -> int:
        return len(self.pedestal)

    def __repr__(self) -> str:
        k, c, p = self.pedestal.shape
        return (
            f"Coefficients({k} rows, {c} channels, {p} pixels, "
            f"{int(self.outlier_mask.any(axis=1).sum())} outliers)"
        )
