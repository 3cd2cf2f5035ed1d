"""Bounds of integer expressions: where an overflow check can be left out because the result surely fits.

The bounds of a variable cover everything that is ever assigned to it. They are found by a fixpoint over all its
assignments, begun with none of them and widened to round numbers where they keep growing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from horus_runtime.analysis import results
from horus_runtime.analysis.scopes import MethodPredicate, ProgramInfo, Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import LEAVES, READERS, children
from horus_runtime.runtime.values import INT_MAX, INT_MIN

Interval = tuple[int, int]
FULL: Final[Interval] = (INT_MIN, INT_MAX)
LENGTH: Final[Interval] = (0, 1 << 48)
"""Lengths are bounded by memory."""
LOW: Final = (1 << results.WIDTH) - 1
LOWS: Final = (0, -1, -(1 << 31), INT_MIN)
HIGHS: Final = (0, (1 << 16), (1 << 31) - 1, (1 << 48), INT_MAX)
"""Where widening stops."""
EXACT_ROUNDS: Final = 3
"""Rounds before widening begins."""

Definition = tuple[Variable, str, nodes.Node]
"""A variable, the operator of the assignment (`in` for a loop), and what is assigned or walked."""


class Intervals:
    """Answers for one function variant. Only meaningful for expressions that type inference found to be INT."""

    def __init__(self, program: ProgramInfo, is_pure: MethodPredicate, type_of: Callable[[nodes.Node], int]) -> None:
        self.program = program
        self.is_pure = is_pure
        self.type_of = type_of
        self.bounds: dict[Variable, Interval | None] = {}
        """Variables with known definitions; `None` while no value has reached one yet."""
        self.memo: dict[int, Interval | None] = {}
        self.narrowed: dict[Variable, Interval] = {}
        """What conditions say of variables at the place that is being compiled."""
        self.assigned: set[Variable] = set()
        """Variables assigned since the innermost branch began."""

    # ---- conditions -------------------------------------------------------------------------------------------------

    def assume(self, condition: nodes.Node, holds: bool) -> None:
        """From here on the condition is known to hold, or not to."""
        if isinstance(condition, nodes.Unary) and condition.op == "!":
            return self.assume(condition.operand, not holds)
        if not isinstance(condition, nodes.Binary):
            return None
        if condition.op == ("&&" if holds else "||"):
            self.assume(condition.left, holds)
            return self.assume(condition.right, holds)
        op = condition.op if holds else _OPPOSITE.get(condition.op, "")
        if op in _MIRRORED and self._is_int(condition.left) and self._is_int(condition.right):
            left, right = self.of(condition.left), self.of(condition.right)
            self._narrow(condition.left, op, right)
            self._narrow(condition.right, _MIRRORED[op], left)
        return None

    def _narrow(self, node: nodes.Node, op: str, other: Interval) -> None:
        variable = self.program.bindings.get(id(node)) if isinstance(node, nodes.Variable) else None
        if variable is None or variable.is_cell or variable.kind == "external":
            return
        low = other[0] + (op == ">") if op in (">", ">=", "==") else INT_MIN
        high = other[1] - (op == "<") if op in ("<", "<=", "==") else INT_MAX
        self.narrowed[variable] = _meet(self.narrowed.get(variable, FULL), (low, high))

    def _is_int(self, node: nodes.Node) -> bool:
        """Is this an INT that is found without assigning anything on the way?"""
        pending = [node]
        while pending:
            part = pending.pop()
            if not isinstance(part, (nodes.Variable, nodes.IntLit, nodes.Unary, nodes.Binary, nodes.Property)):
                return False
            pending.extend(children(part))
        return self.type_of(node) & LOW == results.INT

    def forget(self, variable: Variable) -> None:
        """The variable gets another value here."""
        self.narrowed.pop(variable, None)
        self.assigned.add(variable)

    def enter_loop(self, node: nodes.Node) -> None:
        """In later turns the variables that the loop assigns have other values."""
        if self.narrowed:
            for variable, _, _ in definitions([node], self.program, self.is_pure):
                self.narrowed.pop(variable, None)

    def inside(self, node: nodes.Node) -> Intervals:
        """What holds in every turn of a loop that starts here, to be asked before the loop itself is compiled."""
        inner = Intervals(self.program, self.is_pure, self.type_of)
        inner.bounds, inner.narrowed = self.bounds, dict(self.narrowed)
        inner.enter_loop(node)
        return inner

    def branch(self) -> _Branch:
        """Code that may run or not: what is learned in it ends with it."""
        return _Branch(self)

    # ---- variables --------------------------------------------------------------------------------------------------

    def solve(self, found: list[Definition], is_int: Callable[[Variable], bool]) -> None:
        """Find the bounds of the variables with these definitions that only ever hold INT."""
        found = [d for d in found if not (d[0].is_cell or d[0].kind in _OPEN)]
        broken = {d[0] for d in found if d[1] not in _KNOWN or not is_int(d[0])}
        found = [d for d in found if d[0] not in broken]
        self.bounds = {d[0]: None for d in found}
        changed, rounds = True, 0
        while changed:
            changed, rounds = False, rounds + 1
            self.memo = {}
            for variable, op, node in found:
                old, new = self.bounds[variable], self._defined(variable, op, node)
                if new is None or (old is not None and old[0] <= new[0] and new[1] <= old[1]):
                    continue
                if old is not None:
                    new = min(old[0], new[0]), max(old[1], new[1])
                    if rounds > EXACT_ROUNDS:
                        new = _widened(old, new)
                self.bounds[variable] = new
                changed = True
        self.memo = {}

    def _defined(self, variable: Variable, op: str, node: nodes.Node) -> Interval | None:
        """What one assignment can make of a variable."""
        if op == "=":
            return self._look(node)
        if op == "count":
            return LENGTH
        if op == "in":
            assert isinstance(node, nodes.Binary)
            low, high = self._end(node.left), self._end(node.right)
            if low is None or high is None:
                return None
            return low[0], max(low[0], high[1] - (node.op == ".."))
        left, right = self.bounds[variable], self._look(node)
        return None if left is None or right is None else _operation(op[:-1], left, right)

    def _end(self, node: nodes.Node) -> Interval | None:
        """The bounds of one end of a range; what is no INT makes no range."""
        return self._look(node) if self.type_of(node) & LOW == results.INT else FULL

    def of(self, node: nodes.Node) -> Interval:
        """The bounds of an INT expression."""
        return self._look(node) or FULL

    def variable(self, variable: Variable) -> Interval:
        """The bounds of everything a variable holds."""
        return self.bounds.get(variable, FULL) or FULL

    def _look(self, node: nodes.Node) -> Interval | None:
        key = id(node)
        if key not in self.memo:
            self.memo[key] = self._compute(node)
        return self.memo[key]

    def _compute(self, node: nodes.Node) -> Interval | None:
        match node:
            case nodes.IntLit():
                return node.value, node.value
            case nodes.Variable():
                variable = self.program.bindings.get(id(node))
                if variable is None:
                    return FULL
                found = self.bounds.get(variable, FULL)
                narrow = self.narrowed.get(variable)
                return found if narrow is None or found is None else _meet(found, narrow)
            case nodes.Property(name="len"):
                return FULL if self.type_of(node.target) & results.MAP else LENGTH
            case nodes.MethodCall(name="len"):
                return LENGTH
            case nodes.Unary(op="-"):
                inner = self._look(node.operand)
                return None if inner is None else _fit(-inner[1], -inner[0])
            case nodes.Binary():
                if node.op not in _OPERATORS:
                    return FULL
                left, right = self._look(node.left), self._look(node.right)
                return None if left is None or right is None else _operation(node.op, left, right)
            case nodes.Block(body=(nodes.ExprStmt(expr=inner),)):
                return self._look(inner)
            case nodes.If(then=then, orelse=orelse) if orelse is not None:
                one, other = self._look(then), self._look(orelse)
                return _join(one, other)
        return FULL


class _Branch:
    """Keeps what is known while a branch is compiled."""

    __slots__ = ("assigned", "intervals", "known")

    def __init__(self, intervals: Intervals) -> None:
        self.intervals = intervals
        self.known = dict(intervals.narrowed)
        self.assigned = intervals.assigned

    def __enter__(self) -> None:
        self.intervals.assigned = set()

    def __exit__(self, *_error: object) -> None:
        intervals, assigned = self.intervals, self.intervals.assigned
        if assigned:
            self.known = {v: bounds for v, bounds in self.known.items() if v not in assigned}
        intervals.narrowed = self.known
        intervals.assigned |= self.assigned


_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}
_OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "!=": "=="}
_OPEN: Final = frozenset({"external", "catch", "param"})
_OPERATORS: Final = frozenset({"+", "-", "*", "%", "/", "&", ">>", "|", "^"})
_KNOWN: Final = frozenset({"=", "in", "count"} | {f"{op}=" for op in _OPERATORS})


def definitions(body: Iterable[nodes.Node], program: ProgramInfo, is_pure: MethodPredicate) -> list[Definition]:
    """Every assignment to a variable in the body, closures aside; of unclear ones the operator is empty."""
    found: list[Definition] = []
    bindings = program.bindings
    pending = list(body)
    while pending:
        node: Any = pending.pop()
        kind = type(node)
        if kind in LEAVES or kind is nodes.Closure:
            continue
        if kind is nodes.Let:
            variable = bindings.get(id(node))
            if variable is not None:
                found.append((variable, "=" if node.value is not None else "", node.value or node))
        elif kind is nodes.Assign:
            variable = bindings.get(id(node.target))
            if variable is not None:
                found.append((variable, node.op, node.value))
        elif kind is nodes.MethodCall or kind is nodes.Call:
            # The receiver of a method, or the first argument of a native, may be given another value.
            operands = (node.target, *node.args) if kind is nodes.MethodCall else node.args
            variable = bindings.get(id(operands[0])) if operands else None
            if variable is not None and not is_pure(node.name, len(operands)):
                found.append((variable, "", node))
        elif kind is nodes.For:
            found += _loop_definitions(node, program)
        elif kind is nodes.Index and type(node.target) is nodes.Variable:
            # `n[3] = true` sets a bit of an INT.
            variable = bindings.get(id(node.target))
            if variable is not None and variable.mutated:
                found.append((variable, "", node))
        pending.extend(READERS[kind](node))
    return found


def _loop_definitions(node: nodes.For, program: ProgramInfo) -> list[Definition]:
    walked = node.iterable
    ranged = isinstance(walked, nodes.Binary) and walked.op in ("..", "..=")
    found: list[Definition] = []
    variable, counter = program.bindings.get(id(node)), program.second.get(id(node))
    if variable is not None:
        found.append((variable, "in" if ranged else "", walked))
    if counter is not None:
        found.append((counter, "count", walked))
    return found


def _operation(op: str, left: Interval, right: Interval) -> Interval:
    """The bounds of `left op right`; an operation that could overflow raises, so that its result always fits."""
    match op:
        case "+":
            return _fit(left[0] + right[0], left[1] + right[1])
        case "-":
            return _fit(left[0] - right[1], left[1] - right[0])
        case "*":
            products = [a * b for a in left for b in right]
            return _fit(min(products), max(products))
        case "%" if right[0] > 0:
            most = max(abs(left[0]), abs(left[1]))
            return (0 if left[0] >= 0 else -min(right[1] - 1, most)), min(right[1] - 1, max(left[1], 0))
        case "/" if right[0] > 0:
            return min(0, left[0]), max(0, left[1] // right[0])
        case "/" if left[0] >= 0 and right[0] >= 0:
            return 0, left[1]
        case "&" if right[0] >= 0:
            return 0, right[1]
        case "&" if left[0] >= 0:
            return 0, left[1]
        case "|" | "^" if left[0] >= 0 and right[0] >= 0:
            return 0, (1 << max(left[1], right[1]).bit_length()) - 1
        case ">>" if left[0] >= 0 and right[0] >= 0:
            return 0, left[1]
    return FULL


def _fit(low: int, high: int) -> Interval:
    return min(max(low, INT_MIN), INT_MAX), max(min(high, INT_MAX), INT_MIN)


def _meet(one: Interval, other: Interval) -> Interval:
    """What both say; where they contradict each other the code is never reached."""
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else one


def _join(one: Interval | None, other: Interval | None) -> Interval | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


def _widened(old: Interval, new: Interval) -> Interval:
    low, high = new
    if low < old[0]:
        low = next(limit for limit in LOWS if limit <= low)
    if high > old[1]:
        high = next(limit for limit in HIGHS if limit >= high)
    return low, high


__all__ = ["FULL", "LENGTH", "Interval", "Intervals", "definitions"]
