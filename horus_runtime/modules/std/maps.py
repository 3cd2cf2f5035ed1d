"""Object maps. Entries are always in the order of their keys, by code point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horus_runtime.modules.std.callbacks import entry_result, in_call
from horus_runtime.modules.std.json import to_json
from horus_runtime.modules.std.signature import ANY, ARRAY, BOOL, FN, INT, MAP, STRING, UNIT
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.values import copy_value

if TYPE_CHECKING:
    from horus_runtime.runtime.context import NativeCallContext
    from horus_runtime.runtime.fn_ptr import FnPtr

PACKAGE = Module("maps", "Functions of object maps.")
native = PACKAGE.native

Map = dict[str, Any]


@native("len", MAP, returns=INT)
def length(entries: Map) -> int:
    """How many properties the map has."""
    return len(entries)


@native("is_empty", MAP, returns=BOOL)
def is_empty(entries: Map) -> bool:
    """Has the map no properties."""
    return not entries


@native("contains", MAP, STRING, returns=BOOL)
def contains(entries: Map, key: str) -> bool:
    """Has the map a property of this name, whatever its value."""
    return key in entries


@native("get", MAP, STRING)
def get(entries: Map, key: str) -> Any:
    """The value of a property; `()` if there is none."""
    return copy_value(entries.get(key))


@native("set", MAP, STRING, ANY, pure=False, context=True, returns=UNIT)
def set_(ctx: NativeCallContext, entries: Map, key: str, value: Any) -> None:
    """Set or add a property."""
    if key not in entries:
        ctx.check_map(len(entries) + 1, 1)
    entries[key] = value


@native("remove", MAP, STRING, pure=False)
def remove(entries: Map, key: str) -> Any:
    """Remove a property and return its value; `()` if there is none."""
    return entries.pop(key, None)


@native("clear", MAP, pure=False, returns=UNIT)
def clear(entries: Map) -> None:
    """Remove all properties."""
    entries.clear()


@native("keys", MAP, context=True, returns=ARRAY)
def keys(ctx: NativeCallContext, entries: Map) -> list[Any]:
    """The names of the properties, in order."""
    ctx.check_array(len(entries))
    return sorted(entries)


@native("values", MAP, context=True, returns=ARRAY)
def values(ctx: NativeCallContext, entries: Map) -> list[Any]:
    """Copies of the values, in the order of their names."""
    ctx.check_array(len(entries))
    return [copy_value(entries[key]) for key in sorted(entries)]


@native("mixin", MAP, MAP, pure=False, context=True, returns=UNIT)
def mixin(ctx: NativeCallContext, entries: Map, other: Map) -> None:
    """Take over all properties of another map; where both have one, the other's value wins."""
    ctx.check_map(len(entries | dict.fromkeys(other)), len(other))
    entries.update(other)


@native("fill_with", MAP, MAP, pure=False, context=True, returns=UNIT)
def fill_with(ctx: NativeCallContext, entries: Map, other: Map) -> None:
    """Take over those properties of another map that this one does not have."""
    missing = {key: value for key, value in other.items() if key not in entries}
    ctx.check_map(len(entries) + len(missing), len(missing))
    entries.update(missing)


native("to_json", MAP, context=True, returns=STRING)(to_json)


# --- Callbacks --------------------------------------------------------------------------------------------------------
# A callback gets (key), with `this` the value, or (key, value).


@native("map", MAP, FN, context=True, callbacks=True, returns=MAP)
@in_call("filter")  # Rhai's own mistake: errors out of `map` name `filter`
def map_(ctx: NativeCallContext, entries: Map, callback: FnPtr) -> Map:
    """What the callback returns for each property, under the same names."""
    made: Map = {}
    for key in sorted(entries):
        made[key] = entry_result(ctx, callback, entries, key)
    return made


@native("filter", MAP, FN, context=True, callbacks=True, returns=MAP)
@in_call("filter")
def filter_(ctx: NativeCallContext, entries: Map, callback: FnPtr) -> Map:
    """The properties for which the callback returns `true`."""
    kept = {}
    for key in sorted(entries):
        if entry_result(ctx, callback, entries, key) is True:
            kept[key] = copy_value(entries[key])
    return kept


@native("drain", MAP, FN, pure=False, context=True, callbacks=True, returns=MAP)
@in_call("drain")
def drain(ctx: NativeCallContext, entries: Map, callback: FnPtr) -> Map:
    """Remove the properties for which the callback returns `true`, and return them."""
    return _take_out(ctx, entries, callback, wanted=True)


@native("retain", MAP, FN, pure=False, context=True, callbacks=True, returns=MAP)
@in_call("retain")
def retain(ctx: NativeCallContext, entries: Map, callback: FnPtr) -> Map:
    """Keep the properties for which the callback returns `true`, and return the others."""
    return _take_out(ctx, entries, callback, wanted=False)


def _take_out(ctx: NativeCallContext, entries: Map, callback: FnPtr, *, wanted: bool) -> Map:
    """Remove the properties for which the answer is as wanted. As in Rhai, the one whose callback fails is lost."""
    taken: Map = {}
    for key in sorted(entries):
        chosen = True
        try:
            chosen = (entry_result(ctx, callback, entries, key) is True) is wanted
        finally:
            if chosen:
                taken[key] = entries.pop(key)
    return taken
