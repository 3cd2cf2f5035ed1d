"""Short names for the script types that the packages declare their parameters with."""

from __future__ import annotations

from typing import Final

from horus_runtime.runtime.module import ANY

__all__ = ["ANY", "ARRAY", "BLOB", "BOOL", "CHAR", "FLOAT", "FN", "INT", "MAP", "RANGE", "RANGES", "STREAM", "STRING",
           "TIME", "UNIT"]  # fmt: skip

INT: Final = "i64"
FLOAT: Final = "f64"
BOOL: Final = "bool"
CHAR: Final = "char"
STRING: Final = "string"
UNIT: Final = "()"
ARRAY: Final = "array"
BLOB: Final = "blob"
MAP: Final = "map"
FN: Final = "Fn"
TIME: Final = "timestamp"
RANGE: Final = "range"
STREAM: Final = "range"
"""Only as a result: stepped ranges and the like share the name of exclusive ranges."""
RANGES: Final = ("range", "range=")
"""Both kinds of range; a function that takes ranges is registered for each."""
