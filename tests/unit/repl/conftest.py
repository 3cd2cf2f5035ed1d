import io
from pathlib import Path

import pytest

import horus_runtime as hr
from horus_runtime.repl.loop import Repl
from horus_runtime.repl.output import Output
from horus_runtime.repl.session import Session


class Desk:
    """Surroundings in a folder of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read_script(self, path):
        from horus_runtime.cli.sources import read_script

        return read_script(str(path)).source.text

    def read_policy(self, path):
        from horus_runtime.cli.options import policy_from

        return policy_from(path)

    def key_path(self, name):
        return self.folder / "keys" / f"{name}.key"

    def registry(self, policy):
        return hr.RunnerRegistry.default(policy=policy, database=self.folder / "osiris.db")

    def run_tests(self, paths, policy):
        from horus_runtime.cli.commands.repl import run_tests

        return run_tests(paths, policy)

    def history_path(self):
        return self.folder / "history"


class Prompt:
    """A prompt whose output is a text."""

    def __init__(self, folder, engine):
        self.stream = io.StringIO()
        output = Output(self.stream, width=80)
        session = Session(engine, output.line)
        self.repl = Repl(session, output, Desk(folder), quiet=True)
        self.session = session

    def __call__(self, *inputs):
        """What is shown for the last of these inputs."""
        for text in inputs:
            self.stream.seek(0)
            self.stream.truncate()
            self.goes_on = self.repl.handle(text)
        return self.stream.getvalue()


@pytest.fixture
def prompt(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Prompt(tmp_path, hr.Engine.sal())


@pytest.fixture
def session():
    return Session(hr.Engine.sal(), lambda text: None)
