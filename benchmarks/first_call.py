#!/usr/bin/env python3
"""What the first run of a script costs where kernels can be made: every time in a process of its own, which has not
made any before, against a process that makes none. Times are the processor's.

The bound is 10 ms more; a larger difference is exit code 1.
"""

import argparse
import statistics
import subprocess
import sys

from harness import workload

BOUND = 10.0
"""Milliseconds that the first run may take longer."""
NAMES = ("fib", "int_loop", "nested_loops", "collatz", "mandelbrot", "sieve", "matrix_product")
SHORT = {
    "short loop": "let s = 0; for i in 0..30000 { s += i * i % 7; } s",
    "short recursion": "fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } } fib(17)",
    "short sieve": (
        "fn sieve(n) { let p = []; p.pad(n, true); let c = 0; for i in 2..n { if p[i] { c += 1; let j = i * i;"
        " while j < n { p[j] = false; j += i; } } } c } sieve(20000)"
    ),
}
"""Scripts that end soon after their kernels are made, if these are: there is little to win back."""
CHILD = """
import sys, time
import horus_runtime as hr
engine = hr.Engine()
engine.native = sys.argv[1] == "native"
tree = engine.compile(sys.stdin.read())
start = time.process_time()
engine.eval_ast(tree)
print(time.process_time() - start)
"""


def seconds(text: str, mode: str) -> float:
    """The processor's time that the first run takes in a new process."""
    child = subprocess.run(
        [sys.executable, "-c", CHILD, mode], input=text, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    return float(child.stdout)


def measured(text: str, rounds: int) -> tuple[float, float, float]:
    """Milliseconds without and with kernels, and how many more these take: medians, the last of the rounds' own."""
    pairs = [(seconds(text, "plain") * 1000, seconds(text, "native") * 1000) for _ in range(rounds)]
    plain, native = (statistics.median(column) for column in zip(*pairs, strict=True))
    return plain, native, statistics.median(after - before for before, after in pairs)


def rows(rounds: int) -> list[tuple[str, float, float, float]]:
    """Name, both times and their difference of every script."""
    scripts = {name: workload.load(name).text for name in NAMES} | SHORT
    return [(name, *measured(text, rounds)) for name, text in scripts.items()]


def table(found: list[tuple[str, float, float, float]]) -> str:
    heading = f"{'first run':<24}{'plain ms':>10}{'native ms':>11}{'more ms':>9}"
    return "\n".join(
        [heading, *(f"{n:<24}{plain:>10.1f}{native:>11.1f}{more:>9.1f}" for n, plain, native, more in found)]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/first_call.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds, the median counts (default 5)")
    options = parser.parse_args()
    found = rows(options.repeat)
    print(table(found))
    return 0 if all(more <= BOUND for *_, more in found) else 1


if __name__ == "__main__":
    sys.exit(main())
