"""How models change: schemas declared anew, fields added, renamed, dropped and converted, whole models renamed.

Every change works on all records in one transaction: it happens to all of them or to none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris import catalog, references, search, writes
from horus_runtime.modules.osiris.catalog import ModelInfo
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.names import check_field, check_model, quote, table, value_of
from horus_runtime.modules.osiris.records import decode_document, encode_document, user_fields
from horus_runtime.modules.osiris.schema import Field, Schema, parse_field
from horus_runtime.modules.osiris.writes import Row

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.model import Model

Fields = dict[str, Any]
SHOWN_IDS: Final = 20
_BLOCK: Final = 500


def declare(model: Model, rules: Any, mode: str, version: int, *, check_existing: bool, additive: bool) -> None:
    """Set a model's schema."""
    wanted = Schema.parse(rules, mode, version)
    if model.info().schema == wanted:
        return
    with model.store.transaction():
        old = model.info().schema
        if old is not None:
            _check_successor(model, old, wanted, additive=additive)
        set_schema(model, wanted)
        new = [field for field in wanted.fields.values() if field.computed and not _same_rule(old, field)]
        if new:
            rewrite_all(model, dict, "computed", always=True)
        elif check_existing:
            _check_all(model, wanted)


def _same_rule(old: Schema | None, field: Field) -> bool:
    return old is not None and field.name in old.fields and old.fields[field.name].computed == field.computed


def _check_successor(model: Model, old: Schema, wanted: Schema, *, additive: bool) -> None:
    if wanted.version < old.version:
        message = f"the schema of '{model.name}' has version {old.version}, newer than {wanted.version}"
        raise fault("MigrationFailed", message, model=model.name)
    reasons = old.takes_away(wanted) if additive else []
    if reasons:
        message = f"the schema of '{model.name}' differs from the stored one: {', '.join(reasons)}"
        raise fault("MigrationFailed", message, hint="use schema() or a migration", model=model.name, reasons=reasons)


def set_schema(model: Model, wanted: Schema | None) -> None:
    """Record a schema, with the indexes and the search fields that it asks for. In a transaction."""
    store, name, info = model.store, model.name, model.info()
    before = set(info.schema.indexes()) if info.schema else set()
    after = wanted.indexes() if wanted else []
    catalog.save_info(store, name, info._replace(schema=wanted))
    for field, unique in sorted(before - set(after)):
        catalog.drop_index(store, name, catalog.default_index_name((field,), unique=unique))
    for field, unique in after:
        catalog.make_index(store, name, (field,), "", unique=unique)
    fields = wanted.searchable() if wanted else ()
    if fields and fields != info.search:
        search.make(model, fields)


def _check_all(model: Model, wanted: Schema) -> None:
    """Every stored record must fit a schema."""
    bad = _Failures(model, "do not fit the schema")
    for _, row in _rows(model):
        fields = decode_document(row.doc)
        try:
            writes.refuse(model.name, wanted.problems(fields))
            references.check(model.store, model.name, wanted, {**fields, "id": row.id})
        except HostFailure as failure:
            bad.add(row.id, failure)
    bad.raise_any()


class _Failures:
    """The records that a change cannot be made to: counted all, named the first."""

    def __init__(self, model: Model, what: str) -> None:
        self.model, self.what = model.name, what
        self.ids: list[str] = []
        self.first = ""
        self.count = 0

    def add(self, key: str, failure: HostFailure) -> None:
        if failure.failure in {"StorageError", "Conflict"}:
            raise failure
        problems = failure.value.get("problems")
        self.first = self.first or (problems[0]["message"] if problems else failure.value["message"])
        self.count += 1
        if len(self.ids) < SHOWN_IDS:
            self.ids.append(key)

    def raise_any(self) -> None:
        if self.count:
            message = f"{self.count} records of '{self.model}' {self.what}: {self.first}"
            raise fault("MigrationFailed", message, model=self.model, ids=self.ids, count=self.count)


def _rows(model: Model) -> Iterator[tuple[int, Row]]:
    """All rows, block by block, so that they may be changed meanwhile."""
    last = 0
    while True:
        rows = model.rows(
            f"SELECT pk, id, doc, version, created_at, updated_at FROM {table(model.name)} WHERE pk > ?"
            f" ORDER BY pk LIMIT {_BLOCK}",
            (last,),
        )
        if not rows:
            return
        for row in rows:
            yield row[0], Row(*row[1:])
        last = rows[-1][0]


def rewrite_all(model: Model, change: Callable[[Fields], Any], what: str, *, always: bool = False) -> int:
    """Change the fields of every record under the model's present rules: new fields, nothing, or `False` to delete."""
    bad, info, count = _Failures(model, f"cannot be changed ({what})"), model.info(), 0
    for pk, row in _rows(model):
        old = decode_document(row.doc)
        try:
            count += _rewrite_one(model, pk, row, change(dict(old)), old, info, always=always)
        except HostFailure as failure:
            bad.add(row.id, failure)
    bad.raise_any()
    return count


