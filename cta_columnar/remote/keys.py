"""URLs without users, passwords and signatures, which are in nobody's records."""

import re

# Of these a question mark is no wild card: nothing is listed there.
_WEB = ("http", "https")


def without_keys(url: str) -> str:
    """Return a URL without a user, a password and a query."""
    scheme, mark, rest = url.partition("://") if "://" in url else ("", "", url)
    host, slash, name = rest.partition("/")
    place = f"{host.rpartition('@')[2]}{slash}{name}"
    query = r"[?#].*" if scheme.lower() in _WEB else r"\?[^/]*=.*"
    return f"{scheme}{mark}{re.sub(query, '', place, flags=re.DOTALL)}"


def has_keys(url: str) -> bool:
    """Whether a URL has more than server and name."""
    return without_keys(url) != url
