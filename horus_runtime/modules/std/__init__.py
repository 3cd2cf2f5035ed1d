"""Rhai's standard packages, one module of natives per topic."""

from __future__ import annotations

from functools import cache

from horus_runtime.cache import remembered
from horus_runtime.runtime.deferred import Functions, PartedFunctions
from horus_runtime.runtime.module import Module

_CORE = ("core", "arithmetic", "text", "ranges", "small_numbers", "fn_ptrs")
_OTHERS = (
    "math", "strings", "splitting", "chars", "arrays", "array_callbacks", "ordering", "blobs", "blob_numbers", "maps",
    "bits", "time",
)  # fmt: skip


@cache
def core_package() -> Module:
    """What every script expects: ending, text forms, numbers, ranges, function pointers."""
    return _combined("core", _CORE)


@cache
def standard_package() -> Module:
    """All packages together, as an engine offers them to scripts. They are imported when they are used."""
    return _combined("standard", _CORE + _OTHERS)


@cache
def package(name: str) -> Module:
    """A bundle by name: `"standard"`, `"core"`, or a single topic.

    Raises:
        ValueError: there is none of that name.
    """
    if name == "standard":
        return standard_package()
    if name == "core":
        return core_package()
    if name not in _CORE + _OTHERS:
        known = ", ".join(["standard", "core", *(part for part in _CORE + _OTHERS if part != "core")])
        raise ValueError(f"there is no package '{name}'; packages: {known}")
    return _combined(name, (name,))


def _combined(name: str, parts: tuple[str, ...]) -> Module:
    # The packages do not overlap in parameter types, so overloads are joined without a comparison.
    index: dict[tuple[str, int], tuple[str, ...]] = {}
    for part, keys in _names().items():
        if part in parts:
            for key in keys:
                index[key] = (*index.get(key, ()), part)
    return Module(name, "Rhai's standard functions.", functions=PartedFunctions(index, _functions), built_in=True)


def _functions(part: str) -> Functions:
    from importlib import import_module

    package: Module = import_module(f"{__name__}.{part}").PACKAGE
    return package.functions


@cache
def _names() -> dict[str, list[tuple[str, int]]]:
    """Names and parameter counts of every package, in the order of the packages."""
    names: dict[str, list[tuple[str, int]]] = remembered(
        b"standard packages", lambda: {part: list(_functions(part)) for part in _CORE + _OTHERS}
    )
    return names
