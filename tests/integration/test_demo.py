"""`examples/demo.py`, which `make demo` runs, ends well and leaves what it promises."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "files"
    command = [sys.executable, str(ROOT / "examples" / "demo.py"), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return folder, done


def test_the_demo_ends_well(demo):
    folder, done = demo
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == f"Every step of the demo ended as it must. Its files are in {folder}."


def test_the_payloads_are_those_of_the_job_format(demo):
    folder, _ = demo
    jobs = [json.loads(file.read_text()) for file in folder.glob("*-*.json")]
    assert {job["runner_id"]: job["payload"] for job in jobs} == {
        "hero": '!!git.list\nprint("Repositories listed")\n!!docker.ps\n',
        "sal": 'let files = os.list_dir("/tmp");\nfor file in files {\n    print(file);\n}\n',
        "osiris": (
            'let users = osiris.model("users");\nlet user = users.create(#{\n'
            '    name: "Alice",\n    email: "alice@example.com"\n});\n'
        ),
    }


def test_a_missing_engine_is_an_error_first_and_a_warning_with_the_option(demo):
    _, done = demo
    hero = done.stdout.partition("=== Hero runner")[2].partition("=== SAL runner")[0]
    ends = [line.split()[-1] for line in hero.splitlines() if line.startswith("job hero-")]
    assert ends[-2:] == ["Failed", "Completed"]
    warnings = [line.split(": ")[:2] for line in hero.splitlines() if line.startswith("warning: ")]
    assert warnings == [["warning", "docker.ps"]]


def test_the_user_is_in_the_database_afterwards(demo):
    folder, _ = demo
    connection = sqlite3.connect(folder / "osiris.db")
    rows = connection.execute("SELECT doc FROM m_users").fetchall()
    connection.close()
    assert [json.loads(doc) for (doc,) in rows] == [{"name": "Alice", "email": "alice@example.com"}]


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    command = [sys.executable, str(ROOT / "examples" / "demo.py"), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{tmp_path} is there already\n")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