def _rewrite_one(model: Model, pk: int, row: Row, new: Any, old: Fields, info: ModelInfo, *, always: bool) -> int:
    if new is False:
        return int(writes.delete(model, row.id))
    if new is None or (new == old and not always):
        return 0
    if type(new) is not dict:
        raise fault("InvalidArgument", f"a record is changed into a map, () or false, not {shown(new)}")
    now = model.store.clock()
    fields = user_fields(new, model.name)
    if info.schema is not None:
        fields = info.schema.completed(fields, now, model.store.new_id, creating=False)
        writes.refuse(model.name, info.schema.problems(fields))
        references.check(model.store, model.name, info.schema, {**fields, "id": row.id})
    if fields == old:
        return 0
    changed = Row(row.id, encode_document(fields, model.name), row.version + 1, row.created_at, now)
    writes.put(model, pk, changed, fields, info)
    return 1


# --- fields ----------------------------------------------------------------------------------------------------------


def add_field(model: Model, name: str, rule: Any) -> int:
    """Add a field to the schema; records get its default."""
    field = parse_field(check_field(name), rule)
    with model.store.transaction():
        schema = model.info().schema or Schema({}, strict=False)
        if name in schema.fields:
            raise fault("MigrationFailed", f"'{model.name}' has a field '{name}' already", model=model.name, field=name)
        if field.required and not (field.has_default or field.computed) and model.count():
            message = f"the required field '{name}' of '{model.name}' needs a default for the records there are"
            raise fault("MigrationFailed", message, model=model.name, field=name)
        wanted = Schema.parse({**schema.to_map(), name: field.to_map()}, schema.mode, schema.version)
        set_schema(model, wanted)
        now = model.store.clock()

        def filled(fields: Fields) -> Fields | None:
            if name in fields or not (field.has_default or field.computed):
                return None
            made = wanted.completed({}, now, model.store.new_id, creating=True) if field.has_default else {}
            return {**fields, **({name: made[name]} if name in made else {})}

        return rewrite_all(model, filled, f"adding '{name}'", always=bool(field.computed))


def rename_field(model: Model, old: str, new: str) -> int:
    """Give a field another name."""
    check_field(old), check_field(new)
    with model.store.transaction():
        info = model.info()
        taken = info.schema is not None and new in info.schema.fields
        if taken or model.rows(f"SELECT 1 FROM {table(model.name)} WHERE json_type(doc, ?) NOT NULL", (f'$."{new}"',)):
            raise fault("MigrationFailed", f"'{model.name}' has a field '{new}' already", model=model.name, field=new)
        _check_not_computed_from(model, info, old)
        indexes = [index for index in model.indexes() if old in index.fields]
        for index in indexes:
            model.drop_index(index.name)
        schema = info.schema and replace(
            info.schema,
            fields={
                new if key == old else key: replace(field, name=new if key == old else key)
                for key, field in info.schema.fields.items()
            },
        )
        fields = tuple(new if field == old else field for field in info.search)
        relations = tuple(
            item._replace(field=new) if item.kind == "belongs_to" and item.field == old else item
            for item in info.relations
        )
        catalog.save_info(model.store, model.name, info._replace(schema=schema, search=fields, relations=relations))
        count = rewrite_all(
            model,
            lambda record: {new if key == old else key: value for key, value in record.items()},
            f"renaming '{old}'",
        )
        for index in indexes:
            default = catalog.default_index_name(index.fields, unique=index.unique)
            names = [new if field == old else field for field in index.fields]
            model.index(names, name="" if index.name == default else index.name, unique=index.unique)
        return count


def drop_field(model: Model, name: str) -> int:
    """Take a field out of the schema and all records."""
    check_field(name)
    with model.store.transaction():
        info = model.info()
        _check_not_computed_from(model, info, name)
        for index in model.indexes():
            if name in index.fields:
                model.drop_index(index.name)
        schema = info.schema and replace(
            info.schema, fields={key: field for key, field in info.schema.fields.items() if key != name}
        )
        fields = tuple(field for field in info.search if field != name)
        relations = tuple(item for item in info.relations if item.kind != "belongs_to" or item.field != name)
        kept = fields if fields == info.search else ()
        catalog.save_info(model.store, model.name, info._replace(schema=schema, search=kept, relations=relations))
        count = rewrite_all(
            model, lambda record: {key: value for key, value in record.items() if key != name}, f"dropping '{name}'"
        )
        if fields != info.search:
            search.make(model, fields) if fields else search.drop(model)
        return count


def _check_not_computed_from(model: Model, info: ModelInfo, name: str) -> None:
    from horus_runtime.modules.osiris.computed import compiled

    for field in info.schema.fields.values() if info.schema else ():
        if field.computed and field.name != name and name in compiled(field.computed)[1]:
            message = f"'{field.name}' of '{model.name}' is computed from '{name}'"
            raise fault("MigrationFailed", message, model=model.name, field=field.name)


