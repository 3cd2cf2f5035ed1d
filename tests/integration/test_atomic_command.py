"""`horus run --atomic` and `horus recover` on the command line."""

import contextlib
import errno
import json
import os
import signal

import pytest

import horus_runtime as hr
from horus_runtime.cli.main import main
from horus_runtime.planning import run_atomic
from tests.integration import test_operations_examples as examples
from tests.support.snapshots import snapshot

FILES = ("--allow-read=.", "--allow-write=.")
server = examples.server


@pytest.fixture
def run(root, capfd):
    def run(text, *flags):
        (root.parent / "p.rhai").write_text(text)
        capfd.readouterr()
        code = main(["run", *flags, str(root.parent / "p.rhai")])
        return (code, *capfd.readouterr())

    return run


def test_it_is_all_or_nothing(run, root):
    assert run('os.write("a", "1"); throw "no";', *FILES, "--atomic")[0] == 1
    assert not (root / "a").exists()
    assert run('os.write("a", "1"); print(os.read("a"));', *FILES, "--atomic") == (0, "1\n", "")
    assert (root / "a").read_text() == "1"
    assert [path.name for path in root.iterdir()] == ["a"]


def test_a_run_out_of_time_changes_nothing(run, root):
    assert run('os.write("a", "1"); loop {}', *FILES, "--atomic", "--timeout=0.2")[0] == 124
    assert list(root.iterdir()) == []


def test_what_cannot_be_undone_is_a_warning(run, root):
    script = 'process.run(["touch", "b"]);\nos.write("a", "1");'
    code, out, err = run(script, *FILES, "--allow-run=touch", "--atomic")
    assert (code, out, err) == (
        0, "", "warning: this was done at once and cannot be undone:\n  process.run: touch b (line 1)\n",
    )  # fmt: skip
    code, out, _ = run(script, *FILES, "--allow-run=touch", "--atomic", "--json")
    document = json.loads(out)
    [effect] = document["atomic"]["not_undoable"]
    assert (document["atomic"]["steps"], effect["subject"], effect["line"]) == (1, "touch b", 1)
    code, _, err = run(script, *FILES, "--allow-run=touch", "--atomic=strict")
    assert (code, "process.run cannot be undone (touch b)" in err, "run it with --atomic, which" in err) == (
        1,
        True,
        True,
    )


def test_an_interrupted_commit_is_recovered_before_the_next_one(run, root, tmp_path, capfd):
    state = tmp_path / "home" / "atomic"
    child = os.fork()
    if child == 0:
        engine = hr.Engine.sal(hr.Policy(read=(str(root),), write=(str(root),)))

        def crash(name):
            if name == "decide":
                os.kill(os.getpid(), signal.SIGKILL)

        with contextlib.suppress(BaseException):
            run_atomic(engine, lambda private: private.run('os.write("a", "1");'), state, crash=crash)
        os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert run("1", "--atomic")[0] == 11
    code, out, err = run("1", "--atomic")
    assert (code, out) == (11, "")
    assert "an atomic run was interrupted while it committed" in err
    assert f"horus recover --state={state} finishes or undoes it" in err
    assert main(["recover"]) == 0
    # Without a model store the journal's own mark decides, and that was written.
    assert capfd.readouterr().out.endswith(": finished (interrupted while committed, 1 steps)\n")
    assert (root / "a").read_text() == "1"
    assert main(["recover", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == {"recovered": []}
    assert run("print(1);", "--atomic") == (0, "1\n", "")


def test_a_conflict_is_an_error_map(run, root):
    (root / "a").write_text("1")
    script = 'os.append("a", "2"); process.run(["touch", "-d", "2001-01-01", "a"]);'
    code, _, err = run(script, *FILES, "--allow-run=touch", "--atomic")
    assert (code, f"Conflict: '{root}/a' was changed by another program" in err) == (1, True)
    assert (root / "a").read_text() == "1"


def test_a_full_disk_is_told(run, root, monkeypatch):
    def fsync(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = snapshot(root)
    monkeypatch.setattr(os, "fsync", fsync)
    code, _, err = run('os.write("a", "1");', *FILES, "--atomic")
    assert (code, "StorageError: no space left on device; nothing was changed" in err) == (1, True)
    monkeypatch.undo()
    assert {name: facts[:3] for name, facts in snapshot(root).items()} == {
        name: facts[:3] for name, facts in before.items()
    }
