"""Filters, orders and results of queries."""

import pytest

from horus_runtime.errors import HostFailure

PEOPLE = [
    {"id": "1", "name": "Ann", "age": 30, "tags": ["a", "b"], "city": {"zip": 10, "name": "Rom"}, "ok": True},
    {"id": "2", "name": "bob", "age": 25.0, "tags": [], "city": {"zip": 20}, "ok": False},
    {"id": "3", "name": "Émile", "age": None, "note": "1"},
    {"id": "4", "name": "anna", "age": "30", "tags": ["c", 1, None, {"k": 1}], "ok": 1},
]


@pytest.fixture
def people(store):
    model = store.model("people")
    model.create_many(PEOPLE)
    return model


def failure(function, *args) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args)
    return caught.value.value


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, "1234"),
        ({"name": "Ann"}, "1"),
        ({"age": 30}, "1"),
        ({"age": 30.0}, "1"),
        ({"age": 25}, "2"),
        ({"age": "30"}, "4"),
        ({"age": None}, "3"),
        ({"ok": True}, "1"),
        ({"ok": 1}, "4"),
        ({"ok": False}, "2"),
        ({"ok": None}, "3"),
        ({"age__ne": 30}, "234"),
        ({"missing__ne": 1}, "1234"),
        ({"age__gt": 25}, "1"),
        ({"age__gte": 25}, "12"),
        ({"age__lt": 30}, "2"),
        ({"age__lte": 30}, "12"),
        ({"name__gt": "anna"}, "23"),
        ({"age__between": [25, 29]}, "2"),
        ({"age__in": [30, "30", None]}, "134"),
        ({"age__in": []}, ""),
        ({"age__not_in": []}, "1234"),
        ({"age__not_in": [30]}, "234"),
        ({"ok__in": [True, 1]}, "14"),
        ({"age__exists": True}, "1234"),
        ({"ok__exists": False}, "3"),
        ({"name__contains": "nn"}, "14"),
        ({"tags__contains": "a"}, "1"),
        ({"tags__contains": 1}, "4"),
        ({"tags__contains": None}, "4"),
        ({"tags__contains": {"k": 1.0}}, "4"),
        ({"name__icontains": "ANN"}, "14"),
        ({"name__icontains": "éMI"}, "3"),
        ({"name__iexact": "ANN"}, "1"),
        ({"name__starts_with": "an"}, "4"),
        ({"name__starts_with": ""}, "1234"),
        ({"name__ends_with": "b"}, "2"),
        ({"name__ends_with": ""}, "1234"),
        ({"name__regex": "^[Aa]nn"}, "14"),
        ({"tags__all": ["a", "b"]}, "1"),
        ({"tags__all": []}, "1234"),
        ({"tags__any": {"k": 1}}, "4"),
        ({"tags__any": {"k__gt": 5}}, ""),
        ({"tags__size": 0}, "2"),
        ({"tags__size": 2}, "1"),
        ({"name__size": 5}, "3"),
        ({"age__type": "string"}, "4"),
        ({"age__type": "null"}, "3"),
        ({"city.zip": 20}, "2"),
        ({"city.name": "Rom"}, "1"),
        ({"tags.0": "c"}, "4"),
        ({"city": {"name": "Rom", "zip": 10.0}}, "1"),
        ({"tags": ["a", "b"]}, "1"),
        ({"tags": []}, "2"),
        ({"age": {"$gte": 25, "$lt": 30}}, "2"),
        ({"name": {"$in": ["bob", "x"]}}, "2"),
        ({"or": [{"name": "bob"}, {"age": 30}]}, "12"),
        ({"and": [{"name__contains": "n"}, {"age": "30"}]}, "4"),
        ({"not": {"name": "bob"}}, "134"),
        ({"$nor": [{"name": "bob"}, {"name": "Ann"}]}, "34"),
        ({"or": []}, ""),
        ({"and": []}, "1234"),
        ({"id": "2"}, "2"),
        ({"id__in": ["1", "4"]}, "14"),
        ({"_version": 1, "created_at__gt": "2023"}, "1234"),
        ({"note": 1}, ""),
    ],
)
def test_filters(people, wanted, ids):
    assert "".join(record["id"] for record in people.find(wanted)) == ids


