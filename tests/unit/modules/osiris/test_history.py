"""Histories, points in time, and the feed of changes."""

import threading

import pytest

from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris import Store


def failure(function, *args, **options) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args, **options)
    return caught.value.value


def test_every_change_is_told_with_who_and_when(store, users):
    users.create({"id": "old", "n": 0})
    assert (users.keep_history(), users.keep_history()) == (True, False)
    with store.acting_as("ann"):
        users.create({"id": "x", "n": 1})
        users.increment("x", "n")
    with store.acting_as("bob"):
        users.delete("x")
    users.create_many([{"id": "y"}, {"id": "z"}])
    told = [(c.action, c.version, c.by, c.record and c.record.get("n")) for c in users.history("x")]
    assert told == [("create", 1, "ann", 1), ("update", 2, "ann", 2), ("delete", 3, "bob", None)]
    assert [(c.action, c.record["n"]) for c in users.history("old")] == [("start", 0)]
    assert users.history("none") == []
    assert [c.id for c in users.watch(timeout=0)] == ["old", "x", "x", "x", "y", "z"]


def test_undone_changes_leave_no_history(store, users):
    users.keep_history()
    with pytest.raises(KeyError), store.transaction():
        users.create({"id": "lost"})
        raise KeyError
    assert users.history("lost") == []


def test_models_as_they_were(store, users):
    users.keep_history()
    users.create({"id": "a", "n": 1})
    users.create({"id": "b", "n": 2})
    before = store.clock()
    users.update("a", {"n": 10})
    users.delete("b")
    users.create({"id": "c", "n": 3})
    past = users.at(before)
    assert {record["id"]: record["n"] for record in past.all()} == {"a": 1, "b": 2}
    assert past.where("n", ">", 1).pluck("id") == ["b"]
    assert (past.count(), past.total("sum", "n"), past.order("-n").first()["id"], past.exists()) == (2, 3, "b", True)
    assert [record["_version"] for record in past.each()] == [1, 1]
    assert users.at(store.clock()).order("n").pluck("id") == ["c", "a"]
    assert failure(past.update_all, {"n": 0})["message"] == "the past of 'users' cannot be changed"
    assert failure(users.at, "2020-01-01T00:00:00Z")["message"].startswith("the history of 'users' begins at 2024")
    assert failure(users.at, "yesterday")["message"] == "'yesterday' is not a time such as 2024-01-31T12:00:00Z"


def test_models_without_history_say_so(users):
    for ask in (lambda: users.history("a"), lambda: users.at("2030-01-01T00:00:00Z"), users.watch):
        assert failure(ask)["message"] == "'users' has no history"


def test_stopping_forgets(users):
    users.keep_history()
    users.create({})
    assert users.keep_history(on=False) is True
    users.keep_history()
    assert [change.action for change in users.watch(timeout=0)] == ["start"]


def test_the_feed_goes_on_where_one_left_and_sees_other_connections(tmp_path):
    with Store(tmp_path / "s.db") as store, Store(tmp_path / "s.db") as other:
        store.model("jobs").keep_history()
        first = store.model("jobs").create({"n": 0})
        [seen] = store.model("jobs").watch(timeout=0)
        assert (seen.id, seen.record["n"]) == (first["id"], 0)
        feed = store.model("jobs").watch(seen.seq, timeout=5, poll=0.001)
        writer = threading.Thread(target=lambda: [other.model("jobs").create({"n": n}) for n in (1, 2, 3)])
        writer.start()
        assert [next(feed).record["n"] for _ in range(3)] == [1, 2, 3]
        writer.join()


def test_history_follows_imports_and_replacements(users):
    users.keep_history()
    users.import_([{"id": "a", "n": 1}])
    users.replace("a", {"m": 2})
    users.where("m", 2).update_all({"m": 3})
    users.where("m", 3).delete_all()
    assert [c.action for c in users.history("a")] == ["create", "update", "update", "delete"]
