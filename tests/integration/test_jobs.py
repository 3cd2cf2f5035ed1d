"""The main job, end to end: the payloads of the job format from `examples/jobs`, signed, verified and run."""

import json
import os
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from horus_runtime.cli.main import main

JOBS = Path(__file__).resolve().parents[2] / "examples" / "jobs"
PAYLOADS = {
    "hero": '!!git.list\nprint("Repositories listed")\n!!docker.ps\n',
    "sal": 'let files = os.list_dir("/tmp");\nfor file in files {\n    print(file);\n}\n',
    "osiris": (
        'let users = osiris.model("users");\nlet user = users.create(#{\n'
        '    name: "Alice",\n    email: "alice@example.com"\n});\n'
    ),
}


@pytest.fixture
def horus(tmp_path, monkeypatch, capfd):
    """Runs a command in an empty directory: exit code, standard output, standard error."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("HORUS_HOME", str(tmp_path / "home"))

    def run(*words):
        capfd.readouterr()
        code = main([str(word) for word in words])
        return (code, *capfd.readouterr())

    run.work = work
    return run


@pytest.fixture
def signed(horus):
    """A signed copy of an example job under the eyes of a trust store, with a new id and the present time."""
    _, out, _ = horus("keys", "new", "--json")
    horus("keys", "trust", json.loads(out)["public_key"])

    def copy(name, **fields):
        job = json.loads((JOBS / f"{name}.json").read_text())
        (horus.work / "job.json").write_text(json.dumps(job | {"created_at": int(time.time())} | fields))
        assert horus("job", "sign", "job.json")[0] == 0
        assert horus("job", "verify", "job.json")[0] == 0
        return "job.json"

    return copy


@pytest.fixture
def code_root(tmp_path):
    """Two real repositories."""
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    author = {f"GIT_{role}_{part}": "x" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    for name in ("library", "website"):
        folder = tmp_path / "code" / name
        folder.mkdir(parents=True)
        (folder / "README.md").write_text(name)
        commands = (("init", "-q"), ("checkout", "-q", "-B", "main"), ("add", "."), ("commit", "-q", "-m", "Begin"))
        for words in commands:
            subprocess.run(["git", *words], cwd=folder, env=os.environ | settings | author, check=True)
    return tmp_path / "code"


@pytest.fixture
def no_docker(tmp_path, monkeypatch):
    """A search path on which git is all there is."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(shutil.which("git"))
    monkeypatch.setenv("PATH", str(programs))


def first_words(text):
    return [line.split()[0] for line in text.splitlines()]


@pytest.mark.parametrize("name", PAYLOADS)
def test_the_examples_hold_the_payloads_of_the_job_format_unchanged(name):
    job = json.loads((JOBS / f"{name}.json").read_text())
    assert (job["runner_id"], job["payload"], job["timeout"]) == (name, PAYLOADS[name], 60)


def test_the_sal_job_lists_the_directory(horus, signed):
    code, out, err = horus("job", "run", "--json", signed("sal"))
    result = json.loads(out)
    assert (code, err) == (0, "")
    assert set(result) == {"job_id", "status", "output", "error", "exit_code", "started_at", "completed_at"}
    assert (result["job_id"], result["status"], result["error"], result["exit_code"]) == (
        "example-sal",
        "Completed",
        None,
        0,
    )
    names = result["output"].splitlines()
    assert names == sorted(names)
    assert set(names) & {path.name for path in Path("/tmp").iterdir()}


def test_the_osiris_job_leaves_its_record_in_a_file_that_others_can_read(horus, signed):
    assert horus("job", "run", "--db", "store.db", signed("osiris")) == (0, "", "job example-osiris: Completed\n")
    with sqlite3.connect(horus.work / "store.db") as connection:
        rows = connection.execute("select json(doc) from m_users").fetchall()
    connection.close()
    assert [json.loads(row[0]) for row in rows] == [{"name": "Alice", "email": "alice@example.com"}]


def test_the_hero_job_says_that_no_container_engine_answers(horus, signed, code_root, no_docker):
    code, out, err = horus("job", "run", "--code-root", code_root, signed("hero"))
    assert code == 1
    assert first_words(out) == ["REPOSITORY", f"{code_root}/library", f"{code_root}/website", "Repositories"]
    assert "Unavailable" in err
    assert err.endswith("job example-hero: Failed\n")


def test_the_hero_job_completes_when_a_missing_engine_is_allowed(horus, signed, code_root, no_docker):
    words = ("--code-root", code_root, "--allow-unavailable", "docker", "--json")
    code, out, err = horus("job", "run", *words, signed("hero"))
    result = json.loads(out)
    assert (code, err, result["status"]) == (0, "", "Completed")
    assert first_words(result["output"]) == [
        "REPOSITORY",
        f"{code_root}/library",
        f"{code_root}/website",
        "Repositories",
        "warning:",
    ]
    assert result["output"].splitlines()[-1].startswith("warning: docker.ps: ")


def test_a_trusted_job_runs_once(horus, signed):
    name = signed("sal", payload="print(1);")
    assert horus("job", "run", name) == (0, "1\n", "job example-sal: Completed\n")
    assert horus("job", "run", name) == (
        5,
        "",
        "the job is not valid: signature: the job is a repetition: example-sal was already run\n",
    )


def test_an_old_job_is_refused_however_well_it_is_signed(horus, signed):
    code, out, err = horus("job", "run", signed("sal", created_at=1763114400))
    assert (code, out) == (5, "")
    assert err.startswith("the job is not valid: signature: the job is stale: it is ")


def test_a_job_runs_under_its_deadline(horus, signed):
    name = signed("sal", payload="while true {}", timeout=1)
    started = time.monotonic()
    code, out, err = horus("job", "run", name)
    elapsed = time.monotonic() - started
    assert (code, out) == (124, "")
    assert err == (
        "the job exceeded its timeout of 1 second\n"
        "payload:1:12\n1: while true {}\n              ^ Script terminated: the time limit is over\n"
        "job example-sal: Timeout\n"
    )
    assert 1.0 <= elapsed < 1.6
