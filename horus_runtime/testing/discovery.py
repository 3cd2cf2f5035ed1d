"""Finds test files, and the cases in them.

A case is a function `test_...` without parameters, or one with parameters for every `@case` line of its doc comment:

    /// @case 2, 4
    /// @case 3, 9
    fn test_square(number, expected) { ... }

`@skip REASON` leaves a test out, `@throws TEXT` expects it to fail with an error that holds the text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from horus_runtime.errors import HorusError

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.handle import AST
    from horus_runtime.engine.parts import FunctionInfo

PATTERN: Final = "*_test.rhai"
PREFIX: Final = "test_"
HOOKS: Final = frozenset({"setup", "teardown"})
_SKIPPED_FOLDERS: Final = frozenset({"node_modules", "target", "build", "dist", "__pycache__"})
_DIRECTIVE = re.compile(r"^\s*@(\w+)[ \t]*(.*?)\s*$", re.MULTILINE)


class Case(NamedTuple):
    """One run of one test function."""

    file: Path
    function: str
    line: int
    arguments: str = ""
    """The arguments as the doc comment has them; empty for a function without parameters."""
    parameters: int = 0
    skip: str | None = None
    """Why it is left out."""
    throws: str | None = None
    """What the error must hold that it has to end with."""

    @property
    def name(self) -> str:
        """The function, and the arguments where there are several cases."""
        return f"{self.function}[{self.arguments}]" if self.arguments else self.function

    @property
    def id(self) -> str:
        """`path::name`, as `-k` and reports know it."""
        return f"{self.file.as_posix()}::{self.name}"


class TestFile(NamedTuple):
    """A test file that was read: its tree, its cases and its hooks."""

    path: Path
    tree: AST
    cases: tuple[Case, ...]
    hooks: frozenset[str]


class TestFileError(HorusError):
    """A test file is not what it should be."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__("usage", message)


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The test files among and below the paths, sorted, each once. A file that is named is taken whatever its name.

    Raises:
        TestFileError: a path does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(sorted(_below(path))))
        elif path.is_file():
            found[path] = None
        else:
            raise TestFileError(f"there is no test file '{path}'")
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    for root, folders, _files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _SKIPPED_FOLDERS]
        yield from Path(root).glob(PATTERN)


def read_file(path: Path, engine: Engine) -> TestFile:
    """Compile a test file and list its cases, in the order of the text.

    Raises:
        HorusError: the file cannot be read or compiled, or a directive is wrong.
    """
    tree = engine.compile_file(path)
    functions = tree.functions()
    cases = [case for function in functions if function.name.startswith(PREFIX) for case in _cases(path, function)]
    hooks = frozenset(f.name for f in functions if f.name in HOOKS and not f.params)
    return TestFile(path, tree, tuple(cases), hooks)


def _cases(path: Path, function: FunctionInfo) -> Iterator[Case]:
    directives = _DIRECTIVE.findall(function.doc)
    texts: dict[str, list[str]] = {}
    for word, text in directives:
        texts.setdefault(word, []).append(text)
    unknown = sorted(set(texts) - {"case", "skip", "throws"})
    place = f"{path}:{function.position.line}: {function.name}"
    if unknown:
        raise TestFileError(f"{place}: unknown directive '@{unknown[0]}'; there are @case, @skip and @throws")
    arguments = texts.get("case", [])
    count = len(function.params)
    if count and not arguments:
        raise TestFileError(f"{place} has parameters but no '/// @case ...' line that gives them values")
    if arguments and not count:
        raise TestFileError(f"{place} has '@case' lines but no parameters")
    skip = texts.get("skip")
    throws = texts.get("throws")
    for text in arguments or [""]:
        yield Case(
            path,
            function.name,
            function.position.line,
            text,
            count,
            (skip[0] or "no reason given") if skip else None,
            throws[0] if throws else None,
        )
