"""Methods that write records."""

from __future__ import annotations

from typing import Any

from horus_runtime.modules.host import HostCall, Options
from horus_runtime.modules.osiris.model import Model
from horus_runtime.modules.osiris.query import Query
from horus_runtime.modules.osiris.script.gate import on_model, on_query


@on_model("write", borrows=True)
def create(call: HostCall, model: Model, record: dict[str, Any]) -> dict[str, Any]:
    """Store a new record. Gives it back with its id, times and version."""
    return model.create(record)


@on_model("write", borrows=True)
def create_many(call: HostCall, model: Model, records: list[Any]) -> list[Any]:
    """Store several new records, all or none."""
    return model.create_many(records)


@on_model("write")
def update(call: HostCall, model: Model, id_: str | dict[str, Any], changes: dict[str, Any] | None = None) -> Any:
    """Merge changes into a record: `update(id, map)`, or `update(record)` which also checks its version."""
    return model.update(id_, changes)


@on_model("write")
def save(call: HostCall, model: Model, record: dict[str, Any]) -> dict[str, Any]:
    """Update the record of this id, or create it."""
    return model.save(record)


@on_model("write")
def replace(call: HostCall, model: Model, id_: str, record: dict[str, Any]) -> dict[str, Any]:
    """Put other fields in the place of all a record has."""
    return model.replace(id_, record)


@on_model("write")
def unset(call: HostCall, model: Model, id_: str, fields: str | list[Any]) -> dict[str, Any]:
    """Remove fields from a record."""
    return model.unset(id_, fields)


@on_model("write")
def increment(call: HostCall, model: Model, id_: str, field: str, by: Any = 1) -> Any:
    """Add to a number in a record. Gives the new number."""
    return model.increment(id_, field, by)


@on_model("write")
def push(call: HostCall, model: Model, id_: str, field: str, value: Any) -> dict[str, Any]:
    """Add a value at the end of a list in a record."""
    return model.push(id_, field, value)


@on_model("write")
def pull(call: HostCall, model: Model, id_: str, field: str, value: Any) -> dict[str, Any]:
    """Remove every occurrence of a value from a list in a record."""
    return model.pull(id_, field, value)


@on_model("write")
def upsert(call: HostCall, model: Model, key: str | list[Any], record: dict[str, Any]) -> dict[str, Any]:
    """Update the record with these values in the key fields, or create it: a map with `record` and `created`."""
    return model.upsert(key, record)


@on_model("write")
def get_or_create(
    call: HostCall, model: Model, wanted: dict[str, Any], defaults: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The record with exactly these values, or a new one: a map with `record` and `created`."""
    return model.get_or_create(wanted, defaults)


@on_model("write")
def update_or_create(call: HostCall, model: Model, wanted: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The record with exactly these values after the changes, or a new one: a map with `record` and `created`."""
    return model.update_or_create(wanted, changes)


@on_model("write")
def delete(call: HostCall, model: Model, id_: str) -> bool:
    """Delete a record; false when there was none."""
    return model.delete(id_)


@on_model("write")
def delete_many(call: HostCall, model: Model, ids: list[Any]) -> int:
    """Delete several records. Gives how many there were."""
    return model.delete_many(ids)


class ClearOptions(Options):
    """Options of `clear`."""

    confirm: bool = False


@on_model("write")
def clear(call: HostCall, model: Model, opts: ClearOptions) -> int:
    """Delete all records of the model; needs `#{confirm: true}`."""
    return model.clear(confirm=opts.confirm)


@on_query("write")
def update_all(call: HostCall, query: Query, changes: dict[str, Any]) -> int:
    """Change every record of the query. Gives how many."""
    return query.update_all(changes)


class DeleteAllOptions(Options):
    """Options of `delete_all`."""

    all: bool = False


@on_query("write")
def delete_all(call: HostCall, query: Query, opts: DeleteAllOptions) -> int:
    """Delete every record of the query; without a filter it needs `#{all: true}`."""
    return query.delete_all(everything=opts.all)


@on_model("write")
def tag(call: HostCall, model: Model, id_: str, name: str, value: Any = True) -> dict[str, Any]:
    """Put a tag on a record: an entry of its map `tags`, found by `where("tags.NAME", value)`."""
    return model.tag(id_, name, value)


@on_model("write")
def untag(call: HostCall, model: Model, id_: str, name: str) -> dict[str, Any]:
    """Take a tag off a record."""
    return model.untag(id_, name)


@on_model("write")
def expire(call: HostCall, model: Model, id_: str, seconds: float) -> str:
    """Let a record be deleted some seconds from now: by `osiris.sweep()`, or when the next run opens the store.

    Gives the time.
    """
    return model.expire(id_, seconds)


@on_model("write")
def attach(call: HostCall, model: Model, record: Any, relation: str, other: Any) -> bool:
    """Relate two records (or ids); false when they are already."""
    return model.attach(record, relation, other)


@on_model("write")
def detach(call: HostCall, model: Model, record: Any, relation: str, other: Any) -> bool:
    """Undo `attach`; false when the records are not related."""
    return model.detach(record, relation, other)
