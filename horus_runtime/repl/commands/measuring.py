"""Commands that measure: time and operations of an expression, and where the time of a run goes."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.repl.commands.base import Command, required
from horus_runtime.repl.wording import seconds

if TYPE_CHECKING:
    from cProfile import Profile

    from horus_runtime.repl.loop import Repl

ENOUGH: Final = 0.5
"""Seconds that `:time` measures at least, unless it has measured often enough."""
OFTEN_ENOUGH: Final = 1000


def _time(repl: Repl, argument: str) -> None:
    """Runs a text again and again for half a second and shows the time of one run, and its operations.

    What it prints is printed every time; variables that it declares are dropped, others keep what it assigns.
    """
    text = required(argument, "time TEXT")
    session = repl.session
    session.evaluate(text)  # compiles, and specialises what is hot
    times: list[float] = []
    end = time.perf_counter() + ENOUGH
    while len(times) < OFTEN_ENOUGH and (not times or time.perf_counter() < end):
        begin = time.perf_counter()
        session.evaluate(text)
        times.append(time.perf_counter() - begin)
    runs = f"{len(times)} run{'s' * (len(times) > 1)}"
    facts = f"median {seconds(median(times))}, best {seconds(min(times))} of {runs}; {session.operations:,} operations"
    repl.output.line(facts)


def _profile(repl: Repl, argument: str) -> None:
    """Runs a text once and shows how often each of the session's functions was called and how long it took."""
    from cProfile import Profile

    text = required(argument, "profile TEXT")
    profile = Profile()
    profile.enable()
    try:
        repl.session.evaluate(text)
    finally:
        profile.disable()
    rows = [
        (name, f"{calls:,}", seconds(own), seconds(whole))
        for name, (calls, own, whole) in sorted(_by_function(profile).items(), key=lambda item: -item[1][1])
    ]
    repl.output.table(rows, ("FUNCTION", "CALLS", "OWN TIME", "WITH CALLEES"))


def _by_function(profile: Profile) -> dict[str, tuple[int, float, float]]:
    """Calls, own time and whole time of every script function, variants of one added up; natives are one line."""
    found: dict[str, tuple[int, float, float]] = {}
    for entry in profile.getstats():
        name = _script_name(entry.code)
        calls, own, whole = found.get(name, (0, 0.0, 0.0))
        found[name] = (calls + entry.callcount, own + entry.inlinetime, max(whole, entry.totaltime))
    natives = found.pop("", None)
    if natives is not None:
        found["(runtime and natives)"] = (natives[0], natives[1], natives[1])
    return found


def _script_name(code: Any) -> str:
    """The script function that generated code belongs to; empty for everything else."""
    filename = getattr(code, "co_filename", "")
    if not filename.startswith("<rhai"):
        return ""
    name = str(code.co_name)
    if name.startswith("fn_"):
        return name.removeprefix("fn_").partition("__")[0]
    if name.startswith("anon_"):
        return "closures"
    return "the input itself" if name.startswith("main") else ""


COMMANDS = (
    Command("time TEXT", "Measures time and operations of a text.", _time),
    Command("profile TEXT", "Shows which functions take the time of a run.", _profile),
)
