"""The pytest plug-in: `*_test.rhai` files are collected, every case is an item of the run.

Installed with the package. `--horus-update` keeps new snapshots; `-p no:horus` switches it off.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from horus_runtime.testing.discovery import Case


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our option."""
    group = parser.getgroup("horus", "tests written in Rhai")
    group.addoption("--horus-update", action="store_true", help="keep new snapshots of *_test.rhai files")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take the files that are ours."""
    if file_path.name.endswith("_test.rhai"):
        return ScriptFile.from_parent(parent, path=file_path)
    return None


class ScriptFailure(Exception):
    """A case failed; the text says why."""


class ScriptFile(pytest.File):
    """A test file."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for every case."""
        from horus_runtime.errors import HorusError
        from horus_runtime.testing.running import FileRunner, Settings

        try:
            runner = FileRunner(self.path, Settings(update=bool(self.config.getoption("horus_update"))))
        except HorusError as error:
            raise self.CollectError(error.render()) from None
        for case in runner.file.cases:
            yield ScriptCase.from_parent(self, name=case.name, case=case, runner=runner)


class ScriptCase(pytest.Item):
    """One case."""

    def __init__(self, *, case: Case, runner: Any, **options: Any) -> None:
        super().__init__(**options)
        self.case = case
        self.runner = runner
        if case.skip is not None:
            self.add_marker(pytest.mark.skip(reason=case.skip))

    def runtest(self) -> None:
        """Run the case."""
        from horus_runtime.testing.running import FAILED

        [outcome] = self.runner.run([self.case])
        if outcome.output:
            self.add_report_section("call", "stdout", outcome.output)
        if outcome.status == FAILED:
            raise ScriptFailure(outcome.message)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The script's own message instead of a traceback of Python's."""
        if isinstance(excinfo.value, ScriptFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case stands."""
        return self.path, self.case.line - 1, self.case.name
