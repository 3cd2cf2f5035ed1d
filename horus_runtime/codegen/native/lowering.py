"""Functions of kernels, and the module that they make together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.intervals import Intervals
from horus_runtime.analysis.scopes import FunctionInfo
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import walk
from horus_runtime.codegen.cost import block_cost
from horus_runtime.codegen.native import kernels as k
from horus_runtime.codegen.native.growing import Growing
from horus_runtime.codegen.native.kernels import Unqualified, kind_of
from horus_runtime.codegen.native.loops import LOOPS
from horus_runtime.codegen.native.parts import Parts, value_type
from horus_runtime.codegen.native.statements import RETURN
from horus_runtime.codegen.native.wasm import I32, I64, Code

SPECIAL: Final = frozenset(
    {"print", "debug", "type_of", "Fn", "call", "curry", "is_shared", "is_def_fn", "is_def_var", "eval"}
)


@dataclass(slots=True)
class Target:
    """A function of the kernel that can be called."""

    number: int
    params: tuple[str, ...]
    result: str


class Lowering(Growing):
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
        self.loops = []
        self.result = k.UNIT
        self.counter = None
        self.last_loc = (1, 1)
        self.is_loop = False

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
        if not self.fn.is_main and self.program.checks_depth(info) and any(map(_calls, node.args)):
            self.look_ahead(node)
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

    def look_ahead(self, node: nodes.Call) -> None:
        """Fail as the call will, if it is too deep: before the calls in its arguments, as in Python, do."""
        code = self.code
        code.get(self.depth)
        code.get_global(self.parts.max_depth)
        code.op("i32.ge_s")
        with code.when():
            code.i32(self.site("depth", "", node.span[:2]))
            code.i64(0)
            code.i64(0)
            code.call(self.parts.helper("fail"))
            code.i32(self.site("call", "", node.span[:2]))
            code.call(self.parts.helper("trace"))
            code.branch(self.exit_label)


def _calls(node: nodes.Node) -> bool:
    """Does an operand call functions?"""
    return any(isinstance(part, nodes.Call) for part in walk(node))


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


__all__ = ["Group", "Lowering"]
