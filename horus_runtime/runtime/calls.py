"""Calls at run time: function pointers, natives, methods."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from horus_runtime.errors import EvalError
from horus_runtime.runtime import faults
from horus_runtime.runtime.definitions import NOTHING
from horus_runtime.runtime.dispatch import FunctionTable
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.module import Module, NativeFn
from horus_runtime.runtime.program import THIS_CELL, THIS_NONE, FunctionMeta
from horus_runtime.runtime.scope import MISSING
from horus_runtime.runtime.sites import method_site, native_site, with_context
from horus_runtime.runtime.state import CLOSURE_PREFIX, Found, Linked, RunState
from horus_runtime.runtime.values import (
    SCALARS,
    TAGGED,
    Cell,
    ItemCell,
    LockedCell,
    Range,
    Stream,
    copy_value,
    full_type_name,
    retag,
    untagged,
)
from horus_runtime.typing_names import Any, Final

UNTAGGING: Final = frozenset({"take", "set_tag"})
"""Natives that put a value of their own into a variable, not a changed one."""


class Calling(RunState):
    """The calling part of a run."""

    def next_level(self, depth: int) -> int:
        """The call level below `depth`."""
        if depth >= self.max_depth:
            raise faults.stack_overflow(self.max_depth)
        return depth + 1

    # ---- function pointers ------------------------------------------------------------------------------------------

    def home(self, pointer: FnPtr) -> Linked | None:
        """The linked program whose functions a pointer means first."""
        if pointer.program is not None:
            return self.link(pointer.program)
        return None

    def find_script(self, name: str, count: int, home: Linked | None) -> Found | None:
        """A script function by name and parameter count: in `home`, outward, then in the run's other programs."""
        linked = home
        while linked is not None:
            found = linked.find(name, count)
            if found is not None:
                return found
            linked = linked.parent
        for running in reversed(self.running):
            found = running.find(name, count)
            if found is not None:
                return found
        return self.find_main(name, count)

    def find_main(self, name: str, count: int) -> Found | None:
        """A function of the script that runs, which the modules it imports may call, too."""
        for linked in self.linked.values():
            found = None if linked.is_module else linked.find(name, count)
            if found is not None:
                return found
        return None

    def closure(self, pointer: FnPtr) -> Found | None:
        """The function behind a closure."""
        home = self.home(pointer)
        return home.closures.get(pointer.name) if home is not None else None

    def arity(self, pointer: FnPtr) -> int | None:
        found = self.closure(pointer)
        if found is not None:
            return len(found[1].params) + found[1].captures - len(pointer.curried)
        counts = {
            len(meta.params)
            for linked in self.linked.values()
            for (name, _), meta in linked.metas.items()
            if name == pointer.name
        }
        # Several script functions of the name: the caller tries what it can offer.
        return counts.pop() - len(pointer.curried) if len(counts) == 1 else None

    def script_functions(self) -> list[Any]:
        metas = [meta for linked in self.linked.values() for meta in linked.program.functions]
        return [_described(meta) for meta in sorted(metas, key=lambda meta: (meta.name, len(meta.params)))]

    def find_function(self, name: str, count: int) -> bool:
        return self.find_script(name, count, None) is not None or bool(self.table.overloads(name, count))

    def call(self, pointer: FnPtr, *args: Any) -> Any:
        return self.call_pointer(self.depth, pointer, *args)

    def call_with_this(self, pointer: FnPtr, this: Cell, *args: Any) -> Any:
        return self.call_pointer_this(self.depth, pointer, this, *args)

    def callable(self, pointer: FnPtr, count: int) -> Callable[..., Any]:
        if pointer.token is not None and pointer.token is self.tokens.get(count):
            return partial(pointer.target, self.next_level(self.depth))
        return partial(self.call_pointer, self.depth, pointer)

    def is_fixed(self, value: Any) -> bool:
        """Does a constant hold this array or map, whose elements callbacks are called with?"""
        return any(value is fixed for fixed in self.fixed)

    def borrows(self, pointer: FnPtr) -> bool:
        """Is this a closure of this run whose captured variables hold nothing that could lead to its arguments?"""
        return pointer.token is not None and all(type(getattr(c, "v", pointer)) in SCALARS for c in pointer.curried)

    def call_pointer(self, depth: int, pointer: Any, *args: Any) -> Any:
        """`f.call(args)`: `this` is unbound."""
        return self._call_pointer(depth, pointer, MISSING, args)

    def call_pointer_this(self, depth: int, pointer: Any, this: Cell, *args: Any) -> Any:
        """`obj.call(f, args)`: `this` is `obj`; for natives the object is the first argument."""
        return self._call_pointer(depth, pointer, this, args)

    def _call_pointer(self, depth: int, pointer: Any, this: Any, args: tuple[Any, ...]) -> Any:
        if type(pointer) is not FnPtr:
            raise faults.no_pointer(self.type_name(pointer))
        if pointer.token is not None and pointer.token is self.tokens.get(len(args)):
            return pointer.target(self.next_level(depth), *args)
        args = (*pointer.curried, *args)
        if pointer.native is not None:
            return self._call_host_pointer(depth, pointer, args)
        closure = self.closure(pointer) if pointer.name.startswith(CLOSURE_PREFIX) else None
        if closure is not None:
            if len(closure[1].params) + closure[1].captures == len(args):
                return self._invoke_pointed(closure, this, args, depth)
            return self._wrong_count(pointer.name, closure[1], this, args)
        found = self.find_script(pointer.name, len(args), self.home(pointer))
        if found is None and isinstance(this, Cell):
            found = self._find_typed(pointer.name, this, len(args))
        if found is not None:
            return self._invoke_pointed(found, this, args, depth)
        if isinstance(this, Cell):
            return self.native_ref(depth, pointer.name, this, *args)
        return self.native_named(depth, pointer.name, args)

    def _call_host_pointer(self, depth: int, pointer: FnPtr, args: tuple[Any, ...]) -> Any:
        """A pointer to a Python function: the overload for these arguments."""
        fn = find_in_module(pointer.native, pointer.name, args, self.table)
        return self.missing_function(pointer.name, args) if fn is None else self.run_native(fn, depth, args)

    def _wrong_count(self, name: str, meta: FunctionMeta, this: Any, args: tuple[Any, ...]) -> Any:
        """A closure was called with too many or too few arguments; Rhai counts what it captured, and `this`."""
        shown = [self.type_name(arg) for arg in args]
        for place, kind in meta.literals:
            shown.insert(place, kind)
        if isinstance(this, Cell):
            shown.insert(0, self.type_name(this.v))
        raise faults.function_not_found_for(name, shown)

    def _invoke_pointed(self, found: Found, this: Any, args: tuple[Any, ...], depth: int) -> Any:
        return self._invoke(found, Cell(this.v) if type(this) is ItemCell else this, args, depth)

    def _find_typed(self, name: str, this: Cell, count: int) -> Found | None:
        """A script function declared for the type of `this`."""
        for linked in self.linked.values():
            if linked.typed:
                typed = linked.typed.get((self.type_name(this.v), name, count))
                if typed is not None:
                    return typed
        return None

    def _invoke(self, found: Found, this: Any, args: tuple[Any, ...], depth: int) -> Any:
        """Call a script function; `args` start with a closure's captured cells, `this` may be a cell or a value."""
        function, meta = found
        if meta.captures:
            function, args = function(*args[: meta.captures]), args[meta.captures :]
        args = (self.next_level(depth), *args)
        if meta.this == THIS_NONE:
            return function(*args)
        if meta.this == THIS_CELL:
            return function(this if isinstance(this, Cell) else Cell(this), *args)
        return function(this.v if isinstance(this, Cell) else this, *args)

    # ---- calls by name ----------------------------------------------------------------------------------------------

    def call_named(self, home: Linked, depth: int, name: str, *args: Any) -> Any:
        """`f(args)` where the compiler knew no script function: outer scripts first, then natives."""
        linked = home.parent
        while linked is not None:
            found = linked.find(name, len(args))
            if found is not None:
                return self._invoke(found, MISSING, args, depth)
            linked = linked.parent
        return self.native_named(depth, name, args)

    def native_on_this(self, home: Linked, depth: int, name: str, this: Any, *args: Any) -> Any:
        """`f(this, args)` where the compiler knew no script function: natives get `this` by reference."""
        cell = this if isinstance(this, Cell) else Cell(this)
        linked = home.parent
        while linked is not None:
            found = linked.find(name, len(args) + 1)
            if found is not None:
                return self._invoke(found, MISSING, (copy_value(cell.v), *args), depth)
            linked = linked.parent
        return self.native_ref(depth, name, cell, *args)

    def native_named(self, depth: int, name: str, args: tuple[Any, ...]) -> Any:
        """Call a native function found by name and argument types."""
        fn = self.table.find(name, args)
        if fn is None:
            return self.fallback(depth, name, args)
        return self.run_native(fn, depth, args)

    def native(self, depth: int, name: str, *args: Any) -> Any:
        """As `native_named`, with the arguments spread."""
        fn = self.table.find(name, args)
        if fn is None:
            return self.fallback(depth, name, args)
        if fn.callbacks:
            return self.run_native(fn, depth, args)
        result = fn.call(self, *args) if fn.context else fn.call(*args)
        return result[1] if fn.ref else result

    def run_native(self, fn: NativeFn, depth: int, args: tuple[Any, ...]) -> Any:
        """Call a native with the call depth noted for callbacks; a replaced receiver is dropped."""
        outer, self.depth = self.depth, depth + 1
        try:
            result = fn.call(self, *args) if fn.context else fn.call(*args)
        finally:
            self.depth = outer
        return result[1] if fn.ref else result

    def native_site(self, name: str, count: int) -> Callable[..., Any]:
        """As `native`, for one place in a script."""
        return native_site(self, name, count)

    def method_site(self, home: Linked, name: str, count: int) -> Callable[..., Any]:
        """As `method`, for one place in a script where no function of a script can be meant."""
        return method_site(self, home, name, count)

    def bind(self, name: str, types: tuple[str, ...]) -> Callable[..., Any]:
        """A native chosen by type names known when the script was compiled."""
        fn = self.table.find_types(name, types)
        if fn is None:
            return lambda *args: self.missing_function(name, args)
        return with_context(fn.call, self) if fn.context else fn.call

    def native_ref(self, depth: int, name: str, cell: Cell, *args: Any) -> Any:
        """Call a native with a receiver that it may replace; the new receiver is in the cell afterwards."""
        receiver = cell.v
        fn = self.table.found.get((name, type(receiver), *map(type, args)))
        if fn is None:
            fn = self.table.find(name, (receiver, *args))
        if fn is None:
            return self.method_fallback(depth, name, cell, args)
        if not fn.pure and cell.constant:
            raise faults.non_pure_call(name)
        return self._run_on_cell(fn, depth, cell, args)

    def _run_on_cell(self, fn: NativeFn, depth: int, cell: Cell, args: tuple[Any, ...]) -> Any:
        """Call a native with the value of a cell, which it may replace."""
        if cell.constant and fn.callbacks:
            fixed, self.fixed = self.fixed, (*self.fixed, cell.v)
            try:
                return self._run_unmarked(fn, depth, cell, args)
            finally:
                self.fixed = fixed
        return self._run_unmarked(fn, depth, cell, args)

    def _run_unmarked(self, fn: NativeFn, depth: int, cell: Cell, args: tuple[Any, ...]) -> Any:
        receiver = cell.v
        outer, self.depth = self.depth, depth + 1
        lock = fn.callbacks and cell.shared
        if lock:
            cell.lock()
        try:
            result = fn.call(self, receiver, *args) if fn.context else fn.call(receiver, *args)
        finally:
            self.depth = outer
            if lock:
                cell.unlock()
        if fn.ref:
            new, result = result
            cell.v = retag(receiver, new) if type(receiver) in TAGGED and fn.name not in UNTAGGING else new
        return result

    def fallback(self, depth: int, name: str, args: tuple[Any, ...]) -> Any:
        """No function of this script and no native fits: a module may mean a function of the script around it."""
        lent = self._lent(name, args)
        if lent is not None:
            return self.run_native(lent, depth, args)
        found = self.find_main(name, len(args)) if self.running else None
        return self.missing_function(name, args) if found is None else self._invoke(found, MISSING, args, depth)

    def _lent(self, name: str, args: tuple[Any, ...]) -> NativeFn | None:
        """A function of the modules that `CallContext.frame` lends."""
        for module in reversed(self.namespaces):
            fn = find_in_module(module, name, args, self.table)
            if fn is not None:
                return fn
        return None

    def method_fallback(self, depth: int, name: str, cell: Cell, args: tuple[Any, ...]) -> Any:
        """As `fallback`, for methods; imported modules may define some for the type."""
        key = (self.type_name(cell.v), name, len(args))
        for _, module in reversed(self.imports):
            method = module.script_methods.get(key)
            if method is not None:
                return method(self, depth, args, module.name, cell)
        lent = self._lent(name, (cell.v, *args))
        if lent is not None:
            if not lent.pure and cell.constant:
                raise faults.non_pure_call(name)
            return self._run_on_cell(lent, depth, cell, args)
        found = self.find_main(name, len(args)) if self.running else None
        return self.missing_function(name, (cell.v, *args)) if found is None else self._invoke(found, cell, args, depth)

    def missing_function(self, name: str, args: tuple[Any, ...]) -> Any:
        """No function fits: the host may know it, else say so, with a near match where there is one."""
        ask = self.settings.on_missing_function
        answer = NOTHING if ask is None else ask.value(self, name, args)
        if answer is not NOTHING:
            return answer
        error = faults.function_not_found_for(name, [self.type_name(arg) for arg in args])
        error.hint = partial(self._suggest, name, len(args))
        raise error

    def _suggest(self, name: str, count: int) -> str | None:
        known_types = [self.table.params_of(fn) for fn in self.table.overloads(name, count) if fn.host]
        if known_types:
            shown = " and ".join(f"({', '.join(types)})" for types in known_types[:4])
            return f"'{name}' takes {shown}"
        scripts = [key for linked in self.linked.values() for key in linked.functions]
        counts = sorted({c for n, c in scripts if n == name})
        if counts and count not in counts:
            shown = " or ".join(map(str, counts))
            return f"'{name}' takes {shown} argument{'' if shown == '1' else 's'}"
        known = {n for layer in self.table.layers for n, c in list(layer.functions) if c == count and "$" not in n}
        known |= {n for n, c in scripts if c == count}
        if count == 1:
            known |= {"print", "debug", "type_of", "eval", "is_shared", "is_def_var"}
        return faults.suggestion(name, known, 0.75)

    def call_by_name(self, name: str, args: tuple[Any, ...]) -> Any:
        """A call by a host function: the script's functions first."""
        found = self.find_script(name, len(args), None)
        if found is not None:
            return self._invoke(found, MISSING, args, self.depth)
        return self.native_named(self.depth, name, args)

    def call_method_by_name(self, this: Cell, name: str, args: tuple[Any, ...]) -> Any:
        """As `call_by_name`, for methods."""
        found = self._find_typed(name, this, len(args)) or self.find_script(name, len(args), None)
        if found is not None:
            return self._invoke(found, this, args, self.depth)
        return self.native_ref(self.depth, name, this, *args)

    # ---- methods ----------------------------------------------------------------------------------------------------

    def method(self, home: Linked, depth: int, name: str, cell: Any, *args: Any) -> Any:
        """`obj.f(args)`, the general case. `cell` is a `Cell` when the receiver may be replaced, else its value."""
        boxed = cell if isinstance(cell, Cell) else Cell(cell)
        receiver = boxed.v
        if type(receiver) is dict:
            stored = receiver.get(name)
            if type(stored) is FnPtr:
                return self._lend(boxed, self.call_pointer_this, depth, stored, args)
        count = len(args)
        key = (name, count)
        linked: Linked | None = home
        while linked is not None:
            if linked.typed:
                typed = linked.typed.get((self.type_name(receiver), name, count))
                if typed is not None:
                    return self._invoke_method(depth, typed, boxed, args)
            function = linked.functions.get(key)
            if function is not None:
                return self._invoke_method(depth, (function, linked.metas[key]), boxed, args)
            linked = linked.parent
        return self.native_ref(depth, name, boxed, *args)

    @staticmethod
    def _lend(cell: Cell, call: Callable[..., Any], depth: int, what: Any, args: tuple[Any, ...]) -> Any:
        """Call a method; a captured variable is locked meanwhile, and the method works on a stand-in for it."""
        if not cell.shared:
            return call(depth, what, cell, *args)
        stand_in = Cell(cell.v, cell.constant)
        cell.lock()
        try:
            return call(depth, what, stand_in, *args)
        finally:
            cell.unlock()
            cell.v = stand_in.v

    def _invoke_method(self, depth: int, found: Found, this: Cell, args: tuple[Any, ...]) -> Any:
        """Call a script function as a method."""
        if type(this) is ItemCell:
            this = Cell(this.v)
        if not this.shared:
            return self._invoke(found, this, args, depth)

        def invoke(depth: int, found: Found, this: Cell, *args: Any) -> Any:
            return self._invoke(found, this, args, depth)

        return self._lend(this, invoke, depth, found, args)

    @staticmethod
    def locked(cell: Any, call: Callable[..., Any], *args: Any) -> Any:
        """Call a method on a part of a captured variable, which is locked meanwhile: using it is a data race."""
        if not isinstance(cell, Cell) or not cell.shared:
            return call(*args)
        cell.lock()
        try:
            return call(*args)
        finally:
            cell.unlock()

    def method_call(self, home: Linked, depth: int, receiver: Any, *args: Any) -> Any:
        """`f.call(args)` on a pointer, `obj.call(f, args)` on anything else."""
        cell = receiver if isinstance(receiver, Cell) else Cell(receiver)
        value = cell.v
        if type(value) is FnPtr:
            if cell.shared:
                return self._call_locked(depth, cell, args)
            return self._call_pointer(depth, value, MISSING, args)
        if type(value) is dict and type(value.get("call")) is FnPtr:
            return self.method(home, depth, "call", receiver, *args)
        return self._lend(cell, self._call_with_object, depth, args[0] if args else value, args[1:])

    def _refuse_captured(self, pointer: FnPtr, this: Cell, count: int) -> None:
        """No object may be lent to a closure while what that has captured is locked.

        A part that is no value of its own (of a text, a number or a blob) comes first, where a parameter takes it.
        """
        first = 2 if type(this) is ItemCell and self.arity(pointer) == count + 1 else 1
        for number, cell in enumerate(pointer.curried, first):
            if type(cell) is LockedCell:
                argument = f"argument #{number} of function '{pointer.name}'"
                message = f"Data race detected on variable '{argument}'"
                raise EvalError("ErrorDataRace", message, None, fields={"variable": argument})

    def _call_with_object(self, depth: int, pointer: Any, this: Cell, *args: Any) -> Any:
        """`obj.call(f, args)`."""
        if type(pointer) is FnPtr:
            self._refuse_captured(pointer, this, len(args))
        return self._call_pointer(depth, pointer, this, args)

    def _call_locked(self, depth: int, cell: Cell, args: tuple[Any, ...]) -> Any:
        """Call a pointer held by a captured variable: the variable is locked meanwhile, as in Rhai."""
        pointer = cell.v
        cell.lock()
        try:
            return self._call_pointer(depth, pointer, MISSING, args)
        finally:
            cell.unlock()

    def check_pointer(self, pointer: Any) -> None:
        """The first argument of `call` and `curry` must be a function pointer."""
        if type(pointer) is not FnPtr:
            raise faults.no_pointer(self.type_name(pointer))

    def full_type_name(self, value: Any) -> str:
        """The name of a type in messages that show ranges by their full path."""
        return full_type_name(value) if type(value) in (Range, Stream) else self.type_name(value)

    def curry(self, pointer: Any, *args: Any) -> FnPtr:
        """`f.curry(args)`."""
        if isinstance(pointer, Cell):
            pointer = pointer.v
        if type(pointer) is not FnPtr:
            raise faults.no_pointer(self.type_name(pointer))
        return pointer.curry(args)

    def is_def_fn(self, home: Linked, *args: Any) -> bool:
        """`is_def_fn(name, count)` and `is_def_fn(type, name, count)`."""
        *prefix, count = map(untagged, args)
        for text_arg in prefix:
            if type(text_arg) is not str:
                raise faults.mismatch(self.full_type_name(text_arg), "string")
        if type(count) is not int:
            raise faults.mismatch(self.full_type_name(count), "i64")
        where: list[Linked] = []
        linked: Linked | None = home
        while linked is not None:
            where.append(linked)
            linked = linked.parent
        if self.running:
            where += [*self.running, *(other for other in self.linked.values() if not other.is_module)]
        key = (*prefix, count)
        if len(prefix) == 2 and any(key in module.script_methods for _, module in self.imports):
            return True
        return any(key in (known.typed if len(prefix) == 2 else known.functions) for known in where)


def find_in_module(module: Module, name: str, args: tuple[Any, ...], table: FunctionTable) -> NativeFn | None:
    """An overload of one module, looked up with the engine's type names."""
    return table.of_module(module).find(name, args)


def _described(meta: FunctionMeta) -> dict[str, Any]:
    """A script function as `get_fn_metadata_list` shows it."""
    anonymous = meta.name.startswith("anon$")
    shown: dict[str, Any] = {
        "name": meta.name,
        "access": "private" if meta.private and not anonymous else "public",
        "is_anonymous": anonymous,
        "params": list(meta.params),
    }
    if meta.this_type is not None:
        shown["this_type"] = meta.this_type
    return shown


__all__ = ["Calling", "find_in_module"]
