"""Tables that users write as text: CSV and ECSV, by astropy."""

import warnings
from pathlib import Path
from typing import Any

from cta_columnar.bounded import MAX_TEXT_TABLE_BYTES, read_bounded


def read_text_table(path: Path, form: str) -> Any:  # noqa: ANN401
    """Read a table.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    form : str
        As astropy names it, ``ascii.csv`` or ``ascii.ecsv``.

    Returns
    -------
    table : astropy.table.Table
        As it stands there.

    Raises
    ------
    OSError
        If the system cannot read it.
    ValueError
        If it is none, or larger than such tables are.
    """
    # Here, not above: only who has such a file must wait for it.
    from astropy.table import Table  # noqa: PLC0415
    from astropy.utils.exceptions import AstropyWarning  # noqa: PLC0415

    text = read_bounded(path, MAX_TEXT_TABLE_BYTES).decode("utf-8")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", AstropyWarning)
            # As lines: a text of one line would be taken for the name of a file.
            return Table.read(text.splitlines(), format=form)
    except Exception as error:
        # astropy trusts what it reads: damage may show as anything.
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        raise ValueError(reason) from error
