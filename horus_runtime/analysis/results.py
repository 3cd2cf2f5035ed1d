"""Result types of the standard library: what a call yields when it succeeds, by the receiver's class."""

from __future__ import annotations

from typing import Final

INT: Final = 1
FLOAT: Final = 2
BOOL: Final = 4
STR: Final = 8
CHAR: Final = 16
UNIT: Final = 32
ARRAY: Final = 64
MAP: Final = 128
BLOB: Final = 256
RANGE: Final = 512
FN: Final = 1024
OTHER: Final = 2048

WIDTH: Final = 12
LEVELS: Final = 4
"""How deep types look into arrays and maps, these themselves counted."""
ANY: Final = (1 << LEVELS * WIDTH) - 1
ANY_ARRAY: Final = ARRAY | (ANY & ~((1 << WIDTH) - 1))
STRINGS: Final = ARRAY | STR << WIDTH
CHARS: Final = ARRAY | CHAR << WIDTH
SAME: Final = -1
"""The receiver's own type, elements included."""
ITEM: Final = -2
"""An element of the receiver, or `()`."""


def _each(names: str, result: int) -> dict[str, int]:
    return dict.fromkeys(names.split(), result)


_NUMBER_TEXT: Final = _each("to_string to_debug", STR)

METHODS: Final[dict[int, dict[str, int]]] = {
    INT: _NUMBER_TEXT
    | _each("abs sign to_int", INT)
    | _each("to_float", FLOAT)
    | _each("is_odd is_even is_zero get_bit", BOOL)
    | _each("to_hex to_octal to_binary", STR)
    | _each("get_bits", INT),
    FLOAT: _NUMBER_TEXT
    | _each("abs floor ceiling round int fraction sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh", FLOAT)
    | _each("sqrt exp ln log hypot to_degrees to_radians to_float", FLOAT)
    | _each("sign to_int", INT)
    | _each("is_nan is_finite is_infinite is_zero", BOOL),
    BOOL: _NUMBER_TEXT,
    CHAR: _NUMBER_TEXT | _each("to_upper to_lower", CHAR) | _each("to_int", INT),
    STR: _NUMBER_TEXT
    | _each("len bytes index_of parse_int", INT)
    | _each("parse_float", FLOAT)
    | _each("is_empty contains starts_with ends_with", BOOL)
    | _each("to_upper to_lower sub_string", STR)
    | _each("split split_rev", STRINGS)
    | _each("to_chars", CHARS)
    | _each("to_blob", BLOB)
    | _each("get", CHAR | UNIT)
    | _each("trim replace make_upper make_lower pad crop append clear truncate set remove", UNIT),
    ARRAY: _NUMBER_TEXT
    | _each("len index_of", INT)
    | _each("is_empty contains some all", BOOL)
    | _each("push append insert pad set clear truncate chop reverse splice dedup sort sort_desc sort_by for_each", UNIT)
    | _each("filter order order_desc order_by extract drain retain split", SAME)
    | _each("pop shift remove get find", ITEM)
    | _each("map zip", ANY_ARRAY),
    MAP: _NUMBER_TEXT
    | _each("to_json", STR)
    | _each("len", INT)
    | _each("is_empty contains", BOOL)
    | _each("keys", STRINGS)
    | _each("values", ANY_ARRAY)
    | _each("set clear mixin fill_with", UNIT),
    BLOB: _NUMBER_TEXT | _each("len get pop shift remove", INT) | _each("is_empty contains", BOOL),
}
"""By class of the receiver: method name to result type."""

PROPERTIES: Final[dict[int, dict[str, int]]] = {
    ARRAY: {"len": INT, "is_empty": BOOL},
    STR: {"len": INT, "is_empty": BOOL, "bytes": INT},
    BLOB: {"len": INT, "is_empty": BOOL},
    INT: {"is_odd": BOOL, "is_even": BOOL, "is_zero": BOOL},
    FLOAT: {"floor": FLOAT, "ceiling": FLOAT, "round": FLOAT, "int": FLOAT, "fraction": FLOAT},
    RANGE: {"start": INT, "end": INT, "is_empty": BOOL},
}

FUNCTIONS: Final[dict[tuple[str, int], int]] = {
    ("type_of", 1): STR,
    ("print", 0): UNIT,
    ("print", 1): UNIT,
    ("debug", 1): UNIT,
    ("Fn", 1): FN,
    ("is_def_var", 1): BOOL,
    ("is_def_fn", 2): BOOL,
    ("is_def_fn", 3): BOOL,
    ("is_shared", 1): BOOL,
    ("PI", 0): FLOAT,
    ("E", 0): FLOAT,
    ("timestamp", 0): OTHER,
    ("blob", 0): BLOB,
    ("blob", 1): BLOB,
    ("blob", 2): BLOB,
}
"""Functions whose result does not depend on their arguments, by name and count."""
