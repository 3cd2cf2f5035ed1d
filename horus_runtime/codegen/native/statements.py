"""Statements of kernels: from the typed syntax tree to WebAssembly.

The prices are those of `codegen.cost`, charged where the Python of the same code charges them, so that both spend the
same operations. A failure is noted with its place and operands; every function on the way out adds the place of its
call, and the bridge raises the error that the Python would have raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from horus_runtime.analysis.scopes import Variable
from horus_runtime.ast import nodes
from horus_runtime.codegen.native import kernels as k
from horus_runtime.codegen.native.kernels import Unqualified, kind_of
from horus_runtime.codegen.native.numbers import STORES, Numbers
from horus_runtime.codegen.native.parts import DATA, element_size, value_type
from horus_runtime.codegen.native.wasm import I32

RETURN: Final = "return"
FLOATS: Final = {"+": "f64.add", "-": "f64.sub", "*": "f64.mul", "/": "f64.div"}
BITS: Final = {"&": "i32.and", "|": "i32.or", "^": "i32.xor"}


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the value of a statement goes: a local of a kind."""

    local: int
    kind: str


Dest = Slot | str | None
"""A slot, `RETURN`, or nowhere."""


class Statements(Numbers):
    """Statements of one function, or of the loop that a kernel consists of."""

    loops: list[tuple[int, int, Dest]]
    """Of the loops around a statement: where `break` goes, where `continue` goes, what takes the value."""
    result: str
    """The kind that the function returns."""
    counter: int | None
    """The local that counts operations, where it is not the module's."""
    is_loop: bool

    # ---- operations -------------------------------------------------------------------------------------------------

    def charge(self, cost: int, loc: tuple[int, int]) -> None:
        """Spend operations; ask for more where the stride is used up."""
        self.spend(cost)
        self.settle(loc)

    def spend(self, cost: int) -> None:
        """Count down."""
        self.get_ops()
        self.code.i64(cost)
        self.code.op("i64.sub")
        self.set_ops()

    def settle(self, loc: tuple[int, int]) -> None:
        """Where the stride is used up, ask for more."""
        code = self.code
        self.get_ops()
        code.i64(0)
        code.op("i64.lt_s")
        with code.when():
            self.get_ops()
            code.call(self.parts.poll)
            self.set_ops()
            self.get_ops()
            code.i64(0)
            code.op("i64.lt_s")
            with code.when():
                self.fail(self.site("limit", "", loc))

    def get_ops(self) -> None:
        if self.counter is None:
            self.code.get_global(self.parts.ops)
        else:
            self.code.get(self.counter)

    def set_ops(self) -> None:
        if self.counter is None:
            self.code.set_global(self.parts.ops)
        else:
            self.code.set(self.counter)

    def flush(self) -> None:
        """Show others how many operations are left."""
        if self.counter is not None:
            self.code.get(self.counter)
            self.code.set_global(self.parts.ops)

    def refresh(self) -> None:
        if self.counter is not None:
            self.code.get_global(self.parts.ops)
            self.code.set(self.counter)

    # ---- results -----------------------------------------------------------------------------------------------------

    def zero(self, kind: str) -> None:
        if kind == k.INT:
            self.code.i64(0)
        elif kind == k.FLOAT:
            self.code.f64(0.0)
        else:
            self.code.i32(0)

    def leave(self, kind: str) -> None:
        """Return what is on the stack."""
        if kind != self.result:
            raise Unqualified("results of several kinds")
        if self.is_loop:
            self.leave_loop(kind)
            return
        self.flush()
        self.code.op("return")

    def leave_loop(self, kind: str) -> None:
        raise Unqualified("return out of a loop")

    # ---- statement lists and values ---------------------------------------------------------------------------------

    def body(self, statements: Sequence[nodes.Node], dest: Dest) -> None:
        if not statements:
            self.unit(dest)
            return
        for node in statements[:-1]:
            self.stmt(node, None)
        self.stmt(statements[-1], dest)

    def unit(self, dest: Dest) -> None:
        if dest == RETURN:
            self.leave(k.UNIT)
        elif isinstance(dest, Slot) and dest.kind != k.UNIT:
            raise Unqualified("a value that may be missing")

    def deliver(self, kind: str, dest: Dest) -> None:
        """Put the value on the stack where it belongs."""
        if dest == RETURN:
            self.leave(kind)
        elif isinstance(dest, Slot):
            if kind != dest.kind:
                raise Unqualified("values of several kinds")
            if kind != k.UNIT:
                self.code.set(dest.local)
        elif kind != k.UNIT:
            self.code.op("drop")

    def stmt(self, node: nodes.Node, dest: Dest) -> None:
        method = getattr(self, "stmt_" + type(node).__name__, None)
        if method is None:
            self.value(node, dest)
        else:
            method(node, dest)

    def value(self, node: nodes.Node, dest: Dest) -> None:
        """An expression as a statement."""
        if dest is None:
            self.deliver(self.expr(node), None)
            return
        wanted = self.result if dest == RETURN else dest.kind if isinstance(dest, Slot) else k.UNIT
        if dest == RETURN and wanted[0] == k.ARRAY and self.dies_here(node):
            self.deliver(self.expr(node), dest)
        else:
            self.deliver(self.owned(node, wanted), dest)

    def dies_here(self, node: nodes.Node) -> bool:
        """Is this a local array that nobody else holds?"""
        if not isinstance(node, nodes.Variable) or self.fn.is_main:
            return False
        variable, _ = self.local_of(node)
        if self.program.borrows(variable):
            return False
        return variable.kind == "local" or (variable.kind == "param" and variable.mutated)

    def stmt_ExprStmt(self, node: nodes.ExprStmt, dest: Dest) -> None:
        self.stmt(node.expr, dest)

    # ---- variables --------------------------------------------------------------------------------------------------

    def declare(self, variable: Variable | None) -> tuple[int, str]:
        """The local of a variable."""
        if variable is None or variable.is_cell or variable.kind not in ("local", "loop", "param"):
            raise Unqualified("a variable that is shared")
        kind = kind_of(self.types.variable(variable))
        if kind == k.UNIT:
            raise Unqualified("a variable without a value")
        if variable not in self.locals:
            self.locals[variable] = self.code.local(value_type(kind))
        return self.locals[variable], kind

    def stmt_Let(self, node: nodes.Let, dest: Dest) -> None:
        if node.value is None:
            raise Unqualified("a variable without a value")
        variable = self.program.info.bindings.get(id(node))
        kind = kind_of(self.types.variable(variable))
        self.last_loc = node.span[:2]
        if self.program.borrows(variable):
            self.expect(node.value, kind)
        else:
            self.into(node.value, kind)
        if self.fn.is_main and variable.depth == 0:
            raise Unqualified("a global variable")
        local, _ = self.declare(variable)
        self.code.set(local)
        self.unit(dest)

    def into(self, node: nodes.Node, kind: str) -> None:
        """A value of a kind, owned."""
        if self.owned(node, kind) != kind:
            raise Unqualified("values of several kinds")

    def stmt_Assign(self, node: nodes.Assign, dest: Dest) -> None:
        self.last_loc = node.op_span[:2]
        if isinstance(node.target, nodes.Variable):
            self.assign_variable(node, node.target)
        elif isinstance(node.target, nodes.Index):
            self.assign_element(node, node.target)
        else:
            raise Unqualified("an assignment to a property")
        self.unit(dest)

    def assign_variable(self, node: nodes.Assign, target: nodes.Variable) -> None:
        variable, local = self.local_of(target)
        if variable.constant:
            raise Unqualified("a constant")
        kind = kind_of(self.types.variable(variable))
        if node.op == "=":
            self.into(node.value, kind)
        else:
            self.compound(node, kind, lambda: self.code.get(local), self.bounds(target))
        self.code.set(local)

    def compound(self, node: nodes.Assign, kind: str, load: Any, bounds: Any) -> None:
        """The new value of `target op= value`: the value is evaluated first, then the target is read."""
        code, op = self.code, node.op[:-1]
        value_kind = self.kind(node.value)
        if kind == k.INT == value_kind:
            self.expect(node.value, k.INT)
            value = self.hold(k.INT)
            load()
            first = self.hold(k.INT)
            code.get(value)
            pair = (bounds, self.bounds(node.value))
            self.int_operation(op, first, pair, self.site_maker("assign", node.op, node.op_span[:2]))
        elif kind == k.FLOAT and value_kind in (k.INT, k.FLOAT) and op in FLOATS:
            self.number(node.value, as_float=True)
            value = self.hold(k.FLOAT)
            load()
            code.get(value)
            code.op(FLOATS[op])
        elif kind == k.BOOL == value_kind and op in BITS:
            self.expect(node.value, k.BOOL)
            value = self.hold(k.BOOL)
            load()
            code.get(value)
            code.op(BITS[op])
        else:
            raise Unqualified(f"the operator {node.op}")

    def assign_element(self, node: nodes.Assign, target: nodes.Index) -> None:
        code = self.code
        kind = self.kind(target.target)
        if kind[0] != k.ARRAY or target.null_safe:
            raise Unqualified("an index into something that is no array")
        inner = target.target
        if isinstance(inner, nodes.Index) and not (_is_simple(target.index) and _is_simple(inner.index)):
            raise Unqualified("indices whose order may show")
        self.writable(inner)
        value = None
        if node.op == "=":
            self.into(node.value, kind[1:])
            value = self.hold(kind[1:])
        elif kind[1] == k.ARRAY:
            raise Unqualified(f"the operator {node.op}")
        address = code.local(I32)

        def locate() -> None:
            self.expr(inner)
            array = self.hold(kind)
            self.expect(target.index, k.INT)
            self.element_address(array, kind, target)
            code.set(address)

        def load() -> None:
            locate()
            code.get(address)
            code.memory({k.INT: "i64.load", k.FLOAT: "f64.load", k.BOOL: "i32.load8_u"}[kind[1]])

        if value is None:
            self.compound(node, kind[1:], load, self.bounds(target))
            value = self.hold(kind[1:])
        else:
            locate()
        code.get(address)
        code.get(value)
        code.memory(STORES[kind[1]])

    def slot_address(self, array: int, at: int, kind: str) -> None:
        """The address of an element of an array at an index that is known to be inside."""
        code = self.code
        code.get(array)
        code.memory("i32.load", DATA)
        code.get(at)
        code.i32(element_size(kind).bit_length() - 1)
        code.op("i32.shl", "i32.add")

    def writable(self, node: nodes.Node) -> None:
        """Is this an array that the code may change, which it then owns?"""
        while isinstance(node, nodes.Index):
            node = node.target
        if not isinstance(node, nodes.Variable):
            raise Unqualified("a change of something that is no variable")
        variable, _ = self.local_of(node)
        if variable.constant:
            raise Unqualified("a constant")

    # ---- blocks and branches ----------------------------------------------------------------------------------------

    def stmt_Block(self, node: nodes.Block, dest: Dest) -> None:
        self.body(node.body, dest)

    def stmt_If(self, node: nodes.If, dest: Dest) -> None:
        self.expect(node.condition, k.BOOL)
        with self.code.when():
            self.body(node.then.body, dest)
            if node.orelse is not None:
                self.code.op("else")
                self.stmt(node.orelse, dest)
            elif dest is not None:
                self.code.op("else")
                self.unit(dest)

    def expr_If(self, node: nodes.If) -> str:
        return self.through_local(node)

    def expr_Block(self, node: nodes.Block) -> str:
        return self.through_local(node)

    def expr_Switch(self, node: nodes.Switch) -> str:
        return self.through_local(node)

    def through_local(self, node: nodes.Node) -> str:
        """A statement as an operand."""
        kind = self.kind(node)
        if kind == k.UNIT or kind[0] == k.ARRAY:
            raise Unqualified("a statement as an operand")
        local = self.code.local(value_type(kind))
        self.stmt(node, Slot(local, kind))
        self.code.get(local)
        return kind

    def stmt_Switch(self, node: nodes.Switch, dest: Dest) -> None:
        """A chain of tests: all arms with single values first, then those with ranges, then the default."""
        kind = self.kind(node.value)
        if kind not in (k.INT, k.BOOL):
            raise Unqualified("a switch on something that is neither INT nor BOOL")
        self.expect(node.value, kind)
        value = self.hold(kind)
        arms: list[tuple[nodes.SwitchArm, list[nodes.Node]]] = []
        for ranges in (False, True):
            for arm in node.arms:
                wanted = [p for p in arm.patterns if isinstance(p, nodes.RangePattern) == ranges]
                if wanted:
                    arms.append((arm, wanted))
        defaults = [arm for arm in node.arms if not arm.patterns]
        with self.code.block() as done:
            for arm, patterns in arms:
                self.switch_test(value, kind, patterns)
                if arm.guard is not None:
                    with self.code.when(I32):
                        self.expect(arm.guard, k.BOOL)
                        self.code.op("else")
                        self.code.i32(0)
                with self.code.when():
                    self.stmt(arm.body, dest)
                    self.code.branch(done)
            if defaults:
                self.stmt(defaults[0].body, dest)
            else:
                self.unit(dest)

    def switch_test(self, value: int, kind: str, patterns: list[nodes.Node]) -> None:
        code = self.code
        for at, pattern in enumerate(patterns):
            if isinstance(pattern, nodes.RangePattern):
                if kind != k.INT:
                    raise Unqualified("a range for a bool")
                code.i64(pattern.start)
                code.get(value)
                code.op("i64.le_s")
                code.get(value)
                code.i64(pattern.end)
                code.op("i64.le_s" if pattern.inclusive else "i64.lt_s", "i32.and")
            else:
                if not isinstance(pattern, (nodes.IntLit, nodes.BoolLit)):
                    raise Unqualified("a pattern that is no literal")
                self.expect(pattern, kind)
                code.get(value)
                code.op("i64.eq" if kind == k.INT else "i32.eq")
            if at:
                code.op("i32.or")

    # ---- jumps ------------------------------------------------------------------------------------------------------

    def stmt_Return(self, node: nodes.Return, _dest: Dest) -> None:
        if node.value is None:
            self.leave(k.UNIT)
        else:
            self.last_loc = node.span[:2]
            self.value(node.value, RETURN)

    def stmt_Break(self, node: nodes.Break, _dest: Dest) -> None:
        done, _, dest = self.loops[-1]
        if node.value is not None:
            if dest == RETURN:
                raise Unqualified("a loop with a value")
            self.value(node.value, dest)
        elif dest is not None:
            self.unit(dest)
        self.code.branch(done)

    def stmt_Continue(self, _node: nodes.Continue, _dest: Dest) -> None:
        self.code.branch(self.loops[-1][1])


def _is_simple(node: nodes.Node) -> bool:
    return isinstance(node, (nodes.IntLit, nodes.Variable))


__all__ = ["RETURN", "Dest", "Slot", "Statements"]