@pytest.mark.parametrize(
    ("operator", "value", "ids"),
    [("==", 30, "1"), ("!=", 30, "234"), (">=", 25, "12"), ("in", [25], "2"), ("not in", [25], "134"),
     ("~", "x", ""), ("exists", True, "1234"), ("between", [1, 26], "2")],
)  # fmt: skip
def test_where_with_symbols(people, operator, value, ids):
    assert "".join(record["id"] for record in people.where("age", operator, value).all()) == ids


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ({"age__near": 1}, "QuerySyntax"),
        ({"age": {"$near": 1}}, "QuerySyntax"),
        ({"age__gt": None}, "QuerySyntax"),
        ({"age__in": 1}, "QuerySyntax"),
        ({"age__between": [1]}, "QuerySyntax"),
        ({"or": 1}, "QuerySyntax"),
        ({"and": [1]}, "QuerySyntax"),
        ({"name__regex": "("}, "QuerySyntax"),
        ({"name__regex": "(a+)+$"}, "QuerySyntax"),
        ({"name__starts_with": 1}, "QuerySyntax"),
        ({"tags__size": -1}, "QuerySyntax"),
        ({"age__type": "number"}, "QuerySyntax"),
        ({"_hidden": 1}, "InvalidArgument"),
        ({'a"b': 1}, "InvalidArgument"),
        ({"a..b": 1}, "InvalidArgument"),
        ({"age": 2**70}, "InvalidArgument"),
        (7, "QuerySyntax"),
    ],
)
def test_wrong_filters_have_kinds(people, wanted, kind):
    assert failure(people.find, wanted)["kind"] == kind


def test_unknown_operators_list_the_known_ones(people):
    message = failure(people.where, "age", "=>", 3)["message"]
    assert message.startswith("unknown operator '=>' on 'age'; known: eq, ne, gt, gte, lt, lte, between, in, not_in,")


def test_deeply_nested_filters_are_refused(people):
    wanted: dict = {"a": 1}
    for _ in range(40):
        wanted = {"and": [wanted]}
    assert failure(people.find, wanted)["message"] == "a filter is nested deeper than 32 levels"


def test_sql_in_values_is_only_text(people):
    for text in ("'; DROP TABLE m_people; --", '" OR 1=1 --', "%", "_", "\\"):
        assert people.find({"name": text}) == []
        assert people.find({"name__contains": text}) == []
    assert people.count() == 4


def test_queries_never_change(people):
    everything = people.query()
    narrow = everything.where({"age__gte": 25})
    narrow.order("-age").limit(1).offset(1)
    assert (everything.count(), narrow.count()) == (4, 2)


def test_or_and_not(people):
    assert people.where("name", "bob").or_where("name", "==", "Ann").count() == 2
    assert people.where("name", "bob").not_where({"age": 25}).count() == 0
    assert people.query().or_where({"name": "bob"}).count() == 1


def test_order_sorts_mixed_types_and_keeps_ties_stable(people):
    def ids(query):
        return "".join(record["id"] for record in query.all())

    assert ids(people.query().order("age")) == "3214"
    assert ids(people.query().order("-age")) == "4123"
    assert ids(people.query().order(["ok", "-id"])) == "3241"
    assert ids(people.query().order("none")) == "1234"
    assert failure(people.query().order, 7)["kind"] == "InvalidArgument"


def test_any_reaches_into_lists_in_lists(store):
    model = store.model("orders")
    model.create({"id": "1", "lines": [{"n": 1, "parts": [{"k": "a", "tags": ["x"]}]}, {"n": 2, "parts": []}]})
    model.create({"id": "2", "lines": [{"n": 1, "parts": []}, {"n": 2, "parts": [{"k": "a"}]}]})

    def ids(wanted):
        return "".join(record["id"] for record in model.find(wanted))

    assert ids({"lines__any": {"n": 2, "parts__any": {"k": "a"}}}) == "2"
    assert ids({"lines__any": {"parts__any": {"tags__contains": "x"}}}) == "1"
    assert ids({"lines__any": {"or": [{"n": 7}, {"parts__size": 1}]}}) == "12"


def test_limits_and_pages(people):
    query = people.query()
    assert query.limit(0).all() == []
    assert [r["id"] for r in query.offset(2).all()] == ["3", "4"]
    assert [r["id"] for r in query.limit(2).offset(1).all()] == ["2", "3"]
    assert (query.limit(2).count(), query.offset(3).count(), query.limit(0).first()) == (2, 1, None)
    assert failure(query.limit, -1)["message"] == "limit needs a number from 0, not -1"
    page = query.page(2, 3)
    assert ([r["id"] for r in page.pop("items")], page) == (
        ["4"], {"page": 2, "size": 3, "total": 4, "pages": 2, "has_next": False},
    )  # fmt: skip
    assert failure(query.page, 0)["kind"] == "InvalidArgument"


