"""Atomic runs become real as a whole or not at all: under errors, conflicts, and a kill -9 at every single point."""

import contextlib
import errno
import os
import random
import signal
import sqlite3

import pytest

import horus_runtime as hr
from horus_runtime.planning import journal as journals
from horus_runtime.planning.atomic import AtomicRun, run_atomic
from horus_runtime.planning.journal import JournalError
from horus_runtime.planning.recovery import recover
from tests.support.snapshots import snapshot

PAYLOAD = """
    os.write("changed.txt", "new\\n");
    os.append("log.txt", "third\\n");
    os.chmod("tool.sh", 0o755);
    os.delete("gone.txt");
    os.delete("old", #{recursive: true});
    os.move("moved.txt", "tree/renamed.txt");
    os.move("tree", "wood");
    os.write("wood/deep/more.txt", "more");
    os.delete("wood/deep/leaf.txt");
    os.write("fresh/a/b.txt", "b", #{parents: true});
    os.mkdir("fresh/empty");
    os.link("b.txt", "fresh/a/link");
    os.move("keep", "fresh/kept");
    os.delete("swap"); os.write("swap", "now a file");
    for n in 0..7 { os.write(`n${n}`, `${n}`); }
    os.delete("flip"); os.mkdir("flip"); os.write("flip/x", "x");
    osiris.model("user").update("ann", #{age: 2});
    osiris.model("user").create(#{id: "bob", age: 3});
"""


def make(top):
    top.mkdir()
    for name in ("changed.txt", "gone.txt", "moved.txt", "tool.sh", "flip", "tree/deep/leaf.txt", "tree/top.txt",
                 "old/a/b.txt", "old/c.txt", "keep/k.txt", "other.txt"):  # fmt: skip
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n")
    (top / "log.txt").write_text("first\nsecond\n")
    (top / "old" / "link").symlink_to("c.txt")
    (top / "swap").mkdir()


