"""Methods that read records, and queries."""

from __future__ import annotations

from typing import Any

from horus_runtime.modules.host import HostCall, Options
from horus_runtime.modules.osiris.groups import Groups
from horus_runtime.modules.osiris.model import Model
from horus_runtime.modules.osiris.query import Query
from horus_runtime.modules.osiris.script.gate import on_both, on_groups, on_model, on_query
from horus_runtime.runtime.fn_ptr import FnPtr


@on_model("read")
def get(call: HostCall, model: Model, id_: str) -> dict[str, Any]:
    """The record of an id; `NotFound` when there is none."""
    return model.get(id_)


@on_model("read")
def get_or(call: HostCall, model: Model, id_: str, default: Any) -> Any:
    """The record of an id, or the default."""
    found = model.find_by_id(id_)
    return default if found is None else found


@on_model("read")
def find_by_id(call: HostCall, model: Model, id_: str) -> Any:
    """The record of an id, or `()`."""
    return model.find_by_id(id_)


@on_model("read")
def get_many(call: HostCall, model: Model, ids: list[Any]) -> list[Any]:
    """The records of several ids, in the order asked; missing ones are left out."""
    return model.get_many(ids)


@on_model("read")
def find(call: HostCall, model: Model, filter_: dict[str, Any] | None = None) -> list[Any]:
    """The records that match a filter."""
    return model.find(filter_)


@on_model("read")
def find_one(call: HostCall, model: Model, filter_: dict[str, Any]) -> Any:
    """The first record that matches a filter, or `()`."""
    return model.find_one(filter_)


@on_model("read", name="exists")
def model_exists(call: HostCall, model: Model, what: str | dict[str, Any]) -> bool:
    """True when there is a record of this id, or one that matches this filter."""
    return model.exists(what)


@on_model("read", name="name")
def model_name(call: HostCall, model: Model) -> str:
    """The model's name."""
    return model.name


def _query(receiver: Model | Query) -> Query:
    return receiver if isinstance(receiver, Query) else receiver.query()


@on_both("read", name="where")
def where_filter(call: HostCall, what: Any, filter_: dict[str, Any]) -> Query:
    """The records that match a filter map."""
    return _query(what).where(filter_)


@on_both("read", name="where")
def where_value(call: HostCall, what: Any, field: str, value: Any) -> Query:
    """The records whose field has a value."""
    return _query(what).where(field, value)


@on_both("read", name="where")
def where_operator(call: HostCall, what: Any, field: str, operator: str, value: Any) -> Query:
    """The records whose field compares to a value."""
    return _query(what).where(field, operator, value)


@on_both("read", name="or_where")
def or_where_filter(call: HostCall, what: Any, filter_: dict[str, Any]) -> Query:
    """Also the records that match a filter map."""
    return _query(what).or_where(filter_)


@on_both("read", name="or_where")
def or_where_operator(call: HostCall, what: Any, field: str, operator: str, value: Any) -> Query:
    """Also the records whose field compares to a value."""
    return _query(what).or_where(field, operator, value)


@on_both("read", name="not_where")
def not_where_filter(call: HostCall, what: Any, filter_: dict[str, Any]) -> Query:
    """Only the records that do not match a filter map."""
    return _query(what).not_where(filter_)


@on_both("read", name="not_where")
def not_where_operator(call: HostCall, what: Any, field: str, operator: str, value: Any) -> Query:
    """Only the records whose field does not compare to a value."""
    return _query(what).not_where(field, operator, value)


@on_both("read")
def order(call: HostCall, what: Any, fields: str | list[Any]) -> Query:
    """Sort by a field, or several; those with a `-` in front downwards."""
    return _query(what).order(*(fields if isinstance(fields, list) else [fields]))


@on_both("read")
def limit(call: HostCall, what: Any, number: int) -> Query:
    """At most so many records."""
    return _query(what).limit(number)


@on_both("read")
def offset(call: HostCall, what: Any, number: int) -> Query:
    """Leave out so many records at the beginning."""
    return _query(what).offset(number)


@on_both("read")
def select(call: HostCall, what: Any, fields: str | list[Any]) -> Query:
    """Maps with only these fields, and the id."""
    return _query(what).select(fields)


@on_both("read", name="all")
def all_(call: HostCall, what: Any) -> list[Any]:
    """All records."""
    return _query(what).all()


@on_both("read")
def each(call: HostCall, what: Any, work: FnPtr) -> int:
    """Call a function with each record, in constant memory; `false` from it stops. Gives how many were visited."""
    visited = 0
    visit = call.context.callable(work, 1)
    for record in _query(what).each():
        visited += 1
        if visit(record) is False:
            break
    return visited


@on_both("read")
def first(call: HostCall, what: Any) -> Any:
    """The first record, or `()`."""
    return _query(what).first()


@on_both("read")
def last(call: HostCall, what: Any) -> Any:
    """The last record, or `()`."""
    return _query(what).last()


@on_both("read")
def one(call: HostCall, what: Any) -> dict[str, Any]:
    """The only record; `NotFound` when there is none, `Ambiguous` when there are several."""
    return _query(what).one()


@on_both("read")
def count(call: HostCall, what: Any) -> int:
    """How many records there are."""
    return _query(what).count()


@on_query("read", name="exists")
def query_exists(call: HostCall, query: Query) -> bool:
    """True when there is at least one record."""
    return query.exists()


@on_both("read")
def page(call: HostCall, what: Any, number: int, size: int = 20) -> dict[str, Any]:
    """One page, counted from 1: a map with items, page, size, total, pages, has_next."""
    return _query(what).page(number, size)


