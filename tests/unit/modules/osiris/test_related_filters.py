"""Filters that reach across relations: `where("author.email", ...)`."""

import pytest

from horus_runtime.errors import HostFailure


@pytest.fixture
def posts(store):
    users = store.model("users")
    users.declare({"name": "string!", "team": "ref(teams)", "address": "map"})
    store.model("teams").create_many([{"id": "t1", "name": "red"}, {"id": "t2", "name": "blue"}])
    users.create_many(
        [
            {"id": "ann", "name": "Ann", "team": "t1", "address": {"city": "Rome"}},
            {"id": "bob", "name": "Bob", "team": "t2"},
            {"id": "eve", "name": "Eve"},
        ]
    )
    users.has_many("posts", "posts", "author")
    users.has_one("profile", "profiles", "user_id")
    made = store.model("posts")
    made.declare({"title": "string!", "author": "ref(users)"})
    made.create_many(
        [
            {"id": "p1", "title": "one", "author": "ann"},
            {"id": "p2", "title": "two", "author": "bob"},
            {"id": "p3", "title": "three", "author": "ann"},
            {"id": "p4", "title": "four"},
        ]
    )
    made.many_to_many("tags", "tags")
    return made


def ids(query):
    return [record["id"] for record in query.all()]


def test_a_reference_leads_to_the_fields_of_the_other_record(posts):
    assert ids(posts.where("author.name", "Ann")) == ["p1", "p3"]
    assert ids(posts.where("author.name", "!=", "Ann")) == ["p2"]
    assert ids(posts.where({"author.name__starts_with": "B"})) == ["p2"]
    assert ids(posts.where({"author.name": {"$in": ["Ann", "Bob"]}, "title": "one"})) == ["p1"]
    assert ids(posts.where("author.address.city", "Rome")) == ["p1", "p3"]
    assert ids(posts.where("author.id", "bob")) == ["p2"]


def test_relations_lead_on_to_relations(posts):
    assert ids(posts.where("author.team.name", "blue")) == ["p2"]
    users = posts.store.model("users")
    assert ids(users.where("team.name", "red")) == ["ann"]


def test_the_many_count_where_one_of_them_fits(posts):
    users = posts.store.model("users")
    assert ids(users.where("posts.title", "in", ["three", "two"])) == ["ann", "bob"]
    assert ids(users.where({"not": {"posts.title__exists": True}})) == ["eve"]
    users.store.model("profiles").create({"user_id": "eve", "lang": "en"})
    assert ids(users.where("profile.lang", "en")) == ["eve"]


def test_many_to_many_goes_through_the_model_in_between(posts):
    tags = posts.store.model("tags")
    for name in ("news", "old"):
        tags.create({"id": name, "label": name})
    posts.attach("p1", "tags", "news")
    posts.attach("p2", "tags", "old")
    posts.attach("p2", "tags", "news")
    assert ids(posts.where("tags.label", "news")) == ["p1", "p2"]
    assert ids(posts.where("tags.label", "old")) == ["p2"]


def test_a_model_without_records_relates_to_nothing_and_harms_no_other_condition(posts):
    users = posts.store.model("users")
    assert ids(users.where("profile.lang", "en")) == []
    assert ids(users.where({"or": [{"profile.lang": "en"}, {"name": "Eve"}]})) == ["eve"]
    assert ids(posts.where({"not": {"tags.label": "news"}})) == ["p1", "p2", "p3", "p4"]


def test_plain_fields_of_maps_are_no_relations(posts):
    users = posts.store.model("users")
    assert ids(users.where("address.city", "Rome")) == ["ann"]


def test_unknown_fields_of_the_other_model_are_refused(posts):
    with pytest.raises(HostFailure) as caught:
        posts.where("author.nmae", "Ann").all()
    assert caught.value.value["message"].startswith("'users' has no field 'nmae'; known: name, team, address")


def test_values_are_bound_also_behind_a_relation(posts):
    assert ids(posts.where("author.name", "x' OR 1=1 --")) == []
    assert ids(posts.where("author.name", "{inner}")) == []


def test_counts_changes_and_orders_work_with_them(posts):
    assert posts.where("author.name", "Ann").count() == 2
    assert ids(posts.where("author.name", "Ann").order("-title")) == ["p3", "p1"]
    assert posts.where("author.name", "Ann").update_all({"title": "hers"}) == 2
    assert posts.where("author.team.name", "blue").delete_all() == 1
    assert ids(posts.query()) == ["p1", "p3", "p4"]