@pytest.fixture(autouse=True)
def disk_at_once(monkeypatch):
    """What a killed process has written is there without waiting for the disk; only a power failure needs more."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def root(tmp_path, monkeypatch):
    top = tmp_path / "root"
    make(top)
    monkeypatch.chdir(top)
    return top


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


def engine_for(root):
    policy = hr.Policy(read=(str(root),), write=(str(root),), run=("*",), osiris="schema")
    return hr.Engine.sal(policy)


def runner(text):
    return lambda engine: engine.run(text)


def new_store(path):
    with contextlib.closing(hr.osiris.Store(path)) as store:
        store.model("user").create({"id": "ann", "age": 1})


def ages(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT id, json_extract(doc, '$.age') FROM m_user"))


OLD_AGES, NEW_AGES = {"ann": 1}, {"ann": 2, "bob": 3}


def tree(root):
    return snapshot(root, times=False)


def count_points(root, state, tmp_path):
    """All names at which the hook is called in a commit that succeeds."""
    names = []
    run_atomic(engine_for(root), runner(PAYLOAD), state, database=tmp_path / "s.db", crash=names.append)
    return names


def killed_at(number, work):
    """Do the work in a child process that is killed at the given call of the hook; true when it was."""
    child = os.fork()
    if child == 0:
        calls = 0

        def crash(name):
            nonlocal calls
            if calls == number:
                os.kill(os.getpid(), signal.SIGKILL)
            calls += 1

        try:
            work(crash)
            os._exit(0)
        except BaseException:  # noqa: BLE001 - nothing of the child may come back into the tests
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def outcome(work):
    """The error of a piece of work, if it has one."""
    try:
        work()
    except hr.HostFailure as failure:
        return failure
    return None


def test_everything_becomes_real(root, state, tmp_path):
    new_store(tmp_path / "s.db")
    expected_inode = (root / "tree" / "top.txt").stat().st_ino
    names = count_points(root, state, tmp_path)
    assert len(names) >= 100
    assert (root / "wood" / "top.txt").stat().st_ino == expected_inode
    shown = {name: path.read_text() for path in sorted(root.rglob("*")) if path.is_file()
             for name in [str(path.relative_to(root))]}  # fmt: skip
    assert shown == {
        "changed.txt": "new\n", "log.txt": "first\nsecond\nthird\n", "tool.sh": "tool.sh\n", "other.txt": "other.txt\n",
        "wood/renamed.txt": "moved.txt\n", "wood/top.txt": "tree/top.txt\n", "wood/deep/more.txt": "more",
        "fresh/a/b.txt": "b", "fresh/a/link": "b", "fresh/kept/k.txt": "keep/k.txt\n", "swap": "now a file",
        "flip/x": "x", **{f"n{n}": f"{n}" for n in range(7)},
    }  # fmt: skip
    assert (root / "tool.sh").stat().st_mode & 0o777 == 0o755
    assert ages(tmp_path / "s.db") == NEW_AGES
    assert [path.name for path in state.iterdir()] == ["lock"]


@pytest.mark.parametrize(("with_store", "stride"), [(True, 1), (False, 3)])
def test_a_kill_at_every_point_leaves_the_old_or_the_new(root, state, tmp_path, with_store, stride):
    payload = PAYLOAD if with_store else PAYLOAD.split("osiris", maxsplit=1)[0]
    database = tmp_path / "s.db"
    engine = engine_for(root)
    outcomes, number, new = [], 0, None
    while True:
        work, place, store = tmp_path / f"w{number}", tmp_path / f"s{number}", tmp_path / f"db{number}.db"
        make(work)
        new_store(store)
        old = tree(work)
        os.chdir(work)
        engine.services["policy"] = hr.Policy(read=(str(work),), write=(str(work),), osiris="schema")

        def go(crash, place=place, store=store):
            run_atomic(engine, runner(payload), place, database=store if with_store else None, crash=crash)

        killed = killed_at(number, go)
        if killed and journals.unfinished(place):
            with pytest.raises(JournalError, match="interrupted"):
                run_atomic(engine, runner(payload), place)
        found = recover(place)
        now = tree(work)
        assert recover(place) == []
        assert [path.name for path in place.iterdir()] == ["lock"]
        if not killed:
            new = now
            assert found == []
        outcomes.append((number, now, old, ages(store)))
        if not killed:
            break
        number += stride
    assert number >= 100
    was_new = False
    for number, now, old, stored in outcomes:
        assert now in (old, new), number
        assert not (was_new and now == old), number  # once it stands, it stands
        was_new = now == new
        if with_store:
            assert stored == (NEW_AGES if was_new else OLD_AGES), number
    assert not database.exists()


def test_recovery_may_be_killed_at_every_point_too(root, state, tmp_path):
    new_store(tmp_path / "s.db")
    points = count_points(root, state, tmp_path)
    engine = engine_for(root)
    middle = [number for number, name in enumerate(points) if name.startswith(("place", "take", "decide"))]
    tried = 0
    for first in (middle[len(middle) // 2], middle[-1], middle[-1] + 1):
        for second in range(1000):
            work, place, store = (tmp_path / f"{kind}{first}-{second}" for kind in ("w", "s", "d"))
            make(work)
            new_store(store)
            old = tree(work)
            os.chdir(work)
            engine.services["policy"] = hr.Policy(read=(str(work),), write=(str(work),), osiris="schema")
            assert killed_at(
                first, lambda crash, p=place, s=store: run_atomic(engine, runner(PAYLOAD), p, database=s, crash=crash)
            )
            again = killed_at(second, lambda crash, p=place: recover(p, crash=crash))
            recover(place)
            tried += 1
            assert [path.name for path in place.iterdir()] == ["lock"]
            if ages(store) == OLD_AGES:
                assert tree(work) == old, (first, second)
            else:
                assert tree(work) == tree(root), (first, second)
            if not again:
                break
    assert tried >= 60


@pytest.mark.parametrize("seed", range(15))
def test_a_kill_at_any_moment_leaves_the_old_or_the_new(root, state, tmp_path, seed):
    new_store(tmp_path / "s.db")
    old, engine = tree(root), engine_for(root)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        delay = random.Random(seed).uniform(0.0005, 0.08)
        begun = []

        def crash(name):
            if not begun:  # the commit begins: from now on the alarm may come at any moment
                begun.append(name)
                signal.setitimer(signal.ITIMER_REAL, delay)

        run_atomic(engine, runner(PAYLOAD), state, database=tmp_path / "s.db", crash=crash)
        os._exit(0)
    os.waitpid(child, 0)
    recover(state)
    assert [path.name for path in state.iterdir()] == ["lock"]
    if ages(tmp_path / "s.db") == OLD_AGES:
        assert tree(root) == old
    else:
        assert (root / "wood" / "renamed.txt").read_text() == "moved.txt\n"
        assert list(root.glob(".horus*")) == []


@pytest.mark.parametrize(("number", "stride"), [(errno.ENOSPC, 1), (errno.EACCES, 4)])
def test_an_error_of_the_system_at_every_point_undoes_everything(root, state, tmp_path, number, stride):
    kind = {errno.ENOSPC: "StorageError", errno.EACCES: "PermissionDenied"}[number]
    engine = engine_for(root)
    point, undone, stood, done = 0, 0, [], False
    while not done:
        work, store = tmp_path / f"w{point}", tmp_path / f"d{point}.db"
        make(work)
        new_store(store)
        before = tree(work)
        os.chdir(work)
        engine.services["policy"] = hr.Policy(read=(str(work),), write=(str(work),), osiris="schema")
        names = []

        def crash(name, names=names, point=point):
            names.append(name)
            if len(names) == point + 1:
                raise OSError(number, os.strerror(number), "somewhere")

        failure = outcome(lambda s=store, c=crash: run_atomic(engine, runner(PAYLOAD), state, database=s, crash=c))
        if failure is not None:
            assert failure.message == f"{kind}: 'somewhere': {os.strerror(number).lower()}; nothing was changed"
            assert (tree(work), ages(store)) == (before, OLD_AGES)
            undone += 1
        else:
            assert ages(store) == NEW_AGES
            stood.append(names[point].split()[0] if len(names) > point else "done")
            recover(state)
        assert [path.name for path in state.iterdir()] == ["lock"]
        assert list(work.glob(".horus*")) == []
        done = len(names) <= point
        point += stride
    assert undone >= 60 // stride
    # Without hard links files are exchanged in two steps; and once it is decided, only cleaning up is left.
    expected = {"link", "decided", "journal", "remove", "done"}
    assert set(stood) <= expected
    assert stride > 1 or set(stood) == expected


def test_a_payload_that_fails_changes_nothing(root, state, tmp_path):
    new_store(tmp_path / "s.db")
    before = snapshot(root)
    for end in ('throw "no";', "loop {}", "1 / 0"):
        engine = engine_for(root)
        engine.max_operations = 200_000
        with pytest.raises(hr.HorusError):
            run_atomic(engine, runner(PAYLOAD + end), state, database=tmp_path / "s.db")
        assert snapshot(root) == before
        assert ages(tmp_path / "s.db") == OLD_AGES


def test_a_store_that_was_not_there_is_there_only_after_a_success(root, state, tmp_path):
    make_user = 'osiris.model("user").create(#{id: "ann", age: 1});'
    with pytest.raises(hr.EvalError):
        run_atomic(engine_for(root), runner(make_user + 'throw "no";'), state, database=tmp_path / "n.db")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("n.db")] == []
    run_atomic(engine_for(root), runner(make_user), state, database=tmp_path / "n.db")
    assert ages(tmp_path / "n.db") == OLD_AGES


CONFLICTS = {
    "read": ('let t = os.read("other.txt"); os.write("x.txt", t);', "other.txt", "changed"),
    "replaced": ('os.write("other.txt", "mine");', "other.txt", "changed"),
    "deleted": ('os.delete("other.txt");', "other.txt", "changed"),
    "moved": ('os.move("other.txt", "x.txt");', "other.txt", "changed"),
    "appended": ('os.append("other.txt", "mine");', "other.txt", "changed"),
    "made": ('os.write("new.txt", "mine");', "new.txt", "made by another"),
    "in a deleted directory": ('os.delete("old", #{recursive: true});', "old/a/b.txt", "changed"),
    "new in a deleted directory": ('os.delete("old", #{recursive: true});', "old/a/new.txt", "new"),
    "in a moved directory": ('os.move("old", "x"); os.append("x/c.txt", "y");', "old/c.txt", "changed"),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_what_another_program_changed_meanwhile_is_not_overwritten(root, state, case):
    script, name, text = CONFLICTS[case]

    def run(engine):
        engine.run(script)
        (root / name).write_text(text)

    with pytest.raises(hr.HostFailure) as caught:
        run_atomic(engine_for(root), run, state)
    assert caught.value.value == {
        "kind": "Conflict",
        "message": f"'{root / name}' was changed by another program while the payload ran; nothing was changed",
        "module": "atomic",
        "function": "commit",
        "paths": [str(root / name)],
    }
    assert (root / name).read_text() == text
    assert not any(path.name.startswith(".horus") for path in root.iterdir())


def test_files_that_the_system_makes_up_are_no_conflict(root, state):
    policy = hr.Policy(read=("/proc", str(root)), write=(str(root),))
    script = 'os.write("facts", os.read("/proc/uptime"));'
    run_atomic(hr.Engine.sal(policy), runner(script), state)
    assert (root / "facts").read_text().count(" ") == 1


def test_a_change_between_check_and_step_is_undone(root, state):
    before = tree(root)

    def crash(name):
        if name == f"replace {root}/log.txt":
            (root / "log.txt").unlink()
            (root / "log.txt").write_text("theirs")

    with pytest.raises(hr.HostFailure, match=r"log\.txt': it was changed by another program meanwhile"):
        run_atomic(engine_for(root), runner(PAYLOAD.split("osiris", maxsplit=1)[0]), state, crash=crash)
    after = tree(root)
    assert (root / "log.txt").read_text() == "theirs"
    assert {name: facts for name, facts in after.items() if name != "log.txt"} == {
        name: facts for name, facts in before.items() if name != "log.txt"
    }


def test_an_undo_that_cannot_be_done_says_so_and_can_be_done_later(root, state):
    before = tree(root)

    def crash(name):
        if name == f"mode {root}/tool.sh":
            (root / "gone.txt").write_text("theirs")
            raise OSError(errno.EIO, "broken")

    with pytest.raises(JournalError, match=r"cannot be undone: '.*gone.txt' was made anew meanwhile"):
        run_atomic(engine_for(root), runner(PAYLOAD.split("osiris", maxsplit=1)[0]), state, crash=crash)
    with pytest.raises(JournalError, match="was made anew meanwhile"):
        recover(state)
    (root / "gone.txt").unlink()
    assert [item.outcome for item in recover(state)] == ["undone"]
    assert tree(root) == before


def test_what_cannot_be_undone_is_listed_or_refused(root, state):
    script = 'process.run(["touch", "touched"]); os.write("x.txt", "x"); throw "no";'
    result = AtomicRun()
    with pytest.raises(hr.EvalError):
        run_atomic(engine_for(root), runner(script), state, result=result)
    assert [(effect.subject, effect.answer) for effect in result.effects] == [("touch touched", "done")]
    assert ((root / "touched").exists(), (root / "x.txt").exists()) == (True, False)
    (root / "touched").unlink()
    with pytest.raises(hr.HostFailure, match=r"process.run cannot be undone .touch touched., and this run is strictly"):
        run_atomic(engine_for(root), runner(script), state, strict=True)
    assert not (root / "touched").exists()


def test_directories_that_a_program_made_meanwhile_are_joined(root, state):
    script = 'os.write("made/by.us", "1", #{parents: true}); process.run(["mkdir", "made"]); os.mkdir("made");'
    run_atomic(engine_for(root), runner(script), state)
    assert (root / "made" / "by.us").read_text() == "1"


def test_what_programs_did_meanwhile_is_seen(root, state):
    script = """
        print(os.list_dir("old/a")); process.run(["rm", "-r", "old"]);
        print(os.exists("old")); print("old" in os.list_dir(".")); os.mkdir("old");
        process.run(["touch", "keep/new"]); print(os.list_dir("keep"));
    """
    said = []
    engine = engine_for(root)
    engine.on_print(said.append)
    run_atomic(engine, runner(script), state)
    assert said == ['["b.txt"]', "false", "false", '["k.txt", "new"]']
    assert list((root / "old").iterdir()) == []


def test_programs_are_not_started_in_directories_that_are_not_there_yet(root, state):
    script = 'os.mkdir("staged"); process.run(["ls"], #{cwd: "staged"});'
    with pytest.raises(hr.HostFailure, match="staged' is made at the end of the run"):
        run_atomic(engine_for(root), runner(script), state)


def test_namespaces_are_out_of_reach(root, state, tmp_path):
    with pytest.raises(hr.HostFailure, match="namespace 'other' is another file: an atomic run works with one"):
        run_atomic(engine_for(root), runner('osiris.namespace("other");'), state, database=tmp_path / "s.db")


def test_a_stage_of_somebody_else_is_met_in_the_root(root, state):
    stage = root / ".horus-journal-x"
    stage.mkdir()
    (stage / "owner").write_text("/elsewhere/atomic\n")
    with pytest.raises(JournalError) as caught:
        run_atomic(engine_for(root), runner('os.mkdir("y");'), state)
    assert caught.value.hint == "horus recover --state=/elsewhere/atomic"


def test_a_journal_that_cannot_be_read_stands_in_the_way(root, state):
    (state / "broken").mkdir(parents=True)
    (state / "broken" / "journal.json").write_text("{")
    with pytest.raises(JournalError, match="broken' cannot be read"):
        run_atomic(engine_for(root), runner("1"), state)
    with pytest.raises(JournalError, match="broken' cannot be read"):
        recover(state)


def test_nothing_to_commit_leaves_no_trace(root, state):
    before = snapshot(root)
    assert (
        run_atomic(engine_for(root), lambda engine: engine.eval('os.read("other.txt")'), state).value == "other.txt\n"
    )
    assert snapshot(root) == before
    assert [path.name for path in state.iterdir()] == ["lock"]
