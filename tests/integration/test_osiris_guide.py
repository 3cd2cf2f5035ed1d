"""The guide to the model store and the example application do what they say."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
from http.client import HTTPConnection
from pathlib import Path

import pytest

import horus_runtime as hr

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "osiris.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def test_script_blocks_print_what_their_comments_say(tmp_path):
    with hr.osiris.Store(tmp_path / "s.db") as store:
        engine, told = hr.Engine.osiris(store), []
        engine.on_print(told.append)
        wanted = []
        for block in blocks("rhai"):
            engine.run(block)
            wanted += re.findall(r"\);?\s*(?:\}\s*)*//\s*(.*)$", block, re.MULTILINE)
    wanted = [text.split(":")[0] if text.startswith("36") else text for text in wanted]
    problems = wanted.index("all problems at once")
    wanted[problems : problems + 1] = ["title required", "stars max", "colour unknown"]
    assert told == wanted


def test_python_block_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    [block] = blocks("python")
    exec(compile(block, "osiris.md", "exec"), {"__name__": "guide"})
    assert capsys.readouterr().out.splitlines() == ["[('Ann', 31), ('Bob', None)]", "['nightly']"]


def test_shell_block_succeeds(tmp_path):
    program = tmp_path / "horus"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m horus_runtime "$@"\n')
    program.chmod(0o700)
    environment = os.environ | {"HORUS_HOME": str(tmp_path / "home"), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    [script] = blocks("sh")
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr[:9]) == (0, "1", "users.csv")


# --- the example -----------------------------------------------------------------------------------------------------


@pytest.fixture
def app(tmp_path):
    spec = importlib.util.spec_from_file_location("osiris_app", ROOT / "examples" / "osiris_app.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with hr.osiris.Store(tmp_path / "notes.db") as store, module.Server(store, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server, store
        server.shutdown()
        thread.join()


def ask(server, method, path, body=None):
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.request(method, path, body)
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def test_the_example_shares_its_store_with_scripts(app, tmp_path):
    server, store = app
    status, note = ask(server, "POST", "/notes", '{"title": "Milk", "text": "two bottles"}')
    assert (status, note["title"], note["done"]) == (201, "Milk", False)
    script = tmp_path / "add.rhai"
    script.write_text('osiris.model("notes").create(#{title: "Bread", text: "brown"});')
    done = subprocess.run(
        [sys.executable, "-m", "horus_runtime", "run", "--db", store.path, script],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [note["title"] for note in ask(server, "GET", "/notes")[1]] == ["Bread", "Milk"]
    assert [note["title"] for note in ask(server, "GET", "/notes?search=bottles")[1]] == ["Milk"]
    assert ask(server, "POST", "/tidy") == (200, {"changed": 1})
    assert store.model("notes").where("done", True).pluck("title") == ["Milk"]


def test_the_example_answers_bad_requests(app):
    server, store = app
    status, answer = ask(server, "POST", "/notes", '{"title": ""}')
    assert (status, answer["kind"], answer["problems"][0]["rule"]) == (422, "ValidationFailed", "string_too_short")
    assert ask(server, "POST", "/notes", "{")[0] == 400
    assert (ask(server, "GET", "/x")[0], ask(server, "POST", "/x")[0]) == (404, 404)
    assert store.model("notes").count() == 0


def test_many_visitors_at_once_lose_nothing(app):
    server, store = app
    threads = [
        threading.Thread(target=lambda: [ask(server, "POST", "/notes", '{"title": "Milk"}') for _ in range(5)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.model("notes").count() == 40
