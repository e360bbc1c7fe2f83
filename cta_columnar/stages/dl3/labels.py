"""Who observed and who made the files."""

from dataclasses import dataclass

from cta_columnar import __version__


@dataclass(frozen=True)
class Labels:
    """Who observed and who made the files, in the words of GADF's keywords.

    Attributes
    ----------
    telescope, instrument : str
        TELESCOP and INSTRUME: the observatory and the array.
    origin : str
        ORIGIN, who made the file.
    creator : str
        CREATOR, the software.
    """

    telescope: str = "CTAO"
    instrument: str = "unknown"
    origin: str = "CTAO"
    creator: str = f"cta_columnar {__version__}"
