"""`horus actions`: which actions a Hero payload may use, and what parameters they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from horus_runtime.cli import exits
from horus_runtime.cli.app import Command
from horus_runtime.cli.options import json_option
from horus_runtime.cli.render import print_json
from horus_runtime.cli.sources import UsageError

if TYPE_CHECKING:
    from horus_runtime.heroscript.registry import ActionSpec


@click.command(cls=Command)
@click.argument("name", required=False)
@json_option
def actions(name: str | None, as_json: bool) -> int:
    """List all actions, those of an actor, or document one: its parameters, their types and defaults."""
    from horus_runtime.heroscript.builtin import builtin_actions
    from horus_runtime.heroscript.registry import meant

    specs = builtin_actions().specs
    chosen = [spec for spec in specs.values() if name is None or name in {spec.name, spec.name.partition(".")[0]}]
    if not chosen:
        known = [*specs, *dict.fromkeys(spec.partition(".")[0] for spec in specs)]
        raise UsageError(f"there is no action or actor '{name}'{meant(str(name), known)}")
    if as_json:
        print_json([spec.describe() for spec in chosen])
    elif name is not None and name in specs:
        _show(chosen[0])
    else:
        _list(chosen)
    return exits.OK


def _list(specs: list[ActionSpec]) -> None:
    width = max(len(spec.name) for spec in specs)
    for spec in sorted(specs, key=lambda spec: spec.name):
        click.echo(f"{spec.name.ljust(width)}  {spec.help}")


def _show(spec: ActionSpec) -> None:
    from horus_runtime.heroscript.tables import table

    about = spec.describe()
    click.echo(f"!!{spec.name}\n\n{spec.help}")
    parameters: list[dict[str, Any]] = about["parameters"]
    if not parameters:
        click.echo("\nNo parameters.")
        return
    rows = [(f"  {item['name']}", item["type"], _default(item), item["help"]) for item in parameters]
    click.echo("")
    for line in table(("  PARAMETER", "TYPE", "DEFAULT", ""), rows):
        click.echo(line)
    for other, key in about["renamed"].items():
        click.echo(f"\n'{other}' is another spelling of '{key}'.")


def _default(item: dict[str, Any]) -> str:
    return "required" if item["required"] else item["default"] or "-"
