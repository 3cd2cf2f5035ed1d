"""Access chains: properties, indices, methods; reading them and writing through them."""

from __future__ import annotations

import ast as pyast
from collections.abc import Callable
from typing import Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children
from horus_runtime.codegen.calls import TYPE_NAMES, Calls
from horus_runtime.codegen.emitter import STORE, place
from horus_runtime.runtime.abi import THIS_NONE, Fault
from horus_runtime.source import Span

CONTAINS_INLINE: Final = frozenset({("string", "string"), ("string", "char"), ("map", "string")})

LITERALS: Final = (nodes.IntLit, nodes.FloatLit, nodes.BoolLit, nodes.CharLit, nodes.StringLit, nodes.UnitLit)
PLACES: Final = (nodes.Variable, nodes.This, nodes.Property, nodes.Index)
"""Where values stand; all other expressions make values that nothing else holds."""
INT_OPERATORS: Final = frozenset({"+", "-", "*", "&", "|", "^", "<<", ">>", "..", "..="})

Link = nodes.Property | nodes.Index | nodes.MethodCall


class Chains(Calls):
    """Compiles access chains of one function variant."""

    py_name: str

    # ---- null-conditional links -------------------------------------------------------------------------------------

    def null_safe_chain(self, node: Link) -> pyast.expr | None:
        """A chain with `?.` or `?[` somewhere: once a value is `()`, the rest of the chain is skipped.

        Also used where the order of evaluation shows: Rhai evaluates the arguments of all links first, from left to
        right, then the object that the chain starts from.
        """
        if id(node) in self.split:
            return None
        if type(node) is nodes.Property and type(node.target) is nodes.Variable and not node.null_safe:
            return None  # the most frequent chain has no arguments
        links = _links(node)
        safe = [_is_safe(links, at) for at in range(len(links))]
        if not any(link.null_safe for link in links) and not self.order_shows(links):
            return None
        for link in links:
            self.split.add(id(link))
            self.prepare(link)
        result = self.walk_chain(node, links, safe)
        for link in links:
            self.split.discard(id(link))
            self.prepared.pop(id(link), None)
            self.known.pop(id(link.target), None)
        return result

    def order_shows(self, links: list[Link]) -> bool:
        """Could somebody tell that arguments are evaluated before the object of the chain?"""
        if len(links) == 1 and isinstance(links[0].target, nodes.Variable):
            if isinstance(links[0], nodes.MethodCall):
                return False
            if self.is_sure(links[0].target):
                return any(map(_has_effects, _arguments(links[0])))
            return any(not self.is_sure(arg) for arg in _arguments(links[0]))
        return any(_has_effects(arg) or not self.is_sure(arg) for link in links for arg in _arguments(link))

    def is_sure(self, node: nodes.Node) -> bool:
        """Can nothing but arithmetic go wrong when the node is evaluated?"""
        if isinstance(node, nodes.Closure):
            captured = self.program.info.closures[id(node)].capture_sources
            return not self.dynamic and all(source.kind not in ("external", "missing") for source in captured)
        if isinstance(node, LITERALS):
            return True
        if isinstance(node, nodes.Variable):
            variable = self.program.info.bindings.get(id(node))
            return variable is not None and variable.kind != "external" and not self.dynamic
        if isinstance(node, nodes.Binary):
            kinds = ty.INT if node.op in INT_OPERATORS else ty.NONE
            known = ty.is_only(self.type(node.left), kinds) and ty.is_only(self.type(node.right), kinds)
            return known and self.is_sure(node.left) and self.is_sure(node.right)
        return False

    def prepare(self, link: Link) -> None:
        """Evaluate the arguments or the index of a link now."""
        if isinstance(link, nodes.MethodCall):
            owned = self.program.keeps_arguments(link.name, len(link.args) + 1)
            self.prepared[id(link)] = [self.spill_unless_stable(a) for a in self.operands(link.args, owned)]
        elif isinstance(link, nodes.Index):
            self.prepared[id(link)] = [self.spill_unless_stable(self.expr(link.index))]

    def spill_unless_stable(self, expr: pyast.expr) -> pyast.expr:
        return expr if self.is_stable(expr) else self.spill(expr)

    def walk_chain(self, node: Link, links: list[Link], safe: list[bool]) -> pyast.expr:
        """The links one after the other, each null-safe one under a test."""
        if not any(safe):
            return self.expr(node)
        name = self.temp()
        self.assign(name, self.const(None))
        outer, self.out = self.out, []
        stack: list[list[pyast.stmt]] = []
        tests: list[pyast.expr] = []
        for link, is_safe in zip(links, safe, strict=True):
            if is_safe:
                value = self.spill(self.expr(link.target))
                self.known[id(link.target)] = value
                self.at(link.span)
                tests.append(self.compare(value, (pyast.IsNot(), self.const(None))))
                stack.append(self.out)
                self.out = []
        self.assign(name, self.expr(node))
        while stack:
            inner, self.out = self.out, stack.pop()
            self.when(tests.pop(), inner)
        inner, self.out = self.out, outer
        self.out.extend(inner)
        return self.name(name)

    prepared: dict[int, list[pyast.expr]]
    """Arguments and indices that were evaluated ahead of their chain."""

    def args_of(self, node: nodes.MethodCall, owned: bool = False) -> list[pyast.expr]:
        """The arguments of a method call."""
        ready = self.prepared.get(id(node))
        return ready if ready is not None else self.operands(node.args, owned)

    split: set[int]
    known: dict[int, pyast.expr]

    def target(self, node: nodes.Node) -> pyast.expr:
        """The object before a dot or bracket, borrowed."""
        return self.known.get(id(node)) or self.expr(node)

    # ---- reading ----------------------------------------------------------------------------------------------------

    def expr_Property(self, node: nodes.Property, owned: bool) -> pyast.expr:
        chain = self.null_safe_chain(node)
        if chain is not None:
            return self.own(chain, ty.ANY) if owned else chain
        module = self.module_path(node)
        if module is not None:
            self.at(node.name_span)
            return self.service("_module_variable", self.home(), self.path(module), self.const(node.name))
        target = self.target(node.target)
        value = self.get_property(target, node)
        return self.own(value, self.type(node)) if owned else value

    def get_property(self, target: pyast.expr, node: nodes.Property) -> pyast.expr:
        t = self.type(node.target)
        self.at(node.name_span)
        key = self.const(node.name)
        if (
            node.name == "len"
            and ty.is_only(t, ty.ARRAY | ty.STR | ty.BLOB)
            and not self.program.overridden("len", 1, t)
        ):
            return self.call("len", target)
        if not t & ty.MAP or self.program.config.fail_on_invalid_map_property:
            return self.service("_get_property", target, key)
        if ty.is_only(t, ty.MAP):
            return self.call("_dict_get", target, key)
        if ty.is_only(t, ty.MAP | ty.UNIT):
            first, again = self.atom(target)
            self.refuses("property", again, key)
            return self.call("_dict_get", first, key)
        first, again = self.atom(target)
        fast = self.call("_dict_get", again, key)
        return self.choose(self.type_is(first, "dict"), fast, self.service("_get_property", again, key))

    def expr_Index(self, node: nodes.Index, owned: bool) -> pyast.expr:
        chain = self.null_safe_chain(node)
        if chain is not None:
            return self.own(chain, ty.ANY) if owned else chain
        ready = self.prepared.get(id(node))
        if ready is not None:
            target, index = self.target(node.target), ready[0]
        elif id(node.target) in self.known:
            target, index = self.known[id(node.target)], self.expr(node.index)
        else:
            target, index = self.operands([node.target, node.index])
        value = self.get_index(target, index, node)
        return self.own(value, self.type(node)) if owned else value

    def get_index(self, target: pyast.expr, index: pyast.expr, node: nodes.Index) -> pyast.expr:
        t, i = self.type(node.target), self.type(node.index)
        error_span = self.operand_span(node.index)
        if self.program.config.watches_indexes:
            return self.slow_index(target, index, node, error_span)
        if ty.is_only(t, ty.ARRAY) and ty.is_only(i, ty.INT):
            return self.fast_subscript(target, index, error_span)
        strict = self.program.config.fail_on_invalid_map_property
        if t & ty.MAP and ty.is_only(t, ty.MAP | ty.UNIT) and ty.is_only(i, ty.STR) and not strict:
            first, again = self.atom(target)
            number, number_again = self.atom(index)
            self.at(error_span)
            if t & ty.UNIT:
                self.refuses("index", again, number_again, self.bracket(node))
            return self.call("_dict_get", first, number)
        if t & ty.ARRAY and ty.is_only(t, ty.ARRAY | ty.UNIT) and ty.is_only(i, ty.INT):
            first, again = self.atom(target)
            number, number_again = self.atom(index)
            self.at(error_span)
            self.refuses("index", again, number_again, self.bracket(node))
            return self.fast_subscript(first, number, error_span)
        if t & ty.ARRAY and i & ty.INT and ty.mask(t) != ty.STR and not isinstance(target, pyast.Constant):
            first, again = self.names(target)
            number, number_again = self.names(index)
            self.at(error_span)
            test = self.type_is(first, "list")
            if not ty.is_only(i, ty.INT):
                test = self.both(test, self.type_is(number, "int"))
            fast = self.fast_subscript(again, number_again, error_span)
            slow = self.slow_index(again, number_again, node, error_span)
            return self.choose(test, fast, slow)
        return self.slow_index(target, index, node, error_span)

    def slow_index(self, target: pyast.expr, index: pyast.expr, node: nodes.Index, error_span: Span) -> pyast.expr:
        self.at(error_span)
        return self.service("_index", target, index, self.bracket(node))

    def bracket(self, node: nodes.Index) -> pyast.expr:
        """The place of an index's bracket, where some of its errors stand."""
        return self.const((node.bracket_span.line, node.bracket_span.column))

    def names(self, expr: pyast.expr) -> tuple[pyast.expr, pyast.expr]:
        """An operand as a name or constant, for tests and for tables that find operands again by name."""
        if isinstance(expr, (pyast.Name, pyast.Constant)):
            return expr, expr
        name = self.spill(expr)
        return name, name

    def fast_subscript(self, target: pyast.expr, index: pyast.expr, error_span: Span) -> pyast.expr:
        """Python's own subscript; when it fails, the fault table tells how to find out Rhai's error."""
        self.at(error_span)
        target_first, target_again = self.atom(target)
        index_first, index_again = self.atom(index)
        self.program.faults[(self.py_name, *self.loc)] = Fault("index", (_operand(target_again), _operand(index_again)))
        return self.subscript(target_first, index_first)

    # ---- methods ----------------------------------------------------------------------------------------------------

    def module_path(self, node: nodes.Property | nodes.MethodCall) -> tuple[str, ...] | None:
        """`os` in `os.list_dir(..)`: an undeclared name that is a static module is that module."""
        target = node.target
        if isinstance(target, nodes.Variable) and not target.namespace and not node.null_safe:
            variable = self.program.info.bindings.get(id(target))
            free = variable is None or (variable.kind == "external" and not self.program.in_host_scope(target.name))
            if free and self.program.config.has_module(target.name):
                return (target.name,)
        return None

    def expr_MethodCall(self, node: nodes.MethodCall, _owned: bool) -> pyast.expr:
        chain = self.null_safe_chain(node)
        if chain is not None:
            return chain
        module = self.module_path(node)
        if module is not None:
            return self.module_call(node, module, node.name, node.args)
        if node.name == "is_shared" and not node.args:
            return self.shared_test(node.target, node.name_span)
        fast = self.fast_method(node)
        if fast is not None:
            return fast
        return self.general_method(node)

    def fast_method(self, node: nodes.MethodCall) -> pyast.expr | None:
        """Standard methods on receivers of known type, where nobody overrides them."""
        count = len(node.args)
        t = self.type(node.target)
        if node.name == "type_of" and not count:
            value = self.target(node.target)
            self.at(node.name_span)
            return self.service("_type_of", value)
        if node.name == "call":
            return self.pointer_call(node)
        if self.program.overridden(node.name, count + 1, t):
            return None
        if t & ty.MAP and ty.element(t) & ty.FN:
            return None
        if node.name == "len" and not count and ty.is_only(t, ty.ARRAY | ty.STR | ty.BLOB | ty.MAP):
            value = self.target(node.target)
            self.at(node.name_span)
            return self.call("len", value)
        bound = self.bound_native(node, t)
        if bound is not None:
            return bound
        exact = self.program.config.exact_sizes
        if node.name == "push" and count == 1 and ty.is_only(t, ty.ARRAY) and not exact:
            if self.is_constant_root(node.target):
                return None
            return self.fast_push(node)
        return None

    def bound_native(self, node: nodes.MethodCall, t: int) -> pyast.expr | None:
        """A standard method without side effects on its receiver, chosen by types that are all known."""
        arg_types = [self.type(arg) for arg in node.args]
        names = [TYPE_NAMES.get(x & ty.LOW) for x in (t, *arg_types)]
        if None in names or not _is_simple_order(node):
            return None
        types = tuple(name for name in names if name is not None)
        native = self.program.native(node.name, types)
        if native is None or native.ref or native.callbacks or not native.pure:
            return None
        args = self.args_of(node)
        value = self.target(node.target)
        self.at(node.name_span)
        if node.name == "sqrt" and types == ("f64",):
            return self.root_of(value)
        if types == ("char",) and node.name == "to_string":
            return self.call("str", value)
        if node.name == "contains" and types in CONTAINS_INLINE:
            return self.compare(args[0], (pyast.In(), value))
        return self.call(self.program.use_native(node.name, types), value, *args)

    def bound_change(self, node: nodes.MethodCall, args: list[pyast.expr]) -> pyast.expr | None:
        """A standard method that changes its receiver, chosen by types that are all known or do not matter."""
        t = self.type(node.target)
        if self.program.overridden(node.name, len(args) + 1, t) or self.is_constant_root(node.target):
            return None
        if node.null_safe or (t & ty.MAP and ty.element(t) & ty.FN):
            return None
        names = [TYPE_NAMES.get(x & ty.LOW, "") for x in (t, *(self.type(arg) for arg in node.args))]
        types = self.program.config.table.known_types(node.name, names)
        native = None if types is None else self.program.native(node.name, types)
        if types is None or native is None or native.callbacks:
            return None
        if not native.ref:
            value = self.target(node.target)
            self.at(node.name_span)
            return self.call(self.program.use_native(node.name, types), value, *args)
        variable = self.program.info.bindings.get(id(node.target))
        if variable is None or variable.kind == "external" or not ty.is_only(t, ty.STR) or self.program.tags:
            return None
        value = self.expr(node.target)
        self.at(node.name_span)
        new, result = self.temp(), self.temp()
        pair = place(pyast.Tuple([place(pyast.Name(name, STORE), self.loc) for name in (new, result)], STORE), self.loc)
        self.emit(pyast.Assign([pair], self.call(self.program.use_native(node.name, types), value, *args)))
        self.write(variable, self.name(new))
        return self.name(result)

    def pointer_call(self, node: nodes.MethodCall) -> pyast.expr | None:
        """`f.call(args)`: a closure of this run with the right parameter count is called at once."""
        target = node.target
        if self.type(target) & ty.FN == 0 or not isinstance(target, (nodes.Variable, nodes.Index, nodes.Property)):
            return None
        variable = self.program.info.bindings.get(id(target))
        if self.dynamic or (variable is not None and variable.kind == "external"):
            return None
        args, kept = self.lent_args(node)
        cell = variable.py if variable is not None and variable.is_cell and not self.is_inlined(variable) else None
        holder = self.name(cell) if cell is not None else None
        # `obj.call(f)` may put another value into `obj`, unlike `f.call(x)`.
        if cell is None and node.args and self.type(node.args[0]) & ty.FN and self.is_place(target):
            return self.pointer_call_with_write_back(node, target, args, kept)
        pointer = self.names(self.target(target))[0]
        self.at(node.name_span)
        if variable is not None and self.is_inlined(variable):
            holder = self.constant_receiver(target, pointer)
        first = self.error_span(node.args[0]) if node.args else node.name_span
        self.program.places[self.loc] = first.start
        token = self.compare(
            self.attribute(pointer, "token"), (pyast.Is(), self.name(self.program.use_token(len(args))))
        )
        ready = token if ty.is_only(self.type(target), ty.FN) else self.both(self.type_is(pointer, "_FnPtr"), token)
        fast = self.locking(node, self.attribute(pointer, "target"), holder or pointer, self.next_level(), *args)
        service = self.name(self.use("_method_call"))
        slow = self.locking(node, service, holder or pointer, self.home(), self.level(), holder or pointer, *kept)
        if cell is None and self.is_lent(target) is not None:
            return self.call_of_lent(node, ready, fast, kept)
        if cell is None:
            return self.choose(ready, fast, slow)
        held = self.held(cell, len(args)) if variable in self.fn.captures else None
        return self.locked_call(cell, pointer, ready, fast, slow, held)

    def is_lent(self, node: nodes.Node) -> Variable | None:
        """The variable at the start of a chain whose value is borrowed, as nothing changes it but calls of pointers."""
        while isinstance(node, (nodes.Property, nodes.Index)):
            node = node.target
        variable = self.program.info.bindings.get(id(node))
        if variable is None or variable.kind not in ("param", "loop") or not (variable.mutated and variable.lent):
            return None
        return None if variable.captured or variable.is_cell or self.dynamic else variable

    def make_own(self, node: nodes.Node) -> None:
        """Something may be about to change what a chain starts from: it becomes the function's own."""
        variable = self.is_lent(node)
        if variable is not None:
            self.assign(variable.py, self.own(self.name(variable.py), self.types.variable(variable)))

    def call_of_lent(
        self, node: nodes.MethodCall, ready: pyast.expr, fast: pyast.expr, kept: list[pyast.expr]
    ) -> pyast.expr:
        """`x.f.call(y)` of a borrowed `x`: only a value that is no pointer could have something of it changed."""
        result = self.temp()
        outer, self.out = self.out, []
        self.make_own(node.target)
        pointer = self.spill(self.target(node.target))
        self.at(node.name_span)
        self.assign(result, self.service("_method_call", self.home(), self.level(), pointer, *kept))
        slow, self.out = self.out, outer
        self.when(ready, [place(pyast.Assign([place(pyast.Name(result, STORE), self.loc)], fast), self.loc)], slow)
        return self.name(result)

    def lent_args(self, node: nodes.MethodCall) -> tuple[list[pyast.expr], list[pyast.expr]]:
        """The arguments of a pointer's call twice: for compiled code, which copies what it keeps, and for any other."""
        raw = [self.stable(a) for a in self.args_of(node)]
        own = [
            self.own(arg, self.type(item)) if self.is_borrowed(item) else arg
            for arg, item in zip(raw, node.args, strict=True)
        ]
        if id(node) in self.prepared or all(map(self.is_local, node.args)):
            return raw, own
        own = [self.stable(arg) for arg in own]
        return own, own

    def pointer_call_with_write_back(
        self, node: nodes.MethodCall, target: nodes.Node, args: list[pyast.expr], kept: list[pyast.expr]
    ) -> pyast.expr:
        """`x.call(y)` where either may be the pointer: the fast call for `x`, and for `y` the general one."""
        lent = self.is_lent(target) is not None
        load, store = self.place_of(target)
        self.at(node.name_span)
        pointer = self.spill(load())
        self.at(node.name_span)
        self.program.places[self.loc] = self.error_span(node.args[0]).start
        token = self.compare(
            self.attribute(pointer, "token"), (pyast.Is(), self.name(self.program.use_token(len(args))))
        )
        ready = token if ty.is_only(self.type(target), ty.FN) else self.both(self.type_is(pointer, "_FnPtr"), token)
        fast = self.locking(node, self.attribute(pointer, "target"), pointer, self.next_level(), *args)
        result = self.temp()
        outer, self.out = self.out, []
        if lent:
            self.make_own(target)
            load, store = self.place_of(target)
            pointer = self.spill(load())
        self.call_on_cell(node, target, pointer, store, kept, result)
        slow, self.out = self.out, outer
        self.when(ready, [place(pyast.Assign([place(pyast.Name(result, STORE), self.loc)], fast), self.loc)], slow)
        return self.name(result)

    def held(self, cell: str, count: int) -> pyast.expr:
        """The pointer that a captured variable held when the closure was made, if it can be called at once with so many
        arguments and without a lock: most variables never hold another.
        """
        name = f"_held_{cell}_{count}"
        if name not in self.noted:
            value = self.call("_held", self.name(cell), self.name(self.program.use_token(count)))
            self.noted[name] = place(pyast.Assign([place(pyast.Name(name, STORE), self.loc)], value), self.loc)
        return self.name(name)

    noted: dict[str, pyast.stmt]
    """What the maker of a closure notes for it."""

    def locked_call(
        self,
        cell: str,
        pointer: pyast.expr,
        ready: pyast.expr,
        fast: pyast.expr,
        slow: pyast.expr,
        held: pyast.expr | None,
    ) -> pyast.expr:
        """A captured variable is locked while the pointer it holds runs: using it meanwhile is a data race."""
        result = self.temp()
        slot = place(pyast.Name(result, STORE), self.loc)
        lock = place(pyast.Expr(self.call_attribute(cell, "lock")), self.loc)
        unlock = place(pyast.Expr(self.call_attribute(cell, "unlock")), self.loc)
        call = place(pyast.Assign([slot], fast), self.loc)
        guarded = place(pyast.Try([call], [], [], [unlock]), self.loc)
        reaches = self.attribute(pointer, "reaches")
        locked = place(pyast.If(reaches, [lock, guarded], [call]), self.loc)
        rest = place(pyast.If(ready, [locked], [place(pyast.Assign([slot], slow), self.loc)]), self.loc)
        if held is None:
            self.out.append(rest)
        else:
            self.when(self.compare(pointer, (pyast.Is(), held)), [call], [rest])
        return self.name(result)

    def call_attribute(self, cell: str, name: str) -> pyast.expr:
        """Call a method of a cell."""
        return place(pyast.Call(self.attribute(self.name(cell), name), [], []), self.loc)  # type: ignore[no-any-return]

    def is_constant_root(self, node: nodes.Node) -> bool:
        while isinstance(node, (nodes.Property, nodes.Index)):
            node = node.target
        if isinstance(node, nodes.This):
            return self.is_main or self.this_is_cell
        variable = self.program.info.bindings.get(id(node))
        return variable is None or variable.constant or variable.is_cell or variable.kind == "external" or self.dynamic

    def fast_push(self, node: nodes.MethodCall) -> pyast.expr:
        value = self.spill_if_complex(self.args_of(node, owned=True)[0])
        target, again = self.names(self.target(node.target))
        self.at(node.name_span)
        self.evaluate(self.call("_append", target, value))
        too_long = self.compare(self.call("len", again), (pyast.Gt(), self.name(self.use("_safe_array"))))
        self.when(too_long, [place(pyast.Expr(self.service("_sized", again)), self.loc)])
        return self.const(None)

    def spill_if_complex(self, expr: pyast.expr) -> pyast.expr:
        return expr if isinstance(expr, (pyast.Name, pyast.Constant)) else self.spill(expr)

    def general_method(self, node: nodes.MethodCall) -> pyast.expr:
        """Find the method at run time. Arguments come first, then a computed receiver."""
        if node.name == "call":
            self.make_own(node.target)
        owned = self.program.keeps_arguments(node.name, len(node.args) + 1)
        args = [self.spill_if_complex(a) for a in self.args_of(node)]
        if owned or self.program.has_method(node.name, len(args)):
            args = [
                self.own(arg, self.type(item)) if self.is_borrowed(item) else arg
                for arg, item in zip(args, node.args, strict=True)
            ]
        count = len(args)
        receiver = node.target
        feeds = self.feeds(node)
        direct = None if feeds else self.direct_method(node, args) or self.bound_change(node, args)
        if direct is not None:
            return direct
        in_place = self.is_place(receiver) or self.is_constant_part(receiver)
        if not feeds and (not in_place or not self.may_replace(node)):
            value = self.target(receiver)
            self.at(node.name_span)
            value = self.constant_receiver(receiver, value)
            return self.dispatch(node, value, args, count)
        return self.method_with_write_back(node, receiver, args)

    def dispatch(self, node: nodes.MethodCall, receiver: pyast.expr, args: list[pyast.expr], count: int) -> pyast.expr:
        if node.name == "call":
            first = self.error_span(node.args[0]) if node.args else node.name_span
            self.program.places[self.loc] = first.start
            service = self.name(self.use("_method_call"))
            return self.locking(node, service, receiver, self.home(), self.level(), receiver, *args)
        if node.name == "curry":
            return self.service("_curry", receiver, *args)
        if self.program.config.exact_sizes and not isinstance(node.target, PLACES):
            receiver = self.call("_Temporary", receiver)
        if self.program.has_method(node.name, count):
            name, service = self.const(node.name), self.name(self.use("_method"))
            return self.locking(node, service, receiver, self.home(), self.level(), name, receiver, *args)
        site = self.name(self.program.use_site("method_site", node.name, count))
        return self.locking(node, site, receiver, self.level(), receiver, *args)

    def locking(
        self, node: nodes.MethodCall, function: pyast.expr, receiver: pyast.expr, *args: pyast.expr
    ) -> pyast.expr:
        """Call a method; a captured variable that its receiver is part of is locked meanwhile."""
        cell = self.locked_root(node, receiver)
        if cell is None:
            return place(pyast.Call(function, list(args), []), self.loc)  # type: ignore[no-any-return]
        return self.service("_locked", cell, function, *args)

    def locked_root(self, node: nodes.MethodCall, receiver: pyast.expr) -> pyast.expr | None:
        """The cell of the variable that a chain starts from, where the method may come to use it, too.

        A method that is given the cell itself locks it on its own.
        """
        root, count = node.target, len(node.args)
        while isinstance(root, (nodes.Property, nodes.Index, nodes.MethodCall)):
            root = root.target
        if not isinstance(root, nodes.Variable) or root.namespace:
            return None
        variable = self.program.info.bindings.get(id(root))
        if variable is None or not variable.is_cell or not variable.py:
            return None
        if self.is_inlined(variable):
            return None
        if isinstance(receiver, pyast.Name) and receiver.id == variable.py:
            return None
        if node.name == "call" or self.program.has_method(node.name, count):
            return self.name(variable.py)
        table = self.program.config.table
        harmless = self.program.is_standard(node.name) and not table.calls_back(node.name, count + 1)
        return None if harmless else self.name(variable.py)

    def constant_receiver(self, receiver: nodes.Node, value: pyast.expr) -> pyast.expr:
        """A constant travels in a cell that says so: mutating natives refuse it."""
        root = receiver
        while isinstance(root, (nodes.Property, nodes.Index)):
            root = root.target
        if isinstance(root, nodes.This) and self.this_is_cell and self.program.info.constant_receivers:
            return self.call("_Cell", value, self.attribute(self.name("_this"), "constant"))
        if not isinstance(root, nodes.Variable):
            return value
        variable = self.program.info.bindings.get(id(root))
        if root.namespace or (
            variable is not None and variable.constant and (root is not receiver or not variable.is_cell)
        ):
            return self.call("_Cell", value, self.const(True))
        if root is not receiver or variable is None:
            return value
        if variable.kind == "external":
            return self.service("_guarded", self.name("_scope"), self.const(variable.name), value)
        if variable.constant:
            return self.call("_Cell", value, self.const(True))
        return self.name(variable.py) if variable.is_cell and not self.dynamic else value

    def direct_method(self, node: nodes.MethodCall, args: list[pyast.expr]) -> pyast.expr | None:
        """A script function that never replaces `this`: call it, unless a map has its own function of that name."""
        info = self.program.direct_method(node.name, len(args))
        if info is None:
            return None
        value = self.names(self.target(node.target))[0]
        t = self.type(node.target)
        target = self.program.variant_name(info, tuple(self.type(arg) for arg in node.args), t)
        self.at(node.name_span)
        this = [] if self.program.this_mode(info) == THIS_NONE else [value]
        level = self.next_level(checked=self.program.checks_depth(info))
        call = self.locking(node, self.name(target), value, *this, level, *args)
        if not (t & ty.MAP and ty.element(t) & ty.FN):
            return call
        stored = self.compare(self.const(node.name), (pyast.In(), value))
        general = self.dispatch(node, value, args, len(args))
        return self.choose(self.both(self.type_is(value, "dict"), stored), general, call)

    def is_constant_part(self, node: nodes.Node) -> bool:
        """Is this perhaps a part of a string, number or blob that a constant holds?"""
        if not isinstance(node, nodes.Index) or not self.type(node.target) & (ty.STR | ty.INT | ty.BLOB):
            return False
        root: nodes.Node = node
        while isinstance(root, (nodes.Property, nodes.Index)):
            root = root.target
        if not isinstance(root, nodes.Variable) or root.namespace:
            return False
        variable = self.program.info.bindings.get(id(root))
        return variable is not None and variable.constant

    def is_place(self, node: nodes.Node) -> bool:
        """Can something be stored back here?"""
        while isinstance(node, (nodes.Property, nodes.Index)):
            node = node.target
        if isinstance(node, nodes.This):
            return self.this_is_cell
        if not isinstance(node, nodes.Variable) or node.namespace:
            return False
        variable = self.program.info.bindings.get(id(node))
        return variable is not None and not variable.constant

    def may_replace(self, node: nodes.MethodCall) -> bool:
        """Could the method put another value into its receiver?"""
        count = len(node.args)
        if node.name == "call":
            return True
        if self.program.has_method(node.name, count):
            return True
        if self.type(node.target) & ty.MAP and not self.program.is_standard(node.name):
            return True
        return bool(self.program.config.table.may_replace(node.name, count + 1))

    def method_with_write_back(
        self, node: nodes.MethodCall, receiver: nodes.Node, args: list[pyast.expr]
    ) -> pyast.expr:
        """The receiver goes in a cell and comes back into its place, even when the method fails."""
        cell = self.plain_cell(receiver)
        if cell is not None:
            self.at(node.name_span)
            return self.dispatch(node, cell, args, len(args))
        load, store = self.place_of(receiver)
        self.at(node.name_span)
        old = self.spill(load())
        result = self.temp()
        self.call_on_cell(node, receiver, old, store, args, result)
        return self.name(result)

    def call_on_cell(
        self,
        node: nodes.MethodCall,
        receiver: nodes.Node,
        old: pyast.expr,
        store: Callable[[pyast.expr], None],
        args: list[pyast.expr],
        result: str,
    ) -> None:
        """Call the method on a cell with the old value of a place, and store what the cell holds afterwards."""
        holder = self.temp()
        part = isinstance(receiver, nodes.Index) and self.type(receiver.target) & (ty.STR | ty.INT | ty.BLOB)
        if part and self.container is not None:
            constant = [self.const(True)] if self.is_constant_part(receiver) else []
            self.assign(holder, self.call("_item_cell", self.container, old, *constant))
        else:
            self.assign(holder, self.call("_Cell", old))
        outer, self.out = self.out, []
        self.at(node.name_span)
        self.assign(result, self.dispatch(node, self.name(holder), args, len(args)))
        body, self.out = self.out, []
        changed = self.compare(self.cell_value(holder), (pyast.IsNot(), old))
        outer_stmts = self.out
        self.out = []
        self.assign_loc = node.name_span[:2]
        store(self.cell_value(holder))
        writes, self.out = self.out, outer_stmts
        self.when(changed, writes, self.fed_back(receiver, old, store) if self.feeds(node) else None)
        final, self.out = self.out, outer
        self.emit(pyast.Try(body, [], [], final))

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

    def plain_cell(self, receiver: nodes.Node) -> pyast.expr | None:
        """A variable that lives in a cell anyway."""
        if isinstance(receiver, nodes.This) and self.this_is_cell:
            self.at(receiver.span)
            self.evaluate(self.this_value())
            return self.name("_this")
        if isinstance(receiver, nodes.Variable) and not self.dynamic:
            variable = self.program.info.bindings.get(id(receiver))
            if variable is not None and variable.is_cell and variable.kind != "external":
                return self.name(variable.py)
        return None

    # ---- writing ----------------------------------------------------------------------------------------------------

    def place_of(self, node: nodes.Node) -> tuple[Callable[[], pyast.expr], Callable[[pyast.expr], None]]:
        """How to read a place and how to store into it; indices and containers are evaluated once, now."""
        links = _links(node)
        if len(links) > 1 and id(node) not in self.prepared and self.order_shows(links):
            for link in links:
                self.prepare(link)
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
        raise AssertionError

    def write_checked(self, variable: Variable | None, node: nodes.Variable, value: pyast.expr) -> None:
        """Assign to a variable, or raise what assigning to such a name raises."""
        raise AssertionError

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
        if root.namespace or variable is None or variable.kind != "external":
            self.out.append(refuse)
        else:
            self.when(self.service("_is_constant", self.name("_scope"), self.const(root.name)), [refuse])

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
        self.program.faults[(self.py_name, *self.loc)] = Fault("index", (_operand(target), _operand(index)))
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
        stored = self.service("_store_index", target, index, value, bracket, where)
        if store_target is None:
            self.evaluate(stored)
            return
        new = self.spill(stored)
        self.write_back(new, target, store_target)

    def write_back(self, new: pyast.expr, old: pyast.expr, store_target: Callable[[pyast.expr], None]) -> None:
        """Store a replaced string, int or host value into the place it came from."""
        outer, self.out = self.out, []
        store_target(new)
        writes, self.out = self.out, outer
        if writes:
            self.when(self.compare(new, (pyast.IsNot(), old)), writes)

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

    assign_loc: tuple[int, int] = (1, 1)
    container: pyast.expr | None = None
    """What the place was looked up in that was asked for last, if that was an index."""
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
        if watched is not None:
            self.check_slot(watched, target, self.const(node.name), node)

        def load() -> pyast.expr:
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
            value = self.spill_if_complex(value)
            self.at(node.name_span)
            key = self.const(node.name)
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
                if ty.is_only(sure, ty.MAP):
                    self.out.append(fast)
                else:
                    self.when(self.type_is(target, "dict"), [fast], slow)
            else:
                self.out.extend(slow)
            self.feed_back(node.target, target, store_target)

        return load, store


