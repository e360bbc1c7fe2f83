"""Coefficients from calibration events, which improve on those of raw files."""

from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F4, I2, I4, I8, Mask
from cta_columnar.instrument.coefficients import Coefficients

NO_ROW = -1


@dataclass(frozen=True, eq=False)
class CameraCalibration:
    """Coefficients on top of those of a file, for the telescopes of one type.

    Shapes: ``n`` rows, ``c`` gain channels, ``p`` pixels. Rows are in order of
    telescope and time, each valid until the next one of its telescope.

    Attributes
    ----------
    tel_id : int16[n]
        Telescopes.
    time : int64[n]
        Since when a row is valid, ns of TAI since 1970.
    pedestal_offset : float32[n, c, p]
        To be taken off every sample, p.e. of the file.
    factor : float32[n, c, p]
        What charges are multiplied by then.
    time_shift : float32[n, c, p]
        To be taken off peak times besides the shift of the file, ns.
    outlier_mask : bool[n, c, p]
        Pixels whose signal must not be used, besides those of the file.
    pedestal_std : float32[n, c, p], optional
        Standard deviation of the charge in pedestal events, p.e.
    """

    tel_id: I2
    time: I8
    pedestal_offset: F4
    factor: F4
    time_shift: F4
    outlier_mask: Mask
    pedestal_std: F4 | None = None

    def rows_of(self, tel_id: I2, time: I8) -> I4:
        """Return the row that is valid for a telescope at a time.

        It is the last one that began before or at that time; before the first of a
        telescope that is the first.

        Parameters
        ----------
        tel_id, time : int16[e], int64[e]
            Telescopes and times.

        Returns
        -------
        int32[e]
            `NO_ROW` for telescopes without one.
        """
        rows = np.full(len(tel_id), NO_ROW, np.int32)
        for one in np.unique(tel_id):
            first, last = np.searchsorted(self.tel_id, [one, one + 1])
            if first < last:
                events = tel_id == one
                begun = np.searchsorted(self.time[first:last], time[events], "right")
                rows[events] = first + np.maximum(begun - 1, 0)
        return rows

    def applied_to(
        self, coefficients: Coefficients, calibration_index: I4, tel_id: I2, time: I8
    ) -> tuple[Coefficients, I4]:
        """Join coefficients of a file with these.

        So that ``(r0 - pedestal) * dc_to_pe``, computed with the result, is
        ``((r0 - pedestal) * dc_to_pe - pedestal_offset) * factor``.

        Parameters
        ----------
        coefficients : Coefficients
            Those of the file.
        calibration_index, tel_id, time : int32[e], int16[e], int64[e]
            The row of ``coefficients`` of each event; its telescope and time.

        Returns
        -------
        joined : Coefficients
            A row for each pair of a row there and a row here that occurs.
        index : int32[e]
            The row of each event among them.

        Notes
        -----
        ctapipe's ``CameraCalibrator`` multiplies by the factor behind the extraction.
        For sums over windows that is the same, but here the neighbours that choose a
        window are calibrated too.
        """
        pair = np.stack([calibration_index, self.rows_of(tel_id, time)])
        (old, row), index = np.unique(pair, axis=1, return_inverse=True)
        here = row != NO_ROW
        pedestal, dc_to_pe = coefficients.pedestal[old], coefficients.dc_to_pe[old]
        # Nothing can be taken off a pixel that gives no charge.
        offset, of_file = self.pedestal_offset[row[here]], dc_to_pe[here]
        counts = np.divide(offset, of_file, np.zeros_like(offset), where=of_file != 0)
        pedestal[here] += counts
        dc_to_pe[here] *= self.factor[row[here]]
        time_shift = coefficients.time_shift[old]
        time_shift[here] += self.time_shift[row[here]]
        outlier_mask = coefficients.outlier_mask[old]
        outlier_mask[here] |= self.outlier_mask[row[here]]
        std = coefficients.pedestal_std
        if self.pedestal_std is not None:
            std = np.full_like(pedestal, np.nan) if std is None else std[old]
            std[here] = self.pedestal_std[row[here]]
        elif std is not None:
            std = std[old]
        joined = Coefficients(pedestal, dc_to_pe, time_shift, outlier_mask, std)
        return joined, index.reshape(-1).astype(np.int32)
