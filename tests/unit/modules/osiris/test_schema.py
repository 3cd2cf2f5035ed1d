"""Schemas: rules, defaults, references, and what happens to records that are there."""

import pytest

from horus_runtime.errors import HostFailure

RULES = {
    "name": "string! unique",
    "age": {"type": "int", "min": 0, "max": 150, "default": 0},
    "email": {"type": "string", "format": "email", "max_length": 40},
    "role": {"type": "string", "one_of": ["user", "admin"], "default": "user"},
    "tags": "list(string)",
    "born": {"type": "date", "min": "1900-01-01"},
    "code": {"type": "string", "pattern": "[A-Z]{2}[0-9]+", "readonly": True},
    "changed": {"type": "datetime", "auto_now": True},
    "key": {"type": "string", "default": "uuid"},
    "data": "map",
    "secret": {"type": "int", "secret": True},
}


def failure(function, *args, **options) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args, **options)
    return caught.value.value


@pytest.fixture
def people(users):
    return users.declare(RULES)


def test_defaults_are_filled_on_create(people):
    record = people.create({"name": "Ann"})
    assert (record["age"], record["role"], record["key"], record["changed"][:5]) == (0, "user", "id-0002", "2024-")
    assert "email" not in record


def test_every_problem_is_reported_in_the_order_of_the_fields(people):
    found = failure(
        people.create,
        {"age": -1, "email": "x", "role": "king", "tags": ["a", 1], "born": "1800-01-01", "code": "a1", "data": [],
         "secret": "s3cret", "nmae": "typo"},
    )  # fmt: skip
    assert found["kind"] == "ValidationFailed"
    assert [(problem["field"], problem["rule"], problem["message"]) for problem in found["problems"]] == [
        ("name", "required", "'name' is required"),
        ("age", "min", "'age' is less than 0"),
        ("email", "format", "'email' is not an email"),
        ("role", "one_of", "'role' is one of 'user', 'admin'"),
        ("tags", "type", "'tags' must be a list of string (item 1 is not), not a list"),
        ("born", "min", "'born' is less than 1900-01-01"),
        ("code", "pattern", "'code' does not match '[A-Z]{2}[0-9]+'"),
        ("data", "type", "'data' must be a map, not a list"),
        ("secret", "type", "'secret' must be an int"),
        ("nmae", "unknown", "'nmae' is not a field of the schema, did you mean 'name'?"),
    ]
    assert found["message"] == "a record of 'users' is not valid: 'name' is required (and 9 more)"
    assert people.count() == 0


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("string", ["", "x"], [1, True, []]),
        ("int", [0, -5], [3.0, "3", True]),
        ("float", [0.5, 3], ["1", True]),
        ("number", [0.5, 3], [True]),
        ("bool", [True, False], [0, 1, "true"]),
        ("list", [[], [1, "a"]], [{}, "[]"]),
        ("map", [{}], [[]]),
        ("date", ["2024-02-29"], ["2023-02-29", "20240101", "x", 1]),
        ("datetime", ["2024-01-01T10:00:00Z", "2024-01-01 10:00"], ["2024-01-01", "x"]),
        ("any", [1, "x", [], {}], []),
    ],
)
def test_types(store, type_, good, bad):
    model = store.model("typed").declare({"v": type_})
    for value in good:
        assert model.validate({"v": value}) == []
    for value in bad:
        assert [problem["rule"] for problem in model.validate({"v": value})] == ["type"]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("email", "a@b.io", "a@b"), ("url", "https://a.b/c?d", "ftp://a"), ("slug", "a-b1", "A_b"),
        ("uuid", "01a20bca-2177-742c-b4ef-66c517f960c3", "x"), ("ipv4", "10.0.0.1", "256.1.1.1"),
        ("ipv6", "::1", "1::2::3"),
    ],
)  # fmt: skip
def test_formats(store, name, good, bad):
    model = store.model("typed").declare({"v": {"type": "string", "format": name}})
    assert (model.validate({"v": good}), len(model.validate({"v": bad}))) == ([], 1)


