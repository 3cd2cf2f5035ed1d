"""JSON text from values and values from JSON text.

DIVERGENCE: Rhai has two flavours, chosen when it is built. This is the strict one, for both directions: any JSON value
is read, and NaN and infinity are written as `null`.
"""

from __future__ import annotations

import re
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.std.json_depth import is_deeper
from horus_runtime.modules.std.pace import charge_for
from horus_runtime.runtime import faults
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.parts import MANY_PARTS, TextParts
from horus_runtime.runtime.sizes import byte_length
from horus_runtime.runtime.text import float_debug
from horus_runtime.runtime.values import INT_MAX, INT_MIN, TAGGED, U8, Char, type_name, untagged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from horus_runtime.runtime.context import NativeCallContext

SHORT_TEXT = 4096
LONG_TEXT = 1 << 18
"""Longer texts are read in steps."""
SHORT_ROW = 1024
"""Arrays and maps of so many plain values are written at once."""
PLAIN: Final = frozenset({int, float, bool, str, type(None)})
_EXPONENT: Final = re.compile(r"\de[-+]\d")
"""How Python writes floats with an exponent, and Rhai does not; the text of a string may look so, too."""
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
    import json

    if is_deeper(text, MAX_DEPTH, poll) or "\\ud" in text or "\\uD" in text:
        # Python accepts deep nesting and half surrogate pairs.
        _refuse(text, poll)
    try:
        if len(text) <= LONG_TEXT:
            return json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_constant)
        from horus_runtime.modules.std.json_windows import read_windows

        decoder = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_constant)
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


def _integer(digits: str) -> int | float:
    if digits == "-0":
        return -0.0
    number = int(digits) if len(digits) <= 20 else 1 << 64
    return number if INT_MIN <= number <= INT_MAX else _float(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("number out of range")
    return number


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


# --- Writing ----------------------------------------------------------------------------------------------------------


def write(value: Any, type_name_of: Callable[[Any], str] = type_name) -> str:
    """A value as compact JSON text. What JSON does not know is written as its type name in quotes."""
    from json.encoder import encode_basestring

    encode = _encoder()
    out = TextParts()
    stack: list[tuple[Iterator[tuple[str, Any]], str]] = [(iter([("", value)]), "")]
    while stack:
        entries, closing = stack[-1]
        for label, item in entries:
            out.append(label)
            if (type(item) is dict or type(item) is list) and (row := _row(item, encode)) is not None:
                out.append(row)
                if len(out) > MANY_PARTS:
                    out.settle()
                continue
            if type(item) is dict:
                out.append("{")
                stack.append((_properties(item, encode_basestring), "}"))
                break
            items = _as_array(item)
            if items is not None:
                out.append("[")
                stack.append((_elements(items), "]"))
                break
            out.append(_scalar(item, encode_basestring, type_name_of))
            if len(out) > MANY_PARTS:
                out.settle()
        else:
            out.append(closing)
            stack.pop()
    return out.text()


@cache
def _encoder() -> Callable[[Any, int], Iterable[str]] | None:
    """Python's own encoder, where it is that in C; it writes as we do but for some floats."""
    from json import encoder

    make = getattr(encoder, "c_make_encoder", None)

    if make is None:
        return None
    return make(None, None, encoder.encode_basestring, None, ":", ",", True, False, False)  # type: ignore[no-any-return]


def _row(item: Any, encode: Callable[[Any, int], Iterable[str]] | None) -> str | None:
    """The text of a short array or map of plain values; `None` for others, and where floats have exponents."""
    if encode is None or len(item) > SHORT_ROW:
        return None
    classes = set(map(type, item if type(item) is list else item.values()))
    if not classes <= PLAIN:
        return None
    if float not in classes:
        return "".join(encode(item, 0))
    try:
        text = "".join(encode(item, 0))
    except ValueError:
        return None  # infinite, or no number
    return None if _EXPONENT.search(text) else text


def _properties(entries: dict[str, Any], quote: Callable[[str], str]) -> Iterator[tuple[str, Any]]:
    comma = ""
    for key in sorted(entries):
        yield f"{comma}{quote(key)}:", entries[key]
        comma = ","


def _elements(items: Any) -> Iterator[tuple[str, Any]]:
    comma = ""
    for item in items:
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
