"""Relations: names under which the records of one model find those of another.

A reference in a schema is a relation of its own; others are declared. Input: records; output: related records, or the
same records with related ones embedded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.osiris.catalog import Relation, info_of, save_info
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.filters import INNER, Names
from horus_runtime.modules.osiris.names import check_field, check_model, table, value_of
from horus_runtime.modules.osiris.query import Query
from horus_runtime.modules.osiris.records import value_in

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.model import Model
    from horus_runtime.modules.osiris.store import Store

Record = dict[str, Any]
KINDS: Final = ("belongs_to", "has_many", "has_one", "many_to_many")


def declare(model: Model, kind: str, name: str, target: str, field: str | None = None) -> None:
    """Name a relation. `field` is the model in between for `many_to_many`, else the field that holds the id."""
    store = model.store
    check_field(name, model.name)
    check_model(target)
    with store.transaction():
        if kind == "many_to_many":
            relation = _many_to_many(model, name, target, field)
        else:
            chosen = field or (name if kind == "belongs_to" else _field_to(store, model.name, target, kind))
            relation = Relation(name, kind, target, check_field(chosen, target))
        info = model.info()
        others = [item for item in info.relations if item.name != name]
        save_info(store, model.name, info._replace(relations=(*others, relation)))


def _field_to(store: Store, model: str, target: str, kind: str) -> str:
    """The field of the target that refers to a model, where its schema has just one."""
    schema = info_of(store, target).schema
    found = [field.name for field in schema.references() if field.of == model] if schema else []
    if len(found) != 1:
        what = "no field that refers" if not found else "several fields that refer"
        raise fault("InvalidArgument", f"{kind}: '{target}' has {what} to '{model}'", hint="name the field")
    return found[0]


def _many_to_many(model: Model, name: str, target: str, through: str | None) -> Relation:
    """Also declares the model in between, with a reference to each side and no pair twice."""
    between = check_model(through or "_".join(sorted((model.name, target))))
    mine, theirs = f"{model.name}_id", f"{target}_id" if target != model.name else "other_id"
    middle = model.store.model(between)
    if not middle.schema():
        rule = {"required": True, "on_delete": "cascade"}
        middle.declare({mine: {"type": f"ref({model.name})", **rule}, theirs: {"type": f"ref({target})", **rule}})
        middle.index([mine, theirs], unique=True)
    elif not {mine, theirs} <= middle.schema().keys():
        message = f"many_to_many: '{between}' has no fields '{mine}' and '{theirs}'"
        raise fault("InvalidArgument", message, model=between)
    return Relation(name, "many_to_many", target, mine, between)


def relation_of(model: Model, name: Any) -> Relation:
    """A declared relation, or the one that a reference of the schema is."""
    info = model.info()
    for relation in info.relations:
        if relation.name == name:
            return relation
    for field in info.schema.references() if info.schema else ():
        if name in {field.name, field.name.removesuffix("_id")}:
            return Relation(str(name), "belongs_to", field.of, field.name)
    known = [item.name for item in info.relations] + [
        field.name for field in (info.schema.references() if info.schema else ())
    ]
    listed = f"; known: {', '.join(known)}" if known else ""
    raise fault("InvalidArgument", f"'{model.name}' has no relation {shown(name)}{listed}", model=model.name)


def related(model: Model, record: Any, name: str) -> Record | Query | None:
    """The related record (or nothing), or a query for the many."""
    relation, key = relation_of(model, name), _id_of(model, record)
    target = model.store.model(relation.target)
    if relation.kind == "belongs_to":
        wanted = value_in(record if type(record) is dict else model.get(key), relation.field)
        return None if wanted is None else target.get(wanted)
    if relation.kind == "many_to_many":
        middle = model.store.model(relation.through)
        links = [value_in(link, _other(relation, model)) for link in middle.where(relation.field, "==", key).each()]
        return target.where("id", "in", links)
    query = target.where(relation.field, "==", key)
    return query.first() if relation.kind == "has_one" else query


def across(model: Model, path: str) -> tuple[str, Names, str] | None:
    """How a filter reaches the related records that a dotted path leads to; nothing where it leads into the record.

    The record counts where at least one of the related ones fits.
    """
    head, _, rest = path.partition(".")
    relation = _named(model, head)
    if relation is None:
        return None
    target = model.store.model(relation.target)
    if not model.store.has_table(f"m_{relation.target}"):
        return f"(0 AND {INNER})", target.names, rest
    mine, source = value_of(relation.field), table(relation.target)
    if relation.kind == "belongs_to":
        return f"({mine} IN (SELECT id FROM {source} WHERE {INNER}))", target.names, rest
    if relation.kind != "many_to_many":
        return f"(id IN (SELECT {mine} FROM {source} WHERE {INNER}))", target.names, rest
    if not model.store.has_table(f"m_{relation.through}"):
        return f"(0 AND {INNER})", target.names, rest
    found = f"SELECT id FROM {source} WHERE {INNER}"
    theirs = value_of(_other(relation, model))
    links = f"SELECT {mine} FROM {table(relation.through)} WHERE {theirs} IN ({found})"
    return f"(id IN ({links}))", target.names, rest


def _named(model: Model, name: str) -> Relation | None:
    """The relation of this name, unless a field that holds no reference has it."""
    info = model.info()
    field = info.schema.fields.get(name) if info.schema else None
    if field is not None and not field.of and not any(relation.field == name for relation in info.relations):
        return None
    known = {relation.name for relation in info.relations}
    for reference in info.schema.references() if info.schema else ():
        known |= {reference.name, reference.name.removesuffix("_id")}
    return relation_of(model, name) if name in known else None


def attach(model: Model, record: Any, name: str, other: Any) -> bool:
    """Relate two records; false when they are already."""
    relation, key = relation_of(model, name), _id_of(model, record)
    target = model.store.model(relation.target)
    other_key = _id_of(target, other)
    with model.store.transaction():
        for owner, wanted in ((model, key), (target, other_key)):
            if not owner.exists(wanted):
                message = f"there is no record {shown(wanted)} in '{owner.name}'"
                raise fault("ReferenceViolation", message, model=owner.name, id=wanted)
        if relation.kind == "many_to_many":
            pair = {relation.field: key, _other(relation, model): other_key}
            return bool(model.store.model(relation.through).get_or_create(pair)["created"])
        owner, owner_key, value = (model, key, other_key) if relation.kind == "belongs_to" else (target, other_key, key)
        if value_in(owner.get(owner_key), relation.field) == value:
            return False
        owner.update(owner_key, {relation.field: value})
    return True


def detach(model: Model, record: Any, name: str, other: Any) -> bool:
    """Undo `attach`; false when they are not related."""
    relation, key = relation_of(model, name), _id_of(model, record)
    target = model.store.model(relation.target)
    other_key = _id_of(target, other)
    with model.store.transaction():
        if relation.kind == "many_to_many":
            pair = {relation.field: key, _other(relation, model): other_key}
            return model.store.model(relation.through).where(pair).delete_all() > 0
        owner, owner_key, value = (model, key, other_key) if relation.kind == "belongs_to" else (target, other_key, key)
        found = owner.find_by_id(owner_key)
        if found is None or value_in(found, relation.field) != value:
            return False
        owner.update(owner_key, {relation.field: None})
    return True


def embed(model: Model, records: list[Record], names: tuple[str, ...]) -> None:
    """Put related records into records, under the relations' names: one read for each relation, two through a third."""
    for name in names:
        relation = relation_of(model, name)
        if relation.kind == "belongs_to":
            _embed_one(model, records, relation)
        else:
            _embed_many(model, records, relation)


