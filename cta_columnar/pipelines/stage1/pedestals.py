"""Noise of each telescope, read off the pedestal events of a raw file."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from cta_columnar.array_types import F4, F8, AnyArray
from cta_columnar.arrays import to_numpy
from cta_columnar.config import ReduceConfig, Stage1Config, digest
from cta_columnar.digests import file_digest, value_digest
from cta_columnar.errors import UserError
from cta_columnar.instrument.coefficients import Coefficients
from cta_columnar.instrument.pedestals import NoiseLibrary
from cta_columnar.pipelines.calibration.camera_calibration import (
    calibrated,
    calibration_digest,
    calibration_input,
    calibration_of,
)
from cta_columnar.pipelines.calibration.chains import calibration_chains
from cta_columnar.schemas.event_types import EventType
from cta_columnar.sources.base import (
    BadInputError,
    open_source,
    require_file,
    unreadable,
)
from cta_columnar.stages.dl1 import TelescopeChains

_PEDESTALS = (EventType.PEDESTAL, EventType.SKY_PEDESTAL)


@dataclass(frozen=True, eq=False)
class Pedestals:
    """What the pedestal events of a file tell, by telescope.

    Attributes
    ----------
    std : dict of int to float32[c, p]
        Standard deviation of the charge in each gain channel, p.e.
    noise : dict of str to NoiseLibrary
        Recorded waveforms by telescope type; empty if nobody asks for them.
    """

    std: dict[int, F4]
    noise: dict[str, NoiseLibrary] = field(default_factory=dict)


# Those read last, by what they depend on: most often the same for all shards.
_known: dict[tuple[str, str, bool], Pedestals] = {}


def pedestals_of(config: Stage1Config) -> Pedestals | None:
    """Read the pedestal events that a configuration names; once, if asked again.

    Raises
    ------
    UserError
        If the file cannot be read, or has no such events.
    """
    path = pedestals_path(config)
    if path is None:
        return None
    # Run number and number of events are about the inputs. Both gains are needed.
    source = config.source.model_copy(
        update={
            "obs_id": None,
            "obs_id_offset": 0,
            "max_events": None,
            "skip_calibration_events": False,
            "select_gain": None,
        }
    )
    # Noise has no time that pixels could have in common. A raw file has no gain that
    # was selected for DL0.
    update = {
        **dict.fromkeys(("waveform_modifier", "waveform_time_shift", "time_shift")),
        "source": source,
        "gain_selector": Stage1Config().gain_selector,
    }
    plain = config.model_copy(update=update)
    with_waveforms = config.waveform_modifier is not None
    contents = f"{pedestals_digest(config)} {calibration_digest(config)}"
    key = contents, digest(plain), with_waveforms
    if key not in _known:
        _known.clear()
        try:
            _known[key] = _read(path, plain, with_waveforms)
        except BadInputError as error:
            # It is none of the inputs, of which a bad one may be skipped.
            raise UserError(f"monitoring.pedestals: {error}") from error
    return _known[key]


def pedestals_path(config: ReduceConfig | Stage1Config) -> Path | None:
    """Return the file of pedestal events that a configuration names, if it does."""
    if isinstance(config, ReduceConfig):
        return None
    named = config.monitoring.pedestals
    return None if named is None else Path(named).expanduser()


def pedestals_digest(config: Stage1Config) -> str:
    """Digest of the content of the file that a configuration names; "" if none.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    path = pedestals_path(config)
    if path is None:
        return ""
    try:
        require_file(path)
        return file_digest(path)
    except BadInputError as error:
        raise UserError(f"monitoring.pedestals: {error}") from error
    except OSError as error:
        raise UserError(f"monitoring.pedestals: {unreadable(path, error)}") from error


def monitoring_inputs(
    config: ReduceConfig | Stage1Config,
) -> list[tuple[str, str, int]]:
    """Path, digest and bytes of what a configuration names besides the inputs.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    if isinstance(config, ReduceConfig):
        return []
    found = []
    if (path := pedestals_path(config)) is not None:
        found.append((str(path), pedestals_digest(config), path.stat().st_size))
    if (calibration := calibration_input(config)) is not None:
        found.append(calibration)
    return found


def digest_with(
    config: ReduceConfig | Stage1Config, inputs: Iterable[tuple[str, str, int]]
) -> str:
    """Digest of a configuration, and of the content of its `monitoring_inputs`."""
    found = digest(config)
    for _, content, _ in inputs:
        found = value_digest([found, content])
    return found


@dataclass
class _Moments:
    """Number, sum and sum of squares of the images of a telescope, float64[c, p]."""

    n: int = 0
    total: F8 | float = 0.0
    squares: F8 | float = 0.0

    def add(self, images: F4) -> None:
        """Add images[e, c, p]."""
        wide = images.astype(np.float64)
        self.n += len(wide)
        self.total = self.total + wide.sum(axis=0)
        self.squares = self.squares + (wide**2).sum(axis=0)

    def std(self) -> F4:
        """Return the population standard deviation, float32[c, p]."""
        mean = np.asarray(self.total) / self.n
        variance = np.asarray(self.squares) / self.n - mean**2
        return np.sqrt(np.maximum(variance, 0.0)).astype(np.float32)


def _read(path: Path, config: Stage1Config, with_waveforms: bool) -> Pedestals:
    moments: dict[int, _Moments] = defaultdict(_Moments)
    recorded: dict[str, dict[int, list[F4]]] = defaultdict(lambda: defaultdict(list))
    options = config.source.for_opening()
    with closing(open_source(path, **options)) as source:
        chains = calibration_chains(config, source.subarray, with_waveforms)
        calibration = calibration_of(config, source.subarray)
        for batch in source.batches():
            if batch.event_type not in _PEDESTALS:
                continue
            for tel_type, of_type in batch.telescopes.items():
                rows, coefficients = calibrated(
                    of_type, batch.coefficients[tel_type], calibration.get(tel_type)
                )
                columns = _of_all_channels(chains[tel_type], rows, coefficients)
                tel_id = to_numpy(rows["tel_id"])
                for one in np.unique(tel_id).tolist():
                    members = tel_id == one
                    moments[one].add(columns["image"][members])
                    if with_waveforms:
                        waveform = columns["waveform"][members]
                        recorded[tel_type][one].append(waveform)
    if not moments:
        raise BadInputError(path, None, "has no pedestal events")
    noise = {
        tel_type: NoiseLibrary.of({t: np.concatenate(w) for t, w in telescopes.items()})
        for tel_type, telescopes in recorded.items()
    }
    return Pedestals({t: each.std() for t, each in moments.items()}, noise)


def _of_all_channels(
    chains: Mapping[int, TelescopeChains],
    rows: pa.RecordBatch,
    coefficients: Coefficients,
) -> dict[str, AnyArray]:
    """Run the chain of each gain channel: columns of shape [e, c, p, ...]."""
    runs = [each.run(rows, coefficients) for each in chains.values()]
    return {name: np.stack([each[name] for each in runs], axis=1) for name in runs[0]}
