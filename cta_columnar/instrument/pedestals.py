"""What events without a shower tell of the noise of telescopes."""

from dataclasses import dataclass, replace

import numpy as np

from cta_columnar.array_types import F4, I2, I4
from cta_columnar.instrument.coefficients import Coefficients


@dataclass(frozen=True, eq=False)
class NoiseLibrary:
    """Recorded noise of the telescopes of one type, one after the other.

    Shapes: ``n`` recorded events, ``c`` gain channels, ``p`` pixels, ``s`` samples.

    Attributes
    ----------
    waveform : float32[n, c, p, s]
        Calibrated samples; their mean is 0 for each telescope and channel, so that
        adding them changes no mean charge.
    tel_ids : int16[t]
        The telescopes, ascending.
    first, n_recorded : int32[t]
        Where the events of each begin, and how many there are.
    """

    waveform: F4
    tel_ids: I2
    first: I4
    n_recorded: I4

    @classmethod
    def of(cls, recorded: dict[int, F4]) -> "NoiseLibrary":
        """Put together what each telescope recorded: ``waveform[n, c, p, s]``."""
        tel_ids = sorted(recorded)
        counts = np.array([len(recorded[tel_id]) for tel_id in tel_ids], np.int32)
        waveform = np.concatenate([recorded[tel_id] for tel_id in tel_ids])
        first = (np.cumsum(counts) - counts).astype(np.int32)
        for begin, count in zip(first, counts, strict=True):
            of_telescope = waveform[begin : begin + count]
            mean = of_telescope.mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
            of_telescope -= mean.astype(np.float32)
        return cls(waveform, np.array(tel_ids, np.int16), first, counts)

    def of_telescopes(self, tel_id: I2) -> tuple[I4, I4]:
        """Return where the noise of the telescope of each row is, and how much.

        Parameters
        ----------
        tel_id : int16[e]
            Telescopes.

        Returns
        -------
        first, n_recorded : int32[e]
            The second is 0 for a telescope of which there is none.
        """
        row = np.searchsorted(self.tel_ids, tel_id).clip(max=len(self.tel_ids) - 1)
        n_recorded = np.where(self.tel_ids[row] == tel_id, self.n_recorded[row], 0)
        return self.first[row], n_recorded.astype(np.int32)


def with_pedestal_std(
    coefficients: Coefficients,
    std: dict[int, F4],
    tel_id: I2,
    calibration_index: I4,
) -> Coefficients:
    """Give coefficients the scatter of charges in pedestal events.

    Parameters
    ----------
    coefficients : Coefficients
        Of the telescopes of one type.
    std : dict of int to float32[c, p]
        Standard deviation of the charges, p.e., by telescope.
    tel_id, calibration_index : int16[e], int32[e]
        Which telescope uses which row.

    Returns
    -------
    Coefficients
        NaN in rows that no event uses, or of telescopes that are not in ``std``.
    """
    rows = np.full(coefficients.pedestal.shape, np.nan, np.float32)
    for index, telescope in set(
        zip(calibration_index.tolist(), tel_id.tolist(), strict=True)
    ):
        if telescope in std:
            rows[index] = std[telescope]
    return replace(coefficients, pedestal_std=rows)
