"""Which loops and functions become kernels, and what the Python of the same code does to hand over to them.

A loop is entered where a turn has just been paid for and the stride was used up: there a look at the clock is due
anyway, so that loops that never get hot cost nothing. A function is replaced as a whole when it loops or recurses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import FunctionInfo, Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import contains, walk
from horus_runtime.codegen.native import kernels as k
from horus_runtime.codegen.native.kernels import Kernel, Unqualified, kind_of
from horus_runtime.codegen.native.loops import LOOPS, Loop
from horus_runtime.codegen.native.lowering import Group, Lowering
from horus_runtime.codegen.native.numbers import STORES
from horus_runtime.codegen.native.parts import value_type
from horus_runtime.codegen.native.wasm import I32, I64, Code

if TYPE_CHECKING:
    from horus_runtime.codegen.functions import FunctionCompiler
    from horus_runtime.codegen.variants import Variant

LOADS: Final = {k.INT: "i64.load", k.FLOAT: "f64.load"}
SKIPPED: Final[frozenset[type[nodes.Node]]] = frozenset((
    nodes.StringLit, nodes.CharLit, nodes.Template, nodes.MapLit, nodes.Closure, nodes.Throw, nodes.Try, nodes.Import,
    nodes.Export, nodes.This, nodes.CustomSyntax,
))  # fmt: skip
"""Code with one of these is no kernel; looking for them first is cheap."""


@dataclass(frozen=True, slots=True)
class LoopEntry:
    """A loop that can become a kernel: its number, and the variables that go in; `end` is the end of its range."""

    number: int
    inputs: tuple[Variable, ...]
    outputs: tuple[Variable, ...]
    is_range: bool


def may_have_kernels(program: Any) -> bool:
    """Are kernels wanted, and does nothing watch or redefine what they would do?"""
    config = program.config
    # Functions of unknown callers may get any values; `specialise` is what makes variants for numbers.
    return bool(
        config.native
        and config.metered
        and config.specialise
        and config.fast_operators
        and not (config.checks_definitions or config.watches_reads or config.has_parent)
        and config.max_call_levels <= k.DEEPEST
    )


def loop_kernel(compiler: FunctionCompiler, node: Loop) -> LoopEntry | None:
    """The kernel of a loop in the function that is being compiled, if it qualifies."""
    if compiler.dynamic or contains(node, SKIPPED):
        return None
    try:
        return _LoopKernel(compiler, node).build()
    except Unqualified as reason:
        compiler.program.unqualified.append((node.span[:2], str(reason)))
        return None


class _LoopKernel:
    """Builds the kernel of one loop."""

    def __init__(self, compiler: FunctionCompiler, node: Loop) -> None:
        self.compiler = compiler
        self.program = compiler.program
        self.node = node
        self.is_range = isinstance(node, nodes.For)
        if isinstance(node, nodes.For):
            source = node.iterable
            if node.counter is not None or not isinstance(source, nodes.Binary) or source.op not in ("..", "..="):
                raise Unqualified("a loop over something that is no range")
            if not compiler.is_int_pair(source):
                raise Unqualified("a range whose ends may be no integers")

    def build(self) -> LoopEntry:
        compiler, node = self.compiler, self.node
        inputs = self.variables()
        if compiler.types.of(node) & ty.LOW not in (ty.NONE, ty.UNIT):
            raise Unqualified("a loop with a value")
        changed = _changed(node, self.program.info.bindings)
        outputs = tuple(v for v in inputs if v in changed)
        group = Group(self.program)
        intervals = compiler.intervals.inside(node)
        lowering = _LoopLowering(group, compiler.fn, compiler.types, intervals, compiler.py_name)
        kinds = tuple(kind_of(compiler.types.variable(v)) for v in inputs)
        code = lowering.loop(node, inputs, kinds, outputs)
        parts = group.parts
        number = parts.module.reserve()
        parts.module.define(number, code)
        parts.module.export("k", number)
        at = tuple(inputs.index(v) + 2 * self.is_range for v in outputs)
        taken = (k.INT, k.INT, *kinds) if self.is_range else kinds
        kernel = Kernel(
            compiler.py_name, parts.module.encoded(), False, taken, at, lowering.returned, tuple(parts.sites),
            compiler.nest_depth > 0 or any(kind[0] == k.ARRAY for kind in kinds), self.is_range,
        )  # fmt: skip
        self.program.kernels.append(kernel)
        return LoopEntry(len(self.program.kernels) - 1, inputs, outputs, self.is_range)

    def variables(self) -> tuple[Variable, ...]:
        """The variables of the surroundings that the loop uses, in the order of their first use."""
        bindings = self.program.info.bindings
        inside = {bindings.get(id(self.node))}
        found: dict[Variable, None] = {}
        parts: list[nodes.Node] = [self.node.body]
        if isinstance(self.node, (nodes.While, nodes.Do)):
            parts.append(self.node.condition)
        for part in (part for root in parts for part in walk(root)):
            if type(part) is nodes.Let or type(part) is nodes.For:
                inside.add(bindings.get(id(part)))
            if type(part) is not nodes.Variable:
                continue
            variable = bindings.get(id(part))
            if variable is None or part.namespace or variable.owner is not self.compiler.fn:
                raise Unqualified(f"the variable {part.name}")
            if variable not in inside and variable not in found:
                self.check(variable)
                found[variable] = None
        if len(found) > k.MOST_VALUES - 2:
            raise Unqualified("too many variables")
        return tuple(found)

    def check(self, variable: Variable) -> None:
        """Refuse a variable that a kernel cannot take; most loops end here, at one of unknown type."""
        if variable.is_cell or variable.kind not in ("local", "loop", "param") or not variable.py:
            raise Unqualified(f"the variable {variable.name}")
        if kind_of(self.compiler.types.variable(variable)) == k.UNIT:
            raise Unqualified(f"the variable {variable.name}")


class _LoopLowering(Lowering):
    """The exported function of a loop's kernel: variables in, the loop, changed variables out."""

    returned = k.UNIT

    def loop(
        self, node: Loop, inputs: tuple[Variable, ...], kinds: tuple[str, ...], outputs: tuple[Variable, ...]
    ) -> Code:
        self.is_loop = True
        self.code = code = Code((), I32)
        self.status = code.local(I32)
        self.counter = code.local(I64)
        self.depth = code.local(I32)
        self.last_loc = node.span[:2]
        begin(code, self.parts)
        code.get_global(self.parts.ops)
        code.set(self.counter)
        code.i32(k.DEPTH)
        code.memory("i32.load")
        code.set(self.depth)
        first = code.local(I32)
        code.i32(k.ENTERED)
        code.memory("i32.load")
        code.set(first)
        offset = k.VALUES
        current = end = 0
        if isinstance(node, nodes.For):
            variable = self.program.info.bindings[id(node)]
            current, end = load(code, k.INT, offset), load(code, k.INT, offset + 8)
            offset += 16
            self.locals[variable] = code.local(I64)
            code.get(current)
            code.set(self.locals[variable])
        for variable, kind in zip(inputs, kinds, strict=True):
            self.locals[variable] = load(code, kind, offset)
            offset += 8
        with code.block() as label:
            self.exit_label = label
            if isinstance(node, nodes.For):
                self.range_turns(node, current, end, None, first, inclusive=False)
            else:
                getattr(self, "stmt_" + type(node).__name__)(node, None, first)
        for variable in outputs:
            kind = kind_of(self.types.variable(variable))
            at = inputs.index(variable) + (2 if isinstance(node, nodes.For) else 0)
            store(code, kind, k.VALUES + 8 * at, self.locals[variable])
        self.flush()
        finish(code, self.parts)
        code.get(self.status)
        code.get_global(self.parts.failed)
        code.op("i32.or")
        return code

    def leave(self, kind: str) -> None:
        """`return` out of the loop: the value waits in memory."""
        if kind[0] == k.ARRAY or (self.returned not in (k.UNIT, kind) and self.has_returned):
            raise Unqualified("results of several kinds")
        if self.has_returned and self.returned != kind:
            raise Unqualified("results of several kinds")
        self.returned, self.has_returned = kind, True
        code = self.code
        if kind != k.UNIT:
            store(code, kind, k.RESULT, self.hold(kind))
        code.i32(k.RETURNED)
        code.set(self.status)
        code.branch(self.exit_label)

    has_returned = False

    def stmt_Return(self, node: nodes.Return, _dest: Any) -> None:
        if node.value is None:
            self.leave(k.UNIT)
            return
        kind = self.expr(node.value)
        self.leave(kind)


