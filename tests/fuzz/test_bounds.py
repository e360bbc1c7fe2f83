"""Small files that stand for enormous ones; `docs/security.md` has the bounds.

They are made here, and a bound that is large in earnest is set lower for the test.
"""

import gzip
import json
import os
import re
import struct
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import toy_gadf
import zstandard
from astropy.io import fits
from fuzz.hammer import size_of
from reference.simtel_bytes import regions
from simulation.simtel.files import Maker
from store.toy_run import run, write_input

from cta_columnar import bounded
from cta_columnar.config import layers, read_file
from cta_columnar.digests import file_digest
from cta_columnar.errors import UserError
from cta_columnar.pipelines.planning.plan_file import read_plan
from cta_columnar.sources.base import BadInputError, open_source
from cta_columnar.sources.simtel.sections import sections_of
from cta_columnar.store import StoreError, history_of, open_store, parquet_bounds
from cta_columnar.store import read_parquet as read_parquet_file
from cta_columnar.store.gadf import fits_bounds, read_gadf, reading, write_gadf
from cta_columnar.store.gadf.published import read_published
from cta_columnar.store.json_files import from_json
from cta_columnar.store.parquet_files import read_slices

MB = 1 << 20


def grown(call, *arguments):
    """Bytes by which this process was larger meanwhile, and what came of it."""
    Path("/proc/self/clear_refs").write_text("5")
    before = size_of("VmHWM")
    try:
        result = call(*arguments)
    except UserError as error:
        result = error
    return size_of("VmHWM") - before, result


@pytest.fixture(autouse=True, scope="module")
def imported(tmp_path_factory):
    """Modules that are imported when first used are not what a file makes grow."""
    path = tmp_path_factory.mktemp("raw") / "a.simtel"
    path.write_bytes(block(70, b""))
    with pytest.raises(BadInputError):
        read_raw(path)


def read_raw(path):
    with open_source(path, focal_length_choice="EQUIVALENT") as source:
        return sum(batch.trigger.num_rows for batch in source.batches())


def block(kind, content):
    return struct.pack("<4I", 0xD41F8A37, kind, 0, len(content)) + content


@pytest.mark.parametrize("pack", [zstandard.compress, gzip.compress])
@pytest.mark.parametrize(
    "front", [b"", b"\x37\x8a\x1f\xd4" + bytes(12), block(70, b"")]
)
def test_zeros_that_are_packed(tmp_path, pack, front):
    path = tmp_path / "a.simtel"
    path.write_bytes(pack(front + bytes(64 * MB)))
    n_bytes, error = grown(read_raw, path)
    assert path.stat().st_size < MB
    assert isinstance(error, BadInputError)
    assert n_bytes < 48 * MB


@pytest.mark.full
def test_a_block_as_long_as_may_be(tmp_path):
    path = tmp_path / "a.simtel.zst"
    path.write_bytes(zstandard.compress(block(2000, bytes(255 * MB)), 1))
    n_bytes, error = grown(read_raw, path)
    assert isinstance(error, BadInputError)
    assert n_bytes < 1400 * MB


def test_a_window_of_zstd_that_is_too_wide(tmp_path):
    # Magic, no content size, a window of 2 GB, and a block of zeros.
    head = b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3])
    (tmp_path / "a.simtel").write_bytes(head + b"\x03\x00\x00\x00" * 9)
    n_bytes, error = grown(read_raw, tmp_path / "a.simtel")
    assert isinstance(error, BadInputError)
    assert n_bytes < 16 * MB


EMPTY = b"\x50\x2a\x4d\x18\0\0\0\0"
# An empty frame with a checksum, and its parts: header, an empty block, the last one.
CHECKED = zstandard.ZstdCompressor(write_checksum=True).compress(b"")
START = CHECKED[:-7]


@pytest.mark.parametrize(
    "content",
    [
        EMPTY * 1_000_000,
        CHECKED * 1_000_000,
        START + bytes(3) * 3_000_000 + CHECKED[-7:],
        2 * (START + bytes(3) * 1_500_000 + CHECKED[-7:]),
    ],
    ids=["empty", "checked", "blocks", "blocks of two"],
)
def test_zstd_in_very_many_pieces(tmp_path, content):
    """Each takes microseconds to step over, and 200 bytes where all are kept."""
    path = tmp_path / "a.simtel.zst"
    path.write_bytes(content)
    begin = time.process_time()
    n_bytes, digest = grown(file_digest, path)
    assert digest.startswith("crc32x64k:")
    assert n_bytes < 8 * MB
    n_bytes, sections = grown(sections_of, path)
    assert sections == ()
    assert n_bytes < 8 * MB
    n_bytes, error = grown(read_raw, path)
    assert isinstance(error, BadInputError)
    assert n_bytes < 48 * MB
    assert time.process_time() - begin < 6


