"""Modules that are imported when something of theirs is used: what they offer is known before, from a summary.

A script that comes from the cache uses a few natives of several hundred; importing the others would take most of the
time that it runs. The summaries are made from the modules themselves and kept in the cache on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from horus_runtime.runtime.module import Module, NativeFn, Watcher
from horus_runtime.typing_names import Any, Final

Key = tuple[str, int]
Functions = Mapping[Key, list[NativeFn]]


class PartedFunctions(dict[Key, list[NativeFn]]):
    """Functions of a module made of parts, each of which is imported when one of its functions is asked for.

    Args:
        index: for every name and parameter count the parts that have overloads of it.
        load: gives the functions of a part.
    """

    __slots__ = ("_load",)

    def __init__(self, index: Mapping[Key, tuple[str, ...]], load: Callable[[str], Functions]) -> None:
        super().__init__(index)  # type: ignore[arg-type]  # a tuple of parts stands for what they will give
        self._load = load

    def _resolved(self, key: Key, value: Any) -> list[NativeFn]:
        if type(value) is tuple:
            value = [function for part in value for function in self._load(part)[key]]
            self[key] = value
        return value  # type: ignore[no-any-return]

    def __getitem__(self, key: Key) -> list[NativeFn]:
        return self._resolved(key, super().__getitem__(key))

    def get(self, key: Key, default: Any = None) -> Any:
        value = super().get(key)
        return default if value is None else self._resolved(key, value)

    def setdefault(self, key: Key, default: Any = None) -> Any:
        return self._resolved(key, super().setdefault(key, default))

    def values(self) -> Any:
        return self._whole().values()

    def items(self) -> Any:
        return self._whole().items()

    def _whole(self) -> dict[Key, list[NativeFn]]:
        return {key: self[key] for key in self}


class Summary:
    """What must be known of a module before it is imported.

    Args:
        types: script names of the host types it defines.
        methods: `NativeFn.signature()` of every function that scripts find without a prefix.
    """

    __slots__ = ("doc", "methods", "name", "types")

    def __init__(self, name: str, doc: str, types: tuple[str, ...], methods: tuple[tuple[Any, ...], ...]) -> None:
        self.name = name
        self.doc = doc
        self.types = types
        self.methods = methods

    def values(self) -> tuple[Any, ...]:
        """The arguments that make it: plain data."""
        return self.name, self.doc, self.types, self.methods

    @classmethod
    def of(cls, module: Module) -> Summary:
        """The summary of an imported module."""
        types = tuple(sorted(module.types.values()))
        found = exposed(module)
        return cls(module.name, module.doc, types, tuple(sorted(fn.signature() for fn in found)))


def exposed(module: Module) -> list[NativeFn]:
    """What scripts find without a prefix: the methods of a module's own types, and what it marks as global."""
    names = set(module.types.values())

    def is_own(function: NativeFn) -> bool:
        owner = function.classes[0] if function.classes else None
        return bool(function.params) and (function.params[0] in names or owner in module.types)

    return [
        function
        for function in module.natives()
        if function.namespace == "global" or (function.namespace is None and is_own(function))
    ]


_CONTENTS: Final = tuple(name for name in Module.__slots__ if name not in {"_watchers", "built_in", "doc", "name"})


class DeferredModule(Module):
    """A module that is imported when anything but its summary is asked for."""

    __slots__ = ("_listeners", "_load", "summary")

    def __init__(self, summary: Summary, load: Callable[[], Module]) -> None:
        # The other attributes are not set: asking for one calls `__getattr__`, which sets them all.
        self.name = summary.name
        self.doc = summary.doc
        self.built_in = True
        self._watchers = None
        self.summary = summary
        self._load = load
        self._listeners: list[Callable[[Module], None]] = []

    def when_loaded(self, listener: Callable[[Module], None]) -> None:
        """Tell somebody when the module is imported."""
        self._listeners.append(listener)

    def placeholders(self) -> list[NativeFn]:
        """Stand-ins for the methods, until there is a value that they could be called on."""
        return [
            NativeFn(
                name,
                params,
                _not_loaded,
                pure=pure,
                ref=ref,
                context=context,
                callbacks=callbacks,
                borrows=borrows,
                volatile=volatile,
                host=host,
                capability=capability or None,
                namespace=namespace or None,
                returns=returns,
            )
            for (
                name,
                params,
                pure,
                ref,
                context,
                callbacks,
                borrows,
                volatile,
                host,
                capability,
                namespace,
                returns,
            ) in self.summary.methods
        ]

    def watch(self, watcher: Watcher) -> None:
        """Nobody changes a module of this package."""

    def load(self) -> None:
        """Import the module now."""
        self.__getattr__("functions")

    def __getattr__(self, name: str) -> Any:
        if name not in _CONTENTS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        module = self._load()
        for slot in _CONTENTS:
            setattr(self, slot, getattr(module, slot))
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener(self)
        return getattr(module, name)


def _not_loaded(*_args: Any) -> Any:
    raise AssertionError("a value of this type exists only when its module is imported")
