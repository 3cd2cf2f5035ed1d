"""Loops of kernels: each turn is charged as the Python of the same loop charges it."""

from __future__ import annotations

from typing import Any, Final

from horus_runtime.analysis import types as ty
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import walk
from horus_runtime.codegen.cost import loop_cost, turn_span
from horus_runtime.codegen.native import kernels as k
from horus_runtime.codegen.native.kernels import Unqualified
from horus_runtime.codegen.native.parts import LENGTH, value_type
from horus_runtime.codegen.native.statements import RETURN, Dest, Slot, Statements
from horus_runtime.codegen.native.wasm import I32, Code

Loop = nodes.While | nodes.Loop | nodes.Do | nodes.For
LOOPS: Final = (nodes.While, nodes.Loop, nodes.Do, nodes.For)


class Loops(Statements):
    """Adds the loops to the statements."""

    def loop_dest(self, node: nodes.Node, dest: Dest) -> Dest:
        """Where `break` puts its value."""
        if dest != RETURN:
            return dest
        # A loop that nothing breaks out of has no value at all.
        kind = self.kind(node) if self.types.of(node) & ty.LOW else k.UNIT
        if kind[0] == k.ARRAY:
            raise Unqualified("a loop whose value is an array")
        return Slot(self.code.local(value_type(kind)) if kind != k.UNIT else 0, kind)

    def finish_loop(self, target: Dest, dest: Dest) -> None:
        if dest == RETURN and isinstance(target, Slot):
            if target.kind != k.UNIT:
                self.code.get(target.local)
            self.leave(target.kind)

    def turn(self, node: Loop, target: Dest, done: int) -> None:
        """The body of a loop; `continue` leaves it."""
        with self.code.block() as next_turn:
            self.loops.append((done, next_turn, target))
            self.body(node.body.body, None)
            self.loops.pop()

    def stmt_While(self, node: nodes.While, dest: Dest, first: int | None = None) -> None:
        code = self.code
        target = self.loop_dest(node, dest)
        self.unit(target)
        with code.block() as done, code.loop() as again:
            with self.unless_entered(first):
                # As in the Python, a turn whose condition fails is paid for, one whose condition is false is not.
                self.spend(loop_cost(node))
                self.expect(node.condition, k.BOOL)
                code.op("i32.eqz")
                with code.when():
                    self.spend(-loop_cost(node))
                    code.branch(done)
                self.settle(turn_span(node)[:2])
            self.turn(node, target, done)
            code.branch(again)
        self.finish_loop(target, dest)

    def stmt_Loop(self, node: nodes.Loop, dest: Dest, first: int | None = None) -> None:
        code = self.code
        target = self.loop_dest(node, dest)
        with code.block() as done, code.loop() as again:
            with self.unless_entered(first):
                self.charge(loop_cost(node), turn_span(node)[:2])
            self.turn(node, target, done)
            code.branch(again)
        self.finish_loop(target, dest)

    def stmt_Do(self, node: nodes.Do, dest: Dest, first: int | None = None) -> None:
        code = self.code
        target = self.loop_dest(node, dest)
        self.unit(target)
        if any(isinstance(part, nodes.Continue) for part in walk(node.body)):
            raise Unqualified("continue in a do loop")
        with code.block() as done, code.loop() as again:
            with self.unless_entered(first):
                self.charge(loop_cost(node), turn_span(node)[:2])
            self.turn(node, target, done)
            self.expect(node.condition, k.BOOL)
            if node.until:
                code.op("i32.eqz")
            code.branch_if(again)
        self.finish_loop(target, dest)

    def unless_entered(self, first: int | None) -> Any:
        """What precedes the body of a turn; the turn in which a running loop becomes a kernel has done it already."""
        return _Unless(self.code, first)

    def stmt_For(self, node: nodes.For, dest: Dest, first: int | None = None) -> None:
        source = node.iterable
        if node.counter is not None:
            raise Unqualified("a loop with a counter")
        if isinstance(source, nodes.Binary) and source.op in ("..", "..="):
            self.for_range(node, source, dest)
        elif first is None and isinstance(source, nodes.Variable):
            self.for_array(node, source, dest)
        else:
            raise Unqualified("a loop over something that is no range")

    def for_range(self, node: nodes.For, source: nodes.Binary, dest: Dest) -> None:
        self.expect(source.left, k.INT)
        current = self.hold(k.INT)
        self.expect(source.right, k.INT)
        end = self.hold(k.INT)
        self.range_turns(node, current, end, dest, None, inclusive=source.op == "..=")

    def range_turns(
        self, node: nodes.For, current: int, end: int, dest: Dest, first: int | None, *, inclusive: bool
    ) -> None:
        """Turns for the integers from `current` to `end`, which are locals."""
        code = self.code
        target = self.loop_dest(node, dest)
        self.unit(target)
        slot, kind = self.declare(self.program.info.bindings.get(id(node)))
        if kind != k.INT:
            raise Unqualified("a loop variable that is no INT")
        with code.block() as done, code.loop() as again:
            with self.unless_entered(first):
                code.get(current)
                code.get(end)
                code.op("i64.gt_s" if inclusive else "i64.ge_s")
                code.branch_if(done)
                code.get(current)
                code.set(slot)
                self.charge(loop_cost(node), node.span[:2])
            self.turn(node, target, done)
            if inclusive:
                code.get(current)
                code.get(end)
                code.op("i64.ge_s")
                code.branch_if(done)
            code.get(current)
            code.i64(1)
            code.op("i64.add")
            code.set(current)
            code.branch(again)
        self.finish_loop(target, dest)

    def for_array(self, node: nodes.For, source: nodes.Variable, dest: Dest) -> None:
        """Turns for the elements of an array; one that may change is copied first, as the Python does."""
        code = self.code
        target = self.loop_dest(node, dest)
        self.unit(target)
        kind = self.expr(source)
        if kind[0] != k.ARRAY:
            raise Unqualified("a loop over something that is no range and no array")
        if not self.program.lends(node):
            self.last_loc = source.span[:2]
            self.copy_array(kind)
        array = self.hold(kind)
        variable = self.program.info.bindings.get(id(node))
        slot, item = self.declare(variable)
        if item != kind[1:]:
            raise Unqualified("elements of several kinds")
        at = code.local(I32)
        code.i32(0)
        code.set(at)
        with code.block() as done, code.loop() as again:
            code.get(at)
            code.get(array)
            code.memory("i32.load", LENGTH)
            code.op("i32.ge_u")
            code.branch_if(done)
            self.slot_address(array, at, kind)
            code.memory({k.INT: "i64.load", k.FLOAT: "f64.load", k.BOOL: "i32.load8_u", k.ARRAY: "i32.load"}[item[0]])
            code.set(slot)
            if item[0] == k.ARRAY and variable.mutated:
                code.get(slot)
                self.copy_array(item)
                code.set(slot)
            code.get(at)
            code.i32(1)
            code.op("i32.add")
            code.set(at)
            self.charge(loop_cost(node), node.span[:2])
            self.turn(node, target, done)
            code.branch(again)
        self.finish_loop(target, dest)


class _Unless:
    """`if !first { .. }; first = false`, or just the statements where there is no such local."""

    def __init__(self, code: Code, first: int | None) -> None:
        self.code = code
        self.first = first
        self.block: Any = None

    def __enter__(self) -> None:
        if self.first is not None:
            self.block = self.code.block()
            label = self.block.__enter__()
            self.code.get(self.first)
            self.code.branch_if(label)

    def __exit__(self, *problem: object) -> None:
        if self.first is not None:
            self.block.__exit__(None, None, None)
            self.code.i32(0)
            self.code.set(self.first)


__all__ = ["LOOPS", "Loop", "Loops"]