@pytest.mark.parametrize("n_samples", [(1 << 31) - 1, 1 << 25])
def test_a_camera_of_endless_samples(tmp_path, n_samples):
    content = bytearray(Maker().content())
    fields = [r for r in regions(bytes(content)) if r.path == (2004,)]
    (first, *_) = [r for r in fields if r.kind == "payload"]
    # Pixels, flags, then samples; see the writer.
    places = range(first.begin, first.end - 4, 4)
    known = [p for p in places if struct.unpack_from("<i", content, p) == (8,)]
    for place in known:
        struct.pack_into("<i", content, place, n_samples)
    (tmp_path / "a.simtel").write_bytes(content)
    n_bytes, error = grown(read_raw, tmp_path / "a.simtel")
    assert isinstance(error, BadInputError)
    assert n_bytes < 16 * MB


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"1" * 10_000_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_json_without_an_end(tmp_path, text, why):
    path = tmp_path / "manifest.json"
    path.write_bytes(text)
    with pytest.raises(StoreError, match=why):
        from_json(path)


@pytest.mark.parametrize(
    "text", ["[{},{}]", '[{"":0}]', "[[[[]]]]", '{"a":{"a":{}}}', "[1e9]"]
)
def test_json_of_very_many_values(tmp_path, text):
    """They took up to 40 times their bytes."""
    path = tmp_path / "manifest.json"
    path.write_text("[" + f"{text}," * (16 * MB // len(text)) + "0]")
    n_bytes, error = grown(from_json, path)
    assert isinstance(error, StoreError)
    assert "values in" in str(error)
    assert n_bytes < 48 * MB


def test_json_of_as_many_values_as_may_be(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded, "FREE_JSON_VALUES", 0)
    path = tmp_path / "manifest.json"
    one = '{"a":0' + " " * 26 + "}"
    path.write_text("[" + ",".join([one] * 300_000) + "]")
    n_bytes, found = grown(from_json, path)
    assert len(found) == 300_000
    assert n_bytes < 15 * path.stat().st_size
    path.write_text("[" + ",".join([one.replace(" ", "", 3)] * 300_000) + "]")
    with pytest.raises(StoreError, match="values in"):
        from_json(path)


def sparse(path, size):
    """Make a file of zeros, which takes no place on the disk."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_files_larger_than_their_kind(tmp_path):
    with pytest.raises(StoreError, match="files of this kind have"):
        from_json(sparse(tmp_path / "a.json", bounded.MAX_JSON_BYTES + 1))
    with pytest.raises(UserError, match="files of this kind have"):
        read_file(sparse(tmp_path / "a.yaml", bounded.MAX_YAML_BYTES + 1))
    with pytest.raises(StoreError, match="files of this kind have"):
        read_gadf(sparse(tmp_path / "a.fits", bounded.MAX_FITS_BYTES + 1))


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        "a: &a [*a]\n",
        "a: &a {b: *a}\n",
        "a: " + "[" * 5_000,
        "a: " + "{b: " * 5_000,
        "a: &a [" + "1," * 2000 + "]\nb: [" + "*a," * 2000 + "]\n",
    ],
    ids=["laughs", "itself", "itself in a mapping", "deep", "deep mapping", "square"],
)
def test_yaml_that_unfolds(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    n_bytes, error = grown(read_file, tmp_path / "a.yaml")
    assert isinstance(error, UserError)
    assert str(tmp_path / "a.yaml") in str(error)
    assert n_bytes < 128 * MB


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1" + ":1" * 400_000, "a number of 800001 characters"),
        ("a: !!int '1" + ":1" * 400_000 + "'", "a number of 800001 characters"),
        ("a: " + "1" * 500_000, "a number of 500000 characters"),
        ("a: 1" + "_" * 500_000, "a number of 500001 characters"),
        ("a: [" + "1," * 500_000 + "1]", "more than 1000 values"),
        ("a: [" + "[]," * 300_000 + "1]", "more than 1000 values"),
    ],
    ids=["base 60", "tagged", "digits", "underscores", "list", "lists"],
)
def test_yaml_that_takes_the_square_of_its_length(tmp_path, monkeypatch, text, why):
    monkeypatch.setattr(layers, "_MOST_NODES", 1000)
    (tmp_path / "a.yaml").write_text(text)
    begin = time.process_time()
    n_bytes, error = grown(read_file, tmp_path / "a.yaml")
    assert isinstance(error, UserError)
    assert why in str(error)
    assert time.process_time() - begin < 5
    assert n_bytes < 32 * MB


def test_long_words_in_yaml_are_text(tmp_path):
    """One that begins as a number was tried with any length of digits."""
    words = ["1" * 200_000 + "x", "a" * 500, "1" * 101 + ":x"]
    text = "\n".join(f"k{number}: {each}" for number, each in enumerate(words))
    (tmp_path / "a.yaml").write_text(f"{text}\nn: 1e-3\nm: '{'1' * 500}'\n")
    begin = time.process_time()
    *found, number, quoted = read_file(tmp_path / "a.yaml").values.values()
    assert time.process_time() - begin < 5
    assert found == words
    assert (number, quoted) == (1e-3, "1" * 500)


@pytest.mark.parametrize("text", ["!!timestamp abc", "!!bool abc", "!!int ''"])
def test_yaml_that_is_not_what_it_says(tmp_path, text):
    (tmp_path / "a.yaml").write_text(f"a: {text}\n")
    with pytest.raises(UserError, match=r"a\.yaml.*cannot be"):
        read_file(tmp_path / "a.yaml")


def test_names_in_yaml_are_still_of_use(tmp_path):
    (tmp_path / "a.yaml").write_text("a: &a {x: 1}\nb: *a\nc: {<<: *a, y: 2}\n")
    found = read_file(tmp_path / "a.yaml").values
    assert found == {"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1, "y": 2}}


def test_a_fits_file_that_is_packed_to_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_FITS_BYTES", 16 * MB)
    inside = gzip.compress(bytes(100 * MB), 1)
    for name, content in (("a", inside), ("b", gzip.compress(inside))):
        path = tmp_path / f"{name}.fits.gz"
        path.write_bytes(content)
        n_bytes, error = grown(read_gadf, path)
        assert isinstance(error, StoreError)
        assert str(path) in str(error)
        assert n_bytes < 48 * MB


CARDS = [
    {"NAXIS1": 0, "NAXIS2": 10**12},
    {"NAXIS2": 10**9},
    {"NAXIS1": 10**12},
    {"PCOUNT": 10**12},
    {"TFIELDS": 10**14},
    {"TFIELDS": "+300000000"},
    {"TFIELDS": "0300000000"},
    {"TFIELDS": 3e8},
    {"HIERARCH TFIELDS": 10**8},
    {"TFIELDS\t": 10**8},
    {"\tTFIELDS": 10**8},
    {"HIERARCH \tTFIELDS": 10**8},
    {"tfields": 10**8},
    {"NAXIS": 10**9},
    {"TFORM1": "999999999D"},
    {"TFORM1": "1PD(999999999)"},
    {"TFORM1": "1QD(999999999)", "PCOUNT": 10**9},
    {"TFORM1": "0D", "NAXIS1": 0, "NAXIS2": 10**12, "TFIELDS": 1},
    {"TDIM1": "(99999,99999)"},
    {"ZIMAGE": True, "ZNAXIS": 2, "ZNAXIS1": 10**6, "ZNAXIS2": 10**6, "ZBITPIX": 32},
]


@pytest.mark.parametrize("cards", CARDS, ids=str)
def test_tables_of_fits_that_claim_much(tmp_path, cards):
    path = tmp_path / "a.fits"
    write_gadf(path, [toy_gadf.make_gti()])
    content = path.read_bytes()
    for name, value in cards.items():
        is_text = isinstance(value, str) and "TFIELDS" not in name
        text = f"'{value}'" if is_text else str(value)
        text = {"True": "T"}.get(text, text)
        card = f"{name:8}= {text:>20}".ljust(80).encode()
        place = content.find(f"{name:8}=".encode(), 2880)
        if place < 0:
            place = content.find(b"END     ", 2880)
            content = content[:place] + card + content[place:]
            content = content[: place + 160] + content[place + 240 :]
        else:
            content = content[:place] + card + content[place + 80 :]
    path.write_bytes(content)
    n_bytes, result = grown(read_gadf, path)
    if not isinstance(result, StoreError):
        assert sum(hdu.n_rows for hdu in result) <= 1
    assert n_bytes < 48 * MB


@pytest.mark.parametrize("before", ["GCOUNT  =                    1", "END", ""])
def test_a_count_of_fits_behind_blanks(before):
    """The blanks that fill a card are no part of the next one's keyword."""
    claimed = f"TFIELDS = {10**14:>20}"
    content = "".join(card.ljust(80) for card in ("SIMPLE", before, claimed))
    with pytest.raises(ValueError, match="999 at most"):
        fits_bounds.check_counts(content.encode())
    fits_bounds.check_counts(content.replace(str(10**14), "3".rjust(15)).encode())


def in_gti(path, column):
    """Write a table of GTI with some column in place of its own."""
    write_gadf(path, [toy_gadf.make_gti()])
    with fits.open(path) as tables:
        said = {k: v for k, v in tables[1].header.items() if k.startswith("HDU")}
    table = fits.BinTableHDU.from_columns([column])
    table.header.update(said)
    table.writeto(path, overwrite=True)
    return path


@pytest.mark.parametrize("read", [read_gadf, read_published])
@pytest.mark.parametrize("form", ["PD()", "QD()"])
def test_rows_of_fits_that_are_all_the_same_bytes(tmp_path, form, read):
    path = tmp_path / "a.fits"
    n_rows, n_values = 600, 12_500
    one = np.empty(n_rows, object)
    one[:] = [np.zeros(1)] * n_rows
    in_gti(path, fits.Column("START", form, array=one))
    with fits.open(path) as tables:
        header = tables[1].header
        width = header["NAXIS1"] // 2
        header["PCOUNT"] = 8 * n_values
        if read is read_published:
            header["HDUCLAS4"] = "PSF_3GAUSS"
        row = n_values.to_bytes(width, "big") + bytes(width)
        body = row * n_rows + bytes(8 * n_values)
        heads = [each.header.tostring().encode() for each in tables]
        content = b"".join([*heads, body])
    path.write_bytes(content + bytes(-len(content) % 2880))
    n_bytes, error = grown(read, path)
    assert isinstance(error, StoreError)
    assert "longer in some rows than in others" in str(error)
    assert n_bytes < 16 * MB


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("A", np.zeros(4 * MB, "S1")),
        ("4000A", np.zeros(1000, "S4000")),
        ("3200X", np.zeros((5000, 3200), bool)),
        ("B", np.zeros(2 * MB, np.uint8)),
    ],
)
def test_columns_of_fits_that_are_more_in_memory(tmp_path, monkeypatch, form, values):
    monkeypatch.setattr(fits_bounds, "MAX_DECODED_BYTES", 8 * MB)
    path = in_gti(tmp_path / "a.fits", fits.Column("START", form, array=values))
    n_bytes, error = grown(read_gadf, path)
    assert isinstance(error, StoreError)
    assert "in memory, 8388608 at most" in str(error)
    assert n_bytes < 24 * MB


