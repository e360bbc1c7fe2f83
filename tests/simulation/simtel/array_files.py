"""Files of whole arrays, with flat noise and spots of light instead of physics."""

import numpy as np

from cta_columnar.kernels.simtel import block_types as types
from cta_columnar.simulation.simtel import histograms, showers
from cta_columnar.simulation.simtel.array_events import (
    TelescopeEvent,
    array_event,
    calibration_event,
    telescope_event,
    tracking,
)
from cta_columnar.simulation.simtel.atmospheres import AtmosphericProfile
from cta_columnar.simulation.simtel.framing import block
from cta_columnar.simulation.simtel.headers import RunSettings, array_headers
from cta_columnar.simulation.simtel.photoelectrons import (
    calibration_images,
    photo_electrons,
    true_images,
)
from cta_columnar.simulation.simtel.telescope_events import TelescopeEventHeader
from cta_columnar.simulation.simtel.telescope_headers import TelescopeConstants
from cta_columnar.simulation.simtel.triggers import MAJORITY, ArrayTrigger

START = 1_577_836_800
ALTITUDE, AZIMUTH = np.radians(70.0), np.pi
TRIGGER_SAMPLE = 5
# Edge, a, b, c and 1 / c of layers of nearly equal scale height.
LAYERS = np.array(
    [[h * 1e5, 0.0, 1030.0, 8e5, 1 / 8e5] for h in (0.0, 4.0, 10.0, 40.0)]
    + [[1e7, 0.01, 1.0, 1e9, 1e-9]]
)


def run_settings(n_showers=2, n_use=2):
    height = np.linspace(0, 50, 26)
    profile = AtmosphericProfile(
        name="toy",
        obslevel=215600.0,
        altitude_km=height,
        rho=1.2e-3 * np.exp(-height / 8),
        thickness=1030 * np.exp(-height / 8),
        refractive_index_minus_1=3e-4 * np.exp(-height / 8),
        htoa=5e6,
        five_layer_atmosphere=LAYERS,
    )
    return RunSettings(
        run=11,
        start=START,
        azimuth=AZIMUTH,
        altitude=ALTITUDE,
        n_showers=n_showers,
        n_use=n_use,
        energy_range=(0.02, 100.0),
        spectral_index=-2.0,
        core_range=(0.0, 800.0),
        viewcone=(0.0, 5.0),
        atmosphere_id=99,
        atmosphere=profile,
        configuration={"SEED": 1},
    )


def constants_of(model, rng):
    shape = (model.readout.n_gains, model.layout.x.size)
    area = model.readout.pulse.sum(axis=1) * model.readout.pulse_step
    area /= model.readout.sample_width
    calib = 1.0 / (model.readout.amplitude * area)
    pedestal = model.readout.pedestal[:, np.newaxis] + rng.normal(0, 0.5, shape)
    return TelescopeConstants(
        pedestal=pedestal.astype(np.float32),
        noise=np.full(shape, 3.0),
        calib=np.broadcast_to(calib[:, np.newaxis], shape).astype(np.float32),
        disabled=rng.random(shape[1]) < 0.002,
    )


