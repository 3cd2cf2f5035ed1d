"""Records: the maps that scripts see, and the columns and document they are stored as."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from horus_runtime.modules.jsonable import NotJsonError, to_json_value
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.names import check_field

MAX_RECORD: Final = 4 * 1024 * 1024
"""Characters of a stored document."""
MANAGED: Final = frozenset({"created_at", "updated_at", "_version", "_score"})
"""Fields that the store sets; what a caller gives for them is left out."""

_OWN: Final = MANAGED | {"id"}


def _fast_encoder() -> Callable[[Any], str]:
    """`json.dumps` makes its encoder anew for each value, which is half of its time; this one is made once."""
    from json import encoder

    plain = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:
        return plain.encode
    # No check for cycles: the depth of every value was checked while it was copied.
    chunks = make(None, plain.default, encoder.encode_basestring, None, ":", ",", False, False, False)
    return lambda value: "".join(chunks(value, 0))


_encode: Final = _fast_encoder()
_decode: Final = json.JSONDecoder().decode


def read_record(row: Any) -> dict[str, Any]:
    """A record from a row of `id, doc, version, created_at, updated_at`."""
    record: dict[str, Any] = {"id": row[0]}
    record.update(decode_document(row[1]))
    record["created_at"] = row[3]
    record["updated_at"] = row[4]
    record["_version"] = row[2]
    return record


def user_fields(given: Any, model: str) -> dict[str, Any]:
    """A copy of what a caller wants to store, in JSON's classes, without the fields that the store sets."""
    if type(given) is not dict:
        raise fault("InvalidArgument", f"a record of '{model}' is a map, not {shown(given)}", model=model)
    fields = {}
    for name, value in given.items():
        if name in _OWN:
            continue
        cls = type(value)
        try:
            fields[check_field(name, model)] = (
                value if cls is str or cls is bool or value is None else to_json_value(value, name)
            )
        except NotJsonError as error:
            text = f"a record of '{model}' cannot be stored: {error}"
            raise fault("InvalidArgument", text, model=model, field=error.where) from None
    return fields


def encode_document(fields: dict[str, Any], model: str) -> str:
    """The document's text; oversized ones are refused."""
    text = _encode(fields)
    if len(text) > MAX_RECORD:
        message = f"a record of '{model}' has {len(text)} characters, more than {MAX_RECORD}"
        raise fault("LimitExceeded", message, model=model)
    return text


def decode_document(text: str) -> dict[str, Any]:
    """The fields in a document's text; anything but an object can only come of a damaged file."""
    try:
        fields = _decode(text)
    except (ValueError, TypeError, RecursionError):
        fields = None
    if type(fields) is dict:
        return fields
    raise fault("StorageError", f"the store is damaged: {shown(text)} is not a record")


def merge(fields: dict[str, Any], changes: dict[str, Any], model: str) -> dict[str, Any]:
    """The fields after an update: top-level keys are replaced, dotted keys reach into nested maps."""
    merged = dict(fields)
    for name, value in changes.items():
        if type(name) is str and "." in name:
            merged = place(merged, name, value, model)
        elif name not in _OWN:
            merged[check_field(name, model)] = value
    return merged


def place(fields: dict[str, Any], path: str, value: Any, model: str) -> dict[str, Any]:
    """A copy of the fields with the value at a dotted path changed."""
    head, *rest = path.split(".")
    check_field(head, model)
    return {**fields, head: _placed(fields.get(head), rest, value, path, model)}


def _placed(container: Any, path: list[str], value: Any, name: str, model: str) -> Any:
    """A copy of a nested value with one place in it changed; maps on the way are made when missing."""
    if not path:
        return value
    head, *rest = path
    if container is None:
        container = {}
    if type(container) is dict and head:
        return {**container, head: _placed(container.get(head), rest, value, name, model)}
    if type(container) is list and head.isdecimal() and int(head) < len(container):
        copy = list(container)
        copy[int(head)] = _placed(container[int(head)], rest, value, name, model)
        return copy
    raise fault(
        "InvalidArgument", f"'{name}' does not lead to a place in a record of '{model}'", model=model, field=name
    )


def value_in(fields: dict[str, Any], path: Any) -> Any:
    """The value that a field or a dotted path leads to; nothing where the way ends."""
    value: Any = fields
    for part in (path,) if path in MANAGED else str(path).split("."):
        if type(value) is dict:
            value = value.get(part)
        elif type(value) is list and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