def test_text_of_fits_takes_four_bytes_a_letter(tmp_path):
    """It became an object of 50 bytes for each text, however short."""
    values = np.array([b"ab", b"c ", b""] * 400_000)
    path = in_gti(tmp_path / "a.fits", fits.Column("START", "2A", array=values))
    n_bytes, found = grown(read_gadf, path)
    assert found[0].columns["START"][:3].tolist() == ["ab", "c", ""]
    assert n_bytes < 12 * path.stat().st_size


def test_a_fits_file_of_many_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(fits_bounds, "MAX_TABLES", 3)
    path = tmp_path / "a.fits"
    write_gadf(path, [toy_gadf.make_gti()])
    content = path.read_bytes()
    path.write_bytes(content + content[2880:])
    assert len(read_gadf(path)) == 2
    path.write_bytes(content + 3 * content[2880:])
    with pytest.raises(StoreError, match="more than 3 tables"):
        read_gadf(path)


def test_a_column_of_equal_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_bounds, "MAX_DECODED_BYTES", 16 * MB)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": pa.repeat(pa.scalar(7, pa.int64()), 8 * MB)}), path)
    assert path.stat().st_size < MB / 8
    n_bytes, error = grown(read_parquet_file, path)
    assert isinstance(error, StoreError)
    assert "would take" in str(error)
    assert n_bytes < 16 * MB


