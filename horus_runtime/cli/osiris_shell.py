"""`horus osiris shell`: script statements against an open store, one after another.

Input lines come from a terminal or a pipe; variables live on from line to line. Lists of records are shown as tables.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from horus_runtime.cli import exits
from horus_runtime.cli.app import Command
from horus_runtime.cli.commands.osiris import opened, store_options
from horus_runtime.cli.guard import write_output
from horus_runtime.cli.numbers import Number
from horus_runtime.cli.render import visible
from horus_runtime.errors import HorusError, ParseError

if TYPE_CHECKING:
    from horus_runtime.engine import Engine
    from horus_runtime.engine.handle import AST
    from horus_runtime.engine.presets import Store
    from horus_runtime.runtime.scope import Scope

PROMPT: Final = "osiris> "
MORE: Final = "     -> "
HELP: Final = """\
Any script statement, for example:
  let users = osiris.model("users");
  users.create(#{name: "Ann"})
  users.where("name", "Ann").all()
.models         the models        .schema MODEL   what is declared about a model
.help           this text         .quit           leave (also end of input)
"""


@click.command(cls=Command)
@click.option("--read-only", is_flag=True, help="Refuse every change.")
@click.option("--timeout", type=Number(min=0), default=60.0, metavar="SECONDS", help="For one statement.")
@store_options
def shell(read_only: bool, timeout: float, **values: Any) -> int:
    """Work with the store interactively: statements in the script language, tables for records."""
    from horus_runtime.engine.presets import store_engine
    from horus_runtime.runtime.scope import Scope

    with opened(values, create=not read_only) as store:
        engine = store_engine(store, level="read" if read_only else "schema", seconds=timeout)
        engine.on_print(lambda text: write_output(f"{text}\n"))
        Shell(store, engine, Scope()).run()
    return exits.OK


class Shell:
    """The loop: read until a statement is complete, run it, show what it gives."""

    def __init__(self, store: Store, engine: Engine, scope: Scope) -> None:
        self.store = store
        self.engine = engine
        self.scope = scope
        self.functions: AST | None = None
        """What the statements so far have defined."""
        self.interactive = sys.stdin.isatty()

    def run(self) -> None:
        """Until the end of the input. On a terminal an interrupt only ends the present statement."""
        if self.interactive:
            self._remember_lines()
            write_output(f"{self.store.path}: {len(self.store.models())} models; .help helps, .quit leaves\n")
        pending = ""
        while True:
            try:
                line = self._read(MORE if pending else PROMPT)
                if line is None or (not pending and line.strip() == ".quit"):
                    break
                pending = self._take(pending, line)
            except KeyboardInterrupt:
                if not self.interactive:
                    raise
                pending = ""
                write_output("\n")
        if pending.strip():
            self._evaluate(pending)

    def _take(self, pending: str, line: str) -> str:
        """What is still waiting for more lines after this one."""
        if not pending and line.startswith("."):
            self._command(line.split())
            return ""
        text = f"{pending}{line}\n"
        if not text.strip():
            return ""
        if line.strip() and self._is_incomplete(text):
            return text
        self._evaluate(text)
        return ""

    def _read(self, prompt: str) -> str | None:
        try:
            return input(prompt) if self.interactive else self._next_line()
        except EOFError:
            return None

    def _next_line(self) -> str | None:
        line = sys.stdin.readline()
        return line.rstrip("\n") if line else None

    def _is_incomplete(self, text: str) -> bool:
        """Does the parser want more than there is? An empty line ends the waiting."""
        try:
            self.engine.compile(text)
        except ParseError as error:
            place, lines = error.position, text.split("\n")
            at_end = place is None or place.line >= len(lines) or place >= (len(lines) - 1, len(lines[-2]))
            return at_end and error.kind in {"UnexpectedEOF", "MissingToken", "UnterminatedString"}
        return False

    def _evaluate(self, text: str) -> None:
        """Run a text that may use the functions of those before it."""
        try:
            tree = self.engine.compile(text)
            if self.functions is not None:
                new = {(function.name, len(function.params)) for function in tree.functions()}
                tree = tree.merge(self.functions.clone_functions_only(lambda f: (f.name, len(f.params)) not in new))
            if tree.has_functions():
                self.functions = tree.clone_functions_only()
            value = self.engine.eval_ast(tree, scope=self.scope)
        except HorusError as error:
            click.echo(visible(error.render()), err=True)
            return
        self._show(value)

    def _show(self, value: Any) -> None:
        from horus_runtime.cli.osiris_tables import print_record, print_table

        if value is None:
            return
        if type(value) is list and value and all(type(item) is dict for item in value):
            print_table(value)
        elif type(value) is dict and "id" in value:
            print_record(value)
        else:
            from horus_runtime.runtime.text import to_debug

            write_output(f"{visible(to_debug(value))}\n")

    def _command(self, words: list[str]) -> None:
        from horus_runtime.cli.osiris_tables import print_table

        try:
            if words[0] == ".models":
                facts = self.store.stats()["models"]
                print_table([{"model": name, "rows": item["rows"]} for name, item in facts.items()], empty="no models")
            elif words[0] == ".schema" and len(words) == 2:
                schema = self.store.model(words[1]).schema()
                print_table([{"field": name, **rules} for name, rules in schema.items()], empty="the model is open")
            else:
                write_output(HELP)
        except HorusError as error:
            click.echo(visible(error.render()), err=True)

    def _remember_lines(self) -> None:
        """Arrow keys bring earlier lines back where the system can do that."""
        try:
            import readline  # noqa: F401 - its import changes `input`
        except ImportError:
            return
