"""Whatever texts and values callers hand to the model store: stored exactly, or refused by name; never SQL."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris import Store
from horus_runtime.modules.osiris.filters import _OPERATORS, SYMBOLS
from horus_runtime.modules.osiris.query import Query

KINDS = {
    "InvalidArgument", "TypeMismatch", "QuerySyntax", "ValidationFailed", "NotFound", "AlreadyExists", "LimitExceeded",
    "UniqueViolation", "Ambiguous",
}  # fmt: skip
HOSTILE = st.sampled_from(
    [
        "'; DROP TABLE m_users; --",
        '" OR 1=1 --', "x') OR ('1'='1", "%", "_", "\\", "$.a", '$."a"', "[0]", "a.b", "a__gt",
        "$where", "json_extract", "NULL", "--", "/*", "\0", "\ud800", "AND", "NEAR(a b)", "a*", '"', "title:x", "^a",
        "osiris_models", "sqlite_master", "rowid", "pk", "doc", "id", "_version",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=20), HOSTILE)
NUMBERS = st.one_of(st.integers(), st.integers(2**63 - 2, 2**63 + 2), st.floats())
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=8,
)
OPERATORS = st.one_of(st.sampled_from([*_OPERATORS, *SYMBOLS]), TEXTS)
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def users():
    """A model with an index, a search and some records, that no example may change."""
    with Store() as store:
        model = store.model("users").searchable("title")
        model.index("name")
        model.create_many([{"name": "Ann", "n": 1, "title": "a fox"}, {"name": "Bob", "n": 2.5, "tags": ["x"]}])
        yield model


def allowed(work) -> object:
    """The result of the work; refusals are fine when they have a kind that is meant for callers."""
    try:
        return work()
    except HostFailure as failure:
        if failure.failure not in KINDS:
            raise
        return None


def whole(model) -> bool:
    return (
        model.store.check() == []
        and model.store.models() == ["users"]
        and model.query().pluck("name") == ["Ann", "Bob"]
    )


@quick
@given(field=TEXTS, operator=OPERATORS, value=VALUES)
def test_filters_only_filter(users, field, operator, value):
    for build in (
        lambda: users.where(field, operator, value), lambda: users.where({field: value}),
        lambda: users.where({f"{field}__{operator}": value}), lambda: users.not_where(field, operator, value),
        lambda: users.where({"or": [{field: value}, {"name__contains": str(value)}]}),
    ):  # fmt: skip
        query = allowed(build)
        if isinstance(query, Query):
            found = allowed(query.all)
            assert found is None or len(found) <= 2
            allowed(query.explain)
    assert whole(users)


@quick
@given(text=TEXTS, other=TEXTS)
def test_texts_in_every_other_place_are_only_texts(users, text, other):
    for work in (
        lambda: users.search(text, fields=[other]), lambda: users.search(text),
        lambda: users.query().search(text).all(),
        lambda: users.order(text).all(), lambda: users.group_by(text).count(), lambda: users.query().total("sum", text),
        lambda: users.query().select([text, other]).all(), lambda: users.query().distinct(text),
        lambda: users.query().after(text), lambda: users.get(text), lambda: users.get_many([text, other]),
        lambda: users.query().include(text), lambda: users.store.model(text).count(), lambda: users.drop_index(text),
         lambda: users.store.has_table(text), lambda: users.export(text),
         lambda: users.store.namespace(text), lambda: users.at(text),
        lambda: users.delete(text), lambda: users.unset(text, other), lambda: users.query().pluck(text),
    ):  # fmt: skip
        allowed(work)
    assert whole(users)


@quick
@given(record=st.dictionaries(TEXTS, VALUES, max_size=4))
def test_records_come_back_as_they_were_or_are_refused(record):
    with Store() as store:
        made = allowed(lambda: store.model("any").create(record))
        if made is None:
            assert store.model("any").count() == 0
            return
        own = {"id", "created_at", "updated_at", "_version"}
        found = store.model("any").get(made["id"])
        assert found == made
        assert {k: v for k, v in found.items() if k not in own} == {k: v for k, v in record.items() if k not in own}
        assert all(type(found[k]) is type(v) for k, v in record.items() if k not in own)
        with Store() as other:
            copied = other.model("any").import_(store.model("any").export())
            assert (copied["created"], other.model("any").all()) == (1, [found])


@quick
@given(
    values=st.lists(
        st.one_of(st.integers(-5, 5), st.sampled_from([0.5, 1.0, -0.0]), TEXTS, st.booleans(), st.none()), max_size=8
    )
)
def test_pages_behind_cursors_are_the_whole_order(values):
    values = [value for value in values if not (type(value) is str and "\ud800" in value)]
    with Store() as store:
        model = store.model("m")
        model.create_many([{"v": value} for value in values])
        for ordering in ("v", "-v"):
            found, cursor = [], None
            while True:
                page = model.order(ordering).after(cursor, 2)
                found += [record["id"] for record in page["items"]]
                cursor = page.get("next")
                if cursor is None:
                    break
            assert found == model.order(ordering).ids()


@quick
@given(numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=6))
def test_aggregates_agree_with_python(numbers):
    with Store() as store:
        model = store.model("m")
        model.create_many([{"n": number} for number in numbers])
        query = model.query()
        assert (query.total("min", "n"), query.total("max", "n")) == (min(numbers), max(numbers))
        assert math.isclose(query.total("sum", "n"), math.fsum(numbers), rel_tol=1e-9, abs_tol=1e-6)
