"""Which arm of a `switch` on a constant is taken, where Rhai's optimizer decides that."""

from __future__ import annotations

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import contains
from horus_runtime.optimize.values import LITERALS, is_fixed, is_nothing, value_of
from horus_runtime.syntax.literals import INT_MAX

_LEFT = frozenset({*LITERALS, nodes.Switch})
"""Constants whose arm is found at run time."""
_BRANCHES = frozenset({nodes.If})
"""Where one is left of constants, its condition is no bool, and raises."""


def chosen(node: nodes.Switch, value: nodes.Node) -> nodes.Node | None:
    """The statement that is left for a constant, or `None` where the `switch` stays; its parts are as they were.

    A single arm with a condition makes an `if`. Of several that match, Rhai takes the first without a condition and
    forgets the others, whatever theirs are.
    """
    if type(value) in _LEFT or not is_fixed(value) or contains(value, _BRANCHES):
        return None
    default = node.arms[-1] if node.arms and not node.arms[-1].patterns else None
    found = [arm for arm in node.arms if any(_matches(value, pattern) for pattern in arm.patterns)]
    if len(found) == 1 and found[0].guard is not None and not _always(found[0]):
        orelse = None if default is None else _block(default.body)
        return nodes.If(node.span, found[0].guard, _block(found[0].body), orelse)
    arm = next(filter(_always, found), default)
    if arm is None:
        return nodes.Block(node.span, ())
    return arm.body if is_nothing(arm.body) else nodes.Block(node.span, (arm.body,))


def _always(arm: nodes.SwitchArm) -> bool:
    return arm.guard is None or (isinstance(arm.guard, nodes.BoolLit) and arm.guard.value)


def _block(body: nodes.Node) -> nodes.Block:
    return body if isinstance(body, nodes.Block) else nodes.Block(body.span, (body,))


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
