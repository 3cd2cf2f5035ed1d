"""Small functions compiled into the code that calls them, where that is a loop.

A call in Python takes longer than what many functions of scripts do. So the body of one that is small and calls nothing
but its like stands where it is called; it still pays what a call costs, and looks at the call level where a call would.
Errors tell of the call all the same: lines of the body are numbered from a multiple of `INLINED`, which says which call
it is.
"""

from __future__ import annotations

import ast as pyast
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import FunctionInfo, Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children
from horus_runtime.codegen.emitter import place
from horus_runtime.codegen.expressions import LIGHT
from horus_runtime.codegen.operators import Operators
from horus_runtime.codegen.variants import TypeView
from horus_runtime.runtime.abi import INLINED, THIS_CELL, InlinedCall

if TYPE_CHECKING:
    from horus_runtime.codegen.program import ProgramCompiler
    from horus_runtime.codegen.variants import Variant

LARGEST: Final = 40
"""Operations of the largest body that is inlined."""
MOST: Final = 16
"""Calls that are inlined in one script: each takes as long to compile as four lines, and more than a few are not what a
script spends its time in. CPython's line numbers would allow some two thousand.
"""
DEEPEST: Final = 3
"""Bodies inside each other."""
BLOCKS: Final = 12
"""Python blocks that may stand around an inlined call: there is a limit to these."""
SIMPLE: Final = frozenset({
    nodes.IntLit, nodes.FloatLit, nodes.BoolLit, nodes.CharLit, nodes.StringLit, nodes.UnitLit, nodes.ArrayLit,
    nodes.MapLit, nodes.MapEntry, nodes.Variable, nodes.This, nodes.Property, nodes.Index, nodes.Call, nodes.Unary,
    nodes.Binary, nodes.Block, nodes.If, nodes.ExprStmt, nodes.Let, nodes.Assign, nodes.Return, nodes.Throw,
    nodes.MethodCall,
})  # fmt: skip
"""What bodies that are inlined consist of. All that they call are functions of the same kind."""


class Inliner:
    """Decides which functions of a script are inlined, and numbers the calls."""

    def __init__(self, program: ProgramCompiler) -> None:
        self.program = program
        config = program.config
        watched = config.debug or config.watches_definitions or config.watches_reads or config.watches_indexes
        limited = config.max_variables is not None or config.has_parent
        self.enabled = config.inline and not (watched or limited) and program.info.script.span.end_line < INLINED
        self.calls: list[InlinedCall] = []
        self.decided: dict[FunctionInfo, bool] = {}

    def allows(self, fn: FunctionInfo) -> bool:
        """Is this function small and simple enough?"""
        if not self.enabled or len(self.calls) >= MOST:
            return False
        found = self.decided.get(fn)
        if found is None:
            self.decided[fn] = False  # in case it is recursive
            found = self.decided[fn] = self._is_simple(fn)
        return found

    def _is_simple(self, fn: FunctionInfo) -> bool:
        node = fn.node
        if isinstance(node, nodes.Script) or fn.dynamic or fn.loops or fn.imports or fn.literals:
            return False
        if self.program.this_mode(fn) == THIS_CELL or any(v.captured for v in fn.params):
            return False
        body = node.body.body if isinstance(node, nodes.FnDef) else (node.body,)
        return self.program.body_cost(fn, body) <= LARGEST and all(map(self._is_simple_code, body))

    def _is_simple_code(self, node: nodes.Node) -> bool:
        kind = type(node)
        if kind not in SIMPLE:
            return False
        if isinstance(node, nodes.Variable):
            variable = self.program.info.bindings.get(id(node))
            if node.namespace or variable is None or not (variable.kind == "capture" or is_own(variable)):
                return False
        if isinstance(node, nodes.MethodCall):
            variable = self.program.info.bindings.get(id(node.target))
            if node.name != "call" or node.null_safe or variable is None or variable.kind != "capture":
                return False
        if isinstance(node, nodes.Call):
            callee = self.program.function(node.name, len(node.args))
            if node.namespace or node.captures_scope or callee is None or callee.uses_this or not self.allows(callee):
                return False
        return all(map(self._is_simple_code, children(node)))


def is_own(variable: Variable) -> bool:
    """Does the variable live in its function only?"""
    return variable.kind in {"param", "local"} and not variable.is_cell


