"""Records out of a store: JSON lines, JSON and CSV for one model, JSON lines with a header for a whole store.

Equal data gives equal bytes. Files appear under their names when they are complete, readable by their owner only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.names import COLUMNS, table
from horus_runtime.modules.osiris.records import value_in

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.model import Model
    from horus_runtime.modules.osiris.store import Store

FORMATS: Final = ("jsonl", "json", "csv")
DUMP_FORMAT: Final = 1
MAX_TEXT: Final = 64 * 1024 * 1024


def lines(
    model: Model,
    format: str = "jsonl",  # noqa: A002 - the option's name
    *,
    filter: dict[str, Any] | None = None,  # noqa: A002 - the option's name
    fields: list[str] | None = None,
    include_secret: bool = False,
) -> Iterator[str]:
    """The export piece by piece; fields that are secret are left out unless they are asked for."""
    if format not in FORMATS:
        raise fault("InvalidArgument", f"the format of an export is one of {', '.join(FORMATS)}, not {shown(format)}")
    query = model.query() if filter is None else model.where(filter)
    paths = None if fields is None else [model.check_path(name) for name in fields]
    schema = model.info().schema
    hidden = schema.secrets() if schema and not include_secret else frozenset()
    records = (_chosen(record, paths, hidden) for record in query.each())
    if format == "csv":
        names = paths if paths is not None else _all_fields(model)
        return _csv(records, [name for name in names if name not in hidden], whole=paths is None)
    texts = (_json(record) for record in records)
    return (f"{text}\n" for text in texts) if format == "jsonl" else _array(texts)


def _chosen(record: dict[str, Any], paths: list[str] | None, hidden: frozenset[str]) -> dict[str, Any]:
    if paths is not None:
        record = {"id": record["id"], **{path: value_in(record, path) for path in paths}}
    return {name: value for name, value in record.items() if name not in hidden} if hidden else record


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _array(texts: Iterable[str]) -> Iterator[str]:
    between = "["
    for text in texts:
        yield f"{between}\n{text}"
        between = ","
    yield "[]\n" if between == "[" else "\n]\n"


def _all_fields(model: Model) -> list[str]:
    """The declared fields in their order, then whatever else records have, sorted."""
    schema = model.info().schema
    declared = list(schema.fields) if schema else []
    rows = model.rows(f"SELECT DISTINCT e.key FROM {table(model.name)}, json_each(doc) AS e")
    return declared + sorted({name for (name,) in rows} - set(declared))


def _csv(records: Iterable[dict[str, Any]], names: list[str], *, whole: bool) -> Iterator[str]:
    import csv
    import io

    head = ["id", *(name for name in names if name != "id")]
    head += [name for name in COLUMNS if name not in head] if whole else []
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    for record in records:
        writer.writerow([_cell(record.get(name)) for name in head])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if type(value) is str else _json(value)


def export_text(model: Model, format: str = "jsonl", **options: Any) -> str:  # noqa: A002 - the option's name
    """The export as one text; `LimitExceeded` where a file is the better place."""
    found, size = [], 0
    for line in lines(model, format, **options):
        size += len(line)
        if size > MAX_TEXT:
            message = f"the export of '{model.name}' has more than {MAX_TEXT} characters"
            raise fault("LimitExceeded", message, hint="export to a file", model=model.name)
        found.append(line)
    return "".join(found)


def export_file(model: Model, path: str | Path, format: str = "", **options: Any) -> int:  # noqa: A002 - as above
    """Write the export to a file; without a format its name tells it."""
    return write_file(path, lines(model, format or format_of(path), **options))


def export_store(store: Store, *, include_secret: bool = False) -> Iterator[str]:
    """The whole store: a header with what is declared, then a line per record, by model and id."""
    names = store.models()
    yield _json({"osiris": DUMP_FORMAT, "models": {name: declarations(store.model(name)) for name in names}}) + "\n"
    for name in names:
        schema = store.model(name).info().schema
        hidden = schema.secrets() if schema and not include_secret else frozenset()
        for record in store.model(name).query().order("id").each():
            yield _json({"model": name, "record": _chosen(record, None, hidden)}) + "\n"


def declarations(model: Model) -> dict[str, Any]:
    """What was declared about a model, so that it can be declared again elsewhere."""
    info = model.info()
    found: dict[str, Any] = {}
    if info.schema is not None:
        found["schema"] = json.loads(info.schema.dump())
    if info.search:
        found["search"] = list(info.search)
    if model.indexes():
        found["indexes"] = [
            {"name": item.name, "fields": list(item.fields), "unique": item.unique} for item in model.indexes()
        ]
    if info.relations:
        found["relations"] = [list(item) for item in info.relations]
    if info.history is not None:
        found["history"] = True
    return found


def format_of(path: str | Path) -> str:
    """The format that a file's name tells."""
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in {*FORMATS, "ndjson"}:
        raise fault("InvalidArgument", f"the name '{path}' tells no format", hint=f"one of {', '.join(FORMATS)}")
    return "jsonl" if suffix == "ndjson" else suffix


def write_file(path: str | Path, texts: Iterable[str]) -> int:
    """Write a file by a neighbour that takes its name when it is complete. Gives the bytes."""
    target, size = Path(path), 0
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            with open(handle, "wb") as stream:  # noqa: PTH123 - a handle, not a path
                for text in texts:
                    size += stream.write(text.encode("utf-8", "surrogatepass"))
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise fault("StorageError", f"the file cannot be written: '{path}': {error.strerror}", path=str(path)) from None
    return size
