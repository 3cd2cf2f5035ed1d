"""`horus plan`: what it prints, its JSON, its exit codes; and that nothing is touched, whatever the payload does."""

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from horus_runtime.cli.main import main
from tests.support.repositories import make_repository
from tests.support.snapshots import snapshot

ROOT = Path(__file__).resolve().parents[2]
FILES = ("--allow-read=.", "--allow-write=.")


def untouched(root):
    """All but the table of locks that SQLite shares between processes: whoever reads a database writes there."""
    return {name: facts for name, facts in snapshot(root).items() if not name.endswith("-shm")}


@pytest.fixture
def plan(root, capfd):
    """Plan a payload; exit code, output and errors. Nothing below the root may change."""

    def plan(text, *flags, name="p.rhai"):
        payload = root.parent / name
        payload.write_text(text)
        before = untouched(root)
        capfd.readouterr()
        code = main(["plan", *flags, str(payload)])
        assert untouched(root) == before
        return (code, *capfd.readouterr())

    return plan


def test_every_kind_of_change_is_shown(plan, root):
    for name in ("old.txt", "same.txt", "moved.txt", "mode.sh", "log.txt"):
        (root / name).write_text(f"{name}\nsecond\n")
    (root / "data.bin").write_bytes(b"\0" * 10)
    (root / "doomed").mkdir()
    (root / "doomed" / "x").write_text("x")
    (root / "link").symlink_to("old.txt")
    script = """
        os.write("old.txt", "OLD\\nsecond\\n"); os.write("same.txt", "same.txt\\nsecond\\n");
        os.move("moved.txt", "sub/moved.txt"); os.chmod("mode.sh", 0o755); os.append("log.txt", "third");
        os.write_bytes("data.bin", blob(4)); os.delete("doomed", #{recursive: true});
        os.delete("link"); os.link("same.txt", "link2"); os.mkdir("empty");
        print(os.list_dir("."));
    """
    code, out, err = plan(script.replace("os.move", 'os.mkdir("sub"); os.move'), *FILES)
    assert (code, err) == (0, "")
    assert (
        out
        == """["data.bin", "empty", "link2", "log.txt", "mode.sh", "old.txt", "same.txt", "sub"]
~ data.bin 10 bytes sha256:01d448afd928 -> 4 bytes sha256:df3f619804a9 (line 4)
- doomed/ (line 4)
- doomed/x 1 bytes (line 4)
+ empty/ (line 5)
- link -> old.txt (line 5)
+ link2 -> same.txt (line 5)
~ log.txt (line 3)
    @@ -1,2 +1,3 @@
     log.txt
     second
    +third
    \\ No newline at end of file
m mode.sh mode 0644 -> 0755 (line 3)
~ old.txt (line 2)
    @@ -1,2 +1,2 @@
    -old.txt
    +OLD
     second
+ sub/ (line 3)
> moved.txt -> sub/moved.txt (line 3)
plan: 3 created, 3 changed, 3 deleted, 1 moved, 1 mode changed
"""
    )


def test_an_empty_plan_says_so(plan):
    assert plan("let x = 1; x + 1", "--exit-code") == (0, "plan: nothing would change\n", "")


def test_changes_have_their_own_exit_code(plan):
    assert plan('os.mkdir("x");', *FILES, "--exit-code")[0] == 10
    assert plan('os.mkdir("x");', *FILES)[0] == 0


def test_colours_are_for_terminals_that_may_have_them(plan, monkeypatch):
    script = 'os.write("a\\u001b[31m", "x\\n");'
    monkeypatch.setattr("horus_runtime.repl.output.wants_color", lambda stream: True)
    out = plan(script, *FILES)[1]
    assert out == (
        "\x1b[32m+ a\\x1b[31m (mode 0644) (line 1)\x1b[0m\n\x1b[36m    @@ -0,0 +1 @@\x1b[0m\n\x1b[32m    +x\x1b[0m\n"
        "\x1b[1mplan: 1 created\x1b[0m\n"
    )


