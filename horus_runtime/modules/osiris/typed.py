"""Models seen through pydantic classes: hosts write and read instances, scripts the same records as maps.

Input: a `BaseModel` class. Output: a schema made of its fields, and a collection that converts both ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.history import Change
from horus_runtime.modules.osiris.names import COLUMNS
from horus_runtime.modules.osiris.query import Query

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.model import Model
    from horus_runtime.modules.osiris.store import Store

M = TypeVar("M", bound=BaseModel)

VERSION_FIELD: Final = "version"
"""A field of this name (beside `id`, `created_at` and `updated_at`) takes the record's `_version`."""
_OWN: Final = {"id": "id", "created_at": "created_at", "updated_at": "updated_at", VERSION_FIELD: "_version"}
_TYPES: Final = {
    "string": "string", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "map",
}  # fmt: skip
_FORMATS: Final = {"email": "email", "uuid": "uuid", "uri": "url", "ipv4": "ipv4", "ipv6": "ipv6"}
_RULES: Final = ("unique", "index", "search", "readonly", "secret", "auto_now", "on_delete", "computed")
"""Rules that pydantic does not have: given by `Field(json_schema_extra={"unique": True})`, as is `ref`."""


def name_of(cls: type[BaseModel]) -> str:
    """The model's name: the class variable `osiris_model`, else the class's name in snake case."""
    own = getattr(cls, "osiris_model", None)
    return own if isinstance(own, str) else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()


def schema_of(cls: type[BaseModel]) -> dict[str, Any]:
    """The schema that a class's fields come to; rules that only pydantic can check stay with it."""
    data = cls.model_json_schema(mode="serialization", by_alias=False)
    required = set(data.get("required", ()))
    definitions = data.get("$defs", {})
    return {
        name: _rules(name, entry, definitions, required=name in required)
        for name, entry in data.get("properties", {}).items()
        if name not in _OWN
    }


