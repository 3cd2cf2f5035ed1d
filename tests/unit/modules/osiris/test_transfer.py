"""Export, import, backup, namespaces, expiry, figures."""

import json
import sqlite3
import stat

import pytest

from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris import Store


def failure(function, *args, **options) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args, **options)
    return caught.value.value


@pytest.fixture
def people(users):
    users.declare({"name": "string!", "age": "int", "pin": "string secret", "tags": "list"})
    users.create({"name": 'Ann, "A"', "age": 30, "pin": "1234", "tags": ["x", 1]})
    users.create({"name": "Bob\nB", "age": None})
    users.create({"name": "007"})
    return users


def test_exports_are_deterministic_and_leave_secrets_out(people):
    lines = people.export().splitlines()
    created = people.first()["created_at"]
    assert lines[0] == (
        '{"id":"id-0001","name":"Ann, \\"A\\"","age":30,"tags":["x",1],'
        f'"created_at":"{created}","updated_at":"{created}","_version":1}}'
    )
    assert people.export() == people.export()
    assert json.loads(people.export("json", fields=["name", "age"]))[1] == {
        "id": "id-0002",
        "name": "Bob\nB",
        "age": None,
    }
    assert people.export("csv", fields=["name", "tags"]) == (
        'id,name,tags\nid-0001,"Ann, ""A""","[""x"",1]"\nid-0002,"Bob\nB",\nid-0003,007,\n'
    )
    assert "1234" not in people.export() + people.export("csv") + people.export("json")
    assert "1234" in people.export(include_secret=True)
    assert len(people.export(filter={"age": 30}).splitlines()) == 1
    assert json.loads(people.store.model("none").export("json")) == []
    assert failure(people.export, "xml")["message"] == "the format of an export is one of jsonl, json, csv, not 'xml'"


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv"])
def test_what_is_exported_comes_back_as_it_was(people, tmp_path, suffix):
    path = tmp_path / f"people.{suffix}"
    size = people.export_file(path, include_secret=True)
    assert (path.stat().st_size, stat.S_IMODE(path.stat().st_mode)) == (size, 0o600)
    with Store(tmp_path / "other.db") as other:
        copy = other.model("users").declare(people.schema())
        assert copy.import_file(path) == {"created": 3, "updated": 0, "skipped": 0, "errors": []}
        missing = {"age"} if suffix == "csv" else set()  # an empty cell is a missing field
        original = [{k: v for k, v in r.items() if k not in missing or v is not None} for r in people.all()]
        assert copy.all() == original
    assert [p.name for p in tmp_path.iterdir() if "part" in p.name] == []


def test_conflicts_are_errors_or_skipped_or_merged_or_replaced(users):
    users.create({"id": "a", "n": 1, "m": 1})
    lines = '{"id":"a","n":2}\n\n{"id":"b","n":3}\n'
    found = failure(users.import_, lines)
    assert (found["kind"], found["line"], found["message"]) == (
        "ValidationFailed", 1, "line 1 cannot be imported into 'users': 'users' has a record with id 'a' already",
    )  # fmt: skip
    assert users.count() == 1
    assert users.import_(lines, on_conflict="skip", dry_run=True)["created"] == 1
    assert users.count() == 1
    assert users.import_(lines, on_conflict="skip") == {"created": 1, "updated": 0, "skipped": 1, "errors": []}
    assert users.import_(lines, on_conflict="update")["updated"] == 2
    assert {k: users.get("a")[k] for k in ("n", "m")} == {"n": 2, "m": 1}
    users.import_(lines, on_conflict="replace")
    assert "m" not in users.get("a")
    assert users.import_([{"n": 3, "x": 1}], on_conflict="update", key="n")["updated"] == 1
    assert users.get("b")["x"] == 1
    assert failure(users.import_, lines, on_conflict="maybe")["kind"] == "InvalidArgument"


def test_bad_lines_are_named_and_may_be_left_out(people):
    lines = '{"name":"C"}\nnot json\n{"name":7}\n{"name":"D","age":1e999}\n[1]\n'
    assert failure(people.import_, lines)["line"] == 2
    result = people.import_(lines, max_errors=4)
    assert (result["created"], [error["line"] for error in result["errors"]]) == (1, [2, 3, 4, 5])
    assert result["errors"][1]["message"] == "a record of 'users' is not valid: 'name' must be a string, not an int"
    assert people.count() == 4
    assert failure(people.import_, 7)["message"] == "an import needs a text or an array of maps, not 7"
    assert failure(people.import_, "id,name\n1,a,b\n", "csv")["message"].endswith("3 cells stand under 2 columns")
    assert failure(people.import_, 'id,name\n1,"a', "csv")["kind"] == "InvalidArgument"


