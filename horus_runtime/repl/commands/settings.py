"""Commands that look at and change what a run may do: limits and policy."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from horus_runtime.repl.commands.base import Command, CommandError, required

if TYPE_CHECKING:
    from horus_runtime.modules.policy import Policy
    from horus_runtime.repl.loop import Repl


def _limits(repl: Repl, argument: str) -> None:
    """Shows the limits of a run; `:limits max_operations=100000 max_duration=5` changes some, 0 stands for none."""
    engine = repl.session.engine
    changes = dict(_change(word) for word in argument.split())
    try:
        engine.limits = engine.limits.with_(**changes)
    except (TypeError, ValueError) as error:
        raise CommandError(str(error)) from None
    if not changes:
        rows = [(name, _limit_text(value)) for name, value in engine.limits.as_dict().items()]
        repl.output.table(rows, ("LIMIT", "VALUE"))


def _change(word: str) -> tuple[str, Any]:
    name, _, value = word.partition("=")
    number = value.replace("_", "").replace(",", "")
    try:
        return name, float(number) if "." in number else int(number)
    except ValueError:
        raise CommandError(f"'{word}' is no NAME=NUMBER") from None


def _limit_text(value: float | None) -> str:
    return "none" if not value else f"{value:,}"


def _policy(repl: Repl, argument: str) -> None:
    """Shows what scripts may do to the outside; `:policy FILE` takes the grants of a TOML file instead."""
    services = repl.session.engine.services
    if argument:
        services["policy"] = repl.surroundings.read_policy(Path(argument).expanduser())
    policy = services.get("policy")
    granted = _granted(policy) if policy is not None else []
    if granted:
        repl.output.table(granted, ("CAPABILITY", "GRANTED"))
    else:
        repl.output.line("nothing is granted; :allow read=DIR grants reading a folder")


def _granted(policy: Policy) -> list[tuple[str, str]]:
    """The fields of a policy that differ from granting nothing."""
    nothing = type(policy)()
    rows = []
    for field in fields(policy):
        value = getattr(policy, field.name)
        if value != getattr(nothing, field.name):
            rows.append((field.name, ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)))
    return rows


def _allow(repl: Repl, argument: str) -> None:
    """Grants scripts something: `:allow read=/srv run=git`, `:allow git=local`, `:allow sys`, `:allow all`.

    The names are those of the options of `horus run`, without `--allow-`.
    """
    from horus_runtime.modules.policy import LEVELS, LISTS, SWITCHES, Policy

    services = repl.session.engine.services
    if required(argument, "allow CAPABILITY[=VALUE,...] ...") == "all":
        services["policy"] = Policy.allow_all()
        return
    grants: dict[str, Any] = {}
    for word in argument.removeprefix("--allow-").split():
        name, _, value = word.removeprefix("--allow-").partition("=")
        name = name.replace("-", "_")
        if name in LISTS:
            everything = "/" if name in {"read", "write"} else "*"
            grants[name] = tuple(item for item in value.split(",") if item) or (everything,)
        elif name in LEVELS:
            grants[name] = value or LEVELS[name][1]
        elif name in SWITCHES and not value:
            grants[name] = True
        else:
            known = ", ".join((*LISTS, *LEVELS, *SWITCHES, "all"))
            raise CommandError(f"'{word}' cannot be granted; capabilities are {known}")
    try:
        services["policy"] = (services.get("policy") or Policy()).grant(**grants)
    except ValueError as error:
        raise CommandError(f"wrong grant: {error}") from None
    _policy(repl, "")


def _reset(repl: Repl, argument: str) -> None:
    """Forgets variables, functions and imports. Limits, grants and the history stay."""
    repl.session.reset()


COMMANDS = (
    Command("limits [NAME=NUMBER ...]", "Shows or sets the limits of a run.", _limits),
    Command("policy [FILE]", "Shows or replaces what scripts may do outside.", _policy),
    Command("allow CAPABILITY[=VALUE]", "Grants scripts something: read=DIR, run=git, net=HOST, ...", _allow),
    Command("reset", "Forgets variables, functions and imports.", _reset),
)
