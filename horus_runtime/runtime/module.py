"""Modules: named functions, constants and sub-modules that a host or a script offers.

A native function is a Python callable with a declared script signature. What it may assume:

* The first argument is borrowed: what it keeps or returns from it, it must copy (`values.copy_value`).
* The other arguments are its own: the caller copied what had to be copied.
* `array`, `map` and `blob` receivers are changed in place. A method that changes an immutable receiver (string, char,
  int, ...) is declared with `ref=True` and returns the pair `(new receiver, result)`.
* With `context=True` it gets the running `NativeCallContext` before the arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from weakref import WeakSet

from horus_runtime.runtime.registering import Registrar
from horus_runtime.typing_names import Any, Protocol, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

ANY = "any"
"""Parameter type that accepts every value."""


class NativeFn:
    """One overload: name, parameter type names (`"i64"`, `"array"`, `"any"`, a host type's name), and the callable.

    Args:
        pure: may run with a constant as receiver.
        callbacks: calls function pointers: needs the call depth, and locks a captured receiver meanwhile.
        volatile: never called at compile time.
        capability: what the policy must grant; functions without effects outside have none.
        host: made from a Python function of the host: gets the run before the arguments, and may do without one.
        borrows: changes and keeps nothing of any argument: callers need not copy them.
        namespace: `"global"`: known without a prefix, also from a static module; `"internal"`: known with a prefix
            only.
        classes: parameters that mean a host's class, under whatever name that is registered; empty when none does.
    """

    # Written out, as `Module` is: the module `dataclasses` takes longer to import than a cached script runs.
    __slots__ = (
        "borrows",
        "call",
        "callbacks",
        "capability",
        "classes",
        "context",
        "doc",
        "host",
        "name",
        "namespace",
        "param_names",
        "params",
        "pure",
        "ref",
        "returns",
        "volatile",
    )

    def __init__(  # noqa: PLR0913 - a record
        self,
        name: str,
        params: tuple[str, ...],
        call: Callable[..., Any],
        *,
        pure: bool = True,
        ref: bool = False,
        context: bool = False,
        callbacks: bool = False,
        borrows: bool = False,
        volatile: bool = False,
        capability: str | None = None,
        doc: str = "",
        param_names: tuple[str, ...] = (),
        returns: str = ANY,
        host: bool = False,
        namespace: str | None = None,
        classes: tuple[type | None, ...] = (),
    ) -> None:
        self.name = name
        self.params = params
        self.call = call
        self.pure = pure
        self.ref = ref
        self.context = context
        self.callbacks = callbacks
        self.borrows = borrows
        self.volatile = volatile
        self.capability = capability
        self.doc = doc
        self.param_names = param_names
        self.returns = returns
        self.host = host
        self.namespace = namespace
        self.classes = classes

    def renamed(self, name: str) -> NativeFn:
        """The same function under another name."""
        from copy import copy

        other = copy(self)
        other.name = name
        return other

    def signature(self) -> tuple[Any, ...]:
        """Everything about the function that code may depend on: plain values."""
        flags = (self.pure, self.ref, self.context, self.callbacks, self.borrows, self.volatile, self.host)
        return (self.name, self.params, *flags, self.capability or "", self.namespace or "", self.returns)

    def __repr__(self) -> str:
        return f"NativeFn({self.name}({', '.join(self.params)}))"


class Watcher(Protocol):
    """Who wants to know that a module was changed: the function table of an engine."""

    def changed(self) -> None: ...


class Module(Registrar):
    """A namespace: functions, constants, types and sub-modules, for `engine.register_static_module` and its like.

    `name` is for messages; lookups go by the name it is registered or imported under. A module may be changed at any
    time; engines that have it see the change at their next run.
    """

    __slots__ = (
        "_watchers",
        "built_in",
        "converters",
        "doc",
        "functions",
        "iterators",
        "lookup",
        "modules",
        "name",
        "script_functions",
        "script_methods",
        "tree",
        "type_docs",
        "types",
        "variables",
    )

    def __init__(
        self,
        name: str = "",
        doc: str = "",
        *,
        functions: dict[tuple[str, int], list[NativeFn]] | None = None,
        variables: dict[str, Any] | None = None,
        lookup: Callable[[Any, str], Any] | None = None,
        built_in: bool = False,
    ) -> None:
        self.name = name
        self.doc = doc
        self.functions: dict[tuple[str, int], list[NativeFn]] = {} if functions is None else functions
        self.script_functions: dict[tuple[str, int], Any] = {}
        """Script functions of an imported script: (name, parameter count) to what the engine linked."""
        self.script_methods: dict[tuple[str, str, int], Any] = {}
        """Script functions for the values of a type: (type name, name, parameter count). Importing makes them known."""
        self.variables: dict[str, Any] = {} if variables is None else variables
        self.lookup = lookup
        """Answers for every variable instead: called with the running `NativeCallContext` and the name, it gives the
        value or raises. For modules whose variables change during a run."""
        self.modules: dict[str, Module] = {}
        self.iterators: dict[type, Callable[[Any], Iterable[Any]]] = {}
        self.types: dict[type, str] = {}
        """Host classes and the type names scripts see."""
        self.type_docs: dict[str, str] = {}
        self.converters: dict[type, Callable[[Any], Any]] = {}
        """Host classes and what makes another value of their objects, before scripts see it."""
        self._watchers: WeakSet[Watcher] | None = None
        self.tree: Any = None
        """The script that the module was made from."""
        self.built_in = built_in
        """Part of this package: its name alone says what is in it."""

    def __repr__(self) -> str:
        return f"Module({self.name!r})"

    # ---- functions --------------------------------------------------------------------------------------------------

    def _registry(self) -> Module:
        return self

    def _static(self, name: str) -> Module:
        return self.modules.setdefault(name, Module(name))

    def watch(self, watcher: Watcher) -> None:
        """Tell somebody, as long as it lives, that this module or one inside it was changed."""
        if self._watchers is None:
            self._watchers = WeakSet()
        self._watchers.add(watcher)
        for module in self.modules.values():
            module.watch(watcher)

    def changed(self) -> None:
        """Tell the engines that have this module."""
        for watcher in list(self._watchers or ()):
            watcher.changed()

    def signature(self) -> tuple[Any, ...]:
        """What compiled code may depend on: equal for modules that offer the same names and types."""
        if self.built_in:
            return (self.name,)
        functions = sorted(fn.signature() for overloads in self.functions.values() for fn in overloads)
        return (*functions, *sorted(self.variables))

    def add(self, function: NativeFn) -> None:
        """Add an overload; one with the same parameter types is replaced."""
        overloads = self.functions.setdefault((function.name, len(function.params)), [])
        overloads[:] = [old for old in overloads if old.params != function.params]
        overloads.append(function)
        if self._watchers is not None:
            self.changed()

    def native(self, name: str, *params: str, **flags: Any) -> Callable[[F], F]:
        """Decorator: register the function as it is under `name` for these parameter types: nothing is converted.

        Repeat it for more overloads.
        """

        def register(function: F) -> F:
            doc = flags.pop("doc", None) or (function.__doc__ or "").strip()
            self.add(NativeFn(name, params, function, doc=doc, **flags))
            return function

        return register

    def native_getter(self, name: str, owner: str, **flags: Any) -> Callable[[F], F]:
        """Decorator: as `native`, for reading property `name` of the type `owner`."""
        return self.native(f"get${name}", owner, **flags)

    def native_setter(self, name: str, owner: str, value: str = ANY, **flags: Any) -> Callable[[F], F]:
        """Decorator: as `native`, for writing property `name`; not allowed on constants unless `pure`."""
        return self.native(f"set${name}", owner, value, **{"pure": False, **flags})

    # ---- making -----------------------------------------------------------------------------------------------------

    @classmethod
    def eval_ast_as_new(cls, scope: Any, tree: Any, engine: Any) -> Module:
        """Run a script and make a module of its exported variables, functions and imports."""
        module: Module = engine.eval_module(tree, scope)
        return module

    @classmethod
    def from_script(cls, engine: Any, text: str, *, name: str | None = None, scope: Any = None) -> Module:
        """As `eval_ast_as_new`, for the text of a script."""
        return cls.eval_ast_as_new(scope, engine.compile(text, name=name), engine)

    @classmethod
    def from_python(cls, namespace: Any, expose: Iterable[str], *, name: str | None = None, prefix: str = "") -> Module:
        """A module of functions and constants that a Python module, class or object has: those named, no others.

        Args:
            prefix: put before every name.

        Raises:
            ValueError: a name is private, or not there.
        """
        module = cls(name or getattr(namespace, "__name__", type(namespace).__name__).rpartition(".")[2])
        for attribute in expose:
            if attribute.startswith("_"):
                raise ValueError(f"'{attribute}' is private and cannot be exposed")
            if not hasattr(namespace, attribute):
                raise ValueError(f"{module.name} has no '{attribute}' to expose")
            value = getattr(namespace, attribute)
            if callable(value):
                module.register_fn(prefix + attribute, value)
            else:
                module.set_var(prefix + attribute, value)
        return module

    # ---- variables and sub-modules ----------------------------------------------------------------------------------

    def set_var(self, name: str, value: Any) -> Module:
        """Offer a constant.

        Raises:
            OverflowError: an int in the value does not fit into 64 bits.
        """
        from horus_runtime.runtime.conversion import deferred

        self.variables[name] = deferred(value)
        self.changed()
        return self

    __setitem__ = set_var

    def get_var(self, name: str, default: Any = None) -> Any:
        """The constant of this name."""
        from horus_runtime.runtime.conversion import undeferred

        return undeferred(self.variables[name]) if name in self.variables else default

    def __getitem__(self, name: str) -> Any:
        if name not in self.variables:
            raise KeyError(name)
        return self.get_var(name)

    def __contains__(self, name: str) -> bool:
        return name in self.variables

    def set_sub_module(self, name: str, module: Module) -> Module:
        """Offer a module as `name::..`."""
        self.modules[name] = module
        for watcher in list(self._watchers or ()):
            module.watch(watcher)
        self.changed()
        return self

    def natives(self) -> Iterator[NativeFn]:
        """Every overload of this module, not of those inside it."""
        for overloads in self.functions.values():
            yield from overloads

    # ---- putting together -------------------------------------------------------------------------------------------

    def combine(self, other: Module, *, flatten: bool = False) -> Module:
        """Take everything of another module; what has the same name is replaced.

        Args:
            flatten: put the contents of its sub-modules, at any depth, beside its own.
        """
        if flatten:
            for module in other.modules.values():
                self.combine(module, flatten=True)
        else:
            self.modules.update(other.modules)
        for native in other.natives():
            self.add(native)
        for own, others in zip(self._tables(), other._tables(), strict=True):
            own.update(others)
        self.changed()
        return self

    merge = combine
    """Rhai's `merge` copies where its `combine` moves: in Python they are the same."""

    def combine_flatten(self, other: Module) -> Module:
        """As `combine` with `flatten=True`."""
        return self.combine(other, flatten=True)

    def fill_with(self, other: Module) -> Module:
        """Take from another module what this one does not have."""
        for name, module in other.modules.items():
            self.modules.setdefault(name, module)
        for native in other.natives():
            known = self.functions.get((native.name, len(native.params)), ())
            if all(old.params != native.params for old in known):
                self.add(native)
        for own, others in zip(self._tables(), other._tables(), strict=True):
            own.update({key: value for key, value in others.items() if key not in own})
        self.changed()
        return self

    def _tables(self) -> tuple[dict[Any, Any], ...]:
        """All that a module holds by name, but for natives and sub-modules."""
        return (
            self.script_functions, self.script_methods, self.variables, self.iterators, self.types, self.type_docs,
            self.converters,
        )  # fmt: skip

    def clear(self) -> None:
        """Drop everything."""
        self.functions.clear()
        self.modules.clear()
        for table in self._tables():
            table.clear()
        self.changed()

    def __iadd__(self, other: Module) -> Module:  # noqa: PYI034 - it is this very module
        return self.combine(other)

    def __add__(self, other: Module) -> Module:
        return Module(self.name, self.doc).combine(self).combine(other)
