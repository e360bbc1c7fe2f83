"""sim_telarray files of seven telescope types, cut and sewn from a real one.

The real file (``calib_events``) has one pedestal event, with all telescopes. Here its
inner array event becomes any number of showers: with ids, truth and trigger of their
own, some of the telescopes each, and a light ellipse drawn over the pedestals.
"""

import gzip
import struct
from dataclasses import dataclass
from functools import cache

import numpy as np
import zstandard
from eventio import SimTelFile
from reference.blocks import read_whole, walk
from reference.simtel_blocks import block, blocks
from reference.simtel_files import find

RUN_HEADER, MC_SHOWER, MC_EVENT, ARRAY_EVENT = 2000, 2020, 2021, 2010
TRIGGER, TEL_HEADER, SAMPLES = 2009, 2011, 2013
CALIBRATION_EVENT, HISTOGRAMS = 2028, 100
TEL_IDS = (1, 2, 3, 4, 5, 6, 7)

# One array, eight runs of unequal size, one of them without events.
SIZES = {"zst": (1, 9, 3, 0), "gz": (6, 2), "plain": (12, 4)}
N_CALIBRATION = 3  # events, in the second of them


@dataclass(frozen=True)
class Telescope:
    """Blocks of the telescope in the real event, and its pixels.

    ``samples`` is uint16[c, p, s], none where the camera gives sums only.
    """

    children: list
    tracking: bytes
    samples: np.ndarray | None
    pixels: np.ndarray


@dataclass(frozen=True)
class Template:
    headers: list
    calibration: bytes
    shower: bytes
    telescopes: dict
    epilogue: bytes


@cache
def template(shared):
    """Take the real file apart."""
    path = find(shared, "calib_events")
    whole = list(walk(read_whole(path)))
    kinds = [kind for kind, _, _ in whole]
    first = kinds.index(CALIBRATION_EVENT)
    return Template(
        headers=[(kind, raw) for kind, _, raw in whole[:first]],
        calibration=whole[first][2],
        shower=whole[kinds.index(MC_SHOWER)][2][16:],
        telescopes=_telescopes(path, whole[first][2]),
        epilogue=whole[kinds.index(HISTOGRAMS)][2],
    )


def _telescopes(path, calibration):
    with SimTelFile(str(path), skip_calibration=False) as file:
        event = next(iter(file))
        cameras = {
            i: d["camera_settings"] for i, d in file.telescope_descriptions.items()
        }
    children, tracking = {}, {}
    # Everything in the array event; the path begins with the calibration event.
    for kind, version, ident, start, end, place in blocks(calibration)[0]:
        inner = place[2:]
        content = calibration[start:end]
        if len(inner) == 2:
            children.setdefault(inner[0] - 2200, []).append(
                (kind, version, ident, content)
            )
        elif len(inner) == 1 and 2100 < kind < 2200:
            tracking[kind - 2100] = block(
                kind, content, version=version, block_id=ident
            )
    return {
        tel_id: Telescope(
            children[tel_id],
            tracking[tel_id],
            event["telescope_events"][tel_id].get("adc_samples"),
            np.stack([cameras[tel_id]["pixel_x"], cameras[tel_id]["pixel_y"]]),
        )
        for tel_id in TEL_IDS
    }


def encode_samples(samples):
    """Differences along the last axis, as variable-length integers."""
    differences = np.diff(samples.astype(np.int64), axis=-1, prepend=0).ravel()
    values = np.where(differences < 0, -2 * differences - 1, 2 * differences)
    size = 1 + (values >= 1 << 7) + (values >= 1 << 14)
    prefix = np.array([0, 0, 0x80, 0xC0])[size]
    start = np.cumsum(size) - size
    out = np.zeros(int(size.sum()), np.uint8)
    for n in range(3):
        has = size > n
        byte = values[has] >> 8 * (size[has] - 1 - n)
        out[start[has] + n] = (byte & 0xFF) | (prefix[has] if n == 0 else 0)
    return out.tobytes()


