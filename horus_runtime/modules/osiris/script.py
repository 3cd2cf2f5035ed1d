"""The script module `osiris`: models, queries and transactions as scripts call them.

Every function says which level of the capability `osiris` it needs, and works under the script's deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from horus_runtime.modules.host import HostCall, HostModule, Options
from horus_runtime.modules.osiris.model import Model
from horus_runtime.modules.osiris.query import Query
from horus_runtime.modules.osiris.store import Store
from horus_runtime.runtime.fn_ptr import FnPtr

F = TypeVar("F", bound=Callable[..., Any])

OSIRIS: Final = HostModule("osiris", "Records in models, stored in one SQLite file.")
OSIRIS.module.types[Model] = "Model"
OSIRIS.module.types[Query] = "Query"
NAMESPACE: Final = "default"


def _store(call: HostCall) -> Store:
    store = call.context.services.get("osiris")
    if not isinstance(store, Store):
        raise call.fail("Unavailable", "no model store is open", hint="give the run a store: --osiris FILE")
    return store


def _gate(call: HostCall, level: str, subject: str) -> None:
    call.require_level("osiris", level, subject)
    call.require(call.policy.namespace(NAMESPACE), "osiris", subject)


def entry(level: str, name: str | None = None) -> Callable[[F], F]:
    """Decorator: a function of the module itself; it gets the store after the call."""

    def register(function: F) -> F:
        def run(call: HostCall, *args: Any) -> Any:
            store = _store(call)
            _gate(call, level, args[0] if args and type(args[0]) is str else "")
            return _under(call, store, function, store, *args)

        OSIRIS.fn(capability="osiris", name=name, like=function, hidden=1)(run)
        return function

    return register


def on_model(level: str, name: str | None = None) -> Callable[[F], F]:
    """Decorator: a method of models."""
    return _method("Model", level, name)


def on_query(level: str, name: str | None = None) -> Callable[[F], F]:
    """Decorator: a method of queries."""
    return _method("Query", level, name)


def _method(handle: str, level: str, name: str | None) -> Callable[[F], F]:
    def register(function: F) -> F:
        def run(call: HostCall, receiver: Any, *args: Any) -> Any:
            model = receiver if isinstance(receiver, Model) else receiver.model
            _gate(call, level, model.name)
            return _under(call, model.store, function, receiver, *args)

        OSIRIS.fn(capability="osiris", name=name, handle=handle, like=function)(run)
        return function

    return register


def _under(call: HostCall, store: Store, function: Callable[..., Any], *args: Any) -> Any:
    """Run a store operation so that the script's deadline, or a stop from the host, ends it."""
    running = store.running
    before = running.check
    running.check = lambda: call.context.charge(1)
    try:
        return function(call, *args)
    finally:
        running.check = before


# --- entry points ----------------------------------------------------------------------------------------------------


@entry("read")
def model(call: HostCall, store: Store, name: str, schema: dict[str, Any] | None = None) -> Model:
    """The model of a name; with a schema also declares what its records look like."""
    found = store.model(name)
    if schema is not None:
        _gate(call, "schema", name)
        found.declare(schema)
    return found


@entry("read")
def models(call: HostCall, store: Store) -> list[str]:
    """The names of all models that have been written to."""
    return store.models()


@entry("read")
def has_model(call: HostCall, store: Store, name: str) -> bool:
    """True when the model has been written to."""
    return store.has_table(f"m_{store.model(name).name}")


@entry("write")
def transaction(call: HostCall, store: Store, work: FnPtr) -> Any:
    """Call a function; what it wrote is kept when it returns and undone when it throws. May be nested."""
    with store.transaction():
        return call.context.call(work)


@entry("read")
def now(call: HostCall, store: Store) -> str:
    """The present time as records have it."""
    return store.clock()


@entry("read")
def new_id(call: HostCall, store: Store) -> str:
    """A new id as records have it."""
    return store.new_id()


# --- writing ---------------------------------------------------------------------------------------------------------


@on_model("write")
def create(call: HostCall, model: Model, record: dict[str, Any]) -> dict[str, Any]:
    """Store a new record. Gives it back with its id, times and version."""
    return model.create(record)


@on_model("write")
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


# --- reading ---------------------------------------------------------------------------------------------------------


@on_model("read")
def get(call: HostCall, model: Model, id_: str) -> dict[str, Any]:
    """The record of an id; `NotFound` when there is none."""
    return model.get(id_)


@on_model("read")
def get_or(call: HostCall, model: Model, id_: str, default: Any) -> Any:
    """The record of an id, or the default."""
    found = model.find_by_id(id_)
    return default if found is None else found


