"""JSON text from values and values from JSON text.

DIVERGENCE: Rhai has two flavours, chosen when it is built. This is the strict one, for both directions: any JSON value
is read, and NaN and infinity are written as `null`.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.std.json_depth import is_deeper
from horus_runtime.modules.std.pace import charge_for
from horus_runtime.runtime import faults
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.parts import MANY_PARTS, TextParts
from horus_runtime.runtime.sizes import byte_length
from horus_runtime.runtime.text import float_debug, sorted_keys
from horus_runtime.runtime.values import TAGGED, U8, Char, type_name, untagged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from horus_runtime.runtime.context import NativeCallContext

    Quick = Callable[[list[Any]], str | None]
    """Writes an array at once, if it can."""

SHORT_TEXT = 4096
LONG_TEXT = 3 << 18
"""Longer texts are read in steps; this much takes 20 ms."""
BATCH: Final = 128
"""So many elements are written at once, where nothing in them needs a closer look."""
LONG_PART: Final = 1 << 16
"""Characters written at once after which the run is told."""
WRITTEN: Final = object()
"""Stands for elements that the text before it has already."""
MAX_DEPTH = 127
"""How deep arrays and maps may be nested in a text, as Rhai's reader has it."""


def parse_json(ctx: NativeCallContext, text: str) -> Any:
    """The value that a JSON text stands for: `null` is `()`, an object a map."""
    charge_for(ctx, len(text))
    if len(text) > SHORT_TEXT:
        ctx.grew(_size_of_values(text))
    return read(text, lambda: ctx.charge(0))


def _size_of_values(text: str) -> int:
    """What the values of a JSON text take at most, told by its signs: reading makes them all before anybody looks."""
    containers = text.count("[") + text.count("{")
    return len(text) + 88 * containers + 60 * text.count(":") + 30 * text.count('"') + 40 * text.count(",")


def to_json(ctx: NativeCallContext, entries: dict[str, Any]) -> str:
    """A map as compact JSON text with sorted keys."""
    text = write(entries, ctx.type_name)
    ctx.check_string(byte_length(text))
    return text


# --- Reading ----------------------------------------------------------------------------------------------------------


def no_poll() -> None:
    pass


def read(text: str, poll: Callable[[], Any] = no_poll) -> Any:
    """The value of a JSON text; raises an `ErrorRuntime` that says what is wrong and where.

    `poll` looks at the clock: long texts are read in steps.
    """
    from horus_runtime.modules.std.json_numbers import decoder_for

    if is_deeper(text, MAX_DEPTH, poll) or "\\ud" in text or "\\uD" in text:
        # Python accepts deep nesting and half surrogate pairs.
        _refuse(text, poll)
    try:
        decoder = decoder_for(text, poll)
        if len(text) <= LONG_TEXT:
            return decoder.decode(text)
        from horus_runtime.modules.std.json_windows import read_windows

        return read_windows(text, decoder.raw_decode, poll)
    except ValueError as error:
        _refuse(text, poll)
        raise faults.runtime_error(f"invalid JSON: {error}") from error


def _refuse(text: str, poll: Callable[[], Any]) -> None:
    """Raise if the slow reader finds fault with the text."""
    from horus_runtime.modules.std.json_errors import first_error

    message = first_error(text, poll)
    if message is not None:
        raise faults.runtime_error(message)


# --- Writing ----------------------------------------------------------------------------------------------------------


def write(value: Any, type_name_of: Callable[[Any], str] = type_name) -> str:
    """A value as compact JSON text. What JSON does not know is written as its type name in quotes."""
    from json.encoder import encode_basestring

    from horus_runtime.modules.std.json_batches import quick_text

    out = TextParts()
    written = 0
    stack: list[tuple[Iterator[tuple[str, Any]], str]] = [(_elements([value], quick_text), "")]
    while stack:
        entries, closing = stack[-1]
        for label, item in entries:
            out.append(label)
            if item is WRITTEN:
                written += len(label)
                if written > LONG_PART:
                    out.settle()
                    written = 0
                continue
            if type(item) is dict:
                out.append("{")
                stack.append((_properties(item, encode_basestring, quick_text), "}"))
                break
            items = _as_array(item)
            if items is not None:
                out.append("[")
                stack.append((_elements(items, quick_text), "]"))
                break
            out.append(_scalar(item, encode_basestring, type_name_of))
            if len(out) > MANY_PARTS:
                out.settle()
        else:
            out.append(closing)
            stack.pop()
    return out.text()


def _properties(entries: dict[str, Any], quote: Callable[[str], str], quick: Quick) -> Iterator[tuple[str, Any]]:
    comma = ""
    keys = sorted_keys(entries)
    for at in range(0, len(keys), BATCH):
        some = {key: entries[key] for key in keys[at : at + BATCH]}
        text = quick([some])
        if text is not None:
            yield f"{comma}{text[2:-2]}", WRITTEN
            comma = ","
            continue
        for key, item in some.items():
            yield f"{comma}{quote(key)}:", item
            comma = ","


def _elements(items: Any, quick: Quick) -> Iterator[tuple[str, Any]]:
    comma = ""
    for at in range(0, len(items), BATCH):
        some = list(items[at : at + BATCH])
        text = quick(some)
        if text is not None:
            yield f"{comma}{text[1:-1]}", WRITTEN
            comma = ","
            continue
        for item in some:
            yield comma, item
            comma = ","


def _as_array(item: Any) -> Any:
    """The elements of what JSON shows as an array, or `None`."""
    if type(item) is list or type(item) is bytearray:
        return item
    return [item.name, *item.curried] if type(item) is FnPtr and item.curried else None


def _scalar(item: Any, quote: Callable[[str], str], type_name_of: Callable[[Any], str]) -> str:
    cls = type(item)
    if item is None:
        return "null"
    if cls is bool:
        return "true" if item else "false"
    if cls is int or cls is U8:
        return str(int(item))
    if cls is float:
        return float_debug(item) if isfinite(item) else "null"
    if cls is str or cls is Char:
        return quote(str(item))
    if cls in TAGGED:
        return _scalar(untagged(item), quote, type_name_of)
    return quote(item.name if cls is FnPtr else type_name_of(item))