def test_readonly_and_unique_hold_on_update(people):
    record = people.create({"name": "Ann", "code": "AB1"})
    people.create({"name": "Bob"})
    assert failure(people.update, record["id"], {"code": "AB2"})["rule"] == "readonly"
    assert failure(people.update, record["id"], {"name": "Bob"})["kind"] == "UniqueViolation"
    assert people.update(record["id"], {"code": "AB1", "age": 3})["age"] == 3
    assert failure(people.unset, record["id"], "name")["rule"] == "required"


def test_strict_schemas_guard_filters_and_open_ones_keep_fields(store):
    strict = store.model("strict").declare({"a": "int"})
    found = failure(strict.find, {"b": 1})
    assert found["message"] == "'strict' has no field 'b'; known: a, id, created_at, updated_at, _version"
    loose = store.model("loose").declare({"a": "int"}, "open")
    assert loose.create({"a": 1, "b": 2})["b"] == 2


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"a": "strin"}, "'a' has an unknown type 'strin'"),
        ({"a": "string speedy"}, "'a' has an unknown rule 'speedy'"),
        ({"a": {"type": "int", "mni": 1}}, "'a' has an unknown rule 'mni'"),
        ({"a": {"type": "int", "min": "x"}}, "the rule 'min' of 'a' cannot be 'x'"),
        ({"a": {"type": "string", "pattern": "("}}, "the pattern of 'a' is not a regular expression: missing ), "),
        ({"a": {"type": "string", "pattern": "(a*)*"}}, "the pattern of 'a' repeats something that itself repeats"),
        ({"a": 7}, "the rule for 'a' is a type word or a map, not 7"),
        ({"_a": "int"}, "'_a' cannot be a field's name"),
        ({"a": "ref(Users)"}, "'Users' cannot be a model's name"),
        ({"a": "list(thing)"}, "'a' has an unknown item type 'thing'"),
        (7, "a schema is a map of fields, not 7"),
    ],
)  # fmt: skip
def test_wrong_rules_name_their_field(users, rules, message):
    found = failure(users.declare, rules)
    assert found["kind"] == "InvalidArgument"
    assert found["message"].startswith(message)
    assert users.schema() == {}


def test_schemas_survive_and_are_seen_by_other_connections(store, people):
    from horus_runtime.modules.osiris import Store

    with Store(store.path) as other:
        assert other.model("users").schema() == people.schema()
        other.model("users").declare({"name": "string"}, "open")
    assert people.schema() == {"name": {"type": "string"}}


def test_a_schema_that_stored_records_break_is_refused(users):
    for n in range(3):
        users.create({"n": n, "x": "a"})
    found = failure(users.declare, {"n": {"type": "int", "max": 0}, "x": "string"})
    assert (found["kind"], found["ids"], found["count"]) == ("MigrationFailed", ["id-0002", "id-0003"], 2)
    assert users.schema() == {}
    users.declare({"n": "int", "x": "string"})
    assert failure(users.declare, {"n": "int"})["kind"] == "MigrationFailed"


def test_references(store):
    authors, books = store.model("authors"), store.model("books")
    ann = authors.create({"name": "Ann"})["id"]
    books.declare({"title": "string!", "author": "ref(authors)"})
    book = books.create({"title": "T", "author": ann})["id"]
    found = failure(books.create, {"title": "U", "author": "nobody"})
    assert (found["kind"], found["field"]) == ("ReferenceViolation", "author")
    assert failure(books.update, book, {"author": "nobody"})["kind"] == "ReferenceViolation"
    assert failure(authors.delete, ann)["message"] == f"the record '{ann}' of 'authors' is used by 1 of 'books'"
    books.declare({"title": "string!", "author": {"type": "ref(authors)", "on_delete": "set_null"}})
    assert authors.delete(ann) is True
    assert books.get(book)["author"] is None
    books.declare({"title": "string!", "author": {"type": "ref(authors)", "on_delete": "cascade"}})
    bob = authors.create({"name": "Bob"})["id"]
    books.create({"title": "V", "author": bob})
    authors.delete(bob)
    assert books.count() == 1
