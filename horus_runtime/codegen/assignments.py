"""Declarations and assignments: to variables, to places, with operators, and to text that grows."""

from __future__ import annotations

import ast as pyast

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import Variable, is_literal
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import LEAVES, chain_root
from horus_runtime.codegen.emitter import place
from horus_runtime.codegen.loops import RETURN, Loops


class Assignments(Loops):
    """Compiles the assignments of one function variant."""

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

    def stmt_Let(self, node: nodes.Let, dest: str | None) -> None:
        variable = self.program.info.bindings[id(node)]
        if self.program.config.checks_definitions:
            self.at(node.span)
            self.check_definition(variable)
        owned = not self.program.borrows(variable)
        self.wanted = id(node.value) if isinstance(node.value, nodes.Call) and self.may_hold(variable) else None
        value = self.const(None) if node.value is None else self.expr(node.value, owned)
        self.at(node.span)
        self.declare(variable, value)
        if isinstance(node.value, (nodes.Closure, nodes.Call)):
            self.note_closure(variable, node.value)
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
            self.emit(self.hiding(variable))

    def hiding(self, variable: Variable) -> pyast.stmt:
        """A new variable shadows what `eval` declared under its name."""
        hidden = self.service("_hide", self.name("_dyn"), self.const(variable.name))
        return place(pyast.Expr(hidden), self.loc)  # type: ignore[no-any-return]

    def write(self, variable: Variable, value: pyast.expr) -> None:
        """Assign to an existing variable."""
        self.intervals.forget(variable)
        if self.dynamic:
            value = self.spill_if_complex(value)
            found = self.compare(self.const(variable.name), (pyast.In(), self.name("_dyn")))
            outer, self.out = self.out, []
            self.evaluate(self.service(self.dynamic_store, self.name("_dyn"), self.const(variable.name), value))
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
        part = self.dynamic_store != "_dyn_store"  # of a text, a number or a blob: that constants allow
        if variable.foreign and not part:
            value = self.spill_if_complex(value)
            self.check_foreign(variable)
        elif variable.constant:
            value = self.spill_if_complex(value)
            self.refuse_constant(variable)
        self.write(variable, value)

    def refuse_constant(self, variable: Variable) -> None:
        """A constant is to be changed: unless `eval` declared another variable, or it is locked, which comes first."""
        refuse = [place(pyast.Expr(self.call("_constant", self.const(variable.name))), self.loc)]
        if variable.is_cell:
            refuse.insert(0, place(pyast.Expr(self.attribute(self.name(variable.py), "v")), self.loc))
        if self.dynamic:
            self.when(self.compare(self.const(variable.name), (pyast.NotIn(), self.name("_dyn"))), refuse)
        else:
            self.out.extend(refuse)

    def check_foreign(self, variable: Variable) -> None:
        """The host's variable must exist and must not be a constant (unless `eval` declared one of that name)."""
        if variable.kind != "external":
            refuse = place(pyast.Expr(self.call("_constant", self.const(variable.name))), self.loc)
            self.when(self.foreign_constant(variable), [refuse])
            return
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
            return self.service(self.dynamic_store, self.name("_dyn"), self.const(node.name), value)
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
        first, root = node, chain_root(node)
        if isinstance(root, nodes.This):
            if self.this_is_cell and first is not root and self.program.info.constant_receivers:
                self.watching = (first, root, value)
            return
        if not isinstance(root, nodes.Variable):
            return
        if self.dynamic and not root.namespace:
            self.watch_dynamic_root(first, root, value)
            return
        variable = self.program.info.bindings.get(id(root))
        names_function = variable is None and not self.dynamic and self.program.has_function(root.name)
        if root.namespace or names_function or (variable is not None and variable.constant):
            if first is root:
                self.loc = root.span[:2]
                if root.namespace:
                    self.evaluate(self.module_variable(root, owned=False))
                    self.at(root.name_span or root.span)
                elif variable is not None:
                    self.refuse_constant(variable)
                    return
                self.evaluate(self.call("_constant", self.const(root.name)))
            else:
                self.watching = (first, root, value)
        elif variable is not None and variable.foreign:
            if first is root:
                self.loc = first.span[:2]
                self.check_foreign(variable)
            else:
                self.watching = (first, root, value)

    def watch_dynamic_root(self, first: nodes.Node, root: nodes.Variable, value: pyast.expr) -> None:
        """As `watch_root`, where `eval` may have declared a variable or constant of that name."""
        if first is not root:
            self.watching = (first, root, value)
            return
        self.loc = root.span[:2]
        refused = place(pyast.Expr(self.call("_constant", self.const(root.name))), self.loc)
        self.when(self.constant_here(root), [refused])
        variable = self.program.info.bindings.get(id(root))
        if variable is not None and variable.kind == "external":
            self.check_foreign(variable)

    def compound_assignment(self, node: nodes.Assign) -> None:
        """`target op= value`: the value first, then the target is read, changed, and written back."""
        if isinstance(node.target, nodes.This) and not (self.this_is_bound or self.is_sure(node.value)):
            self.at(node.target.span)
            self.evaluate(self.this_value())  # an unbound `this` is found before the value
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
        if not (isinstance(value, pyast.Constant) or (self.is_own_name(node.value, value) and _is_steady(target))):
            value = self.spill(value)
        self.watch_root(target, value)
        if isinstance(target, (nodes.Property, nodes.Index)) and target.null_safe:
            self.null_safe_compound(node, target, value)
            return
        self.compound_place(node, value)

    def is_own_name(self, node: nodes.Node, value: pyast.expr) -> bool:
        """Is the value a variable that only statements of this function can put another value into?"""
        return isinstance(value, pyast.Name) and self.is_local(node) and not self.dynamic

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
        self.expect_target(node, value)
        self.creating = value if isinstance(target, (nodes.Property, nodes.Index)) else None
        load, store = self.place_of(target)
        self.at(node.op_span)
        old = load()
        if id(target) in self.present:
            self.note_creation(node, old, value)
        else:
            old = self.spill(old)
        self.creating = None
        if isinstance(target, nodes.This) and self.this_is_cell and self.program.info.constant_receivers:
            self.at(target.span)
            self.evaluate(self.service("_check_this", self.name("_this")))
        self.at(node.op_span)
        pair = (target, node.value)
        new = self.arithmetic(op, old, value, self.number_type(target), self.type(node.value), pair, at=True)
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
            self.refuse_constant(variable)
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
            target = self.slot(variable.py)
            general = [place(pyast.Assign([target], general_call), self.loc)]
        target = self.slot(variable.py)
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


def _is_steady(place: nodes.Node) -> bool:
    """Is nothing assigned while the place is found?"""
    while isinstance(place, (nodes.Property, nodes.Index)):
        if isinstance(place, nodes.Index) and type(place.index) not in LEAVES:
            return False
        place = place.target
    return type(place) in LEAVES


def _null_safe_target(node: nodes.Property | nodes.Index) -> bool:
    return node.null_safe
