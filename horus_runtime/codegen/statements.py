"""Statements: one method per node. `dest` says where the statement's value goes.

`None` drops it, `RETURN` returns it from the Python function, any other text is the name of a temporary.
"""

from __future__ import annotations

import ast as pyast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children, method_names, walk
from horus_runtime.codegen.assignments import Assignments
from horus_runtime.codegen.emitter import place
from horus_runtime.codegen.loops import RETURN

STATEMENT_METHODS: Final = method_names("stmt_")
EXPRESSIONS_WITHOUT_EFFECT: Final = (
    nodes.IntLit,
    nodes.FloatLit,
    nodes.BoolLit,
    nodes.CharLit,
    nodes.StringLit,
    nodes.UnitLit,
)


class Statements(Assignments):
    """Compiles statements of one function variant."""

    handlers: list[str]

    # ---- lists of statements ----------------------------------------------------------------------------------------

    def body(self, statements: Sequence[nodes.Node], dest: str | None) -> None:
        """A statement list; its value is the last statement's."""
        if not statements:
            self.deliver(self.const(None), dest)
            return
        for node in statements[:-1]:
            self.stmt(node, None)
            inner = node.expr if isinstance(node, nodes.ExprStmt) else node
            if isinstance(inner, nodes.If) and inner.orelse is None and _leaves(inner.then):
                self.intervals.assume(inner.condition, False)
        self.stmt(statements[-1], dest)

    def suite(self, statements: Sequence[nodes.Node], dest: str | None) -> list[pyast.stmt]:
        """A statement list, compiled apart."""
        outer, self.out = self.out, []
        with self.intervals.branch():
            self.body_in_scope(statements, dest)
        inner, self.out = self.out, outer
        return inner

    def stmt_suite(self, node: nodes.Node, dest: str | None) -> list[pyast.stmt]:
        outer, self.out = self.out, []
        with self.intervals.branch():
            self.stmt(node, dest)
        inner, self.out = self.out, outer
        return inner

    def stmt(self, node: nodes.Node, dest: str | None) -> None:
        """Compile one statement."""
        if self.program.config.debug and id(node) in self.fn.visible and not isinstance(node, nodes.Block):
            self.debug_step(node)
        method = getattr(self, STATEMENT_METHODS[type(node)], None)
        if method is not None:
            method(node, dest)
        else:
            self.stmt_ExprStmt(nodes.ExprStmt(node.span, node), dest)
        if self.waiting:
            self.forget_operands()

    def debug_step(self, node: nodes.Node) -> None:
        """The debugger's look before a statement: where it is, and how to see the variables."""
        self.at(node.span)
        see = place(pyast.Lambda(pyast.arguments([], [], None, [], [], None, []), self.refreshed_scope(node)), self.loc)
        spot = self.tuple_of([self.const(number) for number in node.span[:2]])
        names = self.tuple_of([self.const(name) for name in _properties(node)])
        self.evaluate(self.service("_step", self.home(), self.level(), spot, see, names))

    def forget_operands(self) -> None:
        """The operands of a statement that got names are not needed any longer."""
        names, self.waiting = self.waiting, []
        if self.host is not None:
            self.host.waiting += names
            return
        if not self.out or isinstance(self.out[-1], (pyast.Return, pyast.Raise, pyast.Break, pyast.Continue)):
            return
        slots: list[pyast.expr] = [self.slot(name) for name in names]
        self.emit(pyast.Assign(slots, self.const(None)))

    # ---- simple statements ------------------------------------------------------------------------------------------

    def stmt_ExprStmt(self, node: nodes.ExprStmt, dest: str | None) -> None:
        if dest is None and isinstance(node.expr, EXPRESSIONS_WITHOUT_EFFECT):
            return
        owned = dest is not None
        expr = node.expr
        if dest == RETURN and self.dies_here(expr):
            owned = False
        value = self.expr(expr, owned)
        self.loc = expr.span[:2] if isinstance(value, pyast.Constant) else self.loc
        self.deliver(value, dest)

    def dies_here(self, node: nodes.Node) -> bool:
        """Is this a local variable whose value nobody else holds, so that returning it needs no copy?"""
        if not isinstance(node, nodes.Variable) or self.is_main:
            return False
        variable = self.program.info.bindings.get(id(node))
        if variable is None or variable.is_cell or self.program.borrows(variable):
            return False
        return variable.kind == "local" or (variable.kind == "param" and variable.mutated and not variable.lent)

    # ---- jumps ------------------------------------------------------------------------------------------------------

    def stmt_Return(self, node: nodes.Return, _dest: str | None) -> None:
        if node.value is None:
            self.at(node.span)
            self.give_back(self.const(None))
        else:
            value = self.expr(node.value, owned=not self.dies_here(node.value))
            self.at(node.span)
            self.give_back(value)

    def stmt_Throw(self, node: nodes.Throw, _dest: str | None) -> None:
        value = self.const(None) if node.value is None else self.expr(node.value, owned=True)
        self.at(node.span)
        if self.handlers and _may_be_unit(node.value):
            thrown = self.spill_if_complex(value)
            again = self.service("_rethrow", *map(self.name, reversed(self.handlers)))
            error = self.choose(self.is_none(thrown), again, self.service("_throw", thrown))
            error = again if isinstance(thrown, pyast.Constant) else error
        else:
            error = self.service("_throw", value)
        self.emit(pyast.Raise(error, self.const(None)))

    def stmt_Break(self, node: nodes.Break, _dest: str | None) -> None:
        dest = self.loops[-1]
        if node.value is not None:
            value = self.expr(node.value, owned=True)
            self.at(node.span)
            self.deliver(value, dest)
        elif dest is not None:
            self.at(node.span)
            self.assign(dest, self.const(None))
        self.at(node.span)
        self.emit(pyast.Break())

    def stmt_Continue(self, node: nodes.Continue, _dest: str | None) -> None:
        self.at(node.span)
        self.emit(pyast.Continue())

    # ---- blocks and branches ----------------------------------------------------------------------------------------

    def stmt_Block(self, node: nodes.Block, dest: str | None) -> None:
        self.at(node.span)
        self.body_in_scope(node.body, dest)

    def body_in_scope(self, body: Sequence[nodes.Node], dest: str | None) -> None:
        """A block's statements; what they import or `eval` declares ends with the block."""
        if self.fn.imports and any(isinstance(node, nodes.Import) for node in body):
            self.importing_body(body, dest)
            return
        self.declaring_body(body, dest)

    def importing_body(self, body: Sequence[nodes.Node], dest: str | None) -> None:
        """A block that imports modules: they are forgotten however it is left."""
        mark = self.temp()
        self.assign(mark, self.service("_import_mark"))
        outer, self.out = self.out, []
        self.declaring_body(body, dest)
        inner, self.out = self.out, []
        self.evaluate(self.service("_forget_imports", self.name(mark)))
        final, self.out = self.out, outer
        self.emit(pyast.Try(inner or [self.nothing()], [], [], final))

    def declaring_body(self, body: Sequence[nodes.Node], dest: str | None) -> None:
        if not self.dynamic or not any(_declares_dynamically(node) for node in body):
            self.body(body, dest)
            return
        with self.dynamic_block():
            self.body(body, dest)

    @contextmanager
    def dynamic_block(self) -> Iterator[None]:
        """What is compiled meanwhile: what `eval` declares in it, and what it shadows, ends with it."""
        mark = self.temp()
        self.assign(mark, self.service("_mark", self.name("_dyn")))
        self.blocks += 1
        outer, self.out = self.out, []
        yield
        inner, self.out = self.out, []
        self.evaluate(self.service("_rewind", self.name("_dyn"), self.name(mark)))
        final, self.out = self.out, outer
        self.blocks -= 1
        self.emit(pyast.Try(inner or [self.nothing()], [], [], final))

    def stmt_If(self, node: nodes.If, dest: str | None) -> None:
        test = self.condition(node.condition)
        with self.intervals.branch():
            self.intervals.assume(node.condition, True)
            narrowed = self.types.inference.narrow(node.condition)
            then = self.suite(node.then.body, dest)
            self.types.inference.end_narrow(narrowed)
        orelse: list[pyast.stmt] = []
        if node.orelse is not None:
            with self.intervals.branch():
                self.intervals.assume(node.condition, False)
                orelse = self.stmt_suite(node.orelse, dest)
        elif dest is not None:
            self.at(node.span)
            outer, self.out = self.out, []
            self.unit(dest)
            orelse, self.out = self.out, outer
        self.at(node.span)
        self.when(test, then, orelse)

    def expr_If(self, node: nodes.If, _owned: bool) -> pyast.expr:
        """An `if` as an operand: a conditional expression where both branches are single expressions."""
        branches = (node.then, node.orelse)
        if self.dynamic and any(isinstance(part, nodes.Call) and part.name == "eval" for part in walk(node)):
            return self.statement_value(node)
        if all(isinstance(b, nodes.Block) and len(b.body) == 1 for b in branches):
            test = self.condition(node.condition)
            parts = []
            for branch in branches:
                assert isinstance(branch, nodes.Block)
                inner = branch.body[0]
                if not isinstance(inner, nodes.ExprStmt):
                    break
                with self.intervals.branch():
                    self.intervals.assume(node.condition, branch is node.then)
                    statements, value = self.captured_block(inner.expr, owned=True)
                if statements:
                    break
                parts.append(value)
            if len(parts) == 2:
                self.at(node.span)
                return self.choose(test, parts[0], parts[1])
            self.at(node.span)
            name = self.temp()
            then = self.suite(node.then.body, name)
            orelse = self.stmt_suite(node.orelse, name) if node.orelse is not None else []
            self.when(test, then, orelse)
            return self.name(name)
        return self.statement_value(node)

    def stmt_Switch(self, node: nodes.Switch, dest: str | None) -> None:
        value = self.expr(node.value)
        if self.program.tags:
            value = self.call("_untagged", value)
        value = self.spill_if_complex(value)
        mixed = [arm for arm in node.arms if arm.patterns and _has_range(arm)]
        default = [arm for arm in node.arms if not arm.patterns]
        order = [(arm, self.exact_only(arm)) for arm in node.arms if arm.patterns and self.exact_only(arm)]
        order += [(arm, self.ranges_only(arm)) for arm in mixed]
        self.at(node.span)
        self.out.extend(self.switch_chain(value, node, order, default[0] if default else None, dest))

    @staticmethod
    def exact_only(arm: nodes.SwitchArm) -> list[nodes.Node]:
        return [p for p in arm.patterns if not isinstance(p, nodes.RangePattern)]

    @staticmethod
    def ranges_only(arm: nodes.SwitchArm) -> list[nodes.Node]:
        return [p for p in arm.patterns if isinstance(p, nodes.RangePattern)]

    def switch_chain(
        self,
        value: pyast.expr,
        node: nodes.Switch,
        arms: list[tuple[nodes.SwitchArm, list[nodes.Node]]],
        default: nodes.SwitchArm | None,
        dest: str | None,
    ) -> list[pyast.stmt]:
        """Arms as an if-chain, built from the last one; a failed guard goes on to the next arm."""
        self.at(node.span)
        outer, self.out = self.out, []
        if default is not None:
            with self.intervals.branch():
                self.stmt(default.body, dest)
        else:
            self.unit(dest)
        rest, self.out = self.out, []
        for arm, patterns in reversed(arms):
            self.at(arm.span)
            tests = [self.pattern_test(value, node.value, pattern) for pattern in patterns]
            test = self.either(*tests)
            statements, guard = self.guard_of(arm)
            if guard is not None and not statements:
                test = self.both(test, guard)
            body = self.stmt_suite(arm.body, dest)
            if guard is not None and statements:
                rest = self.guarded_arm(test, statements, guard, body, rest)
            else:
                rest = [place(pyast.If(test, body or [self.nothing()], rest), self.loc)]
        self.out = outer
        return rest

    def guard_of(self, arm: nodes.SwitchArm) -> tuple[list[pyast.stmt], pyast.expr | None]:
        """An arm's guard with the statements it needs."""
        if arm.guard is None:
            return [], None
        outer, self.out = self.out, []
        guard = self.condition(arm.guard)
        statements, self.out = self.out, outer
        return statements, guard

    def guarded_arm(
        self,
        test: pyast.expr,
        statements: list[pyast.stmt],
        guard: pyast.expr,
        body: list[pyast.stmt],
        rest: list[pyast.stmt],
    ) -> list[pyast.stmt]:
        """A guard that needs statements: remember its outcome, then branch."""
        flag = self.temp()
        target = self.slot(flag)
        none = place(pyast.Assign([target], self.const(False)), self.loc)
        taken = place(pyast.Assign([target], guard), self.loc)
        decide = place(pyast.If(test, [*statements, taken], []), self.loc)
        return [none, decide, place(pyast.If(self.name(flag), body or [self.nothing()], rest), self.loc)]

    def pattern_test(self, value: pyast.expr, value_node: nodes.Node, pattern: nodes.Node) -> pyast.expr:
        t = self.type(value_node)
        self.at(pattern.span)
        if isinstance(pattern, nodes.RangePattern):
            if ty.is_only(t, ty.INT):
                upper: pyast.cmpop = pyast.LtE() if pattern.inclusive else pyast.Lt()
                low, high = self.const(pattern.start), self.const(pattern.end)
                return self.compare(low, (pyast.LtE(), value), (upper, high))
            parts = (pattern.start, pattern.end, pattern.inclusive)
            return self.call("_in_range", value, *map(self.const, parts))
        if any(isinstance(part, nodes.Closure) for part in walk(pattern)):
            return self.const(False)  # no value is this very closure
        literal = self.expr(pattern)
        kind = self.type(pattern)
        if kind in (ty.INT, ty.STR, ty.BOOL) and ty.is_only(t, kind):
            return self.compare(value, (pyast.Eq(), literal))
        if kind == ty.UNIT:
            return self.is_none(value)
        if kind in (ty.INT, ty.STR):
            cls = "int" if kind == ty.INT else "str"
            return self.both(self.type_is(value, cls), self.compare(value, (pyast.Eq(), literal)))
        return self.call("_same", value, literal)

    # ---- try --------------------------------------------------------------------------------------------------------

    def stmt_Try(self, node: nodes.Try, dest: str | None) -> None:
        self.blocks += 1
        handlers, self.handlers = self.handlers, []  # what is thrown in here meets this handler first
        self.in_try += 1
        body = self.suite(node.body.body, dest)
        self.in_try -= 1
        self.handlers = handlers
        outer, self.out = self.out, []
        self.at(node.span)
        raw, error = self.temp(), self.temp()
        variable = self.program.info.bindings.get(id(node))
        light = not any(map(_rethrows, node.handler.body))
        caught = self.caught(raw, error, light=light)
        if variable is None and light:
            self.evaluate(caught)
        if variable is not None and self.program.config.checks_definitions and node.variable_span is not None:
            caught = self.spill_if_complex(caught)  # what scripts cannot catch passes before the variable is asked for
            self.at(node.variable_span)
            self.check_definition(variable)
        with self.dynamic_block() if self.dynamic and variable is not None else nullcontext():
            if variable is not None:
                self.declare(variable, caught)
            self.handlers.append(error)
            with self.intervals.branch():
                self.body_in_scope(node.handler.body, None)
            self.handlers.pop()
        self.at(node.span)
        self.unit(dest)
        self.blocks -= 1
        handler_body, self.out = self.out, outer
        handler = place(pyast.ExceptHandler(self.name("Exception"), raw, handler_body), self.loc)
        self.emit(pyast.Try(body or [self.nothing()], [handler], [], []))

    def caught(self, raw: str, error: str, *, light: bool) -> pyast.expr:
        """What `catch` binds. Where nobody throws the error again (`light`), a value that was thrown is just taken."""
        if not light:
            self.assign(error, self.service("_catch", self.name(raw)))
            return self.service("_caught", self.name(error))
        thrown = self.subscript(self.attribute(self.name(raw), "args"), self.const(0))
        name = [self.const(self.program.source_name)] if self.program.source_name else []
        return self.choose(
            self.type_is(self.name(raw), "_Thrown"), thrown, self.service("_seen", self.name(raw), *name)
        )

    # ---- modules ----------------------------------------------------------------------------------------------------

    def stmt_Import(self, node: nodes.Import, dest: str | None) -> None:
        self.at(node.span)
        self.evaluate(self.service("_count_import"))
        path = self.expr(node.path)
        self.at(self.error_span(node.path))
        alias = self.const(node.alias)
        self.evaluate(self.service("_import", self.home(), self.next_level(), path, alias))
        self.unit(dest)

    def stmt_Export(self, node: nodes.Export, dest: str | None) -> None:
        if node.declaration is not None:
            self.stmt(node.declaration, None)
        self.at(node.name_span or node.span)
        variable = self.program.info.bindings.get(id(node))
        if node.declaration is None and variable is not None:
            self.evaluate(self.read(variable))
        alias = self.const(node.alias or node.name)
        rank = [self.const(self.rank(variable))] if variable is not None and self.is_redeclared(variable) else []
        self.evaluate(self.service("_export", self.name("_scope"), self.const(node.name), alias, *rank))
        self.unit(dest)

    def is_redeclared(self, variable: Variable) -> bool:
        """Does the script declare another variable of this name at its outermost level?"""
        return sum(other.name == variable.name for other in self.fn.toplevel) > 1 and variable in self.fn.toplevel

    def rank(self, variable: Variable) -> int:
        """How many entries of its name stand before a variable in the scope: those that were exported keep theirs."""
        before = self.fn.toplevel[: self.fn.toplevel.index(variable)]
        return sum(other.name == variable.name and other.exported for other in before)


