"""Header blocks of small files, in any version; see `files`."""

from dataclasses import dataclass, field

import numpy as np

from cta_columnar.simulation.simtel import (
    atmospheres,
    cameras,
    history,
    monitoring,
    readouts,
    runs,
)
from cta_columnar.simulation.simtel.framing import block, container
from cta_columnar.simulation.simtel.versions import VERSIONS

START = 1_577_836_800
RUN = 7
ATMOSPHERE = 36
CAMERA = "ToyCam"


@dataclass(frozen=True)
class Toy:
    """Sizes of a telescope; one without samples has sums."""

    tel_id: int
    n_gains: int
    n_pixels: int
    n_samples: int = 8
    curved: bool = False

    @property
    def has_sums(self):
        return self.n_samples == 1


TOYS = (Toy(1, 2, 19), Toy(5, 1, 16, 5, curved=True), Toy(130, 2, 37, 1))


@dataclass
class HeaderMaker:
    """Makes headers; ``versions`` says which version of a block type to write."""

    versions: dict = field(default_factory=dict)
    toys: tuple = TOYS
    seed: int = 1
    n_showers: int = 2
    n_use: int = 2
    n_calibration: int = 2
    extended: bool = False

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)

    def version(self, kind):
        return self.versions.get(kind, VERSIONS[kind][0])

    def block(self, kind, ident, *payload, top=False, base=None):
        version = self.version(base or kind)
        more = {"version": version, "top": top, "extended": self.extended}
        return block(kind, ident, *payload, **more)

    def container(self, kind, ident, *blocks, top=False, base=None):
        version = self.version(base or kind)
        more = {"version": version, "top": top, "extended": self.extended}
        return container(kind, ident, *blocks, **more)

    def floats(self, *shape):
        return self.rng.normal(10, 3, shape).astype(np.float32)

    def headers(self):
        return b"".join(
            (
                *self.run_blocks(),
                *map(self.telescope_blocks, self.toys),
                *map(self.calibration_blocks, self.toys),
            )
        )

    def run_blocks(self):
        lines = ["STORE_PHOTOELECTRONS 1\n", "# é\n"]
        yield history.history(START, "ctacol simulate", lines)
        array = {"*LATITUDE": "28.75", "*LONGITUDE": "-17.875", "ALTITUDE": "2156"}
        array |= {"ARRAY_CONFIG_NAME": "Toys"}
        yield self.block(75, -1, history.metadata(array), top=True)
        for toy in self.toys:
            names = {"OPTICS_CONFIG_NAME": "Toy", "CAMERA_CONFIG_NAME": CAMERA}
            names |= {"MIRROR_CLASS": "0"}
            yield self.block(75, toy.tel_id, history.metadata(names), top=True)
        yield self.block(2000, RUN, self.run_header(), top=True)
        yield self.block(2001, -1, runs.mc_run_header(self.mc_run_header()), top=True)
        yield self.block(1212, 0, history.input_card(["SEED 1 2 3", ""]), top=True)
        yield self.block(1216, ATMOSPHERE, self.atmosphere(), top=True)

    def run_header(self):
        content = runs.RunHeader(
            run=RUN,
            time=START,
            tel_id=np.array([toy.tel_id for toy in self.toys], np.int16),
            tel_pos=self.floats(len(self.toys), 3),
            direction=(3.0, 1.25),
            offset_fov=(0.5, -0.5),
            conv_ref_pos=(1.0, 2.0),
            target="nothing",
        )
        return runs.run_header(content, self.version(2000))

    def mc_run_header(self):
        return runs.McRunHeader(
            obsheight=2156.0,
            n_showers=self.n_showers,
            n_use=self.n_use,
            core_range=(0.0, 500.0),
            alt_range=(1.25, 1.25),
            az_range=(3.0, 3.0),
            diffuse=1,
            viewcone=(0.0, 5.0),
            e_range=(0.125, 64.0),
            spectral_index=-2.0,
            b_total=38.75,
            b_inclination=0.75,
            b_declination=-0.125,
            atmosphere=ATMOSPHERE,
        )

    def atmosphere(self):
        height = np.linspace(0, 100, 11)
        content = atmospheres.AtmosphericProfile(
            name="toy",
            obslevel=215600.0,
            altitude_km=height,
            rho=1.2e-3 * np.exp(-height / 8),
            thickness=1030 * np.exp(-height / 8),
            refractive_index_minus_1=3e-4 * np.exp(-height / 8),
            htoa=1.1e7,
            five_layer_atmosphere=self.floats(5, 5).astype(np.float64),
        )
        return atmospheres.atmospheric_profile(content, self.version(1216))

    def telescope_blocks(self, toy):
        payloads = {
            2002: cameras.camera_settings(self.settings(toy), self.version(2002)),
            2003: cameras.camera_organization(
                self.organization(toy), self.version(2003)
            ),
            2004: readouts.pixel_settings(self.readout(toy), self.version(2004)),
            2005: cameras.disabled_pixels([1, 2], [3]),
            2006: readouts.camera_software(range(6), [4, 5], range(8)),
            2008: readouts.drive_settings(readouts.DriveSettings(park_pos=(1.0, 2.0))),
            2007: readouts.pointing_correction(3, [1.0, 2.0]),
        }
        return b"".join(
            self.block(kind, toy.tel_id, payload, top=True)
            for kind, payload in payloads.items()
        )

    def settings(self, toy):
        n_columns = int(np.ceil(np.sqrt(toy.n_pixels)))
        row, column = np.divmod(np.arange(toy.n_pixels), n_columns)
        size = 0.046875
        n = toy.n_pixels
        shapes = {"pixel_shape": 2, "pixel_area": 2.0**-10, "pixel_size": 2.0**-5}
        if toy.curved:
            shapes = {name: np.full(n, value) for name, value in shapes.items()}
        return cameras.CameraSettings(
            pixel_x=size * (column - n_columns / 2),
            pixel_y=size * (row - n_columns / 2),
            pixel_z=self.floats(n) / 100 if toy.curved else None,
            nxpix=self.floats(n) if toy.curved else None,
            nypix=self.floats(n) if toy.curved else None,
            focal_length=16.0,
            # Each telescope is of a type of its own.
            effective_focal_length=16.5 + toy.tel_id / 256,
            asymmetry=(16.25, 16.75, 0.5, 0.25),
            n_mirrors=86,
            mirror_area=106.25,
            cam_rot=0.125,
            **shapes,
        )

    def organization(self, toy):
        n, g = toy.n_pixels, toy.n_gains
        return cameras.CameraOrganization(
            drawer=np.arange(n) // 7,
            card=self.rng.integers(0, 9, (n, g)),
            chip=self.rng.integers(0, 9, (n, g)),
            channel=self.rng.integers(-9, 300, (n, g)),
            n_drawers=-(-n // 7),
            sectors=[np.arange(k % 4) for k in range(n)],
            sector_type=[1, 2],
            sector_threshold=[1.5, 2.5],
            sector_pixel_threshold=[0.5, 0.75],
        )

    def readout(self, toy):
        return readouts.PixelSettings(
            pixel_hv_dac=self.rng.integers(0, 999, toy.n_pixels),
            time_slice=1.25,
            sum_bins=toy.n_samples,
            ref_shape=np.exp(-0.5 * np.linspace(-3, 3, 11 * toy.n_gains) ** 2).reshape(
                toy.n_gains, 11
            ),
            ref_step=0.25,
            sum_offset=2,
            threshold_dac=[7, 8],
            adc_start=[0, 1],
            adc_count=[2, 3],
        )

    def calibration_blocks(self, toy):
        shape, time = (toy.n_gains, toy.n_pixels), (START, 5)
        state = {name: self.floats(toy.n_pixels) for name in monitoring.PIXEL_STATE}
        disabled = self.rng.random(toy.n_pixels) < 0.2
        pixels = monitoring.pixel_monitoring(*shape[::-1], state, disabled)
        parts = self.monitoring_parts(toy, time)
        content = monitoring.CameraMonitoring(
            n_pixels=toy.n_pixels,
            n_gains=toy.n_gains,
            n_sectors=2,
            n_drawers=3,
            parts=parts,
            moni_time=time,
        )
        monitored = monitoring.camera_monitoring(content, self.version(2022))
        laser = monitoring.LaserCalibration(
            calib=self.floats(*shape),
            tm_calib=self.floats(*shape),
            flat_fielding=self.floats(*shape),
            max_int_frac=0.5,
            max_pixtm_frac=0.25,
        )
        ident = monitoring.monitoring_id(toy.tel_id, sum(parts))
        laser_payload = monitoring.laser_calibration(laser, self.version(2023))
        return (
            self.block(2033, toy.tel_id, pixels, top=True)
            + self.block(2022, ident, monitored, top=True)
            + self.block(2023, toy.tel_id, laser_payload, top=True)
        )

    def monitoring_parts(self, toy, time):
        m, n = monitoring, toy.n_pixels
        shape, small = (toy.n_gains, n), self.rng.integers(0, 200, n)
        pedestals = m.pedestals_part(
            time, toy.n_samples, self.floats(*shape), self.floats(*shape)
        )
        if not self.n_calibration:
            return {m.PEDESTALS: pedestals}
        return {
            m.STATUS: m.status_part(time, 3),
            m.RATES: m.rates_part(time, (1, 2), 3.0, [4.0, 5.0], (6.0, 7.0, 8.0)),
            m.PEDESTALS: pedestals,
            m.TEMPERATURES: m.temperatures_part(
                time, small, small, small, np.ones((3, 2), np.int64), [1, 2, 3]
            ),
            m.CURRENTS: m.currents_part(time, small, small),
            m.THRESHOLDS: m.thresholds_part(time, small, [1, 2, 3], small, small),
            m.DAQ: m.daq_part(time, (1, 2, 3, 4, 5)),
        }
