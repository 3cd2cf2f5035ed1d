"""The file: its mode, its layout, transactions, several connections, damage, deadlines."""

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from horus_runtime.errors import DeadlineError, HostFailure
from horus_runtime.modules.osiris import Store, open_store


def failure(function, *args, **options) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args, **options)
    return caught.value.value


def test_the_file_is_private_and_ordinary_sqlite(store, tmp_path):
    store.model("users").create({"name": "Alice"})
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    with sqlite3.connect(tmp_path / "test.db") as connection:
        rows = connection.execute("SELECT id, doc, version FROM m_users").fetchall()
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    assert rows == [("id-0001", '{"name":"Alice"}', 1)]


def test_models_are_listed(store):
    for name in ("b", "a"):
        store.model(name).create({})
    assert store.models() == ["a", "b"]


def test_transactions_commit_or_undo(store, users):
    with store.transaction():
        users.create({"id": "kept"})
    with pytest.raises(KeyError), store.transaction():
        users.create({"id": "lost"})
        raise KeyError
    assert [record["id"] for record in users.all()] == ["kept"]


def test_an_inner_failure_undoes_only_its_part(store, users):
    with store.transaction():
        users.create({"id": "outer"})
        with pytest.raises(HostFailure), store.transaction():
            users.create({"id": "inner"})
            users.create({"id": "outer"})
        users.create({"id": "after"})
    assert [record["id"] for record in users.all()] == ["outer", "after"]


def test_a_table_made_in_an_undone_transaction_is_made_again(store):
    with pytest.raises(KeyError), store.transaction():
        store.model("fresh").create({})
        raise KeyError
    assert store.models() == []
    store.model("fresh").create({})
    assert store.models() == ["fresh"]


def test_another_writer_is_waited_for_and_then_a_conflict(store, users, tmp_path):
    users.create({})
    with Store(tmp_path / "test.db", busy_seconds=0.1) as other, store.transaction():
        users.create({})
        found = failure(other.model("users").create, {})
        assert (found["kind"], found["hint"]) == ("Conflict", "try again")
        assert other.model("users").count() == 1  # readers see the last committed state
    with Store(tmp_path / "test.db", busy_seconds=0.1) as other:
        other.model("users").create({})
    assert users.count() == 3


def test_threads_lose_no_update(store):
    counter = store.model("counters").create({"n": 0})["id"]

    def work() -> None:
        for _ in range(50):
            store.model("counters").increment(counter, "n")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.model("counters").get(counter)["n"] == 200


def test_connections_lose_no_update(tmp_path):
    with Store(tmp_path / "s.db") as first:
        counter = first.model("counters").create({"n": 0})["id"]
    errors: list[BaseException] = []

    def work() -> None:
        try:
            with Store(tmp_path / "s.db") as mine:
                for _ in range(50):
                    mine.model("counters").increment(counter, "n")
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with Store(tmp_path / "s.db") as last:
        assert last.model("counters").get(counter)["n"] == 200


def test_a_deadline_ends_a_long_statement_and_undoes_the_transaction(store):
    model = store.model("many")
    model.create_many([{"n": n, "t": "x" * 50} for n in range(2000)])
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise DeadlineError("ErrorTerminated", "Script timed out")

    with pytest.raises(DeadlineError), store.transaction():
        model.create({"id": "lost"})
        store.running.check = check
        for _ in range(100):
            model.query().where("t", "regex", "a.*b").count()
    store.running.check = None
    assert model.exists("lost") is False


def test_closed_stores_say_so(tmp_path):
    store = Store(tmp_path / "s.db")
    store.close()
    assert failure(store.model("a").create, {})["kind"] == "StorageError"


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"this is a text, not a database" * 50, "the file is not a store"), (None, "is a directory, not a file")],
)  # fmt: skip
def test_files_that_are_no_stores(tmp_path, content, message):
    path = tmp_path / "x.db"
    path.mkdir() if content is None else path.write_bytes(content)
    found = failure(Store, path)
    assert found["kind"] == "StorageError"
    assert message in found["message"]
    if content is not None:
        assert path.read_bytes() == content


def test_somebody_elses_database_is_left_alone(tmp_path):
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    before = (tmp_path / "x.db").read_bytes()
    assert "is a database, but not a store" in failure(Store, tmp_path / "x.db")["message"]
    assert (tmp_path / "x.db").read_bytes() == before


