"""Tables of DL3 files as plain data, and whether they keep the format (GADF).

What the format wants is in `schemas.gadf`. Here: `Hdu`, one table with its header, and
`hdu_problems` and `file_problems`, which find everything that is wrong with one table,
and with those of an observation together. `stages.dl3` makes tables, `store.gadf`
writes and reads them.
"""

from cta_columnar.gadf.check import file_problems, hdu_problems
from cta_columnar.gadf.hdu import Hdu, HeaderValue, make_hdu

__all__ = ["Hdu", "HeaderValue", "file_problems", "hdu_problems", "make_hdu"]
