"""R0 to R1: raw counts to calibrated samples."""

from typing import Annotated

from cta_columnar.array_types import I1, I4, U2
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.kernels.calibration import calibrate
from cta_columnar.registry import Columns, Option, register
from cta_columnar.schemas import r1


@register("calibrator", "SimTelCalibrator", writes=r1.WAVEFORMS)
def simtel_calibrator(
    r0_waveform: U2,
    selected_gain_channel: I1,
    calibration_index: I4,
    coefficients: Coefficients,
    *,
    calib_scale: Annotated[
        float, Option(doc="factor on the p.e. per count of the file")
    ] = 1.0,
    calib_shift: Annotated[
        float, Option(unit="p.e.", doc="added to every calibrated sample")
    ] = 0.0,
) -> Columns:
    """Take the baseline off the selected gain and scale counts to p.e."""
    waveform = calibrate(
        r0_waveform,
        selected_gain_channel,
        coefficients.pedestal,
        coefficients.dc_to_pe,
        calibration_index,
        calib_scale,
        calib_shift,
    )
    return {"waveform": waveform}
