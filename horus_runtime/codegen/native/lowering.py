"""Statements and functions of kernels: from the typed syntax tree to WebAssembly.

The prices are those of `codegen.cost`, charged where the Python of the same code charges them, so that both spend the
same operations. A failure is noted with its place and operands; every function on the way out adds the place of its
call, and the bridge raises the error that the Python would have raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.intervals import Intervals
from horus_runtime.analysis.scopes import FunctionInfo, Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import walk
from horus_runtime.codegen.cost import block_cost, loop_cost, turn_span
from horus_runtime.codegen.native import kernels as k
from horus_runtime.codegen.native.kernels import Unqualified, kind_of
from horus_runtime.codegen.native.numbers import STORES, Numbers
from horus_runtime.codegen.native.parts import DATA, LENGTH, Parts, element_size, value_type
from horus_runtime.codegen.native.wasm import I32, I64, Code

RETURN: Final = "return"


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the value of a statement goes: a local of a kind."""

    local: int
    kind: str


Dest = Slot | str | None
"""A slot, `RETURN`, or nowhere."""


@dataclass(slots=True)
class Target:
    """A function of the kernel that can be called."""

    number: int
    params: tuple[str, ...]
    result: str


class Lowering(Numbers):
    """Translates one function, or the loop that a kernel consists of."""

    def __init__(self, group: Group, fn: FunctionInfo, types: Any, intervals: Any, py_name: str) -> None:
        self.group = group
        self.parts = group.parts
        self.program = group.program
        self.fn = fn
        self.types = types
        self.intervals = intervals
        self.py_name = py_name
        self.locals = {}
        self.loops: list[tuple[int, int, Dest]] = []
        self.result = k.UNIT
        self.counter = None
        self.last_loc = (1, 1)
        self.is_loop = False

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

    # ---- functions --------------------------------------------------------------------------------------------------

    def function(self, target: Target, body: Sequence[nodes.Node]) -> Code:
        """A script function: depth check, charge, own copies of changed arrays, statements."""
        self.result = target.result
        kinds = target.params
        result = None if self.result == k.UNIT else value_type(self.result)
        self.code = code = Code((I32, *map(value_type, kinds)), result)
        self.depth = 0
        for at, variable in enumerate(self.fn.params):
            self.locals[variable] = at + 1
        if any(isinstance(node, LOOPS) for statement in body for node in walk(statement)):
            self.counter = code.local(I64)
            self.refresh()
        self.last_loc = self.fn.node.span[:2]
        with code.block() as label:
            self.exit_label = label
            if self.program.checks_depth(self.fn):
                code.get(self.depth)
                code.get_global(self.parts.max_depth)
                code.op("i32.gt_s")
                with code.when():
                    self.fail(self.site("depth", "", self.fn.node.span[:2]))
            self.charge(block_cost(body) + 1, self.fn.node.span[:2])
            for variable, kind in zip(self.fn.params, kinds, strict=True):
                if kind[0] == k.ARRAY and variable.mutated:
                    code.get(self.locals[variable])
                    self.copy_array(kind)
                    code.set(self.locals[variable])
            self.body(body, RETURN)
            if result is not None:
                code.op("unreachable")
        self.flush()
        if result is not None:
            self.zero(self.result)
        return code

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

    # ---- loops ------------------------------------------------------------------------------------------------------

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
            code.get(array)
            code.memory("i32.load", DATA)
            code.get(at)
            code.i32(element_size(kind).bit_length() - 1)
            code.op("i32.shl", "i32.add")
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

    # ---- calls ------------------------------------------------------------------------------------------------------

    def expr_MethodCall(self, node: nodes.MethodCall) -> str:
        if node.name in ("push", "pad") and not node.null_safe:
            return self.growing(node)
        return super().expr_MethodCall(node)

    def growing(self, node: nodes.MethodCall) -> str:
        """`array.push(x)` and `array.pad(n, x)`."""
        count = len(node.args)
        kind = self.kind(node.target)
        overridden = self.program.overridden(node.name, count + 1) or self.program.config.exact_sizes
        if kind[0] != k.ARRAY or overridden or not isinstance(node.target, nodes.Variable):
            raise Unqualified(f"the method {node.name}")
        if count != (1 if node.name == "push" else 2):
            raise Unqualified(f"the method {node.name}")
        self.writable(node.target)
        self.last_loc = node.name_span[:2]
        _, array = self.local_of(node.target)
        if node.name == "push":
            self.push(node, kind, array)
        else:
            self.pad(node, kind, array)
        return k.UNIT

    def push(self, node: nodes.MethodCall, kind: str, array: int) -> None:
        code = self.code
        size = element_size(kind)
        self.into(node.args[0], kind[1:])
        value = self.hold(kind[1:])
        length = code.local(I32)
        code.get(array)
        code.memory("i32.load", LENGTH)
        code.tee(length)
        code.get(array)
        code.memory("i32.load", 4)
        code.op("i32.eq")
        with code.when():
            code.get(array)
            code.get(length)
            code.i32(1)
            code.op("i32.add")
            code.call(self.parts.helper(f"reserve{size}"))
        code.get(array)
        code.memory("i32.load", DATA)
        code.get(length)
        code.i32(size.bit_length() - 1)
        code.op("i32.shl", "i32.add")
        code.get(value)
        code.memory(STORES[kind[1]])
        code.get(array)
        code.get(length)
        code.i32(1)
        code.op("i32.add")
        code.tee(length)
        code.memory("i32.store", LENGTH)
        code.get(length)
        code.op("i64.extend_i32_u")
        code.get_global(self.parts.longest)
        code.op("i64.gt_s")
        with code.when():
            self.length_of(array)
            self.ask_host(self.parts.check_array, self.site("limit", "", node.name_span[:2]))

    def pad(self, node: nodes.MethodCall, kind: str, array: int) -> None:
        code = self.code
        size = element_size(kind)
        if kind[1] == k.ARRAY:
            raise Unqualified("copies of arrays")
        self.expect(node.args[0], k.INT)
        wanted = self.hold(k.INT)
        self.expect(node.args[1], kind[1:])
        value = self.hold(kind[1:])
        length, end = code.local(I32), code.local(I32)
        code.get(array)
        code.memory("i32.load", LENGTH)
        code.tee(length)
        code.op("i64.extend_i32_u")
        code.get(wanted)
        code.op("i64.lt_s")
        with code.when():
            self.length_of(array)
            code.get(wanted)
            self.ask_host(self.parts.pad, self.site("limit", "", node.name_span[:2]))
            code.get(array)
            code.get(wanted)
            code.op("i32.wrap_i64")
            code.tee(end)
            code.call(self.parts.helper(f"reserve{size}"))
            code.get(array)
            code.get(end)
            code.memory("i32.store", LENGTH)
            self.fill(array, kind, value, length, end)

    def fill(self, array: int, kind: str, value: int, at: int, end: int) -> None:
        """Set elements from one index to another; `at` is used up."""
        code, size = self.code, element_size(kind)
        if size == 1:
            code.get(array)
            code.memory("i32.load", DATA)
            code.get(at)
            code.op("i32.add")
            code.get(value)
            code.get(end)
            code.get(at)
            code.op("i32.sub")
            code.fill_memory()
            return
        with code.loop() as again:
            code.get(array)
            code.memory("i32.load", DATA)
            code.get(at)
            code.i32(size.bit_length() - 1)
            code.op("i32.shl", "i32.add")
            code.get(value)
            code.memory(STORES[kind[1]])
            code.get(at)
            code.i32(1)
            code.op("i32.add")
            code.tee(at)
            code.get(end)
            code.op("i32.lt_u")
            code.branch_if(again)

    def expr_Call(self, node: nodes.Call) -> str:
        name, count = node.name, len(node.args)
        if node.namespace or node.captures_scope or name in SPECIAL:
            raise Unqualified(f"the call of {name}")
        info = self.program.function(name, count)
        if info is None:
            if count and not self.program.overridden(name, count):
                return self.library(name, list(node.args), node.span[:2])
            raise Unqualified(f"the call of {name}")
        if any(isinstance(part, nodes.Assign) for arg in node.args[1:] for part in walk(arg)):
            raise Unqualified("arguments whose order may show")
        kinds = [self.kind(arg) for arg in node.args]
        target = self.group.target(info, tuple(self.types.of(arg) for arg in node.args))
        if tuple(kinds) != target.params:
            raise Unqualified("arguments of several kinds")
        code = self.code
        if self.fn.is_main:
            code.i32(1)
        else:
            code.get(self.depth)
            code.i32(1)
            code.op("i32.add")
        for arg, kind in zip(node.args, kinds, strict=True):
            if isinstance(arg, nodes.ArrayLit):
                self.array_literal(arg, kind)
            else:
                self.expect(arg, kind)
        self.flush()
        code.call(target.number)
        self.refresh()
        made = self.hold(target.result) if target.result != k.UNIT else None
        code.get_global(self.parts.failed)
        with code.when():
            code.i32(self.site("call", "", node.span[:2]))
            code.call(self.parts.helper("trace"))
            code.branch(self.exit_label)
        if made is not None:
            code.get(made)
        return target.result


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


