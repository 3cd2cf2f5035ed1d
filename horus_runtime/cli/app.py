"""The click side of the command line: a group whose commands are imported when they are called.

The table of commands carries their one-line help, so that `horus --help` imports none of them.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from horus_runtime import __version__
from horus_runtime.cli import exits
from horus_runtime.errors import HorusError

BARE_VALUE: Final = "*"
"""What a flag such as `--allow-read` without `=` grants: everything."""


class Lazy(NamedTuple):
    """Where a command is, and what the list of commands says about it."""

    where: str
    summary: str


COMMANDS: Final[Mapping[str, Lazy]] = {
    "run": Lazy("horus_runtime.cli.commands.run:run", "Run a script or a Hero payload."),
    "eval": Lazy("horus_runtime.cli.commands.run:eval_", "Evaluate an expression and print its value."),
    "plan": Lazy("horus_runtime.cli.commands.plan:plan", "Show what a payload would do, and do nothing."),
    "recover": Lazy("horus_runtime.cli.commands.recover:recover", "Finish or undo atomic runs that were interrupted."),
    "check": Lazy("horus_runtime.cli.commands.check:check", "Check a script without running it."),
    "cache": Lazy("horus_runtime.cli.commands.cache:cache", "Show or clear the cache of compiled scripts."),
    "fmt": Lazy("horus_runtime.cli.commands.fmt:fmt", "Lay scripts and Hero payloads out anew."),
    "actions": Lazy("horus_runtime.cli.commands.actions:actions", "Show the actions of Hero payloads."),
    "test": Lazy("horus_runtime.cli.commands.test:test", "Run tests written in the language."),
    "docs": Lazy("horus_runtime.cli.commands.docs:docs", "Make documentation from doc comments."),
    "repl": Lazy("horus_runtime.cli.commands.repl:repl", "Start the prompt."),
    "job": Lazy("horus_runtime.cli.commands.job:job", "Make, sign, verify, run and submit jobs."),
    "worker": Lazy("horus_runtime.cli.commands.record:worker", "Run submitted jobs."),
    "osiris": Lazy("horus_runtime.cli.commands.osiris:osiris", "Look into a model store and work with it."),
    "help": Lazy("horus_runtime.cli.commands.help:help_", "Explain a command or a topic."),
    "completion": Lazy("horus_runtime.cli.commands.completion:completion", "Print what makes a shell complete."),
    "keys": Lazy("horus_runtime.cli.commands.keys:keys", "Make signing keys and say whom to trust."),
}


_LIMITING: Final = ("max_", "timeout")
_GRANTING: Final = ("allow_", "deny_", "policy_file", "preset", "audit")
_OWN: Final = frozenset({"allow_unavailable"})


def option_groups(ctx: click.Context) -> dict[str, list[tuple[str, str]]]:
    """The options of a command in the groups of its help, each as what is typed and what it does."""
    groups: dict[str, list[tuple[str, str]]] = {"Options": [], "Limits": [], "Grants": []}
    names = {param.name or "" for param in ctx.command.get_params(ctx)}
    limits = any(name.startswith("max_") for name in names)
    for param in ctx.command.get_params(ctx):
        record, name = param.get_help_record(ctx), param.name or ""
        if record is None or isinstance(param, click.Argument):
            continue
        if name.startswith(_GRANTING) and name not in _OWN:
            groups["Grants"].append(record)
        elif limits and name.startswith(_LIMITING):
            groups["Limits"].append(record)
        else:
            groups["Options"].append(record)
    return {title: records for title, records in groups.items() if records}


def examples_of(ctx: click.Context) -> list[tuple[str, str]]:
    """Examples of a command: from the table, or from an epilog such as `Examples: a; b`."""
    from horus_runtime.cli.examples import EXAMPLES

    path = " ".join(ctx.command_path.split())
    if path in EXAMPLES:
        return [(example.typed, example.does) for example in EXAMPLES[path]]
    epilog = ctx.command.epilog or ""
    word, colon, rest = epilog.partition(":")
    return [(typed.strip(), "") for typed in rest.split(";")] if colon and word in {"Example", "Examples"} else []


class _Explained(click.Command):
    """A command whose help has its options in groups, and an example a line."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, records in option_groups(ctx).items():
            with formatter.section(title):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        examples = examples_of(ctx)
        if not examples:
            super().format_epilog(ctx, formatter)
            return
        with formatter.section("Examples"):
            for typed, does in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{typed}\n")
                if does:
                    with formatter.indentation():
                        formatter.write_text(does)


class Group(_Explained, click.Group):
    """A group of commands whose help is made in the same way."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        if self.epilog:
            formatter.write_paragraph()
            formatter.write_text(self.epilog)


class LazyGroup(Group):
    """A group whose commands are loaded by name."""

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy], **options: Any) -> None:
        super().__init__(*args, **options)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.lazy.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry.where.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.lazy and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.lazy, n=1)
            guess = f" Did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"No such command '{args[0]}'.{guess}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self.lazy.items()])


class Command(_Explained):
    """A command whose grants may stand without a value: `--allow-read` alone grants everything.

    As in Deno a value follows `=`; a word behind a bare grant is an argument, never the grant's value.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        from horus_runtime.cli.settings import words_for

        args = [*words_for(self, ctx.info_name or "", Path.cwd()), *args]
        bare = {
            name: str(option.metavar).removeprefix("[=").removesuffix("]").split("|")[0]
            for option in self.params
            if isinstance(option, click.Option) and str(option.metavar).startswith("[=")
            for name in option.opts
        }
        end = args.index("--") if "--" in args else len(args)
        words = [f"{word}={_bare_value(bare[word])}" if word in bare else word for word in args[:end]]
        return super().parse_args(ctx, words + args[end:])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; where JSON was asked for, an error is a JSON document, too."""
        try:
            return super().invoke(ctx)
        except HorusError as error:
            if not ctx.params.get("as_json"):
                raise
            from horus_runtime.cli.guard import exit_code_of
            from horus_runtime.cli.render import error_data, print_json

            print_json({"error": error_data(error), "exit_code": exit_code_of(error)})
            return exit_code_of(error)


def _bare_value(first: str) -> str:
    """Grants of levels stand for their first step, grants of lists for everything."""
    return first if first.islower() else BARE_VALUE


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 fine, 1 script error, 2 usage, 3 limit, 4 policy, 5 invalid job, 124 timeout, 130 cancelled.",
)
@click.version_option(__version__, message="horus %(version)s")
def horus() -> None:
    """Run Rhai scripts, Heroscript payloads and signed jobs, metered and under a policy."""


def run_click(words: list[str]) -> int:
    """Run the command that the words name; usage errors are told as click tells them."""
    try:
        result = horus.main(args=words, prog_name="horus", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stdout.write(f"{error.message}\n")
        return exits.USAGE
    except click.ClickException as error:
        sys.stdout.flush()
        error.show()
        return error.exit_code
    return result if isinstance(result, int) else exits.OK
