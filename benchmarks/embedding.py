"""What crossing the border between Python and a script costs, against plain Python calls.

    python benchmarks/embedding.py [--json]

Each figure is the best of many rounds, in nanoseconds for one call; `on top` is what remains when the plain Python call
(or, for scripts that call Python, the same loop without the call) is taken off.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from timeit import repeat
from typing import Any, NamedTuple

import horus_runtime as hr

CALLS = 300
ROUNDS = 400
TURNS = 500
# Rounds are shorter than a time slice of the machine, so that the best one was not interrupted.
GOAL = 2_000
"""Nanoseconds that a call may cost on top of a plain one."""


class Figure(NamedTuple):
    name: str
    each: float
    on_top: float


def best(function: Callable[[], Any], number: int = CALLS) -> float:
    """Nanoseconds for one call."""
    return min(repeat(function, number=number, repeat=ROUNDS)) / number * 1e9


def multiply(x: int, y: int) -> int:
    return x * y


def from_python() -> list[Figure]:
    """Python calls a function of a script."""
    engine = hr.Engine()
    text = "fn multiply(x, y) { x * y }"
    tree = engine.compile(text)
    closure = engine.compile_fn("|x, y| x * y")
    function = engine.func(tree, "multiply")
    loaded = engine.load(text).multiply
    plain = best(lambda: multiply(6, 7))
    ways = {
        "compile_fn(...)(x, y)": lambda: closure(6, 7),
        "func(tree, name)(x, y)": lambda: function(6, 7),
        "load(script).name(x, y)": lambda: loaded(6, 7),
        "call_fn(tree, name, x, y)": lambda: engine.call_fn(tree, "multiply", 6, 7),
    }
    figures = [Figure("plain Python call", plain, 0.0)]
    for name, call in ways.items():
        each = best(call)
        figures.append(Figure(name, each, each - plain))
    return figures


class Point:
    def __init__(self) -> None:
        self.x = 1

    def moved(self, by: int) -> int:
        return self.x + by


def from_script() -> list[Figure]:
    """A script calls Python, in a loop."""
    engine = hr.Engine()
    engine.fn(multiply)

    @engine.fn
    def asked(ctx: hr.NativeCallContext, x: int) -> int:
        return x

    engine.register_type(Point, expose=["x", "moved"])
    scope = hr.Scope({"p": Point()})
    plain = best(lambda: multiply(6, 7))
    empty = loop(engine, "i", scope)
    ways = {
        "function(x, y)": "multiply(i, 7)",
        "function with context": "asked(i)",
        "object.property": "p.x",
        "object.method(x)": "p.moved(i)",
    }
    figures = [Figure("plain Python call", plain, 0.0)]
    for name, text in ways.items():
        each = loop(engine, text, scope) - empty
        figures.append(Figure(name, each, each - plain))
    return figures


def loop(engine: hr.Engine, expression: str, scope: hr.Scope) -> float:
    """Nanoseconds for one turn of a loop around an expression."""
    tree = engine.compile(f"let r = 0; for i in 0..{TURNS} {{ r = {expression}; }}")

    def run() -> None:
        engine.eval_ast(tree, scope=scope)
        scope.rewind(1)

    return min(repeat(run, number=1, repeat=ROUNDS)) / TURNS * 1e9


def main() -> None:
    sections = {"Python calls a script": from_python(), "a script calls Python": from_script()}
    if "--json" in sys.argv[1:]:
        print(json.dumps({title: [figure._asdict() for figure in figures] for title, figures in sections.items()}))
        return
    for title, figures in sections.items():
        print(f"{title:<28} {'ns a call':>10} {'on top':>10}")
        for figure in figures:
            mark = "" if figure.on_top <= GOAL else "  above the goal of 2 microseconds"
            print(f"  {figure.name:<26} {figure.each:>10.0f} {figure.on_top:>10.0f}{mark}")


if __name__ == "__main__":
    main()