def function_kernel(compiler: FunctionCompiler, variant: Variant) -> int | None:
    """The kernel of the function variant that is being compiled, if it loops or recurses and qualifies."""
    info = variant.fn
    node = info.node
    if not isinstance(node, nodes.FnDef) or info.dynamic or info.uses_this or any(t == ty.ANY for t in variant.params):
        return None
    if contains(node.body, SKIPPED):
        return None
    recurses = compiler.program.checks_depth(info) and bool(info.calls)
    if not recurses and not contains(node.body, LOOPS):
        return None
    try:
        return _build_function(compiler.program, info, variant)
    except Unqualified as reason:
        compiler.program.unqualified.append((node.span[:2], str(reason)))
        return None


def _build_function(program: Any, info: FunctionInfo, variant: Variant) -> int:
    """A kernel whose exported function takes the parameters out of memory and calls the script function."""
    group = Group(program)
    target = group.target(info, variant.params)
    parts = group.parts
    code = Code((), I32)
    begin(code, parts)
    code.i32(k.DEPTH)
    code.memory("i32.load")
    for at, kind in enumerate(target.params):
        code.get(load(code, kind, k.VALUES + 8 * at))
    code.call(target.number)
    if target.result != k.UNIT:
        local = code.local(value_type(target.result))
        code.set(local)
        store(code, target.result, k.RESULT, local)
    finish(code, parts)
    code.get_global(parts.failed)
    number = parts.module.reserve()
    parts.module.define(number, code)
    parts.module.export("k", number)
    kernel = Kernel(
        variant.py, parts.module.encoded(), True, target.params, (), target.result, tuple(parts.sites),
        not program.checks_depth(info),
    )  # fmt: skip
    program.kernels.append(kernel)
    return len(program.kernels) - 1


