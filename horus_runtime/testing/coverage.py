"""Line coverage of scripts, in the data format of coverage.py, which makes the reports.

Compiled code is mapped to script lines, so a trace of its lines is a trace of the script's. Which lines can run is
read from the same code objects. coverage.py is asked through its plug-in interface to show scripts instead of Python.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import HorusError
from horus_runtime.runtime.program import INLINED

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine

PLUGIN: Final = "horus_runtime.testing.coverage_plugin"
_GENERATED: Final = "<rhai"


class CoverageMissingError(HorusError):
    """coverage.py is not installed."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__("usage", "coverage needs coverage.py: pip install 'horus-runtime[coverage]'")


class LineTracer:
    """Notes which lines of which scripts ran on this thread."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._names: dict[str, set[int]] = {}
        self.lines: dict[str, set[int]] = {}
        """Script path to the lines that ran."""

    def prepare(self) -> None:
        """Keep every line in the compiled code: folding and pruning would make some disappear."""
        self._engine.optimization_level = "none"

    @contextmanager
    def tracing(self) -> Iterator[None]:
        """Note lines while the block runs."""
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(before)

    def _lines_of(self, filename: str) -> set[int]:
        """The lines of a code object's script: `<rhai 0123-NAME>` names a file, or a module beside the test."""
        if filename not in self._names:
            name = filename.partition("-")[2].removesuffix(">")
            module = (self._folder / name).with_suffix(".rhai") if name else self._folder
            path = str(module.resolve()) if module.is_file() else name
            self._names[filename] = self.lines.setdefault(path, set())
        return self._names[filename]

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(_GENERATED):
            return None
        lines = self._lines_of(name)

        def line(frame: FrameType, event: str, arg: Any) -> Any:
            lines.add(frame.f_lineno % INLINED)
            return line

        lines.add(frame.f_lineno % INLINED)
        return line


def executable_lines(path: Path) -> set[int]:
    """The lines of a script that can run.

    Raises:
        HorusError: the script cannot be read or compiled.
    """
    from horus_runtime.engine import Engine
    from horus_runtime.runtime.scope import Scope

    engine = Engine.sal()
    engine.optimization_level = "none"
    tree = engine.compile_file(path)
    program = engine.program(tree, Scope())
    lines = _lines_of(program.code)
    # Code that is not the script's is placed at its first line; without a statement there, that line cannot run.
    starts = {node.span.line for node in tree.walk()}
    return lines & starts


def _lines_of(code: CodeType) -> set[int]:
    lines = {line % INLINED for _, _, line in code.co_lines() if line}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            lines |= _lines_of(constant)
    return lines


class Report:
    """Coverage of a test run: collects what the tracers saw, and lets coverage.py write the reports."""

    def __init__(self, data_file: Path) -> None:
        try:
            import coverage
        except ImportError:
            raise CoverageMissingError from None
        self._data_file = data_file
        self._data = coverage.CoverageData(basename=str(data_file))
        self._data.erase()

    def add(self, lines: dict[str, set[int]]) -> None:
        """Add the lines of scripts that are files; test files themselves are left out."""
        known = {
            str(Path(name).resolve()): found
            for name, found in lines.items()
            if Path(name).is_file() and not name.endswith("_test.rhai")
        }
        if known:
            self._data.add_lines(known)
            self._data.add_file_tracers(dict.fromkeys(known, f"{PLUGIN}.ScriptPlugin"))

    def write(self, *, html: Path | None = None, xml: Path | None = None) -> str:
        """Write the reports that were asked for and return the table for people."""
        import io

        import coverage

        self._data.write()
        if not self._data.measured_files():
            return "no script but the tests themselves was run"
        measured = coverage.Coverage(data_file=str(self._data_file), config_file=False)
        measured.set_option("run:plugins", [PLUGIN])
        measured.load()
        table = io.StringIO()
        measured.report(file=table, show_missing=True)
        if html is not None:
            measured.html_report(directory=str(html))
        if xml is not None:
            measured.xml_report(outfile=str(xml))
        return table.getvalue().rstrip("\n")
