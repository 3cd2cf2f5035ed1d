"""What the store knows about its models: tables, schemas, indexes, search fields. Made and read here only."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.names import quote, table, value_of
from horus_runtime.modules.osiris.schema import Schema

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.store import Store

MAX_INDEXES: Final = 32
_INDEX_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,120}")


class Relation(NamedTuple):
    """How records of one model find those of another."""

    name: str
    kind: str
    """`belongs_to`, `has_many`, `has_one` or `many_to_many`."""
    target: str
    field: str
    """Where the id is: in this model for `belongs_to`, in `through` for `many_to_many`, else in the target."""
    through: str = ""


class ModelInfo(NamedTuple):
    """What was declared about a model."""

    schema: Schema | None = None
    search: tuple[str, ...] = ()
    version: int | None = None
    """Counts declarations; `None` when there was none."""
    history: str | None = None
    """Since when changes are recorded."""
    relations: tuple[Relation, ...] = ()

    @property
    def plain(self) -> bool:
        """Does storing a record need nothing but one row?"""
        return not self.search and self.history is None and (self.schema is None or not self.schema.references())


class Index(NamedTuple):
    """An index as scripts see it."""

    name: str
    fields: tuple[str, ...]
    unique: bool


NOTHING: Final = ModelInfo()


def info_of(store: Store, model: str) -> ModelInfo:
    """What was declared about a model; read again only when another connection has written meanwhile."""
    version = store.data_version()
    known = store.known.get(model)
    if known is not None and known[0] == version:
        return known[1]
    info = _read_info(store, model)
    store.known[model] = (version, info)
    return info


def known_info(store: Store, model: str) -> ModelInfo:
    """What was last read about a model, for writers that find out by themselves whether it still holds."""
    known = store.known.get(model)
    return info_of(store, model) if known is None else known[1]


def _read_info(store: Store, model: str) -> ModelInfo:
    rows = store.rows("SELECT schema, search, version, history FROM osiris_models WHERE model = ?", (model,))
    if not rows:
        return NOTHING
    schema, search, number, history = rows[0]
    found = store.rows(
        "SELECT name, kind, target, field, through FROM osiris_relations WHERE model = ? ORDER BY name", (model,)
    )
    return ModelInfo(
        Schema.load(schema) if schema else None,
        tuple(json.loads(search or "[]")),
        number,
        history,
        tuple(Relation(*row) for row in found),
    )


def save_info(store: Store, model: str, info: ModelInfo) -> None:
    """Record what was declared about a model; everybody who knows older things will notice. In a transaction."""
    store.change(
        "INSERT INTO osiris_models (model, version, schema, search, changed_at, history) VALUES (?, 1, ?, ?, ?, ?)"
        " ON CONFLICT (model) DO UPDATE SET version = version + 1, schema = excluded.schema,"
        " search = excluded.search, changed_at = excluded.changed_at, history = excluded.history",
        (
            model,
            info.schema.dump() if info.schema else None,
            json.dumps(info.search) if info.search else None,
            store.clock(),
            info.history,
        ),
    )
    store.change("DELETE FROM osiris_relations WHERE model = ?", (model,))
    for relation in info.relations:
        store.change("INSERT INTO osiris_relations VALUES (?, ?, ?, ?, ?, ?)", (model, *relation))
    store.known.clear()


def make_table(store: Store, model: str) -> None:
    """Make a model's table; another process may have done it meanwhile."""
    with store.transaction():
        if store.has_table(f"m_{model}"):
            return
        database = store.utils
        with store.unrestricted():
            columns = {"pk": int, "id": str, "doc": str, "version": int, "created_at": str, "updated_at": str}
            made = database.table(f"m_{model}", strict=True)
            made.create(columns, pk="pk", not_null=["id", "doc", "version", "created_at", "updated_at"])
            made.create_index(["id"], f"{model}.id", unique=True)


# --- indexes ---------------------------------------------------------------------------------------------------------


def indexes_of(store: Store, model: str) -> list[Index]:
    """The indexes that were asked for, sorted by name."""
    rows = store.rows("SELECT name, fields, is_unique FROM osiris_indexes WHERE model = ? ORDER BY name", (model,))
    return [Index(name, tuple(json.loads(fields)), bool(unique)) for name, fields, unique in rows]