def begin(code: Code, parts: Any) -> None:
    """Take the settings of a run out of memory."""
    code.i32(0)
    code.memory("i64.load")
    code.set_global(parts.ops)
    for address, number in ((k.MAX_DEPTH, parts.max_depth), (k.HEAP, parts.heap)):
        code.i32(address)
        code.memory("i32.load")
        code.set_global(number)
    code.i32(k.LONGEST_ARRAY)
    code.memory("i64.load")
    code.set_global(parts.longest)
    code.i32(0)
    code.set_global(parts.failed)


def finish(code: Code, parts: Any) -> None:
    """Leave the operations that are left in memory."""
    code.i32(0)
    code.get_global(parts.ops)
    code.memory("i64.store")


def load(code: Code, kind: str, address: int) -> int:
    """A new local with the value at an address."""
    local = code.local(value_type(kind))
    code.i32(address)
    code.memory(LOADS.get(kind, "i32.load"))
    code.set(local)
    return local


def store(code: Code, kind: str, address: int, local: int) -> None:
    code.i32(address)
    code.get(local)
    code.memory("i32.store" if kind == k.BOOL else STORES[kind[0]])


def _changed(node: nodes.Node, bindings: dict[int, Variable]) -> set[Variable]:
    """Variables that the code assigns, or whose elements it changes."""
    found: set[Variable] = set()
    for part in walk(node):
        target: nodes.Node | None = None
        if isinstance(part, nodes.Assign) or (isinstance(part, nodes.MethodCall) and part.name in ("push", "pad")):
            target = part.target
        while isinstance(target, (nodes.Index, nodes.Property)):
            target = target.target
        if isinstance(target, nodes.Variable) and id(target) in bindings:
            found.add(bindings[id(target)])
    return found
