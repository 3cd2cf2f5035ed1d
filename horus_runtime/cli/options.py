"""Options that several commands share, and what they come to: a policy, limits, a registry, a trust store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from horus_runtime.cli.app import BARE_VALUE
from horus_runtime.cli.execution import RunOptions
from horus_runtime.cli.home import home
from horus_runtime.cli.numbers import Whole
from horus_runtime.cli.sources import UsageError

if TYPE_CHECKING:
    from horus_runtime.modules.policy import Policy

F = TypeVar("F", bound=Callable[..., Any])

_LISTS: Final = {
    "read": ("DIR", "Directories or files that may be read."),
    "write": ("DIR", "Directories or files that may be written; does not imply reading."),
    "run": ("PROGRAM", "Programs that may be started."),
    "net": ("HOST", "Hosts, host:port or *.domain that may be reached."),
    "env": ("NAME", "Names of the environment that may be read."),
}
_LEVELS: Final = {
    "git": (("read", "local", "remote"), "What may be done to repositories."),
    "docker": (("inspect", "manage", "full"), "What may be done to containers."),
    "osiris": (("read", "write", "schema"), "What may be done to the model store."),
}
_SWITCHES: Final = {
    "sys": "Facts about the machine.",
    "shell": "Texts handed to a shell.",
    "private-net": "Loopback and private addresses.",
    "insecure-tls": "Connections without a valid certificate.",
    "kill-user": "Signals to processes the script did not start.",
}
PRESETS: Final = ("none", "readonly", "workspace", "network", "operator", "full")
_LIMITS: Final = {
    "operations": "Operations the run may spend (0: no limit).",
    "call-levels": "Depth of nested calls.",
    "string-size": "Bytes of a string (0: no limit).",
    "array-size": "Elements of an array (0: no limit).",
    "map-size": "Properties of a map (0: no limit).",
}


def _decorated(command: F, options: Sequence[Callable[[F], F]]) -> F:
    """The command with the options in this order in its help."""
    for option in reversed(options):
        command = option(command)
    return command


def policy_options(command: F) -> F:
    """The options that grant effects on the outside, in Deno's spelling."""
    options: list[Callable[[F], F]] = []
    for name, (metavar, text) in _LISTS.items():
        options.append(click.option(f"--allow-{name}", multiple=True, metavar=f"[={metavar},...]", help=text))
    for name, (levels, text) in _LEVELS.items():
        options.append(click.option(f"--allow-{name}", metavar=f"[={'|'.join(levels)}]", help=text))
    for name, text in _SWITCHES.items():
        options.append(click.option(f"--allow-{name}", is_flag=True, help=text))
    everything = "Everything. For your own scripts on your own machine."
    options.append(click.option("--allow-all", is_flag=True, help=everything))
    for name, (metavar, _) in _LISTS.items():
        text = "Take it out again; a denial always wins."
        options.append(click.option(f"--deny-{name}", multiple=True, metavar=f"{metavar},...", help=text))
    text = "A TOML file of policy fields to start from."
    options.append(click.option("--policy", "policy_file", metavar="FILE", help=text))
    text = "A named policy over the current directory to start from."
    options.append(click.option("--preset", type=click.Choice(PRESETS), help=text))
    return _decorated(command, options)


def limit_options(command: F) -> F:
    """The options that set limits."""
    options = [
        click.option(f"--max-{name}", type=Whole(min=0), metavar="N", help=text) for name, text in _LIMITS.items()
    ]
    return _decorated(command, options)


def audit_options(command: F) -> F:
    """What was asked of the policy: as a log, or as a policy."""
    log = "Add every decision of the policy but granted reads to FILE, a JSON document a line; '-' is standard error."
    only = "Say at the end which is the smallest policy that would do. Nothing more is granted for it."
    options = [
        click.option("--audit", "audit_file", metavar="FILE", help=log),
        click.option("--audit-only", is_flag=True, help=only),
    ]
    return _decorated(command, options)


def place_options(command: F) -> F:
    """Where repositories and records are, and which services may be missing."""
    missing = "Report a missing service of this actor (such as docker) as a warning."
    options = [
        click.option("--code-root", metavar="DIR", help="Below it git.list looks for repositories."),
        click.option("--db", metavar="FILE", help="The model store's SQLite file."),
        click.option("--allow-unavailable", multiple=True, metavar="ACTOR", help=missing),
    ]
    return _decorated(command, options)


