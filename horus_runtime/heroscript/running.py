"""A Hero payload while it runs: its actions as calls, the placeholders in them, and the module `hero` for scripts."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from horus_runtime.errors import HorusError, HostFailure
from horus_runtime.heroscript.actions import Action
from horus_runtime.heroscript.compose import filled, placeholders
from horus_runtime.heroscript.names import name_fix
from horus_runtime.heroscript.params import Params
from horus_runtime.runtime.module import Module, NativeFn

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.heroscript.registry import Actions
    from horus_runtime.heroscript.segments import Payload
    from horus_runtime.runtime.context import NativeCallContext
    from horus_runtime.source import Position

VARIABLE: Final = "__payload__"
TYPE_NAME: Final = "HeroPayload"
METHOD: Final = "__act__"
SERVICE: Final = "hero"
"""The service under which the running payload is found."""
SESSION: Final = "hero_session"
"""The service with the session's variables and parameters."""


_REGISTERING: Final = Lock()


class Event(NamedTuple):
    """What happened to an action: `started`, `done`, `unavailable` or `failed`."""

    what: str
    action: Action
    detail: Any = None
    """The result, or the error."""


Listener = Callable[[Event], None]


class HeroPayload:
    """What a running payload's calls need; scripts can see it, and only repeat an action with it."""

    __slots__ = ("actions", "allow_unavailable", "listener", "numbered", "payload", "places", "result")

    def __init__(
        self, payload: Payload, actions: Actions | None, allow_unavailable: frozenset[str], listener: Listener | None
    ) -> None:
        self.payload = payload
        self.actions = actions
        self.allow_unavailable = allow_unavailable
        self.listener = listener
        self.numbered = payload.actions
        self.places: dict[int, Position] = {}
        """Where the calls of the actions stand in the composed script."""
        self.result: Any = None
        """That of the latest action."""

    def tell(self, what: str, action: Action, detail: Any = None) -> None:
        if self.listener is not None:
            self.listener(Event(what, action, detail))

    def act(self, context: NativeCallContext, number: int, variables: dict[str, Any]) -> Any:
        """Run one action of the payload; `variables` are those of the scope that its values name."""
        original = self.numbered[number]
        action = _with_words(context, original, variables)
        try:
            result = self.perform(context, action)
        except HostFailure as failure:
            raise self._placed(failure, action, number) from None
        original.done, original.result = action.done, action.result
        return result

    def perform(self, context: NativeCallContext, action: Action) -> Any:
        """Run an action that was checked; a missing service that may be missing is only a warning."""
        from horus_runtime.heroscript.registry import ActionCall

        spec = self.actions.get(action) if self.actions is not None else None
        assert spec is not None  # checked before
        context.charge(1)
        self.tell("started", action)
        try:
            call = ActionCall(context, action)
            action.result = self.result = spec.run(call, spec.parsed_late(call, action))
        except HostFailure as failure:
            if failure.failure == "Unavailable" and action.actor in self.allow_unavailable:
                context.print(f"warning: {action.full_name}: {failure.value['message']}")
                self.tell("unavailable", action, failure)
                return None
            self.tell("failed", action, failure)
            raise
        except HorusError as error:
            self.tell("failed", action, error)
            raise
        action.done = True
        self.tell("done", action, action.result)
        return action.result

    def _placed(self, failure: HostFailure, action: Action, number: int) -> HostFailure:
        """Say which action failed, and where it stands."""
        if failure.needs_position:
            failure.position = self.places.get(number, action.position)
        failure.value.setdefault("action", action.full_name)
        failure.value.setdefault("line", action.position.line)
        failure.message = f"{action.full_name}: {failure.message}"
        return failure


def _with_words(context: NativeCallContext, action: Action, variables: dict[str, Any]) -> Action:
    """The action with its placeholders filled: from the shared scope, then from the session; unknown ones stay."""
    if not placeholders(action):
        return action
    session = session_of(context)["env"]

    def meaning(name: str) -> str | None:
        if name in variables:
            value = variables[name]
            return value if isinstance(value, str) else context.to_display(value)
        return session.get(name_fix(name))

    return filled(action, meaning)


def session_of(context: NativeCallContext) -> dict[str, dict[str, Any]]:
    """The session of this run: `env` (variables for placeholders), `params`, and the `context`'s parameters."""
    found: dict[str, dict[str, Any]] | None = context.services.get(SESSION)
    return found if found is not None else {"env": {}, "params": {}, "context": {}}


def change_session(context: NativeCallContext, part: str, values: dict[str, Any]) -> None:
    """Put other values in a part of the session; the host's own map is never changed."""
    context.services[SESSION] = {**session_of(context), part: values}


# --- what scripts see ------------------------------------------------------------------------------------------------


def register(engine: Engine) -> None:
    """Make payloads and the module `hero` known to an engine, once, whoever comes first of several threads."""
    with _REGISTERING:
        if HeroPayload in engine.host.types:
            return
        engine.register_type(HeroPayload, name=TYPE_NAME)
        for params in ((TYPE_NAME, "i64"), (TYPE_NAME, "i64", "map")):
            engine.register_native(NativeFn(METHOD, params, _act, context=True, volatile=True))
        engine.register_static_module("hero", _hero_module())


def _act(context: NativeCallContext, payload: HeroPayload, number: int, variables: dict[str, Any] | None = None) -> Any:
    return payload.act(context, number, variables or {})


def _hero_module() -> Module:
    """`hero.run(name, params)` runs an action from anywhere, functions and loops included; `hero.last()` its result."""
    module = Module("hero", "Actions of Hero payloads, for script code.")
    about = "Run the action `actor.name` with a map of parameters. Gives its result."
    module.add(NativeFn("run", ("string", "map"), _run_named, context=True, volatile=True, doc=about))
    module.add(NativeFn("run", ("string",), _run_named, context=True, volatile=True, doc=about))
    about = "The result of the latest action."
    module.add(NativeFn("last", (), _last, context=True, volatile=True, doc=about))
    return module


def _last(context: NativeCallContext) -> Any:
    running = context.services.get(SERVICE)
    return running.result if isinstance(running, HeroPayload) else None


def _run_named(context: NativeCallContext, name: str, values: dict[str, Any] | None = None) -> Any:
    running = context.services.get(SERVICE)
    if not isinstance(running, HeroPayload) or running.actions is None:
        raise HostFailure("Unavailable", "there are no actions here: no payload is running", module="hero")
    actor, _, verb = name.rpartition(".")
    words = {
        key: [context.to_display(item) for item in value] if isinstance(value, list) else _word(context, value)
        for key, value in (values or {}).items()
    }
    action = Action("sal", name_fix(actor or "core"), name_fix(verb), Params(words))
    problems = running.actions.problems([action])
    if problems:
        text = "; ".join(problem.message for problem in problems)
        raise HostFailure("InvalidArgument", text, module="hero", function="run")
    return running.perform(context, action)


def _word(context: NativeCallContext, value: Any) -> str:
    return value if isinstance(value, str) else context.to_display(value)
