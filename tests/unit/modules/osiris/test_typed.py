"""Pydantic classes over the same records that scripts see."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import ClassVar, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, computed_field

import horus_runtime as hr
from horus_runtime.errors import HostFailure


def failure(function, *args, **options) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args, **options)
    return caught.value.value


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    city: str


class User(BaseModel):
    osiris_model: ClassVar[str] = "users"

    id: str = ""
    version: int | None = None
    name: str = Field(min_length=1, max_length=20, json_schema_extra={"search": True})
    email: str = Field(json_schema_extra={"unique": True})
    age: int | None = Field(default=None, ge=0, le=150)
    color: Color = Color.RED
    level: Literal[1, 2, 3] = 1
    address: Address | None = None
    tags: list[str] = Field(default_factory=list)
    born: date | None = None
    seen: datetime | None = None
    boss: str | None = Field(default=None, json_schema_extra={"ref": "users", "on_delete": "set_null"})


ANN = {"name": "Ann", "email": "ann@example.com", "age": 30, "address": {"city": "Oslo"}, "born": "1990-01-31"}


@pytest.fixture
def users(store):
    return store.collection(User)


def test_fields_become_a_schema(users):
    assert users.model.name == "users"
    assert users.model.schema() == {
        "name": {"type": "string", "required": True, "min_length": 1, "max_length": 20, "search": True},
        "email": {"type": "string", "required": True, "unique": True},
        "age": {"type": "int", "min": 0, "max": 150},
        "color": {"type": "string", "one_of": ["red", "blue"], "default": "red"},
        "level": {"type": "int", "one_of": [1, 2, 3], "default": 1},
        "address": {"type": "map"},
        "tags": {"type": "list(string)"},
        "born": {"type": "date"},
        "seen": {"type": "datetime"},
        "boss": {"type": "ref(users)", "on_delete": "set_null"},
    }


def test_instances_go_in_and_come_out(users):
    made = users.create(User(**ANN, seen=datetime(2024, 1, 2, tzinfo=UTC)))
    assert (made.id, made.version, made.born, made.address) == ("id-0001", 1, date(1990, 1, 31), Address(city="Oslo"))
    assert made.seen == datetime(2024, 1, 2, tzinfo=UTC)
    assert users.get(made.id) == made
    assert users.where("address.city", "Oslo").one() == made
    assert users.query().order("-age").limit(1).first() == made
    assert [*users.each()] == users.all() == [made]
    assert (users.count(), users.search("ann")[0].id, users.find_by_id("zz")) == (1, made.id, None)


def test_somebody_elses_change_is_a_conflict(users):
    made = users.create(ANN)
    users.update(made.model_copy(update={"age": 31}))
    assert failure(users.update, made)["kind"] == "Conflict"
    assert users.get(made.id).age == 31
    assert users.save(User(**{**ANN, "email": "b@example.com"})).version == 1
    assert users.delete(made) is True


def test_what_pydantic_refuses_is_a_validation_failure(users):
    found = failure(users.create, {"name": "", "email": 7})
    assert (found["kind"], [(p["field"], p["rule"]) for p in found["problems"]]) == (
        "ValidationFailed", [("name", "string_too_short"), ("email", "string_type")],
    )  # fmt: skip
    assert users.count() == 0


def test_scripts_see_the_same_records_under_the_same_rules(store, users):
    users.create(ANN)
    engine = hr.Engine.osiris(store)
    script = """
        let users = osiris.model("users");
        let bad = "";
        try { users.create(#{name: "Bob", email: "ann@example.com"}) } catch (e) { bad = e.kind }
        try { users.create(#{name: "Bob", email: "b", age: 200}) } catch (e) { bad += ` ${e.field}` }
        users.create(#{name: "Bob", email: "bob@example.com", color: "blue"});
        bad
    """
    assert engine.eval(script) == "UniqueViolation age"
    bob = users.where("name", "Bob").one()
    assert (bob.color, bob.tags, bob.level) == (Color.BLUE, [], 1)


def test_records_that_do_not_fit_the_class_say_so(store):
    store.model("users").create({"id": "x", "name": "Bob"})
    users = store.collection(User, declare=False)
    found = failure(users.get, "x")
    assert (found["message"], found["field"]) == (
        "the record 'x' of 'users' is no User: email: Field required",
        "email",
    )


def test_names_computed_fields_and_extra_fields(store):
    class BlogPost(BaseModel):
        model_config = ConfigDict(extra="allow")
        id: str = ""
        title: str

        @computed_field
        @property
        def slug(self) -> str:
            return self.title.lower().replace(" ", "-")

    posts = store.collection(BlogPost)
    made = posts.create({"title": "Hello World", "mood": "fine"})
    assert (posts.model.name, made.mood, made.slug) == ("blog_post", "fine", "hello-world")
    assert posts.where("slug", "hello-world").count() == 1


def test_the_feed_gives_instances(users):
    users.model.keep_history()
    made = users.create(ANN)
    users.delete(made.id)
    assert [(change.action, user and user.name) for change, user in users.watch(timeout=0)] == [
        ("create", "Ann"), ("delete", None),
    ]  # fmt: skip


def test_the_package_has_the_store_under_its_own_name(tmp_path):
    with hr.osiris.Store(tmp_path / "s.db") as store:
        assert store.models() == []
