import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.simulation import pixels as reference

from cta_columnar.kernels.simulation.pixels import HEXAGONS, pixels_of
from cta_columnar.simulation.cameras import CAMERAS
from cta_columnar.simulation.lattices import (
    SquareModules,
    hexagonal_lattice,
    square_lattice,
)

SEED = st.integers(0, 2**32 - 1)
few = settings(deadline=None, max_examples=25)
EDGE = 1e-7  # m; nearer to an edge rounding decides


def anti_clockwise(polygons):
    a, b, c = polygons[:, 0], polygons[:, 1], polygons[:, 2]
    turn = (b - a)[:, 0] * (c - b)[:, 1] - (b - a)[:, 1] * (c - b)[:, 0]
    return np.where(turn[:, None, None] > 0.0, polygons, polygons[:, ::-1])


def assert_same(lookup, polygons, x, y):
    polygons = anti_clockwise(polygons)
    found = pixels_of(x, y, *lookup)
    for i in range(x.size):
        pixel, edge = reference.pixel_of(x[i], y[i], polygons)
        if edge > EDGE:
            assert found[i] == pixel, (x[i], y[i])


def some_points(rng, x, y, n=60):
    """Points all over the camera and a little around it."""
    low, high = np.array([x.min(), y.min()]), np.array([x.max(), y.max()])
    margin = 0.2 * (high - low) + 0.1
    return rng.uniform(low - margin, high + margin, (n, 2)).T.copy()


@few
@given(st.integers(1, 40), st.floats(0.01, 2.0), st.floats(-1, 1), SEED)
def test_some_hexagons(n, pitch, x0, seed):
    rng = np.random.default_rng(seed)
    ab = rng.permutation(np.array(np.mgrid[-4:4, -4:4]).reshape(2, -1).T)[:n]
    lattice = hexagonal_lattice(ab, np.zeros(n), pitch, x0, -x0)
    polygons = reference.hexagons(lattice.x, lattice.y, pitch)
    assert_same(lattice.lookup, polygons, *some_points(rng, lattice.x, lattice.y))


@few
@given(
    st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.floats(0.3, 1.0), SEED
)
def test_square_modules_that_are_tilted_and_turned(columns, rows, side, width, seed):
    rng = np.random.default_rng(seed)
    cell = rng.uniform(0.5, 2.0, 2)
    middle = np.array(np.meshgrid(*map(np.arange, (columns, rows)))).reshape(2, -1).T
    middle = (middle - 0.5 * (np.array([columns, rows]) - 1)) * cell
    middle = rng.permutation(middle)[: rng.integers(1, len(middle) + 1)]
    angle = rng.uniform(0.0, 0.1, len(middle))
    step = 0.85 * cell.min() / side
    slow = step * np.column_stack([np.cos(angle), np.sin(angle), 0 * angle])
    fast = step * np.column_stack([-np.sin(angle), 0.9 * np.cos(angle), 0 * angle])
    centres = np.column_stack([middle, np.zeros(len(middle))])
    modules = SquareModules(centres, slow, fast, side, *cell)
    lattice = square_lattice(modules, step)
    polygons = reference.squares(centres, slow, fast, side, width)
    lookup = lattice.seen(width * step)
    assert_same(lookup, polygons, *some_points(rng, lattice.x, lattice.y))


@pytest.mark.parametrize("name", CAMERAS)
def test_cameras(name):
    """Every pixel is found in its middle; all else as the polygons have it."""
    lattice = CAMERAS[name]()
    kind, numbers, _, modules = lookup = lattice.seen(0.95 * lattice.pitch)
    assert (pixels_of(lattice.x, lattice.y, *lookup) == range(lattice.x.size)).all()
    if kind == HEXAGONS:
        polygons = reference.hexagons(lattice.x, lattice.y, lattice.pitch)
    else:
        steps = np.linalg.inv(modules[:, 2:].reshape(-1, 2, 2))
        slow, fast = steps[:, :, 0], steps[:, :, 1]
        side = int(numbers[4])
        polygons = reference.squares(modules[:, :2], slow, fast, side, 0.95)
    rng = np.random.default_rng(1)
    points = some_points(rng, lattice.x, lattice.y, 100)
    assert_same(lookup, polygons, *points)
    assert (pixels_of(*points, *lookup) >= 0).any()
    assert (pixels_of(*points, *lookup) < 0).any()


@pytest.mark.parametrize("name", ["FlashCam", "SSTCam"])
def test_points_that_are_nowhere(name):
    lookup = CAMERAS[name]().lookup
    far = np.array([np.nan, np.inf, -np.inf, 1e300, -1e300, 5.0, 0.0])
    nine = np.full(far.size, 9.0)
    for x, y in ((far, far[::-1].copy()), (far, nine), (nine, far)):
        with np.errstate(invalid="ignore"):  # the kernel as plain Python warns
            assert (pixels_of(x, y, *lookup) == -1).all()
    assert pixels_of(np.zeros(0), np.zeros(0), *lookup).size == 0


def test_no_modules_overlap():
    centres = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    wide = np.tile([[0.51, 0.0, 0.0]], (2, 1))
    tall = np.tile([[0.0, 0.5, 0.0]], (2, 1))
    with pytest.raises(ValueError, match="modules of the camera overlap"):
        square_lattice(SquareModules(centres, wide, tall, 2, 1.0, 1.0), 0.5)


def test_no_two_pixels_in_one_place():
    with pytest.raises(ValueError, match="same point"):
        hexagonal_lattice([[0, 0], [0, 0]], [0, 0], 1.0)
