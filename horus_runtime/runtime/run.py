"""One run of compiled scripts: the state they share and the services generated code calls.

A `Run` is made per evaluation and never shared between threads; programs, function tables and limits are shared. It
also is the `NativeCallContext` that native functions get.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from horus_runtime.errors import EvalError, HorusError, LimitError
from horus_runtime.limits import Limits
from horus_runtime.runtime import abi, faults, text
from horus_runtime.runtime.budget import Budget
from horus_runtime.runtime.dispatch import FunctionTable
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.indexing import NO_INDEXER, WrongElementError, get_index, set_index
from horus_runtime.runtime.iteration import NO_ITERATOR, iterate
from horus_runtime.runtime.module import Module, NativeFn
from horus_runtime.runtime.operators import ASSIGN, BINARY, NO_OPERATOR, neg, not_, plus
from horus_runtime.runtime.operators import eq as builtin_eq
from horus_runtime.runtime.program import THIS_CELL, THIS_NONE, FunctionMeta, Program
from horus_runtime.runtime.scope import MISSING, Scope
from horus_runtime.runtime.sizes import size_of
from horus_runtime.runtime.tracing import explain
from horus_runtime.runtime.values import Cell, copy_value, type_name
from horus_runtime.source import Position

Key = tuple[str, int]


class Host(Protocol):
    """What a run needs from the engine that started it."""

    def compile_eval(self, text: str, shared: frozenset[str], names: frozenset[str]) -> Program:
        """Compile the text of an `eval` with these names visible."""

    def import_module(self, run: Run, path: str, source: str | None, depth: int) -> Module:
        """Resolve and run a module."""


@dataclass(slots=True)
class RunSettings:
    """What stays the same for all runs of an engine."""

    table: FunctionTable
    limits: Limits
    modules: dict[str, Module] = field(default_factory=dict)
    services: dict[str, Any] = field(default_factory=dict)
    on_print: Callable[[str], None] | None = None
    on_debug: Callable[[str, str | None, Any], None] | None = None
    on_progress: Callable[[int], Any] | None = None
    on_start: Callable[[Budget], None] | None = None
    fail_on_invalid_map_property: bool = False
    host: Host | None = None


class Linked:
    """A program made runnable: its functions as closures over this run's counter."""

    __slots__ = ("functions", "imports", "main", "metas", "parent", "program", "typed")

    def __init__(self, program: Program, parent: Linked | None = None) -> None:
        self.program = program
        self.parent = parent
        self.functions: dict[Key, Callable[..., Any]] = {}
        self.metas: dict[Key, FunctionMeta] = {}
        self.typed: dict[tuple[str, str, int], tuple[Callable[..., Any], FunctionMeta]] = {}
        self.imports: list[tuple[str, Module]] = []
        self.main: Callable[..., Any] | None = None


class EvalScope(Scope):
    """What `eval` runs in. New variables go back to the function's dynamic scope."""

    __slots__ = ("dynamic", "statics")

    def __init__(self, dynamic: Scope) -> None:
        super().__init__()
        self.dynamic = dynamic
        self.statics = 0

    def keep(self) -> None:
        """Put what was declared since into the function's dynamic scope."""
        self.dynamic.clear()
        for at in range(self.statics, len(self)):
            name, value, constant = self._names[at], self._values[at], self._constants[at]
            (self.dynamic.push_constant if constant else self.dynamic.push)(name, value)


