"""Schemas that change, fields and models that are renamed, migrations."""

import pytest

from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris import Migration


def failure(function, *args, **options) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args, **options)
    return caught.value.value


def test_additions_are_free_and_losses_need_a_migration(users):
    users.declare({"a": "int", "b": "string"})
    users.declare({"a": "number", "b": "string", "c": "string index"}, additive=True)
    for rules, reason in (
        ({"a": "number", "b": "string"}, "'c' goes"),
        ({"a": "string", "b": "string", "c": "string"}, "'a' has another type"),
        ({"a": "number!", "b": "string", "c": "string"}, "'a' is required"),
        ({"a": {"type": "number", "max": 3}, "b": "string", "c": "string"}, "'a' has another max"),
        ({"a": "number", "b": {"type": "string", "one_of": ["x"]}, "c": "string"}, "'b' allows fewer values"),
        ({"a": "number", "b": "string unique", "c": "string"}, "'b' is unique"),
        ({"a": "number", "b": "string", "c": "string", "d": "int!"}, "'d' is required"),
    ):
        found = failure(users.declare, rules, additive=True)
        assert (found["kind"], found["reasons"]) == ("MigrationFailed", [reason])
    users.declare({"a": "number", "b": "string"})
    assert users.indexes() == []


def test_an_older_version_of_a_schema_is_refused(users):
    users.declare({"a": "int"}, version=2)
    assert failure(users.declare, {"a": "string"}, version=1)["message"] == (
        "the schema of 'users' has version 2, newer than 1"
    )


def test_add_field_fills_records(users):
    users.create_many([{"a": 1}, {"a": 2, "b": "own"}])
    assert users.add_field("b", {"type": "string", "required": True, "default": "x"}) == 1
    assert users.query().pluck("b") == ["x", "own"]
    assert users.schema() == {"b": {"type": "string", "required": True, "default": "x"}}
    assert failure(users.add_field, "b", "int")["message"] == "'users' has a field 'b' already"
    assert failure(users.add_field, "c", "int!")["kind"] == "MigrationFailed"
    assert users.create({"a": 3})["b"] == "x"
    assert users.query().pluck("_version") == [2, 1, 1]


def test_rename_field_moves_data_indexes_and_search(users):
    users.declare({"mail": "string unique search", "n": "int"})
    users.create({"mail": "ann@example.com", "n": 1})
    assert users.rename_field("mail", "email") == 1
    assert users.schema() == {"email": {"type": "string", "unique": True, "search": True}, "n": {"type": "int"}}
    assert [(item.fields, item.unique) for item in users.indexes()] == [(("email",), True)]
    assert users.search("ann")[0]["email"] == "ann@example.com"
    assert failure(users.create, {"email": "ann@example.com"})["kind"] == "UniqueViolation"
    assert failure(users.rename_field, "n", "email")["kind"] == "MigrationFailed"


def test_drop_field(users):
    users.declare({"a": "string index search", "b": "string search"})
    users.create({"a": "x", "b": "y"})
    assert users.drop_field("a") == 1
    assert (users.schema(), users.indexes()) == ({"b": {"type": "string", "search": True}}, [])
    assert (len(users.search("y")), users.search("x")) == (1, [])
    assert "a" not in users.first()


def test_convert_field_is_all_or_nothing(users):
    users.create_many([{"id": "a", "n": "1"}, {"id": "b", "n": "x"}, {"id": "c"}])
    found = failure(users.convert_field, "n", "int")
    assert (found["ids"], found["message"]) == (
        ["b"], "1 records of 'users' cannot be changed (converting 'n'): 'x' in 'n' cannot be made a int",
    )  # fmt: skip
    assert users.query().pluck("n") == ["1", "x", None]
    assert users.convert_field("n", lambda value: value.upper()) == 1
    users.update("b", {"n": "2"})
    users.declare({"n": "string"})
    assert users.convert_field("n", "int") == 2
    assert (users.query().pluck("n"), users.schema()) == ([1, 2, None], {"n": {"type": "int"}})


