"""The script module `env`: the job's variables, and those of the real environment that the policy names.

What scripts set is an overlay of their own: later reads and child processes see it, the real environment never does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from horus_runtime.modules.host import PURE, HostCall, HostModule
from horus_runtime.modules.sal import files
from horus_runtime.modules.sal.commands import is_refused_name
from horus_runtime.runtime.context import NativeCallContext
from horus_runtime.runtime.module import Module

ENV = HostModule("env", "Environment variables of the job.")
_MISSING: Final = object()


def _overlay(call: HostCall) -> dict[str, str]:
    """The variables of this run: the job's, and what the script set."""
    variables: dict[str, str] = call.context.services.get("env") or {}
    return variables


def _change(call: HostCall, variables: dict[str, str]) -> None:
    """Put other variables in the place of the run's; the host's own map is never changed."""
    call.context.services["env"] = variables


def _value(call: HostCall, name: str) -> Any:
    overlay = _overlay(call)
    if name in overlay:
        return overlay[name]
    decision = call.policy.variable(name)
    if decision.allowed:
        call.require(decision, "env", name)
        return os.environ.get(name, _MISSING)
    return _MISSING


def _known(call: HostCall, name: str) -> bool:
    return name in _overlay(call) or call.policy.variable(name).allowed


@ENV.fn(capability=PURE)
def get(call: HostCall, name: str, default: Any = _MISSING) -> Any:
    """The value of a variable; without a default a missing one is `NotFound`, one the policy hides is refused."""
    value = _value(call, name)
    if value is not _MISSING:
        return value
    if not _known(call, name):
        if default is not _MISSING:
            return default
        call.require(call.policy.variable(name), "env", name)
    if default is _MISSING:
        raise call.fail("NotFound", f"there is no variable '{name}'")
    return default


@ENV.fn(capability=PURE)
def has(call: HostCall, name: str) -> bool:
    """True when the variable is there and may be read."""
    return _value(call, name) is not _MISSING


@ENV.fn(capability=PURE, name="all")
def all_(call: HostCall) -> dict[str, str]:
    """All variables that may be read, sorted by name."""
    visible = {name: value for name, value in os.environ.items() if call.policy.variable(name).allowed}
    return dict(sorted({**visible, **_overlay(call)}.items()))


@ENV.fn(capability=PURE)
def set_(call: HostCall, name: str, value: str) -> None:
    """Set a variable for this script and the programs it starts."""
    if is_refused_name(name):
        raise call.invalid("name", f"'{name}' cannot be set: it would change which programs run")
    if "\0" in value:
        raise call.invalid("value", "contains a NUL character")
    _change(call, {**_overlay(call), name: value})


@ENV.fn(capability=PURE)
def unset(call: HostCall, name: str) -> bool:
    """Take away a variable of the script; true when it was there. The real environment keeps its own."""
    variables = _overlay(call)
    _change(call, {key: value for key, value in variables.items() if key != name})
    return name in variables


@ENV.fn(capability="read")
def load_file(call: HostCall, path: str) -> dict[str, str]:
    """Set the variables of a file with `NAME=value` lines; quotes are taken off, nothing is expanded."""
    text = files.decode(call, files.read_bytes(call, path), path)
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip().removeprefix("export ")
        if not content or content.startswith("#"):
            continue
        name, sign, value = content.partition("=")
        if not sign or is_refused_name(name.strip()):
            raise call.fail("InvalidArgument", f"'{path}' line {number} does not set a variable", path=path)
        value = value.strip()
        quoted = len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]
        found[name.strip()] = value[1:-1] if quoted else value
    _change(call, {**_overlay(call), **found})
    return found


def _lookup(context: NativeCallContext, name: str) -> Any:
    """`env.NAME`: as `env.get("NAME")`."""
    return get(HostCall(context, "env", "get"), name)


ENV.module.lookup = _lookup


def environment_module(variables: Mapping[str, str]) -> Module:
    """The module for an engine whose host gave it a job's variables without a service `env`."""

    def lookup(context: NativeCallContext, name: str) -> Any:
        if name in variables and name not in _overlay(HostCall(context, "env", "get")):
            return variables[name]
        return _lookup(context, name)

    return Module(
        ENV.module.name, ENV.module.doc, functions=ENV.module.functions, variables=dict(variables), lookup=lookup
    )
