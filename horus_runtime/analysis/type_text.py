"""Types as people read them, in the script's names."""

from __future__ import annotations

from typing import Final

from horus_runtime.analysis import types as ty

_NAMES: Final = {
    ty.INT: "i64",
    ty.FLOAT: "f64",
    ty.BOOL: "bool",
    ty.STR: "string",
    ty.CHAR: "char",
    ty.UNIT: "()",
    ty.BLOB: "blob",
    ty.RANGE: "range",
    ty.FN: "Fn",
    ty.OTHER: "host type",
}


def type_text(t: int) -> str:
    """A type in the script's names: `i64 | f64`, `array<string>`, `any` where nothing is known."""
    low = t & ty.LOW
    if low == ty.LOW:
        return "any"
    if low == ty.NONE:
        return "never"
    found = [name for bit, name in _NAMES.items() if low & bit]
    for bit, name in ((ty.ARRAY, "array"), (ty.MAP, "map")):
        if low & bit:
            inner = (t >> ty.WIDTH) & ty.LOW
            found.append(name if inner in {ty.LOW, ty.NONE} else f"{name}<{type_text(t >> ty.WIDTH)}>")
    return " | ".join(found)


def class_text(t: int) -> str:
    """The same without what arrays and maps hold, as error messages name types."""
    return type_text(t | ty.DEEP_ANY)
