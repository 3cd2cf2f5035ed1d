"""Running the command line inside the test's process, with a home folder of its own."""

from typing import NamedTuple

import pytest

from horus_runtime.cli.main import main


class Outcome(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The user's horus folder: not there before something is written."""
    folder = tmp_path / "home"
    monkeypatch.setenv("HORUS_HOME", str(folder))
    return folder


@pytest.fixture
def work(tmp_path, monkeypatch):
    """An empty working directory."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def horus(home, work, capfd, monkeypatch):
    """`horus("job", "new", ...)` gives exit code, standard output and standard error."""
    monkeypatch.delenv("HORUS_DEBUG", raising=False)

    def run(*words):
        capfd.readouterr()
        code = main([str(word) for word in words])
        return Outcome(code, *capfd.readouterr())

    return run
