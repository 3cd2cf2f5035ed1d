"""Lints for scripts of one engine: what the engine offers is what a script may use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.analysis.lints import Finding, Surroundings, lint
from horus_runtime.analysis.lints.types import inference_for
from horus_runtime.errors import HorusError
from horus_runtime.runtime.comparison import NO_OPERATOR
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.operators import ASSIGN, BINARY, UNARY
from horus_runtime.runtime.values import Char, Range

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.handle import AST
    from horus_runtime.modules.policy import Policy

_SAMPLES: Final[Mapping[str, Callable[[], Any]]] = {
    "i64": lambda: 1,
    "f64": lambda: 1.0,
    "bool": lambda: True,
    "string": lambda: "a",
    "char": lambda: Char("a"),
    "array": lambda: [1],
    "map": lambda: {"a": 1},
    "blob": lambda: bytearray(b"a"),
    "range": lambda: Range(0, 1),
    "range=": lambda: Range(0, 1, inclusive=True),
    "Fn": lambda: FnPtr("a"),
    "()": lambda: None,
}
"""A value of every type of the language: whether an operator is defined depends on the types alone."""
_BUILT_IN: Final[Mapping[str, Callable[..., Any]]] = {**BINARY, **ASSIGN}


def lint_script(engine: Engine, tree: AST, policy: Policy | None = None) -> list[Finding]:
    """What is suspicious or certain to fail in a script.

    Args:
        engine: what the script would run on; its functions, modules and variables are known.
        policy: with one, functions that it lets nobody call are reported as well.
    """
    from horus_runtime.codegen.report import typed_program

    around = _surroundings(engine, policy)
    # What the optimizer drops never fails.
    program = typed_program(
        engine.optimized(tree.script), tree.source_file, engine.compile_config(), inference_for(around)
    )
    return lint(tree.script, tree.source_file, around, program)


def _surroundings(engine: Engine, policy: Policy | None) -> Surroundings:
    @cache
    def has_operator(op: str, *types: str) -> bool:
        values = tuple(_SAMPLES[name]() for name in types)
        table = UNARY if len(values) == 1 else _BUILT_IN
        try:
            built_in = op in table and table[op](*values) is not NO_OPERATOR
        except HorusError:
            built_in = True  # defined, but not for these values
        names = {op, op.removesuffix("=")} if op in ASSIGN else {op}
        return built_in or any(engine.table.find(name, values) is not None for name in names)

    @cache
    def parameters(name: str, count: int) -> list[tuple[str, ...]]:
        return [engine.table.params_of(fn) for fn in engine.table.overloads(name, count)]

    return Surroundings(
        variables=engine.global_names(),
        has_function=lambda name, count: bool(engine.table.overloads(name, count)),
        function_names=lambda: sorted({name for layer in engine.table.layers for name, _ in layer.functions}),
        has_operator=has_operator,
        parameters=parameters,
        modules={name: _capabilities(module) for name, module in engine.modules.items()},
        is_granted=(lambda capability: True) if policy is None else policy.grants_any,
    )


def _capabilities(module: Any) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {name: set() for name, _ in module.script_functions}
    for (name, _), overloads in module.functions.items():
        needed = found.setdefault(name, set())
        needed.update(overload.capability for overload in overloads if overload.capability is not None)
    return {name: frozenset(needed) for name, needed in found.items()}
