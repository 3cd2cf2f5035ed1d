"""Keyset paging: a cursor says behind which record the next page begins, so that no page has to be counted off."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.filters import Condition, both
from horus_runtime.modules.osiris.names import value_of

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.query import Query


def page_after(query: Query, cursor: str | None, size: int) -> dict[str, Any]:
    """The next `size` records, and the cursor behind them when there are more."""
    if type(size) is not int or not 1 <= size <= 1000:
        raise fault("InvalidArgument", "a page has a size from 1 to 1000")
    if query.count_limit is not None or query.skip:
        raise fault("InvalidArgument", "after does not go together with limit and offset")
    if cursor:
        condition = _behind(query.ordering, _decoded(cursor, len(query.ordering)))
        joined = both((query.condition, condition)) if query.filtered else condition
        query = replace(query, condition=joined, filtered=True)
    keys = ", ".join(["pk", *(value_of(name) for name, _ in query.ordering)])
    marks = query.columns(keys, size + 1)
    items = replace(query, count_limit=size).records()
    page: dict[str, Any] = {"items": items}
    if len(marks) > size:
        pk, *values = marks[size - 1]
        page["next"] = base64.urlsafe_b64encode(json.dumps([*values, pk]).encode()).decode()
    return page


def _decoded(cursor: str, fields: int) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
    except ValueError:  # what base64 and JSON raise, too
        values = None
    if type(values) is not list or len(values) != fields + 1 or type(values[-1]) is not int:
        raise fault("InvalidArgument", f"{shown(cursor)} is not a cursor of this query")
    if any(type(value) not in {str, int, float, type(None)} for value in values):
        raise fault("InvalidArgument", f"{shown(cursor)} is not a cursor of this query")
    return values


def _behind(ordering: tuple[tuple[str, bool], ...], values: list[Any]) -> Condition:
    """Behind the record with these keys: a later first key, or the same one and behind in what follows."""
    if not ordering:
        return Condition("pk > ?", (values[0],))
    (name, down), value = ordering[0], values[0]
    rest = _behind(ordering[1:], values[1:])
    key = value_of(name)
    if value is None:  # nulls come first, or last when the order goes down
        same = Condition(f"({key} IS NULL AND {rest.sql})", rest.values)
        return same if down else Condition(f"({key} IS NOT NULL OR {same.sql})", same.values)
    later = f"({key} < ? OR {key} IS NULL)" if down else f"{key} > ?"
    return Condition(f"({later} OR ({key} = ? AND {rest.sql}))", (value, value, *rest.values))