def _rethrows(node: nodes.Node) -> bool:
    """Might the handler throw the error again that it has caught, or look at it where names are looked up?"""
    if isinstance(node, nodes.Throw):
        return _may_be_unit(node.value) or (node.value is not None and _rethrows(node.value))
    if isinstance(node, nodes.Call) and (node.captures_scope or node.name == "eval"):
        return True
    return any(map(_rethrows, children(node)))


def _may_be_unit(value: nodes.Node | None) -> bool:
    """Could this be `()`, which in a handler means the error that was caught?"""
    return not isinstance(value, _NO_UNITS)


_NO_UNITS: Final = (
    nodes.IntLit, nodes.FloatLit, nodes.BoolLit, nodes.CharLit, nodes.StringLit, nodes.Template, nodes.ArrayLit,
    nodes.MapLit, nodes.Closure,
)  # fmt: skip


def _leaves(block: nodes.Block) -> bool:
    """Does the block surely end with a jump?"""
    return bool(block.body) and isinstance(block.body[-1], (nodes.Return, nodes.Throw, nodes.Break, nodes.Continue))


def _has_range(arm: nodes.SwitchArm) -> bool:
    return any(isinstance(p, nodes.RangePattern) for p in arm.patterns)


def _declares_dynamically(node: nodes.Node) -> bool:
    """Does the statement call `eval` in its own block, or shadow what an `eval` around it may have declared?"""
    return isinstance(node, nodes.Let) or _declares_by_eval(node)


def _declares_by_eval(node: nodes.Node) -> bool:
    """Does the statement call `eval` in its own block?"""
    if isinstance(node, nodes.CustomSyntax) or (isinstance(node, nodes.Call) and node.name == "eval"):
        return True
    if isinstance(node, (nodes.Block, nodes.Closure)):
        return False
    return any(map(_declares_by_eval, children(node)))


def _properties(node: nodes.Node) -> list[str]:
    """The properties that a statement itself reads or writes, those of blocks inside aside."""
    found: dict[str, None] = {}
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, nodes.Property):
            found[current.name] = None
        pending.extend(part for part in children(current) if not isinstance(part, (nodes.Block, nodes.Closure)))
    return sorted(found)
