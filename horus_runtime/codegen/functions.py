"""One Python function per function variant: parameters, prologue, body."""

from __future__ import annotations

import ast as pyast
from typing import TYPE_CHECKING, Any

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.intervals import Intervals
from horus_runtime.analysis.scopes import FunctionInfo, Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import walk
from horus_runtime.codegen.constructs import Constructs
from horus_runtime.codegen.cost import LOOPS
from horus_runtime.codegen.emitter import place, unused
from horus_runtime.codegen.loops import RETURN
from horus_runtime.codegen.native.selection import function_kernel
from horus_runtime.runtime.abi import THIS_CELL

if TYPE_CHECKING:
    from horus_runtime.codegen.program import ProgramCompiler
    from horus_runtime.codegen.variants import TypeView, Variant


class FunctionCompiler(Constructs):
    """Compiles one variant of a script function, a closure, or the main body."""

    def __init__(
        self, program: ProgramCompiler, fn: FunctionInfo, py_name: str, types: TypeView, variant: Variant | None = None
    ) -> None:
        super().__init__()
        self.program = program
        self.fn = fn
        self.py_name = py_name
        self.types = types
        self.type = types.of
        self.intervals: Any = Intervals(program.info, program.is_pure_call, types.of)
        self.is_main = fn.is_main
        self.dynamic = fn.dynamic
        self.this_is_cell = not fn.is_main and program.this_mode(fn) == THIS_CELL
        self.loops = []
        self.counters = set()
        self.handlers = []
        self.split = set()
        self.known = {}
        self.closures = {}
        self.plain_literals = set()
        self.present = set()
        self.prepared = {}
        self.taken: set[str] = set()
        self.waiting = []
        self.host_constants = {}
        self.noted = {}
        self.loc = fn.node.span[:2]
        self.variant = variant

    # ---- names ------------------------------------------------------------------------------------------------------

    def local(self, name: str) -> str:
        """A Python name for a script variable, readable and free of clashes."""
        base = f"v_{name}" if self.program.is_reserved(name) else name
        return unused(base, self.taken)

    # ---- building ---------------------------------------------------------------------------------------------------

    def compile(self) -> pyast.FunctionDef:
        """The Python function of this variant."""
        params = self.parameters()
        if self.program.config.bounds and any(map(self.is_int, self.program.owned.get(self.fn, ()))):
            self.intervals.solve(self.program.definitions(self.fn, self.statements()), self.is_int)
        self.root_out = self.out
        self.prologue()
        node = self.fn.node
        if isinstance(node, nodes.Script):
            self.main_body(node)
        elif isinstance(node, nodes.FnDef):
            self.body_in_scope(node.body.body, RETURN)
        else:
            self.stmt(node.body, RETURN)
        self.close()
        body = self.out or [self.nothing()]
        if self.counters:
            body.insert(0, place(pyast.Nonlocal(sorted(self.counters)), self.loc))
        arguments = pyast.arguments([], [place(pyast.arg(name), self.loc) for name in params], None, [], [], None, [])
        watchers = [self.debug_watch(params)] if self.program.config.debug and not self.is_main else []
        return place(pyast.FunctionDef(self.py_name, arguments, body, watchers, None), self.fn.node.span[:2])  # type: ignore[no-any-return]

    def compile_inlined(self) -> None:
        """What `compile` does, for a body that stands in the code of another function."""
        program, fn, body = self.program, self.fn, self.statements()
        if program.config.bounds and any(map(self.is_int, program.owned.get(fn, ()))):
            self.intervals.solve(program.definitions(fn, body), self.is_int)
        self.root_out = self.out
        self.charge_call(program.body_cost(fn, body) + 1)
        for variable in fn.params:
            self.own_parameter(variable)
        if isinstance(fn.node, nodes.FnDef):
            self.body_in_scope(body, RETURN)
        else:
            self.stmt(body[0], RETURN)
        self.close()

    def close(self) -> None:
        """All is compiled: part what points at each other, so that it goes now and not by a search for it."""
        self.types.close()
        self.last_body = None

    def debug_watch(self, params: list[str]) -> pyast.expr:
        """The decorator that tells the debugger of calls."""
        name = self.fn.name if isinstance(self.fn.node, nodes.FnDef) else "closure"
        return self.service("_watch", self.const(name), self.const(params.index("_d") + 1))

    def statements(self) -> tuple[nodes.Node, ...]:
        """The statements of the body."""
        node = self.fn.node
        if isinstance(node, nodes.Script):
            return node.body
        return node.body.body if isinstance(node, nodes.FnDef) else (node.body,)

    def is_int(self, variable: Variable) -> bool:
        return ty.is_only(self.types.variable(variable), ty.INT)

    def parameters(self) -> list[str]:
        """Parameter names: `this`, the call level, and the script's parameters. Captured cells come from outside."""
        if self.is_main:
            return ["_scope", "_d"]
        for variable in (*self.fn.captures, *self.fn.params):
            variable.py = self.local(variable.name)
        this = ["_this"] if self.program.this_mode(self.fn) else []
        return [*this, "_d", *(v.py for v in self.fn.params)]

    def prologue(self) -> None:
        """What a function does before its first statement: depth check, charge, own copies of changed parameters."""
        body = self.statements()
        cost = self.program.body_cost(self.fn, body)
        number = None
        if self.variant is not None and self.program.has_kernels:
            number = function_kernel(self, self.variant)
        if number is not None:
            self.program.kernel_functions[number] = self.py_name
            self.is_whole_kernel = True
            self.offer_kernel(number, cost + 1, loops=any(isinstance(n, LOOPS) for b in body for n in walk(b)))
        elif self.is_main:
            self.charge(cost)
        else:
            self.charge_call(cost + 1)
        limit = self.program.config.max_variables
        if limit is not None and not self.is_main and body:
            count = len(self.fn.params) + len(self.fn.captures)
            if count > limit:
                self.evaluate(self.service("_check_variables", self.const(count)))
        if len(set(self.fn.imports)) < len(self.fn.imports):
            self.assign("_imported", self.service("_import_mark"))
        if self.dynamic:
            scope = self.name("_scope") if self.is_main else self.const(None)
            self.assign("_dyn", self.service("_new_dynamic", scope))
        for variable in self.fn.params:
            self.own_parameter(variable)
        for variable in self.fn.literals:
            assert variable.literal is not None
            variable.py = self.local(variable.name)
            value = self.expr(variable.literal, owned=True)
            self.assign(variable.py, self.call("_Cell", value) if variable.is_cell else value)

    def own_parameter(self, variable: Variable) -> None:
        """Parameters are borrowed; one that is changed in place or captured becomes the function's own."""
        value = self.name(variable.py)
        if (variable.mutated and not variable.lent) or variable.captured or self.dynamic:
            owned = self.own(value, self.types.variable(variable))
            if variable.is_cell:
                self.assign(variable.py, self.call("_Cell", owned))
            elif owned is not value:
                self.assign(variable.py, owned)

    # ---- main -------------------------------------------------------------------------------------------------------

    def main_body(self, node: nodes.Script) -> None:
        """The main body: take in the host's variables, run, hand the new variables over, whatever happens."""
        self.loc = (1, 1)
        for variable in self.fn.externals.values():
            variable.py = self.local(variable.name)
            name = self.const(variable.name)
            if variable.is_cell:
                self.assign(variable.py, self.call("_external_cell", self.name("_scope"), name))
            else:
                self.assign(variable.py, self.service("_external", self.name("_scope"), name))
        self.start = self.out, len(self.out)
        for variable in self.fn.toplevel:
            variable.py = self.local(variable.name)
        if self.fn.toplevel:
            slots: list[pyast.expr] = [self.slot(variable.py) for variable in self.fn.toplevel]
            self.emit(pyast.Assign(slots, self.name("_MISSING")))
        written = [v for v in self.fn.externals.values() if (v.assigned or v.mutated) and not v.is_cell]
        if not self.fn.toplevel and not written and not self.dynamic:
            self.body(node.body, RETURN)
            return
        base = self.temp()
        self.assign(base, self.call("len", self.name("_scope")))
        outer, self.out = self.out, []
        self.body(node.body, RETURN)
        inner, self.out = self.out, []
        self.loc = (1, 1)
        kept = [] if self.program.config.rewind else self.fn.toplevel
        for number, part in enumerate(_parts(kept)):
            declared = [self.tuple_of([self.const(v.name), self.name(v.py), self.const(v.constant)]) for v in part]
            first = self.call("len", self.name("_scope")) if number % 2 else self.name(base)
            if part or not number:
                self.evaluate(self.call("_leave", self.name("_scope"), first, self.tuple_of(declared)))
        for variable in written:
            args = (self.const(variable.name), self.name(variable.py), self.name(base))
            self.evaluate(self.service("_put_back", self.name("_scope"), *args))
        if self.dynamic:
            self.evaluate(self.service("_leave_dynamic", self.name("_scope"), self.name("_dyn"), self.name(base)))
        final, self.out = self.out, outer
        self.emit(pyast.Try(inner or [self.nothing()], [], [], final))


def _parts(declared: list[Variable]) -> list[list[Variable]]:
    """The variables of the outermost block, every other time one declared again after its export: it gets a place
    of its own.
    """
    parts: list[list[Variable]] = [[]]
    exported: set[str] = set()
    for variable in declared:
        if variable.name in exported:
            parts += [[variable], []]
        else:
            parts[-1].append(variable)
        (exported.add if variable.exported else exported.discard)(variable.name)
    return parts


__all__ = ["FunctionCompiler"]
