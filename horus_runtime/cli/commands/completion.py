"""`horus completion`: what a shell has to read to complete our commands and options."""

from __future__ import annotations

from typing import Final

import click

from horus_runtime.cli.app import Command

HOW: Final = {
    "bash": 'eval "$(horus completion bash)"    # in ~/.bashrc',
    "zsh": 'eval "$(horus completion zsh)"     # in ~/.zshrc',
    "fish": "horus completion fish | source     # in ~/.config/fish/config.fish",
}


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(sorted(HOW)))
def completion(shell: str) -> None:
    """Print the completion of horus for SHELL: bash, zsh or fish. Let the shell read it when it starts."""
    from click.shell_completion import get_completion_class

    from horus_runtime.cli.app import horus

    made = get_completion_class(shell)
    assert made is not None  # click has all three
    click.echo(f"# {HOW[shell]}")
    click.echo(made(horus, {}, "horus", "_HORUS_COMPLETE").source())
