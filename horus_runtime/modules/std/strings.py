"""Strings: length, search, selection and changes in place. Lengths and indices count characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.std import searching
from horus_runtime.modules.std.pace import made
from horus_runtime.modules.std.searching import SLICE
from horus_runtime.modules.std.signature import (
    ANY,
    ARRAY,
    BLOB,
    BOOL,
    CHAR,
    INT,
    RANGES,
    STREAM,
    STRING,
    UNIT,
)
from horus_runtime.modules.std.spans import clamped, exact_span, range_span, start_of, strict_index
from horus_runtime.modules.std.whitespace import WHITE_SPACE
from horus_runtime.runtime import faults
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.parts import text_of_bytes
from horus_runtime.runtime.sizes import byte_length
from horus_runtime.runtime.values import LONG_TEXT, Char, Range, Stream
from horus_runtime.runtime.values import chars as characters

if TYPE_CHECKING:
    from horus_runtime.runtime.context import NativeCallContext

PACKAGE = Module("strings", "Functions of strings.")
native = PACKAGE.native
getter = PACKAGE.native_getter

Changed = tuple[str, None]
"""What a method that changes its string returns: the new string, and `()` as its result."""
SHORT: Final = 1024
SHORT_PART: Final = 64
"""Texts whose parts are replaced first and priced then: the result is small in any case."""


# --- Length and search ------------------------------------------------------------------------------------------------


@getter("len", STRING, returns=INT)
@native("len", STRING, returns=INT)
def length(text: str) -> int:
    """How many characters the string has."""
    return len(text)


@getter("bytes", STRING, returns=INT)
@native("bytes", STRING, returns=INT)
def bytes_(text: str) -> int:
    """How many bytes the string takes in UTF-8."""
    return byte_length(text)


@getter("is_empty", STRING, returns=BOOL)
@native("is_empty", STRING, returns=BOOL)
def is_empty(text: str) -> bool:
    """Has the string no characters."""
    return not text


@native("contains", STRING, CHAR, returns=BOOL)
@native("contains", STRING, STRING, returns=BOOL)
def contains(text: str, part: str) -> bool:
    """Does the text or character occur in the string."""
    return part in text if len(text) < SLICE else searching.find(text, part) >= 0


@native("starts_with", STRING, CHAR, returns=BOOL)
@native("starts_with", STRING, STRING, returns=BOOL)
def starts_with(text: str, start: str) -> bool:
    """Does the string begin with the text or character."""
    return text.startswith(start)


@native("ends_with", STRING, CHAR, returns=BOOL)
@native("ends_with", STRING, STRING, returns=BOOL)
def ends_with(text: str, end: str) -> bool:
    """Does the string end with the text or character."""
    return text.endswith(end)


@native("index_of", STRING, CHAR, returns=INT)
@native("index_of", STRING, STRING, returns=INT)
def index_of(text: str, part: str) -> int:
    """The index of the first occurrence of a text or character, or -1; always -1 in an empty string."""
    if not text:
        return -1
    return text.find(part) if len(text) <= SLICE else searching.find(text, part)


@native("index_of", STRING, CHAR, INT, returns=INT)
@native("index_of", STRING, STRING, INT, returns=INT)
def index_of_from(text: str, part: str, start: int) -> int:
    """The index of the first occurrence at or after `start`, or -1."""
    first = start_of(start, len(text))
    return searching.find(text, part, first) if first < len(text) else -1


# --- Parts ------------------------------------------------------------------------------------------------------------


@native("get", STRING, INT)
def get(text: str, index: int) -> Char | None:
    """The character at an index, negative ones from the end; `()` if there is none."""
    at = strict_index(index, len(text))
    return None if at is None else Char(text[at])


@native("sub_string", STRING, INT, returns=STRING)
def sub_string_from(text: str, start: int) -> str:
    """The text from `start` to the end."""
    part = text[start if start >= 0 else start_of(start, len(text)) :]
    return part if len(part) < LONG_TEXT else made(part)


@native("sub_string", STRING, INT, INT, returns=STRING)
def sub_string(text: str, start: int, count: int) -> str:
    """The text of `count` characters from `start`."""
    if start >= 0 and 0 <= count < LONG_TEXT:
        return text[start : start + count]
    first, stop = clamped(start, count, len(text))
    part = text[first:stop]
    return part if stop - first < LONG_TEXT else made(part)


def sub_string_range(text: str, selection: Range) -> str:
    """The text that a range selects."""
    first, stop = range_span(selection, len(text))
    part = text[first:stop]
    return part if stop - first < LONG_TEXT else made(part)


@native("to_chars", STRING, context=True, returns=ARRAY)
def to_chars(ctx: NativeCallContext, text: str) -> list[Any]:
    """The characters as an array."""
    ctx.check_array(len(text))
    found: list[Any] = []
    for piece in searching.slices(text):
        found += characters(piece)
    return found


@native("to_blob", STRING, context=True, returns=BLOB)
def to_blob(ctx: NativeCallContext, text: str) -> bytearray:
    """The bytes of the string in UTF-8."""
    ctx.check_array(byte_length(text))
    made_of = bytearray()
    for piece in searching.slices(text):
        made_of += piece.encode()
    return made_of


@getter("chars", STRING, returns=STREAM)
@native("chars", STRING, returns=STREAM)
def chars(text: str) -> Stream:
    """The characters, for a `for` loop."""
    return _characters(text)


@native("chars", STRING, INT, returns=STREAM)
def chars_from(text: str, start: int) -> Stream:
    """The characters from `start` to the end, for a `for` loop."""
    return _characters(text[start_of(start, len(text)) :])


@native("chars", STRING, INT, INT, returns=STREAM)
def chars_part(text: str, start: int, count: int) -> Stream:
    """`count` characters from `start`, for a `for` loop."""
    return _characters(sub_string(text, start, count))


def chars_range(text: str, selection: Range) -> Stream:
    """The characters that a range selects, for a `for` loop."""
    return _characters(sub_string(text, *exact_span(selection)))


def _characters(text: str) -> Stream:
    return Stream(lambda: map(Char, text), "CharsStream")


# --- Letters ----------------------------------------------------------------------------------------------------------


@native("to_upper", STRING, returns=STRING)
def to_upper(text: str) -> str:
    """The string in capital letters."""
    return made(searching.upper(text))


@native("to_lower", STRING, returns=STRING)
def to_lower(text: str) -> str:
    """The string in small letters."""
    return made(searching.lower(text))


@native("make_upper", STRING, pure=False, ref=True, returns=UNIT)
def make_upper(text: str) -> Changed:
    """Change the string to capital letters."""
    return made(searching.upper(text)), None


@native("make_lower", STRING, pure=False, ref=True, returns=UNIT)
def make_lower(text: str) -> Changed:
    """Change the string to small letters."""
    return made(searching.lower(text)), None


# --- Changes in place -------------------------------------------------------------------------------------------------


@native("set", STRING, INT, CHAR, pure=False, ref=True, returns=UNIT)
def set_(text: str, index: int, character: str) -> Changed:
    """Replace the character at an index; where there is none, nothing happens."""
    at = strict_index(index, len(text))
    return (text if at is None else made(f"{text[:at]}{character}{text[at + 1 :]}")), None


@native("append", STRING, ANY, pure=False, ref=True, context=True, returns=UNIT)
def append(ctx: NativeCallContext, text: str, value: Any) -> Changed:
    """Add the text of a value at the end; a blob is read as UTF-8."""
    added = text_of_bytes(value) if type(value) is bytearray else ctx.to_display(value)
    ctx.check_string(byte_length(text) + byte_length(added))
    return text + added, None


@native("remove", STRING, CHAR, pure=False, ref=True, returns=UNIT)
@native("remove", STRING, STRING, pure=False, ref=True, returns=UNIT)
def remove(text: str, part: str) -> Changed:
    """Remove every occurrence of a text or character."""
    return (made(searching.replace(text, part, "")) if part else text), None


@native("clear", STRING, pure=False, ref=True, returns=UNIT)
def clear(text: str) -> Changed:
    """Make the string empty."""
    return "", None


@native("truncate", STRING, INT, pure=False, ref=True, returns=UNIT)
def truncate(text: str, count: int) -> Changed:
    """Keep the first `count` characters."""
    return made(text[: max(count, 0)]), None


@native("trim", STRING, pure=False, ref=True, returns=UNIT)
def trim(text: str) -> Changed:
    """Remove white space at both ends. The string itself is changed; nothing is returned."""
    part = text.strip(WHITE_SPACE)
    return (part if len(part) < LONG_TEXT else made(part)), None


@native("pop", STRING, pure=False, ref=True)
def pop(text: str) -> tuple[str, Char | None]:
    """Remove the last character and return it; `()` if there is none."""
    return (made(text[:-1]), Char(text[-1])) if text else (text, None)


@native("pop", STRING, INT, pure=False, ref=True, returns=STRING)
def pop_many(text: str, count: int) -> tuple[str, str]:
    """Remove the last `count` characters and return them."""
    at = max(len(text) - max(count, 0), 0)
    return made(text[:at]), made(text[at:])


@native("crop", STRING, INT, pure=False, ref=True, returns=UNIT)
def crop_from(text: str, start: int) -> Changed:
    """Keep the text from `start` to the end."""
    return sub_string_from(text, start), None


@native("crop", STRING, INT, INT, pure=False, ref=True, returns=UNIT)
def crop(text: str, start: int, count: int) -> Changed:
    """Keep `count` characters from `start`."""
    return sub_string(text, start, count), None


def crop_range(text: str, selection: Range) -> Changed:
    """Keep the text that a range selects."""
    return sub_string_range(text, selection), None


for _range in RANGES:
    native("sub_string", STRING, _range, returns=STRING)(sub_string_range)
    native("chars", STRING, _range, returns=STREAM)(chars_range)
    native("crop", STRING, _range, pure=False, ref=True, returns=UNIT)(crop_range)


@native("replace", STRING, CHAR, CHAR, pure=False, ref=True, context=True, returns=UNIT)
@native("replace", STRING, CHAR, STRING, pure=False, ref=True, context=True, returns=UNIT)
@native("replace", STRING, STRING, CHAR, pure=False, ref=True, context=True, returns=UNIT)
@native("replace", STRING, STRING, STRING, pure=False, ref=True, context=True, returns=UNIT)
def replace(ctx: NativeCallContext, text: str, find: str, new: str) -> Changed:
    """Replace every occurrence of a text or character. The string itself is changed; nothing is returned."""
    if not text:
        return text, None
    if find and len(text) <= SHORT and len(new) <= SHORT_PART:
        replaced = text.replace(find, new)
        if replaced is text:
            return text, None
        if len(replaced) > len(text) or not replaced.isascii():
            ctx.check_string(byte_length(replaced))
        return (replaced if len(replaced) < LONG_TEXT else made(replaced)), None
    growth = byte_length(new) - byte_length(find)
    if growth > 0:
        ctx.check_string(byte_length(text) + searching.occurrences(text, find) * growth)
    # Between all characters something is put by one step of at most `max_string_size`.
    return made(searching.replace(text, find, new) if find else text.replace(find, new)), None


@native("pad", STRING, INT, CHAR, pure=False, ref=True, context=True, returns=UNIT)
@native("pad", STRING, INT, STRING, pure=False, ref=True, context=True, returns=UNIT)
def pad(ctx: NativeCallContext, text: str, length: int, filling: str) -> Changed:
    """Add a text or character at the end, again and again, until the string has this many characters."""
    missing = length - len(text)
    if missing <= 0:
        return text, None
    if not filling:
        # DIVERGENCE: Padding with nothing is an error; Rhai never returns.
        raise faults.runtime_error("cannot pad with an empty string")
    times = -(-missing // len(filling))
    ctx.check_string(byte_length(text) + times * byte_length(filling))
    return text + (filling * times)[:missing], None
