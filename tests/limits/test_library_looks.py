"""Every function of the library that may work long asks its run whether to go on.

Each overload is called with a large value of its types in a run that was cancelled: it must end as cancelled. The few
that do not ask are listed in `quick_functions.txt`: they work in constant time, or in a single pass of Python's own
that takes a few milliseconds at the default limits. `benchmarks/pauses.py` measures them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import horus_runtime as hr
from horus_runtime.engine.invoke import Invocation
from horus_runtime.runtime.suspension import KeptTerms
from horus_runtime.runtime.values import Stream, copy_value

LISTED = Path(__file__).with_name("quick_functions.txt")
TEXT, ITEMS, BYTES = 1_150_000, 40_000, 1_150_000
OUTSIDE = {"print", "debug", "sleep", "exit"}
"""What they do is the host's affair, or the end of the run."""


def large() -> dict[str, Any]:
    return {
        "string": "a bc, " * (TEXT // 6),
        "array": [(n * 7919) % 10_007 for n in range(ITEMS)],
        "map": {f"k{n}": n for n in range(ITEMS)},
        "blob": bytearray(b"a bc, ") * (BYTES // 6),
    }


def small(engine: hr.Engine) -> dict[str, Any]:
    return {
        "string": ", ",
        "char": hr.Char(","),
        "i64": ITEMS - 1,
        "f64": 0.5,
        "bool": True,
        "()": None,
        "array": [1, 2],
        "map": {"a": 1},
        "blob": bytearray(b"ab"),
        "range": hr.Range(1, ITEMS - 1),
        "range=": hr.Range(1, ITEMS - 1, inclusive=True),
        "Fn": engine.eval("|a| true"),
        "any": 7,
    }


def calls(params: tuple[str, ...], many: dict[str, Any], few: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Argument lists with one large value each, for every place that may have one."""
    found: list[tuple[Any, ...]] = []
    for at, param in enumerate(params):
        kinds = ("array", "string") if param == "any" else (param,)
        if all(other in few for other in params):
            before, behind = [few[other] for other in params[:at]], [few[other] for other in params[at + 1 :]]
            found += [(*before, many[kind], *behind) for kind in kinds if kind in many]
    return found


def goes_on(engine: hr.Engine, native: Any, args: tuple[Any, ...]) -> bool:
    """Does the function do its work although the run is over?"""
    given = (copy_value(args[0]), *args[1:])
    run = Invocation(engine).run
    kept = KeptTerms()
    run.take_thread()
    run.budget.cancel("enough")
    try:
        result = native.call(run, *given) if native.context else native.call(*given)
        if type(result) is Stream:
            return True
    except hr.TerminatedError:
        return False
    except hr.HorusError:
        return False  # refused before any work
    finally:
        kept.restore()
    return True


def test_every_function_that_may_work_long_asks_its_run():
    engine = hr.Engine()
    many, few = large(), small(engine)
    natives = {
        (fn.name, fn.params): fn
        for layer in engine.table.layers
        for group in layer.functions.values()
        for fn in group
        if fn.name not in OUTSIDE
    }
    quick = sorted(
        f"{name}({', '.join(params)})"
        for (name, params), native in natives.items()
        if any(goes_on(engine, native, args) for args in calls(params, many, few))
    )
    assert quick == LISTED.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("line", ["len(array)", "push(array, any)", "get(map, string)"])
def test_constant_time_is_listed(line):
    assert line in LISTED.read_text(encoding="utf-8").splitlines()
