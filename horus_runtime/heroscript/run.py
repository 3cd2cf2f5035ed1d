"""Runs Hero payloads: actions and script lines in the order in which they stand, in one scope, under one deadline.

The payload becomes one script of the same lines in which every action is a call, so that functions are visible
everywhere, variables are shared, limits hold for the whole, and errors name the payload's own lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from horus_runtime.engine.handle import AST
from horus_runtime.errors import EvalError, HorusError, ParseError
from horus_runtime.heroscript.actions import Action
from horus_runtime.heroscript.compose import Composed, compose, placeholders
from horus_runtime.heroscript.running import METHOD, SERVICE, VARIABLE, Event, HeroPayload, Listener, register
from horus_runtime.heroscript.segments import Payload, split_payload
from horus_runtime.runtime.scope import Scope
from horus_runtime.source import Position, SourceFile

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.heroscript.includes import Reader
    from horus_runtime.heroscript.registry import Actions, Problem

__all__ = ["Event", "HeroPayload", "check_payload", "parse_payload", "run_payload"]


class Prepared(NamedTuple):
    """A payload that passed every check."""

    running: HeroPayload
    tree: AST
    composed: Composed


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
        name: the payload's file, from which the paths of includes start.
        actions: what actions there are; those of the package by default.
        allow_unavailable: actors whose missing engine or program is only a warning.
        on_event: told when an action starts and ends.
        scope: variables for the script lines.

    Raises:
        ParseError: the payload is wrong; nothing was run.
        PolicyError: a file that the payload includes may not be read; nothing was run.
        EvalError: a script line or an action failed.
    """
    variables = Scope() if scope is None else scope
    running, tree, composed = _prepared(text, engine, name, actions, frozenset(allow_unavailable), on_event, variables)
    variables.push_constant(VARIABLE, running)
    try:
        # The engine may be running another payload at the same time: what is this one's belongs to its run.
        return engine.eval_ast(tree, scope=variables, services={SERVICE: running})
    except HorusError as error:
        _use_original(error, tree.source_file, composed)
        raise
    finally:
        variables.remove(VARIABLE)


def check_payload(text: str, engine: Engine, *, name: str | None = None, actions: Actions | None = None) -> Payload:
    """Take a payload through every stage but the last: nothing is run. Its warnings are in the result."""
    scope = Scope()
    running, tree, _ = _prepared(text, engine, name, actions, frozenset(), None, scope)
    scope.push_constant(VARIABLE, running)
    engine.program(tree, scope)
    return running.payload


def script_of_payload(text: str, engine: Engine, *, name: str | None = None) -> tuple[AST, set[int]] | None:
    """The script that a payload comes to, for tools that look at scripts, and the lines that are actions.

    Its lines are the payload's own; `None` for a payload with included files, whose lines are elsewhere.
    """
    running, tree, composed = _prepared(text, engine, name, None, frozenset(), None, Scope())
    if not composed.single:
        return None
    source = running.payload.source
    lines: set[int] = set()
    for segment in running.payload.segments:
        if segment.action is not None:
            first, last = source.line_at(segment.start), source.line_at(segment.end - 1)
            lines.update(range(first, last + 1))
    return tree, lines


def parse_payload(text: str, *, name: str | None = None, actions: Actions | None = None) -> Payload:
    """Take a payload apart and check its actions and the syntax of its script lines; needs no engine.

    Includes are not looked at.

    Raises:
        ParseError: the payload is wrong.
    """
    from horus_runtime.syntax.rhai import parse_script

    payload = split_payload(text, name)
    _known_actions(payload, actions)
    try:
        parse_script(compose(payload, _plain_call).text, name=name)
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
    scope: Scope,
) -> Prepared:
    payload = split_payload(text, name, reader=_reader(engine, text))
    known = _known_actions(payload, actions)
    if payload.actions:
        register(engine)
    composed = _composed(payload, scope)
    tree = _compiled(payload, engine, composed)
    running = HeroPayload(payload, known, allow_unavailable, listener)
    running.places = composed.places
    return Prepared(running, tree, composed)


