"""Whether the background of responses is that of the observation that they are for."""

import numpy as np

from cta_columnar.config.dl3 import DL3Config
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.responses import Responses
from cta_columnar.pipelines.dl3.samples import wanted_spectra
from cta_columnar.stages.irf.spectrum import Spectrum
from cta_columnar.store import IrfSpectrum

# By how much fluxes of one spectrum may differ, as they were written and read.
_ROUNDING = 1e-6


def check_spectra(responses: Responses, config: DL3Config) -> None:
    """Refuse an observation whose cosmic rays are not those of its background.

    Raises
    ------
    UserError
        If spectra differ, or particles; or if nobody knows those of the responses.
    """
    if config.background != "irf" or config.responses.other_spectra == "keep":
        return
    manifest = responses.dataset.manifest
    of_responses = tuple(manifest.configuration["background"])
    seen = {
        name: spectrum
        for name, (spectrum, _) in wanted_spectra(config, responses).items()
        if name != responses.signal
    }
    said = []
    for name in sorted({*seen, *of_responses}):
        if name not in seen:
            said.append(f"{name} is in the background alone")
        elif name not in of_responses:
            said.append(f"{name} is in the observation alone")
        elif name not in manifest.spectra:
            said.append(f"{name}: the responses do not say of which spectrum it is")
        else:
            said += _unlike(name, seen[name], manifest.spectra[name])
    if said:
        raise UserError(
            f"cosmic rays of the observation are not those that the background in "
            f"{responses.dataset.root} expects: {'; '.join(said)}. Take the same "
            "spectra in both (observe.background, and spectra of ctacol run irf), or "
            "set background=off-region to make it of the observations themselves, "
            "background=none to do without, or responses.other_spectra=keep if that "
            "is what you want"
        )


def _unlike(name: str, seen: Spectrum, expected: IrfSpectrum) -> list[str]:
    """Say how a spectrum is not the expected one, if it is not."""
    flux, wanted = seen(np.array(expected.energy)), np.array(expected.flux)
    if np.allclose(flux, wanted, rtol=_ROUNDING, atol=0.0):
        return []
    some = (flux > 0) & (wanted > 0)
    ratio = wanted[some] / flux[some]
    times = f"{ratio.min():.3g} to {ratio.max():.3g} times" if some.any() else "not"
    return [
        f"{name} is {seen.name} in the observation and {expected.name} in the "
        f"background, {times} that flux"
    ]