def with_shower(telescope, rng):
    """uint16[c, p, s]: pedestals, and an ellipse of light that runs along its axis."""
    n_samples = telescope.samples.shape[-1]
    radius = np.abs(telescope.pixels).max()
    angle, size = rng.uniform(0, 2 * np.pi), radius * rng.uniform(0.05, 0.25, 2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    center = rng.uniform(-0.6, 0.6, (2, 1)) * radius
    along, across = turn @ (telescope.pixels - center)
    charge = np.exp(-0.5 * ((along / size.max()) ** 2 + (across / size.min()) ** 2))
    peak = n_samples * (0.5 + 0.1 * along / radius)
    pulse = np.exp(-0.5 * ((np.arange(n_samples) - peak[:, None]) / 2.0) ** 2)
    light = rng.uniform(100, 1500) * charge[:, None] * pulse
    gains = np.array([1.0, 0.05])[: len(telescope.samples), None, None]
    return (telescope.samples + (gains * light).astype(np.uint16)).astype(np.uint16)


def _telescope_event(tel_id, telescope, event_id, rng):
    children = []
    for kind, version, ident, before in telescope.children:
        after = before
        if kind == SAMPLES:
            after = before[:8] + encode_samples(with_shower(telescope, rng))
        children.append(block(kind, after, version=version, block_id=ident))
    return block(2200 + tel_id, children, version=1, block_id=event_id)


def _trigger(event_id, tel_ids, second):
    n = len(tel_ids)
    ids = struct.pack(f"<{n}h", *tel_ids)
    content = struct.pack("<6i", 0, 0, second, 1000 * event_id, 0, 0)
    content += struct.pack("<h", n) + ids + struct.pack(f"<{n}f", *range(n))
    content += struct.pack("<h", n) + ids + bytes(n)
    content += bytes(-len(content) % 4)
    return block(TRIGGER, content, version=2, block_id=event_id)


def shower_blocks(parts, shower_id, rng):
    """One shower that some of the telescopes saw, the one of 11328 pixels seldom."""
    event_id = 100 * shower_id
    chosen = rng.choice(TEL_IDS[:-1], rng.integers(2, 5), replace=False).tolist()
    if rng.random() < 0.15:
        chosen.append(TEL_IDS[-1])
    tel_ids = sorted(chosen)
    energy = struct.pack("<f", rng.uniform(0.01, 10))
    core = struct.pack("<i2f", shower_id, *rng.uniform(-200, 200, 2))
    array_event = [
        _trigger(event_id, tel_ids, 1_550_500_000 + shower_id),
        *(_telescope_event(t, parts.telescopes[t], event_id, rng) for t in tel_ids),
        *(parts.telescopes[t].tracking for t in tel_ids),
    ]
    shower = parts.shower[:4] + energy + parts.shower[8:]
    return [
        block(MC_SHOWER, shower, version=1, block_id=shower_id, top=True),
        block(MC_EVENT, core, version=1, block_id=event_id, top=True),
        block(ARRAY_EVENT, array_event, block_id=event_id, top=True),
    ]


def _with_number(raw, run):
    """Run header with another number, which it has twice."""
    number = struct.pack("<i", run)
    return raw[:8] + number + raw[12:16] + number + raw[20:]


def content(shared, run, n_events, *, seed=0, n_calibration=0):
    """Decompressed content of a file: always the same for the same arguments.

    Calibration events come first, as in real files, the last one between showers.
    """
    parts = template(shared)
    rng = np.random.default_rng([seed, run])
    pieces = [
        _with_number(raw, run) if kind == RUN_HEADER else raw
        for kind, raw in parts.headers
    ]
    pieces += [parts.calibration] * (n_calibration - 1)
    for shower_id in range(1, n_events + 1):
        pieces += shower_blocks(parts, shower_id, rng)
        if shower_id == 1 and n_calibration:
            pieces.append(parts.calibration)
    return b"".join([*pieces, parts.epilogue])


def first_showers(shared, name, run, n_events):
    """Return a real file up to its n-th array event, under another run number.

    All its truth is there: true images, sums of photo-electrons, photon bunches.
    """
    pieces, left = [], n_events
    for kind, _, raw in walk(read_whole(find(shared, name))):
        if left > 0 or kind == HISTOGRAMS:
            pieces.append(_with_number(raw, run) if kind == RUN_HEADER else raw)
        left -= kind == ARRAY_EVENT
    return b"".join(pieces)


def write_file(path, raw):
    """Write, compressed as the name says."""
    if path.suffix == ".zst":
        raw = zstandard.compress(raw, 1)
    elif path.suffix == ".gz":
        raw = gzip.compress(raw, 1, mtime=0)
    path.write_bytes(raw)
    return path


def make_inputs(folder, shared, sizes=None):
    """Write a file per run, from run 1 on; the second has calibration events, too."""
    paths = []
    for kind, several in (sizes or SIZES).items():
        for n_events in several:
            run = len(paths) + 1
            suffix = ".simtel" if kind == "plain" else f".simtel.{kind}"
            n_calibration = N_CALIBRATION if run == 2 else 0
            raw = content(shared, run, n_events, n_calibration=n_calibration)
            paths.append(write_file(folder / f"run{run}{suffix}", raw))
    return paths
