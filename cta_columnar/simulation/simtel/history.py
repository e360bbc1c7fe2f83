"""What a file says about its making: history (70), metadata (75), input card (1212)."""

from collections.abc import Iterable, Mapping

from cta_columnar.kernels.simtel.block_types import (
    COMMAND_LINE,
    CONFIGURATION_LINE,
    HISTORY,
)
from cta_columnar.simulation.simtel.framing import block, container
from cta_columnar.simulation.simtel.packing import (
    Text,
    long_text,
    pack,
    text,
    unsigned,
)

HISTORY_ID = 1
# Readers look for these words in the first line of the history of a merged file.
MERGED = "merge_simtel"


def history_line(time: int, line: Text) -> bytes:
    """Payload of a block 71 (command line) or 72 (line of the configuration).

    Parameters
    ----------
    time : int
        When the program ran, s since 1970.
    line : str or bytes
        The line; lines of a configuration end in a newline.
    """
    return pack("i", time) + text(line)


def history(time: int, command: Text, configuration: Iterable[Text]) -> bytes:
    """Write a whole history block (70).

    Parameters
    ----------
    time : int
        When the program ran, s since 1970.
    command : str or bytes
        Command line.
    configuration : iterable of str or bytes
        Lines of the configuration: first those for all telescopes, then those of each
        telescope behind a line ``# Telescope-specific configuration follows``. A line
        ``STORE_PHOTOELECTRONS 10`` tells readers that there are true images.
    """
    lines = [
        block(COMMAND_LINE, HISTORY_ID, history_line(time, command)),
        *(
            block(CONFIGURATION_LINE, HISTORY_ID, history_line(time, line))
            for line in configuration
        ),
    ]
    return container(HISTORY, HISTORY_ID, *lines, top=True)


def metadata(items: Mapping[str, Text] | Mapping[bytes, Text]) -> bytes:
    """Payload of a block 75: names and values, as text.

    Parameters
    ----------
    items : mapping
        What readers look for: ``*LATITUDE``, ``*LONGITUDE`` (deg), ``ALTITUDE`` (m),
        ``ARRAY_CONFIG_NAME`` for the array (id -1); ``OPTICS_CONFIG_NAME``,
        ``CAMERA_CONFIG_NAME``, ``MIRROR_CLASS`` (0 facets, 2 two mirrors),
        ``PARABOLIC_DISH``, ``DISH_SHAPE_Length``, ``FOCAL_Length`` (cm) for a
        telescope.
    """
    pairs = (long_text(name) + long_text(value) for name, value in items.items())
    return unsigned(len(items)) + b"".join(pairs)


def input_card(lines: Iterable[Text]) -> bytes:
    """Payload of a block 1212: what steered the shower program, line by line."""
    listed = list(map(text, lines))
    return pack("i", len(listed)) + b"".join(listed)
