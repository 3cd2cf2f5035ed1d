"""How records get into their table: checked, stored, and told to the search index and the history, in one transaction.

`Model` has the operations as callers know them; everything that changes a row passes through here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris import catalog, history, search
from horus_runtime.modules.osiris.catalog import ModelInfo
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.names import check_id, literal, table
from horus_runtime.modules.osiris.records import decode_document, encode_document, user_fields
from horus_runtime.modules.osiris.store import NoTableError

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.model import Model

T = TypeVar("T")
_COLUMNS: Final = "id, doc, version, created_at, updated_at"


class Row(NamedTuple):
    """A record as its table has it."""

    id: str
    doc: str
    version: int
    created_at: str
    updated_at: str


class Prepared(NamedTuple):
    """A record that passed all checks that need no look at other records."""

    row: Row
    fields: dict[str, Any]

    def record(self) -> dict[str, Any]:
        """The record as callers see it."""
        key, _, version, created, updated = self.row
        return {"id": key, **self.fields, "created_at": created, "updated_at": updated, "_version": version}


def create(model: Model, given: Any) -> dict[str, Any]:
    """Store a new record."""
    store, name = model.store, model.name
    while True:
        info = catalog.known_info(store, name)
        try:
            made = prepare(model, given, info)
        except HostFailure:
            if catalog.info_of(store, name) is info:
                raise
            continue  # the rules that it broke are no longer those of the model
        if info.plain:
            if insert(model, made, info):
                return made.record()
        else:
            with store.transaction():
                if catalog.info_of(store, name) is info:
                    insert_fully(model, made, info)
                    return made.record()
        store.known.pop(name, None)


def create_many(model: Model, given: list[Any]) -> list[dict[str, Any]]:
    """Store several new records, all or none."""
    with model.store.transaction():
        info = model.info()
        made = [at_index(at, prepare, model, item, info) for at, item in enumerate(given)]
        insert_all(model, made, info)
    return [item.record() for item in made]


def insert_all(model: Model, made: list[Prepared], info: ModelInfo) -> None:
    """Insert prepared records inside a transaction; the error of a bad one carries its index."""
    if info.plain and _insert_together(model, made):
        return
    for at, item in enumerate(made):
        at_index(at, insert_fully, model, item, info)


def prepare(model: Model, given: Any, info: ModelInfo) -> Prepared:
    """The row for a new record, with defaults filled in and rules checked."""
    store = model.store
    fields = user_fields(given, model.name)
    key = given.get("id")
    key = store.new_id() if key is None else check_id(key)
    now = store.clock()
    if info.schema is not None:
        fields = info.schema.completed(fields, now, store.new_id, creating=True)
        refuse(model.name, info.schema.problems(fields))
    return Prepared(Row(key, encode_document(fields, model.name), 1, now, now), fields)


def insert(model: Model, made: Prepared, info: ModelInfo) -> bool:
    """Insert a row by a single statement; false when the model's rules are no longer those of `info`.

    The test stands inside of the statement: a declaration of another process can come at any moment before it.
    """
    sql = _insert_sql(model.name)

    def work(connection: sqlite3.Connection) -> bool:
        return connection.execute(sql, (*made.row, info.version)).rowcount > 0

    try:
        return with_table(model, work)
    except sqlite3.IntegrityError as error:
        raise catalog.violation(model.store, model.name, error, made.fields, made.row.id) from None


def _insert_sql(name: str) -> str:
    now = f"(SELECT version FROM osiris_models WHERE model = {literal(name)})"
    return f"INSERT INTO {table(name)} ({_COLUMNS}) SELECT ?, ?, ?, ?, ? WHERE {now} IS ?"


def insert_fully(model: Model, made: Prepared, info: ModelInfo, *, linked: bool = True) -> None:
    """Insert a row with all that belongs to it, inside a transaction; `linked`: its references must lead somewhere."""
    from horus_runtime.modules.osiris import references

    store, name = model.store, model.name
    if info.schema is not None and linked:
        references.check(store, name, info.schema, {**made.fields, "id": made.row.id})
    sql = f"INSERT INTO {table(name)} ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)"
    try:
        pk = with_table(model, lambda connection: connection.execute(sql, made.row).lastrowid or 0)
    except sqlite3.IntegrityError as error:
        raise catalog.violation(store, name, error, made.fields, made.row.id) from None
    if info.search:
        search.put(store, name, info.search, pk, made.fields)
    if info.history is not None:
        history.note(store, name, "create", pk, made.row)


def _insert_together(model: Model, made: Iterable[Prepared]) -> bool:
    """Insert many rows at once; false, with nothing inserted, when one of them breaks a rule."""
    sql = f"INSERT INTO {table(model.name)} ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)"
    rows = [item.row for item in made]
    try:
        with model.store.transaction():
            with_table(model, lambda connection: connection.executemany(sql, rows))
    except sqlite3.IntegrityError:
        return False
    return True


def with_table(model: Model, work: Callable[[sqlite3.Connection], T]) -> T:
    """Do something with the model's table, which is made when it is not there."""
    try:
        return model.store.guarded(work)
    except NoTableError:
        catalog.make_table(model.store, model.name)
        return model.store.guarded(work)