def test_rename_a_model(store):
    old = store.model("people").declare({"name": "string unique search"})
    old.keep_history()
    ann = old.create({"name": "Ann"})["id"]
    store.model("pets").declare({"owner": "ref(people)"}).create({"owner": ann})
    new = old.rename("persons")
    assert (store.models(), new.get(ann)["name"], new.search("ann")[0]["id"]) == (["persons", "pets"], "Ann", ann)
    assert failure(new.create, {"name": "Ann"})["fields"] == ["name"]
    assert failure(new.delete, ann)["kind"] == "ReferenceViolation"
    assert store.model("pets").schema() == {"owner": {"type": "ref(persons)"}}
    assert [change.action for change in new.history(ann)] == ["create"]
    assert failure(new.rename, "pets")["kind"] == "AlreadyExists"
    assert failure(store.model("ghost").rename, "spirit")["kind"] == "NotFound"
    assert store.check() == []


def test_transform_changes_leaves_and_deletes(users):
    users.create_many([{"id": "a", "n": 1}, {"id": "b", "n": 2}, {"id": "c", "n": 3}])
    change = {1: lambda r: {**r, "n": 10}, 2: lambda r: None, 3: lambda r: False}
    assert users.transform(lambda record: change[record["n"]](record)) == 2
    assert [(r["id"], r["n"]) for r in users.all()] == [("a", 10), ("b", 2)]
    found = failure(users.transform, lambda record: 7)
    assert (found["kind"], found["count"]) == ("MigrationFailed", 2)


def test_drop_model(store):
    authors, books = store.model("authors"), store.model("books")
    authors.create({"id": "a"})
    books.declare({"author": "ref(authors)", "text": "string search"}).create({"author": "a", "text": "x"})
    assert (
        failure(store.drop_model, "authors", confirm="authors")["message"] == "'authors' is referred to by books.author"
    )
    assert failure(store.drop_model, "books")["hint"] == 'use #{confirm: "books"}'
    assert (store.drop_model("books", confirm="books"), store.drop_model("books", confirm="books")) == (True, False)
    assert (store.drop_model("authors", confirm="authors"), store.models()) == (True, [])
    assert books.schema() == {}


# --- migrations ------------------------------------------------------------------------------------------------------


def test_migrations_are_applied_once_and_in_order(store):
    done = []
    steps = [Migration("one", lambda: done.append(1), "a"), Migration("two", lambda: done.append(2), "b")]
    assert store.migrate(steps).applied == ["one", "two"]
    assert store.migrate([*steps, Migration("three", lambda: done.append(3), "c")]).applied == ["three"]
    assert done == [1, 2, 3]
    assert [step["name"] for step in store.migrations()] == ["one", "two", "three"]


def test_a_failing_migration_is_undone_and_those_before_it_stay(store, users):
    def bad():
        users.create({"id": "lost"})
        users.get("nobody")

    steps = [Migration("good", lambda: users.create({"id": "kept"})), Migration("bad", bad)]
    found = failure(store.migrate, steps)
    assert (found["kind"], found["name"], found["cause"]["kind"]) == ("MigrationFailed", "bad", "NotFound")
    assert users.query().pluck("id") == ["kept"]
    assert [step["name"] for step in store.migrations()] == ["good"]


def test_a_rehearsal_changes_nothing(store, users):
    steps = [Migration("fill", lambda: users.create_many([{}, {}]))]
    outcome = store.migrate(steps, dry_run=True)
    assert (outcome.applied, outcome.counts[0]["name"], outcome.counts[0]["changes"] >= 2) == (["fill"], "fill", True)
    assert (users.count(), store.migrations()) == (0, [])


def test_a_changed_migration_is_noticed(store):
    store.migrate([Migration("one", lambda: None, "a")])
    changed = [Migration("one", lambda: None, "b")]
    assert store.migrate(changed).changed == ["one"]
    assert failure(store.migrate, changed, strict=True)["kind"] == "MigrationFailed"
    assert failure(store.migrate, [*changed, *changed])["message"] == "the migration 'one' stands twice"
    assert failure(store.migrate, [Migration("", lambda: None)])["kind"] == "InvalidArgument"


# --- computed fields -------------------------------------------------------------------------------------------------