@on_both("read")
def pluck(call: HostCall, what: Any, field: str) -> list[Any]:
    """The values of one field."""
    return _query(what).pluck(field)


@on_both("read")
def distinct(call: HostCall, what: Any, field: str) -> list[Any]:
    """The different values of one field, sorted."""
    return _query(what).distinct(field)


@on_both("read", name="sum")
def sum_(call: HostCall, what: Any, field: str) -> Any:
    """The sum of a field, or `()`."""
    return _query(what).total("sum", field)


@on_both("read")
def avg(call: HostCall, what: Any, field: str) -> Any:
    """The mean of a field, or `()`."""
    return _query(what).total("avg", field)


@on_both("read", name="min")
def min_(call: HostCall, what: Any, field: str) -> Any:
    """The smallest value of a field, or `()`."""
    return _query(what).total("min", field)


@on_both("read", name="max")
def max_(call: HostCall, what: Any, field: str) -> Any:
    """The largest value of a field, or `()`."""
    return _query(what).total("max", field)


@on_both("read")
def explain(call: HostCall, what: Any) -> dict[str, Any]:
    """How the store would find the records: statement, values, plan, and whether an index helps."""
    return _query(what).explain()


@on_both("read")
def after(call: HostCall, what: Any, cursor: str | None, size: int = 20) -> dict[str, Any]:
    """The page behind a cursor, `()` for the first one: a map with items, and next when there are more."""
    return _query(what).after(cursor, size)


@on_both("read")
def include(call: HostCall, what: Any, relations: str | list[Any]) -> Query:
    """Embed the records of a relation (or several): one more read for each relation, not for each record."""
    return _query(what).include(*(relations if isinstance(relations, list) else [relations]))


@on_both("read")
def group_by(call: HostCall, what: Any, field: str) -> Groups:
    """The records by the values of a field, to be counted or added up."""
    return _query(what).group_by(field)


@on_groups(name="count")
def groups_count(call: HostCall, groups: Groups) -> list[Any]:
    """How many records each value has: maps with key and count, the largest first."""
    return list(groups.count())


@on_groups(name="sum")
def groups_sum(call: HostCall, groups: Groups, field: str) -> list[Any]:
    """The sum of a field for each value: maps with key and sum."""
    return list(groups.total("sum", field))


@on_groups(name="avg")
def groups_avg(call: HostCall, groups: Groups, field: str) -> list[Any]:
    """The mean of a field for each value: maps with key and avg."""
    return list(groups.total("avg", field))


@on_groups(name="min")
def groups_min(call: HostCall, groups: Groups, field: str) -> list[Any]:
    """The smallest value of a field for each value: maps with key and min."""
    return list(groups.total("min", field))


@on_groups(name="max")
def groups_max(call: HostCall, groups: Groups, field: str) -> list[Any]:
    """The largest value of a field for each value: maps with key and max."""
    return list(groups.total("max", field))


@on_model("read")
def related(call: HostCall, model: Model, record: Any, relation: str) -> Any:
    """The related record, `()` when there is none, or a query for many."""
    return model.related(record, relation)


class SearchOptions(Options):
    """Options of `search`."""

    limit: int = 20
    offset: int = 0
    fields: list[Any] | None = None
    weights: dict[str, Any] | None = None
    prefix: bool = True
    match: str = "all"
    filter: dict[str, Any] | None = None
    snippet: bool = False
    highlight: bool = False


def _search_options(opts: SearchOptions) -> dict[str, Any]:
    names = ("limit", "offset", "fields", "weights", "prefix", "match", "snippet", "highlight")
    return {name: getattr(opts, name) for name in names} | {"filter_": opts.filter}


@on_model("read")
def search(call: HostCall, model: Model, text: str, opts: SearchOptions) -> list[Any]:
    """The records that contain the words of a text, best first, each with `_score`."""
    return model.search(text, **_search_options(opts))


@on_model("read")
def search_ids(call: HostCall, model: Model, text: str, opts: SearchOptions) -> list[Any]:
    """The ids of what `search` finds."""
    return model.search_ids(text, **_search_options(opts))


class MatchOptions(Options):
    """Options of searches that only narrow down."""

    fields: list[Any] | None = None
    prefix: bool = True
    match: str = "all"


@on_model("read")
def search_count(call: HostCall, model: Model, text: str, opts: MatchOptions) -> int:
    """How many records contain the words of a text."""
    return model.search_count(text, fields=opts.fields, prefix=opts.prefix, match=opts.match)


@on_query("read", name="search")
def query_search(call: HostCall, query: Query, text: str, opts: MatchOptions) -> Query:
    """Only the records that contain the words of a text."""
    return query.search(text, fields=opts.fields, prefix=opts.prefix, match=opts.match)


@on_model("read")
def history(call: HostCall, model: Model, id_: str) -> list[Any]:
    """What happened to a record, the oldest first: maps with seq, id, action, record, version, at, by."""
    return [change.to_map() for change in model.history(id_)]


@on_model("read")
def at(call: HostCall, model: Model, moment: str) -> Query:
    """The records as they were at a moment; needs `keep_history`."""
    return model.at(moment)


@on_model("read")
def changes(call: HostCall, model: Model, since: int = 0) -> list[Any]:
    """The next changes (at most 500) behind a sequence number: maps as `history` gives them."""
    from horus_runtime.modules.osiris.history import next_changes

    return [change.to_map() for change in next_changes(model, since)]
