"""The text forms of values: display (`print`, `to_string`), debug (`debug`, `to_debug`) and the host's own view.

Inside arrays and maps every form shows elements in a debug form. Containers are walked with an explicit stack, so that
a deeply nested value cannot exhaust the native one.
"""

from __future__ import annotations

from itertools import chain, islice
from math import isfinite, isnan

from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.parts import MANY_PARTS, SLICE, TextParts
from horus_runtime.runtime.values import (
    COPY_TERMS,
    INT_MAX,
    SETTLED,
    TAGGED,
    U8,
    Cell,
    Char,
    Range,
    Stream,
    Timestamp,
    type_name,
    untagged,
)
from horus_runtime.typing_names import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DISPLAY_LARGE = 9999999827968.0
"""Larger magnitudes are displayed in scientific form: 1e13 as a 32-bit float."""
DISPLAY_SMALL = 9.9999998245167e-14
"""Smaller magnitudes are displayed in scientific form: 1e-13 as a 32-bit float."""


class TextContext(Protocol):
    """What a run knows of the text forms of host types."""

    def to_display(self, value: Any) -> str: ...

    def to_debug(self, value: Any) -> str: ...


# --- Numbers and strings ----------------------------------------------------------------------------------------------


def float_display(value: float) -> str:
    """A float as `print` shows it."""
    magnitude = abs(value)
    if magnitude == 0.0:
        return "0.0"
    if 1e-4 <= magnitude <= DISPLAY_LARGE:
        return repr(value)
    if not isfinite(magnitude):
        return _not_finite(value)
    digits, exponent = _digits(magnitude)
    sign = "-" if value < 0 else ""
    if magnitude < DISPLAY_SMALL or magnitude > DISPLAY_LARGE:
        return f"{sign}{_scientific(digits, exponent)}"
    return f"{sign}0.{'0' * (-exponent - 1)}{digits}"


def float_debug(value: float) -> str:
    """A float as `debug` and containers show it."""
    if not isfinite(value):
        return _not_finite(value)
    text = repr(value)
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{int(exponent)}"


def float_plain(value: float) -> str:
    """A float in plain decimal digits without exponent and without a needless `.0`, as some messages show it."""
    if not isfinite(value):
        return _not_finite(value)
    digits, exponent = _digits(abs(value))
    sign = "-" if repr(value)[0] == "-" else ""
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}" if value else f"{sign}0"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    rest = digits[exponent + 1 :]
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def _not_finite(value: float) -> str:
    if isnan(value):
        return "NaN"
    return "inf" if value > 0 else "-inf"


def _digits(magnitude: float) -> tuple[str, int]:
    """The shortest digits that stand for the number, and the exponent of the first of them."""
    text = repr(magnitude)
    mantissa, _, power = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + ("" if fraction == "0" else fraction)
    exponent = len(whole) - 1 + int(power or 0)
    stripped = digits.lstrip("0")
    exponent -= len(digits) - len(stripped)
    return stripped.rstrip("0") or "0", exponent if stripped else 0


def _scientific(digits: str, exponent: int) -> str:
    return f"{digits[0]}.{digits[1:]}e{exponent}" if len(digits) > 1 else f"{digits}e{exponent}"


class _Escapes(dict[int, str | int]):
    """What stands for a character in a quoted text, by its code; of common ones it is found out once."""

    def __missing__(self, code: int) -> str | int:
        shown: str | int = f"\\u{{{code:x}}}" if _is_escaped(code) else code
        if code < COMMON:
            self[code] = shown
        return shown


def _is_escaped(code: int) -> bool:
    if code < 0x7F:
        return code < 0x20
    from horus_runtime.runtime.printable import needs_escape

    return code == 0x7F or needs_escape(code)