def test_computed_fields_follow_the_others(users):
    users.declare(
        {
            "first": "string!",
            "last": "string",
            "full": {"type": "string", "computed": 'first + " " + last', "index": True},
            "price": "float",
            "count": "int",
            "total": {"type": "float", "computed": "round(price * count, 2)"},
            "big": {"type": "bool", "computed": "total > 10 and not (count == 1)"},
        }
    )
    record = users.create({"first": "Ann", "last": "Lee", "price": 2.5, "count": 5, "full": "ignored"})
    assert (record["full"], record["total"], record["big"]) == ("Ann Lee", 12.5, True)
    assert users.update(record["id"], {"count": 1})["total"] == 2.5
    assert users.where("full", "Ann Lee").count() == 1
    assert "full" not in users.create({"first": "Bob"})


def test_computed_fields_are_worked_out_for_records_that_are_there(users):
    users.create_many([{"n": 1}, {"n": 2}, {}])
    assert users.add_field("twice", {"type": "int", "computed": "n * 2"}) == 2
    assert users.query().pluck("twice") == [2, 4, None]
    assert failure(users.drop_field, "n")["message"] == "'twice' of 'users' is computed from 'n'"
    assert failure(users.rename_field, "n", "m")["field"] == "twice"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("a +", "the rule 'computed' of 'c' is not an expression"),
        ("__import__('os')", "the rule 'computed' of 'c' knows no function '__import__'; known: lower, "),
        ("a.__class__()", "the rule 'computed' of 'c' knows no function 'a.__class__'; known: lower, "),
        ("[x for x in a]", "the rule 'computed' of 'c' cannot use '[x for x in a]'"),
        ("a ** 9", "the rule 'computed' of 'c' cannot use 'a ** 9'"),
        ("(lambda: 1)", "the rule 'computed' of 'c' cannot use 'lambda: 1'"),
        ("z * 2", "the rule 'computed' of 'c' uses 'z', which is not declared"),
        ("c", "the rule 'computed' of 'c' uses 'c', which stands behind it"),
        ("lower()", "the rule 'computed' of 'c' gives lower() 0 arguments, which takes 1 to 1"),
        ("-" * 400 + "a", "the rule 'computed' of 'c' is nested too deeply"),
        ("a" * 501, "the rule 'computed' of 'c' has more than 500 characters"),
    ],
)  # fmt: skip
def test_computed_rules_that_are_wrong(users, rule, message):
    found = failure(users.declare, {"a": "int", "c": {"type": "any", "computed": rule}})
    assert (found["kind"], found["message"][: len(message)]) == ("InvalidArgument", message)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("n / 0", "divides by zero"),
        ("n * 9223372036854775807", "gives an integer beyond 64 bits"),
        ("n + s", "needs a number where there is 'x'"),
        ("lower(n)", "needs a text where there is 2"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_computed_are_refused(users, rule, problem):
    users.declare({"n": "int", "s": "string", "c": {"type": "any", "computed": rule}})
    found = failure(users.create, {"n": 2, "s": "x"})
    assert (found["kind"], found["rule"], found["message"]) == (
        "ValidationFailed", "computed", f"'c' cannot be computed: the rule {problem}",
    )  # fmt: skip
    assert users.count() == 0


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("7 / 2", 3), ("-7 / 2", -3), ("-7 % 3", -1), ("7.0 / 2", 3.5), ("abs(-3) + max(1, 2)", 5), ("floor(2.7)", 2),
        ("coalesce(missing.a, 4)", 4), ("len(s)", 2), ("text(n) + '!'", "5!"), ("'y' if n > 3 else 'n'", "y"),
        ("upper(trim(s))", "AB"), ("m.deep.er", 9), ("true == 1", False), ("n == 5.0", True), ("ceil(0.2)", 1),
    ],
)  # fmt: skip
def test_what_expressions_mean(users, rule, value):
    users.declare({"n": "int", "s": "string", "m": "map", "missing": "map", "c": {"type": "any", "computed": rule}})
    assert users.create({"n": 5, "s": "ab", "m": {"deep": {"er": 9}}})["c"] == value
