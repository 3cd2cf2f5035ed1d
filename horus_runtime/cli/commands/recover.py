"""`horus recover`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from horus_runtime.cli.app import Command
from horus_runtime.cli.options import json_option


@click.command(cls=Command)
@click.option("--state", metavar="DIR", help="Where the journals are, when not in the user's own folder for horus.")
@json_option
def recover(state: str | None, as_json: bool) -> int:
    """Finish or undo atomic runs that were interrupted while they committed.

    What was undone is as it was before the run; what was finished is as if nothing had interrupted it. Calling it again
    does no harm.
    """
    from horus_runtime.cli import exits
    from horus_runtime.cli.atomic import state_folder
    from horus_runtime.cli.render import print_json, visible
    from horus_runtime.planning.recovery import recover as recover_all

    place = state_folder() if state is None else Path(state)
    found = recover_all(place)
    if as_json:
        print_json({"recovered": [item.to_dict() for item in found]})
        return exits.OK
    if not found:
        sys.stdout.write("nothing to recover\n")
    for item in found:
        sys.stdout.write(f"{item.id}: {item.outcome} (interrupted while {item.phase}, {item.steps} steps)\n")
        for effect in item.effects:
            sys.stdout.write(visible(f"  cannot be undone: {effect}") + "\n")
    return exits.OK