def moved(statements: Sequence[pyast.AST], number: int) -> None:
    """Number the lines of an inlined body so that they tell the call. Bodies inside of it are numbered already."""
    base = number * INLINED
    pending: list[Any] = list(statements)
    for node in pending:  # which grows meanwhile: `ast.walk` takes five times as long
        attributes = vars(node)
        line = attributes.get("lineno", 0)
        if line >= INLINED:
            continue  # and so is all that it consists of
        attributes["lineno"] = attributes["end_lineno"] = line + base
        if type(node) in _LEAVES:
            continue
        for part in attributes.values():
            if type(part) is list:
                pending += [item for item in part if isinstance(item, _PLACED)]
            elif isinstance(part, _PLACED):
                pending.append(part)


_LEAVES: Final = frozenset({pyast.Name, pyast.Constant})
_PLACED: Final = (pyast.expr, pyast.stmt, pyast.ExceptHandler)


def ending_in(statements: list[pyast.stmt], result: pyast.Name) -> list[pyast.stmt] | None:
    """A body that puts into a variable what it would return; `None` where it cannot be told how it ends."""
    for at, statement in enumerate(statements):
        if isinstance(statement, pyast.Return) and statement.value is not None:
            where = (statement.lineno, statement.col_offset + 1)
            return [*statements[:at], place(pyast.Assign([result], statement.value), where)]
        if isinstance(statement, pyast.Raise):
            return statements[: at + 1]
        if isinstance(statement, pyast.If) and returns(statement):
            rest = statements[at + 1 :]
            then = ending_in([*statement.body, *rest], result)
            orelse = ending_in([*statement.orelse, *rest], result)
            if then is None or orelse is None or (rest and not (_leaves(statement.body) or _leaves(statement.orelse))):
                return None
            where = (statement.lineno, statement.col_offset + 1)
            return [*statements[:at], place(pyast.If(statement.test, then, orelse), where)]
    return None


def returns(statement: pyast.stmt) -> bool:
    """Is there a `return` in this statement?"""
    pending = [statement]
    for node in pending:  # which grows meanwhile
        if type(node) is pyast.Return:
            return True
        for part in vars(node).values():
            if type(part) is list and part and isinstance(part[0], _BODIES):
                pending += part
    return False


_BODIES: Final = (pyast.stmt, pyast.ExceptHandler)
"""What statements hold lists of, besides expressions and names."""


def _leaves(statements: list[pyast.stmt]) -> bool:
    """Do these statements never come to their end?"""
    if not statements:
        return False
    last = statements[-1]
    if isinstance(last, pyast.If):
        return _leaves(last.body) and _leaves(last.orelse)
    return isinstance(last, (pyast.Return, pyast.Raise))


