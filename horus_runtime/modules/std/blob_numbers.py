"""Blobs: reading and writing numbers and text in the bytes. Nothing here changes the length of a blob."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from horus_runtime.modules.std.signature import BLOB, FLOAT, INT, RANGES, STRING, UNIT
from horus_runtime.modules.std.spans import clamped, range_start_and_count
from horus_runtime.runtime.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable

    from horus_runtime.runtime.values import Range

PACKAGE = Module("blob_numbers", "Numbers and text in blobs.")

Blob = bytearray
WIDTH = 8


def _reader(name: str, kind: str, layout: str, doc: str) -> None:
    """Register a function that decodes the selected bytes."""
    decode = struct.Struct(layout).unpack

    def read(blob: Blob, start: int, count: int) -> Any:
        first, stop = clamped(start, count, len(blob))
        # Missing bytes count as zeros after the ones that are there, for both byte orders.
        return decode(bytes(blob[first : min(stop, first + WIDTH)]).ljust(WIDTH, b"\0"))[0]

    def read_range(blob: Blob, selection: Range) -> Any:
        return read(blob, *range_start_and_count(selection))

    PACKAGE.native(name, BLOB, INT, INT, returns=kind, doc=doc)(read)
    for range_type in RANGES:
        PACKAGE.native(name, BLOB, range_type, returns=kind, doc=doc)(read_range)


def _writer(name: str, value: str, encode: Callable[[Any], bytes], doc: str) -> None:
    """Register a function that writes the front of an encoded value over the selected bytes."""

    def write(blob: Blob, start: int, count: int, item: Any) -> None:
        first, stop = clamped(start, count, len(blob))
        encoded = encode(item)[: stop - first]
        blob[first : first + len(encoded)] = encoded

    def write_range(blob: Blob, selection: Range, item: Any) -> None:
        write(blob, *range_start_and_count(selection), item)

    PACKAGE.native(name, BLOB, INT, INT, value, pure=False, returns=UNIT, doc=doc)(write)
    for range_type in RANGES:
        PACKAGE.native(name, BLOB, range_type, value, pure=False, returns=UNIT, doc=doc)(write_range)


_reader("parse_le_int", INT, "<q", "The integer in the selected bytes, the lowest byte first.")
_reader("parse_be_int", INT, ">q", "The integer in the selected bytes, the highest byte first.")
_reader("parse_le_float", FLOAT, "<d", "The float in the selected bytes, the lowest byte first.")
_reader("parse_be_float", FLOAT, ">d", "The float in the selected bytes, the highest byte first.")

for _name, _order, _which in (("write_le", "<", "lowest"), ("write_be", ">", "highest")):
    _doc = f"Write a number over the selected bytes, the {_which} byte first; what does not fit is left out."
    _writer(_name, INT, struct.Struct(f"{_order}q").pack, _doc)
    _writer(_name, FLOAT, struct.Struct(f"{_order}d").pack, _doc)

_writer(
    "write_utf8", STRING, str.encode, "Write a text in UTF-8 over the selected bytes; what does not fit is left out."
)
_writer(
    "write_ascii",
    STRING,
    lambda text: text.encode("ascii", "ignore"),
    "Write the ASCII characters of a text over the selected bytes; what does not fit is left out.",
)
