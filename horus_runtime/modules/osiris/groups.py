"""Groups: the records of a query by the values of one field. Input: a query; output: a map per value."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from horus_runtime.modules.osiris.faults import fault
from horus_runtime.modules.osiris.names import type_of, value_of
from horus_runtime.modules.osiris.query import aggregate, check_aggregate

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.query import Query


@dataclass(frozen=True, slots=True)
class Groups:
    """What `group_by` gives. Records with null and those without the field are one group."""

    query: Query
    field: str

    def __repr__(self) -> str:
        return f"Groups({self.query.model.name}, {self.field})"

    def count(self) -> list[dict[str, Any]]:
        """`#{key, count}` for each value, the largest group first."""
        return [{"key": key, "count": number} for key, number in self._rows("count(*)")]

    def total(self, what: str, field: str) -> list[dict[str, Any]]:
        """`#{key, sum}` (or `avg`, `min`, `max`) of another field for each value, the largest group first."""
        model = self.query.model
        found = []
        for key, _, value, strange, kinds in self._rows(f"count(*), {aggregate(what, model.check_path(field))}"):
            check_aggregate(model.name, what, field, strange, kinds)
            found.append({"key": key, what: value})
        return found

    def keys(self) -> list[Any]:
        """The different values."""
        return [row[0] for row in self._rows("count(*)")]

    def _rows(self, columns: str) -> list[tuple[Any, ...]]:
        query, cap = self.query, self.query.model.store.max_rows
        value, kind = value_of(self.field), type_of(self.field)
        # 1 and 1.0 are one value, 1 and true are two.
        sort = f"CASE {kind} WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' ELSE coalesce({kind}, 'null') END"
        sql = (
            f"SELECT {sort} AS sort, {value} AS key, {columns} FROM {query.selected_from()}"
            f" GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT {cap + 1}"
        )
        rows = query.model.rows(sql, query.values)
        if len(rows) > cap:
            raise fault("LimitExceeded", f"'{self.field}' has more than {cap} values", model=query.model.name)
        return [(_key(row[0], row[1]), *row[2:]) for row in rows]


def _key(sort: str, value: Any) -> Any:
    """A group's value as scripts know it."""
    if sort in {"true", "false"}:
        return sort == "true"
    return json.loads(value) if sort in {"array", "object"} else value
