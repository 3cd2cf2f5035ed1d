"""Records into a store: from JSON lines, JSON, CSV, lists of maps, or the export of a whole store.

All in one transaction: more errors than allowed and nothing is kept. Ids, times and versions that come along are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import HostFailure
from horus_runtime.modules.jsonable import NotJsonError, parse_json
from horus_runtime.modules.osiris import catalog, history, references, writes
from horus_runtime.modules.osiris.catalog import Relation
from horus_runtime.modules.osiris.exporting import DUMP_FORMAT, FORMATS, format_of
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.history import check_moment
from horus_runtime.modules.osiris.records import value_in
from horus_runtime.modules.osiris.schema import Schema
from horus_runtime.modules.osiris.writes import Prepared, Row

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.model import Model
    from horus_runtime.modules.osiris.store import Store

CONFLICTS: Final = ("error", "skip", "update", "replace")
SHOWN_ERRORS: Final = 100
Item = tuple[int, Any]
"""A line number (from 1) and the record there, or the `HostFailure` that stands for it."""


class _UndoneError(Exception):
    """Ends a rehearsal, and thereby undoes it."""


@dataclass(slots=True)
class _Tally:
    model: str
    max_errors: int
    created: int = 0
    updated: int = 0
    skipped: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    def failed(self, line: int, failure: HostFailure) -> None:
        if failure.failure in {"StorageError", "Conflict"}:
            raise failure
        value = failure.value
        self.errors.append({"line": line, "kind": failure.failure, "message": value["message"]})
        if len(self.errors) > self.max_errors:
            first = self.errors[0]
            raise fault(
                "ValidationFailed",
                f"line {first['line']} cannot be imported into '{self.model}': {first['message']}",
                model=self.model, line=first["line"], cause=first["kind"], errors=self.errors[:SHOWN_ERRORS],
                **{name: value[name] for name in ("field", "rule", "problems") if name in value},
            )  # fmt: skip

    def to_map(self) -> dict[str, Any]:
        return {
            "created": self.created, "updated": self.updated, "skipped": self.skipped,
            "errors": self.errors[:SHOWN_ERRORS],
        }  # fmt: skip


def import_records(
    model: Model,
    items: Iterable[Item],
    *,
    on_conflict: str = "error",
    key: Any = "id",
    dry_run: bool = False,
    max_errors: int = 0,
) -> dict[str, Any]:
    """Take records in. Gives `#{created, updated, skipped, errors}`.

    Args:
        model: where they go.
        items: line numbers with records.
        on_conflict: what to do with a record that is there already: `error`, `skip`, `update` or `replace`.
        key: the field, or the list of fields, by which it is recognised.
        dry_run: do everything and undo it.
        max_errors: how many records may be left out because they cannot be stored.
    """
    names = _checked_options(model, on_conflict, key, max_errors)
    tally = _Tally(model.name, max_errors)
    try:
        with model.store.transaction():
            for line, given in items:
                try:
                    if isinstance(given, HostFailure):
                        raise given
                    with model.store.transaction():
                        _take(model, given, names, on_conflict, tally)
                except HostFailure as failure:
                    tally.failed(line, failure)
            _check_references(model, tally)
            if dry_run:
                raise _UndoneError
    except _UndoneError:
        pass
    return tally.to_map()


def _checked_options(model: Model, on_conflict: str, key: Any, max_errors: int) -> list[str]:
    if on_conflict not in CONFLICTS:
        raise fault("InvalidArgument", f"on_conflict is one of {', '.join(CONFLICTS)}, not {shown(on_conflict)}")
    if type(max_errors) is not int or max_errors < 0:
        raise fault("InvalidArgument", f"max_errors is a number from 0, not {shown(max_errors)}")
    names = [model.check_path(name) for name in (key if type(key) is list else [key])]
    if not names:
        raise fault("InvalidArgument", "the key of an import has at least one field")
    return names


def _take(model: Model, given: Any, names: list[str], on_conflict: str, tally: _Tally) -> None:
    found = _existing(model, given, names)
    if found is None:
        insert_as_it_was(model, given)
        tally.created += 1
    elif on_conflict == "error":
        listed = ", ".join(f"{name} {shown(value_in(given, name))}" for name in names)
        message = f"'{model.name}' has a record with {listed} already"
        raise fault("AlreadyExists", message, model=model.name, id=found)
    elif on_conflict == "skip":
        tally.skipped += 1
    else:
        fields = {name: value for name, value in given.items() if name != "id"}
        (model.update if on_conflict == "update" else model.replace)(found, fields)
        tally.updated += 1


def _existing(model: Model, given: Any, names: list[str]) -> str | None:
    """The id of the record that a given one stands for."""
    if type(given) is not dict or any(value_in(given, name) is None for name in names):
        return None
    if names == ["id"]:
        return given["id"] if model.exists(given["id"]) else None
    query = model.query()
    for name in names:
        query = query.where(name, "==", value_in(given, name))
    found = query.limit(2).ids()
    if len(found) > 1:
        raise fault("Ambiguous", f"several records of '{model.name}' match", model=model.name, count=query.count())
    return found[0] if found else None


def insert_as_it_was(model: Model, given: Any) -> None:
    """Insert a record with the times and the version that it brings along; references are looked at later."""
    info = model.info()
    row, fields = writes.prepare(model, given, info)
    created = check_moment(given["created_at"]) if given.get("created_at") else row.created_at
    updated = check_moment(given["updated_at"]) if given.get("updated_at") else max(created, row.updated_at)
    version = given.get("_version")
    version = version if type(version) is int and 1 <= version < 2**62 else 1
    writes.insert_fully(model, Prepared(Row(row.id, row.doc, version, created, updated), fields), info, linked=False)


def _check_references(model: Model, tally: _Tally) -> None:
    """Records may refer to later ones, so references are looked at when all are there."""
    schema = model.info().schema
    if schema is None or not schema.references() or not tally.created + tally.updated:
        return
    for record in model.each():
        references.check(model.store, model.name, schema, record)


# --- sources ---------------------------------------------------------------------------------------------------------


def import_text(model: Model, source: Any, format: str = "jsonl", **options: Any) -> dict[str, Any]:  # noqa: A002
    """Take records in from a text, or from a list of maps."""
    if type(source) is list:
        return import_records(model, enumerate(source, 1), **options)
    if type(source) is not str:
        raise fault("InvalidArgument", f"an import needs a text or an array of maps, not {shown(source)}")
    return import_records(model, items_of(model, source.splitlines(keepends=True), format), **options)


def import_file(
    model: Model,
    path: str | Path,
    format: str = "",  # noqa: A002 - the option's name
    *,
    watch: Callable[[Iterable[str]], Iterable[str]] = iter,
    **options: Any,
) -> dict[str, Any]:
    """Take records in from a file; without a format its name tells it. `watch` sees the lines pass."""
    kind = format or format_of(path)
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            return import_records(model, items_of(model, watch(stream), kind), **options)
    except OSError as error:
        raise fault("NotFound", f"the file cannot be read: '{path}': {error.strerror}", path=str(path)) from None
    except UnicodeDecodeError:
        raise fault("InvalidEncoding", f"the file is not UTF-8 text: '{path}'", path=str(path)) from None


def items_of(model: Model, source: Iterable[str], format: str) -> Iterable[Item]:  # noqa: A002 - the option's name
    """The records of a text, given line by line, with their line numbers."""
    if format not in FORMATS:
        raise fault("InvalidArgument", f"the format of an import is one of {', '.join(FORMATS)}, not {shown(format)}")
    if format == "jsonl":
        return _json_lines(source)
    if format == "csv":
        return _csv_rows(model, source)
    found = _parsed("".join(source))
    if isinstance(found, HostFailure) or type(found) is not list:
        raise found if isinstance(found, HostFailure) else fault("InvalidArgument", "the JSON is not an array of maps")
    return enumerate(found, 1)


def _json_lines(source: Iterable[str]) -> Iterator[Item]:
    for number, line in enumerate(source, 1):
        if line.strip():
            yield number, _parsed(line)


def _parsed(text: str) -> Any:
    try:
        return parse_json(text)
    except NotJsonError as error:
        return fault("InvalidArgument", str(error))


def _csv_rows(model: Model, source: Iterable[str]) -> Iterator[Item]:
    import csv

    reader = csv.reader(source, strict=True)
    schema = model.info().schema
    try:
        head = next(reader, [])
        if len(set(head)) != len(head):
            raise fault("InvalidArgument", "the CSV has two columns of the same name")
        for row in reader:
            if not row:
                continue
            if len(row) != len(head):
                yield reader.line_num, fault("InvalidArgument", f"{len(row)} cells stand under {len(head)} columns")
            else:
                yield reader.line_num, _from_cells(dict(zip(head, row, strict=True)), schema)
    except csv.Error as error:
        raise fault("InvalidArgument", f"line {reader.line_num} is not CSV: {error}", line=reader.line_num) from None


def _from_cells(cells: dict[str, str], schema: Schema | None) -> dict[str, Any]:
    """Cells are texts: the schema says what they stand for, without one their look does. Empty ones are left out."""
    record: dict[str, Any] = {}
    for name, text in cells.items():
        if not text:
            continue
        declared = schema.fields.get(name) if schema else None
        kind = declared.type if declared else {"id": "string", "_version": "int"}.get(name, "")
        record[name] = text if kind in {"string", "date", "datetime", "ref"} else _typed(text)
    return record


def _typed(text: str) -> Any:
    """Numbers, truth values, lists and maps as JSON writes them; everything else is a text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if type(value) in {int, float, bool, list, dict} and text[:1] not in {"N", "I"} else text


