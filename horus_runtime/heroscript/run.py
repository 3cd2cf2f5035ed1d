"""Runs Hero payloads: actions and script lines in the order in which they stand, in one scope, under one deadline.

The payload becomes one script of the same lines in which every action is a call, so that functions are visible
everywhere, variables are shared, limits hold for the whole, and errors name the payload's own lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from horus_runtime.errors import HorusError, HostFailure, ParseError
from horus_runtime.heroscript.actions import Action
from horus_runtime.heroscript.segments import Payload, script_text, split_payload
from horus_runtime.runtime.module import NativeFn
from horus_runtime.runtime.scope import Scope
from horus_runtime.source import SourceFile

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.handle import AST
    from horus_runtime.heroscript.registry import Actions
    from horus_runtime.runtime.context import NativeCallContext

VARIABLE: Final = "__payload__"
TYPE_NAME: Final = "HeroPayload"
METHOD: Final = "__act__"
CALL: Final = VARIABLE + "." + METHOD + "({})"


class Event(NamedTuple):
    """What happened to an action: `started`, `done`, `unavailable` or `failed`."""

    what: str
    action: Action
    detail: Any = None
    """The result, or the error."""


Listener = Callable[[Event], None]


class HeroPayload:
    """What a running payload's calls need; scripts can see it, and only repeat an action with it."""

    __slots__ = ("actions", "allow_unavailable", "listener", "payload")

    def __init__(
        self, payload: Payload, actions: Actions | None, allow_unavailable: frozenset[str], listener: Listener | None
    ) -> None:
        self.payload = payload
        self.actions = actions
        self.allow_unavailable = allow_unavailable
        self.listener = listener

    def tell(self, what: str, action: Action, detail: Any = None) -> None:
        if self.listener is not None:
            self.listener(Event(what, action, detail))

    def act(self, context: NativeCallContext, number: int) -> Any:
        """Run one action."""
        from horus_runtime.heroscript.registry import ActionCall

        action = self.payload.actions[number]
        spec = self.actions.get(action) if self.actions is not None else None
        assert spec is not None  # the payload was checked before it began
        context.charge(1)
        self.tell("started", action)
        try:
            action.result = spec.run(ActionCall(context, action), spec.parsed(action))
        except HostFailure as failure:
            if failure.failure == "Unavailable" and action.actor in self.allow_unavailable:
                context.print(f"warning: {action.full_name}: {failure.value['message']}")
                self.tell("unavailable", action, failure)
                return None
            self.tell("failed", action, failure)
            raise _placed(failure, action) from None
        except HorusError as error:
            self.tell("failed", action, error)
            raise
        action.done = True
        self.tell("done", action, action.result)
        return action.result


def _placed(failure: HostFailure, action: Action) -> HostFailure:
    """Say which action failed, and where it stands."""
    if failure.needs_position:
        failure.position = action.position
    failure.value.setdefault("action", action.full_name)
    failure.value.setdefault("line", action.position.line)
    failure.message = f"{action.full_name}: {failure.message}"
    return failure


def run_payload(
    text: str,
    engine: Engine,
    *,
    name: str | None = None,
    actions: Actions | None = None,
    allow_unavailable: Iterable[str] = (),
    on_event: Listener | None = None,
    scope: Scope | None = None,
) -> Any:
    """Run a payload and return the value of its last element; of an action that is its result.

    Args:
        actions: what actions there are; those of the package by default.
        allow_unavailable: actors whose missing engine or program is only a warning.
        on_event: told when an action starts and ends.
        scope: variables for the script lines.

    Raises:
        ParseError: the payload is wrong; nothing was run.
        EvalError: a script line or an action failed.
    """
    running, tree = _prepared(text, engine, name, actions, frozenset(allow_unavailable), on_event)
    variables = Scope() if scope is None else scope
    variables.push_constant(VARIABLE, running)
    try:
        return engine.eval_ast(tree, scope=variables)
    except HorusError as error:
        _use_original(error, tree.source_file, running.payload.source)
        raise
    finally:
        variables.remove(VARIABLE)


def check_payload(text: str, engine: Engine, *, name: str | None = None, actions: Actions | None = None) -> Payload:
    """Take a payload through every stage but the last: nothing is run. Its warnings are in the result."""
    running, tree = _prepared(text, engine, name, actions, frozenset(), None)
    scope = Scope()
    scope.push_constant(VARIABLE, running)
    engine.program(tree, scope)
    return running.payload


def parse_payload(text: str, *, name: str | None = None, actions: Actions | None = None) -> Payload:
    """Take a payload apart and check its actions and the syntax of its script lines; needs no engine.

    Raises:
        ParseError: the payload is wrong.
    """
    from horus_runtime.syntax.rhai import parse_script

    payload = split_payload(text, name)
    _known_actions(payload, actions)
    try:
        parse_script(script_text(payload, CALL), name=name)
    except ParseError as error:
        error.source = payload.source
        raise
    return payload


def _prepared(
    text: str,
    engine: Engine,
    name: str | None,
    actions: Actions | None,
    allow_unavailable: frozenset[str],
    listener: Listener | None,
) -> tuple[HeroPayload, AST]:
    payload = split_payload(text, name)
    known = _known_actions(payload, actions)
    if payload.actions:
        _register(engine)
    tree = _compiled(payload, engine)
    return HeroPayload(payload, known, allow_unavailable, listener), tree


def _known_actions(payload: Payload, actions: Actions | None) -> Actions | None:
    """The registry for a payload, whose actions it must know; those of the package load when there are actions."""
    if actions is None and payload.actions:
        from horus_runtime.heroscript.builtin import builtin_actions

        actions = builtin_actions()
    if actions is not None:
        _refuse_problems(payload, actions)
    return actions


def _register(engine: Engine) -> None:
    """Make the payload's method known to an engine, once."""
    if HeroPayload in engine.host.types:
        return
    engine.register_type(HeroPayload, name=TYPE_NAME)
    engine.register_native(
        NativeFn(
            METHOD,
            (TYPE_NAME, "i64"),
            lambda context, payload, number: payload.act(context, number),
            context=True,
            volatile=True,
        )
    )


def _refuse_problems(payload: Payload, actions: Actions) -> None:
    """All that is wrong with the actions in one error, at the first place."""
    problems = sorted(actions.problems(payload.actions))
    if not problems:
        return
    first, *others = problems
    lines = [first.message]
    for other in others:
        position = payload.source.position_at(other.offset)
        lines.append(f"line {position.line}: {other.message}")
    position = payload.source.position_at(first.offset)
    raise ParseError("InvalidAction", "\n".join(lines), position, source=payload.source)


def _compiled(payload: Payload, engine: Engine) -> AST:
    """The payload as one compiled script; errors show the payload's own lines."""
    script = SourceFile(script_text(payload, CALL), payload.source.name)
    try:
        tree = engine.compile(script.text, name=script.name)
    except ParseError as error:
        error.source = payload.source
        raise
    tree.source_file = payload.source
    return tree


def _use_original(error: HorusError, script: SourceFile, original: SourceFile) -> None:
    if error.source is not None and (error.source is script or error.source.name == original.name):
        error.source = original
