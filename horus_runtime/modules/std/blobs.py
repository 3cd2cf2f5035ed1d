"""Blobs: arrays of bytes. Reading gives integers from 0 to 255; of what is written only the low 8 bits are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horus_runtime.errors import LimitError
from horus_runtime.modules.std.pace import made
from horus_runtime.modules.std.signature import ARRAY, BLOB, BOOL, CHAR, INT, RANGES, STRING, UNIT
from horus_runtime.modules.std.spans import (
    clamped,
    lenient_index,
    range_span,
    range_start_and_count,
    start_of,
    strict_index,
)
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.parts import text_of_bytes

if TYPE_CHECKING:
    from horus_runtime.runtime.context import NativeCallContext
    from horus_runtime.runtime.values import Range

PACKAGE = Module("blobs", "Functions of blobs.")
native = PACKAGE.native
getter = PACKAGE.native_getter

Blob = bytearray


@native("blob", returns=BLOB)
def blob() -> Blob:
    """An empty blob."""
    return bytearray()


@native("blob", INT, INT, context=True, returns=BLOB)
@native("blob", INT, context=True, returns=BLOB)
def blob_of(ctx: NativeCallContext, length: int, value: int = 0) -> Blob:
    """A blob of this length, filled with a byte."""
    ctx.check_array(max(length, 0))
    return bytearray([value & 0xFF]) * max(length, 0)


@getter("len", BLOB, returns=INT)
@native("len", BLOB, returns=INT)
def length(blob: Blob) -> int:
    """How many bytes the blob has."""
    return len(blob)


@getter("is_empty", BLOB, returns=BOOL)
@native("is_empty", BLOB, returns=BOOL)
def is_empty(blob: Blob) -> bool:
    """Has the blob no bytes."""
    return not blob


@native("to_array", BLOB, context=True, returns=ARRAY)
def to_array(ctx: NativeCallContext, blob: Blob) -> list[Any]:
    """The bytes as an array of integers."""
    ctx.check_array(len(blob))
    return list(blob)


@native("as_string", BLOB, context=True, returns=STRING)
def as_string(ctx: NativeCallContext, blob: Blob) -> str:
    """The bytes read as UTF-8; what is not UTF-8 becomes the replacement character."""
    ctx.check_string(len(blob))
    return text_of_bytes(blob)


@native("contains", BLOB, INT, returns=BOOL)
def contains(blob: Blob, value: int) -> bool:
    """Does the byte occur in the blob."""
    return value & 0xFF in blob


@native("get", BLOB, INT, returns=INT)
def get(blob: Blob, index: int) -> int:
    """The byte at an index, negative ones from the end; 0 past the end, the first byte before the front."""
    at = lenient_index(index, len(blob))
    return 0 if at is None else blob[at]


@native("set", BLOB, INT, INT, pure=False, returns=UNIT)
def set_(blob: Blob, index: int, value: int) -> None:
    """Replace the byte at an index; past the end nothing happens, before the front the first one is replaced."""
    at = lenient_index(index, len(blob))
    if at is not None:
        blob[at] = value & 0xFF


@native("push", BLOB, INT, pure=False, returns=UNIT)
def push(blob: Blob, value: int) -> None:
    """Add one byte at the end."""
    blob.append(value & 0xFF)


@native("append", BLOB, INT, pure=False, returns=UNIT)
def append_byte(blob: Blob, value: int) -> None:
    """Add one byte at the end."""
    blob.append(value & 0xFF)


@native("append", BLOB, CHAR, pure=False, context=True, returns=UNIT)
@native("append", BLOB, STRING, pure=False, context=True, returns=UNIT)
def append_text(ctx: NativeCallContext, blob: Blob, text: str) -> None:
    """Add a text or character in UTF-8 at the end."""
    append(ctx, blob, bytearray(text.encode()))


@native("append", BLOB, BLOB, pure=False, context=True, returns=UNIT)
def append(ctx: NativeCallContext, blob: Blob, other: Blob) -> None:
    """Add all bytes of another blob at the end."""
    ctx.check_array(len(blob) + len(other), len(other))
    blob += other


@native("insert", BLOB, INT, INT, pure=False, returns=UNIT)
def insert(blob: Blob, index: int, value: int) -> None:
    """Insert a byte before the index, which is cut to what is there."""
    blob.insert(start_of(index, len(blob)), value & 0xFF)


@native("pad", BLOB, INT, INT, pure=False, context=True, returns=UNIT)
def pad(ctx: NativeCallContext, blob: Blob, length: int, value: int) -> None:
    """Add a byte at the end until the blob has this length."""
    if length > len(blob):
        try:
            ctx.check_array(length)
        except LimitError as error:
            error.message = "Size of BLOB too large"
            error.args = (error.message,)
            raise
        blob += bytes([value & 0xFF]) * (length - len(blob))


@native("pop", BLOB, pure=False, returns=INT)
def pop(blob: Blob) -> int:
    """Remove the last byte and return it; 0 if there is none."""
    return blob.pop() if blob else 0


@native("shift", BLOB, pure=False, returns=INT)
def shift(blob: Blob) -> int:
    """Remove the first byte and return it; 0 if there is none."""
    return blob.pop(0) if blob else 0


@native("remove", BLOB, INT, pure=False, returns=INT)
def remove(blob: Blob, index: int) -> int:
    """Remove the byte at an index and return it; 0 if there is none."""
    at = strict_index(index, len(blob))
    return 0 if at is None else blob.pop(at)


@native("clear", BLOB, pure=False, returns=UNIT)
def clear(blob: Blob) -> None:
    """Remove all bytes."""
    blob.clear()


@native("reverse", BLOB, pure=False, returns=UNIT)
def reverse(blob: Blob) -> None:
    """Turn the order of the bytes around."""
    blob.reverse()


@native("truncate", BLOB, INT, pure=False, returns=UNIT)
def truncate(blob: Blob, count: int) -> None:
    """Keep the first `count` bytes."""
    del blob[max(count, 0) :]


@native("chop", BLOB, INT, pure=False, returns=UNIT)
def chop(blob: Blob, count: int) -> None:
    """Keep the last `count` bytes."""
    del blob[: max(len(blob) - max(count, 0), 0)]


# --- Selections -------------------------------------------------------------------------------------------------------


@native("splice", BLOB, INT, INT, BLOB, pure=False, context=True, returns=UNIT)
def splice(ctx: NativeCallContext, blob: Blob, start: int, count: int, replacement: Blob) -> None:
    """Replace `count` bytes from `start` by another blob; with `count` 0 it is added at the end."""
    first, stop = clamped(start, count, len(blob))
    ctx.check_array(len(blob) - (stop - first) + len(replacement))
    if first == stop:
        first = stop = len(blob)
    blob[first:stop] = replacement


def splice_range(ctx: NativeCallContext, blob: Blob, selection: Range, replacement: Blob) -> None:
    """Replace the bytes a range selects by another blob; one that selects nothing adds it at the end."""
    splice(ctx, blob, *range_start_and_count(selection), replacement)


@native("extract", BLOB, INT, pure=False, returns=BLOB)
def extract_tail(blob: Blob, start: int) -> Blob:
    """A copy of the bytes from `start` to the end."""
    return made(blob[start_of(start, len(blob)) :])


@native("extract", BLOB, INT, INT, pure=False, returns=BLOB)
def extract(blob: Blob, start: int, count: int) -> Blob:
    """A copy of `count` bytes from `start`."""
    first, stop = clamped(start, count, len(blob))
    return made(blob[first:stop])


def extract_range(blob: Blob, selection: Range) -> Blob:
    """A copy of the bytes a range selects."""
    first, stop = range_span(selection, len(blob))
    return made(blob[first:stop])


@native("split", BLOB, INT, pure=False, returns=BLOB)
def split(blob: Blob, index: int) -> Blob:
    """Cut off the bytes from an index to the end and return them."""
    at = start_of(index, len(blob))
    tail = made(blob[at:])
    del blob[at:]
    return tail


@native("drain", BLOB, INT, INT, pure=False, returns=BLOB)
def drain(blob: Blob, start: int, count: int) -> Blob:
    """Remove `count` bytes from `start` and return them."""
    first, stop = clamped(start, count, len(blob))
    taken = made(blob[first:stop])
    del blob[first:stop]
    return taken


def drain_range(blob: Blob, selection: Range) -> Blob:
    """Remove the bytes a range selects and return them."""
    return drain(blob, *range_start_and_count(selection))


@native("retain", BLOB, INT, INT, pure=False, returns=BLOB)
def retain(blob: Blob, start: int, count: int) -> Blob:
    """Keep `count` bytes from `start` and return the others; with `count` 0 the blob stays as it is."""
    if count <= 0:
        return bytearray()
    first, stop = clamped(start, count, len(blob))
    removed = made(blob[:first] + blob[stop:])
    blob[:] = blob[first:stop]
    return removed


def retain_range(blob: Blob, selection: Range) -> Blob:
    """Keep the bytes a range selects and return the others."""
    return retain(blob, *range_start_and_count(selection))


for _range in RANGES:
    native("splice", BLOB, _range, BLOB, pure=False, context=True, returns=UNIT)(splice_range)
    native("extract", BLOB, _range, pure=False, returns=BLOB)(extract_range)
    native("drain", BLOB, _range, pure=False, returns=BLOB)(drain_range)
    native("retain", BLOB, _range, pure=False, returns=BLOB)(retain_range)