def json_option(command: F) -> F:
    """JSON instead of text for people."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def take_limits(values: dict[str, Any]) -> dict[str, Any]:
    """Take the limits out of a command's values; only those that were given."""
    taken = {f"max_{name.replace('-', '_')}": None for name in _LIMITS}
    return {name: value for name in taken if (value := values.pop(name)) is not None}


def take_policy(values: dict[str, Any], base: Callable[[], Policy]) -> Policy:
    """Take the grants out of a command's values and give what they come to, on top of the base policy."""
    from dataclasses import replace

    from horus_runtime.modules.policy import Policy

    grants, denials = _take_lists(values)
    for name in _LEVELS:
        level = values.pop(f"allow_{name}")
        if level is not None:
            grants[name] = level
    for name in _SWITCHES:
        if values.pop(f"allow_{name.replace('-', '_')}"):
            grants[name.replace("-", "_")] = True
    file, everything, preset = values.pop("policy_file"), values.pop("allow_all"), values.pop("preset")
    if preset is not None:
        if file is not None or everything:
            raise UsageError("--preset stands for a whole policy: it cannot stand beside --policy or --allow-all")
        everything = preset == "full"

        def base() -> Policy:
            return Policy.preset(preset, str(Path.cwd()))

    if everything:
        policy = Policy.allow_all()
    else:
        policy = _keys_denied(base() if file is None else policy_from(Path(file)))
    try:
        policy = policy.grant(**grants)
        return replace(policy, **{name: getattr(policy, name) + items for name, items in denials.items()})
    except ValueError as error:
        raise UsageError(f"wrong grant: {error}") from None


def _keys_denied(policy: Policy) -> Policy:
    """The policy without the user's signing keys and trust store, whatever folder is granted.

    SAFETY: a payload that could read the keys could sign the next job, and one that could write the trust store could
    let anybody sign it.
    """
    from dataclasses import replace

    folder = str(home())
    return replace(policy, deny_read=(*policy.deny_read, folder), deny_write=(*policy.deny_write, folder))


def _take_lists(values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    grants: dict[str, Any] = {}
    denials: dict[str, tuple[str, ...]] = {}
    for name in _LISTS:
        for verb, found in (("allow", grants), ("deny", denials)):
            items = [item for given in values.pop(f"{verb}_{name}") for item in given.split(",") if item]
            if items:
                found[name if verb == "allow" else f"deny_{name}"] = tuple(_everywhere(name, item) for item in items)
    return grants, denials


def _everywhere(name: str, item: str) -> str:
    return "/" if item == BARE_VALUE and name in {"read", "write"} else item


def policy_from(path: Path) -> Policy:
    """The policy in a TOML file."""
    import tomllib

    from horus_runtime.modules.policy import Policy

    try:
        return Policy.from_dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"cannot read the policy '{path}': {(error.strerror or str(error)).lower()}") from None
    except (ValueError, TypeError) as error:
        raise UsageError(f"the policy '{path}' is wrong: {error}") from None


def take_run_options(values: dict[str, Any]) -> RunOptions:
    """The options of `run` and `eval`: what is named on the command line is granted, nothing else is."""
    from horus_runtime.modules.policy import Policy

    code_root, database = values.pop("code_root"), values.pop("db")
    policy = take_policy(values, Policy.deny_all)
    if code_root is not None:
        if not Path(code_root).is_dir():
            raise UsageError(f"the code root '{code_root}' is not a directory")
        policy = policy.grant(read=(code_root,), **({"git": "read"} if policy.git == "off" else {}))
    if database is not None and policy.osiris == "off":
        policy = policy.grant(osiris="schema")
    limits = take_limits(values)
    seconds = values.pop("timeout")
    if seconds is not None:
        limits["max_duration"] = seconds
    return RunOptions(
        audit_file=values.pop("audit_file", None),
        audit_only=values.pop("audit_only", False),
        limits=limits,
        policy=policy,
        code_root=code_root,
        database=database,
        allow_unavailable=frozenset(values.pop("allow_unavailable")),
        as_json=values.pop("as_json"),
    )
