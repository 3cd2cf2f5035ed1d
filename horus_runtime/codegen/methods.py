"""Method calls: on values of known type, on function pointers, through a cell where the receiver may change."""

from __future__ import annotations

import ast as pyast
from collections.abc import Callable
from typing import Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import chain_root
from horus_runtime.codegen.calls import TYPE_NAMES
from horus_runtime.codegen.emitter import STORE, place
from horus_runtime.codegen.places import Places
from horus_runtime.runtime.abi import THIS_NONE

CONTAINS_INLINE: Final = frozenset({("string", "string"), ("string", "char"), ("map", "string")})
FORMATTED: Final = ty.INT | ty.STR | ty.CHAR
"""Classes whose text is the one that Python's own formatting gives."""
FLAT: Final = frozenset({"string", "i64", "f64", "bool", "char", "()"})
"""Results that hold nothing of what a method was called on."""
PLACES: Final = (nodes.Variable, nodes.This, nodes.Property, nodes.Index)
"""Where values stand; all other expressions make values that nothing else holds."""


class Methods(Places):
    """Compiles the method calls of one function variant."""

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
        if node.name == "len" and not count and t & ty.OTHER and t & (ty.ARRAY | ty.STR) and not self.feeds(node):
            return self.guarded_length(node)
        if t & ty.MAP and ty.element(t) & ty.FN:
            return None
        if node.name == "len" and not count and ty.is_only(t, ty.ARRAY | ty.STR | ty.BLOB | ty.MAP):
            value = self.target(node.target)
            self.at(node.name_span)
            return self.call("len", value)
        exact = self.program.config.exact_sizes
        if node.name == "to_string" and not count and ty.is_only(t, FORMATTED) and not exact:
            value = self.target(node.target)
            self.at(node.name_span)
            text: pyast.expr = place(
                pyast.JoinedStr([place(pyast.FormattedValue(value, -1, None), self.loc)]), self.loc
            )
            return text
        if node.name == "to_float" and not count and ty.is_only(t, ty.INT):
            value = self.target(node.target)
            self.at(node.name_span)
            return self.binop(value, pyast.Add(), self.const(0.0))
        bound = self.bound_native(node, t)
        if bound is not None:
            return bound
        if node.name == "push" and count == 1 and ty.is_only(t, ty.ARRAY) and not exact:
            if self.is_constant_root(node.target):
                return None
            return self.fast_push(node)
        return None

    def guarded_length(self, node: nodes.MethodCall) -> pyast.expr:
        """The length of what is probably an array or a string."""
        value = self.names(self.target(node.target))[0]
        self.at(node.name_span)
        tests = self.either(self.type_is(value, "list"), self.type_is(value, "str"))
        general = self.dispatch(node, self.constant_receiver(node.target, value), [], 0)
        return self.choose(tests, self.call("len", value), general)

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
        value = self.lent_literal(node.target) if native.returns in FLAT else None
        value = value or self.target(node.target)
        self.at(node.name_span)
        if node.name == "sqrt" and types == ("f64",):
            return self.root_of(value)
        if node.name == "contains" and types in CONTAINS_INLINE:
            return self.compare(args[0], (pyast.In(), value))
        return self.call(self.program.use_native(node.name, types), value, *args)

    def lent_literal(self, node: nodes.Node) -> pyast.expr | None:
        """`#{ items: list }.to_json()`: what is only looked at need not be copied into the literal."""
        if isinstance(node, nodes.ArrayLit):
            items = node.items
        elif isinstance(node, nodes.MapLit):
            items = tuple(entry.value for entry in node.entries)
        else:
            return None
        if not self.program.config.infer or self.dynamic or not all(map(self.is_local, items)):
            return None
        outer, self.lends = self.lends, True
        made = self.expr(node)
        self.lends = outer
        return made

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
            value = self.own_receiver(node)
            self.at(node.name_span)
            return self.call(self.program.use_native(node.name, types), value, *args)
        variable = self.program.info.bindings.get(id(node.target))
        if variable is None or variable.kind == "external" or not ty.is_only(t, ty.STR) or self.program.tags:
            return None
        value = self.expr(node.target)
        self.at(node.name_span)
        new, result = self.temp(), self.temp()
        pair = place(pyast.Tuple([self.slot(name) for name in (new, result)], STORE), self.loc)
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
        self.at(node.name_span)
        inlined = self.known_call(node, args)
        if inlined is not None:
            return inlined
        cell = variable.py if variable is not None and variable.is_cell and not self.is_inlined(variable) else None
        holder = self.name(cell) if cell is not None else None
        # `obj.call(f)` may put another value into `obj`, unlike `f.call(x)`.
        if cell is None and node.args and self.type(node.args[0]) & ty.FN and self.is_place(target):
            return self.pointer_call_with_write_back(node, target, args, kept)
        mark = len(self.out)
        value = self.target(target)
        entry = self.entry_read(value) if self.has_constant_root(target) else None
        pointer = self.names(value)[0]
        self.at(node.name_span)
        if variable is not None and self.is_inlined(variable):
            holder = self.constant_receiver(target, pointer)
        first = self.error_span(node.args[0]) if node.args else node.name_span
        self.program.places[self.loc] = first.start
        token = self.compare(
            self.attribute(pointer, "token"), (pyast.Is(), self.name(self.program.use_token(len(args))))
        )
        ready = token if ty.is_only(self.type(target), ty.FN) else self.both(self.type_is(pointer, "_FnPtr"), token)
        fast = self.locking(node, self.function_of(pointer), holder or pointer, self.next_level(), *args)
        service = self.name(self.use("_method_call"))
        is_plain = variable is not None and (not variable.constant or ty.is_only(self.type(target), ty.FN))
        receiver = holder or (pointer if is_plain else self.constant_receiver(target, pointer, entry))
        slow = self.locking(node, service, holder or pointer, self.home(), self.level(), receiver, *kept)
        if cell is None and self.is_lent(target) is not None:
            return self.call_of_lent(node, ready, fast, kept)
        if cell is None:
            return self.choose(ready, fast, slow)
        result = self.temp()
        rest = self.locked_call(cell, pointer, ready, fast, slow, result)
        if variable in self.fn.captures and self.host is None:
            held, function = self.held(cell, len(args))
            call = self.locking(node, function, self.name(cell), self.next_level(), *args)
            loading = self.out[mark:]
            del self.out[mark:]
            direct = place(pyast.Assign([self.slot(result)], call), self.loc)
            self.at(target.span)
            test = self.compare(self.cell_value(cell), (pyast.Is(), held))
            self.at(node.name_span)
            self.when(test, [direct], [*loading, rest])
        else:
            self.out.append(rest)
        return self.name(result)

    def function_of(self, pointer: pyast.expr) -> pyast.expr:
        """The Python function of a pointer, under a name: CPython calls names faster than what it takes for methods."""
        return self.walrus(self.temp(), self.attribute(pointer, "target"))

    def is_lent(self, node: nodes.Node) -> Variable | None:
        """The variable at the start of a chain whose value is borrowed, as nothing changes it but calls of pointers."""
        node = chain_root(node)
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
        self.when(ready, [self.assignment(result, fast)], slow)
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
        fast = self.locking(node, self.function_of(pointer), pointer, self.next_level(), *args)
        result = self.temp()
        outer, self.out = self.out, []
        if lent:
            self.make_own(target)
            load, store = self.place_of(target)
            pointer = self.spill(load())
        self.call_on_cell(node, target, pointer, store, kept, result)
        slow, self.out = self.out, outer
        self.when(ready, [self.assignment(result, fast)], slow)
        return self.name(result)

    def held(self, cell: str, count: int) -> tuple[pyast.expr, pyast.expr]:
        """The pointer that a captured variable held when the closure was made, if it can be called at once with so many
        arguments and without a lock: most variables never hold another. And its function.
        """
        pointer, function = f"_held_{cell}_{count}", f"_run_{cell}_{count}"
        if pointer not in self.noted:
            value = self.call("_held", self.name(cell), self.name(self.program.use_token(count)))
            slots = place(pyast.Tuple([self.slot(pointer), self.slot(function)], STORE), self.loc)
            self.noted[pointer] = place(pyast.Assign([slots], value), self.loc)
        return self.name(pointer), self.name(function)

    noted: dict[str, pyast.stmt]
    """What the maker of a closure notes for it."""

    def locked_call(
        self,
        cell: str,
        pointer: pyast.expr,
        ready: pyast.expr,
        fast: pyast.expr,
        slow: pyast.expr,
        result: str,
    ) -> pyast.stmt:
        """A captured variable is locked while the pointer it holds runs: using it meanwhile is a data race."""
        slot = self.slot(result)
        lock = place(pyast.Expr(self.call_attribute(cell, "lock")), self.loc)
        unlock = place(pyast.Expr(self.call_attribute(cell, "unlock")), self.loc)
        call = place(pyast.Assign([slot], fast), self.loc)
        guarded = place(pyast.Try([call], [], [], [unlock]), self.loc)
        reaches = self.attribute(pointer, "reaches")
        locked = place(pyast.If(reaches, [lock, guarded], [call]), self.loc)
        return place(pyast.If(ready, [locked], [place(pyast.Assign([slot], slow), self.loc)]), self.loc)  # type: ignore[no-any-return]

    def call_attribute(self, cell: str, name: str) -> pyast.expr:
        """Call a method of a cell."""
        return self.call_of(self.attribute(self.name(cell), name))

    def fast_push(self, node: nodes.MethodCall) -> pyast.expr:
        value = self.spill_if_complex(self.args_of(node, owned=True)[0])
        target, again = self.names(self.own_receiver(node))
        self.at(node.name_span)
        append = self.attribute(target, "append")
        self.evaluate(place(pyast.Call(append, [value], []), self.loc))
        too_long = self.compare(self.call("len", again), (pyast.Gt(), self.name(self.use("_safe_array"))))
        self.when(too_long, [place(pyast.Expr(self.service("_sized", again)), self.loc)])
        return self.const(None)

    def own_receiver(self, node: nodes.MethodCall) -> pyast.expr:
        """The receiver of a method; what comes out of `a ?? b` is a copy where the method could change it."""
        value = self.target(node.target)
        root = chain_root(node.target)
        if not isinstance(root, nodes.Binary) or self.program.is_pure_call(node.name, len(node.args) + 1):
            return value
        return self.own(value, self.type(node.target)) if root.op == "??" else value

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
            value = self.own_receiver(node)
            self.at(node.name_span)
            if self.foreign_root(receiver) is None or not self.program.is_pure_call(node.name, count + 1):
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
            return self.call_of(function, *args)
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

    def has_constant_root(self, node: nodes.Node) -> bool:
        """Is this a part of what is a constant, or may be one?"""
        root = chain_root(node)
        if root is node or not isinstance(root, nodes.Variable):
            return False
        variable = self.program.info.bindings.get(id(root))
        return bool(root.namespace) or (variable is not None and (variable.constant or variable.foreign))

    def constant_receiver(
        self, receiver: nodes.Node, value: pyast.expr, entry: list[pyast.expr] | None = None
    ) -> pyast.expr:
        """A constant travels in a cell that says so: mutating natives refuse it.

        `entry` is container and key of a value that has a name already, see `entry_read`.
        """
        root = chain_root(receiver)
        if isinstance(root, nodes.This) and self.this_is_cell and self.program.info.constant_receivers:
            return self.call("_Cell", value, self.attribute(self.name("_this"), "constant"))
        if not isinstance(root, nodes.Variable):
            return value
        variable = self.program.info.bindings.get(id(root))
        if self.dynamic and not root.namespace:
            if root is receiver:
                return self.call("_Cell", value, self.constant_here(root))
            return self.constant_part(value, self.constant_here(root), entry)
        if root.namespace or (
            variable is not None and variable.constant and (root is not receiver or not variable.is_cell)
        ):
            if root is receiver:
                return self.call("_Cell", value, self.const(True))
            return self.constant_part(value, None, entry)
        if root is not receiver and variable is not None and variable.foreign:
            return self.constant_part(value, self.foreign_constant(variable), entry)
        if root is not receiver or variable is None:
            return value
        if variable.kind == "external":
            return self.service("_guarded", self.name("_scope"), self.const(variable.name), value)
        if variable.constant:
            return self.call("_Cell", value, self.const(True))
        return self.name(variable.py) if variable.is_cell and not self.dynamic else value

    def constant_part(
        self, value: pyast.expr, constant: pyast.expr | None, entry: list[pyast.expr] | None
    ) -> pyast.expr:
        """A part of what is (perhaps) a constant, in a cell. What a map does not hold is no part of the constant."""
        if entry is None:
            entry = self.entry_read(value)
        first, again = self.atom(value)
        is_value = self.compare(again, (pyast.IsNot(), self.const(None)))
        held = is_value if entry is None else self.either(is_value, self.call("_holds", *entry))
        return self.call("_Cell", first, held if constant is None else self.both(constant, held))

    def entry_read(self, value: pyast.expr) -> list[pyast.expr] | None:
        """Container and key that an expression reads an item of, to be read once more behind it."""
        read = value.body if isinstance(value, pyast.IfExp) else value
        if isinstance(read, pyast.Subscript):
            read.value, container = self.atom(read.value)
            read.slice, key = self.atom(read.slice)
            return [container, key]
        if not isinstance(read, pyast.Call) or not isinstance(read.func, pyast.Name) or read.func.id != "_dict_get":
            return None
        entry = []
        for at, part in enumerate(read.args):
            read.args[at], again = self.atom(part)
            entry.append(again)
        return entry

    def direct_method(self, node: nodes.MethodCall, args: list[pyast.expr]) -> pyast.expr | None:
        """A script function that never replaces `this`: call it, unless a map has its own function of that name."""
        info = self.program.direct_method(node.name, len(args))
        if info is None:
            return None
        value = self.names(self.own_receiver(node))[0]
        t = self.type(node.target)
        types = tuple(self.type(arg) for arg in node.args)
        self.at(node.name_span)
        plain = not (t & ty.MAP and ty.element(t) & ty.FN) and self.locked_root(node, value) is None
        if plain and isinstance(value, pyast.Name) and self.may_inline(info):
            inlined = self.inlined_call(info, self.program.variant(info, types, t), args, value.id)
            if inlined is not None:
                return inlined
        target = self.program.variant_name(info, types, t)
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
        root = chain_root(node)
        if not isinstance(root, nodes.Variable):
            return False
        variable = self.program.info.bindings.get(id(root))
        return bool(root.namespace) or (variable is not None and variable.constant)

    def part_is_constant(self, receiver: nodes.Node) -> list[pyast.expr]:
        """Whether a part of `this`, or a host's variable or part of one, is (part of) a constant, where that can be."""
        root = chain_root(receiver)
        variable = self.program.info.bindings.get(id(root))
        if isinstance(root, nodes.Variable) and variable is not None and variable.foreign:
            return [self.constant_here(root) if self.dynamic else self.foreign_constant(variable)]
        if root is receiver or not isinstance(root, nodes.This) or not self.program.info.constant_receivers:
            return []
        return [self.attribute(self.name("_this"), "constant")] if self.this_is_cell else []

    def eval_made_constant(self, receiver: nodes.Node) -> list[pyast.expr]:
        """Whether a place is (part of) a constant, in code where `eval` may have declared one of its name."""
        root = chain_root(receiver)
        return [self.constant_here(root)] if self.dynamic and isinstance(root, nodes.Variable) else []

    def foreign_root(self, receiver: nodes.Node) -> Variable | None:
        """The host's variable that something is a part of."""
        root = chain_root(receiver)
        if root is receiver or not isinstance(root, nodes.Variable) or root.namespace:
            return None
        variable = self.program.info.bindings.get(id(root))
        return variable if variable is not None and variable.foreign else None

    def is_place(self, node: nodes.Node) -> bool:
        """Can something be stored back here?"""
        place, node = node, chain_root(node)
        if isinstance(node, nodes.This):
            # A part is written into the object itself.
            return self.this_is_cell or place is not node
        if not isinstance(node, nodes.Variable) or node.namespace:
            return False
        variable = self.program.info.bindings.get(id(node))
        return variable is not None and (self.dynamic or not variable.constant)

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
            constant = [self.const(True)] if self.is_constant_part(receiver) else self.part_is_constant(receiver)
            key = [self.entry[1]] if constant and self.entry is not None else []
            self.assign(holder, self.call("_item_cell", self.container, old, *constant, *key))
        else:
            constant = self.eval_made_constant(receiver) or self.part_is_constant(receiver)
            if constant and self.entry is not None and not isinstance(receiver, nodes.Variable):
                held = self.either(
                    self.compare(old, (pyast.IsNot(), self.const(None))), self.call("_holds", *self.entry)
                )
                constant = [self.both(*constant, held)]
            self.assign(holder, self.call("_Cell", old, *constant))
        outer, self.out = self.out, []
        self.at(node.name_span)
        self.assign(result, self.dispatch(node, self.name(holder), args, len(args)))
        body, self.out = self.out, []
        changed = self.compare(self.cell_value(holder), (pyast.IsNot(), old))
        if self.entry is not None and isinstance(receiver, (nodes.Property, nodes.Index)):
            # What a map does not hold is no place.
            held = self.either(self.compare(old, (pyast.IsNot(), self.const(None))), self.call("_holds", *self.entry))
            changed = self.both(changed, held)
        outer_stmts = self.out
        self.out = []
        self.assign_loc = node.name_span[:2]
        store(self.cell_value(holder))
        writes, self.out = self.out, outer_stmts
        self.when(changed, writes, self.fed_back(receiver, old, store) if self.feeds(node) else None)
        final, self.out = self.out, outer
        self.emit(pyast.Try(body, [], [], final))

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


def _is_simple_order(node: nodes.MethodCall) -> bool:
    """Arguments are evaluated before the receiver: nobody can tell when either side has no effects."""
    simple = (nodes.Variable, nodes.IntLit, nodes.FloatLit, nodes.StringLit, nodes.CharLit, nodes.BoolLit)
    return isinstance(node.target, simple) or all(isinstance(arg, simple) for arg in node.args)