def _embed_one(model: Model, records: list[Record], relation: Relation) -> None:
    keys = [value_in(record, relation.field) for record in records]
    target = model.store.model(relation.target)
    found = {record["id"]: record for record in _by_ids(target, [key for key in keys if type(key) is str])}
    for record, key in zip(records, keys, strict=True):
        record[relation.name] = found.get(key) if type(key) is str else None


def _embed_many(model: Model, records: list[Record], relation: Relation) -> None:
    target, ids = model.store.model(relation.target), [record["id"] for record in records]
    groups: dict[str, list[Record]] = {key: [] for key in ids}
    if relation.kind == "many_to_many":
        links = model.store.model(relation.through).where(relation.field, "in", ids).records()
        other = _other(relation, model)
        found = {record["id"]: record for record in _by_ids(target, [link[other] for link in links])}
        for link in links:
            if link[other] in found:
                groups[link[relation.field]].append(dict(found[link[other]]))
    else:
        for record in target.where(relation.field, "in", ids).records():
            groups[value_in(record, relation.field)].append(record)
    for record in records:
        many = groups[record["id"]]
        record[relation.name] = (many[0] if many else None) if relation.kind == "has_one" else many


def _by_ids(target: Model, keys: list[str]) -> list[Record]:
    return target.where("id", "in", sorted(set(keys))).records() if keys else []


def _other(relation: Relation, model: Model) -> str:
    """The field of the model in between that holds the target's id."""
    return f"{relation.target}_id" if relation.target != model.name else "other_id"


def _id_of(model: Model, record: Any) -> str:
    key = record.get("id") if type(record) is dict else record
    if type(key) is not str:
        raise fault("InvalidArgument", f"a record of '{model.name}' or its id is needed, not {shown(record)}")
    return key
