"""Whether events and responses are of one array of telescopes."""

from collections.abc import Iterable, Sequence

import numpy as np

from cta_columnar.errors import UserError
from cta_columnar.instrument.subarray import SubarrayDescription
from cta_columnar.pipelines.dl3.responses import Responses
from cta_columnar.pipelines.running.simulated_inputs import array_digest
from cta_columnar.store import IrfTelescope, Store

_LISTED = 5


def unlike(
    subarray: SubarrayDescription,
    used: Iterable[int],
    known: Sequence[IrfTelescope],
    tolerance_m: float,
) -> list[str]:
    """Find what matters to responses and differs, in words.

    Names, and where the array as a whole stands, do not matter.

    Parameters
    ----------
    subarray : SubarrayDescription
        Of the events.
    used : iterable of int
        Its telescopes that took part.
    known : sequence of IrfTelescope
        Those of the responses.
    tolerance_m : float
        By how much places of telescopes may differ, m.
    """
    of_responses = {each.tel_id: each for each in known}
    rows = {tel_id: row for row, tel_id in enumerate(subarray.tel_ids.tolist())}
    found, both = [], []
    for tel_id in sorted(used):
        if tel_id not in rows or tel_id not in of_responses:
            where = "responses" if tel_id in rows else "description of their array"
            found.append(f"telescope {tel_id} of the events is not in the {where}")
            continue
        both.append(tel_id)
        own, other = _kind(subarray, rows[tel_id]), of_responses[tel_id].kind
        if own != other:
            found.append(f"telescope {tel_id} is {own}, in the responses {other}")
    if both:
        places = subarray.positions[[rows[each] for each in both]]
        wanted = np.array([of_responses[each].position for each in both])
        moved = places - wanted
        away = np.linalg.norm(moved - np.median(moved, axis=0), axis=1)
        found += [
            f"telescope {tel_id} stands {distance:.2f} m from where it is in the "
            f"responses (responses.position_tolerance is {tolerance_m:g} m)"
            for tel_id, distance in zip(both, away.tolist(), strict=True)
            if distance > tolerance_m
        ]
    return found


def _kind(subarray: SubarrayDescription, row: int) -> str:
    tel_type = subarray.types[subarray.type_index[row]]
    return IrfTelescope.kind_of(tel_type.optics.size_type, tel_type.camera.n_pixels)


def check_array(
    store: Store, used: Iterable[int] | None, responses: Responses
) -> list[int]:
    """Refuse events of another array than that of the responses.

    Parameters
    ----------
    store : Store
        Whose events they are.
    used : iterable of int, optional
        Telescopes that took part; by default all, and those of the responses, too.
    responses : Responses
        What is to be valid for them.

    Returns
    -------
    missing : list of int
        Telescopes of the responses that took no part.

    Raises
    ------
    UserError
        If telescopes differ in kind or place, or some are not in the responses.
    """
    manifest, settings = responses.dataset.manifest, responses.config.responses
    if used is None and array_digest(store) == manifest.array:
        return []
    known, said = manifest.telescopes, ["the responses do not say of which telescopes"]
    subarray = store.subarray()
    there = set(subarray.tel_ids.tolist() if used is None else used)
    missing = sorted({each.tel_id for each in known} - there)
    if known:
        said = unlike(subarray, there, known, settings.position_tolerance)
        if used is None:
            said += [f"telescope {k} is in the responses alone" for k in missing]
    elif array_digest(store) == manifest.array:
        said = []
    if said:
        more = f"; and {len(said) - _LISTED} more" if len(said) > _LISTED else ""
        raise UserError(
            f"{store.root} and the responses in {responses.dataset.root} are of "
            f"different arrays: {'; '.join(said[:_LISTED])}{more}. Make responses of "
            "this array"
        )
    return missing
