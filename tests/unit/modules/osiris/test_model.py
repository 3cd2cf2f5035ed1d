"""Writing and reading single records."""

import pytest

from horus_runtime.errors import HostFailure
from horus_runtime.runtime.values import Char, Range


def failure(function, *args, **options) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args, **options)
    return {**caught.value.value, "failure": caught.value.failure}


def test_create_gives_the_stored_record(users):
    record = users.create({"name": "Alice", "email": "alice@example.com"})
    assert record == {
        "id": "id-0001",
        "name": "Alice",
        "email": "alice@example.com",
        "created_at": "2024-01-01T00:00:02.000000Z",
        "updated_at": "2024-01-01T00:00:02.000000Z",
        "_version": 1,
    }
    assert users.get("id-0001") == record
    assert users.count() == 1


def test_reading_a_model_that_was_never_written_finds_nothing_and_makes_nothing(store):
    ghosts = store.model("ghosts")
    assert (ghosts.all(), ghosts.count(), ghosts.find({"a": 1}), ghosts.where({}).first()) == ([], 0, [], None)
    assert (ghosts.exists("x"), ghosts.find_by_id("x"), ghosts.delete("x")) == (False, None, False)
    assert ghosts.where({"a": 1}).total("sum", "a") is None
    assert failure(ghosts.get, "x")["failure"] == "NotFound"
    assert store.models() == []


@pytest.mark.parametrize("name", ["", "Users", "1a", "a-b", "a b", "osiris_x", "sqlite_x", "x" * 64, 'a"b', None, 7])
def test_bad_model_names(store, name):
    assert failure(store.model, name)["failure"] == "InvalidArgument"


@pytest.mark.parametrize("field", ["", "_x", "$x", "a__b", 'a"b', "a\\b", "a\nb", "a.b", "x" * 65])
def test_bad_field_names_write_nothing(users, field):
    found = failure(users.create, {field: 1})
    assert (found["failure"], found["field"]) == ("InvalidArgument", field)
    assert users.count() == 0


@pytest.mark.parametrize("field", ["'; DROP TABLE m_users; --", "a b", "ä", "select", "a-b", "x" * 64, "né'"])
def test_odd_field_names_are_only_names(users, field):
    users.create({field: "v"})
    assert [record[field] for record in users.find({field: "v"})] == ["v"]
    users.index(field)
    assert users.where(field, "starts_with", "v").explain()["uses_index"] is True


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (2**63, "is an integer beyond 64 bits"),
        (float("nan"), "is not a finite number"),
        (float("-inf"), "is not a finite number"),
        (bytearray(b"x"), "is of type blob, which JSON does not have"),
        (Range(1, 2), "is of type range, which JSON does not have"),
    ],
)
def test_values_that_json_does_not_have_are_refused_by_name(users, value, problem):
    found = failure(users.create, {"a": [1, {"b": value}]})
    assert found["message"] == f"a record of 'users' cannot be stored: 'a[1].b' {problem}"
    assert users.count() == 0


def test_deep_and_cyclic_values_are_refused(users):
    cyclic: list = []
    cyclic.append(cyclic)
    assert "nested deeper than 64 levels" in failure(users.create, {"a": cyclic})["message"]


def test_oversized_records_are_refused(users):
    assert failure(users.create, {"a": "x" * (4 * 1024 * 1024)})["failure"] == "LimitExceeded"
    assert failure(users.create, {"a": "\ud800"})["failure"] == "InvalidArgument"


def test_records_keep_every_kind_of_value(users):
    value = {"i": -(2**63), "f": 0.5, "b": True, "n": None, "s": "ünï\0\x01", "l": [1, [2]], "m": {"k": {}}}
    users.create({**value, "c": Char("x"), "id": "mine"})
    found = users.get("mine")
    assert {key: found[key] for key in value} == value
    assert found["c"] == "x"
    assert type(found["c"]) is str


def test_what_a_script_keeps_is_a_copy(users):
    tags = ["a"]
    record = users.create({"tags": tags})
    tags.append("b")
    record["tags"].append("c")
    assert users.get(record["id"])["tags"] == ["a"]


def test_an_id_may_be_given_once(users):
    users.create({"id": "x", "a": 1})
    assert failure(users.create, {"id": "x", "a": 2}) == {
        "kind": "AlreadyExists", "failure": "AlreadyExists", "message": "'users' has a record 'x' already",
        "module": "osiris", "function": "", "model": "users", "id": "x",
    }  # fmt: skip
    for wrong in (7, "", "x" * 256, "a\0"):
        assert failure(users.create, {"id": wrong})["failure"] == "InvalidArgument"


def test_fields_that_the_store_sets_are_not_taken_from_callers(users):
    record = users.create({"created_at": "never", "_version": 9, "a": 1})
    assert (record["created_at"][:4], record["_version"]) == ("2024", 1)


def test_create_many_is_all_or_nothing(users):
    made = users.create_many([{"n": n} for n in range(3)])
    assert [record["id"] for record in made] == ["id-0001", "id-0002", "id-0003"]
    assert failure(users.create_many, [{"n": 4}, {"_bad": 1}])["index"] == 1
    assert failure(users.create_many, [{"n": 4}, {"id": "id-0002"}])["index"] == 1
    assert failure(users.create_many, {})["failure"] == "InvalidArgument"
    assert users.count() == 3
    assert users.create_many([]) == []


