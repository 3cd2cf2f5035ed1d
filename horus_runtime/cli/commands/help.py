"""`horus help`: the help of a command, or of a topic that concerns all of them."""

from __future__ import annotations

import difflib

import click

from horus_runtime.cli import exits
from horus_runtime.cli.app import Command
from horus_runtime.cli.sources import UsageError
from horus_runtime.cli.topics import TOPICS, Topic


@click.command("help", cls=Command)
@click.argument("words", nargs=-1, metavar="[COMMAND | TOPIC]...")
@click.pass_context
def help_(ctx: click.Context, words: tuple[str, ...]) -> int:
    """Explain a command, or a topic: exit-codes, grants, limits, environment, files, prompt."""
    root = ctx.find_root()
    if len(words) == 1 and words[0] in TOPICS:
        click.echo(topic_text(TOPICS[words[0]], ctx.make_formatter()))
    elif not words:
        click.echo(root.get_help())
        click.echo(f"\nTopics: {', '.join(TOPICS)}. 'horus help NAME' explains a command or a topic.")
    else:
        click.echo(_context_of(root, words).get_help())
    return exits.OK


def _context_of(ctx: click.Context, words: tuple[str, ...]) -> click.Context:
    """The context that the command of these words would have."""
    for at, word in enumerate(words):
        command = ctx.command
        found = command.get_command(ctx, word) if isinstance(command, click.Group) else None
        if found is None:
            known = command.list_commands(ctx) if isinstance(command, click.Group) else []
            near = difflib.get_close_matches(word, [*known, *(TOPICS if at == 0 else ())], n=1)
            guess = f"; did you mean '{' '.join((*words[:at], near[0]))}'?" if near else ""
            raise UsageError(f"there is no command or topic '{' '.join(words[: at + 1])}'{guess}")
        ctx = click.Context(found, info_name=word, parent=ctx)
    return ctx


def topic_text(topic: Topic, formatter: click.HelpFormatter) -> str:
    """A topic as help shows it."""
    formatter.write_heading(topic.title)
    formatter.indent()
    for at, paragraph in enumerate(topic.paragraphs):
        if at:
            formatter.write_paragraph()
        formatter.write_text(paragraph)
    if topic.terms:
        if topic.text:
            formatter.write_paragraph()
        formatter.write_dl(topic.terms)
    return formatter.getvalue().rstrip("\n")