def test_first_last_one(people):
    query = people.query()
    assert (query.first()["id"], query.last()["id"]) == ("1", "4")
    assert query.order("-id").last()["id"] == "1"
    assert query.limit(2).last()["id"] == "2"
    assert people.where({"name": "none"}).last() is None
    assert people.where({"name": "bob"}).one()["id"] == "2"
    assert failure(people.where({"name": "none"}).one)["kind"] == "NotFound"
    assert failure(people.query().one)["count"] == 4
    assert people.find_one({"age__gte": 1})["id"] == "1"
    assert (people.exists({"name": "bob"}), people.exists("9")) == (True, False)


def test_pluck_select_distinct(people):
    assert people.query().pluck("city.zip") == [10, 20, None, None]
    assert people.query().limit(2).select(["name", "city.zip"]).all() == [
        {"id": "1", "name": "Ann", "city.zip": 10}, {"id": "2", "name": "bob", "city.zip": 20},
    ]  # fmt: skip
    assert people.query().distinct("ok") == [None, False, True, 1]


def test_sums_need_values_of_one_kind(people):
    numbers = people.where({"age__type": "int"}).or_where({"age__type": "float"})
    assert [numbers.total(what, "age") for what in ("sum", "avg", "min", "max")] == [55.0, 27.5, 25.0, 30]
    assert people.query().total("min", "name") == "Ann"
    assert people.where({"name": "none"}).total("sum", "age") is None
    assert failure(people.query().total, "sum", "age")["kind"] == "TypeMismatch"
    assert failure(people.query().total, "max", "age")["kind"] == "TypeMismatch"
    assert failure(people.query().total, "max", "tags")["kind"] == "TypeMismatch"


def test_update_all_and_delete_all(people):
    assert people.where({"age__gte": 1}).update_all({"seen": True}) == 2
    assert people.where({"seen": True}).delete_all() == 2
    assert failure(people.query().delete_all)["hint"] == "use #{all: true} if that is meant"
    assert people.query().delete_all(everything=True) == 2


def test_all_is_capped_and_each_is_not(store):
    model = store.model("many")
    store.max_rows = 10
    model.create_many([{"n": n} for n in range(1200)])
    assert failure(model.all)["hint"] == "use limit, page or each"
    assert len(model.query().limit(10).all()) == 10
    assert [record["n"] for record in model.query().order("-n").each()][:3] == [1199, 1198, 1197]
    seen = 0
    for record in model.each():  # writing meanwhile
        model.delete(record["id"])
        seen += 1
    assert (seen, model.count()) == (1200, 0)


def test_thousands_of_ids_fit_into_one_filter(store):
    model = store.model("many")
    keys = [record["id"] for record in model.create_many([{} for _ in range(3000)])]
    assert model.where("id", "in", keys).count() == 3000


@pytest.mark.parametrize(
    "wanted", [{"name": "x"}, {"name__starts_with": "x"}, {"name__in": ["x", "y"]}, {"name": None}]
)
def test_indexes_are_used(people, wanted):
    people.index("name")
    assert people.where(wanted).explain()["uses_index"] is True


def test_each_with_filter_goes_through_the_records_that_matched_at_the_beginning(store, monkeypatch):
    monkeypatch.setattr("horus_runtime.modules.osiris.spool._IN_MEMORY", 4096)  # so that a file takes the numbers
    model = store.model("seen")
    model.create_many([{"n": n, "open": n % 3 != 0} for n in range(1800)])
    visited = []
    for record in model.where("open", True).order("-n").each():
        visited.append(record["n"])
        model.update(record["id"], {"open": False})
        model.create({"n": 5000, "open": True})
    assert visited == [n for n in range(1799, -1, -1) if n % 3 != 0]
    assert [record["n"] for record in model.where("open", True).limit(3).each()] == [5000] * 3


def test_each_says_when_there_is_no_room_for_its_row_numbers(store, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    model = store.model("seen")
    model.create_many([{"n": n} for n in range(10)])
    monkeypatch.setattr("horus_runtime.modules.osiris.spool.SpooledTemporaryFile.write", full)
    with pytest.raises(HostFailure) as caught:
        [*model.where("n", ">", 1).each()]
    assert caught.value.failure == "StorageError"
    message = "a temporary file for a long query cannot be written: No space left on device"
    assert caught.value.value["message"] == message
