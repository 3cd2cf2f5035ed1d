"""Statements: one method per node. `dest` says where the statement's value goes.

`None` drops it, `RETURN` returns it from the Python function, any other text is the name of a temporary.
"""

from __future__ import annotations

import ast as pyast
from collections.abc import Sequence
from typing import Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import Variable, is_literal
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children, method_names, walk
from horus_runtime.codegen.emitter import STORE, place
from horus_runtime.codegen.loops import RETURN, Loops

STATEMENT_METHODS: Final = method_names("stmt_")
EXPRESSIONS_WITHOUT_EFFECT: Final = (
    nodes.IntLit,
    nodes.FloatLit,
    nodes.BoolLit,
    nodes.CharLit,
    nodes.StringLit,
    nodes.UnitLit,
)


class Statements(Loops):
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

    def deliver(self, value: pyast.expr, dest: str | None) -> None:
        """Put a value where it belongs."""
        if dest == RETURN:
            self.give_back(value)
        elif dest is not None:
            self.assign(dest, value)
        elif not isinstance(value, (pyast.Constant, pyast.Name)):
            self.evaluate(value)

    def unit(self, dest: str | None) -> None:
        """The statement has no value of its own."""
        if dest is not None:
            self.deliver(self.const(None), dest)

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
        if not self.out or isinstance(self.out[-1], (pyast.Return, pyast.Raise, pyast.Break, pyast.Continue)):
            return
        slots = [place(pyast.Name(name, STORE), self.loc) for name in names]
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

    def stmt_Let(self, node: nodes.Let, dest: str | None) -> None:
        variable = self.program.info.bindings[id(node)]
        if self.program.config.checks_definitions:
            self.at(node.span)
            self.check_definition(variable)
        owned = not self.program.borrows(variable)
        value = self.const(None) if node.value is None else self.expr(node.value, owned)
        self.at(node.span)
        self.declare(variable, value)
        self.unit(dest)

    def check_definition(self, variable: Variable) -> None:
        """May this variable be declared here? Only asked where the host restricts that."""
        live = self.const(variable.slot + len(self.fn.captures))
        scope = self.name("_scope") if self.is_main else self.const(None)
        dynamic = self.name("_dyn") if self.dynamic else self.const(None)
        about = [self.const(x) for x in (variable.name, variable.kind, variable.constant, variable.depth)]
        self.evaluate(self.service("_define", scope, dynamic, live, self.const(variable.shadows), *about))

    def declare(self, variable: Variable, value: pyast.expr) -> None:
        """Bind a new variable; a captured one gets a cell of its own."""
        if not variable.py:
            variable.py = self.local(variable.name)
        if variable.is_cell:
            args = [value, self.const(True)] if variable.constant else [value]
            value = self.call("_Cell", *args)
        self.assign(variable.py, value)
        if variable.constant and self.is_main and variable.depth == 0 and self.program.keeps_globals:
            current = self.cell_value(variable.py) if variable.is_cell else self.name(variable.py)
            own = self.own(current, self.types.variable(variable))
            self.evaluate(self.service("_set_global", self.home(), self.const(variable.name), own))
        if self.dynamic:
            self.evaluate(self.service("_forget", self.name("_dyn"), self.const(variable.name)))

    def local(self, name: str) -> str:
        raise AssertionError

    def write(self, variable: Variable, value: pyast.expr) -> None:
        """Assign to an existing variable."""
        self.intervals.forget(variable)
        if self.dynamic:
            value = self.spill_if_complex(value)
            found = self.compare(self.const(variable.name), (pyast.In(), self.name("_dyn")))
            outer, self.out = self.out, []
            self.evaluate(self.service("_dyn_store", self.name("_dyn"), self.const(variable.name), value))
            dynamic, self.out = self.out, []
            self.assign_cell(variable.py, value)
            static, self.out = self.out, outer
            self.when(found, dynamic, static)
        elif variable.is_cell:
            self.assign_cell(variable.py, value)
        else:
            self.assign(variable.py, value)

    def write_checked(self, variable: Variable | None, node: nodes.Variable, value: pyast.expr) -> None:
        if variable is None or node.namespace:
            self.evaluate(self.assignment_refused(node, self.spill_if_complex(value)))
            return
        if self.program.config.watches_reads:
            value = self.spill_if_complex(value)
            self.evaluate(self.question(node, "_refuse_answered"))
        if variable.kind == "external":
            value = self.spill_if_complex(value)
            self.check_external(variable)
        elif variable.constant:
            self.evaluate(self.call("_constant", self.const(variable.name)))
        self.write(variable, value)

    def check_external(self, variable: Variable) -> None:
        """The host's variable must exist and must not be a constant (unless `eval` declared one of that name)."""
        check = self.service("_check_external", self.name("_scope"), self.const(variable.name), self.name(variable.py))
        if self.dynamic:
            found = self.compare(self.const(variable.name), (pyast.NotIn(), self.name("_dyn")))
            self.when(found, [place(pyast.Expr(check), self.loc)])
        else:
            self.evaluate(check)

    def assignment_refused(self, node: nodes.Variable, value: pyast.expr) -> pyast.expr:
        if node.namespace:
            self.evaluate(self.module_variable(node, owned=False))
            self.at(node.name_span or node.span)
            return self.call("_constant", self.const(node.name))
        if self.dynamic:
            return self.service("_dyn_store", self.name("_dyn"), self.const(node.name), value)
        if self.program.has_function(node.name):
            return self.call("_constant", self.const(node.name))
        return self.call("_missing", self.const(node.name))

    def stmt_Assign(self, node: nodes.Assign, dest: str | None) -> None:
        self.assign_loc = node.op_span[:2]
        if node.op == "=":
            self.plain_assignment(node)
        else:
            self.compound_assignment(node)
        self.unit(dest)

    def plain_assignment(self, node: nodes.Assign) -> None:
        value = self.expr(node.value, owned=True)
        if isinstance(node.target, nodes.Variable):
            self.at(node.target.span)
            self.write_checked(self.program.info.bindings.get(id(node.target)), node.target, value)
            return
        if not self.is_pure_address(node.target):
            value = self.spill_if_complex(value)
        self.watch_root(node.target, value)
        if isinstance(node.target, (nodes.Property, nodes.Index)) and _null_safe_target(node.target):
            self.null_safe_store(node.target, value)
            return
        _, store = self.place_of(node.target)
        self.assign_loc = node.op_span[:2]
        store(value)

    def null_safe_store(self, target: nodes.Property | nodes.Index, value: pyast.expr) -> None:
        """`v?.p = 1` does nothing when `v` is `()`."""
        value = self.spill_if_complex(value)
        holder = self.spill(self.expr(target.target))
        self.known[id(target.target)] = holder
        outer, self.out = self.out, []
        _, store = self.place_of(target)
        store(value)
        writes, self.out = self.out, outer
        self.known.pop(id(target.target), None)
        self.when(self.compare(holder, (pyast.IsNot(), self.const(None))), writes)

    def is_pure_address(self, node: nodes.Node) -> bool:
        """Can the address be evaluated before the value without anybody noticing?"""
        if not isinstance(node, (nodes.Property, nodes.Index)):
            return True
        if isinstance(node, nodes.Index) and not (is_literal(node.index) or self.is_own_variable(node.index)):
            return False
        return self.is_own_variable(node.target)

    def is_own_variable(self, node: nodes.Node) -> bool:
        """A variable of this function alone: reading it cannot fail, and calls cannot change it."""
        if not isinstance(node, nodes.Variable) or node.namespace:
            return False
        variable = self.program.info.bindings.get(id(node))
        return variable is not None and not (variable.kind == "external" or variable.constant or variable.is_cell)

    def watch_root(self, node: nodes.Node, value: pyast.expr) -> None:
        """Writing through a constant: what it holds may not be replaced.

        As in Rhai, a property that it does not hold yet can be added, and strings, numbers and blobs are changed.
        """
        first = node
        while isinstance(node, (nodes.Property, nodes.Index)):
            node = node.target
        root = node
        if isinstance(root, nodes.This):
            if self.this_is_cell and first is not root and self.program.info.constant_receivers:
                self.watching = (first, root, value)
            return
        if not isinstance(root, nodes.Variable):
            return
        variable = self.program.info.bindings.get(id(root))
        names_function = variable is None and not self.dynamic and self.program.has_function(root.name)
        if root.namespace or names_function or (variable is not None and variable.constant):
            if first is root:
                self.loc = root.span[:2]
                if root.namespace:
                    self.evaluate(self.module_variable(root, owned=False))
                    self.at(root.name_span or root.span)
                self.evaluate(self.call("_constant", self.const(root.name)))
            else:
                self.watching = (first, root, value)
        elif variable is not None and variable.kind == "external":
            if first is root:
                self.loc = first.span[:2]
                self.check_external(variable)
            else:
                self.watching = (first, root, value)

    def compound_assignment(self, node: nodes.Assign) -> None:
        """`target op= value`: the value first, then the target is read, changed, and written back."""
        lent = node.op == "+=" and self.is_local(node.value) and not self.dynamic
        value = self.expr(node.value, owned=node.op == "+=" and not lent)
        self.keeps_right = self.type(node.value) if lent and isinstance(value, pyast.Name) else None
        self.compound_target(node, value)
        self.keeps_right = None

    def compound_target(self, node: nodes.Assign, value: pyast.expr) -> None:
        """Combine a value that is there with the target."""
        target = node.target
        variable = self.program.info.bindings.get(id(target)) if isinstance(target, nodes.Variable) else None
        opaque = self.dynamic or self.program.config.watches_reads
        if variable is not None and not variable.is_cell and variable.kind != "external" and not opaque:
            self.compound_local(node, variable, value)
            return
        if not isinstance(value, pyast.Constant) and not (
            self.keeps_right is not None and self.is_pure_address(target)
        ):
            value = self.spill(value)
        self.watch_root(target, value)
        if isinstance(target, (nodes.Property, nodes.Index)) and target.null_safe:
            self.null_safe_compound(node, target, value)
            return
        self.compound_place(node, value)

    def null_safe_compound(self, node: nodes.Assign, target: nodes.Property | nodes.Index, value: pyast.expr) -> None:
        """`v?.p += 1` does nothing when `v` is `()`."""
        holder = self.spill(self.expr(target.target))
        self.known[id(target.target)] = holder
        self.split.add(id(target))
        outer, self.out = self.out, []
        self.compound_place(node, value)
        writes, self.out = self.out, outer
        self.split.discard(id(target))
        self.known.pop(id(target.target), None)
        self.when(self.compare(holder, (pyast.IsNot(), self.const(None))), writes)

    def compound_place(self, node: nodes.Assign, value: pyast.expr) -> None:
        """Read, change and write back the target of a compound assignment."""
        op, target = node.op[:-1], node.target
        self.creating = value if isinstance(target, (nodes.Property, nodes.Index)) else None
        load, store = self.place_of(target)
        self.at(node.op_span)
        old = self.spill(load())
        self.creating = None
        if isinstance(target, nodes.This) and self.this_is_cell and self.program.info.constant_receivers:
            self.at(target.span)
            self.evaluate(self.service("_check_this", self.name("_this")))
        self.at(node.op_span)
        new = self.arithmetic(op, old, value, self.type(target), self.type(node.value), (target, node.value), at=True)
        if self.program.tags:
            new = self.call("_retag", old, new)
        self.assign_loc = node.op_span[:2]
        store(new)

    def compound_local(self, node: nodes.Assign, variable: Variable, value: pyast.expr) -> None:
        op = node.op[:-1]
        t, v = self.type(node.target), self.type(node.value)
        self.at(node.op_span)
        if variable.constant:
            self.at(node.target.span)
            self.evaluate(self.call("_constant", self.const(variable.name)))
            return
        plain = not (self.program.config.exact_sizes or self.program.tags)
        if op == "+" and t & ty.STR and ty.is_only(v, ty.STR | ty.CHAR) and plain:
            self.append_text(node, variable, value, t)
            return
        current = self.name(variable.py)
        new = self.arithmetic(op, current, value, t, v, (node.target, node.value), at=True)
        self.intervals.forget(variable)
        if self.program.tags:
            new = self.call("_retag", self.name(variable.py), new)
        self.assign(variable.py, new)

    def append_text(self, node: nodes.Assign, variable: Variable, value: pyast.expr, t: int) -> None:
        """Text appended to a local: CPython grows it in place, as long as the statement is a plain `+=`."""
        general: list[pyast.stmt] = []
        if not ty.is_only(t, ty.STR):
            value = self.spill_if_complex(value)
            general_call = self.call(self.use_assign("+="), self.name(variable.py), value)
            target = place(pyast.Name(variable.py, STORE), self.loc)
            general = [place(pyast.Assign([target], general_call), self.loc)]
        target = place(pyast.Name(variable.py, STORE), self.loc)
        grow = place(pyast.AugAssign(target, pyast.Add(), value), self.loc)
        length = self.call("len", self.name(variable.py))
        too_long = self.compare(length, (pyast.Gt(), self.name(self.use("_safe_string"))))
        check = place(
            pyast.If(too_long, [place(pyast.Expr(self.service("_sized", self.name(variable.py))), self.loc)], []),
            self.loc,
        )
        if general:
            self.when(self.type_is(self.name(variable.py), "str"), [grow, check], general)
        else:
            self.out.extend([grow, check])

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
        rethrows = self.handlers and (node.value is None or isinstance(node.value, nodes.UnitLit))
        error = self.service("_rethrow", self.name(self.handlers[-1])) if rethrows else self.service("_throw", value)
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
        if any(isinstance(node, nodes.Import) for node in body):
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
        if not self.dynamic or not any(_declares_by_eval(node) for node in body):
            self.body(body, dest)
            return
        mark = self.temp()
        self.assign(mark, self.call("len", self.name("_dyn")))
        outer, self.out = self.out, []
        self.body(body, dest)
        inner, self.out = self.out, []
        self.evaluate(self.service("_rewind", self.name("_dyn"), self.name(mark)))
        final, self.out = self.out, outer
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
        target = place(pyast.Name(flag, STORE), self.loc)
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
        body = self.suite(node.body.body, dest)
        outer, self.out = self.out, []
        self.at(node.span)
        raw, error = self.temp(), self.temp()
        variable = self.program.info.bindings.get(id(node))
        light = not any(map(_rethrows, node.handler.body))
        caught = self.caught(raw, error, light=light)
        if variable is None and light:
            self.evaluate(caught)
        if variable is not None:
            if self.program.config.checks_definitions and node.variable_span is not None:
                self.at(node.variable_span)
                self.check_definition(variable)
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
        self.evaluate(self.service("_export", self.name("_scope"), self.const(node.name), alias))
        self.unit(dest)


def _rethrows(node: nodes.Node) -> bool:
    """Might the handler throw the error again that it has caught, or look at it where names are looked up?"""
    if isinstance(node, nodes.Throw):
        return node.value is None or isinstance(node.value, nodes.UnitLit)
    if isinstance(node, nodes.Call) and (node.captures_scope or node.name == "eval"):
        return True
    return any(map(_rethrows, children(node)))


def _leaves(block: nodes.Block) -> bool:
    """Does the block surely end with a jump?"""
    return bool(block.body) and isinstance(block.body[-1], (nodes.Return, nodes.Throw, nodes.Break, nodes.Continue))


def _has_range(arm: nodes.SwitchArm) -> bool:
    return any(isinstance(p, nodes.RangePattern) for p in arm.patterns)


def _null_safe_target(node: nodes.Property | nodes.Index) -> bool:
    return node.null_safe


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