def convert_field(model: Model, name: str, into: str | Callable[[Any], Any]) -> int:
    """Change a field's type and values; missing and null values stay as they are."""
    check_field(name)
    with model.store.transaction():
        info = model.info()
        convert = into
        if type(into) is str:
            field = parse_field(name, into)
            convert = _converter(name, field.type)
            if info.schema is not None and name in info.schema.fields:
                rules = {**info.schema.fields[name].to_map(), "type": field.to_map()["type"]}
                rules.pop("default", None)
                fields = {**info.schema.to_map(), name: rules}
                set_schema(model, Schema.parse(fields, info.schema.mode, info.schema.version))
        assert callable(convert)
        work = convert

        def converted(fields: Fields) -> Fields | None:
            return None if fields.get(name) is None else {**fields, name: work(fields[name])}

        return rewrite_all(model, converted, f"converting '{name}'")


def _converter(name: str, kind: str) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        try:
            return _CONVERSIONS[kind](value)
        except (KeyError, ValueError, TypeError, OverflowError):
            message = f"{shown(value)} in '{name}' cannot be made a {kind}"
            raise fault("MigrationFailed", message, field=name) from None

    return convert


def _to_string(value: Any) -> str:
    return value if type(value) is str else json.dumps(value, ensure_ascii=False)


def _to_int(value: Any) -> int:
    if type(value) is float and not value.is_integer():
        raise ValueError(value)
    if type(value) not in {int, float, str, bool}:
        raise TypeError(value)
    return int(value)


def _to_float(value: Any) -> float:
    if type(value) not in {int, float, str}:
        raise TypeError(value)
    return float(value)


_CONVERSIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "string": _to_string,
    "int": _to_int,
    "float": _to_float,
    "number": lambda value: value if type(value) in {int, float} else _to_float(value),
    "bool": lambda value: {"true": True, "false": False, "1": True, "0": False}[_to_string(value).lower()],
    "list": lambda value: value if type(value) is list else [value],
    "date": lambda value: value[:10],
    "any": lambda value: value,
    "json": lambda value: value,
    "datetime": lambda value: value if len(value) > 10 else f"{value}T00:00:00Z",
}


# --- models ----------------------------------------------------------------------------------------------------------


def transform(model: Model, change: Callable[[Fields], Any]) -> int:
    """Change every record by a function that gets the whole record."""
    with model.store.transaction():
        return _transform(model, change)


def _transform(model: Model, change: Callable[[Fields], Any]) -> int:
    bad, info, count = _Failures(model, "cannot be changed"), model.info(), 0
    for pk, row in _rows(model):
        old = decode_document(row.doc)
        record = writes.Prepared(row, decode_document(row.doc)).record()
        try:
            count += _rewrite_one(model, pk, row, change(record), old, info, always=False)
        except HostFailure as failure:
            bad.add(row.id, failure)
    bad.raise_any()
    return count


def rename(model: Model, new: str) -> Model:
    """Give a model another name; everything that belongs or refers to it follows."""
    store, old = model.store, model.name
    target = store.model(check_model(new))
    with store.transaction():
        if store.has_table(f"m_{new}") or target.info() is not catalog.NOTHING:
            raise fault("AlreadyExists", f"there is a model '{new}' already", model=new)
        if not store.has_table(f"m_{old}"):
            raise fault("NotFound", f"there is no model '{old}'", model=old)
        indexes = model.indexes()
        for index in indexes:
            store.change(f"DROP INDEX {quote(f'{old}.{index.name}')}")
        store.change(f"DROP INDEX {quote(f'{old}.id')}")
        store.change(f"ALTER TABLE {table(old)} RENAME TO {table(new)}")
        store.change(f"CREATE UNIQUE INDEX {quote(f'{new}.id')} ON {table(new)} (id)")
        for index in indexes:
            kind, keys = "UNIQUE INDEX" if index.unique else "INDEX", ", ".join(map(value_of, index.fields))
            store.change(f"CREATE {kind} {quote(f'{new}.{index.name}')} ON {table(new)} ({keys})")
        if model.info().search:
            store.change(f"ALTER TABLE {search.fts_table(old)} RENAME TO {search.fts_table(new)}")
        for name in ("models", "indexes", "relations", "history", "expiry"):
            store.change(f"UPDATE osiris_{name} SET model = ? WHERE model = ?", (new, old))
        for column in ("target", "through"):
            store.change(f"UPDATE osiris_relations SET {column} = ? WHERE {column} = ?", (new, old))
        store.known.clear()
        for owner, field in references.referring(store, old):
            _refer(store.model(owner), field, new)
        store.known.clear()
    return target


def _refer(owner: Model, field: Field, new: str) -> None:
    info = owner.info()
    assert info.schema is not None
    fields = {**info.schema.fields, field.name: replace(field, of=new)}
    catalog.save_info(owner.store, owner.name, info._replace(schema=replace(info.schema, fields=fields)))
