"""Variables outside generated code: the host's scope, `eval`, calls in the caller's scope, modules."""

from __future__ import annotations

from functools import partial

from horus_runtime.errors import UNSET, EvalError, HorusError, InternalError, LimitError
from horus_runtime.runtime import abi, faults
from horus_runtime.runtime.calls import Calling, find_in_module
from horus_runtime.runtime.conversion import Deferred
from horus_runtime.runtime.definitions import NOTHING, Definition
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.scope import MISSING, Scope
from horus_runtime.runtime.state import CLOSURE_PREFIX, Linked
from horus_runtime.runtime.tracing import wrap_call
from horus_runtime.runtime.values import Cell, copy_value, full_type_name
from horus_runtime.typing_names import TYPE_CHECKING, Any, Final, Self, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from horus_runtime.runtime.run import Run


HIDDEN: Final = "\0"
"""Begins the names of variables that are shadowed; no name of a script has it."""


_EVAL_LEVELS: Final = 64
"""How deep `eval`s may nest beyond the functions: Rhai counts their levels, and checks none of them."""


class Pinned(str):
    """The name of a module together with the module it means here."""

    __slots__ = ("module",)
    module: Module

    def __new__(cls, name: str, module: Module) -> Self:
        pinned = super().__new__(cls, name)
        pinned.module = module
        return pinned


class DynamicScope(Scope):
    """The variables that `eval` declares in a function.

    One that a declaration of the script shadows has a name behind `HIDDEN` until the block of that declaration ends.
    """

    __slots__ = ("after",)

    def __init__(self) -> None:
        super().__init__()
        self.after: list[str] = []
        """For each entry the latest variable of the function when it was declared; `""`: there was none."""

    def hide(self, name: str) -> None:
        """A declaration of the script shadows the entries of this name."""
        while (at := self._find(name)) >= 0:
            hidden = HIDDEN + name
            while hidden in self._names:
                hidden = HIDDEN + hidden
            self._names[at] = hidden

    def mark(self) -> tuple[str, ...]:
        """What is declared at the start of a block, and under which names."""
        return tuple(self._names)

    def leave(self, mark: tuple[str, ...]) -> None:
        """The block ends: so does what was declared or shadowed in it."""
        self.rewind(len(mark))
        self._names[:] = mark
        del self.after[len(mark) :]


class EvalScope(Scope):
    """What `eval` runs in. New variables go back to the function's dynamic scope."""

    __slots__ = ("dynamic", "latest", "statics")

    def __init__(self, dynamic: DynamicScope) -> None:
        super().__init__()
        self.dynamic = dynamic
        self.statics = 0
        self.latest = ""

    def keep(self, end: int | None = None) -> None:
        """Put what was declared since (up to entry `end`) into the function's dynamic scope."""
        self.dynamic.clear()
        for at in range(self.statics, len(self) if end is None else end):
            self.dynamic.add(self._names[at], self._values[at], self._constants[at])
        after = self.dynamic.after
        del after[len(self.dynamic) :]
        after.extend([self.latest] * (len(self.dynamic) - len(after)))

    def refresh(self) -> None:
        """Take in what code inside declared since."""
        self.rewind(self.statics)
        for name, constant, value in self.dynamic:
            self.add(name, value, constant)