def test_the_json_document(plan, root):
    (root / "a.txt").write_text("one\n")
    script = 'print("hello");\nos.append("a.txt", "two\\n");\nprocess.run(["true", "x"]);\nlet answer = 42;\nanswer'
    code, out, err = plan(script, *FILES, "--allow-run=true", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    sums = [change[side].pop("sha256") for change in document["changes"] for side in ("before", "after")]
    assert sums == [hashlib.sha256(text).hexdigest() for text in (b"one\n", b"one\ntwo\n")]
    modes = [change.pop(side) for change in document["changes"] for side in ("before", "after")]
    assert modes == [{"mode": "0644", "size": 4}, {"mode": "0644", "size": 8}]
    assert document == {
        "version": 1,
        "complete": True,
        "changes": [
            {
                "kind": "modify",
                "path": str(root / "a.txt"),
                "type": "file",
                "diff": f"--- {root}/a.txt\n+++ {root}/a.txt\n@@ -1 +1,2 @@\n one\n+two\n",
                "line": 2,
                "source": str(root.parent / "p.rhai"),
            }
        ],
        "records": [],
        "actions": [
            {
                "kind": "run",
                "function": "process.run",
                "subject": "true x",
                "answer": "planned",
                "line": 3,
                "column": 9,
                "source": str(root.parent / "p.rhai"),
            }
        ],
        "counts": {"create": 0, "modify": 1, "delete": 0, "move": 0, "mode": 0, "touch": 0, "records": 0, "actions": 1},
        "output": "hello\n",
        "error": None,
        "exit_code": 0,
    }


def test_a_payload_that_fails_has_a_plan_up_to_there(plan):
    code, out, err = plan('os.mkdir("x");\nthrow "stop";\nos.mkdir("y");', *FILES)
    assert (code, out) == (1, "+ x/ (line 1)\nplan up to the error: 1 created\n")
    assert "stop" in err
    code, out, _ = plan('os.mkdir("x");\nthrow "stop";', *FILES, "--json")
    document = json.loads(out)
    assert (code, document["complete"], document["exit_code"]) == (1, False, 1)
    assert (document["error"]["kind"], [change["kind"] for change in document["changes"]]) == (
        "ErrorRuntime", ["create"],
    )  # fmt: skip


def test_what_is_denied_is_denied_here_too(plan):
    code, out, err = plan('os.mkdir("x");\nos.read("/etc/hostname");', *FILES)
    assert (code, out) == (4, "+ x/ (line 1)\nplan up to the error: 1 created\n")
    assert "os.read on '/etc/hostname' is not allowed: the capability 'read' is missing" in err
    code, _, err = plan('http.get("http://127.0.0.1:1/");', "--allow-net=127.0.0.1")
    assert (code, "--allow-private-net" in err) == (4, True)
    code, _, err = plan('http.get("http://example.com/");', "--allow-net=example.org")
    assert (code, "--allow-net=example.com:80" in err) == (4, True)


def test_limits_hold(plan):
    assert plan("loop { }", "--max-operations=1000")[0] == 3


def test_the_smallest_policy_is_told_as_for_a_run(plan):
    code, out, err = plan('os.mkdir("x");', *FILES, "--audit-only")
    assert (code, out) == (0, "+ x/ (line 1)\nplan: 1 created\n")
    assert err.startswith("# the run needs\nwrite = [")


def test_records_of_the_model_store(plan, root):
    make = 'let m = osiris.model("user"); m.create(#{id: "ann", age: 1}); m.create(#{id: "bob", age: 2});'
    assert plan(make, "--db=s.db")[:2] == (
        0,
        (
            "+ model store s.db\n+ record user ann (create)\n+ record user bob (create)\nactions, in order:\n"
            "   1. osiris.create: user (line 1)\n   2. osiris.create: user (line 1)\nplan: 2 records\n"
        ),
    )
    assert main(["eval", "--db=s.db", make]) == 0
    change = """
        let m = osiris.model("user");
        m.update("ann", #{age: 5}); m.delete("bob"); m.create(#{id: "eve"}); m.create(#{id: "tmp"}); m.delete("tmp");
        print(m.all().map(|r| r.id));
    """
    code, out, err = plan(change, "--db=s.db")
    assert (code, err) == (0, "")
    assert out.startswith(
        '["ann", "eve"]\n~ record user ann (update)\n- record user bob (delete)\n+ record user eve (create)\nactions'
    )
    assert out.endswith("plan: 3 records\n")
    with sqlite3.connect(root / "s.db") as connection:
        assert connection.execute("SELECT id FROM m_user ORDER BY id").fetchall() == [("ann",), ("bob",)]
    connection.close()


def test_a_store_that_another_process_has_open_is_seen_as_it_is(plan, root):
    assert main(["eval", "--db=s.db", 'osiris.model("user").create(#{id: "ann"})']) == 0
    connection = sqlite3.connect(root / "s.db", isolation_level=None)
    connection.execute("UPDATE m_user SET version = 7")
    assert (root / "s.db-wal").exists()
    try:
        assert plan('print(osiris.model("user").get("ann")._version);', "--db=s.db")[1] == (
            "7\nplan: nothing would change\n"
        )
    finally:
        connection.close()


def test_namespaces_are_copied_and_compared_too(plan, root):
    assert main(["eval", "--db=s.db", "--allow-osiris=schema", "--policy", policy_file(root),
                 'osiris.namespace("other").model("user").create(#{id: "ann"})']) == 0  # fmt: skip
    script = """
        let other = osiris.namespace("other").model("user");
        print(other.count()); other.create(#{id: "bob"}); osiris.model("user").create(#{id: "eve"});
        osiris.namespace("third").model("user").create(#{id: "new"});
    """
    code, out, err = plan(script, "--db=s.db", "--policy", policy_file(root))
    assert (code, err) == (0, "")
    assert [line for line in out.splitlines() if line.startswith("+")] == [
        "+ record user eve (create)", "+ record other:user bob (create)", "+ record third:user new (create)",
    ]  # fmt: skip


def policy_file(root):
    path = root.parent / "policy.toml"
    path.write_text('osiris = "schema"\nnamespaces = ["*"]\n')
    return str(path)


def test_a_markdown_file_is_planned_by_its_blocks(plan):
    text = "# How to\n\n```heroscript\n!!osal.exec cmd:'make all'\n```\n"
    code, out, err = plan(text, "--allow-run=make,true", name="p.md")
    assert (code, out, err) == (
        0, "actions, in order:\n   1. process.try_run: make all (line 4)\nplan: 1 action\n", "",
    )  # fmt: skip


def test_much_content_is_spilled_and_nothing_of_it_is_left(plan, tmp_path, monkeypatch):
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr("tempfile.tempdir", None)
    script = """
        let block = blob(10_000_000, 65);
        for n in 0..5 { os.write_bytes(`f${n}`, block); }
        os.append("f0", "end"); print(os.size("f0")); print(os.hash("f4") == os.hash("f3"));
    """
    code, out, err = plan(script, *FILES)
    assert (code, err, out.splitlines()[:2], out.splitlines()[-1]) == (
        0, "", ["10000003", "true"], "plan: 5 created",
    )  # fmt: skip
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_no_copy_of_the_store_behind(root, tmp_path, number):
    assert main(["eval", "--db=s.db", 'osiris.model("user").create(#{id: "ann"})']) == 0
    place = tmp_path / "tmp"
    place.mkdir()
    (root.parent / "p.rhai").write_text('os.write("a", "1"); print("ready"); loop { }')
    words = [sys.executable, "-m", "horus_runtime", "plan", *FILES, "--db=s.db", "--max-operations=0", "../p.rhai"]
    environment = os.environ | {"TMPDIR": str(place), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    before = snapshot(root)
    with subprocess.Popen(words, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "ready\n"
        assert [path.name.startswith("horus-plan-") for path in place.iterdir()] == [True]
        child.send_signal(number)
        child.wait(60)
    assert list(place.iterdir()) == []
    assert untouched(root) == {name: facts for name, facts in before.items() if not name.endswith("-shm")}
    assert child.returncode == (130 if number == signal.SIGINT else 128 + number)


def test_a_hero_payload_names_its_own_lines(plan, root):
    make_repository(root / "code" / "app")
    payload = """!!osal.exec cmd:'git status' work_folder:'code/app'

!!osal.exec cmd:'make all'
os.mkdir("made");
!!osal.exec cmd:'false'
"""
    flags = ("--code-root=code", *FILES, "--allow-git=local", "--allow-run=git,make,false")
    code, out, err = plan(payload, *flags, name="p.hero")
    assert (code, err) == (0, "")
    assert "process.try_run: git status (line 1) [answered]" in out
    assert "process.try_run: make all (line 3)" in out
    assert "+ made/" in out


def test_repositories_are_looked_at_and_not_changed(plan, root):
    make_repository(root / "app")
    script = """
        let repo = git.open("app");
        os.write("app/new.txt", "x");
        print(repo.status().clean);
        repo.commit("all");
        repo.create_tag("v1");
        print(process.output("git log --format=%s", #{cwd: "app"}));
        let copy = git.clone("file://" + os.cwd() + "/app", "copy");
        print(copy.status().clean);
    """
    code, out, err = plan(script, *FILES, "--allow-git=remote", "--allow-run=git")
    assert (code, err) == (0, "")
    assert (
        out
        == f"""true
first
true
+ app/new.txt (mode 0644) (line 3)
    @@ -0,0 +1 @@
    +x
    \\ No newline at end of file
+ copy/ (line 8)
+ copy/.git/ (line 8)
actions, in order:
   1. git.commit: git add --all (line 5)
   2. git.commit: git commit --quiet --no-verify --file=- (line 5)
   3. git.create_tag: git tag -- v1 (line 6)
   4. process.output: git log --format=%s (line 7) [answered] - saw the real files, not the pending changes
   5. git.clone: git clone --quiet --template= --no-recurse-submodules --upload-pack=git-upload-pack -- \
file://{root}/app {root}/copy (line 8)
plan: 3 created, 4 actions
"""
    )


def test_secrets_of_a_vault_are_masked(plan, root):
    make = 'let v = vault.open("s.vault", "hunter2hunter2", #{create: true, cost: "interactive"}); v.set("k", "s3cr3t")'
    assert main(["eval", *FILES, make]) == 0
    script = 'let v = vault.open("s.vault", "hunter2hunter2"); os.write("conf", "key=" + v.get("k") + "\\n");'
    assert plan(script, *FILES)[1] == "+ conf (mode 0644) (line 1)\n    @@ -0,0 +1 @@\n    +key=***\nplan: 1 created\n"


def test_commands_can_be_marked_as_looking(plan):
    script = 'print(process.output(["echo", "hi"])); print(process.output(["echo", "ho"]));'
    code, out, _ = plan(script, "--allow-run=echo", "--answer-run=echo hi")
    assert (code, out) == (
        0, ("hi\n\nactions, in order:\n   1. process.output: echo hi (line 1) [answered]\n"
        "   2. process.output: echo ho (line 1)\nplan: 1 action\n"),
    )  # fmt: skip


def test_programs_beside_the_script_and_signals_are_only_planned(plan):
    script = """
        let job = process.start(["sleep", "100"]);
        print(job.is_running()); print(job.wait().simulated); print(job.kill());
        print(process.shell("rm -rf /").code);
    """
    code, out, _ = plan(script, "--allow-run=sleep", "--allow-shell")
    assert (code, out) == (
        0, ("false\ntrue\nfalse\n0\nactions, in order:\n   1. process.start: sleep 100 (line 2)\n"
        "   2. process.shell: sh -c rm -rf / (line 4)\nplan: 2 actions\n"),
    )  # fmt: skip


def test_nothing_is_sent(plan):
    script = """
        let answer = http.post("http://example.com/x", "body");
        print(answer.status); print(answer.simulated); print(http.get_json("http://example.com/y").len());
        print(net.tcp_check("example.com", 80)); print(net.resolve("example.com"));
        print(http.download("http://example.com/z", "z").bytes);
    """
    code, out, err = plan(script, *FILES, "--allow-net=example.com")
    assert (code, err) == (0, "")
    assert (
        out
        == """200
true
0
true
[]
0
+ z (mode 0644) (line 5)
actions, in order:
   1. http.post: POST http://example.com/x (line 2)
   2. http.get_json: GET http://example.com/y (line 3)
   3. net.tcp_check: example.com:80 (line 4)
   4. net.resolve: example.com:443 (line 4)
   5. http.download: GET http://example.com/z (line 5)
plan: 1 created, 5 actions
"""
    )


def test_links_are_followed_inside_the_overlay_and_never_out_of_the_roots(plan, root):
    (root.parent / "secret").write_text("s")
    script = """
        os.mkdir("d"); os.write("d/x", "in d"); os.link("d", "l"); print(os.read("l/x"));
        os.link("../secret", "out");
    """
    code, out, err = plan(script, *FILES)
    assert (code, out.splitlines()[0]) == (4, "in d")
    assert "os.link on '../secret' is not allowed" in err


def test_permissions_of_the_system_are_felt(plan, root):
    if os.geteuid() == 0:
        pytest.skip("root may do everything")
    (root / "closed").mkdir(mode=0o500)
    code, _, err = plan('os.mkdir("closed/x");', *FILES)
    assert (code, "does not permit access to 'closed/x'" in err) == (1, True)


def test_containers_that_are_only_planned_can_be_worked_with(plan, tmp_path, monkeypatch):
    engine = tmp_path / "bin" / "docker"
    engine.parent.mkdir()
    engine.write_text(f"#!/bin/sh\necho \"$@\" >> {tmp_path}/asked; echo '[]'\n")
    engine.chmod(0o700)
    monkeypatch.setenv("PATH", f"{engine.parent}:{os.environ['PATH']}")
    script = 'docker.run("nginx", #{name: "web"}); print(docker.stop("web")); print(docker.ps());'
    code, out, err = plan(script, "--allow-docker=manage")
    assert (code, err, out.splitlines()[:2]) == (0, "", ["true", "[]"])
    assert [line.split(":")[0] for line in out.splitlines()[3:5]] == ["   1. docker.run", "   2. docker.stop"]
    assert (tmp_path / "asked").read_text() == "ps --no-trunc --format {{json .}}\n"