class ArrayFile:
    """Makes the pieces of a file and keeps what is in it."""

    def __init__(self, array, *, seed=1, n_showers=2, n_use=2, noise=2.0):
        self.array, self.rng = array, np.random.default_rng(seed)
        self.run = run_settings(n_showers, n_use)
        self.models = [array.models[row] for row in array.model_index]
        self.constants = [constants_of(model, self.rng) for model in self.models]
        self.noise, self.images = noise, {}

    def pieces(self, n_calibration=2):
        yield array_headers(self.array, self.run, self.constants)
        for number in range(1, n_calibration + 1):
            yield self.calibration(number, kind=1 + 2 * (number % 2))
        for shower in range(1, self.run.n_showers + 1):
            yield self.shower(shower)
        yield self.histogram()

    def shower(self, shower):
        content = showers.McShower(
            primary_id=0,
            energy=1.0,
            azimuth=AZIMUTH,
            altitude=ALTITUDE,
            h_first_int=20000.0,
            xmax=300.0,
            profiles=[showers.Profile(showers.CHARGED, 0.0, 840.0, np.arange(42.0))],
        )
        events = [self.event(shower, use) for use in range(self.run.n_use)]
        payload = showers.mc_shower(content)
        return block(types.MC_SHOWER, shower, payload, top=True) + b"".join(events)

    def event(self, shower, use):
        ident = showers.event_id(shower, use)
        light = [self.light(row) for row in range(len(self.models))]
        images = [
            (int(tel_id), photo_electrons(model.layout.x.size, *of_tel))
            for tel_id, model, of_tel in zip(
                self.array.tel_ids, self.models, light, strict=True
            )
        ]
        sums = showers.PhotoElectronSums(
            n_pe=np.array([len(pixel) for pixel, _ in light])
        )
        sums = showers.photo_electron_sums(shower, sums)
        mc = showers.mc_event(shower, (10.0, 20.0))
        chosen = range(use % 2, len(self.models))
        return b"".join(
            (
                block(types.MC_EVENT, ident, mc, top=True),
                true_images(ident, images),
                block(types.PE_SUM, ident, sums, top=True),
                self.array_event(ident, light, chosen, top=True),
            )
        )

    def light(self, row):
        """Photo-electrons of a telescope: pixels and times."""
        n_pixels = self.models[row].layout.x.size
        first = self.rng.integers(0, n_pixels - 12)
        pixel = np.sort(self.rng.integers(first, first + 12, 600)).astype(np.int32)
        return pixel, self.rng.uniform(0, 1, 600).astype(np.float32)

    def array_event(self, ident, light, chosen, *, top):
        events = [self.telescope_event(ident, row, light[row][0]) for row in chosen]
        tel_id = self.array.tel_ids[list(chosen)]
        trigger = ArrayTrigger(
            cpu_time=(START, 0),
            gps_time=(START + ident, 0),
            tel_id=tel_id,
            time=np.arange(tel_id.size, dtype=np.float32),
            mask=MAJORITY,
            data_tel_id=tel_id,
            az=AZIMUTH,
            alt=ALTITUDE,
        )
        everyone = self.array.tel_ids.tolist()
        positions = [tracking(tel, AZIMUTH, ALTITUDE) for tel in everyone]
        return array_event(ident, trigger, events, positions, top=top)

    def telescope_event(self, ident, row, pixel):
        tel_id, model = int(self.array.tel_ids[row]), self.models[row]
        of_tel, readout = self.constants[row], model.readout
        image = np.bincount(pixel, minlength=model.layout.x.size)
        self.images[ident, tel_id] = image
        shape = (readout.n_gains, image.size, readout.n_samples)
        traces = of_tel.pedestal[:, :, np.newaxis] + self.rng.normal(
            0, self.noise, shape
        )
        # All light in one sample, so the sum over the trace is the image.
        peak = image * (~of_tel.disabled) / of_tel.calib
        traces[:, :, min(TRIGGER_SAMPLE, readout.n_samples - 1)] += peak
        traces = np.rint(np.clip(traces, 0, None))
        more = {"samples": traces.astype(np.uint16)}
        if readout.sums_only:
            more = {"sums": traces[:, :, 0].astype(np.uint32)}
        head = TelescopeEventHeader(
            loc_count=ident,
            glob_count=ident,
            list_trgsect=np.flatnonzero(image > 20),
            time_trgsect=np.zeros((image > 20).sum()),
        )
        content = TelescopeEvent(
            tel_id=tel_id, header=head, triggered=np.flatnonzero(image > 20), **more
        )
        return telescope_event(ident, content)

    def calibration(self, number, kind):
        light = [self.light(row) for row in range(len(self.models))]
        images = [
            (int(tel_id), photo_electrons(model.layout.x.size, *of_tel))
            for tel_id, model, of_tel in zip(
                self.array.tel_ids, self.models, light, strict=True
            )
        ]
        everyone = range(len(self.models))
        inner = self.array_event(number, light, everyone, top=False)
        before = calibration_images(kind, number, images)
        return before + calibration_event(kind, inner)

    def histogram(self):
        n = self.run.n_showers * self.run.n_use
        thrown = histograms.filled(
            histograms.THROWN,
            "Events, without weights (Ra3d, log10(E))",
            (200, 0.0, 1000.0),
            (140, -3.0, 4.0),
            np.full(n, 22.0),
            np.zeros(n),
        )
        return block(100, thrown.ident, histograms.histograms([thrown]), top=True)
