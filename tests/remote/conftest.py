"""Objects in memory stand for a server here; they end with the process."""

import pytest

from cta_columnar.remote import servers


@pytest.fixture(autouse=True)
def writable(monkeypatch):
    """Let them be written; return what can be otherwise."""
    before = servers.WRITABLE
    monkeypatch.setattr(servers, "WRITABLE", (*before, "memory"))
    return before