class Environment(Calling):
    """The naming part of a run."""

    # ---- what the host says about names -----------------------------------------------------------------------------

    nothing = NOTHING

    def ask_variable(
        self, name: str, see: Callable[[], EvalScope] | None = None, this: Any = MISSING, depth: int = 0
    ) -> Any:
        """What the host gives for a variable, or `NOTHING`; `see` gives the variables around it."""
        ask = self.settings.on_var
        if ask is None:
            return NOTHING
        if not ask.shows_scope:
            return ask.value(self, name)
        seen = see or partial(EvalScope, DynamicScope())
        outer, self.depth = self.depth, depth
        try:
            return ask.ask(self, name, _parts().EvalContext(cast("Run", self), ask.name, seen, this, depth))
        finally:
            self.depth = outer

    def refuse_answered(
        self, name: str, see: Callable[[], EvalScope] | None = None, this: Any = MISSING, depth: int = 0
    ) -> None:
        """What the host gives for a variable is a constant."""
        if self.ask_variable(name, see, this, depth) is not NOTHING:
            raise faults.cannot_modify_constant(name)

    # ---- the host's variables ---------------------------------------------------------------------------------------

    def unknown(self, home: Linked, name: str) -> Any:
        """A name without declaration: a variable of a global module, or an error."""
        linked: Linked | None = home.parent
        while linked is not None:
            for known, _ in linked.functions:
                if known == name:
                    return FnPtr(name)
            linked = linked.parent
        if name in self.host_constants:
            return copy_value(self.host_constants[name])
        for layer in reversed(self.table.layers):
            if name in layer.variables:
                return self.variable_of(layer, name)
        if self.call_scope is not None and name in self.call_scope:
            return self.call_scope[name]
        raise faults.variable_not_found(name)

    def unknown_cell(self, home: Linked, name: str) -> Cell:
        """As `unknown`, for a closure that captures the name."""
        return Cell(self.unknown(home, name))

    def define(
        self,
        scope: Scope | None,
        dynamic: Scope | None,
        live: int,
        shadows: bool,
        name: str,
        kind: str,
        constant: bool,
        depth: int,
    ) -> None:
        """A variable is about to be declared: may it be? `live` variables of its function are there already."""
        known = [names for names in (scope, dynamic) if names is not None]
        shadows = shadows or any(name in names for names in known)
        if kind == "local":
            if shadows and not self.settings.allow_shadowing:
                raise EvalError("ErrorVariableExists", f"Variable already defined: {name}", fields={"variable": name})
            ask = self.settings.on_def_var
            if ask is not None and not ask(True, Definition(name, constant, depth, shadows)):
                raise EvalError("ErrorForbiddenVariable", f"Forbidden variable name: {name}", fields={"variable": name})
        self.check_variables(live + 1 + sum(map(len, known)))

    def check_variables(self, count: int) -> None:
        """May there be so many variables in one scope?"""
        limit = self.limits.max_variables
        if limit is not None and count > limit:
            hint = f"max_variables is {limit}, wanted {count}"
            raise LimitError("ErrorTooManyVariables", "Too many variables defined", limit=limit, usage=count, hint=hint)

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
    def is_host_constant(scope: Scope, name: str) -> bool:
        """Is there such a variable of the host, and is it a constant?"""
        return bool(scope.is_constant(name))

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

    @staticmethod
    def guarded(scope: Scope, name: str, value: Any) -> Any:
        """A host variable as a receiver: a constant travels in a cell that says so."""
        return Cell(value, constant=True) if scope.is_constant(name) else value

    # ---- code with eval ---------------------------------------------------------------------------------------------

    @staticmethod
    def new_dynamic(_scope: Scope | None) -> DynamicScope:
        """The variables that `eval` declares in a function."""
        return DynamicScope()

    @staticmethod
    def leave_dynamic(scope: Scope, dynamic: DynamicScope, base: int) -> None:
        """Hand what `eval` declared at global level to the host, in the order of declaration.

        `base` is how many variables the host's scope had before.
        """
        latest, at = None, base
        for (name, constant, value), after in zip(dynamic, dynamic.after, strict=True):
            if after != latest:
                at, latest = max(scope.find(after) + 1, base) if after else base, after
            scope.insert(at, name.lstrip(HIDDEN), value, constant)
            at += 1

    @staticmethod
    def mark(dynamic: DynamicScope) -> tuple[str, ...]:
        """A block begins."""
        return dynamic.mark()

    @staticmethod
    def rewind(dynamic: DynamicScope, mark: tuple[str, ...]) -> None:
        """A block ends: so do the variables that `eval` declared in it, and what shadows others."""
        dynamic.leave(mark)

    @staticmethod
    def hide(dynamic: DynamicScope, name: str) -> None:
        """A new declaration shadows what `eval` declared under that name."""
        dynamic.hide(name)

    def dyn_store(self, dynamic: Scope, name: str, value: Any) -> None:
        """Assign to a variable that only `eval` can have declared."""
        if name not in dynamic:
            raise faults.variable_not_found(name)
        if dynamic.is_constant(name):
            raise faults.cannot_modify_constant(name)
        dynamic.assign(name, value)

    def dyn_put(self, dynamic: Scope, name: str, value: Any) -> None:
        """As `dyn_store`, for a string, number or blob of which a part has changed: that constants allow."""
        if name not in dynamic:
            raise faults.variable_not_found(name)
        dynamic.store(dynamic.find(name), value)

    @staticmethod
    def constant_here(dynamic: Scope, scope: Scope | None, name: str, static: bool | None) -> bool:
        """Is a variable a constant? `static`: it is, if `eval` has not declared one; `None`: the host knows."""
        if name in dynamic:
            return bool(dynamic.is_constant(name))
        return bool(scope.is_constant(name)) if static is None and scope is not None else bool(static)

    @staticmethod
    def see(host: Scope | None, dynamic: DynamicScope, visible: tuple[tuple[str, Any, bool], ...]) -> EvalScope:
        """The scope an `eval` runs in: the host's variables and the function's own as cells, then what earlier
        `eval`s declared.
        """
        scope = EvalScope(dynamic)
        if host is not None:
            for name, constant, _ in list(host):
                scope.add(name, abi.external_cell(host, name), constant)
        for name, cell, constant in visible:
            if cell is not MISSING:
                scope.add(name, cell, constant)
                scope.latest = name
        scope.statics = len(scope)
        for name, constant, value in dynamic:
            scope.add(name, value, constant)
        return scope

    @staticmethod
    def is_def_var(name: Any, visible: tuple[Any, ...], dynamic: Scope | None) -> bool:
        """Is a variable of this name visible?"""
        name = abi.text_of(name, full_type_name)
        scope, *pairs = visible
        if dynamic is not None and name in dynamic:
            return True
        if any(known == name and value is not MISSING for known, value in pairs):
            return True
        return scope is not None and name in scope

    # ---- constructs of the host -------------------------------------------------------------------------------------

    @property
    def part_return(self) -> Any:
        """Raised where an input of a construct returns from the function around it."""
        return _parts().PartReturn

    @property
    def part_break(self) -> Any:
        """As `part_return`, for `break`."""
        return _parts().PartBreak

    @property
    def part_continue(self) -> Any:
        """As `part_return`, for `continue`."""
        return _parts().PartContinue

    def custom(
        self,
        depth: int,
        scope: EvalScope,
        this: Any,
        key: str,
        markers: tuple[str, ...],
        given: tuple[tuple[Any, ...], ...],
        state: str | None = None,
    ) -> Any:
        """A construct that the host added to the language."""
        definition = self.settings.syntaxes.get(key)
        if definition is None:
            raise faults.unknown_construct(key)
        return _parts().call_construct(cast("Run", self), definition, scope, this, depth, given, markers, state)

    def eval_globally(self, home: Linked, depth: int, scope: EvalScope, source_text: Any) -> Any:
        """`eval(text)` outside of blocks: its constants are global, too."""
        return self.eval(home, depth, scope, source_text, home.globals)

    def eval(self, home: Linked, depth: int, scope: EvalScope, source_text: Any, keeper: Linked | None = None) -> Any:
        """`eval(text)` in a scope of cells; new variables stay in the scope.

        `keeper` keeps the constants that it declares at its own global level.
        """
        source_text = abi.text_of(source_text, self.full_type_name).strip()
        if not source_text:
            return None
        host = self.settings.host
        assert host is not None
        if depth > self.max_depth + _EVAL_LEVELS:
            raise faults.stack_overflow(self.max_depth)
        try:
            program = host.compile_eval(source_text, scope.shared_names(), frozenset(n for n, _, _ in scope))
        except HorusError as error:
            if isinstance(error, LimitError) and error.ends_run:
                raise
            raise self._wrapped(error, "eval", home) from None
        linked = self.link(program, home)
        linked.globals = keeper
        assert linked.main is not None
        try:
            return linked.main(scope, depth)
        except Exception as error:  # noqa: BLE001 - inlined operations fail with Python's own exceptions
            found = self.explain(error)
            if isinstance(found, InternalError) or (isinstance(found, LimitError) and found.ends_run):
                raise found from found.__cause__
            raise self._wrapped(found, "eval", home) from None
        finally:
            scope.keep()

    @staticmethod
    def _wrapped(error: HorusError, name: str, home: Linked) -> EvalError:
        """`in call to function 'eval'`, at the place of the call."""
        return wrap_call(error, name, UNSET, home.program.source.name, home.program.source)

    def call_in_scope(self, home: Linked, depth: int, scope: EvalScope, name: str, *args: Any) -> Any:
        """`f!(args)`: a script function that sees and changes its caller's variables; its own vanish afterwards."""
        if name == "call" and args and type(args[0]) is FnPtr:
            pointer = args[0]
            if pointer.name.startswith(CLOSURE_PREFIX):
                return self.call_pointer(depth, *args)
            name, args = pointer.name, (*pointer.curried, *args[1:])
        key = (name, len(args))
        linked: Linked | None = home
        while linked is not None and key not in linked.functions:
            linked = linked.parent
        if linked is None:
            return self.native_named(depth, name, args)
        host = self.settings.host
        assert host is not None
        size = len(scope)
        for parameter, value in zip(linked.metas[key].params, args, strict=True):
            scope.add(parameter, value, False)
        names = frozenset(n for n, _, _ in scope)
        self.check_variables(len(scope))
        program = host.compile_in_scope(linked.program, key, scope.shared_names(), names)
        inner = self.link(program, linked)
        assert inner.main is not None
        try:
            return inner.main(scope, self.next_level(depth))
        except LimitError:
            raise
        except Exception as error:  # noqa: BLE001 - inlined operations fail with Python's own exceptions
            found = self.explain(error)
            raise self._wrapped(found, name, home) if isinstance(found, EvalError) else found from None
        finally:
            scope.keep(size)

    # ---- modules ----------------------------------------------------------------------------------------------------

    @staticmethod
    def export(scope: Scope, name: str, alias: str, rank: int = -1) -> None:
        """`export name as alias`; the variable is looked up when the module is complete."""
        scope.aliases.setdefault(name, []).append(alias)
        scope.ranks[alias] = rank

    def module_call(self, home: Linked, depth: int, path: tuple[str, ...], name: str, *args: Any) -> Any:
        """`a::b::f(args)`."""
        root, module = self.find_module(path)
        qualified = "::".join((*path, name))
        key = (name, len(args))
        script = module.script_functions.get(key) if module is not None else None
        if script is not None:
            return script(self, depth, args, root.name)
        fn = find_in_module(module, name, args, self.table) if module is not None else None
        if fn is None:
            error = faults.function_not_found_for(qualified, [self.type_name(arg) for arg in args])
            if module is not None:
                known = {n for n, _ in (*module.functions, *module.script_functions)}
                error.hint = partial(faults.suggestion, name, known)
            raise error
        return self.run_native(fn, depth, args)

    def module_variable(self, home: Linked, path: tuple[str, ...], name: str) -> Any:
        """`a::b::X`, and `global::X`."""
        imported = any(alias == "global" for alias, _ in self.imports)
        if path == ("global",) and not imported and "global" not in self.settings.modules:
            return self._global(home, name)
        _, module = self.find_module(path)
        if module is not None and module.lookup is not None:
            return module.lookup(self, name)
        if module is None or name not in module.variables:
            error = faults.variable_not_found("::".join((*path, name)))
            error.hint = partial(faults.suggestion, name, () if module is None else module.variables)
            raise error
        return self.variable_of(module, name)

    def variable_of(self, module: Module, name: str) -> Any:
        """A constant of a module; some are converted when they are read."""
        value = module.variables[name]
        return self.convert(value.value) if type(value) is Deferred else value

    def _global(self, home: Linked, name: str) -> Any:
        """A constant declared at the global level of the same script, or of the script around an `eval`."""
        linked: Linked | None = home
        known: set[str] = set()
        while linked is not None:
            if name in linked.constants:
                return linked.constants[name]
            known.update(linked.constants)
            linked = linked.parent
        error = faults.variable_not_found(f"global::{name}")
        error.hint = partial(faults.suggestion, name, known)
        raise error

    @staticmethod
    def set_global(home: Linked, name: str, value: Any) -> None:
        """A constant was declared at global level."""
        if home.globals is not None:
            home.globals.constants[name] = value

    def find_module(self, path: tuple[str, ...]) -> tuple[Module, Module | None]:
        """The module that a path starts from, and the one it leads to, if there is one.

        Imported modules come first, the latest before the others, then the engine's static ones.
        """
        name = path[0]
        root = name.module if type(name) is Pinned else self.imported(name) or self.settings.modules.get(name)
        if root is None:
            error = faults.module_not_found("::".join(path))
            known = {*self.settings.modules, *(alias for alias, _ in self.imports)}
            error.hint = partial(faults.suggestion, path[0], known)
            raise error
        module: Module | None = root
        for step in path[1:]:
            module = module.modules.get(step) if module is not None else None
        return root, module

    def imported(self, name: str) -> Module | None:
        """The module that was imported last under a name."""
        return next((module for alias, module in reversed(self.imports) if alias == name), None)

    def pin(self, name: str, mark: int) -> str:
        """The name of a module, fixed to the first one that the running code (from `mark` on) imported under it."""
        module = next((m for alias, m in self.imports[mark:] if alias == name), None)
        return name if module is None else Pinned(name, module)

    def import_mark(self) -> int:
        """How many modules are imported at the start of a block."""
        return len(self.imports)

    def forget_imports(self, mark: int) -> None:
        """A block ends: so do its imports."""
        del self.imports[mark:]

    def with_imports(
        self, imports: list[tuple[str, Module]], function: Callable[..., Any], args: tuple[Any, ...]
    ) -> Any:
        """Call a function that knows these modules besides those of the place it is called from."""
        mark = len(self.imports)
        self.imports.extend(imports)
        try:
            return function(*args)
        finally:
            del self.imports[mark:]

    def keep_imports(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A closure that names modules: it goes on to know those that are imported where it is made."""
        kept = list(self.imports)
        if not kept:
            return function

        def call(*args: Any) -> Any:
            return self.with_imports(kept, function, args)

        call.imports = kept  # type: ignore[attr-defined]  # what a call in another run has to know
        return call

    def count_import(self) -> None:
        """May one more `import` be executed? It counts when the module is there, after those that this imports."""
        limit = self.limits.max_modules
        if limit is not None and self.modules_imported >= limit:
            count = self.modules_imported + 1
            hint = f"max_modules is {limit}, wanted {count}"
            raise LimitError("ErrorTooManyModules", "Too many modules imported", limit=limit, usage=count, hint=hint)

    def import_module(self, home: Linked, depth: int, path: Any, alias: str | None) -> None:
        """`import path as alias`."""
        path = abi.text_of(path, self.full_type_name)
        host = self.settings.host
        assert host is not None
        module = host.import_module(cast("Run", self), path, home.program.source.name, depth)
        self.modules_imported += 1
        # Without a name nothing of the module can be reached but the methods it defines for types.
        self.imports.append((alias or "", module))


def _parts() -> Any:
    from horus_runtime.runtime import custom_syntax

    return custom_syntax
