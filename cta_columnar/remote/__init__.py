"""Files and folders at a URL, in the manner of `pathlib`.

`location` makes a path of what a user names: ``dl1`` one of this machine, as ever,
``s3://bucket/dl1`` a `RemotePath`, whose methods ask the server. Whatever else takes a
path of a `RemotePath` from the operating system (``os.fspath``) gets an error that says
so, and never a file of this machine of a similar name.
"""

from cta_columnar.remote.arrow import arrow_place, arrow_source
from cta_columnar.remote.content import RemoteBytes
from cta_columnar.remote.copies import CopyError, at_hand
from cta_columnar.remote.errors import RemoteError
from cta_columnar.remote.names import (
    absolute_name,
    can_be_file,
    is_remote,
    is_url,
    location,
    matching,
    real_name,
    refuse_url,
)
from cta_columnar.remote.path import RemotePath
from cta_columnar.remote.permission import check_writing
from cta_columnar.remote.scratch import (
    SCRATCH_VARIABLE,
    SENT,
    local_scratch,
    scratch_content,
)

__all__ = [
    "SCRATCH_VARIABLE",
    "SENT",
    "CopyError",
    "RemoteBytes",
    "RemoteError",
    "RemotePath",
    "absolute_name",
    "arrow_place",
    "arrow_source",
    "at_hand",
    "can_be_file",
    "check_writing",
    "is_remote",
    "is_url",
    "local_scratch",
    "location",
    "matching",
    "real_name",
    "refuse_url",
    "scratch_content",
]