# --- whole stores ----------------------------------------------------------------------------------------------------


def import_store(store: Store, source: Iterable[str], *, on_conflict: str = "error") -> dict[str, Any]:
    """Take in the export of a whole store: what it declares for models that are not here, then all records."""
    lines = iter(source)
    header = _parsed(next(lines, ""))
    if type(header) is not dict or type(header.get("osiris")) is not int or type(header.get("models")) is not dict:
        raise fault("InvalidArgument", "the first line is not the header of an export")
    if header["osiris"] > DUMP_FORMAT:
        raise fault("StorageError", f"the export was made by a newer version (format {header['osiris']})")
    tallies = {name: _Tally(name, 0) for name in header["models"]}
    with store.transaction():
        for name, declared in header["models"].items():
            if not store.model(name).info().version:
                _declare(store.model(name), declared)
        for number, line in enumerate(lines, 2):
            if line.strip():
                _take_line(store, number, _parsed(line), on_conflict, tallies)
        for name, tally in tallies.items():
            _check_references(store.model(name), tally)
    return {name: tally.to_map() for name, tally in tallies.items()}


def _take_line(store: Store, number: int, given: Any, on_conflict: str, tallies: dict[str, _Tally]) -> None:
    name = given.get("model") if type(given) is dict else None
    if name not in tallies:
        raise fault("ValidationFailed", f"line {number} is not a record of a model in the header", line=number)
    try:
        _take(store.model(name), given.get("record"), ["id"], on_conflict, tallies[name])
    except HostFailure as failure:
        tallies[name].failed(number, failure)


def _declare(model: Model, declared: Any) -> None:
    """Declare what `exporting.declarations` gave."""
    if type(declared) is not dict:
        raise fault("InvalidArgument", f"the header of '{model.name}' is not a map", model=model.name)
    catalog.make_table(model.store, model.name)
    schema = declared.get("schema")
    info = catalog.NOTHING._replace(
        relations=tuple(Relation(*map(str, item)) for item in declared.get("relations", []))
    )
    if schema is not None or info.relations:
        parsed = Schema.load(json.dumps(schema)) if schema is not None else None
        catalog.save_info(model.store, model.name, info._replace(schema=parsed))
    for index in declared.get("indexes", []):
        model.index(index["fields"], name=index["name"], unique=index["unique"])
    if declared.get("search"):
        model.searchable(declared["search"])
    if declared.get("history"):
        history.keep(model)