def _reader(engine: Engine, text: str) -> Reader | None:
    """How includes are read: under the engine's policy. Loaded only for payloads that speak of them."""
    if "play.include" not in text.lower():
        return None
    from horus_runtime.heroscript.builtin import include_reader

    return include_reader(engine)


def _known_actions(payload: Payload, actions: Actions | None) -> Actions | None:
    """The registry for a payload, whose actions it must know; those of the package load when there are actions."""
    if actions is None and payload.actions:
        from horus_runtime.heroscript.builtin import builtin_actions

        actions = builtin_actions()
    if actions is not None:
        _refuse_problems(payload, actions)
    return actions


def _refuse_problems(payload: Payload, actions: Actions) -> None:
    """All that is wrong with the actions in one error, at the first place."""
    problems = actions.problems(payload.actions)
    if not problems:
        return
    first, *others = problems
    lines = [first.message, *(f"{_place(payload, other)}: {other.message}" for other in others)]
    source = first.source or payload.source
    raise ParseError("InvalidAction", "\n".join(lines), source.position_at(first.offset), source=source)


def _place(payload: Payload, problem: Problem) -> str:
    source = problem.source or payload.source
    line = f"line {source.line_at(problem.offset)}"
    return line if source is payload.source else f"{source.name} {line}"


# --- the composed script ---------------------------------------------------------------------------------------------


def _plain_call(number: int, action: Action) -> str:
    return f"{VARIABLE}.{METHOD}({number})"


def _composed(payload: Payload, scope: Scope) -> Composed:
    """The payload as one script; calls hand over the variables that the action's placeholders name."""
    wanted = {name for action in payload.actions for name in placeholders(action)}
    if not wanted:
        return compose(payload, _plain_call)
    declared = _declared(compose(payload, _plain_call), wanted)
    places = compose(payload, _plain_call).places

    def call(number: int, action: Action) -> str:
        line = places[number].line
        names = [name for name in placeholders(action) if scope.contains(name) or declared.get(name, line) < line]
        if not names:
            return _plain_call(number, action)
        return f"{VARIABLE}.{METHOD}({number}, #{{{', '.join(f'{name}: {name}' for name in names)}}})"

    return compose(payload, call)


def _declared(composed: Composed, wanted: set[str]) -> dict[str, int]:
    """The first lines at which variables of these names are declared at the top of the script."""
    from horus_runtime.ast.nodes import Export, Let
    from horus_runtime.syntax.rhai import parse_script

    try:
        script = parse_script(composed.text)
    except ParseError:
        return {}  # compiling will say so, with the right place
    found: dict[str, int] = {}
    for statement in script.body:
        node = statement.declaration if isinstance(statement, Export) else statement
        if isinstance(node, Let) and node.name in wanted:
            found.setdefault(node.name, node.span.line)
    return found


def _compiled(payload: Payload, engine: Engine, composed: Composed) -> AST:
    """The payload as one compiled script; errors show the payload's own lines."""
    script = SourceFile(composed.text, payload.source.name)
    known = engine.cached(script.text, script.name)  # payloads that differ in parameters only are parsed once
    try:
        engine.prepare(known, None)
    except ParseError as error:
        error.source = script
        _use_original(error, script, composed)
        raise
    source = payload.source if composed.single else script
    return AST(lambda: known.script, source, options=engine.parse_options)


def _use_original(error: HorusError, script: SourceFile, composed: Composed) -> None:
    """Let an error of the composed script name the file and the line that its author wrote."""
    step: HorusError | None = error
    while step is not None:
        if step.source is not None and (step.source is script or step.source.name == script.name):
            _moved(step, composed)
        step = step.inner if isinstance(step, EvalError) else None


def _moved(error: HorusError, composed: Composed) -> None:
    if not composed.marks:
        return
    position = error.position
    source, line = composed.locate(position.line if position is not None else 1)
    error.source = source
    if position is not None:
        error.position = Position(line, position.column)
    error.script_traceback = [
        (name, None if place is None else Position(composed.locate(place.line)[1], place.column))
        for name, place in error.script_traceback
    ]
