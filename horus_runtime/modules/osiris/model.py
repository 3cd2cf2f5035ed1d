"""A model: records of one kind in one table, with everything that reads and writes single records."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris import catalog, search
from horus_runtime.modules.osiris.catalog import ModelInfo
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.names import COLUMNS, check_id, check_model, check_path, table
from horus_runtime.modules.osiris.query import RECORD, Query
from horus_runtime.modules.osiris.records import (
    MANAGED,
    decode_document,
    encode_document,
    merge,
    read_record,
    user_fields,
)
from horus_runtime.modules.osiris.schema import Schema
from horus_runtime.modules.osiris.store import NoTableError

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.store import Store

T = TypeVar("T")


class Model:
    """All records of one name. Reading a model that was never written to finds nothing and makes nothing."""

    __slots__ = ("name", "store")

    def __init__(self, store: Store, name: str) -> None:
        self.store = store
        self.name = check_model(name)

    def __repr__(self) -> str:
        return f"Model({self.name})"

    # --- writing ------------------------------------------------------------------------------------------------------

    def create(self, given: dict[str, Any]) -> dict[str, Any]:
        """Store a new record. Gives it back with its id, times and version."""
        info = self.info()
        row, record = self._prepared(given, info)
        if info.search or info.schema is not None:
            with self.store.transaction():
                self._check_references(info, record)
                self._insert(row, record, info)
        else:
            self._insert(row, record, info)
        return record

    def create_many(self, given: Any) -> list[dict[str, Any]]:
        """Store several new records, all or none; the error of a bad one carries its `index`."""
        if type(given) is not list:
            raise fault("InvalidArgument", f"create_many needs an array of maps, not {shown(given)}", model=self.name)
        info = self.info()
        with self.store.transaction():
            made = [_at_index(at, partial(self._prepared, item, info)) for at, item in enumerate(given)]
            if info.search or info.schema is not None or not self._insert_together([row for row, _ in made]):
                for at, (row, record) in enumerate(made):
                    _at_index(at, partial(self._insert_checked, row, record, info))
        return [record for _, record in made]

    def update(self, key: Any, changes: Any = None) -> dict[str, Any]:
        """Merge changes into a record: `update(id, map)`, or `update(record)` which also checks its `_version`."""
        if type(key) is dict and changes is None:
            return self._change(self._id_of(key), key, key.get("_version"), merging=True)
        return self._change(check_id(key), changes, None, merging=True)

    def replace(self, key: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Put other fields in the place of all a record has; its id and time of creation stay."""
        return self._change(check_id(key), fields, None, merging=False)

    def save(self, record: dict[str, Any]) -> dict[str, Any]:
        """Update the record of this id; without an id, or when there is none, create it."""
        if type(record) is dict and record.get("id") is not None:
            with self.store.transaction():
                if self.find_by_id(record["id"]) is not None:
                    return self.update(record)
                return self.create(record)
        return self.create(record)

    def unset(self, key: str, fields: Any) -> dict[str, Any]:
        """Remove fields from a record."""
        names = [self.check_path(name) for name in (fields if type(fields) is list else [fields])]
        return self._rewrite(check_id(key), lambda old: {name: item for name, item in old.items() if name not in names})

    def increment(self, key: str, field: str, by: float = 1) -> Any:
        """Add to a number, which counts as 0 when it is missing. Gives the new number."""
        if type(by) not in {int, float}:
            raise fault("TypeMismatch", f"increment adds a number, not {shown(by)}", model=self.name, field=field)
        record = self._rewrite(check_id(key), lambda old: {**old, field: self._sum(old, field, by)})
        return record[field]

    def push(self, key: str, field: str, value: Any) -> dict[str, Any]:
        """Add a value at the end of a list, which is made when it is missing."""
        return self._rewrite(check_id(key), lambda old: {**old, field: [*self._list(old, field), value]})

    def pull(self, key: str, field: str, value: Any) -> dict[str, Any]:
        """Remove every occurrence of a value from a list."""
        from horus_runtime.modules.osiris.functions import canonical

        def without(old: dict[str, Any]) -> dict[str, Any]:
            kept = [item for item in self._list(old, field) if canonical(item) != canonical(value)]
            return {**old, field: kept}

        return self._rewrite(check_id(key), without)

    def upsert(self, key: Any, given: dict[str, Any]) -> dict[str, Any]:
        """Update the record with these values in the key fields, or create it. The key needs a unique index."""
        names = tuple(key) if type(key) is list else (key,)
        unique = {index.fields for index in catalog.indexes_of(self.store, self.name) if index.unique} | {("id",)}
        if names not in unique:
            listed = ", ".join(str(name) for name in names)
            raise fault("InvalidArgument", f"'{self.name}' has no unique index on {listed}", model=self.name)
        if type(given) is not dict or any(given.get(name) is None for name in names):
            raise fault("InvalidArgument", f"upsert needs a map with {', '.join(names)}", model=self.name)
        return self._found_or_made({name: given[name] for name in names}, given, given)

    def get_or_create(self, wanted: dict[str, Any], defaults: dict[str, Any] | None = None) -> dict[str, Any]:
        """The record with exactly these values, or a new one with them and the defaults."""
        return self._found_or_made(wanted, None, {**(defaults or {}), **wanted})

    def update_or_create(self, wanted: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
        """The record with exactly these values after the changes, or a new one with both."""
        return self._found_or_made(wanted, changes, {**changes, **wanted})

    def delete(self, key: str) -> bool:
        """Delete a record; false when there was none."""
        from horus_runtime.modules.osiris.references import release

        check_id(key)
        with self.store.transaction():
            rows = self.rows(f"SELECT pk FROM {table(self.name)} WHERE id = ?", (key,))
            if not rows:
                return False
            release(self.store, self.name, key)
            if self.info().search:
                search.remove(self.store, self.name, rows[0][0])
            self.store.change(f"DELETE FROM {table(self.name)} WHERE pk = ?", (rows[0][0],))
        return True

    def delete_many(self, keys: Any) -> int:
        """Delete several records. Gives how many there were."""
        if type(keys) is not list:
            raise fault("InvalidArgument", f"delete_many needs an array of ids, not {shown(keys)}", model=self.name)
        with self.store.transaction():
            return sum(self.delete(key) for key in keys)

    def clear(self, *, confirm: bool = False) -> int:
        """Delete all records; only when that is confirmed."""
        if not confirm:
            message = f"clear would empty '{self.name}'"
            raise fault("InvalidArgument", message, hint="use #{confirm: true}", model=self.name)
        return self.query().delete_all(everything=True)

    # --- reading ------------------------------------------------------------------------------------------------------

    def get(self, key: str) -> dict[str, Any]:
        """The record of an id."""
        record = self.find_by_id(key)
        if record is None:
            raise fault("NotFound", f"there is no record {shown(key)} in '{self.name}'", model=self.name, id=key)
        return record

    def find_by_id(self, key: str) -> dict[str, Any] | None:
        """The record of an id, or nothing."""
        rows = self.rows(f"SELECT {RECORD} FROM {table(self.name)} WHERE id = ?", (check_id(key),))
        return read_record(rows[0]) if rows else None

    def get_many(self, keys: Any) -> list[dict[str, Any]]:
        """The records of several ids, in the order asked; missing ones are left out."""
        if type(keys) is not list:
            raise fault("InvalidArgument", f"get_many needs an array of ids, not {shown(keys)}", model=self.name)
        found = {record["id"]: record for record in self.query().where("id", "in", keys).all()}
        return [found[key] for key in keys if key in found]

    def query(self) -> Query:
        """All records, to be narrowed down."""
        return Query(self)

    def where(self, *parts: Any) -> Query:
        """The records that match a filter map, `field, value`, or `field, operator, value`."""
        return self.query().where(*parts)

    def find(self, wanted: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The records that match a filter."""
        return (self.query() if wanted is None else self.where(wanted)).all()

    def find_one(self, wanted: dict[str, Any]) -> dict[str, Any] | None:
        """The first record that matches a filter, or nothing."""
        return self.where(wanted).first()

    def all(self) -> list[dict[str, Any]]:
        """All records, in the order of their creation."""
        return self.query().all()

    def count(self) -> int:
        """How many records there are."""
        return self.query().count()

    def exists(self, what: Any) -> bool:
        """True when there is a record of this id, or one that matches this filter."""
        if type(what) is dict:
            return self.where(what).exists()
        return bool(self.rows(f"SELECT 1 FROM {table(self.name)} WHERE id = ?", (check_id(what),)))

    def each(self) -> Iterator[dict[str, Any]]:
        """All records one by one, in constant memory."""
        return self.query().each()

    def search(self, text: str, **options: Any) -> list[dict[str, Any]]:
        """Full-text search, best matches first."""
        return search.search(self, text, **options)

    # --- what is declared ---------------------------------------------------------------------------------------------

    def info(self) -> ModelInfo:
        """What was declared about the model."""
        return catalog.info_of(self.store, self.name)

    def schema(self) -> dict[str, Any]:
        """The schema as a map; empty for an open model."""
        declared = self.info().schema
        return declared.to_map() if declared else {}

    def declare(self, rules: Any, mode: str = "strict", *, check_existing: bool = True) -> Model:
        """Set the schema. Records that it would refuse make it fail, and nothing is changed."""
        wanted = Schema.parse(rules, mode)
        info = self.info()
        if info.schema == wanted:
            return self
        with self.store.transaction():
            if check_existing:
                self._check_all(wanted)
            fields = wanted.searchable() or info.search
            catalog.save_info(self.store, self.name, ModelInfo(wanted, info.search, info.version + 1))
            for name, unique in wanted.indexes():
                catalog.make_index(self.store, self.name, (name,), "", unique=unique)
            if fields != info.search:
                search.make(self, fields)
        return self

    def validate(self, given: dict[str, Any]) -> list[dict[str, str]]:
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

    def searchable(self, fields: Any) -> Model:
        """Build (or rebuild) the full-text index over fields."""
        names = fields if type(fields) is list else [fields]
        search.make(self, tuple(self.check_path(name) for name in names))
        return self

    def check_path(self, name: Any) -> str:
        """A field for filters and orders; with a strict schema it must be declared."""
        path = check_path(name, self.name)
        declared = self.info().schema
        if declared is not None and declared.strict and path not in COLUMNS:
            head = path.split(".")[0]
            if head not in declared.fields:
                known = ", ".join([*declared.fields, *COLUMNS])
                message = f"'{self.name}' has no field '{head}'; known: {known}"
                raise fault("InvalidArgument", message, model=self.name, field=head)
        return path

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Rows of a statement on the model's table; none when the table was never made."""
        try:
            return self.store.rows(sql, values)
        except NoTableError:
            return []

    # --- inside -------------------------------------------------------------------------------------------------------

    def _prepared(self, given: Any, info: ModelInfo) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The row to insert and the record to give back."""
        fields = user_fields(given, self.name)
        key = check_id(given["id"]) if given.get("id") is not None else self.store.new_id()
        now = self.store.clock()
        if info.schema is not None:
            fields = info.schema.completed(fields, now, self.store.new_id, creating=True)
            self._refuse(info.schema.problems(fields))
        text = encode_document(fields, self.name)
        record = {"id": key, **fields, "created_at": now, "updated_at": now, "_version": 1}
        return (key, text, 1, now, now), record

    def _insert_checked(self, row: tuple[Any, ...], record: dict[str, Any], info: ModelInfo) -> None:
        self._check_references(info, record)
        self._insert(row, record, info)

    def _insert(self, row: tuple[Any, ...], record: dict[str, Any], info: ModelInfo) -> None:
        sql = f"INSERT INTO {table(self.name)} ({RECORD}) VALUES (?, ?, ?, ?, ?)"

        def insert(connection: sqlite3.Connection) -> int:
            return connection.execute(sql, row).lastrowid or 0

        try:
            pk = self._with_table(insert)
        except sqlite3.IntegrityError as error:
            raise catalog.violation(self.store, self.name, error, record, row[0]) from None
        if info.search:
            search.put(self.store, self.name, info.search, pk, record)

    def _insert_together(self, rows: list[tuple[Any, ...]]) -> bool:
        """Insert many rows at once; false, with nothing inserted, when one of them breaks a rule."""
        sql = f"INSERT INTO {table(self.name)} ({RECORD}) VALUES (?, ?, ?, ?, ?)"
        try:
            with self.store.transaction():
                self._with_table(lambda connection: connection.executemany(sql, rows))
        except sqlite3.IntegrityError:
            return False
        return True

    def _with_table(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the model's table, which is made when it is not there."""
        try:
            return self.store.guarded(work)
        except NoTableError:
            catalog.make_table(self.store, self.name)
            return self.store.guarded(work)

    def _change(self, key: str, given: Any, version: Any, *, merging: bool) -> dict[str, Any]:
        if type(given) is not dict:
            raise fault("InvalidArgument", f"changes of '{self.name}' are a map, not {shown(given)}", model=self.name)
        if given.get("id") not in {None, key}:
            message = f"the id of a record of '{self.name}' cannot be changed"
            raise fault("InvalidArgument", message, model=self.name, id=key)

        def changed(old: dict[str, Any]) -> dict[str, Any]:
            return merge(old, given, self.name) if merging else user_fields(given, self.name)

        return self._rewrite(key, changed, version)

    def _rewrite(
        self, key: str, change: Callable[[dict[str, Any]], dict[str, Any]], version: Any = None
    ) -> dict[str, Any]:
        """Read a record, change its fields, check and store it: the one way in which records are changed."""
        with self.store.transaction():
            rows = self.rows(f"SELECT pk, {RECORD} FROM {table(self.name)} WHERE id = ?", (key,))
            if not rows:
                raise fault("NotFound", f"there is no record {shown(key)} in '{self.name}'", model=self.name, id=key)
            pk, _, text, current, created, _ = rows[0]
            if version is not None and version != current:
                message = f"the record {shown(key)} of '{self.name}' was changed meanwhile"
                raise fault("Conflict", message, model=self.name, id=key, current=current)
            old = decode_document(text)
            info = self.info()
            now = self.store.clock()
            # What the change adds comes from a script, so it passes the same rules as a new record.
            fields = user_fields(change(old), self.name)
            if info.schema is not None:
                fields = info.schema.completed(fields, now, self.store.new_id, creating=False)
                self._refuse(info.schema.problems(fields, old))
                self._check_references(info, fields)
            self._store_change(pk, key, fields, current + 1, now, info)
        return {"id": key, **fields, "created_at": created, "updated_at": now, "_version": current + 1}

    def _store_change(self, pk: int, key: str, fields: dict[str, Any], version: int, now: str, info: ModelInfo) -> None:
        sql = f"UPDATE {table(self.name)} SET doc = ?, version = ?, updated_at = ? WHERE pk = ?"
        try:
            self.store.change(sql, (encode_document(fields, self.name), version, now, pk))
        except sqlite3.IntegrityError as error:
            raise catalog.violation(self.store, self.name, error, {"id": key, **fields}, key) from None
        if info.search:
            search.put(self.store, self.name, info.search, pk, fields)

    def _found_or_made(self, wanted: Any, changes: Any, new: dict[str, Any]) -> dict[str, Any]:
        if type(wanted) is not dict or not wanted:
            raise fault("InvalidArgument", "a map with at least one field is needed", model=self.name)
        with self.store.transaction():
            query = self.query()
            for name, value in wanted.items():
                query = query.where(name, "==", value)
            found = query.limit(2).all()
            if len(found) > 1:
                message = f"several records of '{self.name}' match"
                raise fault("Ambiguous", message, model=self.name, count=query.count())
            if not found:
                return {"record": self.create(new), "created": True}
            record = found[0]
            if changes is not None:
                record = self.update(record["id"], {name: item for name, item in changes.items() if name != "id"})
            return {"record": record, "created": False}

    def _refuse(self, problems: list[dict[str, str]]) -> None:
        if problems:
            first = problems[0]
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            message = f"a record of '{self.name}' is not valid: {first['message']}{more}"
            raise fault(
                "ValidationFailed", message,
                model=self.name, field=first["field"], rule=first["rule"], problems=problems,
            )  # fmt: skip

    def _check_references(self, info: ModelInfo, record: dict[str, Any]) -> None:
        if info.schema is not None and info.schema.references():
            from horus_runtime.modules.osiris.references import check

            check(self.store, self.name, info.schema, record)

    def _check_all(self, wanted: Schema) -> None:
        """Every stored record must fit a new schema."""
        bad: list[str] = []
        first = ""
        for record in self.each():
            fields = {name: item for name, item in record.items() if name != "id" and name not in MANAGED}
            problems = wanted.problems(fields)
            if problems:
                first = first or problems[0]["message"]
                bad.append(record["id"])
        if bad:
            message = f"{len(bad)} records of '{self.name}' do not fit the schema: {first}"
            raise fault("MigrationFailed", message, model=self.name, ids=bad[:20], count=len(bad))

    def _id_of(self, record: dict[str, Any]) -> str:
        if record.get("id") is None:
            raise fault("InvalidArgument", f"the record of '{self.name}' has no id", model=self.name)
        return check_id(record["id"])

    def _sum(self, old: dict[str, Any], field: str, by: float) -> float:
        number = old.get(field, 0)
        if type(number) not in {int, float}:
            message = f"'{field}' of '{self.name}' is not a number"
            raise fault("TypeMismatch", message, model=self.name, field=field)
        return number + by  # type: ignore[no-any-return]  # both are numbers

    def _list(self, old: dict[str, Any], field: str) -> list[Any]:
        items = old.get(field) if old.get(field) is not None else []
        if type(items) is not list:
            raise fault("TypeMismatch", f"'{field}' of '{self.name}' is not a list", model=self.name, field=field)
        return items


def _at_index(index: int, work: Callable[[], T]) -> T:
    """Add the index of the bad entry to an error."""
    try:
        return work()
    except HostFailure as failure:
        failure.value["index"] = index
        raise
