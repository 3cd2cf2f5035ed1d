"""A model: the records of one kind in one table, with everything that reads, writes and declares them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from horus_runtime.modules.osiris import catalog, evolution, filters, history, relations, search, writes
from horus_runtime.modules.osiris.catalog import ModelInfo
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.history import Change
from horus_runtime.modules.osiris.names import COLUMNS, check_id, check_model, check_path, table
from horus_runtime.modules.osiris.query import RECORD, Query
from horus_runtime.modules.osiris.records import merge, place, read_record, user_fields, value_in
from horus_runtime.modules.osiris.store import NoTableError

if TYPE_CHECKING:
    from pathlib import Path

    from horus_runtime.modules.osiris.groups import Groups
    from horus_runtime.modules.osiris.store import Store

Record = dict[str, Any]


class Model:
    """All records of one name. Reading a model that was never written to finds nothing and makes nothing.

    Every method raises `HostFailure`; its `failure` is the kind: `InvalidArgument`, `ValidationFailed`,
    `UniqueViolation`, `ReferenceViolation`, `AlreadyExists`, `NotFound`, `Ambiguous`, `Conflict`, `QuerySyntax`,
    `TypeMismatch`, `LimitExceeded`, `MigrationFailed` or `StorageError`.
    """

    __slots__ = ("name", "store")

    def __init__(self, store: Store, name: str) -> None:
        self.store = store
        self.name = check_model(name)

    def __repr__(self) -> str:
        return f"Model({self.name})"

    # --- writing ------------------------------------------------------------------------------------------------------

    def create(self, given: Record) -> Record:
        """Store a new record. Gives it back with its id, times and version."""
        return writes.create(self, given)

    def create_many(self, given: Any) -> list[Record]:
        """Store several new records, all or none; the error of a bad one carries its `index`."""
        return writes.create_many(self, self._array("create_many", given, "maps"))

    def update(self, key: Any, changes: Any = None) -> Record:
        """Merge changes into a record: `update(id, map)`, or `update(record)` which also checks its `_version`."""
        if type(key) is dict and changes is None:
            return self._change(self._id_of(key), key, key.get("_version"), merging=True)
        return self._change(check_id(key), changes, None, merging=True)

    def replace(self, key: str, fields: Record) -> Record:
        """Put other fields in the place of all a record has; its id and time of creation stay."""
        return self._change(check_id(key), fields, None, merging=False)

    def save(self, record: Record) -> Record:
        """Update the record of this id; without an id, or when there is none, create it."""
        if type(record) is dict and record.get("id") is not None:
            with self.store.transaction():
                if self.find_by_id(record["id"]) is not None:
                    return self.update(record)
                return self.create(record)
        return self.create(record)

    def unset(self, key: str, fields: Any) -> Record:
        """Remove fields from a record."""
        names = [self.check_path(name) for name in (fields if type(fields) is list else [fields])]
        return writes.rewrite(
            self, check_id(key), lambda old: {name: item for name, item in old.items() if name not in names}
        )

    def increment(self, key: str, field: str, by: float = 1) -> Any:
        """Add to a number, which counts as 0 when it is missing. Gives the new number."""
        if type(by) not in {int, float}:
            raise fault("TypeMismatch", f"increment adds a number, not {shown(by)}", model=self.name, field=field)
        path = self._field(field)
        return value_in(self._edit(key, path, lambda old: self._sum(old, path, by)), path)

    def push(self, key: str, field: str, value: Any) -> Record:
        """Add a value at the end of a list, which is made when it is missing."""
        path = self._field(field)
        return self._edit(key, path, lambda old: [*self._list(old, path), value])

    def pull(self, key: str, field: str, value: Any) -> Record:
        """Remove every occurrence of a value from a list."""
        from horus_runtime.modules.osiris.functions import canonical

        path = self._field(field)
        return self._edit(
            key, path, lambda old: [item for item in self._list(old, path) if canonical(item) != canonical(value)]
        )

    def tag(self, key: str, name: str, value: Any = True) -> Record:
        """Put a tag on a record: an entry of its map `tags`."""
        return self._edit(key, "tags", lambda old: {**self._tags(old), self._tag_name(name): value})

    def untag(self, key: str, name: str) -> Record:
        """Take a tag off a record."""
        return self._edit(
            key, "tags", lambda old: {tag: value for tag, value in self._tags(old).items() if tag != name}
        )

    def upsert(self, key: Any, given: Record) -> Record:
        """Update the record with these values in the key fields, or create it. The key needs a unique index."""
        names = tuple(key) if type(key) is list else (key,)
        unique = {index.fields for index in catalog.indexes_of(self.store, self.name) if index.unique} | {("id",)}
        if names not in unique:
            listed = ", ".join(str(name) for name in names)
            raise fault("InvalidArgument", f"'{self.name}' has no unique index on {listed}", model=self.name)
        if type(given) is not dict or any(value_in(given, name) is None for name in names):
            raise fault("InvalidArgument", f"upsert needs a map with {', '.join(names)}", model=self.name)
        return self._found_or_made({name: value_in(given, name) for name in names}, given, given)

    def get_or_create(self, wanted: Record, defaults: Record | None = None) -> Record:
        """The record with exactly these values, or a new one with them and the defaults."""
        return self._found_or_made(wanted, None, {**(defaults or {}), **self._map(wanted)})

    def update_or_create(self, wanted: Record, changes: Record) -> Record:
        """The record with exactly these values after the changes, or a new one with both."""
        return self._found_or_made(wanted, changes, {**self._map(changes), **self._map(wanted)})

    def delete(self, key: str) -> bool:
        """Delete a record; false when there was none."""
        return writes.delete(self, check_id(key))

    def delete_many(self, keys: Any) -> int:
        """Delete several records. Gives how many there were."""
        wanted = [check_id(key) for key in self._array("delete_many", keys, "ids")]
        with self.store.transaction():
            return sum(writes.delete(self, key) for key in wanted)

    def clear(self, *, confirm: bool = False) -> int:
        """Delete all records; only when that is confirmed."""
        if confirm is not True:
            message = f"clear would empty '{self.name}'"
            raise fault("InvalidArgument", message, hint="use #{confirm: true}", model=self.name)
        return self.query().delete_all(everything=True)

    def expire(self, key: str, seconds: float) -> str:
        """Let a record be deleted some time from now: by the next `sweep`, or when an engine opens the store."""
        from horus_runtime.modules.osiris.expiry import expire

        return expire(self, check_id(key), seconds)

    # --- reading ------------------------------------------------------------------------------------------------------

    def get(self, key: str) -> Record:
        """The record of an id."""
        record = self.find_by_id(key)
        if record is None:
            raise fault("NotFound", f"there is no record {shown(key)} in '{self.name}'", model=self.name, id=key)
        return record

    def find_by_id(self, key: str) -> Record | None:
        """The record of an id, or nothing."""
        rows = self.rows(f"SELECT {RECORD} FROM {table(self.name)} WHERE id = ?", (check_id(key),))
        return read_record(rows[0]) if rows else None

    def get_many(self, keys: Any) -> list[Record]:
        """The records of several ids, in the order asked; missing ones are left out."""
        wanted = [check_id(key) for key in self._array("get_many", keys, "ids")]
        found = {record["id"]: record for record in self.query().where("id", "in", wanted).records()}
        return [found[key] for key in wanted if key in found]

    def query(self) -> Query:
        """All records, to be narrowed down."""
        return Query(self)

    def where(self, *parts: Any) -> Query:
        """The records that match a filter map, `field, value`, or `field, operator, value`."""
        return self.query().where(*parts)

    def find(self, wanted: Record | None = None) -> list[Record]:
        """The records that match a filter."""
        return (self.query() if wanted is None else self.where(wanted)).all()

    def find_one(self, wanted: Record) -> Record | None:
        """The first record that matches a filter, or nothing."""
        return self.where(wanted).first()

    def all(self) -> list[Record]:
        """All records, in the order of their creation."""
        return self.query().all()

    def first(self) -> Record | None:
        """The oldest record, or nothing."""
        return self.query().first()

    def count(self, wanted: Record | None = None) -> int:
        """How many records there are, or match a filter."""
        return (self.query() if wanted is None else self.where(wanted)).count()

    def exists(self, what: Any) -> bool:
        """True when there is a record of this id, or one that matches this filter."""
        if type(what) is dict:
            return self.where(what).exists()
        return bool(self.rows(f"SELECT 1 FROM {table(self.name)} WHERE id = ?", (check_id(what),)))

    def each(self) -> Iterator[Record]:
        """All records one by one, in constant memory."""
        return self.query().each()

    def not_where(self, *parts: Any) -> Query:
        """The records that do not match."""
        return self.query().not_where(*parts)

    def order(self, *fields: Any) -> Query:
        """All records, sorted."""
        return self.query().order(*fields)

    def limit(self, number: int) -> Query:
        """At most so many records."""
        return self.query().limit(number)

    def offset(self, number: int) -> Query:
        """All records but so many at the beginning."""
        return self.query().offset(number)

    def select(self, fields: Any) -> Query:
        """Maps with only these fields of all records, and the id."""
        return self.query().select(fields)

    def include(self, *names: str) -> Query:
        """All records with those of their relations embedded."""
        return self.query().include(*names)

    def last(self) -> Record | None:
        """The newest record, or nothing."""
        return self.query().last()

    def one(self) -> Record:
        """The only record."""
        return self.query().one()

    def page(self, number: int, size: int = 20) -> Record:
        """One page of all records, counted from 1."""
        return self.query().page(number, size)

    def after(self, cursor: str | None, size: int = 20) -> Record:
        """The page of all records behind a cursor."""
        return self.query().after(cursor, size)

    def pluck(self, field: str) -> list[Any]:
        """The values of one field."""
        return self.query().pluck(field)

    def distinct(self, field: str) -> list[Any]:
        """The different values of one field, sorted."""
        return self.query().distinct(field)

    def total(self, what: str, field: str) -> Any:
        """`sum`, `avg`, `min` or `max` of a field."""
        return self.query().total(what, field)

    def group_by(self, field: str) -> Groups:
        """All records by the values of a field."""
        return self.query().group_by(field)

    def search(self, text: str, **options: Any) -> list[Record]:
        """Full-text search, best matches first; the options are those of `search.search`."""
        return search.search(self, text, **options)

    def search_ids(self, text: str, **options: Any) -> list[str]:
        """The ids of what `search` finds."""
        return [record["id"] for record in self.search(text, **options)]

    def search_count(self, text: str, **options: Any) -> int:
        """How many records contain the words of a text."""
        return self.query().search(text, **options).count()

    # --- what is declared ---------------------------------------------------------------------------------------------

    def info(self) -> ModelInfo:
        """What was declared about the model."""
        return catalog.info_of(self.store, self.name)

    def schema(self) -> Record:
        """The schema as a map; empty for an open model."""
        declared = self.info().schema
        return declared.to_map() if declared else {}

    def declare(
        self, rules: Any, mode: str = "strict", *, check_existing: bool = True, version: int = 0, additive: bool = False
    ) -> Model:
        """Set the schema. Records that it would refuse make it fail, and nothing is changed.

        `additive` refuses a schema that takes anything away from the one there is, whatever the records hold.
        """
        evolution.declare(self, rules, mode, version, check_existing=check_existing, additive=additive)
        return self

    def validate(self, given: Record) -> list[dict[str, str]]:
        """What is wrong with a record; empty when it could be stored. Writes nothing."""
        info = self.info()
        fields = user_fields(given, self.name)
        if info.schema is None:
            return []
        return info.schema.problems(info.schema.completed(fields, self.store.clock(), self.store.new_id, creating=True))

    def index(self, fields: Any, *, name: str = "", unique: bool = False) -> bool:
        """Make an index over one field or several; false when there is one."""
        names = fields if type(fields) is list else [fields]
        if not names:
            raise fault("InvalidArgument", "an index needs at least one field", model=self.name)
        return catalog.make_index(
            self.store, self.name, tuple(self.check_path(field) for field in names), name, unique=unique
        )

    def indexes(self) -> list[catalog.Index]:
        """The indexes that were asked for."""
        return catalog.indexes_of(self.store, self.name)

    def drop_index(self, name: str) -> bool:
        """Drop an index; false when there is none of this name."""
        return catalog.drop_index(self.store, self.name, name)

    def searchable(self, fields: Any) -> Model:
        """Build (or rebuild) the full-text index over fields."""
        names = fields if type(fields) is list else [fields]
        search.make(self, tuple(self.check_path(name) for name in names))
        return self

    def rebuild_search(self) -> int:
        """Fill the full-text index anew. Gives how many records it has."""
        return search.rebuild(self)

    def belongs_to(self, name: str, target: str, field: str | None = None) -> Model:
        """Relate each record to the one whose id is in its field (by default the one called like the relation)."""
        relations.declare(self, "belongs_to", name, target, field)
        return self

    def has_many(self, name: str, target: str, field: str | None = None) -> Model:
        """Relate each record to those of another model that have its id in a field."""
        relations.declare(self, "has_many", name, target, field)
        return self

    def has_one(self, name: str, target: str, field: str | None = None) -> Model:
        """As `has_many`, where there is at most one."""
        relations.declare(self, "has_one", name, target, field)
        return self

    def many_to_many(self, name: str, target: str, through: str | None = None) -> Model:
        """Relate each record to many of another model and the other way round, by a model in between."""
        relations.declare(self, "many_to_many", name, target, through)
        return self

    def related(self, record: Any, name: str) -> Record | Query | None:
        """The related record (or nothing), or a query for the many."""
        return relations.related(self, record, name)

    def attach(self, record: Any, name: str, other: Any) -> bool:
        """Relate two records; false when they are already."""
        return relations.attach(self, record, name, other)

    def detach(self, record: Any, name: str, other: Any) -> bool:
        """Undo `attach`; false when they are not related."""
        return relations.detach(self, record, name, other)

    # --- history ------------------------------------------------------------------------------------------------------

    def keep_history(self, *, on: bool = True) -> bool:
        """Begin to record every change, or stop and forget them; false when that is so already."""
        return history.keep(self, on=on)

    def history(self, key: str, limit: int = 1000) -> list[Change]:
        """What happened to a record, the oldest first."""
        return history.of_record(self, check_id(key), limit)

    def at(self, moment: str) -> Query:
        """The records as they were at a moment (RFC 3339)."""
        return history.at(self, moment)

    def watch(self, since: int = 0, *, timeout: float | None = None, poll: float = 0.05) -> Iterator[Change]:
        """Changes as they come, those behind the sequence number `since` first; needs `keep_history`.

        Blocks while there are none, and ends when there were none for `timeout` seconds (never with `None`).
        """
        return history.watch(self, since, timeout=timeout, poll=poll)

    # --- change of shape, in and out ----------------------------------------------------------------------------------

    def add_field(self, name: str, rule: Any) -> int:
        """Add a field to the schema and fill it with its default. Gives how many records were filled."""
        return evolution.add_field(self, name, rule)

    def rename_field(self, old: str, new: str) -> int:
        """Give a field another name, in the schema, indexes and all records. Gives how many changed."""
        return evolution.rename_field(self, old, new)

    def drop_field(self, name: str) -> int:
        """Take a field out of the schema and all records. Gives how many changed."""
        return evolution.drop_field(self, name)

    def convert_field(self, name: str, into: str | Callable[[Any], Any]) -> int:
        """Change a field's type by a type word, or its values by a function. All or nothing."""
        return evolution.convert_field(self, name, into)

    def rename(self, new: str) -> Model:
        """Give the model another name; indexes, references, search and history follow."""
        return evolution.rename(self, new)

    def transform(self, change: Callable[[Record], Any]) -> int:
        """Change every record by a function: the new record, nothing to leave it, `False` to delete it."""
        return evolution.transform(self, change)

    def export(self, format: str = "jsonl", **options: Any) -> str:  # noqa: A002 - the option's name
        """The records as a text in `jsonl`, `json` or `csv`; the options are those of `exporting.lines`."""
        from horus_runtime.modules.osiris.exporting import export_text

        return export_text(self, format, **options)

    def export_file(self, path: str | Path, format: str = "", **options: Any) -> int:  # noqa: A002 - as above
        """Write the records to a file, whose name tells the format when none is given. Gives the bytes written."""
        from horus_runtime.modules.osiris.exporting import export_file

        return export_file(self, path, format, **options)

    def import_(self, source: Any, format: str = "jsonl", **options: Any) -> Record:  # noqa: A002 - as above
        """Take records in from a text or a list; the options are those of `importing.import_records`."""
        from horus_runtime.modules.osiris.importing import import_text

        return import_text(self, source, format, **options)

    def import_file(self, path: str | Path, format: str = "", **options: Any) -> Record:  # noqa: A002 - as above
        """Take records in from a file, whose name tells the format when none is given."""
        from horus_runtime.modules.osiris.importing import import_file

        return import_file(self, path, format, **options)

    # --- inside -------------------------------------------------------------------------------------------------------

    def check_path(self, name: Any) -> str:
        """A field for filters and orders; with a strict schema it must be declared."""
        path = check_path(name, self.name)
        if path in COLUMNS:
            return path
        declared = self.info().schema
        if declared is not None and declared.strict:
            head = path.split(".")[0]
            if head not in declared.fields:
                known = ", ".join([*declared.fields, *COLUMNS])
                message = f"'{self.name}' has no field '{head}'; known: {known}"
                raise fault("InvalidArgument", message, model=self.name, field=head)
        return path

    @property
    def names(self) -> filters.Names:
        """What filters may name: fields, and those of related records behind the name of the relation."""
        return filters.Names(self.check_path, partial(relations.across, self))

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Rows of a statement on the model's table; none when the table was never made."""
        try:
            return self.store.rows(sql, values)
        except NoTableError:
            return []

    def _change(self, key: str, given: Any, version: Any, *, merging: bool) -> Record:
        self._map(given, "changes")
        if given.get("id") not in {None, key}:
            message = f"the id of a record of '{self.name}' cannot be changed"
            raise fault("InvalidArgument", message, model=self.name, id=key)

        def changed(old: Record) -> Record:
            return merge(old, given, self.name) if merging else user_fields(given, self.name)

        return writes.rewrite(self, key, changed, version)

    def _edit(self, key: str, path: str, change: Callable[[Record], Any]) -> Record:
        """Give one field, or a place inside of one, a new value made of the old record."""
        return writes.rewrite(self, check_id(key), lambda old: place(old, path, change(old), self.name))

    def _found_or_made(self, wanted: Any, changes: Any, new: Record) -> Record:
        if type(wanted) is not dict or not wanted:
            raise fault("InvalidArgument", "a map with at least one field is needed", model=self.name)
        with self.store.transaction():
            query = self.query()
            for name, value in wanted.items():
                query = query.where(name, "==", value)
            found = query.limit(2).records()
            if len(found) > 1:
                message = f"several records of '{self.name}' match"
                raise fault("Ambiguous", message, model=self.name, count=query.count())
            if not found:
                return {"record": self.create(new), "created": True}
            record = found[0]
            if changes is not None:
                record = self.update(record["id"], {name: item for name, item in changes.items() if name != "id"})
            return {"record": record, "created": False}

    def _array(self, function: str, given: Any, of: str) -> list[Any]:
        if type(given) is not list:
            message = f"{function} needs an array of {of}, not {shown(given)}"
            raise fault("InvalidArgument", message, model=self.name)
        return given

    def _map(self, given: Any, what: str = "the values") -> Record:
        if type(given) is not dict:
            raise fault("InvalidArgument", f"{what} of '{self.name}' are a map, not {shown(given)}", model=self.name)
        return given

    def _id_of(self, record: Record) -> str:
        if record.get("id") is None:
            raise fault("InvalidArgument", f"the record of '{self.name}' has no id", model=self.name)
        return check_id(record["id"])

    def _field(self, name: Any) -> str:
        """A field that may be written, or a dotted path into one."""
        path = self.check_path(name)
        if path in COLUMNS:
            raise fault(
                "InvalidArgument", f"'{path}' of '{self.name}' is set by the store", model=self.name, field=path
            )
        return path

    def _sum(self, old: Record, field: str, by: float) -> float:
        number = value_in(old, field)
        number = 0 if number is None else number
        if type(number) not in {int, float}:
            message = f"'{field}' of '{self.name}' is not a number"
            raise fault("TypeMismatch", message, model=self.name, field=field)
        return number + by

    def _list(self, old: Record, field: str) -> list[Any]:
        found = value_in(old, field)
        items = [] if found is None else found
        if type(items) is not list:
            raise fault("TypeMismatch", f"'{field}' of '{self.name}' is not a list", model=self.name, field=field)
        return items

    def _tags(self, old: Record) -> Record:
        tags = {} if old.get("tags") is None else old["tags"]
        if type(tags) is not dict:
            raise fault("TypeMismatch", f"'tags' of '{self.name}' is not a map", model=self.name, field="tags")
        return tags

    def _tag_name(self, name: Any) -> str:
        if type(name) is not str or "." in name:
            raise fault("InvalidArgument", f"{shown(name)} cannot be a tag's name", model=self.name)
        return check_path(name, self.name)
