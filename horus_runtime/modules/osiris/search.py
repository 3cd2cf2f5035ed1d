"""Full-text search with SQLite's FTS5: an index per model, kept current in the same transaction as the record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris import filters
from horus_runtime.modules.osiris.catalog import info_of, make_table, save_info
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.filters import Condition
from horus_runtime.modules.osiris.names import quote, table
from horus_runtime.modules.osiris.records import read_record, value_in

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.model import Model
    from horus_runtime.modules.osiris.store import Store

_WORD: Final = re.compile(r"\w+")
MAX_WORDS: Final = 64


def make(model: Model, fields: tuple[str, ...]) -> int:
    """Build the index over fields, and fill it with the records there are. Gives how many."""
    store, name = model.store, model.name
    if not fields:
        raise fault("InvalidArgument", "a search needs at least one field", model=name)
    with store.transaction():
        make_table(store, name)
        store.change(f"DROP TABLE IF EXISTS {fts_table(name)}")
        columns = ", ".join(quote(f"f{number}") for number in range(len(fields)))
        try:
            store.change(
                f"CREATE VIRTUAL TABLE {fts_table(name)} USING fts5({columns},"
                " tokenize = 'unicode61 remove_diacritics 2')"
            )
        except HostFailure as failure:
            if "no such module" in failure.message:
                raise fault("Unavailable", "this SQLite has no full-text search (FTS5)", model=name) from None
            raise
        save_info(store, name, info_of(store, name)._replace(search=fields))
        return _fill(model, fields)


def _fill(model: Model, fields: tuple[str, ...]) -> int:
    """Index all records, block by block."""
    count = last = 0
    while True:
        rows = model.store.rows(
            f"SELECT pk, id, doc, version, created_at, updated_at FROM {table(model.name)} WHERE pk > ?"
            " ORDER BY pk LIMIT 1000",
            (last,),
        )
        for row in rows:
            put(model.store, model.name, fields, row[0], read_record(row[1:]))
        if not rows:
            return count
        count, last = count + len(rows), rows[-1][0]


def rebuild(model: Model) -> int:
    """Fill the index anew. Gives how many records it has."""
    return make(model, _searchable(model))


def drop(model: Model) -> None:
    """Forget the index."""
    model.store.change(f"DROP TABLE IF EXISTS {fts_table(model.name)}")


def put(store: Store, model: str, fields: tuple[str, ...], pk: int, record: dict[str, Any]) -> None:
    """Make the index say what the record says."""
    texts = [_text(value_in(record, field)) for field in fields]
    columns = ", ".join(quote(f"f{number}") for number in range(len(fields)))
    marks = ", ".join("?" * (len(fields) + 1))
    store.change(f"INSERT OR REPLACE INTO {fts_table(model)} (rowid, {columns}) VALUES ({marks})", (pk, *texts))


def remove(store: Store, model: str, pk: int) -> None:
    """Take a record out of the index."""
    store.change(f"DELETE FROM {fts_table(model)} WHERE rowid = ?", (pk,))


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
    highlight: bool = False,
) -> list[dict[str, Any]]:
    """The records that contain the words, best first, each with `_score` (more is better).

    `snippet` adds `_snippet`, the best place with its words in brackets; `highlight` adds `_highlight`, the whole text
    of every searchable field with them.
    """
    known = _searchable(model)
    if type(limit) is not int or type(offset) is not int or limit < 0 or offset < 0:
        raise fault("InvalidArgument", "search: limit and offset count from 0", model=model.name)
    wanted = match_text(model.name, known, text, fields, prefix=prefix, match=match)
    if not wanted:
        return []
    narrowed = filters.from_map(filter_ or {}, model.names)
    fts = fts_table(model.name)
    ranks = ", ".join(str(_weight(model.name, known, weights or {}, field)) for field in known)
    cuts = [f"snippet({fts}, -1, '[', ']', '…', 12)"] if snippet else []
    marks = [f"highlight({fts}, {number}, '[', ']')" for number in range(len(known))] if highlight else []
    columns = ", ".join([f"-bm25({fts}, {ranks}) AS score", *cuts, *marks])
    sql = (
        f"SELECT m.id, m.doc, m.version, m.created_at, m.updated_at, {columns}"
        f" FROM {fts} JOIN (SELECT * FROM {table(model.name)} WHERE {narrowed.sql}) AS m"
        f" ON m.pk = {fts}.rowid WHERE {fts} MATCH ? ORDER BY score DESC, m.pk"
        f" LIMIT {int(limit)} OFFSET {int(offset)}"
    )
    found = []
    for row in model.rows(sql, (*narrowed.values, wanted)):
        record = {**read_record(row[:5]), "_score": row[5]}
        if snippet:
            record["_snippet"] = row[6]
        if highlight:
            record["_highlight"] = dict(zip(known, row[-len(known) :], strict=True))
        found.append(record)
    return found


def condition(model: Model, text: str, *, prefix: bool, match: str, fields: list[str] | None) -> Condition:
    """What a query needs to be narrowed down to records with the words of a text."""
    wanted = match_text(model.name, _searchable(model), text, fields, prefix=prefix, match=match)
    if not wanted:
        return filters.NEVER
    fts = fts_table(model.name)
    return Condition(f"pk IN (SELECT rowid FROM {fts} WHERE {fts} MATCH ?)", (wanted,))


def _searchable(model: Model) -> tuple[str, ...]:
    known = model.info().search
    if not known:
        message = f"'{model.name}' has no searchable fields"
        raise fault("InvalidArgument", message, hint="declare them with searchable(fields)", model=model.name)
    return known


def match_text(
    model: str, known: tuple[str, ...], text: str, fields: list[str] | None, *, prefix: bool, match: str
) -> str:
    """The words of a text as FTS5 wants them: each quoted, so that none of its signs means anything."""
    if match not in {"all", "any"}:
        raise fault("InvalidArgument", f"search: match is all or any, not {shown(match)}", model=model)
    if type(text) is not str:
        raise fault("InvalidArgument", f"search: the words are a text, not {shown(text)}", model=model)
    words = _WORD.findall(text[:10_000])[:MAX_WORDS]
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


def _weight(model: str, known: tuple[str, ...], weights: dict[str, Any], field: str) -> float:
    for name in weights:
        if name not in known:
            raise fault("InvalidArgument", f"{shown(name)} is not searchable in '{model}'", model=model)
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


def fts_table(model: str) -> str:
    """The quoted name of a model's full-text index."""
    return quote(f"fts_{model}")
