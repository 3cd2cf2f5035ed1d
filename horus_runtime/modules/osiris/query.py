"""Queries: immutable descriptions of which records, in which order; asking for a result runs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.osiris import filters
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.filters import ALWAYS, Condition
from horus_runtime.modules.osiris.names import table, type_of, value_of
from horus_runtime.modules.osiris.records import read_record, value_in
from horus_runtime.modules.osiris.store import NoTableError

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.groups import Groups
    from horus_runtime.modules.osiris.model import Model

RECORD: Final = "id, doc, version, created_at, updated_at"
BLOCK: Final = 500


@dataclass(frozen=True, slots=True)
class Query:
    """Records of a model. Every step gives a new query and leaves this one as it is."""

    model: Model
    condition: Condition = ALWAYS
    filtered: bool = False
    ordering: tuple[tuple[str, bool], ...] = ()
    """Fields with whether they go down."""
    count_limit: int | None = None
    skip: int = 0
    fields: tuple[str, ...] | None = None
    included: tuple[str, ...] = ()
    """Relations whose records are embedded."""
    source: Condition | None = None
    """What is read in the place of the model's table, such as its past."""

    def __repr__(self) -> str:
        return f"Query({self.model.name})"

    # --- building ----------------------------------------------------------------------------------------------------

    def where(self, *parts: Any) -> Query:
        """Narrow down: by a filter map, by `field, value`, or by `field, operator, value`."""
        return self._narrowed(self._condition(parts))

    def or_where(self, *parts: Any) -> Query:
        """Widen: records that match what was asked so far, or this."""
        condition = self._condition(parts)
        joined = filters.either((self.condition, condition)) if self.filtered else condition
        return replace(self, condition=joined, filtered=True)

    def not_where(self, *parts: Any) -> Query:
        """Narrow down to records that do not match."""
        return self._narrowed(filters.negated(self._condition(parts)))

    def order(self, *fields: Any) -> Query:
        """Sort by fields, those with a `-` in front downwards; ties stay in the order of creation."""
        names = fields[0] if len(fields) == 1 and type(fields[0]) is list else fields
        ordering = []
        for name in names:
            if type(name) is not str:
                raise fault("InvalidArgument", f"a field to order by is a text, not {shown(name)}")
            ordering.append((self.model.check_path(name.removeprefix("-")), name.startswith("-")))
        return replace(self, ordering=tuple(ordering))

    def limit(self, number: int) -> Query:
        """At most so many records."""
        return replace(self, count_limit=_not_negative("limit", number))

    def offset(self, number: int) -> Query:
        """Leave out so many records at the beginning."""
        return replace(self, skip=_not_negative("offset", number))

    def select(self, fields: Any) -> Query:
        """Maps with only these fields, and the id."""
        names = fields if type(fields) is list else [fields]
        return replace(self, fields=tuple(self.model.check_path(name) for name in names))

    def include(self, *relations: str) -> Query:
        """Embed the related records under the names of the relations: one more read for each, not for each record."""
        from horus_runtime.modules.osiris.relations import relation_of

        for name in relations:
            relation_of(self.model, name)
        return replace(self, included=(*self.included, *relations))

    def search(self, text: str, *, prefix: bool = True, match: str = "all", fields: list[str] | None = None) -> Query:
        """Narrow down to records that contain the words of a text."""
        from horus_runtime.modules.osiris.search import condition

        if self.source is not None:
            raise fault("InvalidArgument", "the past of a model cannot be searched", model=self.model.name)
        return self._narrowed(condition(self.model, text, prefix=prefix, match=match, fields=fields))

    def group_by(self, field: str) -> Groups:
        """The records by the values of a field, to be counted or added up."""
        from horus_runtime.modules.osiris.groups import Groups

        return Groups(self, self.model.check_path(field))

    def _condition(self, parts: tuple[Any, ...]) -> Condition:
        if len(parts) == 1:
            return filters.from_map(parts[0], self.model.names)
        if len(parts) == 2:
            return filters.from_parts(parts[0], "eq", parts[1], self.model.names)
        if len(parts) != 3:
            raise fault("QuerySyntax", "where takes a filter map, a field and a value, or a field, operator and value")
        return filters.from_parts(parts[0], parts[1], parts[2], self.model.names)

    def _narrowed(self, condition: Condition) -> Query:
        joined = filters.both((self.condition, condition)) if self.filtered else condition
        return replace(self, condition=joined, filtered=True)

    # --- running -----------------------------------------------------------------------------------------------------

    def all(self) -> list[dict[str, Any]]:
        """All records; more than the store's `max_rows` are an error that says what to use instead."""
        cap = self.model.store.max_rows
        if self.count_limit is not None and self.count_limit <= cap:
            return self.records()
        found = replace(self, count_limit=cap + 1, included=()).records()
        if len(found) > cap:
            raise fault(
                "LimitExceeded",
                f"the query on '{self.model.name}' has more than {cap} records",
                hint="use limit, page or each",
                model=self.model.name,
            )
        return self._with_related(found)

    def each(self) -> Iterator[dict[str, Any]]:
        """The records one by one, while the caller may write: which ones is decided at the beginning.

        The memory it takes is constant: with a filter, an order or limits the row numbers wait in a temporary file
        when there are many.
        """
        if self.source is not None:
            yield from self._with_related(self.records())
            return
        blocks = self._listed_blocks() if self.filtered or self.ordering or self._is_window else self._table_blocks()
        for block in blocks:
            yield from self._with_related([self._selected(read_record(row)) for row in block])

    def _table_blocks(self) -> Iterator[list[Any]]:
        name = table(self.model.name)
        ends = self.model.rows(f"SELECT min(pk) - 1, max(pk) FROM {name}")
        last, end = ends[0] if ends and ends[0][1] is not None else (0, 0)
        sql = f"SELECT pk, {RECORD} FROM {name} WHERE pk > ? AND pk <= ? ORDER BY pk LIMIT {BLOCK}"
        while last < end:
            rows = self.model.rows(sql, (last, end))
            if not rows:
                return
            yield [row[1:] for row in rows]
            last = rows[-1][0]

    def _listed_blocks(self) -> Iterator[list[Any]]:
        from horus_runtime.modules.osiris.spool import RowNumbers

        sql, values = self._statement("pk")
        with RowNumbers() as numbers:
            try:
                self.model.store.guarded(lambda connection: numbers.fill(connection.execute(sql, values)))
            except NoTableError:
                return
            for block in numbers.blocks(BLOCK):
                marks = ",".join("?" * len(block))
                read = f"SELECT pk, {RECORD} FROM {table(self.model.name)} WHERE pk IN ({marks})"
                records = {row[0]: row[1:] for row in self.model.rows(read, block)}
                yield [records[key] for key in block if key in records]

    def first(self) -> dict[str, Any] | None:
        """The first record, or nothing."""
        found = replace(self, count_limit=1 if self.count_limit is None else min(1, self.count_limit)).records()
        return found[0] if found else None

    def last(self) -> dict[str, Any] | None:
        """The last record, or nothing."""
        if self._is_window:
            found = self.all()
            return found[-1] if found else None
        turned = replace(self, ordering=tuple((name, not down) for name, down in self.ordering), count_limit=1)
        found = turned.records(reverse_ties=True)
        return found[0] if found else None

    def one(self) -> dict[str, Any]:
        """The record; it is an error when there is none, or more than one."""
        found = replace(self, count_limit=2 if self.count_limit is None else min(2, self.count_limit)).records()
        if not found:
            raise fault("NotFound", f"no record of '{self.model.name}' matches", model=self.model.name)
        if len(found) > 1:
            count = self.count()
            raise fault(
                "Ambiguous", f"{count} records of '{self.model.name}' match, one is expected",
                model=self.model.name, count=count,
            )  # fmt: skip
        return found[0]

    def count(self) -> int:
        """How many records there are."""
        return int(self.row("count(*)")[0] or 0)

    def exists(self) -> bool:
        """True when there is at least one record."""
        if self.count_limit == 0:
            return False
        sql, values = replace(self, count_limit=1)._statement("1", ordered=False)  # noqa: SLF001 - one of us
        return bool(self.model.rows(sql, values))

    def pluck(self, field: str) -> list[Any]:
        """The values of one field, in the order of the records."""
        path = self.model.check_path(field)
        return [value_in(record, path) for record in replace(self, fields=None, included=()).all()]

    def page(self, number: int, size: int = 20) -> dict[str, Any]:
        """One page of the records, counted from 1, with what is needed to show where one is."""
        if type(number) is not int or number < 1 or type(size) is not int or not 1 <= size <= 1000:
            raise fault("InvalidArgument", "a page has a number from 1 and a size from 1 to 1000")
        total = self.count()
        before = (number - 1) * size
        left = size if self.count_limit is None else max(0, min(size, self.count_limit - before))
        items = replace(self, count_limit=left, skip=self.skip + before).all()
        pages = (total + size - 1) // size
        return {
            "items": items, "page": number, "size": size, "total": total, "pages": pages, "has_next": number < pages,
        }  # fmt: skip

    def after(self, cursor: str | None, size: int = 20) -> dict[str, Any]:
        """The records behind a cursor (from the beginning without one): `items`, and `next` when there are more.

        Pages do not shift when records come and go before them, and the hundredth costs no more than the first.
        """
        from horus_runtime.modules.osiris.cursors import page_after

        return page_after(self, cursor, size)

    def distinct(self, field: str) -> list[Any]:
        """The different values of one field, sorted: null, truth values, numbers, texts, then the rest."""
        from horus_runtime.modules.osiris.functions import canonical

        found = {canonical(key): key for key in self.group_by(field).keys()}  # noqa: SIM118 - not a dictionary's
        return [found[key] for key in sorted(found, key=lambda key: (_rank(found[key]), _sortable(found[key]), key))]

    def total(self, what: str, field: str) -> Any:
        """`sum`, `avg`, `min` or `max` of a field; nothing when no record has a value."""
        path = self.model.check_path(field)
        value, strange, kinds = self.row(aggregate(what, path))
        check_aggregate(self.model.name, what, field, strange, kinds)
        return value

    def update_all(self, changes: dict[str, Any]) -> int:
        """Change every record, validated one by one; all or nothing."""
        self._check_present()
        with self.model.store.transaction():
            ids = self.ids()
            for key in ids:
                self.model.update(key, changes)
        return len(ids)

    def delete_all(self, *, everything: bool = False) -> int:
        """Delete every record; without any filter only when `everything` is asked for."""
        self._check_present()
        if not self.filtered and not everything:
            raise fault(
                "InvalidArgument",
                f"delete_all without a filter would empty '{self.model.name}'",
                hint="use #{all: true} if that is meant",
                model=self.model.name,
            )
        with self.model.store.transaction():
            return self.model.delete_many(self.ids())

    def ids(self) -> list[str]:
        """The ids of all records, without a cap on their number."""
        return [row[0] for row in self._rows("id")]

    def _check_present(self) -> None:
        if self.source is not None:
            raise fault("InvalidArgument", f"the past of '{self.model.name}' cannot be changed", model=self.model.name)

    # --- SQL ---------------------------------------------------------------------------------------------------------

    def records(self, *, reverse_ties: bool = False) -> list[dict[str, Any]]:
        """The records without a cap on their number."""
        rows = self._rows(RECORD, reverse_ties=reverse_ties)
        return self._with_related([self._selected(read_record(row)) for row in rows])

    def row(self, columns: str) -> Any:
        """The only row of a statement that adds up all records of the query."""
        rows = self.model.rows(f"SELECT {columns} FROM {self.selected_from()}", self.values)
        return rows[0] if rows else (None, None, None)

    def columns(self, columns: str, limit: int) -> list[Any]:
        """Columns of the first `limit` rows."""
        return replace(self, count_limit=limit)._rows(columns)  # noqa: SLF001 - one of us

    def selected_from(self) -> str:
        """As `from_`, but with limit and offset, for statements that add something up."""
        return f"({self._statement('*')[0]})" if self._is_window else self.from_()

    def _rows(self, columns: str, *, reverse_ties: bool = False) -> list[Any]:
        sql, values = self._statement(columns, reverse_ties=reverse_ties)
        return self.model.rows(sql, values)

    def _statement(
        self, columns: str, *, reverse_ties: bool = False, ordered: bool = True
    ) -> tuple[str, tuple[Any, ...]]:
        order = f" ORDER BY {self.order_by(reverse_ties=reverse_ties)}" if ordered else ""
        return f"SELECT {columns} FROM {self.from_()}{order}{self._window()}", self.values

    def order_by(self, *, reverse_ties: bool = False) -> str:
        """The keys to sort by, the order of creation last."""
        keys = [f"{value_of(name)}{' DESC' if down else ''}" for name, down in self.ordering]
        return ", ".join([*keys, "pk DESC" if reverse_ties else "pk"])

    def from_(self) -> str:
        """Where the records are read, and which of them."""
        where = f" WHERE {self.condition.sql}" if self.condition is not ALWAYS else ""
        return f"{self.source.sql if self.source else table(self.model.name)}{where}"

    @property
    def values(self) -> tuple[Any, ...]:
        """The values that the statement binds."""
        return (*(self.source.values if self.source else ()), *self.condition.values)

    @property
    def _is_window(self) -> bool:
        return self.count_limit is not None or self.skip > 0

    def _window(self) -> str:
        if not self._is_window:
            return ""
        limit = -1 if self.count_limit is None else self.count_limit
        return f" LIMIT {int(limit)}" + (f" OFFSET {int(self.skip)}" if self.skip else "")

    def _selected(self, record: dict[str, Any]) -> dict[str, Any]:
        if self.fields is None:
            return record
        return {"id": record["id"], **{name: value_in(record, name) for name in self.fields}}

    def _with_related(self, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self.included and records:
            from horus_runtime.modules.osiris.relations import embed

            embed(self.model, records, self.included)
        return records

    def explain(self) -> dict[str, Any]:
        """The statement, its bound values, SQLite's plan, and whether an index helps."""
        sql, values = self._statement(RECORD)
        plan = [row[3] for row in self.model.rows(f"EXPLAIN QUERY PLAN {sql}", values)]
        used = any("USING INDEX" in step or "USING COVERING INDEX" in step for step in plan)
        return {"sql": sql, "params": list(values), "plan": plan, "uses_index": used}


def aggregate(what: str, path: str) -> str:
    """Three columns: the aggregate, how many values it cannot use, and how many kinds of values there are."""
    other = "'true','false','array','object'" + (",'text'" if what in {"sum", "avg"} else "")
    kind = type_of(path)
    sort = f"CASE WHEN {kind} = 'text' THEN 1 WHEN {kind} IN ('integer','real') THEN 2 END"
    return f"{what}({value_of(path)}), sum({kind} IN ({other})), count(DISTINCT {sort})"


def check_aggregate(model: str, what: str, field: str, strange: int | None, kinds: int | None) -> None:
    """Refuse an aggregate over values that it cannot use."""
    if strange or (kinds or 0) > 1:
        message = f"'{field}' of '{model}' has values that {what} cannot use"
        raise fault("TypeMismatch", message, model=model, field=field)


def _not_negative(name: str, number: Any) -> int:
    if type(number) is not int or number < 0:
        raise fault("InvalidArgument", f"{name} needs a number from 0, not {shown(number)}")
    return number


def _rank(value: Any) -> int:
    ranks: dict[type, int] = {type(None): 0, bool: 1, int: 2, float: 2, str: 3, list: 4}
    return ranks.get(type(value), 5)


def _sortable(value: Any) -> Any:
    return value if type(value) in {bool, int, float, str} else 0
