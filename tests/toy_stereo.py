"""Images of random or of perfect showers, as kernels of stereo geometry take them."""

from typing import NamedTuple

import numpy as np
from reference import coordinates
from reference.hillas_reconstructor import unit

from cta_columnar.kernels.stereo import IMAGE

N_TELS = 8
SITE_HEIGHT = 2158.0


class Events(NamedTuple):
    """Arguments of the kernels, by name."""

    event_start: np.ndarray
    used: np.ndarray
    image: np.ndarray
    weight: np.ndarray
    pointing: np.ndarray
    tel_index: np.ndarray
    tel_position: np.ndarray
    tel_radius: np.ndarray
    array_pointing: np.ndarray
    site_height: float = SITE_HEIGHT

    def rows_of(self, i):
        """Rows of the used images of one event."""
        rows = np.arange(self.event_start[i], self.event_start[i + 1])
        return rows[self.used[rows]]

    def alone(self, i):
        """One event without the others."""
        rows = slice(self.event_start[i], self.event_start[i + 1])
        return self._replace(
            event_start=self.event_start[i : i + 2] - self.event_start[i],
            used=self.used[rows],
            image=self.image[rows],
            weight=self.weight[rows],
            pointing=self.pointing[rows],
            tel_index=self.tel_index[rows],
            array_pointing=self.array_pointing[i : i + 1],
        )


def make_events(rows_per_event, rng, divergence=0.03):
    """Images of random showers, each axis measured with an error."""
    n, r = len(rows_per_event), int(np.sum(rows_per_event))
    start = np.concatenate([[0], np.cumsum(rows_per_event)]).astype(np.int64)
    array = np.stack([rng.uniform(0.5, 1.5, n), rng.uniform(0, 6.3, n)], axis=1)
    event = np.repeat(np.arange(n), rows_per_event)
    image = np.empty((r, len(IMAGE)))
    image[:, :2] = rng.uniform(-0.04, 0.04, (r, 2))
    image[:, 2] = rng.uniform(-np.pi, np.pi, r)
    image[:, 3] = rng.uniform(0.002, 0.01, r)
    image[:, 4] = image[:, 3] * rng.uniform(0.05, 1, r)
    image[:, 5] = rng.lognormal(5, 2, r)
    tel = [rng.choice(N_TELS, k, replace=False) for k in rows_per_event]
    return Events(
        event_start=start,
        used=np.ones(r, bool),
        image=image,
        weight=rng.lognormal(5, 2, r),
        pointing=array[event] + rng.uniform(-divergence, divergence, (r, 2)),
        tel_index=np.concatenate([*tel, []]).astype(np.int32),
        tel_position=rng.uniform(-300, 300, (N_TELS, 3)) * [1, 1, 0.1],
        tel_radius=rng.uniform(0.03, 0.08, N_TELS),
        array_pointing=array,
    )


def perfect_event(alt, az, core, height, tilt_of_telescopes):
    """Images without error of one shower, seen by four telescopes."""
    events = make_events([4], np.random.default_rng(3))
    rng = np.random.default_rng(5)
    array = np.array([alt, az])
    pointing = array + rng.uniform(-1, 1, (4, 2)) * tilt_of_telescopes
    u = coordinates.direction(alt, az)
    for row, tel in enumerate(events.tel_index):
        on_axis = np.array([*core, 0.0]) + np.outer([height, 1.1 * height], u)
        seen = [unit(point - events.tel_position[tel]) for point in on_axis]
        lon, lat = np.transpose(
            [
                coordinates.altaz_to_fov(
                    np.arcsin(v[2]), -np.arctan2(v[1], v[0]), *pointing[row]
                )
                for v in seen
            ]
        )
        events.image[row, :2] = lon[0], lat[0]
        events.image[row, 2] = np.arctan((lat[1] - lat[0]) / (lon[1] - lon[0]))
    return events._replace(pointing=pointing, array_pointing=array[None])
