"""Small sim_telarray files with every block, each in any version.

They are a test of readers as much as of the writer: three telescopes (two gains and
samples; one gain, a curved camera; sums only), showers that are used twice,
calibration events and a histogram. All values are random, but for ids and sizes.
"""

import numpy as np
from simulation.simtel.header_maker import START, HeaderMaker

from cta_columnar.kernels.simtel import block_types as types
from cta_columnar.simulation.simtel import (
    adc,
    histograms,
    images,
    photoelectrons,
    pixel_timing,
    showers,
    telescope_events,
    triggers,
)
from cta_columnar.simulation.simtel.framing import telescope_type


class Maker(HeaderMaker):
    """Makes files; ``versions`` says which version of a block type to write."""

    def pieces(self):
        """Headers, calibration events, a piece per shower, and the histogram."""
        return [
            self.headers(),
            b"".join(self.calibration_event(n + 1) for n in range(self.n_calibration)),
            *(self.shower(n + 1) for n in range(self.n_showers)),
            self.histogram(),
        ]

    def content(self):
        return b"".join(self.pieces())

    def shower(self, number):
        profile = showers.Profile(showers.CHARGED, 0.0, 840.0, self.floats(42))
        content = showers.McShower(
            primary_id=101,
            energy=float(2.0 ** self.rng.integers(-3, 6)),
            azimuth=3.0,
            altitude=1.25,
            depth_start=1.0,
            h_first_int=20000.0,
            xmax=300.0,
            hmax=10000.0,
            emax=310.0,
            cmax=320.0,
            profiles=[profile],
            mc_extra_params=showers.ExtraParameters(0.5, [1, 2], [3.0, 4.0]),
        )
        payload = showers.mc_shower(content, self.version(2020))
        events = [self.event(number, use) for use in range(self.n_use)]
        return self.block(2020, number, payload, top=True) + b"".join(events)

    def event(self, number, use):
        ident = showers.event_id(number, use)
        core = (float(self.rng.integers(-99, 99)), 0.5)
        mc = showers.mc_event(number, core, 0.25, self.version(2021))
        raw = self.block(2021, ident, mc, top=True)
        true = [(toy.tel_id, self.photo_electrons(toy)) for toy in self.toys]
        # Some telescopes have no true image.
        true = true[: 1 + (number + use) % len(self.toys)]
        blocks = [
            self.block(1208, photoelectrons.photo_electrons_id(ident, tel_id), image)
            for tel_id, image in true
        ]
        raw += self.container(1204, ident, *blocks, top=True)
        t = len(self.toys)
        sums = showers.PhotoElectronSums(
            n_pe=self.rng.integers(0, 99, t),
            photons=self.floats(t),
            photons_atm_400=self.floats(t),
        )
        sums = showers.photo_electron_sums(number, sums, self.version(2026))
        raw += self.block(2026, ident, sums, top=True)
        return raw + self.array_event(ident, top=True)

    def photo_electrons(self, toy):
        version = self.version(1208)
        count = self.rng.integers(0, 30)
        pixel = np.sort(self.rng.integers(0, toy.n_pixels, count)).astype(np.int32)
        photons = self.rng.integers(0, 2, toy.n_pixels).astype(np.int32)
        # Only some have amplitudes and photons.
        has_more = version >= 2 and count % 2
        return photoelectrons.photo_electrons(
            toy.n_pixels,
            pixel,
            self.floats(count),
            self.floats(count) if has_more else None,
            photons if has_more else None,
            version,
        )

    def calibration_event(self, number):
        kind = number % 4
        true = [
            self.block(1208, toy.tel_id - 1, self.photo_electrons(toy))
            for toy in self.toys
        ]
        inner = self.container(1204, number, *true)
        raw = self.container(2034, kind, inner, top=True)
        return raw + self.container(2028, kind, self.array_event(number), top=True)

    def array_event(self, ident, *, top=False):
        chosen = self.toys[: 1 + ident % len(self.toys)]
        tel_id = np.array([toy.tel_id for toy in chosen])
        masks = self.rng.choice([1, 2, 4, 3, 0x101, 0x401], tel_id.size)
        content = triggers.ArrayTrigger(
            cpu_time=(START, 10),
            gps_time=(START + ident, 500),
            tel_id=tel_id,
            time=self.floats(tel_id.size),
            mask=masks,
            data_tel_id=tel_id,
            az=3.0,
            alt=1.25,
            time_by_type={
                tel: {0: 1.5, 1: 2.5}
                for tel, mask in zip(tel_id.tolist(), masks.tolist(), strict=True)
                if mask == 3
            },
        )
        payload = triggers.array_trigger(content, self.version(2009))
        blocks = [self.block(2009, ident, payload)]
        blocks += [self.telescope_event(ident, toy) for toy in chosen]
        blocks += [self.tracking(toy) for toy in self.toys]
        blocks.append(self.stereo(tel_id))
        return self.container(2010, ident, *blocks, top=top)

    def tracking(self, toy):
        raw, corrected = (3.0, 1.25), (3.5, 1.5)
        flags, payload = telescope_events.HAS_RAW, (raw,)
        if toy.curved:
            flags |= telescope_events.HAS_CORRECTED
            payload = (raw, corrected)
        return self.block(
            telescope_type(types.TRACKING_BASE, toy.tel_id),
            telescope_events.tracking_id(toy.tel_id, flags),
            telescope_events.tracking_position(*payload),
            base=types.TRACKING_BASE,
        )

    def telescope_event(self, ident, toy):
        pixels = np.flatnonzero(self.rng.random(toy.n_pixels) < 0.3)
        lists = {0: pixels, 1: pixels[::2]}
        blocks = [self.telescope_header(ident, toy, pixels), self.adc(toy)]
        timing = pixel_timing.pixel_timing(self.timing(toy, pixels), self.version(2016))
        blocks.append(self.block(2016, toy.tel_id, timing))
        for code, listed in lists.items():
            payload = telescope_events.pixel_list(listed, self.version(2027))
            list_id = telescope_events.pixel_list_id(toy.tel_id, code)
            blocks.append(self.block(2027, list_id, payload))
        times = telescope_events.pixel_trigger_times(0.5, pixels, pixels + 7)
        blocks.append(self.block(2032, toy.tel_id, times))
        digital = self.rng.integers(0, 99, (2, 3)).astype(np.uint16)
        traces = adc.digital_traces(toy.tel_id, 1.5, digital)
        blocks.append(self.block(2029, toy.tel_id, traces))
        traces = adc.analog_traces(toy.tel_id, 2.5, self.floats(3, 2))
        blocks.append(self.block(2030, toy.tel_id, traces))
        blocks.append(self.image_parameters(toy, pixels))
        kind = telescope_type(types.TEL_EVENT_BASE, toy.tel_id)
        return self.container(kind, ident, *blocks, base=types.TEL_EVENT_BASE)

    def image_parameters(self, toy, pixels):
        content = images.ImageParameters(
            pixels=pixels.size,
            n_sat=int(toy.has_sums),
            moments=self.floats(6),
            errors=tuple(self.floats(5)),
            higher_moments=tuple(self.floats(4)) if toy.curved else (),
            hot_amp=self.floats(2),
            hot_pixel=[1, 2],
            timing=tuple(self.floats(5)) if toy.curved else (),
        )
        payload = images.image_parameters(content, self.version(2014))
        ident = images.image_parameters_id(toy.tel_id, content, cut_id=1)
        return self.block(2014, ident, payload)

    def stereo(self, tel_id):
        groups = [self.floats(n) for n in (2, 3, 2, 3, 0, 0, 1, 1, 1, 1)]
        seen = tel_id[tel_id <= 32].tolist()
        n = tel_id.size
        bits, payload = images.stereo_reconstruction(n, n, seen, groups)
        return self.block(2015, bits, payload)

    def telescope_header(self, ident, toy, pixels):
        content = telescope_events.TelescopeEventHeader(
            loc_count=ident + 1,
            glob_count=ident,
            cpu_time=(START, 20),
            gps_time=(0, 0),
            list_trgsect=pixels,
            time_trgsect=self.floats(pixels.size) if ident % 2 else None,
            # Those of old versions are more than eventio can read.
            phys_addr=[1, 2] if self.version(2011) >= 2 and toy.curved else None,
            readout_time=1.5,
            relative_trigger_time=2.5,
            start_readout=9,
        )
        payload = telescope_events.telescope_event_header(content, self.version(2011))
        return self.block(2011, toy.tel_id, payload)

    def adc(self, toy):
        if toy.has_sums:
            shape = (toy.n_gains, toy.n_pixels)
            sums = self.rng.integers(0, 2**20, shape).astype(np.uint32)
            return self.block(2012, adc.adc_id(toy.tel_id), *adc.adc_sums(sums))
        shape = (toy.n_gains, toy.n_pixels, toy.n_samples)
        samples = self.rng.integers(300, 400, shape).astype(np.uint16)
        samples[:, 0, 2] = 65535
        return self.block(2013, adc.adc_id(toy.tel_id), *adc.adc_samples(samples))

    def timing(self, toy, pixels):
        shape = (toy.n_gains, toy.n_pixels)
        return pixel_timing.PixelTiming(
            pixel_list=np.stack([pixels, pixels], axis=1) if toy.curved else pixels,
            time=self.rng.integers(0, 99, (toy.n_pixels, 2)) * np.float32(0.25),
            pulse_sum_loc=self.rng.integers(-99, 999, shape),
            pulse_sum_glob=self.rng.integers(-99, 999, shape),
            time_type=[1, 2],
            time_level=[1.0, 0.5],
            granularity=0.25,
            threshold=-5 if toy.n_gains == 1 else 5,
            before_peak=-1 if toy.has_sums else 3,
        )

    def histogram(self):
        n = self.n_showers * self.n_use
        thrown = histograms.filled(
            histograms.THROWN,
            "Events, without weights (Ra3d, log10(E))",
            (20, 0.0, 1000.0),
            (14, -3.0, 4.0),
            self.rng.uniform(-100, 1100, n),
            self.rng.uniform(-3.5, 4.5, n),
        )
        line = histograms.Histogram(
            ident=3,
            title="odd",
            axes=[histograms.Axis(n_bins=4, lower=0.0, upper=4.0)],
            data=np.arange(4.0),
            entries=6,
            tentries=6,
        )
        payload = histograms.histograms([line, thrown])
        return self.block(100, 3, payload, top=True)


def small_file(**options):
    """Content of a file, see `Maker`."""
    return Maker(**options).content()