COMMON = 0x3000
QUOTED_SLICE = 1 << 18
"""Characters quoted between two looks at the clock: some ten milliseconds."""
_ESCAPES = _Escapes(
    {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t", 0: "\\0"}
)


def quote(text: str) -> str:
    """A string in double quotes with escapes: its debug form."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    if len(text) <= QUOTED_SLICE:
        return f'"{text.translate(_ESCAPES)}"'
    parts = TextParts()
    parts.append('"')
    for start in range(0, len(text), QUOTED_SLICE):
        parts.append(text[start : start + QUOTED_SLICE].translate(_ESCAPES))
        parts.settle()
    parts.append('"')
    return parts.text()


def _quote_char(text: str) -> str:
    if text == "'":
        return "'\\''"
    return "'\"'" if text == '"' else f"'{text.translate(_ESCAPES)}'"


# --- The forms scripts see --------------------------------------------------------------------------------------------


def to_display(value: Any, ctx: TextContext | None = None) -> str:
    """`to_string` of any value. Host values are shown by `ctx`, without one by their type name."""
    cls = type(value)
    if cls is str:
        return str(value)
    if cls is int:
        return str(value)
    if cls is float:
        return float_display(value)
    if value is None:
        return ""
    if cls in _CONTAINERS:
        return _container(value, _leaf(ctx))
    text = _plain(value)
    if text is None:
        if cls in TAGGED:
            return to_display(untagged(value), ctx)
        return type_name(value) if ctx is None else ctx.to_display(value)
    return text


def to_debug(value: Any, ctx: TextContext | None = None) -> str:
    """`to_debug` of any value. Host values are shown by `ctx`, without one by their type name."""
    return _container(value, _leaf(ctx)) if type(value) in _CONTAINERS else _leaf(ctx)(value)


_CONTAINERS = frozenset({list, dict})
_BUILTIN = frozenset(
    {int, float, str, bool, Char, type(None), bytearray, Range, Stream, Timestamp, FnPtr, list, dict, U8}
)


def is_host_value(value: Any) -> bool:
    """Say whether this is of a host type: only a running engine knows its text form and operators."""
    return type(value) not in _BUILTIN


def contains_host_value(value: Any) -> bool:
    """Say whether there is a host value somewhere in this value."""
    pending = [value]
    while pending:
        value = pending.pop()
        cls = type(value)
        if cls is list:
            pending += value
        elif cls is dict:
            pending += value.values()
        elif cls not in _BUILTIN:
            return True
    return False


def _leaf(ctx: TextContext | None) -> Callable[[Any], str]:
    """The debug form of values that are not containers."""

    def show(value: Any) -> str:
        cls = type(value)
        if cls is str:
            return quote(value)
        if cls is float:
            return float_debug(value)
        if value is None:
            return "()"
        text = _plain(value)
        if text is None:
            if cls in TAGGED:
                return to_debug(untagged(value), ctx)
            return type_name(value) if ctx is None else ctx.to_debug(value)
        return text

    return show


def _plain(value: Any) -> str | None:
    """The text of the types whose display and debug forms are the same; `None` for a host value."""
    cls = type(value)
    if cls is bool:
        return "true" if value else "false"
    if cls is int or cls is Char:
        return str(value)
    if cls is U8:
        return str(int(value))
    if cls is bytearray:
        return blob_text(value)
    if cls is Range:
        return range_text(value)
    if cls is FnPtr:
        return f"Fn({value.name})"
    if cls is Timestamp:
        return "<timestamp>"
    return "range" if cls is Stream else None


def blob_text(blob: bytearray) -> str:
    """`[0102030405060708 09]`: lower-case hex, a blank after every 8 bytes."""
    if len(blob) <= SLICE:
        return f"[{blob.hex(' ', -8)}]"
    parts = TextParts()
    for start in range(0, len(blob), SLICE):
        parts.append(" " if start else "[")
        parts.append(blob[start : start + SLICE].hex(" ", -8))
        parts.settle()
    parts.append("]")
    return parts.text()


def range_text(value: Range) -> str:
    """`1..5`, `1..=5`; the largest integer as end is not shown."""
    dots = "..=" if value.inclusive else ".."
    return f"{value.start}{dots}" if value.end == INT_MAX else f"{value.start}{dots}{value.end}"


# --- The form the host sees -------------------------------------------------------------------------------------------


def host_display(value: Any) -> str:
    """A value as the host sees it: the text of an uncaught `throw`. Characters inside containers are quoted."""
    cls = type(value)
    if cls is Cell:
        return host_display(value.v)
    if cls in _CONTAINERS:
        return _container(value, _host_leaf)
    return value.raw_name if cls is Stream else to_display(value)


def host_debug(value: Any) -> str:
    """A value in the host's debug form: characters quoted, function pointers with their arguments."""
    return _container(value, _host_leaf) if type(value) in _CONTAINERS else _host_leaf(value)


def _host_leaf(value: Any) -> str:
    cls = type(value)
    if cls is Char:
        return _quote_char(value)
    if cls is FnPtr:
        linked = "*" if value.mark != "*+" and (value.is_anonymous or value.program is not None) else ""
        parts = ", ".join([quote(value.name), *map(host_debug, value.curried)])
        return f"Fn{linked}{value.mark}({parts})"
    if cls is Cell:
        return f"{host_debug(value.v)} (shared)"
    if cls is Stream:
        return str(value.raw_name)
    return to_debug(value)


# --- Containers -------------------------------------------------------------------------------------------------------


def _container(value: list[Any] | dict[str, Any], leaf: Callable[[Any], str]) -> str:
    """An array or map as text, elements by `leaf`."""
    out = TextParts()
    stack: list[tuple[Iterator[tuple[str, Any]], str]] = []
    _open(value, out, stack)
    while stack:
        entries, closing = stack[-1]
        for label, item in entries:
            out.append(label)
            if type(item) in _CONTAINERS:
                _open(item, out, stack)
                break
            out.append(leaf(item))
            if len(out) > MANY_PARTS:
                out.settle()
        else:
            out.append(closing)
            stack.pop()
    return out.text()


def _open(value: Any, out: list[str], stack: list[tuple[Iterator[tuple[str, Any]], str]]) -> None:
    if type(value) is list:
        out.append("[")
        stack.append((_array_entries(value), "]"))
    else:
        out.append("#{")
        stack.append((_map_entries(value), "}"))


def _array_entries(value: list[Any]) -> Iterator[tuple[str, Any]]:
    label = ""
    for item in value:
        yield label, item
        label = ", "


def _map_entries(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    label = ""
    for key in sorted_keys(value):
        yield f"{label}{quote(key)}: ", value[key]
        label = ", "


def sorted_keys(value: dict[str, Any]) -> list[str]:
    """The keys in order; of very many the run is asked in between whether it may go on."""
    if len(value) <= SETTLED:
        return sorted(value)
    left = iter(value)
    runs = []
    while batch := sorted(islice(left, SETTLED)):
        runs.append(batch)
        COPY_TERMS.run.making(0)
    while len(runs) > 1:
        merged = []
        for at in range(0, len(runs), 2):
            merged.append(sorted(chain.from_iterable(runs[at : at + 2])))  # Python merges what is in order by parts
            COPY_TERMS.run.making(0)
        runs = merged
    return runs[0]
