"""How many cores, bytes, files and euros a year of an observatory takes: arithmetic."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CTAO = Path(__file__).with_name("ctao.json")


@dataclass(frozen=True)
class Observatory:
    """What has to be processed: ``ctao.json`` has the sources.

    Attributes
    ----------
    telescope_events_hz : float
        While it observes.
    observed_s : float
        In a year.
    expected_bytes : float
        Of a year, as others say.
    reprocess_s : float
        The time in which a year is to be done again.
    busy : float
        Part of the time in which booked cores work.
    euro_per_core_s : float
        Price of a core that is booked.
    """

    telescope_events_hz: float
    observed_s: float
    expected_bytes: float
    reprocess_s: float
    busy: float
    euro_per_core_s: float

    @classmethod
    def read(cls, path: Path = CTAO) -> "Observatory":
        """Read the numbers of a file that names their sources."""
        given = {k: v["value"] for k, v in json.loads(path.read_text()).items()}
        return cls(
            given["array_triggers_hz"] * given["telescopes_per_event"],
            given["hours_a_year"] * 3600,
            given["petabytes_a_year"] * 1e15,
            given["days_to_reprocess"] * 86400,
            given["busy"],
            given["euro_per_core_hour"] / 3600,
        )

    @property
    def telescope_events(self) -> float:
        """Of a year."""
        return self.telescope_events_hz * self.observed_s


@dataclass(frozen=True)
class Way:
    """A way from a format to DL2, as it was measured.

    Attributes
    ----------
    name : str
        Format and cameras.
    kb : float
        Bytes of a telescope event that are read.
    us : float
        Processor time for it.
    """

    name: str
    kb: float
    us: float

    def live_cores(self, of: Observatory) -> float:
        """Return how many cores keep up with the triggers."""
        return of.telescope_events_hz * self.us * 1e-6 / of.busy

    def core_s(self, of: Observatory) -> float:
        """Return the booked processor time for a year."""
        return of.telescope_events * self.us * 1e-6 / of.busy

    def cores(self, of: Observatory) -> float:
        """Return how many cores do a year in the time for it."""
        return self.core_s(of) / of.reprocess_s

    def euro(self, of: Observatory) -> float:
        """Return the price of a year."""
        return self.core_s(of) * of.euro_per_core_s

    def petabytes(self, of: Observatory) -> float:
        """Return what is read for a year."""
        return of.telescope_events * self.kb * 1e3 / 1e15

    def gb_s(self, of: Observatory) -> float:
        """Return how fast it is read when a year is done again."""
        return self.petabytes(of) * 1e6 / of.reprocess_s

    @property
    def mb_per_core_s(self) -> float:
        """What a core reads in a second."""
        return self.kb / self.us * 1e3


@dataclass(frozen=True)
class Shards:
    """Files and calls of a year that is cut into shards.

    Attributes
    ----------
    seconds : float
        Work of a shard.
    core_s : float
        Work of the year.
    cores : float
        Those that are busy with it.
    files, record_kb, calls : float
        Parts and records of one shard in all datasets, bytes of these records, and
        calls that a file server answers, as far as they were counted; measured.
    """

    seconds: float
    core_s: float
    cores: float
    files: float
    record_kb: float
    calls: float

    @property
    def number(self) -> float:
        """Of a year."""
        return self.core_s / self.seconds

    @property
    def all_files(self) -> float:
        """Of a year."""
        return self.number * self.files

    @property
    def calls_hz(self) -> float:
        """Of all cores."""
        return self.cores / self.seconds * self.calls

    def datasets(self, records: float) -> float:
        """Return how many datasets a year is, of so many records each."""
        return self.number / records


FORMS = ("DL0 lossless", "DL0 reduced")
# Of telescope events in the long files of `benchmarks.run`; bytes from docs/dl0.md.
CAMERAS = {
    "prod5_north_gamma_history75": {"LST": 4 / 15, "NectarCam": 11 / 15},
    "prod5_north_proton_flashcam": {"FlashCam": 5 / 6, "LST": 1 / 6},
}


def ways(
    rates: Mapping[str, Mapping[str, float]], kb: Mapping[str, Mapping[str, float]]
) -> Iterator[tuple[Way, ...]]:
    """Yield for each file what was measured: the peer first, then ours.

    Parameters
    ----------
    rates : mapping
        Of each file, see `benchmarks.scale.rates.rates`.
    kb : mapping
        Of each format, by camera: kB of a telescope event.
    """
    for file, rate in rates.items():
        shares = CAMERAS[file]
        size = {
            form: sum(share * of[camera] for camera, share in shares.items())
            for form, of in kb.items()
        }
        cameras = " and ".join(shares)
        raw = 1e3 * rate["MB"] / rate["ours"]
        yield (
            Way(f"ctapipe, simtel; {cameras}", raw, 1e6 / rate["ctapipe"]),
            Way(f"ours, simtel; {cameras}", raw, 1e6 / rate["ours"]),
            *(
                Way(
                    f"ours, {form}; {cameras}", size[form], rate[form] + rate["stage 2"]
                )
                for form in FORMS
            ),
        )
