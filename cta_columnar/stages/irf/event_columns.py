"""Columns of events that responses are made of, from directions and energies."""

from collections.abc import Iterable, Mapping

import numpy as np

from cta_columnar.array_types import F8, AnyArray
from cta_columnar.instrument import frames
from cta_columnar.stages.irf.given import given_floats

POINTING = ("array_pointing_alt", "array_pointing_az")
RECO = (*POINTING, "reco_alt", "reco_az", "reco_energy")
TRUTH = ("true_alt", "true_az", "true_energy")

# Made of `RECO` alone, and made of both.
RECO_COLUMNS = ("reco_source_fov_offset", "reco_fov_lon", "reco_fov_lat")
TRUE_COLUMNS = (
    *("theta", "migration", "true_source_fov_offset"),
    *("true_fov_lon", "true_fov_lat"),
)


def event_columns(
    columns: Mapping[str, AnyArray], wanted: Iterable[str]
) -> dict[str, F8]:
    """Compute some of the columns that follow from directions and energies.

    Parameters
    ----------
    columns : mapping of str to array[n]
        Those of `RECO`; those of `TRUTH` too, if what is wanted follows from them.
        Angles in deg, energies in one unit.
    wanted : iterable of str
        Of these, the ones in `RECO_COLUMNS` and `TRUE_COLUMNS` are computed.

    Returns
    -------
    derived : dict of str to float64[n]
        ``theta``: from the true to the reconstructed direction, deg. ``migration``:
        reconstructed over true energy. ``*_source_fov_offset``: from the pointing,
        deg. ``*_fov_lon, *_fov_lat``: in the field of view, deg, longitude against
        the azimuth, as GADF has it. NaN where something is not defined.

    Raises
    ------
    UserError
        If a column is missing.
    """
    derived: dict[str, F8] = {}
    for name in dict.fromkeys(wanted):
        if name in derived:
            continue
        if name == "theta":
            ends = ("true_az", "true_alt", "reco_az", "reco_alt")
            derived[name] = frames.angular_separation(*_read(columns, ends))
        elif name == "migration":
            reco, true = _read(columns, ("reco_energy", "true_energy"))
            with np.errstate(divide="ignore", invalid="ignore"):
                derived[name] = reco / true
        elif name in (*RECO_COLUMNS, *TRUE_COLUMNS):
            kind = name.split("_", maxsplit=1)[0]
            derived |= _in_field_of_view(columns, kind, name)
    return derived


def _in_field_of_view(
    columns: Mapping[str, AnyArray], kind: str, name: str
) -> dict[str, F8]:
    pointing_alt, pointing_az = _read(columns, POINTING)
    alt, az = _read(columns, (f"{kind}_alt", f"{kind}_az"))
    if name.endswith("_offset"):
        offset = frames.angular_separation(pointing_az, pointing_alt, az, alt)
        return {name: offset}
    lon, lat = frames.altaz_to_fov(alt, az, pointing_alt, pointing_az)
    # Azimuth grows from north to east, and so does the longitude of the frame.
    return {f"{kind}_fov_lon": -lon, f"{kind}_fov_lat": lat}


def _read(columns: Mapping[str, AnyArray], names: Iterable[str]) -> list[F8]:
    return [given_floats(columns, name, "instrument responses") for name in names]
