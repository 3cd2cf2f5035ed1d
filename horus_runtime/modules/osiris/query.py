"""Queries: immutable descriptions of which records, in which order; asking for a result runs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.osiris import filters
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.filters import ALWAYS, Condition
from horus_runtime.modules.osiris.names import table, type_of, value_of
from horus_runtime.modules.osiris.records import read_record

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.model import Model

RECORD: Final = "id, doc, version, created_at, updated_at"
BLOCK: Final = 500
_COLUMNS: Final = frozenset({"id", "created_at", "updated_at", "_version"})


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

    def _condition(self, parts: tuple[Any, ...]) -> Condition:
        if len(parts) == 1:
            return filters.from_map(parts[0], self.model.check_path)
        if len(parts) == 2:
            return filters.from_parts(parts[0], "eq", parts[1], self.model.check_path)
        if len(parts) != 3:
            raise fault("QuerySyntax", "where takes a filter map, a field and a value, or a field, operator and value")
        return filters.from_parts(parts[0], parts[1], parts[2], self.model.check_path)

    def _narrowed(self, condition: Condition) -> Query:
        joined = filters.both((self.condition, condition)) if self.filtered else condition
        return replace(self, condition=joined, filtered=True)

    # --- running -----------------------------------------------------------------------------------------------------

    def all(self) -> list[dict[str, Any]]:
        """All records; more than the store's `max_rows` are an error that says what to use instead."""
        cap = self.model.store.max_rows
        if self.count_limit is not None and self.count_limit <= cap:
            return self.records()
        found = replace(self, count_limit=cap + 1).records()
        if len(found) > cap:
            raise fault(
                "LimitExceeded",
                f"the query on '{self.model.name}' has more than {cap} records",
                hint="use limit, page or each",
            )
        return found

    def each(self) -> Iterator[dict[str, Any]]:
        """The records one by one in constant memory; writing meanwhile is safe, ids are read in blocks."""
        from array import array

        ids = array("q", (row[0] for row in self._rows("pk")))
        for start in range(0, len(ids), BLOCK):
            block = ids[start : start + BLOCK].tolist()
            marks = ",".join("?" * len(block))
            rows = self.model.rows(f"SELECT pk, {RECORD} FROM {table(self.model.name)} WHERE pk IN ({marks})", block)
            records = {row[0]: row[1:] for row in rows}
            for key in block:
                if key in records:
                    yield self._selected(read_record(records[key]))

    def first(self) -> dict[str, Any] | None:
        """The first record, or nothing."""
        found = replace(self, count_limit=1 if self.count_limit is None else min(1, self.count_limit)).records()
        return found[0] if found else None

    def last(self) -> dict[str, Any] | None:
        """The last record, or nothing."""
        if self.count_limit is not None or self.skip:
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
        if self.count_limit is None and not self.skip:
            rows = self.model.rows(f"SELECT count(*) FROM {self._from()}", self.condition.values)
        else:
            inner = f"SELECT 1 FROM {self._from()}{self._window()}"
            rows = self.model.rows(f"SELECT count(*) FROM ({inner})", self.condition.values)
        return int(rows[0][0]) if rows else 0

    def exists(self) -> bool:
        """True when there is at least one record."""
        return self.first() is not None

    def pluck(self, field: str) -> list[Any]:
        """The values of one field, in the order of the records."""
        path = self.model.check_path(field)
        return [value_at(record, path) for record in replace(self, fields=None).all()]

    def page(self, number: int, size: int = 20) -> dict[str, Any]:
        """One page of the records, counted from 1, with what is needed to show where one is."""
        if type(number) is not int or number < 1 or type(size) is not int or not 1 <= size <= 1000:
            raise fault("InvalidArgument", "a page has a number from 1 and a size from 1 to 1000")
        total = self.count()
        items = replace(self, count_limit=size, skip=self.skip + (number - 1) * size).all()
        pages = (total + size - 1) // size
        return {
            "items": items, "page": number, "size": size, "total": total, "pages": pages, "has_next": number < pages,
        }  # fmt: skip

    def distinct(self, field: str) -> list[Any]:
        """The different values of one field, sorted: null, truth values, numbers, texts, then the rest."""
        from horus_runtime.modules.osiris.functions import canonical

        found = {canonical(value): value for value in self.pluck(field)}
        return [found[key] for key in sorted(found, key=lambda key: (_rank(found[key]), _sortable(found[key]), key))]

    def total(self, what: str, field: str) -> Any:
        """`sum`, `avg`, `min` or `max` of a field; nothing when no record has a value."""
        path = self.model.check_path(field)
        other = "'true','false','array','object'" + (",'text'" if what in {"sum", "avg"} else "")
        kind = type_of(path)
        sort = f"CASE WHEN {kind} = 'text' THEN 1 WHEN {kind} IN ('integer','real') THEN 2 END"
        columns = f"{what}({value_of(path)}), sum({kind} IN ({other})), count(DISTINCT {sort})"
        sql = f"SELECT {columns} FROM {self._from()}"
        rows = self.model.rows(sql, self.condition.values)
        value, strange, kinds = rows[0] if rows else (None, 0, 0)
        if strange or kinds > 1:
            message = f"'{field}' of '{self.model.name}' has values that {what} cannot use"
            raise fault("TypeMismatch", message, model=self.model.name, field=field)
        return value

    def update_all(self, changes: dict[str, Any]) -> int:
        """Change every record, validated one by one; all or nothing."""
        with self.model.store.transaction():
            ids = [row[0] for row in self._rows("id")]
            for key in ids:
                self.model.update(key, changes)
        return len(ids)

    def delete_all(self, *, everything: bool = False) -> int:
        """Delete every record; without any filter only when `everything` is asked for."""
        if not self.filtered and not everything:
            raise fault(
                "InvalidArgument",
                f"delete_all without a filter would empty '{self.model.name}'",
                hint="use #{all: true} if that is meant",
            )
        with self.model.store.transaction():
            return self.model.delete_many([row[0] for row in self._rows("id")])

    # --- SQL ---------------------------------------------------------------------------------------------------------

    def records(self, *, reverse_ties: bool = False) -> list[dict[str, Any]]:
        """The records without a cap on their number."""
        return [self._selected(read_record(row)) for row in self._rows(RECORD, reverse_ties=reverse_ties)]

    def _rows(self, columns: str, *, reverse_ties: bool = False) -> list[Any]:
        keys = [f"{value_of(name)}{' DESC' if down else ''}" for name, down in self.ordering]
        order = ", ".join([*keys, "pk DESC" if reverse_ties else "pk"])
        sql = f"SELECT {columns} FROM {self._from()} ORDER BY {order}{self._window()}"
        return self.model.rows(sql, self.condition.values)

    def _from(self) -> str:
        where = f" WHERE {self.condition.sql}" if self.condition is not ALWAYS else ""
        return f"{table(self.model.name)}{where}"

    def _window(self) -> str:
        if self.count_limit is None and not self.skip:
            return ""
        limit = -1 if self.count_limit is None else self.count_limit
        return f" LIMIT {int(limit)}" + (f" OFFSET {int(self.skip)}" if self.skip else "")

    def _selected(self, record: dict[str, Any]) -> dict[str, Any]:
        if self.fields is None:
            return record
        return {"id": record["id"], **{name: value_at(record, name) for name in self.fields}}

    def explain(self) -> dict[str, Any]:
        """The statement, its bound values, SQLite's plan, and whether an index helps."""
        sql = f"SELECT {RECORD} FROM {self._from()} ORDER BY pk{self._window()}"
        plan = [row[3] for row in self.model.rows(f"EXPLAIN QUERY PLAN {sql}", self.condition.values)]
        used = any("USING INDEX" in step or "USING COVERING INDEX" in step for step in plan)
        return {"sql": sql, "params": list(self.condition.values), "plan": plan, "uses_index": used}


def value_at(record: dict[str, Any], path: str) -> Any:
    """The value that a field or a dotted path leads to; nothing where the way ends."""
    value: Any = record
    for part in (path,) if path in _COLUMNS else path.split("."):
        if type(value) is dict:
            value = value.get(part)
        elif type(value) is list and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _not_negative(name: str, number: Any) -> int:
    if type(number) is not int or number < 0:
        raise fault("InvalidArgument", f"{name} needs a number from 0, not {shown(number)}")
    return number


def _rank(value: Any) -> int:
    ranks: dict[type, int] = {type(None): 0, bool: 1, int: 2, float: 2, str: 3, list: 4}
    return ranks.get(type(value), 5)


def _sortable(value: Any) -> Any:
    return value if type(value) in {bool, int, float, str} else 0