def test_imported_records_are_stored_as_we_write_them(users):
    users.import_('{"id":"a","n":1,"n":2}')
    connection = sqlite3.connect(users.store.path)
    assert connection.execute("SELECT doc FROM m_users").fetchone() == ('{"n":2}',)
    connection.close()


def test_references_within_an_import_may_point_forward(store):
    nodes = store.model("nodes").declare({"parent": "ref(nodes)"})
    nodes.import_([{"id": "a", "parent": "b"}, {"id": "b"}])
    assert failure(nodes.import_, [{"id": "c", "parent": "zz"}])["kind"] == "ReferenceViolation"
    assert nodes.count() == 2


def test_a_whole_store_goes_out_and_in(store, people, tmp_path):
    store.model("notes").searchable("text").create({"text": "hello world", "n": 1})
    store.model("notes").index("n")
    store.model("pets").declare({"owner": "ref(users)"}).create({"owner": people.first()["id"]})
    people.has_many("pets", "pets")
    people.keep_history()
    store.export_file(tmp_path / "all.jsonl", include_secret=True)
    with Store(tmp_path / "copy.db") as copy:
        found = copy.import_file(tmp_path / "all.jsonl")
        assert {name: counts["created"] for name, counts in found.items()} == {"notes": 1, "pets": 1, "users": 3}
        copy.export_file(tmp_path / "again.jsonl", include_secret=True)
        assert copy.model("notes").search("hello")[0]["n"] == 1
        assert failure(copy.import_file, tmp_path / "all.jsonl")["line"] == 2
        assert copy.import_file(tmp_path / "all.jsonl", on_conflict="skip")["users"]["skipped"] == 3
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "all.jsonl").read_bytes()
    (tmp_path / "bad.jsonl").write_text("{}\n")
    assert (
        failure(store.import_file, tmp_path / "bad.jsonl")["message"] == "the first line is not the header of an export"
    )


def test_backups_are_whole_private_and_single_files(store, people, tmp_path):
    size = store.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").stat().st_size == size
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("copy")) == ["copy.db"]
    with Store(tmp_path / "copy.db") as copy:
        assert (copy.model("users").all(), copy.check()) == (people.all(), [])
    assert failure(store.backup, store.path)["kind"] == "InvalidArgument"
    assert failure(store.backup, tmp_path / "no" / "copy.db")["kind"] == "StorageError"


def test_namespaces_are_files_of_their_own(store, tmp_path):
    space = store.namespace("team-a")
    space.model("users").create({"id": "x"})
    assert (store.models(), space.models(), space.space) == ([], ["users"], "team-a")
    assert (tmp_path / "test.team-a.db").exists()
    assert store.namespace("team-a") is space
    for name in ("", "A", "../x", "a/b", "@x", 7, "x" * 64):
        assert failure(store.namespace, name)["kind"] == "InvalidArgument"
    one, two = store.context(["k1", "k2"]), store.context(["k2", "k1", "k1"])
    assert one is two
    assert one is not store.context(["k1"])


def test_records_expire_when_swept(tmp_path):
    now = ["2024-01-01T00:00:00.000000Z"]
    with Store(tmp_path / "s.db", clock=lambda: now[0]) as store:
        users = store.model("users")
        users.create_many([{"id": "a"}, {"id": "b"}])
        assert users.expire("a", 60) == "2024-01-01T00:01:00.000000Z"
        assert failure(users.expire, "zz", 1)["kind"] == "NotFound"
        assert failure(users.expire, "a", -1)["kind"] == "InvalidArgument"
        assert store.sweep() == 0
        now[0] = "2024-01-01T00:01:00.000000Z"
        assert (store.sweep(), store.sweep(), users.query().pluck("id")) == (1, 0, ["b"])


def test_stats(store, people):
    people.index("age")
    found = store.stats()
    assert found["models"]["users"] == {
        "rows": 3, "bytes": found["models"]["users"]["bytes"], "indexes": ["age_index"], "searchable": [],
        "history": False,
    }  # fmt: skip
    assert found["bytes"] > 0
    assert found["quota"] == 512 * 1024 * 1024


def test_tags(users):
    key = users.create({})["id"]
    assert users.tag(key, "color", "red")["tags"] == {"color": "red"}
    assert users.tag(key, "big")["tags"] == {"color": "red", "big": True}
    assert users.where("tags.color", "red").count() == 1
    assert users.untag(key, "color")["tags"] == {"big": True}
    assert failure(users.tag, key, "a.b")["kind"] == "InvalidArgument"
