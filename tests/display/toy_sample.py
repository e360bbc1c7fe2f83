"""Toy showers as DL1 and DL2 datasets: fit to be looked at, and quick to make."""

import numpy as np
from store.toy_run import random_batch

from cta_columnar.arrays import to_arrow
from cta_columnar.instrument import frames
from cta_columnar.instrument.camera import CameraGeometry, CameraReadout
from cta_columnar.instrument.optics import OpticsDescription
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.instrument.telescope import TelescopeType
from cta_columnar.schemas import dl1, dl2, simulation
from cta_columnar.schemas.columns import bind, merge
from cta_columnar.store import Identity, Input, Shard, ShardWriter, finalize

HEX, SQUARE = "LST_Toy_Hex", "SST_Toy_Square"
POINTING = {"pointing_alt": 70.0, "pointing_az": 180.0}


def telescope(name, x, y, pix_type, *, rotation=0.0, width=0.1, area=400.0):
    """Pixels of one width, a tenth of a degree for a focal length of 57.3 m."""
    of_width = {"hexagon": np.sqrt(3) / 2, "square": 1.0, "circle": np.pi / 4}
    pixel = np.full(len(x), of_width[pix_type] * width**2)
    camera = CameraGeometry(name, x, y, pixel, pix_type, rotation, 0.0)
    readout = CameraReadout(name, 1.0, np.ones((1, 4)), 1.0, 1, len(x), 40)
    optics = OpticsDescription(name, "LST", "PARABOLIC", 1, 9, area, 57.3, 57.3)
    return TelescopeType(name, optics, camera, readout, np.degrees(1.0))


def hexagonal(n=17):
    """Rows of hexagons that stand on a corner."""
    row, column = np.divmod(np.arange(n * n), n)
    x = 0.1 * (column + 0.5 * (row % 2) - n / 2)
    return telescope(HEX, x, 0.05 * np.sqrt(3) * (row - n / 2), "hexagon")


def squares(n=16):
    """Squares with a gap down the middle, as between modules."""
    row, column = np.divmod(np.arange(n * n), n)
    x = 0.1 * (column - (n - 1) / 2) + np.where(column < n / 2, -0.01, 0.01)
    y = 0.1 * (row - (n - 1) / 2)
    return telescope(SQUARE, x, y, "square", area=9.0)


def subarray():
    types = hexagonal(), squares()
    index = np.array([0, 0, 0, 0, 1, 1, 1, 1], np.int32)
    east = np.array([-80, 80, 80, -80, -200, 200, 200, -200.0])
    north = np.array([-80, -80, 80, 80, -200, -200, 200, 200.0])
    position = np.stack([north, -east, 0 * east], axis=1)
    ids = np.arange(1, 9, dtype=np.int16)
    names = tuple(map(str, ids))
    return SubarrayDescription(
        "toy", ids, names, position, index, types, 28.7, -17.9, 2200.0
    )


