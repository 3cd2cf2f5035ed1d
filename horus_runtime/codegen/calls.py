"""Calls: script functions, natives, function pointers, closures, and the forms the language itself defines."""

from __future__ import annotations

import ast as pyast
from typing import Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import FunctionInfo, Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import contains, walk
from horus_runtime.codegen.emitter import LOAD, place
from horus_runtime.codegen.pointers import Pointers
from horus_runtime.optimize.values import LOST_CLOSURE, is_inserted
from horus_runtime.runtime.abi import THIS_CELL, THIS_NONE
from horus_runtime.source import Span

TYPE_NAMES: Final = {
    ty.INT: "i64",
    ty.FLOAT: "f64",
    ty.BOOL: "bool",
    ty.STR: "string",
    ty.CHAR: "char",
    ty.ARRAY: "array",
    ty.MAP: "map",
    ty.BLOB: "blob",
}
"""Types that choose a native's overload at compile time."""

_DECLARING: Final = frozenset({nodes.Let, nodes.For})


class Calls(Pointers):
    """Compiles calls of one function variant."""

    # ---- f(a, b) ----------------------------------------------------------------------------------------------------

    def expr_Call(self, node: nodes.Call, _owned: bool) -> pyast.expr:
        if node.namespace:
            return self.module_call(node, node.namespace, node.name, node.args)
        if node.name == LOST_CLOSURE:
            self.at(node.span)
            return self.call("_lost_closure")
        special = getattr(self, f"special_{node.name}", None)
        if special is not None and not (node.captures_scope and node.name == "call"):
            compiled: pyast.expr | None = special(node)
            if compiled is not None:
                return compiled
        if node.captures_scope:
            return self.capturing_call(node)
        meta = self.program.function(node.name, len(node.args))
        if meta is not None:
            return self.script_call(node, meta)
        return self.native_call(node)

    def script_call(self, node: nodes.Call, info: FunctionInfo) -> pyast.expr:
        """A function of this script, called directly; arguments are borrowed, the callee copies what it changes."""
        args = self.call_operands(node.args)
        args = [self.unalias(arg, item) for arg, item in zip(args, node.args, strict=True)]
        arg_types = tuple(self.type(arg) for arg in node.args)
        self.at(node.span)
        if id(node) == self.wanted:
            value = self.made_by_function(node, info, args)
            if value is not None:
                return value
        if not info.uses_this and self.may_inline(info):
            value = self.inlined_call(info, self.program.variant(info, arg_types), args)
            if value is not None:
                return value
        target = self.program.variant_name(info, arg_types)
        self.at(node.span)
        args.insert(0, self.next_level(checked=self.program.checks_depth(info)))
        if self.program.this_mode(info) != THIS_NONE:
            args.insert(0, self.unbound(self.program.this_mode(info)))
        return self.call(target, *args)

    def call_operands(self, items: tuple[nodes.Node, ...], *, owned: bool = False) -> list[pyast.expr]:
        """Arguments of a call by name: a bare variable in the first place is read last, as Rhai does."""
        if len(items) > 1 and isinstance(items[0], nodes.Variable):
            rest = self.operands(items[1:], owned=owned)
            if not self.is_sure(items[0]):
                rest = [arg if self.is_stable(arg) else self.spill(arg) for arg in rest]
            return [self.expr(items[0], owned=owned), *rest]
        return self.operands(items, owned=owned)

    def unalias(self, expr: pyast.expr, node: nodes.Node) -> pyast.expr:
        """A captured variable may change while the callee holds it: hand over a copy."""
        if isinstance(node, nodes.Variable):
            variable = self.program.info.bindings.get(id(node))
            if variable is not None and not variable.is_cell and variable.kind != "external":
                return expr
        elif not isinstance(node, (nodes.Property, nodes.Index, nodes.This)):
            return expr
        return self.own(expr, self.type(node))

    def unbound(self, mode: int) -> pyast.expr:
        """What a function gets as `this` when it is called without an object."""
        missing = self.name("_MISSING")
        return self.call("_Cell", missing) if mode == THIS_CELL else missing

    def next_level(self, *, checked: bool = True) -> pyast.expr:
        """The level of a call; where calls could be too deep, Python's own `IndexError` says so."""
        config = self.program.config
        if self.is_main and not config.has_parent and config.max_call_levels:
            return self.const(1)
        if not checked:
            return self.binop(self.level(), pyast.Add(), self.const(1))
        return self.subscript(self.name(self.use("_deeper")), self.level())

    def native_call(self, node: nodes.Call) -> pyast.expr:
        """A function that the script does not define."""
        name, count = node.name, len(node.args)
        table = self.program.config.table
        owned = self.program.keeps_arguments(name, count)
        if count and isinstance(node.args[0], nodes.Variable) and node.args[0].namespace:
            return self.native_on_constant(node)
        if count and table.may_replace(name, count) and isinstance(node.args[0], nodes.Variable):
            return self.native_by_reference(node)
        if count and isinstance(node.args[0], nodes.This) and not table.is_pure(name, count):
            return self.native_on_this(node)
        args = self.native_args(node.args, owned, table.is_pure(name, count))
        self.at(node.span)
        bound = self.bound_call(node, args)
        if bound is not None:
            return bound
        if self.program.config.has_parent:
            return self.service("_call_named", self.home(), self.level(), self.const(name), *args)
        if not args:
            return self.service("_native", self.level(), self.const(name))
        return self.call(self.program.use_site("native_site", name, count), self.level(), *args)

    def bound_call(self, node: nodes.Call, args: list[pyast.expr]) -> pyast.expr | None:
        """A standard function without effects, chosen by types that are all known."""
        types = tuple(TYPE_NAMES.get(self.type(arg) & ty.LOW, "") for arg in node.args)
        if not types or "" in types or self.program.overridden(node.name, len(args), self.type(node.args[0])):
            return None
        native = self.program.native(node.name, types)
        if native is None or native.ref or native.callbacks or not native.pure:
            return None
        if node.name == "sqrt" and types == ("f64",):
            return self.root_of(args[0])
        return self.call(self.program.use_native(node.name, types), *args)

    def root_of(self, value: pyast.expr) -> pyast.expr:
        """The square root of a FLOAT: Python's own unless it is negative or NaN."""
        first, again = self.atom(value)
        regular = self.compare(first, (pyast.GtE(), self.const(0.0)))
        general = self.call(self.program.use_native("sqrt", ("f64",)), again)
        return self.choose(regular, self.call("_sqrt", again), general)

    def native_args(self, items: tuple[nodes.Node, ...], owned: bool, pure: bool) -> list[pyast.expr]:
        """Arguments of a native: the first one borrowed, the others its own where it may keep them."""
        args = self.call_operands(items)
        if items and isinstance(items[0], nodes.Variable):
            variable = self.program.info.bindings.get(id(items[0]))
            if variable is not None and (variable.constant or variable.is_cell or variable.kind == "external"):
                # A constant or shared first argument is only changed as a copy.
                args[0] = args[0] if pure else self.own_if_fixed(variable, args[0], self.type(items[0]))
        elif items and not pure and self.is_borrowed(items[0]):
            args[0] = self.own(args[0], self.type(items[0]))
        if owned:
            args[1:] = [
                self.own(arg, self.type(item)) if self.is_borrowed(item) else arg
                for arg, item in zip(args[1:], items[1:], strict=True)
            ]
        return args

    def own_if_fixed(self, variable: Variable, value: pyast.expr, t: int) -> pyast.expr:
        """A copy of a variable's value, unless it is a cell that no closure has captured yet."""
        if variable.kind == "external" and not (variable.is_cell or self.dynamic):
            value = value if isinstance(value, pyast.Name) else self.spill(value)
            return self.choose(self.foreign_constant(variable), self.own(value, t), value)
        if variable.constant or not variable.is_cell:
            return self.own(value, t)
        value = value if isinstance(value, pyast.Name) else self.spill(value)
        return self.choose(self.is_fixed(variable, self.cell_of(variable)), self.own(value, t), value)

    def is_fixed(self, variable: Variable, cell: pyast.expr) -> pyast.expr:
        """Is the cell of a variable shared, or that of a constant of the host or of `eval`?"""
        shared = self.attribute(cell, "shared")
        if variable.kind != "external" and not self.dynamic:
            return shared
        return self.either(shared, self.attribute(cell, "constant"))

    def cell_of(self, variable: Variable) -> pyast.expr:
        """The cell that a variable lives in, under a name."""
        cell = self.capture_source(variable)
        return cell if isinstance(cell, pyast.Name) else self.spill(cell)

    @staticmethod
    def is_borrowed(node: nodes.Node) -> bool:
        """Does the expression yield a value that something else still holds?"""
        return not isinstance(
            node,
            (nodes.Call, nodes.MethodCall, nodes.Binary, nodes.ArrayLit, nodes.MapLit, nodes.Closure, nodes.Template),
        ) or (isinstance(node, nodes.Binary) and node.op == "??")

    def native_by_reference(self, node: nodes.Call) -> pyast.expr:
        """`trim(s)` with a bare variable: the native may put another value into it."""
        variable = self.program.info.bindings.get(id(node.args[0]))
        rest = [arg if self.is_stable(arg) else self.spill(arg) for arg in self.operands(node.args[1:], owned=True)]
        self.at(node.args[0].span)
        value = self.expr(node.args[0])
        if variable is None or variable.kind == "external" or self.dynamic:
            value = self.spill(value)  # fails when there is no such variable
        self.at(node.span)
        cell = self.temp()
        fixed = variable is None or variable.constant or variable.is_cell
        flag = self.host_flag(variable) if variable is not None and not fixed else None
        if fixed or flag is not None:
            owned = self.own(value, self.type(node.args[0]))
            value = owned if flag is None else self.choose(flag, owned, value)
        holder = self.call("_Cell", value)
        if variable is not None and variable.is_cell and not variable.constant:
            own = self.cell_of(variable)
            holder = self.choose(self.is_fixed(variable, own), holder, own)
        self.assign(cell, holder)
        result = self.spill(self.service("_native_ref", self.level(), self.const(node.name), self.name(cell), *rest))
        if variable is not None and not fixed:
            self.write_unless(flag, variable, self.cell_value(cell))
        return result

    def host_flag(self, variable: Variable) -> pyast.expr | None:
        """Whether a variable of the host, which lives in no cell, is a constant."""
        return self.foreign_constant(variable) if variable.kind == "external" and not self.dynamic else None

    def write_unless(self, constant: pyast.expr | None, variable: Variable, value: pyast.expr) -> None:
        """Store what a native has made of a variable."""
        outer, self.out = self.out, []
        self.write(variable, value)
        writes, self.out = self.out, outer
        if constant is None:
            self.out += writes
        else:
            self.when(self.negate(constant), writes)

    def native_on_this(self, node: nodes.Call) -> pyast.expr:
        """`push(this, 1)`: natives get `this` by reference in this form, too."""
        this, *rest = node.args
        items = [arg if self.is_stable(arg) else self.spill(arg) for arg in self.operands(tuple(rest), owned=True)]
        self.at(this.span)
        value = self.this_value()
        if self.this_is_cell:
            self.evaluate(value)
            value = self.name("_this")
        self.at(node.span)
        return self.service("_native_on_this", self.home(), self.level(), self.const(node.name), value, *items)

    def native_on_constant(self, node: nodes.Call) -> pyast.expr:
        """`push(m::list, 1)`: what a module offers is refused to natives that would change it."""
        value, *rest = self.call_operands(node.args, owned=True)
        self.at(node.span)
        cell = self.call("_Cell", value, self.const(True))
        return self.service("_native_ref", self.level(), self.const(node.name), cell, *rest)

    def write(self, variable: Variable, value: pyast.expr) -> None:
        raise NotImplementedError

    # ---- a::b::f(x) -------------------------------------------------------------------------------------------------

    def module_call(
        self, node: nodes.Node, path: tuple[str, ...], name: str, items: tuple[nodes.Node, ...]
    ) -> pyast.expr:
        """A function of a module, imported or static."""
        operands = self.call_operands if isinstance(node, nodes.Call) else self.operands
        args = operands(items, owned=True)
        self.at(getattr(node, "name_span", None) or node.span)
        self.program.places[self.loc] = node.span.start
        return self.service("_module_call", self.home(), self.level(), self.path(path), self.const(name), *args)

    # ---- language forms ---------------------------------------------------------------------------------------------

    def special_print(self, node: nodes.Call) -> pyast.expr | None:
        if len(node.args) > 1:
            return None
        args = self.operands(node.args)
        self.at(node.span)
        return self.service("_print", *args)

    def special_debug(self, node: nodes.Call) -> pyast.expr | None:
        if len(node.args) > 1:
            return None
        args = self.operands(node.args)
        self.at(node.span)
        where = self.tuple_of([self.const(node.span.line), self.const(node.span.column)])
        return self.service("_debug", self.const(self.program.source_name), where, *args)

    def special_type_of(self, node: nodes.Call) -> pyast.expr | None:
        if len(node.args) != 1:
            return None
        args = self.operands(node.args)
        self.at(node.span)
        return self.service("_type_of", *args)

    def special_Fn(self, node: nodes.Call) -> pyast.expr | None:
        if len(node.args) != 1:
            return None
        return self.service("_make_pointer", self.text_operand(node.args[0]))

    def text_operand(self, item: nodes.Node) -> pyast.expr:
        """The text for a function of the language; a captured variable in its cell, whose type errors then name."""
        value = self.operands((item,))[0]
        variable = self.program.info.bindings.get(id(item))
        captured = variable is not None and variable.is_cell and variable.kind != "missing"
        if variable is not None and captured and not self.is_inlined(variable):
            self.evaluate(value)
            value = self.capture_source(variable)
        self.at(self.operand_span(item))
        return value

    def special_call(self, node: nodes.Call) -> pyast.expr | None:
        if not node.args:
            return None
        args = self.pointer_operands(node.args)
        self.at(node.span)
        self.program.places[self.loc] = self.operand_span(node.args[0]).start
        return self.service("_call_pointer", self.level(), *args)

    def special_curry(self, node: nodes.Call) -> pyast.expr | None:
        if len(node.args) < 2:
            return None
        args = self.pointer_operands(node.args)
        self.at(self.operand_span(node.args[0]))
        return self.service("_curry", *args)

    def pointer_operands(self, items: tuple[nodes.Node, ...]) -> list[pyast.expr]:
        """A function pointer and its arguments; whether it is one is asked before these can go wrong."""
        if all(map(self.is_sure, items[1:])) or isinstance(items[0], nodes.Closure):
            return self.operands(items, owned=True)
        pointer = self.spill(self.expr(items[0], owned=True))
        self.at(self.operand_span(items[0]))
        self.evaluate(self.service("_check_pointer", pointer))
        return [pointer, *self.operands(items[1:], owned=True)]

    def special_is_shared(self, node: nodes.Call) -> pyast.expr | None:
        if len(node.args) != 1:
            return None
        return self.shared_test(node.args[0], node.span)

    def is_inlined(self, variable: Variable) -> bool:
        """Does Rhai put the value of a constant where it is used? Then nothing of it is shared or locked."""
        node = self.fn.node
        captured = isinstance(node, nodes.Closure) and node.captures_constants and variable.is_cell
        return self.program.config.optimized and not captured and is_inserted(variable.initial)

    def target(self, node: nodes.Node) -> pyast.expr:
        """The object before a dot or bracket, borrowed."""
        raise NotImplementedError

    def shared_test(self, item: nodes.Node, span: Span) -> pyast.expr:
        variable = self.program.info.bindings.get(id(item))
        value = self.target(item)
        if self.dynamic and isinstance(item, nodes.Variable) and not item.namespace:
            return self.dynamic_shared_test(item, value, variable)
        if variable is not None and variable.kind == "external":
            self.evaluate(value)
        self.at(span)
        if variable is not None and self.is_inlined(variable):
            return self.const(False)
        if isinstance(item, nodes.Variable) and variable is not None and variable.is_cell:
            return self.attribute(self.name(variable.py), "shared")
        self.evaluate(value)
        return self.const(False)

    def dynamic_shared_test(self, item: nodes.Variable, value: pyast.expr, variable: Variable | None) -> pyast.expr:
        """As `shared_test`, where `eval` may have declared the variable."""
        self.evaluate(value)
        if variable is None:
            return self.attribute(self.call("_external_cell", self.name("_dyn"), self.const(item.name)), "shared")
        return self.attribute(self.capture_source(variable), "shared")

    def special_is_def_fn(self, node: nodes.Call) -> pyast.expr | None:
        if len(node.args) not in (2, 3):
            return None
        args = self.operands(node.args)
        self.at(node.span)
        return self.service("_is_def_fn", self.home(), *args)

    def special_is_def_var(self, node: nodes.Call) -> pyast.expr | None:
        if len(node.args) != 1:
            return None
        arg = self.text_operand(node.args[0])
        names = self.visible_names(node)
        dynamic = self.name("_dyn") if self.dynamic else self.const(None)
        return self.service("_is_def_var", arg, names, dynamic)

    def visible_names(self, node: nodes.Call) -> pyast.expr:
        """(name, value) pairs of what is visible; a host variable counts only when it exists."""
        pairs = [self.tuple_of([self.const(v.name), self.name(v.py)]) for v in self.visible(node)]
        scope = self.name("_scope") if self.is_main else self.const(None)
        return self.tuple_of([scope, *pairs])

    def visible(self, node: nodes.Node) -> list[Variable]:
        """Variables visible at the node that already have a value, latest declaration of each name last."""
        found: dict[str, Variable] = {}
        for variable in (*self.fn.captures, *self.fn.literals, *self.fn.visible.get(id(node), ())):
            found.pop(variable.name, None)
            found[variable.name] = variable
        return [v for v in found.values() if v.py]

    fn: FunctionInfo

    def special_eval(self, node: nodes.Call) -> pyast.expr | None:
        if len(node.args) != 1:
            return None
        arg = self.text_operand(node.args[0])
        is_global = id(node) in self.fn.global_evals and self.program.keeps_globals and not self.program.config.rewind
        eval_here = "_eval_globally" if is_global else "_eval"
        return self.service(eval_here, self.home(), self.next_level(checked=False), self.refreshed_scope(node), arg)

    def refreshed_scope(self, node: nodes.Node) -> pyast.expr:
        """The dynamic scope of this function with the visible static variables put in as cells."""
        pairs = [self.tuple_of([self.const(v.name), self.name(v.py), self.constness(v)]) for v in self.visible(node)]
        scope = self.name("_scope") if self.is_main else self.const(None)
        return self.service("_see", scope, self.name("_dyn"), self.tuple_of(pairs))

    def capturing_call(self, node: nodes.Call) -> pyast.expr:
        """`f!(x)`: run `f` with this function's variables visible."""
        first = self.program.info.bindings.get(id(node.args[0])) if node.args else None
        known = first is not None and first.kind not in ("external", "missing")
        # Where there are no variables at all, Rhai makes it a plain call.
        in_order = known or node.name == "call" or contains(self.fn.node, _DECLARING) or bool(self.fn.params)
        args = (self.operands if in_order else self.call_operands)(node.args, owned=True)
        if node.name == "call" and args:
            args = [arg if self.is_stable(arg) else self.spill(arg) for arg in args]
            self.at(self.operand_span(node.args[0]))
            self.evaluate(self.service("_check_pointer", args[0]))
        self.at(node.span)
        args = [arg if self.is_stable(arg) else self.spill(arg) for arg in args]  # what they declare is seen as well
        scope = self.refreshed_scope(node)
        return self.service("_call_in_scope", self.home(), self.level(), scope, self.const(node.name), *args)

    # ---- closures ---------------------------------------------------------------------------------------------------

    def expr_Closure(self, node: nodes.Closure, _owned: bool) -> pyast.expr:
        info = self.program.info.closures[id(node)]
        name = self.program.closure(info)
        cells = []
        for source, span in zip(info.capture_sources, info.capture_spans, strict=True):
            self.at(span)
            cells.append(self.call("_share", self.capture_source(source), self.const(source.name)))
        self.at(node.span)
        home: pyast.expr = place(pyast.Attribute(self.home(), "program", LOAD), self.loc)
        direct = self.program.this_mode(info) == THIS_NONE
        function = self.name(self.program.closure_maker(info)) if direct else self.const(None)
        token = self.name(self.program.use_token(len(node.params)))
        keep = []
        if direct and any(_names_module(part) for part in walk(node.body)):
            keep = [self.name(self.use("_keep_imports"))]
        leaf = cells and direct and not keep and self.program.is_leaf(info)
        maker = "_leaf" if leaf else "_closure"
        return self.call(maker, self.const(name), self.tuple_of(cells), home, function, token, *keep)

    def capture_source(self, source: Variable) -> pyast.expr:
        """The cell of a variable to be captured; `eval` may have declared one of that name."""
        static = self.name(source.py)
        if source.kind == "missing":
            static = self.service("_unknown_cell", self.home(), self.const(source.name))
        if not self.dynamic:
            return static
        found = self.compare(self.const(source.name), (pyast.In(), self.name("_dyn")))
        return self.choose(found, self.call("_external_cell", self.name("_dyn"), self.const(source.name)), static)


def _names_module(node: nodes.Node) -> bool:
    """Is this a call or a variable of a module?"""
    return isinstance(node, (nodes.Call, nodes.Variable)) and bool(node.namespace)
