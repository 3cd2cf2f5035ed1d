"""`:osiris`: a look into the model store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horus_runtime.repl.commands.base import Command, CommandError
from horus_runtime.runtime.text import quote

if TYPE_CHECKING:
    from horus_runtime.repl.loop import Repl

SHOWN = 20


def _osiris(repl: Repl, argument: str) -> None:
    """Lists the models of the store; `:osiris MODEL` shows its first records, `:osiris MODEL ID` one of them."""
    if "osiris" not in repl.session.engine.services:
        raise CommandError("there is no model store: start the prompt with --db FILE")
    model, _, identifier = argument.partition(" ")
    evaluate = repl.session.evaluate
    if not model:
        names = evaluate("osiris.models()")
        rows = [(name, str(evaluate(f"osiris.model({quote(name)}).count()"))) for name in map(_model_name, names)]
        repl.output.table(rows, ("MODEL", "RECORDS")) if rows else repl.output.line("no models yet")
        return
    text = f"osiris.model({quote(model)})"
    if identifier:
        repl.show(evaluate(f"{text}.get({quote(identifier.strip())})"), whole=True)
        return
    records = evaluate(f"{text}.all()")
    repl.show(records[:SHOWN])
    if len(records) > SHOWN:
        repl.output.line(f"the first {SHOWN} of {len(records):,} records", "dim")


def _model_name(entry: object) -> str:
    return str(entry["name"]) if isinstance(entry, dict) else str(entry)


COMMANDS = (Command("osiris [MODEL [ID]]", "Lists models and shows records of the store.", _osiris),)