def _rules(name: str, entry: Mapping[str, Any], definitions: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
    extra = {rule: entry[rule] for rule in _RULES if rule in entry}
    plain, nullable = _resolved(entry, definitions)
    rules: dict[str, Any] = {"type": _type(plain, definitions), **extra}
    if isinstance(entry.get("ref"), str):
        rules["type"] = f"ref({entry['ref']})"
    if "default" in entry and entry["default"] is not None and "computed" not in extra:
        rules["default"] = entry["default"]
    elif required and not nullable and "computed" not in extra:
        rules["required"] = True
    if "enum" in plain or "const" in plain:
        rules["one_of"] = list(plain.get("enum", [plain.get("const")]))
    for theirs, ours in (("minimum", "min"), ("maximum", "max")):
        if theirs in plain and rules["type"] in {"int", "float"}:
            rules[ours] = plain[theirs]
    for theirs, ours in (("minLength", "min_length"), ("maxLength", "max_length"), ("minItems", "min_length")):
        if theirs in plain:
            rules[ours] = plain[theirs]
    if plain.get("format") in _FORMATS:
        rules["format"] = _FORMATS[plain["format"]]
    return rules


def _resolved(entry: Mapping[str, Any], definitions: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """What an entry says without references and without null, and whether null is allowed."""
    if "$ref" in entry:
        return _resolved(definitions[entry["$ref"].rpartition("/")[2]], definitions)
    if len(entry.get("allOf", ())) == 1:
        return _resolved(entry["allOf"][0], definitions)
    options = [option for option in entry.get("anyOf", ()) if option.get("type") != "null"]
    if "anyOf" not in entry:
        return entry, entry.get("type") == "null"
    if len(options) == 1:
        return _resolved(options[0], definitions)[0], len(options) < len(entry["anyOf"])
    return {}, len(options) < len(entry["anyOf"])


def _type(plain: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    kind = _TYPES.get(plain.get("type", ""), "any")
    if kind == "string":
        return {"date": "date", "date-time": "datetime"}.get(plain.get("format", ""), "string")
    if kind == "list" and plain.get("items"):
        item = _type(_resolved(plain["items"], definitions)[0], definitions)
        return f"list({item})" if item in _TYPES.values() else "list"
    return kind


class Collection(Generic[M]):
    """The records of a model as instances of a pydantic class."""

    def __init__(self, store: Store, cls: type[M], name: str | None = None, *, declare: bool = True) -> None:
        self.cls = cls
        self.model: Model = store.model(name or name_of(cls))
        if declare:
            mode = "open" if cls.model_config.get("extra") == "allow" else "strict"
            self.model.declare(schema_of(cls), mode)

    def __repr__(self) -> str:
        return f"Collection({self.model.name}, {self.cls.__name__})"

    # --- conversion ---------------------------------------------------------------------------------------------------

    def read(self, record: dict[str, Any]) -> M:
        """A record as an instance; one that does not fit the class is a `ValidationFailed`."""
        known = self.cls.model_fields
        data = {name: value for name, value in record.items() if name not in COLUMNS}
        data |= {name: record[ours] for name, ours in _OWN.items() if name in known}
        if self.cls.model_config.get("extra") != "allow":
            data = {name: value for name, value in data.items() if name in known}
        try:
            return self.cls.model_validate(data, by_name=True, by_alias=False)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            message = f"the record {shown(record['id'])} of '{self.model.name}' is no {self.cls.__name__}: {place}: "
            raise fault("ValidationFailed", message + first["msg"], model=self.model.name, field=place) from None

    def write(self, given: M | dict[str, Any]) -> dict[str, Any]:
        """An instance (or a map, which is made one first) as a record."""
        instance = given if isinstance(given, self.cls) else self._made(given)
        data = instance.model_dump(mode="json", by_alias=False)
        record = {name: value for name, value in data.items() if name not in _OWN}
        if data.get("id"):
            record["id"] = data["id"]
        if data.get(VERSION_FIELD) is not None:
            record["_version"] = data[VERSION_FIELD]
        return record

    def _made(self, given: Any) -> M:
        try:
            return self.cls.model_validate(given, by_name=True, by_alias=False)
        except ValidationError as error:
            problems = [
                {"field": ".".join(map(str, item["loc"])), "rule": item["type"], "message": item["msg"]}
                for item in error.errors()
            ]
            first = problems[0]
            raise fault(
                "ValidationFailed",
                f"a record of '{self.model.name}' is not valid: '{first['field']}': {first['message']}",
                model=self.model.name, field=first["field"], rule=first["rule"], problems=problems,
            ) from None  # fmt: skip

    # --- operations ---------------------------------------------------------------------------------------------------

    def create(self, given: M | dict[str, Any]) -> M:
        """Store a new record."""
        return self.read(self.model.create(self.write(given)))

    def create_many(self, given: list[Any]) -> list[M]:
        """Store several new records, all or none."""
        return [self.read(record) for record in self.model.create_many([self.write(item) for item in given])]

    def update(self, instance: M) -> M:
        """Store a changed instance. With a field `version` it is a `Conflict` when somebody else was faster."""
        return self.read(self.model.update(self.write(instance)))

    def save(self, instance: M) -> M:
        """Create or update, as its id says."""
        return self.read(self.model.save(self.write(instance)))

    def delete(self, key: str | M) -> bool:
        """Delete by id or instance; false when there was none."""
        return self.model.delete(key if isinstance(key, str) else getattr(key, "id", None))  # type: ignore[arg-type]  # checked there

    def get(self, key: str) -> M:
        """The instance of an id."""
        return self.read(self.model.get(key))

    def find_by_id(self, key: str) -> M | None:
        """The instance of an id, or nothing."""
        found = self.model.find_by_id(key)
        return None if found is None else self.read(found)

    def where(self, *parts: Any) -> Selection[M]:
        """The instances that match a filter map, `field, value`, or `field, operator, value`."""
        return Selection(self, self.model.where(*parts))

    def query(self) -> Selection[M]:
        """All instances, to be narrowed down."""
        return Selection(self, self.model.query())

    def all(self) -> list[M]:
        """All instances."""
        return self.query().all()

    def each(self) -> Iterator[M]:
        """All instances one by one, in constant memory."""
        return self.query().each()

    def count(self) -> int:
        """How many there are."""
        return self.model.count()

    def search(self, text: str, **options: Any) -> list[M]:
        """Full-text search, best matches first."""
        return [self.read(record) for record in self.model.search(text, **options)]

    def watch(self, since: int = 0, *, timeout: float | None = None) -> Iterator[tuple[Change, M | None]]:
        """Changes as they come, each with the instance after it (nothing when it was deleted)."""
        for change in self.model.watch(since, timeout=timeout):
            yield change, None if change.record is None else self.read(change.record)


class Selection(Generic[M]):
    """A query whose results are instances."""

    def __init__(self, collection: Collection[M], query: Query) -> None:
        self.collection = collection
        self.raw = query
        """The query that gives maps, with everything that queries can do."""

    def where(self, *parts: Any) -> Selection[M]:
        return Selection(self.collection, self.raw.where(*parts))

    def or_where(self, *parts: Any) -> Selection[M]:
        return Selection(self.collection, self.raw.or_where(*parts))

    def not_where(self, *parts: Any) -> Selection[M]:
        return Selection(self.collection, self.raw.not_where(*parts))

    def order(self, *fields: str) -> Selection[M]:
        return Selection(self.collection, self.raw.order(*fields))

    def limit(self, number: int) -> Selection[M]:
        return Selection(self.collection, self.raw.limit(number))

    def offset(self, number: int) -> Selection[M]:
        return Selection(self.collection, self.raw.offset(number))

    def all(self) -> list[M]:
        return [self.collection.read(record) for record in self.raw.all()]

    def each(self) -> Iterator[M]:
        return map(self.collection.read, self.raw.each())

    def first(self) -> M | None:
        found = self.raw.first()
        return None if found is None else self.collection.read(found)

    def one(self) -> M:
        return self.collection.read(self.raw.one())

    def count(self) -> int:
        return self.raw.count()

    def exists(self) -> bool:
        return self.raw.exists()