def rewrite(
    model: Model, key: str, change: Callable[[dict[str, Any]], dict[str, Any]], version: Any = None
) -> dict[str, Any]:
    """Read a record, change its fields, check and store it: the one way in which records are changed."""
    store, name = model.store, model.name
    with store.transaction():
        rows = model.rows(f"SELECT pk, {_COLUMNS} FROM {table(name)} WHERE id = ?", (key,))
        if not rows:
            raise fault("NotFound", f"there is no record {shown(key)} in '{name}'", model=name, id=key)
        pk, _, text, current, created, _ = rows[0]
        if version is not None and version != current:
            message = f"the record {shown(key)} of '{name}' was changed meanwhile"
            raise fault("Conflict", message, model=name, id=key, current=current)
        info, now = model.info(), store.clock()
        old = decode_document(text)
        fields = checked(model, change(old), old, key, now, info)
        row = Row(key, encode_document(fields, name), current + 1, created, now)
        put(model, pk, row, fields, info)
    return Prepared(row, fields).record()


def checked(
    model: Model, changed: dict[str, Any], old: dict[str, Any], key: str, now: str, info: ModelInfo
) -> dict[str, Any]:
    """The fields to store after a change; what it adds comes from a script, so it passes the rules of a new record."""
    from horus_runtime.modules.osiris import references

    fields = user_fields(changed, model.name)
    if info.schema is not None:
        fields = info.schema.completed(fields, now, model.store.new_id, creating=False)
        refuse(model.name, info.schema.problems(fields, old))
        references.check(model.store, model.name, info.schema, {**fields, "id": key})
    return fields


def put(model: Model, pk: int, row: Row, fields: dict[str, Any], info: ModelInfo) -> None:
    """Store a changed row with all that belongs to it, inside a transaction."""
    store, name = model.store, model.name
    sql = f"UPDATE {table(name)} SET doc = ?, version = ?, created_at = ?, updated_at = ? WHERE pk = ?"
    try:
        store.change(sql, (row.doc, row.version, row.created_at, row.updated_at, pk))
    except sqlite3.IntegrityError as error:
        raise catalog.violation(store, name, error, fields, row.id) from None
    if info.search:
        search.put(store, name, info.search, pk, fields)
    if info.history is not None:
        history.note(store, name, "update", pk, row)


def delete(model: Model, key: str) -> bool:
    """Delete a record, after what the models that refer to it want; false when there was none."""
    from horus_runtime.modules.osiris import references

    store, name = model.store, model.name
    with store.transaction():
        rows = model.rows(f"SELECT pk, version, created_at FROM {table(name)} WHERE id = ?", (key,))
        if not rows:
            return False
        pk, version, created = rows[0]
        # Deleted first, so that a circle of references that cascade comes to its end.
        store.change(f"DELETE FROM {table(name)} WHERE pk = ?", (pk,))
        references.release(store, name, key)
        store.change("DELETE FROM osiris_expiry WHERE model = ? AND id = ?", (name, key))
        info = model.info()
        if info.search:
            search.remove(store, name, pk)
        if info.history is not None:
            gone = Row(key, "", version + 1, created, store.clock())
            history.note(store, name, "delete", pk, gone)
    return True


def refuse(name: str, problems: list[dict[str, str]]) -> None:
    """Raise `ValidationFailed` with all problems of a record, if there are any."""
    if problems:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        message = f"a record of '{name}' is not valid: {first['message']}{more}"
        raise fault(
            "ValidationFailed", message, model=name, field=first["field"], rule=first["rule"], problems=problems
        )


def at_index(index: int, work: Callable[..., T], *args: Any) -> T:
    """Add the index of the bad entry to an error."""
    try:
        return work(*args)
    except HostFailure as failure:
        failure.value["index"] = index
        raise