def test_a_prepared_file_with_triggers_is_refused(store, tmp_path):
    store.model("users").create({})
    with sqlite3.connect(tmp_path / "test.db") as connection:
        connection.execute("CREATE TRIGGER t AFTER INSERT ON m_users BEGIN DELETE FROM m_users; END")
    connection.close()
    assert "triggers or views" in failure(Store, tmp_path / "test.db")["message"]


def test_a_newer_format_is_refused(store, tmp_path):
    with sqlite3.connect(tmp_path / "test.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "newer version" in failure(Store, tmp_path / "test.db")["message"]


def test_a_missing_folder_is_a_storage_error(tmp_path):
    assert failure(Store, tmp_path / "no" / "x.db")["kind"] == "StorageError"


def test_the_quota_is_a_storage_error_and_leaves_the_store_usable(tmp_path):
    with Store(tmp_path / "s.db", quota_bytes=400_000) as store:
        model = store.model("big")
        kept = 0
        with pytest.raises(HostFailure) as caught:
            while True:
                model.create({"text": "x" * 20_000})
                kept += 1
        assert caught.value.value["message"].startswith("no space is left, or the store has reached its quota")
        assert model.count() == kept > 0
        model.query().delete_all(everything=True)
        model.create({"text": "again"})


def test_a_damaged_file_is_a_storage_error(store, tmp_path):
    store.model("users").create_many([{"t": "x" * 500} for _ in range(200)])
    store.close()
    path: Path = tmp_path / "test.db"
    content = bytearray(path.read_bytes())
    for at in range(8192, len(content) - 8192, 4096):
        content[at : at + 64] = b"\xff" * 64
    path.write_bytes(content)
    with Store(path) as damaged:
        assert failure(damaged.model("users").all)["kind"] == "StorageError"


def test_attach_pragma_and_vacuum_into_are_refused(store, tmp_path):
    for sql in (
        f"ATTACH '{tmp_path}/other.db' AS o", "PRAGMA writable_schema = 1", f"VACUUM INTO '{tmp_path}/copy.db'",
        "SELECT load_extension('x')",
    ):  # fmt: skip
        assert failure(store.rows, sql)["kind"] == "StorageError"
    assert not (tmp_path / "other.db").exists()
    assert not (tmp_path / "copy.db").exists()


def test_open_store_takes_paths_and_stores(store, tmp_path):
    assert open_store(store) is store
    with open_store(tmp_path / "n.db") as opened:
        assert opened.path == str(tmp_path / "n.db")


def test_memory_stores_need_no_file():
    with Store() as store:
        store.model("a").create({"x": 1})
        assert store.model("a").count() == 1


FORMAT_1 = """
PRAGMA application_id = 1330858322;
CREATE TABLE osiris_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE osiris_models (model TEXT PRIMARY KEY, version INTEGER NOT NULL, schema TEXT, search TEXT,
    changed_at TEXT NOT NULL) STRICT;
CREATE TABLE osiris_indexes (model TEXT NOT NULL, name TEXT NOT NULL, fields TEXT NOT NULL,
    is_unique INTEGER NOT NULL, PRIMARY KEY (model, name)) STRICT;
CREATE TABLE osiris_migrations (name TEXT PRIMARY KEY, hash TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT;
CREATE TABLE m_users (pk INTEGER PRIMARY KEY, id TEXT NOT NULL, doc TEXT NOT NULL, version INTEGER NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX "users.id" ON m_users (id);
INSERT INTO m_users VALUES (1, 'a', '{"n":1}', 1, '2024', '2024');
INSERT INTO osiris_models VALUES ('users', 3, '{"mode": "strict", "fields": {"n": {"type": "int"}}}', NULL, '2024');
PRAGMA user_version = 1;
"""


def test_stores_of_the_first_format_are_brought_up_to_date(tmp_path):
    connection = sqlite3.connect(tmp_path / "old.db")
    connection.executescript(FORMAT_1)
    connection.close()
    with Store(tmp_path / "old.db") as store:
        users = store.model("users")
        assert (users.get("a")["n"], users.schema()) == (1, {"n": {"type": "int"}})
        users.keep_history()
        users.increment("a", "n")
        assert [change.action for change in users.history("a")] == ["start", "update"]
    with Store(tmp_path / "old.db") as again:
        assert again.rows("SELECT count(*) FROM osiris_history") == [(2,)]