def test_a_list_of_equal_numbers(tmp_path, monkeypatch):
    """One row, of which the footer says how many values there are."""
    monkeypatch.setattr(parquet_bounds, "MAX_DECODED_BYTES", 4 * MB)
    path = tmp_path / "a.parquet"
    values = pa.array(np.zeros(2 * MB, np.int16))
    one = pa.ListArray.from_arrays(pa.array([0, 2 * MB], pa.int32()), values)
    pq.write_table(pa.table({"a": one, "b": [1]}), path)
    assert path.stat().st_size < MB / 8
    assert read_parquet_file(path, ["b"]).num_rows == 1
    n_bytes, error = grown(read_parquet_file, path)
    assert isinstance(error, StoreError)
    assert "would take" in str(error)
    assert n_bytes < 4 * MB


def test_lists_and_texts_are_allowed_what_they_take(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [[1, 2], []], "a.b": ["x", "y"]}), path)
    assert read_parquet_file(path).num_rows == 2
    monkeypatch.setattr(parquet_bounds, "MAX_DECODED_BYTES", 0)
    monkeypatch.setattr(parquet_bounds, "MAX_EXPANSION", 0)
    with pytest.raises(StoreError, match=r"would take \d+ in memory") as caught:
        read_parquet_file(path, ["a.b"])
    # Two texts: a number each, and their page.
    n_bytes = int(re.search(r"take (\d+)", str(caught.value))[1])
    assert 8 < n_bytes < 200


