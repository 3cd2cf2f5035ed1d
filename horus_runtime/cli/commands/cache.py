"""`horus cache`: what is kept of compiled scripts, and how to be rid of it."""

from __future__ import annotations

import click

from horus_runtime.cache import VARIABLE, DiskCache, default_cache
from horus_runtime.cli import exits
from horus_runtime.cli.app import Command, Group
from horus_runtime.cli.options import json_option


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
def cache(context: click.Context) -> int:
    """Show or clear the cache of compiled scripts.

    HORUS_CACHE names its folder, or switches it off with the value 'off'.
    """
    return exits.OK if context.invoked_subcommand else _show(as_json=False)


@cache.command(cls=Command)
@json_option
def info(as_json: bool) -> int:
    """Show the folder, the number of entries and their size."""
    return _show(as_json=as_json)


@cache.command(cls=Command)
@json_option
def clear(as_json: bool) -> int:
    """Remove every entry. Scripts are compiled again when they run next."""
    disk = default_cache()
    removed = disk.clear() if disk is not None else 0
    if as_json:
        from horus_runtime.cli.render import print_json

        print_json({"removed": removed})
    else:
        click.echo(f"removed {removed} {'entry' if removed == 1 else 'entries'}")
    return exits.OK


def _show(*, as_json: bool) -> int:
    disk = default_cache()
    if as_json:
        from horus_runtime.cli.render import print_json

        print_json({"enabled": disk is not None, **(disk.info() if disk is not None else {})})
    elif disk is None:
        click.echo(f"the cache is off ({VARIABLE})")
    else:
        _tell(disk)
    return exits.OK


def _tell(disk: DiskCache) -> None:
    found = disk.info()
    click.echo(f"folder:  {found['folder']}")
    click.echo(f"entries: {found['entries']}")
    click.echo(f"size:    {found['size']} of {found['max_bytes']} bytes")
    if not found["usable"]:
        click.echo("not in use: the folder must belong to you and be closed to others (mode 0700)")
