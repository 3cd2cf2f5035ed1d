"""Methods that declare things about a model, and change its shape."""

from __future__ import annotations

from typing import Any

from horus_runtime.modules.host import HostCall, Options
from horus_runtime.modules.osiris.model import Model
from horus_runtime.modules.osiris.script.gate import files_of, on_model
from horus_runtime.modules.osiris.script.spaces import joined, source_of
from horus_runtime.runtime.fn_ptr import FnPtr


class SchemaOptions(Options):
    """Options of `schema`."""

    mode: str = "strict"
    version: int = 0
    check_existing: bool = True
    history: bool = False


@on_model("schema", name="schema")
def declare(call: HostCall, model: Model, rules: dict[str, Any], opts: SchemaOptions) -> Model:
    """Declare what the records look like."""
    found = model.declare(rules, opts.mode, check_existing=opts.check_existing, version=opts.version)
    if opts.history:
        found.keep_history()
    return found


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
    return model.drop_index(name)


@on_model("read")
def indexes(call: HostCall, model: Model) -> list[Any]:
    """The indexes: maps with name, fields, unique."""
    return [{"name": item.name, "fields": list(item.fields), "unique": item.unique} for item in model.indexes()]


@on_model("schema")
def searchable(call: HostCall, model: Model, fields: str | list[Any]) -> Model:
    """Build the full-text index over fields."""
    return model.searchable(fields)


@on_model("schema")
def rebuild_search(call: HostCall, model: Model) -> int:
    """Fill the full-text index anew. Gives how many records it has."""
    return model.rebuild_search()


# --- relations and history -------------------------------------------------------------------------------------------


@on_model("schema")
def belongs_to(call: HostCall, model: Model, name: str, target: str, field: str | None = None) -> Model:
    """Relate each record to the one whose id is in its field, by default the one called like the relation."""
    return model.belongs_to(name, target, field)


@on_model("schema")
def has_many(call: HostCall, model: Model, name: str, target: str, field: str | None = None) -> Model:
    """Relate each record to those of another model that have its id in a field."""
    return model.has_many(name, target, field)


@on_model("schema")
def has_one(call: HostCall, model: Model, name: str, target: str, field: str | None = None) -> Model:
    """As `has_many`, where there is at most one."""
    return model.has_one(name, target, field)


@on_model("schema")
def many_to_many(call: HostCall, model: Model, name: str, target: str, through: str | None = None) -> Model:
    """Relate each record to many of another model and the other way round, by a model in between."""
    return model.many_to_many(name, target, through)


@on_model("schema")
def keep_history(call: HostCall, model: Model, on: bool = True) -> bool:
    """Begin to record every change, or stop and forget them; false when that is so already."""
    return model.keep_history(on=on)


# --- change of shape -------------------------------------------------------------------------------------------------


@on_model("schema")
def add_field(call: HostCall, model: Model, name: str, rule: str | dict[str, Any]) -> int:
    """Add a field to the schema and give it to all records, with its default. Gives how many were filled."""
    return model.add_field(name, rule)


@on_model("schema")
def rename_field(call: HostCall, model: Model, old: str, new: str) -> int:
    """Give a field another name, in the schema, indexes and records. Gives how many records changed."""
    return model.rename_field(old, new)


@on_model("schema")
def drop_field(call: HostCall, model: Model, name: str) -> int:
    """Take a field out of the schema and all records. Gives how many records changed."""
    return model.drop_field(name)


@on_model("schema")
def convert_field(call: HostCall, model: Model, name: str, into: str | FnPtr) -> int:
    """Change a field's type by a type word, or its values by a function; all or nothing. Gives how many changed."""
    return model.convert_field(name, into if isinstance(into, str) else call.context.callable(into, 1))


@on_model("schema")
def rename(call: HostCall, model: Model, name: str) -> Model:
    """Give the model another name; indexes, references, search and history follow."""
    return model.rename(name)


@on_model("schema")
def transform(call: HostCall, model: Model, change: FnPtr) -> int:
    """Change every record: the function gives the new one, `()` to leave it, `false` to delete it."""
    return model.transform(call.context.callable(change, 1))


# --- in and out ------------------------------------------------------------------------------------------------------


class ExportOptions(Options):
    """Options of `export_data`."""

    format: str = ""
    path: str = ""
    filter: dict[str, Any] | None = None
    fields: list[Any] | None = None
    include_secret: bool = False


@on_model("read")
def export_data(call: HostCall, model: Model, opts: ExportOptions) -> Any:
    """The records as `jsonl`, `json` or `csv`: a text, or with `path` the number of bytes written to a file."""
    from horus_runtime.modules.osiris.exporting import format_of, lines

    kind = opts.format or (format_of(opts.path) if opts.path else "jsonl")
    pieces = lines(model, kind, filter=opts.filter, fields=opts.fields, include_secret=opts.include_secret)
    text = joined(call, pieces)
    return files_of(call).write(call, opts.path, text.encode("utf-8", "surrogatepass")) if opts.path else text


class ImportOptions(Options):
    """Options of `import_data`."""

    format: str = ""
    path: str = ""
    on_conflict: str = "error"
    key: Any = "id"
    dry_run: bool = False
    max_errors: int = 0


@on_model("write")
def import_data(
    call: HostCall, model: Model, source: str | list[Any] | dict[str, Any], opts: ImportOptions
) -> dict[str, Any]:
    """Take records in from a text, an array of maps, or a file by `#{path: ...}`.

    Gives a map with created, updated, skipped and errors.
    """
    from horus_runtime.modules.osiris.exporting import format_of

    given, opts = source_of(call, source, opts)
    kind = opts.format or (format_of(opts.path) if opts.path else "jsonl")
    return model.import_(
        given, kind, on_conflict=opts.on_conflict, key=opts.key, dry_run=opts.dry_run, max_errors=opts.max_errors
    )
