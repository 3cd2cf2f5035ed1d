#!/usr/bin/env python3
"""What metering costs: the same scripts compiled with and without it, each round timing both one after the other.

The bound is 20 % on loops and 80 % on small calls.
"""

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import horus_runtime as hr
from horus_runtime.codegen.config import CompileConfig

LOOP, CALL = 20, 80
"""Percent that metering may cost."""
SCRIPTS = {
    "for, two statements": (LOOP, "let s = 0; let n = 1; for i in 0..400000 { n = (n * 3 + i) % 1009; s += n; } s"),
    "while, two statements": (LOOP, "let s = 0; let i = 0; while i < 400000 { s += i & 7; i += 1; } s"),
    "loop with break": (LOOP, "let i = 0; loop { i += 1; if i > 400000 { break; } } i"),
    "array": (LOOP, "let a = []; a.pad(400000, 3); let s = 0; for x in a { s += x; } s"),
    "nested loops": (LOOP, "let s = 0; for i in 0..2000 { for j in 0..200 { s += i ^ j; } } s"),
    "fib": (CALL, "fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } } fib(23)"),
    "small calls": (CALL, "fn f(a, b) { a + b } let s = 0; for i in 0..200000 { s = f(s, i) % 1009; } s"),
    "closure calls": (CALL, "let f = |a| a + 1; let s = 0; for i in 0..200000 { s = f.call(s); } s"),
}


class Engine(hr.Engine):
    """An engine of the pure-Python tier that meters, or does not."""

    metered = True

    def compile_config(self, **wanted: Any) -> CompileConfig:
        return replace(super().compile_config(**wanted), metered=self.metered, native=False)


def runner(script: str, *, metered: bool) -> Callable[[], Any]:
    engine = Engine()
    engine.metered = metered
    tree = engine.compile(script if metered else f"{script} // without")  # one text has one compiled form in memory
    engine.eval_ast(tree)
    return lambda: engine.eval_ast(tree)


def seconds(run: Callable[[], Any]) -> float:
    """The processor's time of one run: what others do on the machine counts less than by the clock on the wall."""
    gc.collect()
    start = time.thread_time()
    run()
    return time.thread_time() - start


def cost_of(script: str, rounds: int) -> tuple[float, float, float]:
    """Milliseconds without and with metering, and what it costs in percent.

    A round times one after the other, in turn the one and the other first. The figure is the median of the rounds.
    """
    plain, metered = runner(script, metered=False), runner(script, metered=True)
    pairs = []
    for number in range(rounds):
        if number % 2:
            after = seconds(metered)
            pairs.append((seconds(plain), after))
        else:
            pairs.append((seconds(plain), seconds(metered)))
    without, with_ = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    return without, with_, statistics.median((after / before - 1) * 100 for before, after in pairs)


def rows(rounds: int) -> list[tuple[str, float, float, float, int]]:
    """Name, both times, the cost and its bound of every script."""
    return [(name, *cost_of(script, rounds), bound) for name, (bound, script) in SCRIPTS.items()]


def table(found: list[tuple[str, float, float, float, int]]) -> str:
    heading = f"{'script':<24}{'without ms':>12}{'with ms':>10}{'cost %':>9}{'bound':>8}"
    return "\n".join(
        [heading, *(f"{n:<24}{a:>12.1f}{b:>10.1f}{cost:>9.0f}{bound:>8}" for n, a, b, cost, bound in found)]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/metering.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=15, metavar="N", help="rounds, the median counts (default 15)")
    options = parser.parse_args()
    found = rows(options.repeat)
    print(table(found))
    return 0 if all(cost <= bound for *_, cost, bound in found) else 1


if __name__ == "__main__":
    sys.exit(main())
