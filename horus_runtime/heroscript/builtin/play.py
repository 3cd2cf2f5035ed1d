"""The actions `play.*`, `core.*`, `session.*` and `context.*`: the payload itself and what it remembers."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from horus_runtime.heroscript.builtin.pairs import Pairs
from horus_runtime.heroscript.builtin.repositories import set_code_root
from horus_runtime.heroscript.names import name_fix
from horus_runtime.heroscript.registry import ActionCall, ActionParams, Actions
from horus_runtime.heroscript.running import change_session, session_of

ACTIONS = Actions()


class PlayInclude(ActionParams):
    """Parameters of `play.include`."""

    path: str = Field(description="a file, as seen from the one that includes it")
    replace: Pairs = Field({}, description="words for @k, {k} and ${k} in the file")


@ACTIONS.action("play.include")
def play_include(call: ActionCall, params: PlayInclude) -> Any:
    """Put another file in the place of this action, before anything runs; each file once, never in a circle."""
    raise call.fail("Unavailable", "files can be included by a payload only, not by a running script")


class PlayEcho(ActionParams):
    """Parameters of `play.echo`."""

    content: str


@ACTIONS.action("play.echo")
def play_echo(call: ActionCall, params: PlayEcho) -> Any:
    """Print a heading."""
    call.print(f"# {params.content}")
    return params.content


class CodeRoot(ActionParams):
    """Parameters of `core.coderoot_set`."""

    coderoot: str


@ACTIONS.action("core.coderoot_set")
def coderoot_set(call: ActionCall, params: CodeRoot) -> Any:
    """Say where repositories are kept; the directory is made when it is not there."""
    set_code_root(call, params.coderoot)
    return params.coderoot


class AnyParams(ActionParams):
    """Parameters of any name."""

    model_config = ConfigDict(extra="allow", frozen=True)


def _remember(call: ActionCall, part: str, params: AnyParams) -> dict[str, Any]:
    values = {**session_of(call.context)[part], **(params.model_extra or {})}
    change_session(call.context, part, values)
    return values


@ACTIONS.action("core.params_context_set")
def params_context_set(call: ActionCall, params: AnyParams) -> Any:
    """Remember parameters of any name in the context; gives all of them."""
    return _remember(call, "context", params)


@ACTIONS.action("core.params_session_set")
def params_session_set(call: ActionCall, params: AnyParams) -> Any:
    """Remember parameters of any name in the session; gives all of them."""
    return _remember(call, "params", params)


class EnvSet(ActionParams):
    """Parameters of `session.env_set`."""

    key: str
    val: str = Field(description="may have placeholders itself")


@ACTIONS.action("session.env_set", renamed={"value": "val"})
def env_set(call: ActionCall, params: EnvSet) -> Any:
    """Set a variable of the session: from here on `{KEY}` in the values of actions stands for it."""
    change_session(call.context, "env", {**session_of(call.context)["env"], name_fix(params.key): params.val})
    return params.val


@ACTIONS.action("session.env_set_once", renamed={"value": "val"})
def env_set_once(call: ActionCall, params: EnvSet) -> Any:
    """As `session.env_set`, but an error when the variable is set already."""
    if name_fix(params.key) in session_of(call.context)["env"]:
        raise call.fail("AlreadyExists", f"the session has a variable '{params.key}' already")
    return env_set(call, params)
