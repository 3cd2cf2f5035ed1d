"""The text forms of values as functions, and `+` with a string where the operators leave it to the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horus_runtime.modules.std.signature import ANY, BLOB, STRING
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.parts import text_of_bytes
from horus_runtime.runtime.sizes import byte_length

if TYPE_CHECKING:
    from horus_runtime.runtime.context import NativeCallContext

PACKAGE = Module("text", "Text forms of values.")
native = PACKAGE.native


@native("to_string", ANY, context=True, returns=STRING)
def to_string(ctx: NativeCallContext, value: Any) -> str:
    """The value as text, as `print` shows it."""
    return ctx.to_display(value)


@native("to_debug", ANY, context=True, returns=STRING)
def to_debug(ctx: NativeCallContext, value: Any) -> str:
    """The value as text, as `debug` shows it: strings in quotes."""
    return ctx.to_debug(value)


@native("+", STRING, ANY, context=True, returns=STRING)
def join_right(ctx: NativeCallContext, text: str, value: Any) -> str:
    """The text followed by the text of the value."""
    return _joined(ctx, text, ctx.to_display(value))


@native("+", ANY, STRING, context=True, returns=STRING)
def join_left(ctx: NativeCallContext, value: Any, text: str) -> str:
    """The text of the value followed by the text."""
    return _joined(ctx, ctx.to_display(value), text)


@native("+", STRING, BLOB, context=True, returns=STRING)
def join_bytes_right(ctx: NativeCallContext, text: str, blob: bytearray) -> str:
    """The text followed by a blob read as UTF-8."""
    return _joined(ctx, text, text_of_bytes(blob))


@native("+", BLOB, STRING, context=True, returns=STRING)
def join_bytes_left(ctx: NativeCallContext, blob: bytearray, text: str) -> str:
    """A blob read as UTF-8 followed by the text."""
    return _joined(ctx, text_of_bytes(blob), text)


def _joined(ctx: NativeCallContext, left: str, right: str) -> str:
    ctx.check_string(byte_length(left) + byte_length(right))
    return left + right