def test_a_column_of_equal_texts(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_bounds, "MAX_DECODED_BYTES", 16 * MB)
    path = tmp_path / "a.parquet"
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 200, pa.int32()), ["x" * MB])
    pq.write_table(pa.table({"a": long}).cast(pa.schema({"a": pa.string()})), path)
    assert path.stat().st_size < 2 * MB
    n_bytes, error = grown(read_parquet_file, path)
    assert isinstance(error, StoreError)
    assert "would take" in str(error)
    assert n_bytes < 32 * MB


def test_texts_are_what_was_written(tmp_path):
    table = pa.table(
        {"n": [3, 1, 2], "a": ["x", "", "x"]},
        schema=pa.schema(
            [
                pa.field("n", pa.int64(), nullable=False, metadata={"unit": "m"}),
                pa.field("a", pa.string(), nullable=False, metadata={"unit": ""}),
            ],
            metadata={"more": "b"},
        ),
    )
    pq.write_table(table, tmp_path / "a.parquet")
    whole = read_parquet_file(tmp_path / "a.parquet")
    assert whole.equals(table, check_metadata=True)
    some = read_parquet_file(tmp_path / "a.parquet", ["a"], pa.compute.field("n") > 1)
    assert some.to_pydict() == {"a": ["x", "x"]}


LONG = "x" * (MB // 4)
STRUCT = pa.struct({"x": pa.string()})


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        (pa.binary(), LONG.encode()),
        (pa.large_binary(), LONG.encode()),
        (pa.list_(pa.string()), [LONG]),
        (pa.list_(pa.binary()), [LONG.encode()]),
        (pa.list_(pa.list_(pa.string())), [[LONG]]),
        (STRUCT, {"x": LONG}),
        (pa.map_(pa.int8(), pa.string()), [(1, LONG)]),
        (pa.dictionary(pa.int32(), pa.string()), LONG),
    ],
    ids=str,
)
def test_types_that_no_table_of_ours_has(tmp_path, dtype, value):
    """Each file has one long value, which all of its rows are."""
    path = tmp_path / "a.parquet"
    table = pa.table({"a": pa.array([value] * 200, dtype), "b": range(200)})
    pq.write_table(table, path, compression="zstd")
    del table
    assert path.stat().st_size < 10_000
    assert read_parquet_file(path, ["b"]).num_rows == 200
    n_bytes, error = grown(read_parquet_file, path)
    assert isinstance(error, StoreError)
    assert str(path) in str(error)
    assert "column a" in str(error)
    assert n_bytes < 16 * MB


def test_texts_of_other_writers(tmp_path, monkeypatch):
    dtype = pa.large_string()
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": pa.array(["x", "yy", "x"], dtype)}), path)
    assert read_parquet_file(path).to_pydict() == {"a": ["x", "yy", "x"]}
    monkeypatch.setattr(parquet_bounds, "MAX_DECODED_BYTES", 16 * MB)
    pq.write_table(pa.table({"a": pa.array([LONG] * 200, dtype)}), path)
    n_bytes, error = grown(read_parquet_file, path)
    assert isinstance(error, StoreError)
    assert "would take" in str(error)
    assert n_bytes < 16 * MB


