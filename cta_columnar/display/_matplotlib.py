"""Say what to install where matplotlib is missing."""

from importlib.util import find_spec

from cta_columnar.errors import UserError


class MissingLibraryError(UserError, ImportError):
    """A library of an optional extra is not installed."""


if find_spec("matplotlib") is None:
    raise MissingLibraryError(
        "pictures are drawn with matplotlib, which is not installed here: "
        "pip install 'cta-columnar[plot]'"
    )
