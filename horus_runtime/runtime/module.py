"""Modules: named functions, constants and sub-modules that a host or a script offers.

A native function is a Python callable with a declared script signature. What it may assume:

* The first argument is borrowed: what it keeps or returns from it, it must copy (`values.copy_value`).
* The other arguments are its own: the caller copied what had to be copied.
* `array`, `map` and `blob` receivers are changed in place. A method that changes an immutable receiver (string, char,
  int, ...) is declared with `ref=True` and returns the pair `(new receiver, result)`.
* With `context=True` it gets the running `NativeCallContext` before the arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

ANY = "any"
"""Parameter type that accepts every value."""


@dataclass(frozen=True, slots=True)
class NativeFn:
    """One overload: name, parameter type names (`"i64"`, `"array"`, `"any"`, a host type's name), and the callable."""

    name: str
    params: tuple[str, ...]
    call: Callable[..., Any]
    pure: bool = True
    """May run with a constant as receiver."""
    ref: bool = False
    context: bool = False
    callbacks: bool = False
    """Calls function pointers: needs the call depth, and locks a captured receiver meanwhile."""
    volatile: bool = False
    """Never called at compile time."""
    capability: str | None = None
    """What the policy must grant; functions without effects outside have none."""
    doc: str = ""
    param_names: tuple[str, ...] = ()
    returns: str = ANY


@dataclass(slots=True)
class Module:
    """A namespace. `name` is for messages; lookups go by the name it is registered or imported under."""

    name: str = ""
    doc: str = ""
    functions: dict[tuple[str, int], list[NativeFn]] = field(default_factory=dict)
    script_functions: dict[tuple[str, int], Any] = field(default_factory=dict)
    """Script functions of an imported script: (name, parameter count) to what the engine linked."""
    script_methods: dict[tuple[str, str, int], Any] = field(default_factory=dict)
    """Script functions for the values of a type: (type name, name, parameter count). Importing makes them known."""
    variables: dict[str, Any] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    iterators: dict[str, Callable[[Any], Iterable[Any]]] = field(default_factory=dict)
    types: dict[type, str] = field(default_factory=dict)
    """Host classes and the type names scripts see."""
    built_in: bool = False
    """Part of this package: its name alone says what is in it."""

    def signature(self) -> tuple[Any, ...]:
        """What compiled code may depend on: equal for modules that offer the same names and types."""
        if self.built_in:
            return (self.name,)
        functions = sorted(
            (name, fn.params, fn.pure, fn.ref, fn.context, fn.callbacks, fn.volatile, fn.capability or "", fn.returns)
            for (name, _), overloads in self.functions.items()
            for fn in overloads
        )
        return (*functions, *sorted(self.variables))

    def add(self, function: NativeFn) -> None:
        """Add an overload; one with the same parameter types is replaced."""
        overloads = self.functions.setdefault((function.name, len(function.params)), [])
        overloads[:] = [old for old in overloads if old.params != function.params]
        overloads.append(function)

    def native(self, name: str, *params: str, **flags: Any) -> Callable[[F], F]:
        """Decorator: register the function under `name` for these parameter types. Repeat it for more overloads."""

        def register(function: F) -> F:
            doc = flags.pop("doc", None) or (function.__doc__ or "").strip()
            self.add(NativeFn(name, params, function, doc=doc, **flags))
            return function

        return register

    def getter(self, name: str, owner: str, **flags: Any) -> Callable[[F], F]:
        """Decorator: reading property `name` of the type `owner`."""
        return self.native(f"get${name}", owner, **flags)

    def setter(self, name: str, owner: str, value: str = ANY, **flags: Any) -> Callable[[F], F]:
        """Decorator: writing property `name` of the type `owner`; not allowed on constants unless `pure`."""
        return self.native(f"set${name}", owner, value, **{"pure": False, **flags})

    def fn(self, function: F | None = None, *, name: str | None = None, **flags: Any) -> Any:
        """Decorator: register a Python function with its annotated parameter types as the script signature."""
        from horus_runtime.runtime.signatures import native_from_python

        def register(function: F) -> F:
            self.add(native_from_python(function, name=name, types=self.types, **flags))
            return function

        return register if function is None else register(function)

    @classmethod
    def eval_ast_as_new(cls, scope: Any, tree: Any, engine: Any) -> Module:
        """Run a script and make a module of its exported variables, functions and imports."""
        module: Module = engine.eval_module(tree, scope)
        return module

    def set_var(self, name: str, value: Any) -> None:
        """Offer a constant."""
        self.variables[name] = value

    def set_sub_module(self, name: str, module: Module) -> None:
        """Offer a module as `name::..`."""
        self.modules[name] = module
