"""Filters: maps and operators of scripts turned into SQL conditions with bound values.

One meaning, three spellings: `#{age__gte: 18}`, `where("age", ">=", 18)`, `#{age: #{"$gte": 18}}`. Comparisons hold
only between values of one kind; a plain map or list means equality of the whole value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from horus_runtime.modules.jsonable import NotJsonError, to_json_value
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.functions import canonical
from horus_runtime.modules.osiris.names import check_path, json_path, type_of, value_of

MAX_NESTING: Final = 32
MAX_PATTERN: Final = 1000

SYMBOLS: Final = {
    "==": "eq", "=": "eq", "!=": "ne", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "~": "contains",
    "not in": "not_in", "matches": "regex",
}  # fmt: skip
_DOLLAR: Final = {
    "$eq": "eq", "$ne": "ne", "$gt": "gt", "$gte": "gte", "$lt": "lt", "$lte": "lte", "$in": "in", "$nin": "not_in",
    "$exists": "exists", "$regex": "regex", "$elemMatch": "any", "$all": "all", "$size": "size", "$type": "type",
}  # fmt: skip
_JOINERS: Final = {"and": "and", "or": "or", "not": "not", "$and": "and", "$or": "or", "$nor": "not"}
_NUMBERS: Final = "('integer','real')"
_TYPES: Final = {
    "string": ("text",), "int": ("integer",), "float": ("real",), "bool": ("true", "false"), "list": ("array",),
    "map": ("object",), "null": ("null",),
}  # fmt: skip


class Condition(NamedTuple):
    """A part of a WHERE clause and the values it binds."""

    sql: str
    values: tuple[Any, ...] = ()


INNER: Final = "{inner}"
"""Where the condition on related records goes in the SQL around it."""
ALWAYS: Final = Condition("1")
NEVER: Final = Condition("0")


class Names:
    """What a filter may name.

    Args:
        check: the path of a field, of which those that the model does not have are refused.
        across: for a path that begins with a relation: the SQL around the condition on the related records, what may be
            named there, and the rest of the path.
    """

    __slots__ = ("across", "check")

    def __init__(
        self,
        check: Callable[[Any], str] = check_path,
        across: Callable[[str], tuple[str, Names, str] | None] = lambda _path: None,
    ) -> None:
        self.check = check
        self.across = across

    def compare(self, field: Any, operator: str, value: Any) -> Condition:
        """A condition on a field of the record, or of the records that it is related to."""
        step = self.across(field) if type(field) is str and "." in field else None
        if step is None:
            return _compare(self.check(field), operator, value)
        around, names, rest = step
        inner = names.compare(rest, operator, value)
        return Condition(around.replace(INNER, inner.sql), inner.values)


ANY_NAME: Final = Names()


def from_map(filter_: Any, names: Names = ANY_NAME, depth: int = 0) -> Condition:
    """A filter map: all its entries must hold."""
    if type(filter_) is not dict:
        raise fault("QuerySyntax", f"a filter is a map, not {shown(filter_)}")
    if depth > MAX_NESTING:
        raise fault("QuerySyntax", f"a filter is nested deeper than {MAX_NESTING} levels")
    return both(_entry(key, value, names, depth) for key, value in filter_.items())


def from_parts(field: Any, operator: Any, value: Any, names: Names = ANY_NAME) -> Condition:
    """`where(field, operator, value)` with a symbol or an operator's name."""
    if type(operator) is not str:
        raise fault("QuerySyntax", f"an operator is a text, not {shown(operator)}")
    return names.compare(field, SYMBOLS.get(operator, operator), value)


def both(conditions: Iterable[Condition]) -> Condition:
    """The condition that all conditions hold."""
    return _joined(conditions, " AND ", ALWAYS)


def either(conditions: Iterable[Condition]) -> Condition:
    """The condition that at least one holds."""
    return _joined(conditions, " OR ", NEVER)


def negated(condition: Condition) -> Condition:
    """The opposite, where SQL's "unknown" counts as false."""
    return Condition(f"NOT coalesce({condition.sql}, 0)", condition.values)


def _joined(conditions: Iterable[Condition], sign: str, empty: Condition) -> Condition:
    parts = list(conditions)
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return empty
    return Condition(
        f"({sign.join(part.sql for part in parts)})", tuple(value for part in parts for value in part.values)
    )


def _entry(key: Any, value: Any, names: Names, depth: int) -> Condition:
    joiner = _JOINERS.get(key)
    if joiner is not None:
        return _nested(joiner, key, value, names, depth)
    field, separator, operator = str(key).rpartition("__")
    if separator:
        return names.compare(field, operator, value)
    if type(value) is dict and value and all(str(name).startswith("$") for name in value):
        return both(names.compare(key, _dollar(name), item) for name, item in value.items())
    return names.compare(key, "eq", value)


