"""Commands that show what there is: variables, functions, types, documentation, and what the compiler makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horus_runtime.repl.catalog import Entry
from horus_runtime.repl.commands.base import Command, CommandError, required
from horus_runtime.repl.session import LAST
from horus_runtime.repl.show import Shower

if TYPE_CHECKING:
    from horus_runtime.repl.loop import Repl


def _vars(repl: Repl, argument: str) -> None:
    """Lists the variables of the session with type and value; `:vars NAME` shows one of them whole."""
    scope = repl.session.scope
    if argument:
        if not scope.contains(argument):
            raise CommandError(f"there is no variable {argument}")
        repl.show(scope.get(argument), whole=True)
        return
    shower = Shower(repl.session.engine, 10_000)
    latest = {name: (constant, value) for name, constant, value in scope if name != LAST}
    rows = [
        (f"{'const ' if constant else ''}{name}", shower.type_line(value), shower.show(value).replace("\n", " "))
        for name, (constant, value) in latest.items()
    ]
    if rows:
        repl.output.table(rows, ("NAME", "TYPE", "VALUE"))
    else:
        repl.output.line("no variables yet")


def _fns(repl: Repl, argument: str) -> None:
    """Lists the session's functions; `:fns TEXT` lists all functions whose name holds the text."""
    catalog = repl.completer.catalog
    if argument:
        entries = [entry for entry in catalog.functions() if argument in entry.name]
        entries += [
            Entry(f"{name}::{entry.name}", entry.kind, tuple(f"{name}::{s}" for s in entry.signatures), entry.doc)
            for name, module in repl.session.engine.modules.items()
            for entry in catalog.members(module)
            if argument in entry.name
        ]
    else:
        entries = [Entry(f.name, "function", (f.signature,), f.doc) for f in repl.session.library.functions]
    if not entries:
        repl.output.line(f"no function is called like '{argument}'" if argument else "no functions yet")
        return
    repl.output.page("\n".join(signature for entry in entries for signature in entry.signatures))


def _type(repl: Repl, argument: str) -> None:
    """Shows the type of an expression's value."""
    value = repl.session.evaluate(required(argument, "type EXPRESSION"))
    repl.output.line(Shower(repl.session.engine).type_line(value))


def _doc(repl: Repl, argument: str) -> None:
    """Shows the signatures and the documentation of a function, method, property or module.

    `:doc len`, `:doc string.len`, `:doc os::list_dir`, `:doc os`.
    """
    name = required(argument, "doc NAME").removesuffix("()")
    catalog = repl.completer.catalog
    entries = catalog.find(name)
    if not entries:
        import difflib

        near = difflib.get_close_matches(name, {entry.name for entry in catalog.functions()}, n=1)
        raise CommandError(f"nothing is known about '{name}'{f'; did you mean {near[0]}?' if near else ''}")
    for entry in entries:
        for signature in entry.signatures or (entry.name,):
            repl.output.line(repl.output.code(signature))
        if entry.doc:
            repl.output.line("\n".join(f"    {line}" for line in entry.doc.split("\n")))
        if entry.kind == "module" and (module := catalog.module(name)):
            names = sorted(member.name for member in catalog.members(module))
            repl.output.line(f"    {', '.join(names)}")


def _ast(repl: Repl, argument: str) -> None:
    """Shows the syntax tree of a text."""
    from horus_runtime.ast.printer import dump

    required(argument, "ast TEXT")
    repl.output.page(dump(repl.session.engine.compile(argument, scope=repl.session.scope).script))


def _py(repl: Repl, argument: str) -> None:
    """Shows the Python code that a text is compiled to, together with the session's functions."""
    from horus_runtime.codegen.program import compile_script, dump

    tree = repl.session.compile(required(argument, "py TEXT"))
    config = repl.session.engine.compile_config(keep_tree=True)
    repl.output.page(repl.output.code(dump(compile_script(tree.script, tree.source_file, config)), "python"))


COMMANDS = (
    Command("vars [NAME]", "Lists the variables, or shows one whole.", _vars),
    Command("fns [TEXT]", "Lists the session's functions, or all whose name holds a text.", _fns),
    Command("type EXPRESSION", "Shows the type of a value.", _type),
    Command("doc NAME", "Shows signatures and documentation.", _doc),
    Command("ast TEXT", "Shows the syntax tree of a text.", _ast),
    Command("py TEXT", "Shows the Python code that a text is compiled to.", _py),
)
