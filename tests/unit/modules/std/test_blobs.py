"""Blobs: bytes, selections, numbers in bytes. The values are those of the reference engine."""

from __future__ import annotations

import pytest

from horus_runtime.runtime.values import Char, Range
from tests.support.std_calls import StdContext, call, call_on, message


@pytest.mark.parametrize(
    ("args", "made"),
    [((), b""), ((2,), b"\0\0"), ((2, 300), b"\x2c\x2c"), ((-2, 1), b"")],
)
def test_blobs_are_made_of_one_byte(args, made) -> None:
    assert call("blob", *args) == bytearray(made)


@pytest.mark.parametrize(
    ("blob", "name", "args", "result", "after"),
    [
        (b"ab", "len", (), 2, b"ab"),
        (b"", "is_empty", (), True, b""),
        (b"ab", "to_array", (), [97, 98], b"ab"),
        (b"a\xff", "as_string", (), "a\ufffd", b"a\xff"),
        (b"\x09", "contains", (265,), True, b"\x09"),
        (b"ab", "get", (-1,), 98, b"ab"),
        (b"ab", "get", (9,), 0, b"ab"),
        (b"ab", "get", (-9,), 97, b"ab"),
        (b"ab", "set", (-9, 300), None, b"\x2cb"),
        (b"ab", "set", (9, 1), None, b"ab"),
        (b"a", "push", (-1,), None, b"a\xff"),
        (b"a", "append", (98,), None, b"ab"),
        (b"a", "append", ("é",), None, b"a\xc3\xa9"),
        (b"a", "append", (Char("b"),), None, b"ab"),
        (b"a", "append", (bytearray(b"bc"),), None, b"abc"),
        (b"ab", "insert", (-1, 900), None, b"a\x84b"),
        (b"a", "pad", (3, 511), None, b"a\xff\xff"),
        (b"a", "pad", (0, 1), None, b"a"),
        (b"ab", "pop", (), 98, b"a"),
        (b"", "pop", (), 0, b""),
        (b"ab", "shift", (), 97, b"b"),
        (b"", "shift", (), 0, b""),
        (b"ab", "remove", (-2,), 97, b"b"),
        (b"ab", "remove", (-3,), 0, b"ab"),
        (b"ab", "clear", (), None, b""),
        (b"ab", "reverse", (), None, b"ba"),
        (b"abc", "truncate", (2,), None, b"ab"),
        (b"abc", "chop", (2,), None, b"bc"),
        (b"abc", "splice", (1, 1, bytearray(b"XY")), None, b"aXYc"),
        (b"abc", "splice", (1, 0, bytearray(b"X")), None, b"abcX"),
        (b"abc", "splice", (Range(2, 1, inclusive=True), bytearray(b"X")), None, b"abX"),
        (b"abc", "extract", (1,), bytearray(b"bc"), b"abc"),
        (b"abc", "extract", (-2, 1), bytearray(b"b"), b"abc"),
        (b"abc", "extract", (Range(-2, 1),), bytearray(b"a"), b"abc"),
        (b"abc", "split", (-1,), bytearray(b"c"), b"ab"),
        (b"abc", "drain", (1, 1), bytearray(b"b"), b"ac"),
        (b"abc", "drain", (Range(0, 2),), bytearray(b"ab"), b"c"),
        (b"abc", "retain", (1, 1), bytearray(b"ac"), b"b"),
        (b"abc", "retain", (9, 1), bytearray(b"abc"), b""),
        (b"abc", "retain", (9, 0), bytearray(), b"abc"),
        (b"abc", "retain", (Range(1, 1),), bytearray(), b"abc"),
    ],
)
def test_a_blob_works_as_in_rhai(blob, name, args, result, after) -> None:
    assert call_on(bytearray(blob), name, *args) == (result, bytearray(after))


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("parse_le_int", (0, 8), 0x0807060504030201),
        ("parse_be_int", (Range(0, 8),), 0x0102030405060708),
        ("parse_le_int", (0, 2), 0x0201),
        ("parse_be_int", (0, 2), 0x0102000000000000),
        ("parse_be_int", (9, 2), 0),
        ("parse_le_float", (9, 2), 0.0),
    ],
)
def test_numbers_are_read_from_at_most_eight_bytes(name, args, result) -> None:
    assert call(name, bytearray(range(1, 9)), *args) == result


@pytest.mark.parametrize(
    ("name", "args", "after"),
    [
        ("write_le", (1, 3, 0x12345678), "0078563400000000"),
        ("write_be", (0, 2, 1 << 56), "0100000000000000"),
        ("write_be", (Range(0, 8), 1.0), "3ff0000000000000"),
        ("write_le", (Range(7, 99), -1), "00000000000000ff"),
        ("write_utf8", (0, 3, "éé"), "c3a9c30000000000"),
        ("write_ascii", (Range(0, 3, inclusive=True), "aéb"), "6162000000000000"),
    ],
)
def test_writing_never_changes_the_length(name, args, after) -> None:
    assert call_on(bytearray(8), name, *args) == (None, bytearray.fromhex(after))


@pytest.mark.parametrize(
    ("receiver", "name", "args"),
    [
        (11, "blob", ()),
        (bytearray(2), "pad", (11, 0)),
        (bytearray(2), "append", (bytearray(9),)),
        (bytearray(2), "append", ("012345678",)),
        (bytearray(2), "splice", (0, 0, bytearray(9))),
        (bytearray(11), "to_array", ()),
        ("01234567890", "to_blob", ()),
        ("01234567890", "to_chars", ()),
    ],
)
def test_growth_is_priced_before_it_happens(receiver, name, args) -> None:
    context = StdContext(array=10)
    # The one function that says so in other words, as in Rhai.
    expected = "Size of BLOB too large" if name == "pad" else "Size of array/BLOB too large"
    assert message(lambda: call_on(receiver, name, *args, context=context)) == expected
