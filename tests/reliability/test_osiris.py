"""The model store under kills, load and failing files. The long runs of the first two are commands of their own."""

import errno
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris import Store

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def failure(function, *args, **options) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args, **options)
    return caught.value.value


def command(name, *words):
    done = subprocess.run(
        [sys.executable, HERE / name, *map(str, words)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_fifteen_kills_lose_nothing_and_leave_nothing_half_done():
    report = command("osiris_kills.py", "--kills", 15)
    assert (report["kills"], report["faults"]) == (15, []), report["seed"]
    assert report["steps"] > 0


def test_threads_and_processes_lose_no_update_and_see_no_error():
    report = command("osiris_hammer.py", "--rounds", 25, "--seed", 7)
    assert (report["operations"], report["lost"], report["errors"], report["damaged"]) == (12 * 25, {}, [], [])


# --- files that fail -------------------------------------------------------------------------------------------------

FULL_DISK = """
import resource, signal, sys
from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(sys.argv[1])
model = store.model("big")
model.create({"id": "first"})
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
kept, kinds = 1, set()
for number in range(200):
    try:
        with store.transaction():
            model.create({"text": "x" * 20_000})
            model.create({"text": "y" * 20_000})
        kept += 2
    except HostFailure as failure:
        kinds.add((failure.failure, failure.value["message"].split(":")[0]))
print(kept, model.count(), sorted(kinds))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
model.create({"text": "again"})
print(model.count() - kept, store.check())
"""


def run(script, *words, **options):
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, words)],
        capture_output=True, text=True, check=False, cwd=ROOT, **options,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_full_disk_is_a_storage_error_and_undoes_the_transaction(tmp_path):
    first, second = run(FULL_DISK, tmp_path / "s.db")
    kept, count, kinds = first.split(" ", 2)
    assert kept == count
    assert eval(kinds) in (
        [("StorageError", "the store cannot be read or written")],
        [("StorageError", "no space is left, or the store has reached its quota")],
    )
    assert second == "1 []"


READ_ONLY = """
import os, sys
from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris import Store
Store().model("users").declare({"a": "int"}).create({})  # imports everything
if os.geteuid() == 0:
    os.seteuid(65534)  # for root every file may be written
store = Store(sys.argv[1])
print(store.model("users").count())
for work in (lambda: store.model("users").create({}), lambda: store.model("users").declare({"a": "int"})):
    try:
        work()
    except HostFailure as failure:
        print(failure.message)
"""


def test_a_file_that_may_only_be_read_is_read(tmp_path):
    path = tmp_path / "s.db"
    with Store(path) as store:
        store.model("users").create({"id": "a"})
    path.chmod(0o444)
    folder = tmp_path
    while folder != folder.parent and not folder.stat().st_mode & 0o001:  # others must be able to come here
        folder.chmod(folder.stat().st_mode | 0o011)
        folder = folder.parent
    tmp_path.chmod(0o777)  # the write-ahead log stands beside the file
    message = f"StorageError: the store is read-only: '{path}'"
    assert run(READ_ONLY, path) == ["1", message, message]


def test_a_store_opened_for_reading_refuses_writes(tmp_path):
    path = tmp_path / "s.db"
    assert failure(Store, path, read_only=True)["message"] == f"there is no store: '{path}'"
    with Store(path) as store:
        store.model("users").create({"id": "a"})
        with Store(path, read_only=True) as reader:
            assert reader.model("users").count() == 1
            assert failure(reader.model("users").create, {})["message"] == f"the store is read-only: '{path}'"
            store.model("users").create({"id": "b"})
            assert reader.model("users").query().order("-id").pluck("id") == ["b", "a"]


def test_a_locked_file_is_a_conflict_after_the_waiting_time(tmp_path):
    path = tmp_path / "s.db"
    with Store(path, busy_seconds=0.1) as store:
        store.model("users").create({"id": "a"})
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        found = failure(store.model("users").create, {"id": "b"})
        assert (found["kind"], found["message"], found["hint"]) == (
            "Conflict", "another job is writing to the store", "try again",
        )  # fmt: skip
        assert failure(store.transaction().__enter__)["kind"] == "Conflict"
        other.execute("COMMIT")
        other.close()
        assert store.model("users").create({"id": "b"})["id"] == "b"


@pytest.mark.parametrize("size", [0, 1, 50, 99, 100, 512, 4095, 4096, 10_000])
def test_a_file_cut_off_anywhere_is_a_storage_error_or_a_whole_store(tmp_path, size):
    path = tmp_path / "s.db"
    with Store(path) as store:
        store.model("users").create_many([{"t": "x" * 100} for _ in range(300)])
    os.truncate(path, size)
    if size > 1:
        assert failure(Store, path)["kind"] == "StorageError"
    else:
        with Store(path) as store:  # nothing is left: as good as a new file
            assert store.models() == []


def test_random_damage_is_never_anything_but_a_storage_error(tmp_path):
    import random

    path, chance = tmp_path / "s.db", random.Random(3)
    with Store(path) as store:
        store.model("users").declare({"t": "string search index"})
        store.model("users").create_many([{"t": f"word {n}"} for n in range(200)])
    whole, outcomes = path.read_bytes(), set()
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 20, 400))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        for leftover in tmp_path.glob("s.db-*"):
            leftover.unlink()
        outcomes.add(_read_damaged(path))
    assert "StorageError" in outcomes
    assert outcomes <= {"StorageError", "fine", "ValidationFailed"}


def _read_damaged(path):
    try:
        with Store(path) as store:
            users = store.model("users")
            users.all(), users.search("word"), users.where("t", "word 7").count(), users.create({"t": "new"})
    except HostFailure as found:
        return found.failure
    return "fine"


def test_errors_of_the_system_while_writing_files(tmp_path, monkeypatch):
    with Store(tmp_path / "s.db") as store:
        store.model("users").create({})

        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Path, "replace", full)
        for work in (store.backup, store.export_file, store.model("users").export_file):
            found = failure(work, tmp_path / "out.jsonl")
            assert (found["kind"], found["message"].endswith("No space left on device")) == ("StorageError", True)
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


def test_a_transaction_that_sqlite_gave_up_is_not_continued(tmp_path):
    with Store(tmp_path / "s.db") as store:
        users = store.model("users")
        users.create({"id": "a"})
        with pytest.raises(HostFailure) as caught, store.transaction():
            users.create({"id": "b"})
            store._connection.execute("ROLLBACK")  # what SQLite does by itself for some errors
            users.create({"id": "c"})
        assert caught.value.value["message"].startswith("the transaction failed and was undone")
        assert users.query().pluck("id") == ["a"]
        users.create({"id": "d"})
        assert users.count() == 2