@pytest.mark.parametrize("dtype", [pa.string(), pa.binary()], ids=str)
def test_texts_that_are_written_as_what_is_new_in_them(tmp_path, dtype):
    path = tmp_path / "a.parquet"
    table = pa.table({"a": pa.array([f"{LONG}{n}" for n in range(200)]).cast(dtype)})
    how = {"use_dictionary": False, "column_encoding": {"a": "DELTA_BYTE_ARRAY"}}
    pq.write_table(table, path, compression="zstd", **how)
    del table
    assert path.stat().st_size < 10_000
    n_bytes, error = grown(read_parquet_file, path)
    assert isinstance(error, StoreError)
    assert "DELTA_BYTE_ARRAY" in str(error)
    assert n_bytes < 16 * MB


def test_bytes_as_ours_are_written(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table({"a": [b"xy", b"", b"xy"]})
    pq.write_table(table, path, use_dictionary=False)
    assert read_parquet_file(path).equals(table)


def test_a_parquet_file_of_many_columns(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_bounds, "MAX_COLUMNS", 30)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({f"c{n}": [n] for n in range(31)}), path)
    with pytest.raises(StoreError, match="31 columns, 30 at most"):
        read_parquet_file(path)
    monkeypatch.setattr(parquet_bounds, "MAX_FOOTER_BYTES", 2000)
    with pytest.raises(StoreError, match=r"footer of \d+ bytes"):
        read_parquet_file(path)
    with pytest.raises(StoreError, match=r"footer of \d+ bytes"):
        list(read_slices(path, ["c1"], 1))


@pytest.fixture
def dataset(tmp_path):
    run(tmp_path / "dl1", [write_input(tmp_path / f"{i}.json", i) for i in range(5)])
    return tmp_path / "dl1"


@pytest.mark.parametrize("n_rows", [7, 19, 21, 10**9])
def test_a_part_with_other_rows_than_were_written(dataset, n_rows):
    """It is noticed also where a polars would read all parts at once."""
    manifest = json.loads((dataset / "manifest.json").read_text())
    parts = manifest["shards"][2]["parts"]
    (part,) = (p for p in parts if p["path"].startswith("trigger/"))
    part["rows"] = n_rows
    (dataset / "manifest.json").write_text(json.dumps(manifest))
    store = open_store(dataset)
    with pytest.raises(StoreError, match=f"has 20 rows, {n_rows} were written"):
        store.read("trigger", ["obs_id", "event_id"])
    with pytest.raises(StoreError, match=f"has 20 rows, {n_rows} were written"):
        store.read("trigger", where=pa.compute.field("event_id") > 3)
    with pytest.raises(StoreError, match=f"has 20 rows, {n_rows} were written"):
        list(store.slices("trigger", ["obs_id"]))


def test_pipes_are_not_waited_for(dataset, tmp_path):
    """Whoever opens one waits for somebody to write; here nobody does."""
    part = sorted((dataset / "trigger").iterdir())[0]
    places = [dataset / "manifest.json", dataset / "provenance.json", part]
    places += [
        dataset / "_plan" / "plan.json",
        tmp_path / "a.yaml",
        tmp_path / "a.fits",
    ]
    (dataset / "_plan").mkdir()
    store = open_store(dataset)
    for path in places:
        path.unlink(missing_ok=True)
        os.mkfifo(path)
    calls = (
        lambda: open_store(dataset),
        lambda: history_of(dataset),
        lambda: store.read("trigger"),
        lambda: list(store.slices("trigger", ["obs_id"])),
        lambda: read_plan(dataset),
        lambda: read_file(tmp_path / "a.yaml"),
        lambda: read_gadf(tmp_path / "a.fits"),
    )
    for number, call in enumerate(calls):
        result = in_time(call)
        # What is no file is as good as not there where that may be.
        assert result is None or isinstance(result, UserError), number


def in_time(call):
    """What comes of a call that must not wait."""
    found = []
    thread = threading.Thread(target=lambda: found.append(grown(call)), daemon=True)
    thread.start()
    thread.join(20)
    assert found, "it waits"
    return found[0][1]


def test_what_others_have_in_hdf5_is_not_read(tmp_path):
    (tmp_path / "a.h5").write_bytes(
        b"\x89HDF\r\n\x1a\n" + bytes(np.arange(99, dtype="u1"))
    )
    with pytest.raises(BadInputError, match="no known format"):
        open_source(tmp_path / "a.h5")
