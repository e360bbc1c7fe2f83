"""Texts of others for programs that want Unicode: names of files need not be."""

from collections.abc import Mapping
from typing import Any


def encodable(plain: Any) -> Any:  # noqa: ANN401
    r"""Return plain data whose texts can be written as UTF-8, by whomsoever.

    Bytes of names that are no text, which Python keeps as lone surrogates, are written
    as numbers: ``\udcff``. Many readers of JSON refuse them otherwise.

    Parameters
    ----------
    plain : object
        Texts, numbers, and mappings and lists of them.
    """
    if isinstance(plain, str):
        return plain.encode(errors="backslashreplace").decode()
    if isinstance(plain, Mapping):
        return {encodable(name): encodable(each) for name, each in plain.items()}
    if isinstance(plain, list | tuple):
        return [encodable(each) for each in plain]
    return plain