class Group:
    """All functions of one kernel's module."""

    def __init__(self, program: Any) -> None:
        self.program = program
        self.parts = Parts()
        self.targets: dict[str, Target] = {}

    def target(self, info: FunctionInfo, types: tuple[int, ...]) -> Target:
        """The function for these argument types, translated when it is first called."""
        from horus_runtime.codegen.variants import TypeView

        node = info.node
        if not isinstance(node, nodes.FnDef) or info.dynamic or info.uses_this or info.imports or info.captures:
            raise Unqualified(f"the function {info.name}")
        variant = self.program.variant(info, types)
        found = self.targets.get(variant.py)
        if found is not None:
            return found
        params = tuple(map(kind_of, variant.params))
        if k.UNIT in params:
            raise Unqualified("a parameter that is ()")
        target = Target(self.parts.module.reserve(), params, kind_of(variant.returns))
        if target.result[0] == k.ARRAY and self.program.config.exact_sizes:
            raise Unqualified("arrays under size limits")
        self.targets[variant.py] = target
        view = TypeView(variant.inference)
        intervals = Intervals(self.program.info, self.program.is_pure_call, view.of)
        if self.program.config.bounds:
            found = self.program.definitions(info, node.body.body)
            intervals.solve(found, lambda variable: ty.is_only(view.variable(variable), ty.INT))
        lowering = Lowering(self, info, view, intervals, variant.py)
        self.parts.module.define(target.number, lowering.function(target, node.body.body))
        return target


Loop = nodes.While | nodes.Loop | nodes.Do | nodes.For
LOOPS: Final = (nodes.While, nodes.Loop, nodes.Do, nodes.For)
FLOATS: Final = {"+": "f64.add", "-": "f64.sub", "*": "f64.mul", "/": "f64.div"}
BITS: Final = {"&": "i32.and", "|": "i32.or", "^": "i32.xor"}
SPECIAL: Final = frozenset(
    {"print", "debug", "type_of", "Fn", "call", "curry", "is_shared", "is_def_fn", "is_def_var", "eval"}
)


def _is_simple(node: nodes.Node) -> bool:
    return isinstance(node, (nodes.IntLit, nodes.Variable))


__all__ = ["LOOPS", "RETURN", "Group", "Loop", "Lowering", "Slot", "ty"]
