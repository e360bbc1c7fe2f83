"""What training and stage 3 say alike of predictions: names, and weights of images."""

import re
from typing import Literal

ImageWeights = Literal[
    "none",
    "intensity",
    "aspect-weighted-intensity",
    "containment-weighted-intensity",
]

_NAME = re.compile(r"[A-Za-z]\w*")


def check_name(what: str, name: str) -> None:
    """Refuse what columns cannot be named after.

    Parameters
    ----------
    what : str
        What is called so, for the message.
    name : str
        The name.

    Raises
    ------
    ValueError
        If it is no name.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{what} {name!r} is no name: letters, digits and _, a letter first"
        )
