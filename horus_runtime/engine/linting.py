"""Lints for scripts of one engine: what the engine offers is what a script may use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.analysis.lints import Finding, Surroundings, lint
from horus_runtime.errors import HorusError
from horus_runtime.runtime.comparison import NO_OPERATOR
from horus_runtime.runtime.operators import BINARY
from horus_runtime.runtime.values import Char

if TYPE_CHECKING:
    from collections.abc import Mapping

    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.handle import AST
    from horus_runtime.modules.policy import Policy

_SAMPLES: Final[Mapping[str, Any]] = {
    "i64": 1,
    "f64": 1.0,
    "bool": True,
    "string": "a",
    "char": Char("a"),
    "array": [1],
    "map": {"a": 1},
    "()": None,
}
"""A value of every type that a literal has: whether an operator is defined depends on the types alone."""


def lint_script(engine: Engine, tree: AST, policy: Policy | None = None) -> list[Finding]:
    """What is suspicious or certain to fail in a script.

    Args:
        engine: what the script would run on; its functions, modules and variables are known.
        policy: with one, functions that it lets nobody call are reported as well.
    """
    return lint(tree.script, tree.source_file, _surroundings(engine, policy))


def _surroundings(engine: Engine, policy: Policy | None) -> Surroundings:
    @cache
    def has_operator(op: str, left: str, right: str) -> bool:
        values = _SAMPLES[left], _SAMPLES[right]
        try:
            built_in = BINARY[op](*values) is not NO_OPERATOR
        except HorusError:
            built_in = True  # defined, but not for these values
        return built_in or engine.table.find(op, values) is not None

    return Surroundings(
        variables=engine.global_names(),
        has_function=lambda name, count: bool(engine.table.overloads(name, count)),
        function_names=lambda: sorted({name for layer in engine.table.layers for name, _ in layer.functions}),
        has_operator=has_operator,
        modules={name: _capabilities(module) for name, module in engine.modules.items()},
        is_granted=(lambda capability: True) if policy is None else policy.grants_any,
    )


def _capabilities(module: Any) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {name: set() for name, _ in module.script_functions}
    for (name, _), overloads in module.functions.items():
        needed = found.setdefault(name, set())
        needed.update(overload.capability for overload in overloads if overload.capability is not None)
    return {name: frozenset(needed) for name, needed in found.items()}