@on_model("read")
def find_by_id(call: HostCall, model: Model, id_: str) -> Any:
    """The record of an id, or `()`."""
    return model.find_by_id(id_)


@on_model("read")
def get_many(call: HostCall, model: Model, ids: list[Any]) -> list[Any]:
    """The records of several ids, in the order asked; missing ones are left out."""
    return model.get_many(ids)


@on_model("read")
def find(call: HostCall, model: Model, filter_: dict[str, Any] | None = None) -> list[Any]:
    """The records that match a filter."""
    return model.find(filter_)


@on_model("read")
def find_one(call: HostCall, model: Model, filter_: dict[str, Any]) -> Any:
    """The first record that matches a filter, or `()`."""
    return model.find_one(filter_)


@on_model("read", name="exists")
def model_exists(call: HostCall, model: Model, what: str | dict[str, Any]) -> bool:
    """True when there is a record of this id, or one that matches this filter."""
    return model.exists(what)


@on_model("read", name="name")
def model_name(call: HostCall, model: Model) -> str:
    """The model's name."""
    return model.name


def _query(receiver: Model | Query) -> Query:
    return receiver if isinstance(receiver, Query) else receiver.query()


def on_both(level: str, name: str | None = None) -> Callable[[F], F]:
    """Decorator: a method of models and of queries; a model stands for all its records."""

    def register(function: F) -> F:
        _method("Model", level, name)(function)
        _method("Query", level, name)(function)
        return function

    return register


@on_both("read", name="where")
def where_filter(call: HostCall, what: Any, filter_: dict[str, Any]) -> Query:
    """The records that match a filter map."""
    return _query(what).where(filter_)


@on_both("read", name="where")
def where_value(call: HostCall, what: Any, field: str, value: Any) -> Query:
    """The records whose field has a value."""
    return _query(what).where(field, value)


@on_both("read", name="where")
def where_operator(call: HostCall, what: Any, field: str, operator: str, value: Any) -> Query:
    """The records whose field compares to a value."""
    return _query(what).where(field, operator, value)


@on_query("read", name="or_where")
def or_where_filter(call: HostCall, query: Query, filter_: dict[str, Any]) -> Query:
    """Also the records that match a filter map."""
    return query.or_where(filter_)


@on_query("read", name="or_where")
def or_where_operator(call: HostCall, query: Query, field: str, operator: str, value: Any) -> Query:
    """Also the records whose field compares to a value."""
    return query.or_where(field, operator, value)


@on_both("read", name="not_where")
def not_where_filter(call: HostCall, what: Any, filter_: dict[str, Any]) -> Query:
    """Only the records that do not match a filter map."""
    return _query(what).not_where(filter_)


@on_both("read", name="not_where")
def not_where_operator(call: HostCall, what: Any, field: str, operator: str, value: Any) -> Query:
    """Only the records whose field does not compare to a value."""
    return _query(what).not_where(field, operator, value)


@on_both("read")
def order(call: HostCall, what: Any, fields: str | list[Any]) -> Query:
    """Sort by a field, or several; those with a `-` in front downwards."""
    return _query(what).order(*(fields if isinstance(fields, list) else [fields]))


@on_both("read")
def limit(call: HostCall, what: Any, number: int) -> Query:
    """At most so many records."""
    return _query(what).limit(number)


@on_both("read")
def offset(call: HostCall, what: Any, number: int) -> Query:
    """Leave out so many records at the beginning."""
    return _query(what).offset(number)


@on_both("read")
def select(call: HostCall, what: Any, fields: str | list[Any]) -> Query:
    """Maps with only these fields, and the id."""
    return _query(what).select(fields)


@on_both("read", name="all")
def all_(call: HostCall, what: Any) -> list[Any]:
    """All records."""
    return _query(what).all()


@on_both("read")
def each(call: HostCall, what: Any, work: FnPtr) -> int:
    """Call a function with each record, in constant memory; `false` from it stops. Gives how many were visited."""
    visited = 0
    for record in _query(what).each():
        visited += 1
        if call.context.call(work, record) is False:
            break
    return visited


@on_both("read")
def first(call: HostCall, what: Any) -> Any:
    """The first record, or `()`."""
    return _query(what).first()


@on_both("read")
def last(call: HostCall, what: Any) -> Any:
    """The last record, or `()`."""
    return _query(what).last()


@on_both("read")
def one(call: HostCall, what: Any) -> dict[str, Any]:
    """The only record; `NotFound` when there is none, `Ambiguous` when there are several."""
    return _query(what).one()


