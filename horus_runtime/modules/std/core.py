"""The core of the language: ending a script, taking values, waiting, and asking about script functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NoReturn

from horus_runtime.errors import EvalError
from horus_runtime.modules.std.json import parse_json
from horus_runtime.modules.std.signature import ANY, ARRAY, FLOAT, INT, STRING, UNIT
from horus_runtime.runtime import faults
from horus_runtime.runtime.control import ScriptExit
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.values import TAGGABLE, TAGGED, can_have_tag, copy_value, type_name, with_tag

if TYPE_CHECKING:
    from horus_runtime.runtime.context import NativeCallContext

PACKAGE = Module("core", "The core of the language.")
native = PACKAGE.native


@native("exit", ANY, volatile=True)
@native("exit", volatile=True)
def exit_(value: Any = None) -> NoReturn:
    """End the whole script with a value, from any depth; `try` does not catch it."""
    raise ScriptExit(copy_value(value))


@native("take", ANY, pure=False, ref=True)
def take(value: Any) -> tuple[None, Any]:
    """The value of a variable, which becomes `()`."""
    return None, copy_value(value)


# --- Tags -------------------------------------------------------------------------------------------------------------

_TAG_MIN: Final = -(1 << 31)
_TAG_MAX: Final = (1 << 31) - 1


@PACKAGE.native_getter("tag", ANY, returns=INT)
@native("tag", ANY, returns=INT)
def tag(value: Any) -> int:
    """The number that was attached to a value; 0 where none was."""
    return value.tag if type(value) in TAGGED else getattr(value, "tag", 0) if type(value) in TAGGABLE else 0


@PACKAGE.native_setter("tag", ANY, INT, ref=True, returns=UNIT)
@native("set_tag", ANY, INT, pure=False, ref=True, returns=UNIT)
def set_tag(value: Any, number: int) -> tuple[Any, None]:
    """Attach a number to a value. It travels with copies of the value; what is computed from it has none."""
    if not _TAG_MIN <= number <= _TAG_MAX:
        size = "large" if number > 0 else "small"
        raise faults.arithmetic(f"{number} is too {size} to fit into a tag (must be between {_TAG_MIN} and {_TAG_MAX})")
    # DIVERGENCE: bools, `()`, maps and blobs have no room for a tag.
    if number and not can_have_tag(value):
        what = f"tags on values of type {type_name(value)} are not supported"
        raise EvalError("ErrorRuntime", f"Runtime error: {what}", value=what)
    return with_tag(value, number) if can_have_tag(value) else value, None


# --- Waiting ----------------------------------------------------------------------------------------------------------


@native("sleep", FLOAT, volatile=True, context=True, returns=UNIT)
@native("sleep", INT, volatile=True, context=True, returns=UNIT)
def sleep(ctx: NativeCallContext, seconds: float) -> None:
    """Wait for some seconds. The run's deadline and cancellation still apply."""
    if not seconds > 0 or not math.isfinite(seconds):
        return
    ctx.pause(seconds)


# --- Script functions -------------------------------------------------------------------------------------------------


@native("get_fn_metadata_list", context=True, returns=ARRAY)
def all_functions(ctx: NativeCallContext) -> list[Any]:
    """A map for each script function: name, access, parameters."""
    return ctx.script_functions()


@native("get_fn_metadata_list", STRING, context=True, returns=ARRAY)
def functions_named(ctx: NativeCallContext, name: str) -> list[Any]:
    """A map for each script function of this name."""
    return [entry for entry in ctx.script_functions() if entry["name"] == name]


@native("get_fn_metadata_list", STRING, INT, context=True, returns=ARRAY)
def functions_with(ctx: NativeCallContext, name: str, count: int) -> list[Any]:
    """A map for each script function of this name with so many parameters."""
    return [entry for entry in functions_named(ctx, name) if len(entry["params"]) == count]


native("parse_json", STRING, context=True)(parse_json)
