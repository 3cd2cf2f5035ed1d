"""A session: an engine, a scope that lasts, and the inputs so far. It knows nothing of terminals."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from horus_runtime.errors import HorusError
from horus_runtime.repl.actions import holds_action
from horus_runtime.repl.library import Layout, Library, Place, key_of
from horus_runtime.source import Position, SourceFile

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.handle import AST
    from horus_runtime.runtime.budget import Budget
    from horus_runtime.runtime.module import Module
    from horus_runtime.runtime.scope import Scope

LAST = "_"
"""The name of the last result."""

_PLACE = re.compile(r" @ '\[\d+\]' \(line (\d+), position (\d+)\)")
_FROM_INPUT = re.compile(r" \(from '\[\d+\]'\)")


@dataclass(slots=True)
class Cell:
    """One input and what came of it."""

    number: int
    text: str
    value: Any = None
    error: HorusError | None = None
    interrupted: bool = False
    output: str = ""
    seconds: float = 0.0
    operations: int = 0

    @property
    def ok(self) -> bool:
        """Did it end without an error?"""
        return self.error is None and not self.interrupted


class PlacedError(HorusError):
    """An error as the person at the prompt is shown it; `cause` is the error itself."""

    def __init__(self, cause: HorusError, message: str, position: Position | None, source: SourceFile | None) -> None:
        super().__init__(cause.kind, message, position, source=source, hint=cause.hint)
        self.cause = cause
        self.exit_code = cause.exit_code


class Session:
    """Runs inputs one after the other.

    Args:
        engine: what runs them; its print callback is taken over.
        print_line: where printed lines go.
        allow_unavailable: actors of Hero actions whose missing program is only a warning.
    """

    def __init__(self, engine: Engine, print_line: Any, *, allow_unavailable: Iterable[str] = ()) -> None:
        from horus_runtime.runtime.scope import Scope

        self.engine = engine
        self.scope: Scope = Scope()
        self.library = Library()
        self.cells: list[Cell] = []
        self.allow_unavailable = frozenset(allow_unavailable)
        self._print_line = print_line
        self._printed: list[str] = []
        self._modules: dict[str, Module | None] = {}
        self._layout_now: Layout | None = None
        self._budget: Budget | None = None
        engine.underscore_variable = True
        engine.on_print(self._print)
        engine.on_debug(self._debug)
        engine.on_start(self._started)

    # ---- running ----------------------------------------------------------------------------------------------------

    def run(self, text: str) -> Cell:
        """Run an input. Errors and an interrupt are kept in the cell; the session goes on."""
        cell = Cell(len(self.cells) + 1, text)
        self.cells.append(cell)
        self._forget_run()
        begin = time.perf_counter()
        try:
            cell.value = self._run_action(text) if holds_action(text) else self._run_script(cell)
            self._remember(cell.value)
        except HorusError as error:
            cell.error = error
        except KeyboardInterrupt:
            cell.interrupted = True
        cell.seconds = time.perf_counter() - begin
        cell.operations = self.operations
        cell.output = "".join(self._printed)
        return cell

    @property
    def operations(self) -> int:
        """Operations that the last run spent."""
        return self._budget.spent if self._budget is not None else 0

    def _forget_run(self) -> None:
        self._printed = []
        self._budget = None

    def _run_script(self, cell: Cell) -> Any:
        own = self._own(cell.text, cell.number)
        layout = self._layout_now = self._layout(own, cell.number)
        try:
            return self.engine.eval(layout.text, scope=self.scope, name=name_of(cell.number))
        except HorusError as error:
            raise self.placed(error, layout) from None
        finally:
            # What was defined before the error is there, as the variables are.
            self.library.adopt(own, cell.number)

    def _own(self, text: str, number: int) -> AST:
        """The input alone, which names what it defines; a text with an error never gets further."""
        return self.engine.compile(text, name=name_of(number), scope=self.scope)

    def _layout(self, own: AST, number: int) -> Layout:
        redefined = {key_of(function) for function in own.script.functions}
        return self.library.without(redefined).layout(own.source_file.text, number)

    def compile(self, text: str) -> AST:
        """A text compiled with the session's definitions, for `:py` and `:ast`.

        Raises:
            ParseError: placed in the text.
        """
        number = len(self.cells) + 1
        layout = self._layout(self._own(text, number), number)
        try:
            return self.engine.compile(layout.text, name=name_of(number), scope=self.scope)
        except HorusError as error:
            raise self.placed(error, layout) from None

    def _run_action(self, text: str) -> Any:
        from horus_runtime.heroscript import run_payload

        name = name_of(len(self.cells))
        return run_payload(text, self.engine, name=name, scope=self.scope, allow_unavailable=self.allow_unavailable)

    def evaluate(self, text: str) -> Any:
        """The value of a text in the session, without becoming one of its inputs (for `:type` and `:time`)."""
        number = len(self.cells) + 1
        layout = self._layout(self._own(text, number), number)
        size = len(self.scope)
        try:
            return self.engine.eval(layout.text, scope=self.scope, name=name_of(number))
        except HorusError as error:
            raise self.placed(error, layout) from None
        finally:
            self.scope.rewind(size)

    def imported(self, alias: str) -> Module | None:
        """The module that an input imported under this name; `None` when there is none, or it cannot be had now."""
        text = self.library.imports.get(alias)
        if text is None:
            return None
        if text not in self._modules:
            try:
                self._modules[text] = self.engine.eval_module(self.engine.compile(text)).modules.get(alias)
            except HorusError:
                return None
        return self._modules[text]

    def _remember(self, value: Any) -> None:
        if value is not None:
            self.scope.assign(LAST, value)

    def reset(self) -> None:
        """Forget variables, functions and imports; the inputs stay in the history."""
        self.scope.clear()
        self.library = Library()

    # ---- errors -----------------------------------------------------------------------------------------------------

    def placed(self, error: HorusError, layout: Layout) -> PlacedError:
        """The error with the places that a person at the prompt knows: `[3]` is the third input."""
        message = _FROM_INPUT.sub("", _PLACE.sub(lambda found: _worded(found, layout), error.message))
        position, source = error.position, error.source
        if position is None and error.script_traceback:
            position = error.script_traceback[-1][1]
        if position is not None and source is not None and _is_input(source.name):
            place = layout.place(position)
            position = place.position
            source = SourceFile(self.text_of(place.cell), name_of(place.cell))
        return PlacedError(error, message, position, source)

    def place_now(self, position: Position, source: str | None) -> Place | None:
        """The input that a position of the running script belongs to; `None` for other files."""
        if self._layout_now is None or not _is_input(source):
            return None
        return self._layout_now.place(position)

    def text_of(self, cell: int) -> str:
        """The text of an input; empty for one that does not exist."""
        return self.cells[cell - 1].text if 1 <= cell <= len(self.cells) else ""

    # ---- callbacks of the engine ------------------------------------------------------------------------------------

    def _print(self, text: str) -> None:
        self._printed.append(f"{text}\n")
        self._print_line(text)

    def _debug(self, text: str, source: str | None, position: Position | None) -> None:
        from horus_runtime.jobs.console import debug_line

        self._print(debug_line(text, source, position))

    def _started(self, budget: Budget) -> None:
        self._budget = budget


def name_of(cell: int) -> str:
    """What an input is called in messages."""
    return f"[{cell}]"


def _is_input(name: str | None) -> bool:
    return name is not None and re.fullmatch(r"\[\d+\]", name) is not None


def _worded(found: re.Match[str], layout: Layout) -> str:
    cell, position = layout.place(Position(int(found[1]), int(found[2])))
    return f" @ {name_of(cell)} ({position})"