@on_both("read")
def count(call: HostCall, what: Any) -> int:
    """How many records there are."""
    return _query(what).count()


@on_query("read", name="exists")
def query_exists(call: HostCall, query: Query) -> bool:
    """True when there is at least one record."""
    return query.exists()


@on_both("read")
def page(call: HostCall, what: Any, number: int, size: int = 20) -> dict[str, Any]:
    """One page, counted from 1: a map with items, page, size, total, pages, has_next."""
    return _query(what).page(number, size)


@on_both("read")
def pluck(call: HostCall, what: Any, field: str) -> list[Any]:
    """The values of one field."""
    return _query(what).pluck(field)


@on_both("read")
def distinct(call: HostCall, what: Any, field: str) -> list[Any]:
    """The different values of one field, sorted."""
    return _query(what).distinct(field)


@on_both("read", name="sum")
def sum_(call: HostCall, what: Any, field: str) -> Any:
    """The sum of a field, or `()`."""
    return _query(what).total("sum", field)


@on_both("read")
def avg(call: HostCall, what: Any, field: str) -> Any:
    """The mean of a field, or `()`."""
    return _query(what).total("avg", field)


@on_both("read", name="min")
def min_(call: HostCall, what: Any, field: str) -> Any:
    """The smallest value of a field, or `()`."""
    return _query(what).total("min", field)


@on_both("read", name="max")
def max_(call: HostCall, what: Any, field: str) -> Any:
    """The largest value of a field, or `()`."""
    return _query(what).total("max", field)


@on_both("read")
def explain(call: HostCall, what: Any) -> dict[str, Any]:
    """How the store would find the records: statement, values, plan, and whether an index helps."""
    return _query(what).explain()


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


# --- what is declared ------------------------------------------------------------------------------------------------


class SchemaOptions(Options):
    """Options of `schema`."""

    mode: str = "strict"
    check_existing: bool = True


@on_model("schema", name="schema")
def declare(call: HostCall, model: Model, rules: dict[str, Any], opts: SchemaOptions) -> Model:
    """Declare what the records look like."""
    return model.declare(rules, opts.mode, check_existing=opts.check_existing)


@on_model("read", name="schema")
def schema_of(call: HostCall, model: Model) -> dict[str, Any]:
    """The declared schema; empty for an open model."""
    return model.schema()


@on_model("read")
def validate(call: HostCall, model: Model, record: dict[str, Any]) -> list[Any]:
    """What is wrong with a record: maps with field, rule, message. Writes nothing."""
    return list(model.validate(record))


class IndexOptions(Options):
    """Options of `index` and `unique`."""

    name: str = ""


@on_model("schema")
def index(call: HostCall, model: Model, fields: str | list[Any], opts: IndexOptions) -> bool:
    """Make an index over one field or several; false when there is one."""
    return model.index(fields, name=opts.name)


@on_model("schema")
def unique(call: HostCall, model: Model, fields: str | list[Any], opts: IndexOptions) -> bool:
    """Let no two records have the same values in these fields."""
    return model.index(fields, name=opts.name, unique=True)


@on_model("schema")
def drop_index(call: HostCall, model: Model, name: str) -> bool:
    """Drop an index; false when there is none of this name."""
    from horus_runtime.modules.osiris.catalog import drop_index as drop

    return drop(model.store, model.name, name)


@on_model("read")
def indexes(call: HostCall, model: Model) -> list[Any]:
    """The indexes: maps with name, fields, unique."""
    from horus_runtime.modules.osiris.catalog import indexes_of

    return [
        {"name": item.name, "fields": list(item.fields), "unique": item.unique}
        for item in indexes_of(model.store, model.name)
    ]


@on_model("schema")
def searchable(call: HostCall, model: Model, fields: str | list[Any]) -> Model:
    """Build the full-text index over fields."""
    return model.searchable(fields)


class SearchOptions(Options):
    """Options of `search`."""

    limit: int = 20
    offset: int = 0
    fields: list[Any] | None = None
    weights: dict[str, Any] | None = None
    prefix: bool = True
    match: str = "all"
    filter: dict[str, Any] | None = None
    snippet: bool = False


@on_model("read")
def search(call: HostCall, model: Model, text: str, opts: SearchOptions) -> list[Any]:
    """The records that contain the words of a text, best first, each with `_score`."""
    return model.search(
        text,
        limit=opts.limit,
        offset=opts.offset,
        fields=opts.fields,
        weights=opts.weights,
        prefix=opts.prefix,
        match=opts.match,
        filter_=opts.filter,
        snippet=opts.snippet,
    )
