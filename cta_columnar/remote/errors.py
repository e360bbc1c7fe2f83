"""What servers refuse, in words for the person who asked."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from cta_columnar.errors import ReadError

# By what the text of an error has in it.
_REMEDIES = (
    (
        r"NETWORK_CONNECTION|curlCode|Cannot connect|connect(ion)? (refused|failed)"
        r"|Timeout|timed out|Server disconnected|\[FATAL\]",
        "is the server up, and AWS_ENDPOINT_URL that of it?",
    ),
    (
        r"seek streaming|Got more bytes",
        "this server serves no parts of files: copy the file here first",
    ),
    (
        r"NO_SUCH_BUCKET|NoSuchBucket",
        "make the bucket first, or look at AWS_ENDPOINT_URL",
    ),
    (
        r"ACCESS_DENIED|INVALID_ACCESS_KEY|SIGNATURE_DOES_NOT_MATCH|Forbidden"
        r"|HTTP status 40[13]|\b40[13]\b|InvalidAccessKeyId|SignatureDoesNotMatch"
        r"|\[3010\]|permission denied",
        "who asks is named by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a "
        "profile (AWS_PROFILE): may they do this there?",
    ),
)


# How XRootD says that there is no such file, or no such folder for it.
_NOTHING_THERE = ("[3011]", "[3005]")


class RemoteError(ReadError):
    """A server did not answer, or refused.

    That tells nothing of what is there: it is neither left out nor done again.

    Parameters
    ----------
    url : str
        What was asked for.
    reason : str
        What the server or the network said.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, OSError(reason))
        # Two texts, so that it travels between processes.
        self.args = (url, reason)
        self.reason = " ".join(reason.split())

    def __str__(self) -> str:
        found = (hint for pattern, hint in _REMEDIES if re.search(pattern, self.reason))
        hint = next(found, "what was finished stays; do the same again with --resume")
        return f"{self.path}: {self.reason}; {hint}"


@contextmanager
def asking(url: object) -> Iterator[None]:
    """Turn what a server or a network says into a `RemoteError`.

    That nothing is there stays a `FileNotFoundError`.
    """
    try:
        yield
    except (FileNotFoundError, RemoteError):
        raise
    except Exception as error:
        # Clients of the schemes have errors of their own, of no common kind.
        reason = str(error) or type(error).__name__
        if any(code in reason for code in _NOTHING_THERE):
            raise FileNotFoundError(errno.ENOENT, reason, str(url)) from error
        raise RemoteError(str(url), reason) from error