def make_index(store: Store, model: str, fields: tuple[str, ...], name: str, *, unique: bool) -> bool:
    """Make an index over fields; false when there is one over the same fields already."""
    existing = indexes_of(store, model)
    if any(index.fields == fields and index.unique == unique for index in existing):
        return False
    name = name or default_index_name(fields, unique=unique)
    if not _INDEX_NAME.fullmatch(name):
        raise fault("InvalidArgument", f"{shown(name)} cannot be an index's name")
    if any(index.name == name for index in existing):
        raise fault("AlreadyExists", f"the model '{model}' has another index '{name}'", model=model)
    if len(existing) >= MAX_INDEXES:
        raise fault(
            "LimitExceeded", f"the model '{model}' has {MAX_INDEXES} indexes, no more are possible", model=model
        )
    with store.transaction():
        make_table(store, model)
        kind = "UNIQUE INDEX" if unique else "INDEX"
        keys = ", ".join(value_of(field) for field in fields)
        try:
            store.change(f"CREATE {kind} {quote(f'{model}.{name}')} ON {table(model)} ({keys})")
        except sqlite3.IntegrityError:
            raise _clash(store, model, fields) from None
        store.change(
            "INSERT INTO osiris_indexes VALUES (?, ?, ?, ?)", (model, name, json.dumps(list(fields)), int(unique))
        )
    return True


def drop_index(store: Store, model: str, name: str) -> bool:
    """Drop an index; false when there is none of this name."""
    with store.transaction():
        found = store.change("DELETE FROM osiris_indexes WHERE model = ? AND name = ?", (model, name))
        if found:
            store.change(f"DROP INDEX {quote(f'{model}.{name}')}")
    return bool(found)


def default_index_name(fields: tuple[str, ...], *, unique: bool) -> str:
    """A name made of the fields, where they have signs that names may have."""
    joined = re.sub(r"[^A-Za-z0-9_.-]+", "-", "_".join(fields))[:100]
    return f"{joined}_unique" if unique else f"{joined}_index"


def _clash(store: Store, model: str, fields: tuple[str, ...]) -> HostFailure:
    """Which stored values forbid a unique index."""
    keys = ", ".join(value_of(field) for field in fields)
    present = " AND ".join(f"{value_of(field)} IS NOT NULL" for field in fields)
    sql = f"SELECT {keys} FROM {table(model)} WHERE {present} GROUP BY {keys} HAVING count(*) > 1 LIMIT 20"
    rows = store.rows(sql)
    values = [row[0] if len(fields) == 1 else list(row) for row in rows]
    text = ", ".join(shown(value) for value in values[:3])
    return fault(
        "UniqueViolation",
        f"'{model}' has records with the same {' and '.join(fields)}: {text}",
        model=model, fields=list(fields), values=values,
    )  # fmt: skip


def violation(store: Store, model: str, error: sqlite3.IntegrityError, record: dict[str, Any], key: str) -> HostFailure:
    """The error for a record that breaks a uniqueness rule, with the rule's fields and the record's values."""
    from horus_runtime.modules.osiris.records import value_in

    text = str(error)
    if text.endswith((".id", f"'{model}.id'")):
        return fault("AlreadyExists", f"'{model}' has a record {shown(key)} already", model=model, id=key)
    named = re.search(r"index '(.+)'", text)
    name = named[1].partition(".")[2] if named else ""
    index = next((item for item in indexes_of(store, model) if item.name == name), None)
    if index is None:
        return fault("StorageError", f"a rule of '{model}' is broken: {text}", model=model)
    schema = info_of(store, model).schema
    secret = schema.secrets() if schema else frozenset()
    values = ", ".join(
        f"{field} {'***' if field in secret else shown(value_in(record, field))}" for field in index.fields
    )
    return fault(
        "UniqueViolation",
        f"'{model}' has a record with {values} already",
        model=model, field=index.fields[0], fields=list(index.fields), rule=index.name,
    )  # fmt: skip