class Inlining(Operators):
    """Compiles calls of small functions as their bodies."""

    fn: FunctionInfo
    depth = 0
    """Bodies around this one."""
    blocks = 1
    """Python blocks around the current place."""
    loops: list[str | None]
    counters: set[str]
    taken: set[str]
    in_try = 0
    """`try` blocks around the current place: what is caught there must look like the error of a call."""

    def may_inline(self, fn: FunctionInfo) -> bool:
        """Is a call of this function at the current place to be inlined?"""
        hot = bool(self.loops) or self.host is not None or isinstance(self.fn.node, nodes.Closure)
        if not hot or self.in_try or self.depth >= DEEPEST or self.blocks > BLOCKS or self.dynamic:
            return False
        return bool(self.program.inliner.allows(fn))

    def inlined_call(
        self,
        fn: FunctionInfo,
        variant: Variant,
        args: list[pyast.expr],
        this: str = "",
        closures: dict[Variable, Any] | None = None,
        cells: tuple[str, ...] = (),
    ) -> pyast.expr | None:
        """The value of a call, whose body is emitted before; `None` where that cannot be done.

        Args:
            closures: which variables of the function are known to hold closures.
            cells: the names of what a closure captured.
        """
        program, loc = self.program, self.loc
        calls = program.inliner.calls
        kind = "function" if isinstance(fn.node, nodes.FnDef) else "closure"
        calls.append(InlinedCall(kind, fn.name, *loc))
        program.frames[variant.py] = (kind, fn.name)  # what runs as a kernel calls it nevertheless
        number, faults, paid = len(calls), len(program.faults), self.paid_bodies()
        body = self.body_of(fn, variant, f"{self.py_name}~{number}")
        body.this_name, body.closures = this, closures or {}
        bound = self.bind(body, fn, args, cells)
        body.compile_inlined()
        self.temps, self.last_body = body.temps, body
        *statements, last = body.out
        if isinstance(last, pyast.Return) and last.value is not None and not any(map(returns, statements)):
            value = last.value
            moved([*statements, value], number)
        else:
            result = self.temp()
            ended = ending_in(body.out, self.slot(result))
            if ended is None:
                self.pay_no_more(paid)
                return None
            statements, value = ended, self.name(result)
            moved(statements, number)
        self.renumber(faults, body.py_name, number)
        self.out += [*bound, *self.level_check(fn), *statements]
        self.counters |= body.counters
        self.waiting += body.large_variables()
        return value

    def paid_bodies(self) -> int:
        """How many bodies the loop around this place pays for in advance so far."""
        raise AssertionError

    def pay_no_more(self, bodies: int) -> None:
        """Take back what it was to pay for beyond so many."""
        raise AssertionError

    def body_of(self, fn: FunctionInfo, variant: Variant, name: str) -> Any:
        """The compiler of a body that is to stand here."""
        program = self.program
        if variant.returns == ty.NONE:
            variant.inference.run(variant.params)
        for variable in program.owned.get(fn, ()):
            variable.py = ""
        compiler: Any = type(self)
        body = compiler(program, fn, name, TypeView(variant.inference), variant)
        body.host, body.depth, body.blocks = self, self.depth + 1, self.blocks + 1
        body.taken, body.temps = self.taken, self.temps
        body.this_is_bound = True
        return body

    last_body: Any = None
    """The compiler of the body that was inlined last."""

    def bind(self, body: Any, fn: FunctionInfo, args: list[pyast.expr], cells: tuple[str, ...]) -> list[pyast.stmt]:
        """Give the parameters their values: names that nothing changes meanwhile stand for themselves."""
        simple = all(isinstance(arg, (pyast.Name, pyast.Constant)) for arg in args)
        bound = []
        body.aliases = set(cells)
        for variable, cell in zip(fn.captures, cells, strict=True):
            variable.py = cell
        for variable, arg in zip(fn.params, args, strict=True):
            if (
                simple
                and isinstance(arg, pyast.Name)
                and not (variable.assigned or variable.mutated or variable.captured)
            ):
                variable.py = arg.id
                body.aliases.add(arg.id)
            else:
                variable.py = body.local(variable.name)
                bound.append(self.assignment(variable.py, arg))
        return bound

    aliases: set[str]
    """Names of the surrounding code that stand for parameters."""

    def next_level(self, *, checked: bool = True) -> pyast.expr:
        raise AssertionError

    def level_check(self, fn: FunctionInfo) -> list[pyast.stmt]:
        """Looks whether the call would be too deep."""
        known = self.known_level()
        if known is not None and known < self.program.config.max_call_levels:
            return []
        level = self.next_level(checked=self.program.checks_depth(fn))
        return [place(pyast.Expr(level), self.loc)] if isinstance(level, pyast.Subscript) else []

    def known_level(self) -> int | None:
        """The call level of this code, where it is the same in every run."""
        if self.host is not None:
            level: int | None = self.host.known_level()
            return None if level is None else level + 1
        return 0 if self.fn.is_main and not self.program.config.has_parent else None

    def large_variables(self) -> list[str]:
        """The body's own variables that may hold much: they are forgotten at the end of the statement."""
        own = dict.fromkeys(v for v in self.program.owned.get(self.fn, ()) if v.py and v.py not in self.aliases)
        return [v.py for v in own if not v.is_cell and self.types.variable(v) & ty.LOW & ~LIGHT]

    def renumber(self, first: int, name: str, number: int) -> None:
        """Errors of the body happen in the function around it now, at lines that tell the call."""
        program, base = self.program, number * INLINED
        for key in list(islice(program.faults, first, None)):
            where, line, column = key
            if where.startswith(name):
                line += base if line < INLINED else 0
                program.faults[self.py_name + where[len(name) :], line, column] = program.faults.pop(key)
        calls = program.inliner.calls
        for at in range(number, len(calls)):
            if calls[at].line < INLINED:
                calls[at] = calls[at]._replace(line=calls[at].line + base)


__all__ = ["Inliner", "Inlining", "returns"]
