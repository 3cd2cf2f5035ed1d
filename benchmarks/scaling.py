#!/usr/bin/env python3
"""How time grows with size: loop count, array length, string appends, map size, script length.

Every size is eight times the one before; linear growth keeps the time per unit. Draws `benchmarks/scaling.png` where
matplotlib is installed.
"""

import argparse
import sys
import time
from pathlib import Path

import horus_runtime as hr

STEPS = (1, 8, 64)
UNITS = {"loop turns": 20_000, "array elements": 5_000, "string appends": 16_000, "map entries": 2_000, "lines": 125}
"""The smallest size of each kind; the largest is 64 times that."""
MOST_GROWTH = 2.0
"""Time per unit at the largest size may be so many times that at the smallest."""
HERE = Path(__file__).parent


def script(kind: str, size: int) -> str:
    """A script whose work is proportional to `size`."""
    match kind:
        case "loop turns":
            return f"let s = 0; for i in 0..{size} {{ s += i & 7; }} s"
        case "array elements":
            return f"let a = []; for i in 0..{size} {{ a.push(i); }} let s = 0; for x in a {{ s += x; }} a.reverse(); s"
        case "string appends":
            return f'let s = ""; for i in 0..{size} {{ s += "x"; }} s.len'
        case "map entries":
            return f"let m = #{{}}; for i in 0..{size} {{ m[`k${{i}}`] = i; }} m.len()"
    return "\n".join(f"let v{i} = {i} * 2 + 1; if v{i} > 5 {{ v{i} -= 1; }}" for i in range(size))


def seconds(kind: str, size: int, repeat: int) -> float:
    """The best time of several runs; for lines that of compiling, without any cache."""
    text = script(kind, size)
    best = float("inf")
    for number in range(repeat):
        engine = hr.Engine()
        engine.native = False  # a loop that goes on as a kernel says nothing about the others
        unseen = f"{text}\n// {number} {time.monotonic_ns()}"
        start = time.perf_counter()
        tree = engine.compile(unseen)
        if kind != "lines":
            start = time.perf_counter()
        engine.eval_ast(tree)
        best = min(best, time.perf_counter() - start)
    return best


def draw(figures: dict[str, list[tuple[int, float]]], path: Path) -> str:
    try:
        import matplotlib as mpl

        mpl.use("agg")
        from matplotlib import pyplot as plt
    except ImportError:
        return "no chart: pip install matplotlib"
    figure, axes = plt.subplots(figsize=(7, 5))
    for kind, points in figures.items():
        axes.loglog(*zip(*points, strict=True), marker="o", label=kind)
    axes.set(xlabel="size", ylabel="seconds", title="Time by size (parallel to the diagonal: linear)")
    axes.legend()
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(path, dpi=120, bbox_inches="tight")
    return f"chart: {path}"


def rows(repeat: int) -> dict[str, list[tuple[int, float]]]:
    """Size and seconds of every kind."""
    return {kind: [(unit * step, seconds(kind, unit * step, repeat)) for step in STEPS] for kind, unit in UNITS.items()}


def growth(points: list[tuple[int, float]]) -> list[float]:
    """Time per unit at each size as a multiple of that at the first."""
    size, taken = points[0]
    return [seconds_ / number / (taken / size) for number, seconds_ in points]


def table(figures: dict[str, list[tuple[int, float]]]) -> str:
    lines = [f"{'kind':<16}{'size':>10}{'ms':>10}{'ns a unit':>12}{'growth':>8}"]
    for kind, points in figures.items():
        for (size, taken), grown in zip(points, growth(points), strict=True):
            lines.append(f"{kind:<16}{size:>10}{taken * 1000:>10.1f}{taken / size * 1e9:>12.0f}{grown:>8.2f}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/scaling.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="runs of each size, the best counts")
    parser.add_argument("--chart", type=Path, default=HERE / "scaling.png", metavar="FILE", help="where to draw")
    options = parser.parse_args()
    figures = rows(options.repeat)
    print(table(figures))
    print(draw(figures, options.chart))
    return 0 if all(max(growth(points)) <= MOST_GROWTH for points in figures.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
