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
    run, telescope and time, each valid until the next one of its telescope in its run.

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
    obs_id : int64[n], optional
        Runs whose events the rows are for; None: those of all runs.
    """

    tel_id: I2
    time: I8
    pedestal_offset: F4
    factor: F4
    time_shift: F4
    outlier_mask: Mask
    pedestal_std: F4 | None = None
    obs_id: I8 | None = None

    def telescopes_of(self, obs_id: int) -> set[int]:
        """Return the telescopes that have rows for a run."""
        if self.obs_id is None:
            return set(self.tel_id.tolist())
        return set(self.tel_id[self.obs_id == obs_id].tolist())

    def rows_of(self, obs_id: I8, tel_id: I2, time: I8) -> I4:
        """Return the row that is valid for a telescope of a run at a time.

        It is the last one that began before or at that time; before the first of a
        telescope in a run that is the first.

        Parameters
        ----------
        obs_id, tel_id, time : int64[e], int16[e], int64[e]
            Runs, telescopes and times.

        Returns
        -------
        int32[e]
            `NO_ROW` for telescopes without one.
        """
        rows = np.full(len(tel_id), NO_ROW, np.int32)
        for run in np.unique(obs_id):
            of_run = slice(0, len(self.tel_id))
            if self.obs_id is not None:
                of_run = slice(*np.searchsorted(self.obs_id, [run, run + 1]))
            for one in np.unique(tel_id[obs_id == run]):
                ends = np.searchsorted(self.tel_id[of_run], [one, one + 1])
                first, last = of_run.start + ends
                if first < last:
                    events = (tel_id == one) & (obs_id == run)
                    times = self.time[first:last]
                    begun = np.searchsorted(times, time[events], "right")
                    rows[events] = first + np.maximum(begun - 1, 0)
        return rows

    def applied_to(
        self,
        coefficients: Coefficients,
        calibration_index: I4,
        obs_id: I8,
        tel_id: I2,
        time: I8,
    ) -> tuple[Coefficients, I4]:
        """Join coefficients of a file with these.

        So that ``(r0 - pedestal) * dc_to_pe``, computed with the result, is
        ``((r0 - pedestal) * dc_to_pe - pedestal_offset) * factor``.

        Parameters
        ----------
        coefficients : Coefficients
            Those of the file.
        calibration_index : int32[e]
            The row of ``coefficients`` of each event.
        obs_id, tel_id, time : int64[e], int16[e], int64[e]
            Its run, telescope and time.

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
        pair = np.stack([calibration_index, self.rows_of(obs_id, tel_id, time)])
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
