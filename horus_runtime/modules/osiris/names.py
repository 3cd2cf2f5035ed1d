"""Names and the SQL made of them: the only place where a name becomes part of a statement.

Values are always bound. Names pass the rules here first, and are quoted here and nowhere else.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from horus_runtime.modules.osiris.faults import fault, shown

_MODEL: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NAMESPACE: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")
CONTEXT: Final = "@"
"""What the name of a context begins with, so that no namespace can be called like one."""
_RESERVED: Final = ("osiris_", "sqlite_")
_FIELD_REFUSED: Final = re.compile(r'["\\\x00-\x1f\x7f]')
MAX_FIELD: Final = 64
MAX_ID: Final = 255

COLUMNS: Final = {"id": "id", "created_at": "created_at", "updated_at": "updated_at", "_version": "version"}
"""Fields of a record that are columns of its table; everything else is in the document."""


def check_model(name: Any) -> str:
    """A model's name, which is also a table's: lower-case letters, digits and `_`."""
    if type(name) is not str or not _MODEL.fullmatch(name) or name.startswith(_RESERVED):
        raise fault(
            "InvalidArgument",
            f"{shown(name)} cannot be a model's name: it needs 1 to 63 of a-z, 0-9 and _, beginning with a letter",
        )
    return name


def check_namespace(name: Any) -> str:
    """A namespace's name, which is also a part of a file's."""
    if type(name) is not str or not _NAMESPACE.fullmatch(name):
        raise fault(
            "InvalidArgument",
            f"{shown(name)} cannot be a namespace's name: it needs 1 to 63 of a-z, 0-9, _ and -, beginning with a"
            " letter",
        )
    return name


def check_field(name: Any, model: str = "") -> str:
    """A field's name as users may choose it."""
    if type(name) is str and is_field(name):
        return name
    problem = _field_problem(name)
    if problem:
        where = f" of model '{model}'" if model else ""
        raise fault("InvalidArgument", f"{shown(name)} cannot be a field's name{where}: {problem}", field=str(name))
    return str(name)


@lru_cache(maxsize=4096)
def is_field(name: str) -> bool:
    """Is this a field's name? Every record written asks that for each of its fields."""
    return not _field_problem(name)


def _field_problem(name: Any) -> str:
    if type(name) is not str or not name or len(name) > MAX_FIELD:
        return f"it needs 1 to {MAX_FIELD} characters"
    if name[0] in "_$":
        return "it must not begin with '_' or '$'"
    if "__" in name:
        return "it must not contain '__', which separates operators"
    if "." in name:
        return "it must not contain '.', which reaches into nested maps"
    if _FIELD_REFUSED.search(name):
        return "it must not contain '\"', '\\' or control characters"
    return ""


def check_path(name: Any, model: str = "") -> str:
    """A field in a filter, order or index: a plain name, a record's own field, or a dotted path."""
    if name in COLUMNS:
        return str(name)
    if type(name) is not str:
        return check_field(name, model)
    head, *rest = name.split(".")
    check_field(head, model)
    for part in rest:
        if not part or len(part) > MAX_FIELD or _FIELD_REFUSED.search(part):
            raise fault("InvalidArgument", f"{shown(name)} is not the path of a field", field=name)
    return name


def check_id(value: Any) -> str:
    """A record's id as a caller may give it."""
    if type(value) is not str or not value or len(value) > MAX_ID or "\0" in value:
        raise fault("InvalidArgument", f"{shown(value)} cannot be an id: it needs a text of 1 to {MAX_ID} characters")
    return value


def quote(identifier: str) -> str:
    """An SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL text literal; needed where SQLite wants the same spelling as in an index."""
    return "'" + text.replace("'", "''") + "'"


@lru_cache(maxsize=4096)
def table(model: str) -> str:
    """The quoted name of a model's table."""
    return quote(f"m_{model}")


@lru_cache(maxsize=4096)
def json_path(field: str) -> str:
    """The JSON path of a field as an SQL literal; numbers in a dotted path are positions in lists."""
    parts = field.split(".")
    steps = [
        f'."{parts[0]}"',
        *(f"[{part}]" if part.isdecimal() and part.isascii() else f'."{part}"' for part in parts[1:]),
    ]
    return literal("$" + "".join(steps))


@lru_cache(maxsize=4096)
def value_of(field: str) -> str:
    """The expression for a field's value, spelled as in indexes, which serve no other spelling."""
    column = COLUMNS.get(field)
    return quote(column) if column else f"json_extract(doc, {json_path(field)})"


@lru_cache(maxsize=4096)
def type_of(field: str) -> str:
    """The expression for a field's JSON type; null in SQL when the field is missing."""
    if field in COLUMNS:
        return "'integer'" if field == "_version" else "'text'"
    return f"json_type(doc, {json_path(field)})"