def test_update_merges_and_counts_versions(users):
    key = users.create({"a": 1, "b": {"x": 1, "y": 2}, "l": [1, 2]})["id"]
    changed = users.update(key, {"a": None, "c": 3, "b.x": 9, "l.1": 5, "new.deep.er": 1})
    assert changed["_version"] == 2
    assert {name: changed[name] for name in ("a", "b", "c", "l", "new")} == {
        "a": None, "b": {"x": 9, "y": 2}, "c": 3, "l": [1, 5], "new": {"deep": {"er": 1}},
    }  # fmt: skip
    assert users.get(key) == changed
    assert failure(users.update, "none", {})["failure"] == "NotFound"
    assert failure(users.update, key, {"id": "other"})["message"] == "the id of a record of 'users' cannot be changed"
    assert failure(users.update, key, {"a.b.c": 1, "c.d": 1})["failure"] == "InvalidArgument"
    assert failure(users.update, key, 7)["failure"] == "InvalidArgument"
    assert failure(users.update, key, {"l.7": 1})["failure"] == "InvalidArgument"


def test_update_of_a_record_checks_its_version(users):
    old = users.create({"a": 1})
    new = users.update({**old, "a": 2})
    assert (new["a"], new["_version"]) == (2, 2)
    found = failure(users.update, {**old, "a": 3})
    assert (found["failure"], found["current"]) == ("Conflict", 2)
    assert users.get(old["id"])["a"] == 2
    assert failure(users.update, {"a": 1})["message"] == "the record of 'users' has no id"


def test_replace_drops_what_is_not_given(users):
    record = users.create({"a": 1, "b": 2})
    replaced = users.replace(record["id"], {"b": 3})
    assert ("a" in replaced, replaced["b"], replaced["created_at"]) == (False, 3, record["created_at"])


def test_save_unset_increment_push_pull(users):
    record = users.save({"n": 1})
    key = record["id"]
    assert users.save({**record, "n": 2})["_version"] == 2
    assert users.save({"id": "fresh", "n": 1})["_version"] == 1
    assert users.increment(key, "n") == 3
    assert users.increment(key, "f", 0.5) == 0.5
    assert failure(users.increment, key, "n", 2**63)["failure"] == "InvalidArgument"
    assert users.push(key, "tags", "a")["tags"] == ["a"]
    assert users.push(key, "tags", {"x": 1})["tags"] == ["a", {"x": 1}]
    assert users.pull(key, "tags", {"x": 1.0})["tags"] == ["a"]
    assert failure(users.push, key, "n", 1)["failure"] == "TypeMismatch"
    assert failure(users.increment, key, "tags")["failure"] == "TypeMismatch"
    assert "tags" not in users.unset(key, ["tags", "none"])
    assert failure(users.push, key, "bad__name", 1)["failure"] == "InvalidArgument"


def test_upsert_needs_a_unique_index_and_is_one_step(users):
    assert failure(users.upsert, "email", {"email": "a"})["message"] == "'users' has no unique index on email"
    users.index("email", unique=True)
    first = users.upsert("email", {"email": "a", "n": 1})
    second = users.upsert("email", {"email": "a", "m": 2})
    assert (first["created"], second["created"], second["record"]["n"], second["record"]["_version"]) == (
        True, False, 1, 2,
    )  # fmt: skip
    assert users.upsert("id", {"id": "own", "email": "b"})["created"] is True
    assert failure(users.upsert, "email", {"n": 1})["failure"] == "InvalidArgument"
    assert users.count() == 2


def test_get_or_create_and_update_or_create(users):
    made = users.get_or_create({"name": "A"}, {"n": 1})
    found = users.get_or_create({"name": "A"}, {"n": 9})
    assert (made["created"], found["created"], found["record"]["n"]) == (True, False, 1)
    assert users.update_or_create({"name": "A"}, {"n": 5})["record"]["n"] == 5
    assert users.update_or_create({"name": "B"}, {"n": 6})["record"]["name"] == "B"
    users.create({"name": "B"})
    assert failure(users.get_or_create, {"name": "B"})["count"] == 2


def test_delete_and_clear(users):
    keys = [users.create({})["id"] for _ in range(4)]
    assert (users.delete(keys[0]), users.delete(keys[0])) == (True, False)
    assert users.delete_many([keys[1], "none"]) == 1
    assert failure(users.clear)["hint"] == "use #{confirm: true}"
    assert users.clear(confirm=True) == 2
    assert users.count() == 0


def test_get_many_keeps_the_order_asked(users):
    for key in "abc":
        users.create({"id": key})
    assert [record["id"] for record in users.get_many(["c", "x", "a"])] == ["c", "a"]
    assert users.get_many([]) == []


def test_unique_index_names_the_clash(users):
    users.create({"email": "a", "n": 1})
    users.create({"n": 1})
    users.create({"n": 2})  # no e-mail twice is fine
    assert users.index("email", unique=True) is True
    assert users.index("email", unique=True) is False
    found = failure(users.create, {"email": "a"})
    assert (found["failure"], found["message"], found["field"]) == (
        "UniqueViolation", "'users' has a record with email 'a' already", "email",
    )  # fmt: skip
    assert failure(users.update, users.find({"n": 2})[0]["id"], {"email": "a"})["failure"] == "UniqueViolation"
    clash = failure(users.index, "n", unique=True)
    assert (clash["message"], clash["values"]) == ("'users' has records with the same n: 1", [1])
    assert users.index(["n", "email"], name="pair") is True
    assert failure(users.index, ["email"], name="pair")["failure"] == "AlreadyExists"
    assert failure(users.index, [])["failure"] == "InvalidArgument"


def test_ids_are_ordered_by_time():
    from horus_runtime.modules.osiris.ids import IdMaker

    make = IdMaker()
    made = [make() for _ in range(5000)]
    assert made == sorted(set(made))
    assert all(len(key) == 36 and key[14] == "7" and key[19] in "89ab" for key in made)