class Showers:
    """Random events, their images, and what a reconstruction might make of them."""

    def __init__(self, n, particle=0, seed=0):
        rng = self.rng = np.random.default_rng([seed, particle])
        self.n, self.array = n, subarray()
        self.fat = 2.0 if particle else 1.0
        energy = 0.02 * (1 - rng.random(n) * (1 - 0.02 / 100)) ** -1.0
        lon, lat = rng.uniform(-0.4, 0.4, (2, n))
        alt, az = frames.fov_to_altaz(lon, lat, 70.0, 180.0)
        core = rng.uniform(-250, 250, (2, n))
        self.lon, self.lat, self.core, self.energy = lon, lat, core, energy
        self.keys = {"obs_id": 7 + particle, "event_id": np.arange(n)}
        self.truth = {
            "true_energy": energy, "true_alt": alt, "true_az": az,
            "true_core_x": core[0], "true_core_y": core[1],
            "true_shower_primary_id": particle,
        }  # fmt: skip
        away = self.array.positions[:, :2, np.newaxis] - core
        self.away = away.transpose(2, 0, 1)
        impact = np.hypot(self.away[..., 0], self.away[..., 1])
        light = 2e4 * energy[:, np.newaxis] * np.exp(-impact / 120)
        self.light = light * self.fat * np.where(self.array.type_index, 0.1, 1.0)
        self.seen = self.light > 60

    def images(self, kind, is_simulated=True):
        """Tables images and parameters of the telescopes of a type."""
        rows, tels = np.nonzero(self.seen & (self.array.type_index == kind))
        of_type = self.array.types[kind]
        keys = {
            "obs_id": self.keys["obs_id"],
            "event_id": self.keys["event_id"][rows],
            "tel_id": self.array.tel_ids[tels],
        }
        # From the source outwards, as the telescope lies from the core.
        away = self.away[rows, tels]
        psi = np.arctan2(away[:, 0], -away[:, 1])
        distance = 0.15 + np.hypot(*away.T) / 600
        lon = self.lon[rows] + distance * np.cos(psi)
        lat = self.lat[rows] + distance * np.sin(psi)
        length, width = 0.12 + 0.1 * distance, self.fat * (0.05 + 0.02 * distance)
        size = self.light[rows, tels]
        true = self._true(of_type, lon, lat, psi, length, width, size)
        image = true + self.rng.normal(0, 1, true.shape)
        image_schema = merge(dl1.IMAGES, *([dl1.TRUE_IMAGE] if is_simulated else []))
        schema = bind(image_schema, {"pixel": len(of_type.fov_lon)})
        pixels = {"image": image, "image_mask": image > 5, "true_image": true}
        shown = dict.fromkeys(schema.names)
        pixels = {name: value for name, value in pixels.items() if name in shown}
        images = random_batch(schema, len(rows), self.rng, **keys)
        for name, value in pixels.items():
            column = schema.get_field_index(name)
            values = value.astype(schema.field(name).type.value_type.to_pandas_dtype())
            array = to_arrow(values, schema.field(name).type)
            images = images.set_column(column, schema.field(name), array)
        parameters = random_batch(
            merge(dl1.TEL_EVENT, dl1.HILLAS, dl1.LEAKAGE, dl1.MORPHOLOGY),
            len(rows), self.rng, **keys, **POINTING,
            is_parametrized=True, hillas_intensity=size, hillas_fov_lon=lon,
            hillas_fov_lat=lat, hillas_length=length, hillas_width=width,
            hillas_psi=np.degrees(np.arctan(np.tan(psi))),
            leakage_intensity_width_2=0.0, morphology_n_pixels=9,
        )  # fmt: skip
        # The angle of a line, of which both ends are alike.
        return images, parameters, np.degrees(np.arctan(away[:, 1] / away[:, 0]))

    def _true(self, camera, lon, lat, psi, length, width, size):
        x, y = camera.fov_lon - lon[:, np.newaxis], camera.fov_lat - lat[:, np.newaxis]
        psi = psi[:, np.newaxis]
        along = (x * np.cos(psi) + y * np.sin(psi)) / length[:, np.newaxis]
        across = (y * np.cos(psi) - x * np.sin(psi)) / width[:, np.newaxis]
        shape = np.exp(-0.5 * (along**2 + across**2))
        shape *= (size / shape.sum(axis=1))[:, np.newaxis]
        return self.rng.poisson(np.minimum(shape, 1e6))

    def events(self, is_simulated=True):
        """Table events."""
        multiplicity = self.seen.sum(axis=1)
        valid = multiplicity > 1
        error = 0.03 + 0.08 * self.fat * self.energy**-0.3
        lon = self.lon + self.rng.normal(0, error)
        lat = self.lat + self.rng.normal(0, error)
        alt, az = frames.fov_to_altaz(lon, lat, 70.0, 180.0)
        core = self.core + self.rng.normal(0, 10, self.core.shape)
        found = {"alt": alt, "az": az, "core_x": core[0], "core_y": core[1]}
        found = {k: np.where(valid, v, np.nan) for k, v in found.items()}
        columns = {f"HillasReconstructor_{k}": v for k, v in found.items()}
        columns |= {"reco_alt": found["alt"], "reco_az": found["az"]}
        columns |= {"HillasReconstructor_is_valid": valid, "reco_is_valid": valid}
        columns |= {"array_pointing_alt": 70.0, "array_pointing_az": 180.0}
        truth = [dl2.TRUTH] if is_simulated else []
        schema = merge(dl2.EVENTS, *truth, dl2.RECO, dl2.HILLAS_RECONSTRUCTOR)
        known = self.keys | columns | (self.truth if is_simulated else {})
        return random_batch(
            schema, self.n, self.rng, multiplicity=multiplicity, **known
        )

    def thrown(self):
        """Histogram with 20 bins per decade, ten times the events."""
        edges = 10.0 ** (np.arange(-40, 61) / 20)
        heights, _ = np.histogram(self.energy, edges)
        given = {"energy_low": edges[:-1], "energy_high": edges[1:]}
        given |= {"n_thrown": 10.0 * heights, "obs_id": self.keys["obs_id"]}
        return random_batch(simulation.THROWN, len(heights), self.rng, **given)


def write(folder, n=60, particle=0, *, is_simulated=True, only_tel=None):
    """Write ``dl1`` and ``dl2`` below a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    showers = Showers(n, particle)
    if only_tel is not None:
        showers.seen &= showers.array.tel_ids == only_tel
    raw = folder / "toy.raw"
    raw.write_bytes(bytes([particle % 256]))
    tables = [("trigger", _trigger(showers), None)]
    if is_simulated:
        rows = random_batch(
            simulation.SHOWERS, n, showers.rng, **showers.keys, **showers.truth
        )
        tables.append(("showers", rows, None))
        tables.append(("simulation/thrown", showers.thrown(), None))
    images, more = [], [("events", showers.events(is_simulated), None)]
    for kind, each in enumerate(showers.array.types):
        pictures, parameters, core_psi = showers.images(kind, is_simulated)
        images.append(("images", pictures, each.name))
        tables.append(("parameters", parameters, each.name))
        keys = {name: parameters[name].to_numpy() for name in dl1.TEL_EVENT.names[:3]}
        schema = merge(dl2.TELESCOPES, dl2.HILLAS_RECONSTRUCTOR_TEL)
        rows = random_batch(
            schema, len(core_psi), showers.rng, **keys, core_psi=core_psi
        )
        more.append(("telescopes", rows, each.name))
    first = _write(folder / "dl1", "stage1", Input.of(raw), tables + images)
    size = len(first.key)
    source = Input(str(folder / "dl1" / first.key), "0" * 64, size)
    _write(folder / "dl2", "stage2", source, tables + more)
    return folder / "dl1", folder / "dl2"


def _trigger(showers):
    n_tels = showers.seen.sum(axis=1)
    given = showers.keys | {"n_tels_with_data": n_tels}
    return random_batch(dl1.TRIGGER, showers.n, showers.rng, **given)


def _write(root, stage, source, tables):
    shard = Shard(Identity(stage, "config", "code"), (source,))
    with ShardWriter(root, shard, subarray()) as writer:
        for name, batch, tel_type in tables:
            writer.append(name, batch, tel_type)
        record = writer.commit(counts={})
    finalize(root, [shard])
    return record
