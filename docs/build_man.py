#!/usr/bin/env python3
"""Writes the manual pages in docs/man from what the commands say of themselves; `--check` only compares.

`man -l docs/man/horus-run.1` shows one. The pages come from the same data as `--help` and `horus help`, so that they
cannot tell something else. A page has no date: it changes when a command does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from horus_runtime import __version__
from horus_runtime.cli.app import LazyGroup, examples_of, horus, option_groups
from horus_runtime.cli.topics import TOPICS

FOLDER = Path(__file__).parent / "man"


def pages() -> dict[str, str]:
    """File name to text of every page."""
    root = click.Context(horus, info_name="horus", **horus.context_settings)
    return {f"{_name(ctx)}.1": "\n".join(_page(ctx)) + "\n" for ctx in _contexts(root)}


def _contexts(ctx: click.Context) -> Iterator[click.Context]:
    """A command and all that stand below it."""
    yield ctx
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            command = ctx.command.get_command(ctx, name)
            assert command is not None
            yield from _contexts(click.Context(command, info_name=name, parent=ctx))


def _name(ctx: click.Context) -> str:
    return "-".join(ctx.command_path.split())


def _page(ctx: click.Context) -> Iterator[str]:
    command, name = ctx.command, _name(ctx)
    yield f'.TH "{name.upper()}" "1" "" "horus {__version__}" "Horus runtime"'
    yield ".SH NAME"
    yield f"{_text(name)} \\- {_text(_summary(ctx))}"
    yield ".SH SYNOPSIS"
    yield f".B {_text(ctx.command_path)}"
    yield _text(" ".join(command.collect_usage_pieces(ctx)))
    yield ".SH DESCRIPTION"
    for at, paragraph in enumerate((command.help or "").strip().split("\n\n")):
        yield from ([".PP"] if at else [])
        yield _text(" ".join(paragraph.split()))
    children = [child for child in _contexts(ctx) if child.parent is ctx]
    if children:
        yield ".SH COMMANDS"
        for child in children:
            yield from _term(child.info_name or "", f"{_summary(child)}.")
    for title, records in option_groups(ctx).items():
        yield f".SH {title.upper()}"
        for typed, does in records:
            yield from _term(typed, does)
    if examples := examples_of(ctx):
        yield ".SH EXAMPLES"
        for typed, does in examples:
            yield from _term(typed, does)
    if ctx.parent is None:
        yield from _topics()
    yield ".SH SEE ALSO"
    related = [*([ctx.parent] if ctx.parent is not None else []), *children]
    yield ",\n".join(f"\\fB{_text(_name(other))}\\fR(1)" for other in related)


def _summary(ctx: click.Context) -> str:
    """A line on the command, as the list of commands has it."""
    group = ctx.parent.command if ctx.parent is not None else None
    if isinstance(group, LazyGroup):
        return group.lazy[ctx.info_name or ""].summary.rstrip(".")
    return " ".join((ctx.command.help or "").partition("\n\n")[0].split()).rstrip(".")


def _topics() -> Iterator[str]:
    for topic in TOPICS.values():
        yield f".SH {topic.title.upper()}"
        for paragraph in topic.paragraphs:
            yield ".PP"
            yield _text(paragraph)
        for term, meaning in topic.terms:
            yield from _term(term, meaning)


def _term(term: str, meaning: str) -> Iterator[str]:
    yield ".TP"
    yield f"\\fB{_text(term)}\\fR"
    yield _text(meaning) or "\\&"


def _text(text: str) -> str:
    """A text as roff reads it: signs for what it would take as its own."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti")
    escaped = escaped.replace("`", "\\(ga").replace("'", "\\(aq")
    return f"\\&{escaped}" if escaped.startswith(".") else escaped


def main(words: list[str]) -> int:
    wanted = pages()
    stale = [path.name for path in FOLDER.glob("*.1") if path.name not in wanted]
    if words == ["--check"]:
        found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.1")}
        different = sorted(name for name in {*wanted, *stale} if wanted.get(name) != found.get(name))
        if different:
            print(f"docs/man is out of date ({', '.join(different)}): run docs/build_man.py")
        return int(bool(different))
    FOLDER.mkdir(exist_ok=True)
    for name in stale:
        (FOLDER / name).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
