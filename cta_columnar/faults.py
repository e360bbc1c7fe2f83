"""Deaths on purpose, for tests that ask whether a killed run can go on.

``CTACOL_FAULT=between-rename-and-record:3`` makes a process kill itself, as a power cut
would, when it passes that point for the third time (each process counts its own
passes; without a number, the first). The points, in the order of a shard's life:

========================== =====================================================
``before-rename``          parts are complete, below ``_tmp/`` only
``during-rename``          the first part has its final name, the others do not
``between-rename-and-record`` all parts have their final names, no record names them
``after-record``           the shard is committed
``before-manifest``        all shards are committed, the manifest is not written
``after-manifest``         the manifest is written, the records are still there
``during-overwrite``       a dataset is being removed: after the records, after the
                           manifest, then after each part
``before-piece-record``    a piece of a simulated file is there, no record names it
``after-piece-record``     the piece is done
``before-joining``         all pieces of a simulated file are done
``during-joining``         some of them are in the draft of the file, the last of these
                           by itself, too
``after-joining``          the file has its name, its pieces are still there
========================== =====================================================
"""

import os
import signal

VARIABLE = "CTACOL_FAULT"
_NAME, _, _COUNT = os.environ.get(VARIABLE, "").partition(":")
_left = int(_COUNT or 1)


def fault_point(name: str) -> None:
    """Kill this process if the environment asks for it here; otherwise do nothing."""
    global _left  # noqa: PLW0603 - a countdown is state by nature
    if name != _NAME:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