def _nested(joiner: str, key: str, value: Any, names: Names, depth: int) -> Condition:
    filters = [value] if type(value) is dict else value
    if type(filters) is not list:
        raise fault("QuerySyntax", f"'{key}' needs an array of filters, not {shown(value)}")
    inner = [from_map(item, names, depth + 1) for item in filters]
    if joiner == "not":
        return negated(either(inner)) if inner else ALWAYS
    return either(inner) if joiner == "or" else both(inner)


def _dollar(name: str) -> str:
    if name not in _DOLLAR:
        raise fault("QuerySyntax", f"unknown operator '{name}'; known: {', '.join(_DOLLAR)}")
    return _DOLLAR[name]


def _compare(field: str, operator: str, value: Any) -> Condition:
    build = _OPERATORS.get(operator)
    if build is None:
        known = ", ".join([*_OPERATORS, *SYMBOLS])
        raise fault("QuerySyntax", f"unknown operator '{operator}' on '{field}'; known: {known}", field=field)
    try:
        return build(field, to_json_value(value, field))
    except NotJsonError as error:
        raise fault("InvalidArgument", f"the value for '{field}' cannot be compared: {error}", field=field) from None


# --- operators -------------------------------------------------------------------------------------------------------


def _equal(field: str, value: Any) -> Condition:
    expression, kind = value_of(field), type_of(field)
    if value is None:
        return Condition(f"{expression} IS NULL")
    if type(value) is bool:
        return Condition(f"({expression} = {int(value)} AND {kind} = '{str(value).lower()}')")
    if type(value) is str:
        return Condition(f"({expression} = ? AND {kind} = 'text')", (value,))
    if type(value) in {int, float}:
        return Condition(f"({expression} = ? AND {kind} IN {_NUMBERS})", (value,))
    wanted = "object" if type(value) is dict else "array"
    return Condition(f"({kind} = '{wanted}' AND osiris_same({_json_of(field)}, ?))", (canonical(value),))


def _not_equal(field: str, value: Any) -> Condition:
    return negated(_equal(field, value))


def _ordered(sign: str) -> Callable[[str, Any], Condition]:
    def build(field: str, value: Any) -> Condition:
        if type(value) is str:
            return Condition(f"({value_of(field)} {sign} ? AND {type_of(field)} = 'text')", (value,))
        if type(value) in {int, float}:
            return Condition(f"({value_of(field)} {sign} ? AND {type_of(field)} IN {_NUMBERS})", (value,))
        raise fault("QuerySyntax", f"'{field}' can be compared by {sign} with a number or a text, not {shown(value)}")

    return build


def _between(field: str, value: Any) -> Condition:
    if type(value) is not list or len(value) != 2:
        raise fault("QuerySyntax", f"'{field}' between needs an array of two values, not {shown(value)}")
    return both((_ordered(">=")(field, value[0]), _ordered("<=")(field, value[1])))


def _in(field: str, value: Any) -> Condition:
    items = _list(field, "in", value)
    texts = [item for item in items if type(item) is str]
    numbers = [item for item in items if type(item) in {int, float}]
    parts = [_equal(field, item) for item in items if item is None or type(item) in {bool, dict, list}]
    # One JSON array for all values of a kind: there is a limit on the number of bound values.
    if texts:
        parts.append(_in_array(field, texts, "= 'text'"))
    if numbers:
        parts.append(_in_array(field, numbers, f"IN {_NUMBERS}"))
    return either(parts)


def _in_array(field: str, items: list[Any], kinds: str) -> Condition:
    sql = f"({value_of(field)} IN (SELECT value FROM json_each(?)) AND {type_of(field)} {kinds})"
    return Condition(sql, (json.dumps(items, ensure_ascii=False),))


def _not_in(field: str, value: Any) -> Condition:
    return negated(_in(field, value))


def _exists(field: str, value: Any) -> Condition:
    if type(value) is not bool:
        raise fault("QuerySyntax", f"'{field}' exists needs true or false, not {shown(value)}")
    return Condition(f"{type_of(field)} IS {'NOT ' if value else ''}NULL")


def _contains(field: str, value: Any) -> Condition:
    parts = [_has_element(field, value)]
    if type(value) is str:
        parts.append(Condition(f"({type_of(field)} = 'text' AND instr({value_of(field)}, ?) > 0)", (value,)))
    return either(parts)


def _has_element(field: str, value: Any) -> Condition:
    if field in {"id", "created_at", "updated_at", "_version"}:
        return NEVER
    sql = f"({type_of(field)} = 'array' AND EXISTS (SELECT 1 FROM json_each(doc, {json_path(field)}) AS e WHERE {{}}))"
    test = _element_equals(value)
    return Condition(sql.format(test.sql), test.values)


def _element_equals(value: Any) -> Condition:
    if value is None:
        return Condition("e.type = 'null'")
    if type(value) is bool:
        return Condition(f"e.type = '{str(value).lower()}'")
    if type(value) is str:
        return Condition("e.type = 'text' AND e.value = ?", (value,))
    if type(value) in {int, float}:
        return Condition(f"e.type IN {_NUMBERS} AND e.value = ?", (value,))
    return Condition("e.type IN ('array','object') AND osiris_same(e.value, ?)", (canonical(value),))