def _is_simple_order(node: nodes.MethodCall) -> bool:
    """Arguments are evaluated before the receiver: nobody can tell when either side has no effects."""
    simple = (nodes.Variable, nodes.IntLit, nodes.FloatLit, nodes.StringLit, nodes.CharLit, nodes.BoolLit)
    return isinstance(node.target, simple) or all(isinstance(arg, simple) for arg in node.args)


def _operand(expr: pyast.expr) -> object:
    """An operand as the fault table keeps it: a local's name, or a constant in a tuple."""
    if isinstance(expr, pyast.Name):
        return expr.id
    assert isinstance(expr, pyast.Constant)
    return (expr.value,)


def _links(node: nodes.Node) -> list[Link]:
    """The links of a chain, from its start."""
    links: list[Link] = []
    while isinstance(node, (nodes.Property, nodes.Index, nodes.MethodCall)):
        links.append(node)
        node = node.target
    return links[::-1]


def _is_safe(links: list[Link], at: int) -> bool:
    """Does the link skip the rest when its object is `()`?

    Rhai keeps the mark of an index with the rest of its chain: for `?[` it is the next index's mark that counts, and
    none where a dot follows.
    """
    link = links[at]
    if not isinstance(link, nodes.Index) or at + 1 == len(links):
        return link.null_safe
    following = links[at + 1]
    return isinstance(following, nodes.Index) and following.null_safe


def _arguments(link: Link) -> tuple[nodes.Node, ...]:
    if isinstance(link, nodes.MethodCall):
        return link.args
    return (link.index,) if isinstance(link, nodes.Index) else ()


def _has_effects(node: nodes.Node) -> bool:
    """Might evaluating the node do something that others can see?"""
    if isinstance(node, (nodes.Call, nodes.MethodCall, nodes.Block, nodes.If, nodes.Switch, nodes.Loop, nodes.While)):
        return True
    return not isinstance(node, nodes.Closure) and any(map(_has_effects, children(node)))
