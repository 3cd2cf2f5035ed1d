"""Which native function a call means: by name and argument types, exact ones first, then with `any`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product

from horus_runtime.runtime.conversion import Converter
from horus_runtime.runtime.deferred import DeferredModule
from horus_runtime.runtime.module import ANY, Module, NativeFn
from horus_runtime.runtime.values import _TYPE_NAMES, Range, Stream, type_name
from horus_runtime.typing_names import Any

MAX_WILDCARD_PARAMS = 16
MODULES_KEPT = 256
CHANGEABLE = frozenset({"array", "map", "blob", ANY})


class FunctionTable:
    """The native functions of one engine, layered: later layers win over earlier ones.

    Lookups are cached by name and argument classes; `generation` changes with every registration, so that compiled
    scripts can tell whether what they assumed still holds.
    """

    def __init__(self, layers: Iterable[Module] = (), *, types: dict[type, str] | None = None) -> None:
        self.layers: list[Module] = list(layers)
        self.standard = len(self.layers)
        """How many layers, from the first, are the language's own packages."""
        self.generation = 0
        self.found: dict[tuple[Any, ...], NativeFn | None] = {}
        """What `find` found, by name and classes; ranges and streams share a class, so their keys have type names."""
        self._types = types
        self.internal = False
        """Functions that are known by their prefix only count, too."""
        self._standard_names: set[str] | None = None
        self._signature: tuple[Any, ...] | None = None
        self._converter: Converter | None = None
        self._modules: dict[int, tuple[Module, FunctionTable]] = {}
        self.deferred: list[DeferredModule] = []
        """Modules whose types are known by name only."""

    def add_layer(self, module: Module) -> None:
        """Add a module whose functions win over all earlier ones."""
        self.layers.append(module)
        if not module.built_in:
            module.watch(self)
        self.changed()

    def add_package(self, module: Module) -> None:
        """Add a module whose functions win over those of earlier packages, and not over what the host registers."""
        if module in self.layers:
            return
        if module.built_in:
            self.layers.insert(self.standard, module)
            self.standard += 1
        else:
            self.layers.insert(len(self.layers) - 1, module)
            module.watch(self)
        self.changed()

    def changed(self) -> None:
        """Forget what was cached: a module was changed."""
        self.generation += 1
        self.found.clear()
        self._types = None
        self._standard_names = None
        self._signature = None
        self._converter = None
        self._modules.clear()

    def signature(self) -> tuple[Any, ...]:
        """What compiled code may depend on, equal for tables that offer the same names and types."""
        if self._signature is None:
            self._signature = (self.standard, *(layer.signature() for layer in self.layers))
        return self._signature

    def is_plain(self) -> bool:
        """Are there no functions but those of this package?"""
        return all(layer.built_in or not layer.functions for layer in self.layers)

    def of_module(self, module: Module) -> FunctionTable:
        """The functions of one module, looked up with the type names of this table."""
        found = self._modules.get(id(module))
        if found is None:
            if len(self._modules) >= MODULES_KEPT:
                self._modules.clear()
            found = self._modules[id(module)] = (module, FunctionTable([module], types=self.types))
            found[1].internal = True
        return found[1]

    # ---- types ------------------------------------------------------------------------------------------------------

    @property
    def types(self) -> dict[type, str]:
        """Registered host classes and their script names."""
        types = self._types
        if types is None:
            # Other threads may register meanwhile: `list` copies in one step.
            types = self._types = {cls: name for layer in self.layers for cls, name in list(layer.types.items())}
        return types

    def type_name(self, value: Any) -> str:
        """The script type name of a value, host types included."""
        cls = type(value)
        if cls in _TYPE_NAMES:
            return _TYPE_NAMES[cls]
        name = self.types.get(cls) or self._deferred_name(cls)
        return self._inherited_name(cls) or type_name(value) if name is None else name

    def _inherited_name(self, cls: type) -> str | None:
        """The name of the nearest registered class that this one is derived from."""
        for base in cls.__mro__[1:]:
            name = self.types.get(base)
            if name is not None:
                self.types[cls] = name
                return name
        return None

    @property
    def converter(self) -> Converter:
        """What makes script values of the host's, by the classes and converters registered."""
        if self._converter is None:
            rules = {cls: rule for layer in self.layers for cls, rule in layer.converters.items()}
            self._converter = Converter(self.types, rules)
        return self._converter

    def params_of(self, fn: NativeFn) -> tuple[str, ...]:
        """The parameter types of an overload, host classes under their registered names."""
        if not fn.classes:
            return fn.params
        known = self.types
        return tuple(
            name if cls is None else known.get(cls, name) for name, cls in zip(fn.params, fn.classes, strict=True)
        )

    def _deferred_name(self, cls: type) -> str | None:
        """The name of a type of a module that nothing was asked for yet."""
        for module in self.deferred:
            if cls.__name__ in module.summary.types:
                module.load()
        return self.types.get(cls) if self.deferred else None

    def forget_types(self) -> None:
        """Types were added; the functions are the same."""
        self._types = None

    # ---- functions --------------------------------------------------------------------------------------------------

    def overloads(self, name: str, count: int) -> list[NativeFn]:
        """Every overload of this name and parameter count, the winning layers first."""
        key = (name, count)
        return [
            fn
            for layer in reversed(self.layers)
            for fn in layer.functions.get(key, ())
            if fn.namespace != "internal" or self.internal
        ]

    def find(self, name: str, args: tuple[Any, ...]) -> NativeFn | None:
        """The function for these argument values, or `None`."""
        key = (name, *map(type, args))
        if Range in key:
            key = (name, *(type_name(arg) if type(arg) is Range else type(arg) for arg in args))
        try:
            return self.found[key]
        except KeyError:
            # Streams share a name with ranges but none of their functions.
            types = (arg.raw_name if type(arg) is Stream else self.type_name(arg) for arg in args)
            found = self._resolve(name, tuple(types))
            self.found[key] = found
            return found

    def find_types(self, name: str, types: tuple[str, ...]) -> NativeFn | None:
        """The function for these type names, or `None`."""
        return self._resolve(name, types)

    def _resolve(self, name: str, types: tuple[str, ...]) -> NativeFn | None:
        candidates = {self.params_of(fn): fn for fn in reversed(self.overloads(name, len(types)))}
        if not candidates:
            return None
        exact = candidates.get(types)
        if exact is not None:
            return exact
        count = len(types)
        wild = range(max(0, count - MAX_WILDCARD_PARAMS), count)
        # Wildcards replace types from the right: (T, any) is tried before (any, T).
        for choice in sorted(product((0, 1), repeat=len(wild)), key=lambda c: (sum(c), c)):
            params = list(types)
            for at, use in zip(wild, choice, strict=True):
                if use:
                    params[at] = ANY
            found = candidates.get(tuple(params))
            if found is not None:
                return found
        return None

    def known_types(self, name: str, types: Sequence[str]) -> tuple[str, ...] | None:
        """The types to find a function by where some are not known (empty names): there it must not matter."""
        overloads = [self.params_of(fn) for fn in self.overloads(name, len(types))]
        fitting = [params for params in overloads if params[0] in (types[0], ANY)]
        unknown = [at for at, known in enumerate(types) if not known]
        if not types[0] or not fitting or any(params[at] != ANY for params in fitting for at in unknown):
            return None
        return tuple(known or ANY for known in types)

    def is_pure(self, name: str, count: int) -> bool:
        """Does no overload of this name and count change its first argument or call back?"""
        found = self.overloads(name, count)
        return bool(found) and all(fn.pure and not fn.ref and not fn.callbacks for fn in found)

    def calls_back(self, name: str, count: int) -> bool:
        """Could some overload call functions of the script?"""
        return any(fn.callbacks for fn in self.overloads(name, count))

    def may_replace(self, name: str, count: int) -> bool:
        """Could some overload put another value into its first argument?"""
        return any(fn.ref for fn in self.overloads(name, count))

    def may_change(self, name: str, count: int) -> bool:
        """Could some overload change an array, map or blob in place?"""
        return any(fn.params[0] in CHANGEABLE and not fn.pure for fn in self.overloads(name, count))

    def has_host_properties(self) -> bool:
        """Did the host register properties or indexers that can be written?"""
        host = self.layers[self.standard :]
        return any(name.startswith(("set$", "index$set$")) for layer in host for name, _ in list(layer.functions))

    def is_standard(self, name: str) -> bool:
        """Is the name known from the language's packages only?"""
        names = self._standard_names
        if names is None:
            ours = {n for layer in self.layers[: self.standard] for n, _ in list(layer.functions)}
            theirs = {n for layer in self.layers[self.standard :] for n, _ in list(layer.functions)}
            names = self._standard_names = ours - theirs
        return name in names

    def borrows(self, name: str, count: int) -> bool:
        """Does no overload of this name and count change or keep anything of its arguments?"""
        found = self.overloads(name, count)
        return bool(found) and all(fn.borrows for fn in found)

    def is_overridden(self, name: str, count: int, owners: frozenset[str] | None = None) -> bool:
        """Did the host register a function of this name and count, or a getter of this name, for one of these types?

        `None` stands for all types; a function is for the type of its first parameter.
        """
        for layer in self.layers[self.standard :]:
            for fn in (*layer.functions.get((name, count), ()), *layer.functions.get((f"get${name}", 1), ())):
                if owners is None or not fn.params or fn.params[0] == ANY or fn.params[0] in owners:
                    return True
        return False

    def iterator(self, value: Any) -> Callable[[Any], Iterable[Any]] | None:
        """The registered iterator of a host type."""
        for layer in reversed(self.layers):
            if layer.iterators:
                for cls in type(value).__mro__:
                    if cls in layer.iterators:
                        return layer.iterators[cls]
        return None
