"""Toy rings of muons on a camera of hexagons, for kernels and stages."""

import numpy as np
from cameras import hexagonal
from reference.muon_light import Model

CAMERA = hexagonal(8)
PITCH = np.radians(0.3)  # a pixel
X, Y = CAMERA.x * PITCH, CAMERA.y * PITCH
NEAR = 0.4
RADIUS = np.radians(1.2)
# Impact distance in m and its azimuth, width of the ring, efficiency.
TRUTH = 5.0, 0.7, np.radians(0.06), 0.2


def ring_model(lon=0.0, lat=0.0, radius=RADIUS, **telescope):
    """The pixels near a ring, as a model of their light; and which they are."""
    near = np.abs(np.hypot(X - lon, Y - lat) - radius) < NEAR * radius
    return Model(X[near] - lon, Y[near] - lat, radius, PITCH, **telescope), near


def ring_image(seed, parameters=TRUTH, **place):
    """Noisy image of a ring, p.e."""
    rng = np.random.default_rng(seed)
    model, near = ring_model(**place)
    charge = rng.poisson(model.expected(*parameters)).astype(float)
    charge += 0.5 * np.sqrt(charge) * rng.normal(size=charge.size)
    image = 1.1 * rng.normal(size=X.size)
    image[near] += charge
    return image.astype(np.float32)
