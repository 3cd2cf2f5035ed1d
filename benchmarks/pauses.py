"""How long each function of the library works on large values without a look at the account of its run.

    python benchmarks/pauses.py [--all] [NAME ...]

A cancellation and the deadline are seen at such a look only. Every overload of every standard function is called with
large arguments of its types, in several mixtures; the table shows the longest time that passed between two looks (CPU
time of the thread, so that other programs count less). The aim is 50 ms; without `--all`, only what is above is shown.
"""

from __future__ import annotations

import gc
import itertools
import sys
from collections.abc import Iterator
from contextlib import suppress
from time import thread_time
from typing import Any

import horus_runtime as hr
from horus_runtime.engine.invoke import Invocation
from horus_runtime.runtime.budget import Budget
from horus_runtime.runtime.module import NativeFn
from horus_runtime.runtime.suspension import KeptTerms
from horus_runtime.runtime.values import Stream, Timestamp, copy_value

AIM = 0.05
TEXT = 16_000_000
ITEMS = 2_000_000
ENTRIES = 400_000
BLOB = 16_000_000


class Looks:
    """Notes when the account is looked at."""

    def __init__(self) -> None:
        self.last = 0.0
        self.longest = 0.0
        for name in ("check", "poll", "grew", "charge"):
            self._watch(name)

    def _watch(self, name: str) -> None:
        original = getattr(Budget, name)

        def watched(*args: Any) -> Any:
            self.look()
            try:
                return original(*args)
            finally:
                self.last = thread_time()

        setattr(Budget, name, watched)

    def look(self) -> None:
        now = thread_time()
        self.longest = max(self.longest, now - self.last)
        self.last = now

    def begin(self) -> None:
        self.longest, self.last = 0.0, thread_time()


def large_values() -> dict[str, list[Any]]:
    """By type, the large values; the first is the one that most functions have to work on most."""
    words = "the quick, brown fox; "
    return {
        "string": [words * (TEXT // len(words)), " " * TEXT, "äé" * (TEXT // 2), "(" * 1_000_000],
        "array": [
            [(i * 7919) % 1_000_003 for i in range(ITEMS)],
            [f"w{(i * 7919) % 1_000_003}" for i in range(ITEMS // 2)],
            [[i] for i in range(ITEMS // 4)],
            [0] * (4 * ITEMS),
        ],
        "map": [{f"k{i}": i for i in range(ENTRIES)}, {f"k{i}": [i, {"a": i}] for i in range(ENTRIES // 2)}],
        "blob": [bytearray(range(256)) * (BLOB // 256)],
        "range": [hr.Range(0, 1 << 40)],
        "range=": [hr.Range(0, 1 << 40, inclusive=True)],
    }


def small_values(engine: hr.Engine) -> dict[str, list[Any]]:
    """By type, what stands beside a large value."""
    closures = ("|a| a == 1", "|a, b| 0", "|a| true", "|a| false", "|a, b| a")
    return {
        "string": [", ", "x", ""],
        "char": [hr.Char("x"), hr.Char(" ")],
        "i64": [3, -1, ITEMS, TEXT],
        "f64": [0.5],
        "bool": [True],
        "()": [None],
        "array": [[1, 2]],
        "map": [{"a": 1}],
        "blob": [bytearray(b"ab")],
        "range": [hr.Range(1, 1_000_000)],
        "range=": [hr.Range(1, 1_000_000, inclusive=True)],
        "Fn": [engine.eval(text) for text in closures],
        "timestamp": [Timestamp(0)],
        "any": [7, "x"],
    }


def calls(fn: NativeFn, large: dict[str, list[Any]], small: dict[str, list[Any]]) -> Iterator[tuple[Any, ...]]:
    """Argument lists for an overload: each place large in turn, then all of them."""
    params = fn.params
    for at, param in enumerate(params):
        kinds = ("array", "string", "map", "blob") if param == "any" else (param,)
        for value in itertools.chain.from_iterable(large.get(kind, []) for kind in kinds):
            beside = [small.get(other, [None])[:3] for index, other in enumerate(params) if index != at]
            for rest in itertools.islice(itertools.product(*beside), 6):
                args = list(rest)
                args.insert(at, value)
                yield tuple(args)
    if len(params) > 1 and all(param in large for param in params):
        yield tuple(large[param][0] for param in params)


def shown(value: Any) -> str:
    size = f"[{len(value)}]" if isinstance(value, str | list | dict | bytearray) and len(value) > 40 else ""
    return f"{type(value).__name__}{size}" if size else repr(value)[:20]


def drained(result: Any) -> None:
    """Walk a lazy result a little."""
    if type(result) is Stream:
        for _ in itertools.islice(iter(result), 1000):
            pass


def pause(looks: Looks, engine: hr.Engine, fn: NativeFn, args: tuple[Any, ...]) -> float:
    given = (copy_value(args[0]), *args[1:])
    run = Invocation(engine).run
    terms = KeptTerms()
    run.take_thread()
    looks.begin()
    with suppress(hr.HorusError):
        drained(fn.call(run, *given) if fn.context else fn.call(*given))
    looks.look()
    terms.restore()
    return looks.longest


def main() -> None:
    everything = "--all" in sys.argv
    wanted = {name for name in sys.argv[1:] if not name.startswith("--")}
    engine = hr.Engine(hr.Limits(max_duration=0.7))
    large, small = large_values(), small_values(hr.Engine())
    gc.freeze()  # a search for garbage in a million small arrays of our own would count as a pause
    looks = Looks()
    natives = [fn for layer in engine.table.layers for group in layer.functions.values() for fn in group]
    seen = set()
    for fn in sorted(natives, key=lambda fn: (fn.name, fn.params)):
        key = (fn.name, fn.params)
        if key in seen or (wanted and fn.name not in wanted) or fn.name in {"print", "debug", "sleep", "exit"}:
            continue
        seen.add(key)
        worst, which = max(
            ((pause(looks, engine, fn, args), " ".join(map(shown, args))) for args in calls(fn, large, small)),
            default=(0.0, ""),
        )
        if everything or worst > AIM:
            print(f"{worst * 1000:8.1f} ms  {fn.name}({', '.join(fn.params)})  {which}", flush=True)


if __name__ == "__main__":
    main()
