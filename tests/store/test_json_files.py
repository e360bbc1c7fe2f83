"""JSON that is written piece by piece has the bytes of JSON that is written at once."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cta_columnar import bounded
from cta_columnar.provenance import joined
from cta_columnar.store.json_files import in_pieces, to_json

texts = st.sampled_from(["", "a", "a\nb", '"', "é", "_:a1", "_:a10", "_:a1-x"])
leaves = st.none() | st.booleans() | st.integers(-5, 5) | texts
plain = st.one_of(
    leaves, st.lists(leaves, max_size=2), st.dictionaries(texts, leaves, max_size=2)
)


@given(st.dictionaries(texts, plain, max_size=3), texts, plain)
def test_a_list_item_by_item(rest, name, item):
    for items in ([], [item], [item, item]):
        found = list(in_pieces(rest, name, iter(items)))
        assert b"".join(found) == to_json({**rest, name: items})
        assert len(found) >= len(items)


states = st.sampled_from(["running", "failed"]).map(lambda s: {"ctacol:status": s})
entries = st.dictionaries(texts, states | plain, max_size=4)
sections = st.sampled_from(["activity", "entity", "used"])
documents = st.lists(st.dictionaries(sections, entries, max_size=3), max_size=4)


@given(documents)
def test_documents_entry_by_entry(several):
    together = {}
    for document in several:
        for section, content in document.items():
            for name, each in content.items():
                there = together.setdefault(section, {})
                if name not in there or each != {"ctacol:status": "running"}:
                    there[name] = each
    text = json.dumps(together, indent=1, sort_keys=True) + "\n"
    assert joined(several) == text.encode()


def test_what_is_read_is_bounded_though_its_size_is_unknown():
    """Such a file says that it has no bytes, as one does that begins to grow."""
    path = Path("/proc/self/status")
    assert path.stat().st_size == 0
    assert b"VmHWM" in bounded.read_bounded(path, 1 << 20)
    with pytest.raises(bounded.RefusedFileError, match="101 bytes"):
        bounded.read_bounded(path, 100)
