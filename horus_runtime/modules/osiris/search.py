"""Full-text search with SQLite's FTS5: an index per model, kept current in the same transaction as the record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.osiris import filters
from horus_runtime.modules.osiris.catalog import info_of, make_table, save_info
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.names import quote, table
from horus_runtime.modules.osiris.query import value_at
from horus_runtime.modules.osiris.records import read_record

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.model import Model
    from horus_runtime.modules.osiris.store import Store

_WORD: Final = re.compile(r"\w+")
MAX_WORDS: Final = 64


def make(model: Model, fields: tuple[str, ...]) -> None:
    """Build the index over fields, and fill it with the records there are."""
    store, name = model.store, model.name
    if not fields:
        raise fault("InvalidArgument", "a search needs at least one field", model=name)
    with store.transaction():
        make_table(store, name)
        store.change(f"DROP TABLE IF EXISTS {_table(name)}")
        columns = ", ".join(quote(f"f{number}") for number in range(len(fields)))
        store.change(
            f"CREATE VIRTUAL TABLE {_table(name)} USING fts5({columns}, tokenize = 'unicode61 remove_diacritics 2')"
        )
        save_info(store, name, info_of(store, name)._replace(search=fields))
        rows = store.rows(f"SELECT pk, id, doc, version, created_at, updated_at FROM {table(name)}")
        for row in rows:
            put(store, name, fields, row[0], read_record(row[1:]))


def put(store: Store, model: str, fields: tuple[str, ...], pk: int, record: dict[str, Any]) -> None:
    """Make the index say what the record says."""
    texts = [_text(value_at(record, field)) for field in fields]
    columns = ", ".join(quote(f"f{number}") for number in range(len(fields)))
    marks = ", ".join("?" * (len(fields) + 1))
    store.change(f"INSERT OR REPLACE INTO {_table(model)} (rowid, {columns}) VALUES ({marks})", (pk, *texts))


def remove(store: Store, model: str, pk: int) -> None:
    """Take a record out of the index."""
    store.change(f"DELETE FROM {_table(model)} WHERE rowid = ?", (pk,))


def search(  # noqa: PLR0913 - the options of the script function, all by name
    model: Model,
    text: str,
    *,
    limit: int = 20,
    offset: int = 0,
    fields: list[str] | None = None,
    weights: dict[str, Any] | None = None,
    prefix: bool = True,
    match: str = "all",
    filter_: dict[str, Any] | None = None,
    snippet: bool = False,
) -> list[dict[str, Any]]:
    """The records that contain the words, best first, each with `_score` (more is better)."""
    known = model.info().search
    if not known:
        message = f"'{model.name}' has no searchable fields"
        raise fault("InvalidArgument", message, hint="declare them with searchable(fields)", model=model.name)
    if match not in {"all", "any"} or limit < 0 or offset < 0:
        raise fault("InvalidArgument", "search: match is all or any, limit and offset count from 0", model=model.name)
    wanted = match_text(model.name, known, text, fields, prefix=prefix, match=match)
    if not wanted:
        return []
    condition = filters.from_map(filter_ or {}, model.check_path)
    ranks = ", ".join(str(_weight(model.name, weights or {}, field)) for field in known)
    cut = f", snippet({_table(model.name)}, -1, '[', ']', '…', 12)" if snippet else ""
    sql = (
        f"SELECT m.id, m.doc, m.version, m.created_at, m.updated_at, -bm25({_table(model.name)}, {ranks}) AS score{cut}"
        f" FROM {_table(model.name)} JOIN (SELECT * FROM {table(model.name)} WHERE {condition.sql}) AS m"
        f" ON m.pk = {_table(model.name)}.rowid WHERE {_table(model.name)} MATCH ? ORDER BY score DESC, m.pk"
        f" LIMIT {int(limit)} OFFSET {int(offset)}"
    )
    found = []
    for row in model.rows(sql, (*condition.values, wanted)):
        extra = {"_score": row[5], **({"_snippet": row[6]} if snippet else {})}
        found.append({**read_record(row[:5]), **extra})
    return found


def match_text(
    model: str, known: tuple[str, ...], text: str, fields: list[str] | None, *, prefix: bool, match: str
) -> str:
    """The words of a text as FTS5 wants them: each quoted, so that none of its signs means anything."""
    words = _WORD.findall(text)[:MAX_WORDS]
    if not words:
        return ""
    terms = [f'"{word}"' for word in words]
    if prefix:
        terms[-1] += "*"
    joined = (" AND " if match == "all" else " OR ").join(terms)
    if fields is None:
        return joined
    unknown = [field for field in fields if field not in known]
    if unknown or not fields:
        message = f"{shown(unknown[0]) if unknown else 'nothing'} is not searchable in '{model}'"
        raise fault("InvalidArgument", message, model=model)
    columns = " ".join(quote(f"f{known.index(field)}") for field in fields)
    return f"{{{columns}}} : ({joined})"


def _weight(model: str, weights: dict[str, Any], field: str) -> float:
    weight = weights.get(field, 1.0)
    if type(weight) not in {int, float} or not 0 <= weight <= 1000:
        raise fault("InvalidArgument", f"the weight of '{field}' is a number from 0 to 1000", model=model, field=field)
    return float(weight)


def _text(value: Any) -> str:
    """What of a value can be searched: texts, and texts in lists and maps."""
    if type(value) is str:
        return value
    if type(value) is list:
        return " ".join(_text(item) for item in value)
    if type(value) is dict:
        return " ".join(_text(item) for item in value.values())
    return "" if value is None or type(value) is bool else str(value)


def _table(model: str) -> str:
    return quote(f"fts_{model}")
