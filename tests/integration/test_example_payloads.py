"""The payloads in `examples/` run and print what they promise."""

import os
import subprocess
from pathlib import Path

import pytest

from horus_runtime.cli.main import main

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        capfd.readouterr()
        code = main(["run", *map(str, words)])
        return (code, *capfd.readouterr())

    return run


def test_every_payload_is_tested_here():
    found = {path.name for path in EXAMPLES.iterdir() if path.suffix in {".rhai", ".hero"}}
    assert found == {"hello.rhai", "errors.rhai", "disk_report.rhai", "repositories.hero"}


def test_hello(run):
    assert run(EXAMPLES / "hello.rhai") == (
        0,
        "Hello, Ada!\nHello, Grace!\nHello, Edsger!\n[3, 5, 6] make 14 letters\n",
        "",
    )


def test_errors(run):
    assert run(EXAMPLES / "errors.rhai") == (
        0,
        '8080: port 8080\nhttp: \'http\' is no number\n70000: #{"kind": "OutOfRange", "port": 70000}\n',
        "",
    )


def test_disk_report(run, tmp_path):
    (tmp_path / "b.txt").write_text("12345")
    (tmp_path / "a.txt").write_text("678")
    (tmp_path / "folder").mkdir()
    assert run("--allow-read=.", EXAMPLES / "disk_report.rhai") == (0, "2 files, 8 bytes\n  a.txt\n  b.txt\n", "")
    assert run(EXAMPLES / "disk_report.rhai")[0] == 4


def test_repositories(run, tmp_path):
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    (tmp_path / "code" / "one").mkdir(parents=True)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path / "code" / "one", env=os.environ | settings, check=True)
    code, out, err = run("--code-root", "code", EXAMPLES / "repositories.hero")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[1].split()[0] == f"{tmp_path}/code/one"
    assert lines[2:] == ["that was the list of repositories", "1 in all"]
