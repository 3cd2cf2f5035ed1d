"""Which arm of a `switch` on a constant is taken, where Rhai's optimizer decides that."""

from __future__ import annotations

from horus_runtime.ast import nodes
from horus_runtime.optimize.values import kind_of, value_of
from horus_runtime.syntax.literals import INT_MAX

_DECIDED = frozenset({"array", "map", "range", "range=", "Fn"})
"""Types of values whose arm is chosen ahead of time."""


def chosen(value: nodes.Node, arms: tuple[nodes.SwitchArm, ...]) -> tuple[nodes.SwitchArm, ...] | None:
    """The arm that is taken for a constant, if any; `None` where that stays open until run time.

    Of several arms that match, Rhai takes the first without a condition and forgets the others, whatever theirs are.
    """
    if kind_of(value) not in _DECIDED:
        return None
    found = [arm for arm in arms if not _never(arm) and any(_matches(value, pattern) for pattern in arm.patterns)]
    sure = [arm for arm in found if _always(arm)]
    if len(found) == 1 and not sure:
        return None
    return tuple(sure[:1] or [arm for arm in arms if not arm.patterns])


def _always(arm: nodes.SwitchArm) -> bool:
    return arm.guard is None or (isinstance(arm.guard, nodes.BoolLit) and arm.guard.value)


def _never(arm: nodes.SwitchArm) -> bool:
    return isinstance(arm.guard, nodes.BoolLit) and not arm.guard.value


def _matches(value: nodes.Node, pattern: nodes.Node) -> bool:
    """Are both the same constant, of the same types throughout?"""
    if isinstance(value, nodes.Binary):
        return isinstance(pattern, nodes.RangePattern) and _bounds(value) == (
            pattern.start, pattern.end, pattern.inclusive,
        )  # fmt: skip
    if type(value) is not type(pattern) or isinstance(value, nodes.Closure):
        return False
    if isinstance(value, nodes.ArrayLit) and isinstance(pattern, nodes.ArrayLit):
        return len(value.items) == len(pattern.items) and all(map(_matches, value.items, pattern.items))
    if isinstance(value, nodes.MapLit) and isinstance(pattern, nodes.MapLit):
        ours, theirs = _entries(value), _entries(pattern)
        return ours.keys() == theirs.keys() and all(_matches(ours[key], theirs[key]) for key in ours)
    if isinstance(value, nodes.Call) and isinstance(pattern, nodes.Call):
        return _matches(value.args[0], pattern.args[0])
    return bool(value_of(value) == value_of(pattern))


def _entries(node: nodes.MapLit) -> dict[str, nodes.Node]:
    return {entry.key: entry.value for entry in node.entries}


def _bounds(node: nodes.Binary) -> tuple[int, int, bool]:
    """First and last bound of a range; what was left out is the least or greatest there is."""
    start, end = value_of(node.left), value_of(node.right)
    return 0 if start is None else start, INT_MAX if end is None else end, node.op == "..="
