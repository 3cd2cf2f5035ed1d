"""Places: reading, checking and writing what a variable, a property or an index stands for."""

from __future__ import annotations

import ast as pyast
from collections.abc import Callable

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import chain_root
from horus_runtime.codegen.chains import Chains, fault_operand, links_of
from horus_runtime.codegen.emitter import STORE, place
from horus_runtime.runtime.abi import Fault
from horus_runtime.source import Span


class Places(Chains):
    """Compiles the places of one function variant."""

    def is_constant_root(self, node: nodes.Node) -> bool:
        node = chain_root(node)
        if isinstance(node, nodes.This):
            return self.is_main or self.this_is_cell
        variable = self.program.info.bindings.get(id(node))
        return variable is None or variable.constant or variable.is_cell or variable.kind == "external" or self.dynamic

    def place_of(self, node: nodes.Node) -> tuple[Callable[[], pyast.expr], Callable[[pyast.expr], None]]:
        """How to read a place and how to store into it; indices and containers are evaluated once, now."""
        links = links_of(node)
        if len(links) > 1 and id(node) not in self.prepared and self.order_shows(links):
            waiting = self.creating, self.watching  # places in arguments and indices are not meant
            self.creating = self.watching = None
            for link in links:
                self.prepare(link)
            self.creating, self.watching = waiting
        if isinstance(node, nodes.Variable):
            return self.variable_place(node)
        if isinstance(node, nodes.This):
            return self.this_place(node)
        if isinstance(node, nodes.Index):
            return self.index_place(node)
        assert isinstance(node, nodes.Property)
        return self.property_place(node)

    def variable_place(self, node: nodes.Variable) -> tuple[Callable[[], pyast.expr], Callable[[pyast.expr], None]]:
        variable = self.program.info.bindings.get(id(node))

        def load() -> pyast.expr:
            return self.expr(node)

        def store(value: pyast.expr) -> None:
            self.at(node.span)
            if variable is not None and variable.constant and not node.namespace:
                self.write(variable, value)
            else:
                self.write_checked(variable, node, value)

        return load, store

    def write(self, variable: Variable, value: pyast.expr) -> None:
        """Assign to a variable without asking."""
        raise NotImplementedError

    def write_checked(self, variable: Variable | None, node: nodes.Variable, value: pyast.expr) -> None:
        """Assign to a variable, or raise what assigning to such a name raises."""
        raise NotImplementedError

    def this_place(self, node: nodes.This) -> tuple[Callable[[], pyast.expr], Callable[[pyast.expr], None]]:
        def load() -> pyast.expr:
            self.at(node.span)
            return self.this_value()

        def store(value: pyast.expr) -> None:
            self.at(node.span)
            if self.this_is_cell:
                self.evaluate(self.service("_check_this", self.name("_this")))
                self.assign_cell("_this", value)
            elif self.is_main:
                self.evaluate(self.call("_unbound"))

        return load, store

    def index_place(self, node: nodes.Index) -> tuple[Callable[[], pyast.expr], Callable[[pyast.expr], None]]:
        creating, self.creating = self.creating, None
        watched, self.watching = self.watching, None
        ready = self.prepared.get(id(node))
        index = ready[0] if ready is not None else self.names(self.expr(node.index))[0]
        load_target, store_target = self.place_or_value(node.target)
        target = self.names(load_target())[0]
        t = self.type(node.target)
        plain = not t & (ty.STR | ty.INT | ty.OTHER)
        self.container = target
        self.entry = (target, index) if t & ty.MAP else None
        if watched is not None:
            self.check_slot(watched, target, index, node)

        def load() -> pyast.expr:
            if creating is not None:
                self.evaluate_update(t, target, index, node, creating)
            return self.get_index(target, index, node)

        def store(value: pyast.expr) -> None:
            if self.feeding:
                self.evaluate(self.service("_feed_index", target, index, value))
            elif ty.is_only(t, ty.ARRAY) and ty.is_only(self.type(node.index), ty.INT):
                self.fast_store(target, index, value, node)
            elif ty.is_only(t, ty.MAP) and ty.is_only(self.type(node.index), ty.STR):
                self.map_store(target, index, value, node)
            elif self.rare:
                self.slow_store(target, index, self.spill_if_complex(value), node, None if plain else store_target)
            elif ty.is_only(t, ty.MAP) and self.type(node.index) & ty.STR and not self.program.config.exact_sizes:
                self.guarded_map_store(target, index, self.spill_if_complex(value), node)
            elif t & ty.ARRAY and self.type(node.index) & ty.INT:
                self.guarded_store(target, index, self.spill_if_complex(value), node, store_target)
            else:
                self.slow_store(target, index, self.spill_if_complex(value), node, None if plain else store_target)
            self.feed_back(node.target, target, store_target)

        return load, store

    def evaluate_update(
        self, t: int, target: pyast.expr, index: pyast.expr, node: nodes.Index, value: pyast.expr
    ) -> None:
        """What a compound assignment does first: a missing property is created, a missing indexer is found out."""
        if t & ty.MAP:
            self.evaluate(self.service("_touch", target, index))
        if not ty.mask(t) & ~(ty.ARRAY | ty.MAP | ty.STR | ty.INT | ty.BLOB):
            return
        self.at(node.bracket_span)
        check = place(pyast.Expr(self.service("_check_indexer", target, index, value)), self.loc)
        if ty.mask(t) & (ty.ARRAY | ty.MAP):
            usual = pyast.BoolOp(pyast.Or(), [self.type_is(target, "list"), self.type_is(target, "dict")])
            self.when(self.negate(place(usual, self.loc)), [check])
        else:
            self.out.append(check)

    def check_slot(
        self,
        watched: tuple[nodes.Node, nodes.Variable | nodes.This, pyast.expr],
        target: pyast.expr,
        key: pyast.expr,
        node: nodes.Property | nodes.Index,
    ) -> None:
        """Refuse to replace what a constant holds."""
        first, root, value = watched
        self.loc = first.span[:2]
        span = node.name_span if isinstance(node, nodes.Property) else node.bracket_span
        where = self.tuple_of([self.const(span.line), self.const(span.column)])
        args = (target, key, value, where if isinstance(node, nodes.Property) else self.const(None))
        if isinstance(root, nodes.This):
            refuse = place(pyast.Expr(self.service("_constant_slot", self.const(""), *args)), self.loc)
            self.when(self.attribute(self.name("_this"), "constant"), [refuse])
            return
        refuse = place(pyast.Expr(self.service("_constant_slot", self.const(root.name), *args)), self.loc)
        variable = self.program.info.bindings.get(id(root))
        if self.dynamic and not root.namespace:
            self.when(self.constant_here(root), [refuse])
        elif root.namespace or variable is None or not variable.foreign:
            self.out.append(refuse)
        else:
            self.when(self.foreign_constant(variable), [refuse])

    def constant_here(self, root: nodes.Variable) -> pyast.expr:
        """Is the variable a constant, in code where `eval` may have declared one of that name?"""
        variable = self.program.info.bindings.get(id(root))
        external = variable is not None and variable.kind == "external"
        scope = self.name("_scope") if external else self.const(None)
        if variable is None:
            static: pyast.expr = self.const(self.program.has_function(root.name))
        else:
            static = self.const(None) if external else self.constness(variable)
        return self.service("_constant_here", self.name("_dyn"), scope, self.const(root.name), static)

    def place_or_value(self, node: nodes.Node) -> tuple[Callable[[], pyast.expr], Callable[[pyast.expr], None]]:
        known = self.known.get(id(node))
        if known is not None or (isinstance(node, nodes.Variable) and node.namespace):
            return (lambda: known or self.expr(node, owned=True)), (lambda _value: None)
        if isinstance(node, (nodes.Variable, nodes.This, nodes.Index, nodes.Property)):
            return self.place_of(node)
        return (lambda: self.expr(node)), (lambda _value: None)

    def index_error_span(self, node: nodes.Index) -> Span:
        return self.operand_span(node.index)

    def fast_store(self, target: pyast.expr, index: pyast.expr, value: pyast.expr, node: nodes.Index) -> None:
        value = self.spill_if_complex(value) if isinstance(value, pyast.NamedExpr) else value
        self.at(self.index_error_span(node))
        self.program.faults[(self.py_name, *self.loc)] = Fault("index", (fault_operand(target), fault_operand(index)))
        slot = place(pyast.Subscript(target, index, STORE), self.loc)
        self.emit(pyast.Assign([slot], value))

    def map_store(self, target: pyast.expr, index: pyast.expr, value: pyast.expr, node: nodes.Index) -> None:
        """A property set by index; the map's size is checked when it may have grown."""
        self.at(self.index_error_span(node))
        slot = place(pyast.Subscript(target, index, STORE), self.loc)
        self.emit(pyast.Assign([slot], value))
        if self.program.config.exact_sizes:
            self.evaluate(self.service("_check_map", self.call("len", target), self.const(1)))
            return
        too_many = self.compare(self.call("len", target), (pyast.Gt(), self.name(self.use("_safe_map"))))
        self.when(too_many, [place(pyast.Expr(self.service("_sized", target)), self.loc)])

    def slow_store(
        self,
        target: pyast.expr,
        index: pyast.expr,
        value: pyast.expr,
        node: nodes.Index,
        store_target: Callable[[pyast.expr], None] | None,
    ) -> None:
        self.at(self.index_error_span(node))
        bracket = self.tuple_of([self.const(node.bracket_span.line), self.const(node.bracket_span.column)])
        where = self.tuple_of([self.const(part) for part in self.assign_loc])
        service = "_store_back" if self.rare else "_store_index"
        stored = self.service(service, target, index, value, bracket, where)
        if store_target is None:
            self.evaluate(stored)
            return
        new = self.spill(stored)
        self.write_back(new, target, store_target)

    def write_back(self, new: pyast.expr, old: pyast.expr, store_target: Callable[[pyast.expr], None]) -> None:
        """Store a replaced string, int or host value into the place it came from."""
        outer, self.out = self.out, []
        rare, self.rare = self.rare, True
        dynamic, self.dynamic_store = self.dynamic_store, "_dyn_put"
        store_target(new)
        self.rare, self.dynamic_store = rare, dynamic
        writes, self.out = self.out, outer
        if writes:
            self.when(self.compare(new, (pyast.IsNot(), old)), writes)

    rare = False
    """What is stored next is seldom stored: no code for speed."""
    dynamic_store = "_dyn_store"
    """The service that stores what `eval` may have declared."""

    def guarded_store(
        self,
        target: pyast.expr,
        index: pyast.expr,
        value: pyast.expr,
        node: nodes.Index,
        store_target: Callable[[pyast.expr], None],
    ) -> None:
        outer, self.out = self.out, []
        self.fast_store(target, index, value, node)
        fast, self.out = self.out, []
        self.slow_store(target, index, value, node, store_target)
        slow, self.out = self.out, outer
        self.at(self.index_error_span(node))
        test = self.type_is(target, "list")
        if not ty.is_only(self.type(node.index), ty.INT):
            test = self.both(test, self.type_is(index, "int"))
        self.when(test, fast, slow)

    def guarded_map_store(self, target: pyast.expr, index: pyast.expr, value: pyast.expr, node: nodes.Index) -> None:
        """A property of a map set by an index that is probably a string."""
        outer, self.out = self.out, []
        self.map_store(target, index, value, node)
        fast, self.out = self.out, []
        self.slow_store(target, index, value, node, None)
        slow, self.out = self.out, outer
        self.at(self.index_error_span(node))
        self.when(self.type_is(index, "str"), fast, slow)

    assign_loc: tuple[int, int] = (1, 1)
    container: pyast.expr | None = None
    """What the place was looked up in that was asked for last, if that was an index."""
    entry: tuple[pyast.expr, pyast.expr] | None = None
    """What may be a map and the key of the place in it that was asked for last."""
    creating: pyast.expr | None = None
    """The value of a compound assignment whose target is the next place; a missing map property is created for it."""
    watching: tuple[nodes.Node, nodes.Variable | nodes.This, pyast.expr] | None = None
    """The next place is the target of an assignment through a constant: target, root, and value of that."""

    def property_place(self, node: nodes.Property) -> tuple[Callable[[], pyast.expr], Callable[[pyast.expr], None]]:
        creating, self.creating = self.creating, None
        watched, self.watching = self.watching, None
        load_target, store_target = self.place_or_value(node.target)
        target = self.names(load_target())[0]
        t = self.type(node.target)
        if creating and t & ty.MAP and ty.is_only(t, ty.MAP | ty.UNIT):
            sure = ty.MAP  # what was read before is no `()`
        else:
            sure = t
        key_fits = not self.program.config.exact_sizes
        self.entry = (target, self.const(node.name)) if t & ty.MAP else None
        if watched is not None:
            self.check_slot(watched, target, self.const(node.name), node)

        def load() -> pyast.expr:
            if id(node) in self.present:
                self.at(node.name_span)
                return self.subscript(target, self.const(node.name))
            if creating and t & ty.MAP and ty.is_only(t, ty.MAP | ty.UNIT):
                self.at(node.name_span)
                self.refuses("property", target, self.const(node.name))
                return self.call("_setdefault", target, self.const(node.name), self.const(None))
            if creating is not None and t & ty.MAP:
                self.at(node.name_span)
                key = self.const(node.name)
                fast = self.call("_setdefault", target, key, self.const(None))
                return self.choose(self.type_is(target, "dict"), fast, self.service("_get_property", target, key))
            return self.get_property(target, node)

        def store(value: pyast.expr) -> None:
            if self.feeding:
                self.at(node.name_span)
                self.evaluate(self.service("_feed_property", target, self.const(node.name), value))
                self.feed_back(node.target, target, store_target)
                return
            key = self.const(node.name)
            if ty.is_only(sure, ty.MAP) and key_fits:
                self.at(node.name_span)
                self.emit(pyast.Assign([place(pyast.Subscript(target, key, STORE), self.loc)], value))
                self.feed_back(node.target, target, store_target)
                return
            value = self.spill_if_complex(value)
            self.at(node.name_span)
            outer, self.out = self.out, []
            new = self.spill(self.service("_set_property", target, key, value))
            self.write_back(new, target, store_target)
            if self.program.config.exact_sizes:
                self.loc = self.assign_loc
                self.evaluate(self.service("_check_owner", target))
            slow, self.out = self.out, outer
            if t & ty.MAP and key_fits:
                slot = place(pyast.Subscript(target, key, STORE), self.loc)
                fast = place(pyast.Assign([slot], value), self.loc)
                self.when(self.type_is(target, "dict"), [fast], slow)
            else:
                self.out.extend(slow)
            self.feed_back(node.target, target, store_target)

        return load, store

    # What a property of the host's objects gives is a copy: when that was changed, it goes back by the setter.

    def feeds(self, node: nodes.MethodCall) -> bool:
        """Does the method change what a property of the host's objects may have given?"""
        if not self.program.config.host_properties or not isinstance(node.target, (nodes.Property, nodes.Index)):
            return False
        count = len(node.args)
        return self.program.has_method(node.name, count) or bool(
            self.program.config.table.may_change(node.name, count + 1)
        )

    def feed_back(self, node: nodes.Node, value: pyast.expr, store: Callable[[pyast.expr], None]) -> None:
        """Hand a value that was changed in place back to the object it may be a copy from."""
        if self.program.config.host_properties and isinstance(node, (nodes.Property, nodes.Index)):
            feeding, self.feeding = self.feeding, True
            store(value)
            self.feeding = feeding

    def fed_back(self, node: nodes.Node, value: pyast.expr, store: Callable[[pyast.expr], None]) -> list[pyast.stmt]:
        """As `feed_back`, as statements for another place."""
        outer, self.out = self.out, []
        self.feed_back(node, value, store)
        writes, self.out = self.out, outer
        return writes

    feeding = False
    """What is stored is the value that stands there already, changed in place."""
