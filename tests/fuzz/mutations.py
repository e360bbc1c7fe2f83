"""Damages of the content of a file, each made by a generator of a known seed.

``form`` says what is known of a content: ``binary``, ``text``, ``json``, ``parquet`` or
``fits``. Whatever it is, it may break off, have other bytes, lose or repeat some, and
have other numbers where a length may stand.
"""

import json
import re
import struct

# What a length or a count may be said to be.
LIES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
LIES += (1 << 40, (1 << 63) - 1, (1 << 64) - 1)

_NUMBERS = (b"0", b"-1", b"1e999", b"-1e999", b"nan", b"9" * 400, b"1" * 5000)
_NUMBERS += (b"2147483648", b"9223372036854775808", b"1e-400", b"true", b"null")
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")

_VALUES = (None, True, 0, -1, 1 << 63, 10**400, 1e300, "", "x" * 5000, "../..", "\0")
_VALUES += ("/etc/passwd", [], {}, [[]], [None], {"": 0}, float("nan"), "\ud800")

_CARD = re.compile(
    rb"(NAXIS\d?|PCOUNT|GCOUNT|TFIELDS|BITPIX|TFORM\d+|TDIM\d+|TNULL\d+|TTYPE\d+|TSCAL\d+"
    rb"|EXTNAME|XTENSION|HDUCLAS\d|THEAP|OBS_ID|EXTVER) *= "
)
_CARDS = (b"0", b"-1", b"1", b"99999999999999", b"'1PE(99999999)'", b"'9999999999E'")
_CARDS += (b"'x'", b"''", b"T", b"1E40", b"'(9999999,9999999)'", b"'1QD(1)'", b"'2A'")


def mutated(content, rng, form):
    """Return the kind of a damage, where it is, and the damaged content."""
    kind = rng.choice(_KINDS[form])
    place, damaged = kind(content, rng)
    return kind.__name__.strip("_"), place, damaged


def _cut(content, rng):
    end = rng.randrange(max(1, len(content)))
    return end, content[:end]


def _flip(content, rng):
    damaged = bytearray(content)
    places = [rng.randrange(len(content)) for _ in range(rng.choice((1, 1, 1, 4)))]
    for place in places:
        damaged[place] ^= rng.choice((1 << rng.randrange(8), rng.randrange(1, 256)))
    return places, bytes(damaged)


def _lie(content, rng):
    """Another number in the place of one of 2, 4 or 8 bytes."""
    size = rng.choice((2, 4, 4, 8))
    if len(content) < size:
        return _cut(content, rng)
    place = rng.randrange(len(content) - size + 1)
    if rng.random() < 0.5:
        place -= place % size
    order = rng.choice(("little", "little", "big"))
    before = int.from_bytes(content[place : place + size], order)
    value = rng.choice((*LIES, before + 1, before - 1, before * 256)) % (1 << 8 * size)
    new = value.to_bytes(size, order)
    return (place, value), content[:place] + new + content[place + size :]


def _splice(content, rng):
    """Some bytes are gone, or stand there again, or are of another place."""
    begin, end, to = sorted(rng.randrange(len(content) + 1) for _ in range(3))
    match rng.randrange(3):
        case 0:
            return (begin, end), content[:begin] + content[end:]
        case 1:
            return (begin, end), content[:end] + content[begin:]
        case _:
            moved = (
                content[:begin] + content[end:to] + content[begin:end] + content[to:]
            )
            return (begin, end, to), moved


def _number(content, rng):
    """Another number in a text."""
    found = list(_NUMBER.finditer(content))
    if not found:
        return _flip(content, rng)
    one = rng.choice(found)
    new = rng.choice(_NUMBERS)
    return (one.start(), new[:20]), content[: one.start()] + new + content[one.end() :]


def _insert(content, rng):
    """Signs that mean something in JSON, YAML and tables, somewhere."""
    words = (
        b"{",
        b"[",
        b"]",
        b"}",
        b'"',
        b":",
        b"\n",
        b"\t",
        b"\0",
        b"&a ",
        b"*a ",
        b"#",
    )
    words += (
        b"!!python/object/apply:os.system ",
        b"!!float ",
        b"- ",
        b"? ",
        b"\xff",
        b",",
    )
    words += (
        b"2024-99-99",
        b"<<: ",
        b"1:99",
        b"---\n",
        b"|",
        b"%YAML 9",
        b"\xef\xbb\xbf",
    )
    place, word = rng.randrange(len(content) + 1), rng.choice(words)
    return (place, word), content[:place] + word + content[place:]


def _node(content, rng):
    """Another value, or none, somewhere in JSON."""
    plain = json.loads(content)
    nodes = list(_nodes(plain))
    if not nodes:
        return _flip(content, rng)
    holder, key = rng.choice(nodes)
    if rng.random() < 0.15:
        del holder[key]
        what = "gone"
    elif rng.random() < 0.1:
        what, holder[key] = "swapped", _other(rng.choice(nodes))
    else:
        what = holder[key] = rng.choice(_VALUES)
    return (key, repr(what)[:20]), json.dumps(plain).encode()


def _nodes(plain):
    keys = plain if isinstance(plain, dict) else range(len(plain))
    for key in keys:
        yield plain, key
        if isinstance(plain[key], dict | list):
            yield from _nodes(plain[key])


def _other(node):
    holder, key = node
    # A copy: what is put below itself has no end.
    return json.loads(json.dumps(holder[key]))


def _in_footer(how):
    """Let a damage be in the footer of Parquet, which no checksum protects."""

    def _footer(content, rng):
        (size,) = struct.unpack("<I", content[-8:-4])
        begin = len(content) - 8 - size
        place, footer = how(content[begin:-8], rng)
        length = struct.pack("<I", len(footer))
        return (how.__name__, begin, place), content[:begin] + footer + length + b"PAR1"

    return _footer


def _footer_length(content, rng):
    size = rng.choice((*LIES[:9], rng.randrange(len(content))))
    return size, content[:-8] + struct.pack("<I", size & 0xFFFFFFFF) + b"PAR1"


def _card(content, rng):
    """Another value of a keyword of FITS that says how data lie."""
    found = list(_CARD.finditer(content))
    if not found:
        return _flip(content, rng)
    begin = rng.choice(found)
    value = rng.choice(_CARDS)
    new = value.ljust(70) if value.startswith(b"'") else value.rjust(20).ljust(70)
    start = begin.start() // 80 * 80
    damaged = content[: start + 10] + new[:70] + content[start + 80 :]
    return (begin[0].strip(), value), damaged


_BINARY = (_cut, _flip, _lie, _splice)
_TEXT = (_cut, _flip, _splice, _number, _insert)
_FOOTERS = tuple(_in_footer(how) for how in (_flip, _flip, _lie, _splice))
_KINDS = {
    "binary": _BINARY,
    "text": _TEXT,
    "json": (*_TEXT, _node, _node, _node),
    "parquet": (*_BINARY, *_FOOTERS, _footer_length),
    "fits": (*_BINARY, _card, _card, _card),
}