class Run:
    """State and services of one evaluation."""

    def __init__(self, settings: RunSettings, budget: Budget | None = None) -> None:
        self.settings = settings
        self.limits = settings.limits
        self.table = settings.table
        self.budget = budget or Budget(settings.limits, settings.on_progress)
        if settings.on_start is not None:
            settings.on_start(self.budget)
        self.programs: dict[str, Program] = {}
        self.linked: dict[int, Linked] = {}
        self.depth = 0
        self.max_depth = settings.limits.max_call_levels
        self.string_limit = settings.limits.max_string_size
        self.array_limit = settings.limits.max_array_size
        self.map_limit = settings.limits.max_map_size
        # A string of so many characters cannot exceed the limit in UTF-8 bytes.
        self.safe_string = self.string_limit // 4 if self.string_limit else 1 << 62
        self.safe_array = self.array_limit or 1 << 62
        self.safe_map = self.map_limit or 1 << 62
        self.poll = self.budget.poll
        self.type_of = settings.table.type_name
        self.modules_imported = 0
        self.modules_cache: dict[str, Module | None] = {}
        """Modules made in this run by path; `None` while a module is being made."""

    # ---- linking ----------------------------------------------------------------------------------------------------

    def link(self, program: Program, parent: Linked | None = None) -> Linked:
        """Make a program runnable in this run; linking twice gives the same object."""
        linked = self.linked.get(id(program))
        if linked is None:
            linked = Linked(program, parent)
            self.linked[id(program)] = linked
            self.programs[program.filename] = program
            if program.factory is None:
                space = dict(abi.EXPORTS)
                exec(program.code, space)  # noqa: S102 - the code object is our own compiler's
                program.factory = space["_program"]
            functions, linked.main, reader = program.factory(self, linked)
            self.budget.readers.append(reader)
            for meta, function in zip(program.functions, functions, strict=True):
                key = (meta.name, len(meta.params))
                if meta.this_type is not None:
                    linked.typed[(meta.this_type, *key)] = (function, meta)
                else:
                    linked.functions[key] = function
                    linked.metas[key] = meta
        return linked

    def explain(self, error: BaseException) -> HorusError:
        """The error a script or host sees, positions and call chain filled in."""
        return explain(error, self.programs)

    # ---- NativeCallContext ------------------------------------------------------------------------------------------

    @property
    def services(self) -> dict[str, Any]:
        return self.settings.services

    def charge(self, operations: int) -> None:
        self.budget.charge(operations)

    def remaining_seconds(self) -> float | None:
        return self.budget.remaining_seconds()

    def type_name(self, value: Any) -> str:
        return self.table.type_name(value)

    def to_display(self, value: Any) -> str:
        return text.to_display(value, self)

    def to_debug(self, value: Any) -> str:
        return text.to_debug(value, self)

    def equals(self, left: Any, right: Any) -> bool:
        result = builtin_eq(left, right)
        return bool(self.operator("==", left, right)) if result is NO_OPERATOR else bool(result)

    def check_string(self, length: int) -> None:
        if self.string_limit and length > self.string_limit:
            raise faults.too_large(faults.STRING_SIZE, self.string_limit, length)

    def check_array(self, length: int) -> None:
        if self.array_limit and length > self.array_limit:
            raise faults.too_large(faults.ARRAY_SIZE, self.array_limit, length)

    def check_map(self, length: int) -> None:
        if self.map_limit and length > self.map_limit:
            raise faults.too_large(faults.MAP_SIZE, self.map_limit, length)

    # ---- function pointers ------------------------------------------------------------------------------------------

    def home(self, pointer: FnPtr) -> Linked | None:
        """The linked program whose functions a pointer means first."""
        if pointer.program is not None:
            return self.link(pointer.program)
        return None

    def sized_array(self, value: list[Any]) -> list[Any]:
        """An array literal under explicit size limits: nested sizes count."""
        self.check_sizes(value)
        return value

    sized_map = sized_array

    def check_sizes(self, value: Any) -> None:
        """Check a value against the size limits, everything nested in it counted."""
        size = size_of(value)
        self.check_array(size.elements)
        self.check_map(size.properties)
        self.check_string(size.string_bytes)

    def find_script(self, name: str, count: int, home: Linked | None) -> tuple[Callable[..., Any], FunctionMeta] | None:
        """A script function by name and parameter count: in `home`, outward, then in the run's other programs."""
        key = (name, count)
        linked = home
        while linked is not None:
            if key in linked.functions:
                return linked.functions[key], linked.metas[key]
            linked = linked.parent
        for other in self.linked.values():
            if other is not home and key in other.functions and not other.metas[key].captures:
                return other.functions[key], other.metas[key]
        return None

    def _captures(self, pointer: FnPtr, home: Linked | None) -> int:
        if home is not None and pointer.name.startswith("anon$"):
            for (name, _), meta in home.metas.items():
                if name == pointer.name:
                    return meta.captures
        return 0

    def arity(self, pointer: FnPtr) -> int | None:
        home = self.home(pointer)
        counts = [
            len(meta.params) + meta.captures
            for linked in ([home] if home else list(self.linked.values()))
            for (name, _), meta in linked.metas.items()
            if name == pointer.name
        ]
        # Several script functions of the name: the caller tries what it can offer.
        return counts[0] - len(pointer.curried) if len(set(counts)) == 1 else None

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
        home = self.home(pointer)
        captures = self._captures(pointer, home)
        found = self.find_script(pointer.name, len(pointer.curried) - captures + count, home)
        if found is None:
            return lambda *args: self.call_pointer(self.depth, pointer, *args)
        function, meta = found
        level = self.depth + 1
        given = (*((Cell(MISSING) if meta.this == THIS_CELL else MISSING,) if meta.this else ()), *pointer.curried)
        if given:
            return lambda *args: function(*given, *args, level)
        return lambda *args: function(*args, level)

    def call_pointer(self, depth: int, pointer: Any, *args: Any) -> Any:
        """`f.call(args)`: `this` is unbound."""
        if type(pointer) is not FnPtr:
            raise faults.mismatch(self.type_name(pointer), "Fn")
        home = self.link(pointer.program) if pointer.program is not None else None
        curried = pointer.curried
        if curried:
            args = (*curried, *args)
        if home is not None:
            function, captures = self._closure(home, pointer.name, len(args))
            if function is not None:
                meta = home.metas[pointer.name, len(args) - captures]
                if meta.this:
                    return function(Cell(MISSING) if meta.this == THIS_CELL else MISSING, *args, depth + 1)
                return function(*args, depth + 1)
        found = self.find_script(pointer.name, len(args), home)
        if found is not None:
            return self._invoke(found, MISSING, args, depth)
        return self.native_named(depth, pointer.name, args)

    def _closure(self, home: Linked, name: str, count: int) -> tuple[Callable[..., Any] | None, int]:
        """A closure by its full argument count, captured cells included."""
        for (other, params), meta in home.metas.items() if name.startswith("anon$") else ():
            if other == name and params + meta.captures == count:
                return home.functions[other, params], meta.captures
        return None, 0

    def call_pointer_this(self, depth: int, pointer: Any, this: Cell, *args: Any) -> Any:
        """`obj.call(f, args)`: `this` is `obj`; for natives the object is the first argument."""
        if type(pointer) is not FnPtr:
            raise faults.mismatch(self.type_name(pointer), "Fn")
        home = self.home(pointer)
        args = (*pointer.curried, *args)
        function, captures = self._closure(home, pointer.name, len(args)) if home else (None, 0)
        if function is not None and home is not None:
            return self._invoke((function, home.metas[pointer.name, len(args) - captures]), this, args, depth)
        found = self.find_script(pointer.name, len(args), home) or self._find_typed(pointer.name, this, len(args))
        if found is not None:
            return self._invoke(found, this, args, depth)
        return self.native_ref(depth, pointer.name, this, *args)

    def _find_typed(self, name: str, this: Cell, count: int) -> tuple[Callable[..., Any], FunctionMeta] | None:
        """A script function declared for the type of `this`."""
        for linked in self.linked.values():
            if linked.typed:
                typed = linked.typed.get((self.type_name(this.v), name, count))
                if typed is not None:
                    return typed
        return None

    def _invoke(
        self, found: tuple[Callable[..., Any], FunctionMeta], this: Any, args: tuple[Any, ...], depth: int
    ) -> Any:
        function, meta = found
        if meta.this == THIS_NONE:
            return function(*args, depth + 1)
        if meta.this == THIS_CELL:
            return function(this if type(this) is Cell else Cell(this), *args, depth + 1)
        return function(this.v if type(this) is Cell else this, *args, depth + 1)

    # ---- calls by name ----------------------------------------------------------------------------------------------

    def call_named(self, home: Linked, depth: int, name: str, *args: Any) -> Any:
        """`f(args)` where the compiler knew no script function: outer scripts first, then natives."""
        linked = home.parent
        while linked is not None:
            key = (name, len(args))
            if key in linked.functions:
                return self._invoke((linked.functions[key], linked.metas[key]), MISSING, args, depth)
            linked = linked.parent
        return self.native_named(depth, name, args)

    def native_named(self, depth: int, name: str, args: tuple[Any, ...]) -> Any:
        """Call a native function found by name and argument types."""
        fn = self.table.find(name, args)
        if fn is None:
            return self.missing_function(name, args)
        return self.run_native(fn, depth, args)

    def native(self, depth: int, name: str, *args: Any) -> Any:
        """As `native_named`, with the arguments spread."""
        fn = self.table.find(name, args)
        if fn is None:
            return self.missing_function(name, args)
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

    def native_ref(self, depth: int, name: str, cell: Cell, *args: Any) -> Any:
        """Call a native with a receiver that it may replace; the new receiver is in the cell afterwards."""
        receiver = cell.v
        fn = self.table.find(name, (receiver, *args))
        if fn is None:
            return self.missing_function(name, (receiver, *args))
        if not fn.pure and cell.constant:
            raise faults.non_pure_call(name)
        outer, self.depth = self.depth, depth + 1
        lock = fn.callbacks and cell.shared
        if lock:
            del cell.v
        try:
            result = fn.call(self, receiver, *args) if fn.context else fn.call(receiver, *args)
        finally:
            self.depth = outer
            if lock:
                cell.v = receiver
        if fn.ref:
            cell.v, result = result
        return result

    def missing_function(self, name: str, args: tuple[Any, ...]) -> Any:
        """No function fits: say so, with a near match where there is one."""
        error = faults.function_not_found_for(name, [self.type_name(arg) for arg in args])
        error.hint = self._suggest(name, len(args))
        raise error

    def _suggest(self, name: str, count: int) -> str | None:
        from difflib import get_close_matches

        known = {n for layer in self.table.layers for n, c in layer.functions if c == count and "$" not in n}
        for linked in self.linked.values():
            known |= {n for n, c in linked.functions if c == count and not n.startswith("anon$")}
        near = get_close_matches(name, sorted(known - {name}), n=1, cutoff=0.75)
        return f"did you mean '{near[0]}'?" if near else None

    # ---- methods ----------------------------------------------------------------------------------------------------

    def method(self, home: Linked, depth: int, name: str, cell: Any, *args: Any) -> Any:
        """`obj.f(args)`, the general case. `cell` is a `Cell` when the receiver may be replaced, else its value."""
        boxed = cell if type(cell) is Cell else Cell(cell)
        receiver = boxed.v
        if type(receiver) is dict:
            stored = receiver.get(name)
            if type(stored) is FnPtr:
                return self.call_pointer_this(depth, stored, boxed, *args)
        count = len(args)
        linked: Linked | None = home
        while linked is not None:
            if linked.typed:
                typed = linked.typed.get((self.type_name(receiver), name, count))
                if typed is not None:
                    return self._invoke(typed, boxed, args, depth)
            if (name, count) in linked.functions:
                return self._invoke((linked.functions[name, count], linked.metas[name, count]), boxed, args, depth)
            linked = linked.parent
        return self.native_ref(depth, name, boxed, *args)

    # ---- operators, indexing, properties ----------------------------------------------------------------------------

    def binary(self, op: str) -> Callable[[Any, Any], Any]:
        """The slow path of an infix operator: built-in first, then what the host registered."""
        builtin = BINARY.get(op)
        if builtin is None:
            return lambda a, b: self.operator(op, a, b)

        def apply(a: Any, b: Any) -> Any:
            result = builtin(a, b)
            if result is NO_OPERATOR:
                return self.operator(op, a, b)
            return self.sized(result) if op == "+" else result

        return apply

    def assign(self, op: str) -> Callable[[Any, Any], Any]:
        """The slow path of a compound assignment; `op` includes the `=`. Lists grow in place."""
        builtin = ASSIGN[op]
        plain = op[:-1]

        def apply(a: Any, b: Any) -> Any:
            if plain == "+" and type(a) is list and type(b) is list:
                self.check_array(len(a) + len(b))
            result = builtin(a, b)
            if result is NO_OPERATOR:
                fn = self.table.find(op, (a, b))
                if fn is not None:
                    fn.call(self, a, b) if fn.context else fn.call(a, b)
                    return a
                return self.operator(plain, a, b)
            return self.sized(result)

        return apply

    def sized(self, value: Any) -> Any:
        """Check a freshly built string, array or map against the limits."""
        cls = type(value)
        if cls is str:
            if len(value) > self.safe_string:
                self.check_string(len(value.encode("utf-8", "surrogatepass")))
        elif cls is list or cls is bytearray:
            if len(value) > self.safe_array:
                self.check_array(len(value))
        elif cls is dict and len(value) > self.safe_map:
            self.check_map(len(value))
        return value

    def not_op(self, value: Any) -> Any:
        """`!value`."""
        result = not_(value)
        return self.operator("!", value) if result is NO_OPERATOR else result

    def neg_op(self, value: Any) -> Any:
        """`-value`."""
        result = neg(value)
        return self.operator("-", value) if result is NO_OPERATOR else result

    def plus_op(self, value: Any) -> Any:
        """`+value`."""
        result = plus(value)
        return self.operator("+", value) if result is NO_OPERATOR else result

    def operator(self, op: str, *args: Any) -> Any:
        """An operator without built-in meaning for these operands."""
        fn = self.table.find(op, args)
        if fn is None:
            if op == "!=" and len(args) == 2 and self.table.find("==", args):
                return not self.operator("==", *args)
            raise faults.function_not_found_for(op, [self.type_name(arg) for arg in args])
        return fn.call(self, *args) if fn.context else fn.call(*args)

    def contains(self, home: Linked, depth: int, item: Any, container: Any) -> bool:
        """`item in container`: `contains(container, item)`, which a script may define."""
        found = self.find_script("contains", 2, home)
        if found is not None:
            return bool(self._invoke(found, MISSING, (container, item), depth))
        return bool(self.native(depth, "contains", container, item))

    def index(self, target: Any, index: Any, bracket: tuple[int, int]) -> Any:
        """`target[index]`, borrowed: the caller copies what it keeps."""
        result = get_index(target, index)
        if result is NO_INDEXER:
            fn = self.table.find("index$get$", (target, index))
            if fn is None:
                error = faults.indexer_unavailable(f"{self.type_name(target)} [{self.type_name(index)}]")
                error.position = Position(*bracket)
                raise error
            return fn.call(self, target, index) if fn.context else fn.call(target, index)
        return result

    def store_index(
        self, target: Any, index: Any, value: Any, bracket: tuple[int, int], assignment: tuple[int, int]
    ) -> Any:
        """`target[index] = value`; returns what to store back as the target."""
        if type(target) is dict and type(index) is str and index not in target:
            self.check_map(len(target) + 1)
        try:
            result = set_index(target, index, value)
        except WrongElementError as error:
            error.position = Position(*assignment)
            raise
        if result is NO_INDEXER:
            fn = self.table.find("index$set$", (target, index, value))
            if fn is None:
                signature = f"{self.type_name(target)} [{self.type_name(index)}] = {self.type_name(value)}"
                unavailable = faults.indexer_unavailable(signature)
                unavailable.position = Position(*bracket)
                raise unavailable
            fn.call(self, target, index, value) if fn.context else fn.call(target, index, value)
            return target
        return result

    def get_property(self, target: Any, name: str) -> Any:
        """`target.name`: map key, getter, string indexer."""
        if type(target) is dict:
            if self.settings.fail_on_invalid_map_property and name not in target:
                raise EvalError("ErrorPropertyNotFound", f"Property not found: {name}", fields={"variable": name})
            return target.get(name)
        fn = self.table.find(f"get${name}", (target,))
        if fn is not None:
            return fn.call(self, target) if fn.context else fn.call(target)
        fn = self.table.find("index$get$", (target, name))
        if fn is not None:
            return fn.call(self, target, name) if fn.context else fn.call(target, name)
        raise faults.unknown_property(name, self.type_name(target))

    def set_property(self, target: Any, name: str, value: Any) -> Any:
        """`target.name = value`; returns what to store back as the target."""
        if type(target) is dict:
            if name not in target:
                self.check_map(len(target) + 1)
            target[name] = value
            return target
        fn = self.table.find(f"set${name}", (target, value))
        if fn is None:
            fn = self.table.find("index$set$", (target, name, value))
            if fn is None:
                raise faults.no_setter(name, self.type_name(target), self.type_name(value))
            fn.call(self, target, name, value) if fn.context else fn.call(target, name, value)
            return target
        fn.call(self, target, value) if fn.context else fn.call(target, value)
        return target

    def iterate(self, value: Any) -> Any:
        """An iterator for `for`."""
        result = iterate(value, owned=True)
        if result is NO_ITERATOR:
            make = self.table.iterator(value)
            if make is None:
                raise EvalError("ErrorFor", "For loop expects iterable type")
            return iter(make(value))
        return result

    def method_call(self, home: Linked, depth: int, receiver: Any, *args: Any) -> Any:
        """`f.call(args)` on a pointer, `obj.call(f, args)` on anything else."""
        value = receiver.v if type(receiver) is Cell else receiver
        if type(value) is FnPtr:
            return self.call_pointer(depth, value, *args)
        if type(value) is dict and type(value.get("call")) is FnPtr:
            return self.method(home, depth, "call", receiver, *args)
        if not args:
            raise faults.mismatch(self.type_name(value), "Fn")
        return self.call_pointer_this(depth, args[0], receiver if type(receiver) is Cell else Cell(receiver), *args[1:])

    # ---- the host's variables ---------------------------------------------------------------------------------------

    def unknown(self, home: Linked, name: str) -> Any:
        """A name without declaration: a variable of a global module, or an error."""
        linked: Linked | None = home.parent
        while linked is not None:
            for known, _ in linked.functions:
                if known == name:
                    return FnPtr(name)
            linked = linked.parent
        for layer in reversed(self.table.layers):
            if name in layer.variables:
                return layer.variables[name]
        raise faults.variable_not_found(name)

    @staticmethod
    def external(scope: Scope, name: str) -> Any:
        """A variable of the host's scope at the start of main."""
        return scope.get(name, MISSING)

    def check_external(self, scope: Scope, name: str, value: Any) -> None:
        """Assigning to a host variable: it must exist and must not be a constant."""
        if value is MISSING:
            raise faults.variable_not_found(name)
        if scope.is_constant(name):
            raise faults.cannot_modify_constant(name)

    @staticmethod
    def put_back(scope: Scope, name: str, value: Any, base: int) -> None:
        """Write a host variable back at the end of main."""
        if value is not MISSING:
            at = scope.find_before(name, base)
            if at >= 0:
                scope.store(at, value)

    def check_this(self, cell: Cell) -> None:
        """Assigning to `this`: it must be bound, and not to a constant."""
        if cell.v is MISSING:
            raise faults.unbound_this()
        if cell.constant:
            raise faults.cannot_modify_constant("")

    # ---- code with eval ---------------------------------------------------------------------------------------------

    @staticmethod
    def new_dynamic(_scope: Scope | None) -> Scope:
        """The variables that `eval` declares in a function."""
        return Scope()

    @staticmethod
    def leave_dynamic(scope: Scope, dynamic: Scope) -> None:
        """Hand what `eval` declared at global level to the host."""
        for name, constant, value in dynamic:
            if constant:
                scope.push_constant(name, value)
            else:
                scope.push(name, value)

    @staticmethod
    def forget(dynamic: Scope, name: str) -> None:
        """A new declaration shadows what `eval` declared under that name."""
        while name in dynamic:
            dynamic.remove(name)

    def dyn_store(self, dynamic: Scope, name: str, value: Any) -> None:
        """Assign to a variable that only `eval` can have declared."""
        if name not in dynamic:
            raise faults.variable_not_found(name)
        dynamic.set_value(name, value)

    @staticmethod
    def see(dynamic: Scope, visible: tuple[tuple[str, Any, bool], ...]) -> EvalScope:
        """The scope an `eval` runs in: the function's variables as cells, then what earlier `eval`s declared."""
        scope = EvalScope(dynamic)
        for name, cell, constant in visible:
            if cell is not MISSING:
                (scope.push_constant if constant else scope.push)(name, cell)
        scope.statics = len(scope)
        for name, constant, value in dynamic:
            (scope.push_constant if constant else scope.push)(name, value)
        return scope

    @staticmethod
    def is_def_var(name: Any, visible: tuple[Any, ...], dynamic: Scope | None) -> bool:
        """Is a variable of this name visible?"""
        if type(name) is not str:
            raise faults.mismatch(type_name(name), "string")
        scope, *pairs = visible
        if dynamic is not None and name in dynamic:
            return True
        if any(known == name and value is not MISSING for known, value in pairs):
            return True
        return scope is not None and name in scope

    @staticmethod
    def export(scope: Scope, name: str, alias: str) -> None:
        """`export name as alias`."""
        scope.aliases.setdefault(name, []).append(alias)

    # ---- special functions ------------------------------------------------------------------------------------------

    def print(self, value: Any = "") -> None:
        """`print(x)`: the display text goes to the host's callback."""
        shown = value if type(value) is str else self.to_display(value)
        if self.settings.on_print is not None:
            self.settings.on_print(shown)

    def debug(self, source: str | None, position: tuple[int, int], value: Any = "") -> None:
        """`debug(x)`: the debug text, source name and position go to the host's callback."""
        if self.settings.on_debug is not None:
            self.settings.on_debug(self.to_debug(value), source, Position(*position))

    def display(self, value: Any) -> str:
        """A part of a template as text."""
        return value if type(value) is str else self.to_display(value)

    def join(self, *parts: str) -> str:
        """The text of a template, priced before it is built."""
        if sum(map(len, parts)) > self.safe_string:
            self.check_string(sum(len(part.encode("utf-8", "surrogatepass")) for part in parts))
        return "".join(parts)

    def make_pointer(self, name: Any) -> FnPtr:
        """`Fn(name)`."""
        return abi.make_pointer(name, self.type_name)

    def is_def_fn(self, home: Linked, *args: Any) -> bool:
        """`is_def_fn(name, count)` and `is_def_fn(type, name, count)`."""
        *prefix, count = args
        for text_arg in prefix:
            if type(text_arg) is not str:
                raise faults.mismatch(self.type_name(text_arg), "string")
        if type(count) is not int:
            raise faults.mismatch(self.type_name(count), "i64")
        linked: Linked | None = home
        while linked is not None:
            if len(prefix) == 2 and (*prefix, count) in linked.typed:
                return True
            if len(prefix) == 1 and (prefix[0], count) in linked.functions:
                return not linked.metas[prefix[0], count].captures
            linked = linked.parent
        return False

    def throw(self, value: Any) -> EvalError:
        """The error that `throw value` raises."""
        shown = text.host_display(value)
        return faults.runtime_error(value, None if value is None or value == "" else shown)

    def stack_overflow(self) -> None:
        """The call depth is used up."""
        raise LimitError(
            "ErrorStackOverflow",
            "Stack overflow",
            limit=self.max_depth,
            hint=f"max_call_levels is {self.max_depth}",
        )

    # ---- catching ---------------------------------------------------------------------------------------------------

    def catch(self, error: Exception) -> HorusError:
        """What a script's `catch` gets to see; raises again what scripts cannot catch."""
        found = self.explain(error)
        if not isinstance(found, EvalError):
            if found is error:
                raise error
            raise found from error
        return found

    def caught_value(self, error: EvalError) -> Any:
        """The value bound by `catch (e)`."""
        root = error.root()
        if isinstance(root, EvalError) and root.kind == "ErrorRuntime":
            return copy_value(root.value)
        value: dict[str, Any] = {"error": error.kind, "message": error.message}
        if error.source is not None and error.source.name:
            value["source"] = error.source.name
        if error.position is not None:
            value["line"], value["position"] = error.position
        value.update(error.fields)
        return value

    def rethrow(self, error: EvalError) -> EvalError:
        """`throw;` in a `catch` block: the same error at another place."""
        from horus_runtime.errors import UNSET

        error.position = UNSET  # type: ignore[assignment]  # the setter stores the marker as it is
        return error.with_traceback(None)

    # ---- eval, modules ----------------------------------------------------------------------------------------------

    def eval(self, home: Linked, depth: int, scope: EvalScope, source_text: Any) -> Any:
        """`eval(text)` in a scope of cells; new variables stay in the scope."""
        from horus_runtime.runtime.tracing import wrap_call

        if type(source_text) is not str:
            raise faults.mismatch(self.type_name(source_text), "string")
        if not source_text.strip():
            return None
        host = self.settings.host
        assert host is not None
        try:
            program = host.compile_eval(source_text, scope.shared_names(), frozenset(n for n, _, _ in scope))
        except HorusError as error:
            raise wrap_call(error, "eval", None, home.program.source.name) from None
        linked = self.link(program, home)
        assert linked.main is not None
        try:
            return linked.main(scope, depth)
        except Exception as error:  # noqa: BLE001 - inlined operations fail with Python's own exceptions
            raise wrap_call(self.explain(error), "eval", None, home.program.source.name) from None
        finally:
            scope.keep()

    def module_call(self, home: Linked, depth: int, path: tuple[str, ...], name: str, *args: Any) -> Any:
        """`a::b::f(args)`."""
        module = self.find_module(home, path)
        qualified = "::".join((*path, name))
        key = (name, len(args))
        script = module.script_functions.get(key)
        if script is not None:
            return script(self, depth, args)
        fn = _find_in_module(module, name, args, self.table)
        if fn is None:
            error = faults.function_not_found_for(qualified, [self.type_name(arg) for arg in args])
            error.hint = _near(name, {n for n, _ in (*module.functions, *module.script_functions)})
            raise error
        return self.run_native(fn, depth, args)

    def module_variable(self, home: Linked, path: tuple[str, ...], name: str) -> Any:
        """`a::b::X`."""
        module = self.find_module(home, path)
        if name not in module.variables:
            raise faults.variable_not_found("::".join((*path, name)))
        return module.variables[name]

    def find_module(self, home: Linked, path: tuple[str, ...]) -> Module:
        """A module by path: imported ones first, then the engine's static ones."""
        linked: Linked | None = home
        module: Module | None = None
        while linked is not None and module is None:
            module = next((m for alias, m in reversed(linked.imports) if alias == path[0]), None)
            linked = linked.parent
        module = module or self.settings.modules.get(path[0])
        for name in path[1:]:
            module = module.modules.get(name) if module is not None else None
        if module is None:
            shown = "::".join(path)
            raise EvalError("ErrorModuleNotFound", f"Module not found: {shown}", fields={"module": shown})
        return module

    def import_module(self, home: Linked, depth: int, path: Any, alias: str | None) -> None:
        """`import path as alias`."""
        if type(path) is not str:
            raise faults.mismatch(self.type_name(path), "string")
        self.modules_imported += 1
        limit = self.limits.max_modules
        if limit is not None and self.modules_imported > limit:
            raise LimitError("ErrorTooManyModules", "Too many modules imported", limit=limit)
        host = self.settings.host
        assert host is not None
        module = host.import_module(self, path, home.program.source.name, depth)
        if alias is not None:
            home.imports.append((alias, module))


def _find_in_module(module: Module, name: str, args: tuple[Any, ...], table: FunctionTable) -> NativeFn | None:
    """An overload of one module, looked up with the engine's type names."""
    return FunctionTable([module], types=table.types).find(name, args)


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


def _near(name: str, known: set[str]) -> str | None:
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known - {name}), n=1, cutoff=0.7)
    return f"did you mean '{near[0]}'?" if near else None


__all__ = ["Linked", "Run", "RunSettings"]