def _folded(test: str) -> Callable[[str, Any], Condition]:
    def build(field: str, value: Any) -> Condition:
        text = _text(field, value)
        return Condition(f"({type_of(field)} = 'text' AND {test.format(value_of(field))})", (text.casefold(),))

    return build


def _starts_with(field: str, value: Any) -> Condition:
    """A range, so that an index can be used."""
    prefix = _text(field, value)
    expression, kind = value_of(field), type_of(field)
    after = _successor(prefix)
    if after is None:
        return Condition(f"({expression} >= ? AND {kind} = 'text')", (prefix,))
    return Condition(f"({expression} >= ? AND {expression} < ? AND {kind} = 'text')", (prefix, after))


def _successor(prefix: str) -> str | None:
    """The smallest text that is larger than every text with this prefix."""
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)


def _ends_with(field: str, value: Any) -> Condition:
    text = _text(field, value)
    if not text:
        return Condition(f"{type_of(field)} = 'text'")
    return Condition(f"({type_of(field)} = 'text' AND substr({value_of(field)}, -{len(text)}) = ?)", (text,))


def _regex(field: str, value: Any) -> Condition:
    from horus_runtime.modules.patterns import UnsafePatternError, check_pattern

    pattern = _text(field, value)
    try:
        check_pattern(pattern)
    except UnsafePatternError as error:
        raise fault("QuerySyntax", f"the pattern for '{field}' {error}", field=field) from None
    return Condition(f"({type_of(field)} = 'text' AND osiris_matches(?, {value_of(field)}))", (pattern,))


def _all(field: str, value: Any) -> Condition:
    return both(_has_element(field, item) for item in _list(field, "all", value))


def _any(field: str, value: Any) -> Condition:
    """A list with an element that a sub-filter matches; the element takes the place of the document."""
    if field in {"id", "created_at", "updated_at", "_version"}:
        return NEVER
    inner = from_map(value, Names(_element_field), 1)
    # Renamed in two steps: an alias `doc` beside `json_each(doc)` would be taken for the outer document.
    items = f"SELECT e.value AS item, e.type AS kind FROM json_each(doc, {json_path(field)}) AS e"
    sql = f"EXISTS (SELECT 1 FROM (SELECT item AS doc FROM ({items}) WHERE kind = 'object') WHERE {inner.sql})"
    return Condition(f"({type_of(field)} = 'array' AND {sql})", inner.values)


def _element_field(name: str) -> str:
    path = check_path(name)
    if path in {"id", "created_at", "updated_at", "_version"}:
        raise fault("QuerySyntax", f"'{path}' cannot be used inside of 'any'", field=path)
    return path


def _size(field: str, value: Any) -> Condition:
    if type(value) is not int or value < 0:
        raise fault("QuerySyntax", f"'{field}' size needs a number from 0, not {shown(value)}")
    if field in {"id", "created_at", "updated_at", "_version"}:
        return Condition(f"length({value_of(field)}) = ?", (value,))
    array = f"({type_of(field)} = 'array' AND json_array_length(doc, {json_path(field)}) = ?)"
    text = f"({type_of(field)} = 'text' AND length({value_of(field)}) = ?)"
    return Condition(f"({array} OR {text})", (value, value))


def _type(field: str, value: Any) -> Condition:
    if value not in _TYPES:
        raise fault("QuerySyntax", f"unknown type {shown(value)} for '{field}'; known: {', '.join(_TYPES)}")
    kinds = ",".join(f"'{kind}'" for kind in _TYPES[value])
    return Condition(f"{type_of(field)} IN ({kinds})")


def _json_of(field: str) -> str:
    return f"doc -> {json_path(field)}"


def _list(field: str, operator: str, value: Any) -> list[Any]:
    if type(value) is not list:
        raise fault("QuerySyntax", f"'{field}' {operator} needs an array, not {shown(value)}", field=field)
    return value


def _text(field: str, value: Any) -> str:
    if type(value) is not str:
        raise fault("QuerySyntax", f"'{field}' needs a text here, not {shown(value)}", field=field)
    return value


_OPERATORS: Final[dict[str, Callable[[str, Any], Condition]]] = {
    "eq": _equal,
    "ne": _not_equal,
    "gt": _ordered(">"),
    "gte": _ordered(">="),
    "lt": _ordered("<"),
    "lte": _ordered("<="),
    "between": _between,
    "in": _in,
    "not_in": _not_in,
    "exists": _exists,
    "contains": _contains,
    "icontains": _folded("instr(osiris_fold({}), ?) > 0"),
    "iexact": _folded("osiris_fold({}) = ?"),
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "regex": _regex,
    "any": _any,
    "all": _all,
    "size": _size,
    "type": _type,
}
