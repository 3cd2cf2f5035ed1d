"""Rhai's standard packages, one module of natives per topic."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from horus_runtime.runtime.module import Module

_CORE = ("core", "arithmetic", "text", "ranges", "fn_ptrs")
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
    """All packages together, as an engine offers them to scripts."""
    return _combined("standard", _CORE + _OTHERS)


def _combined(name: str, parts: tuple[str, ...]) -> Module:
    module = Module(name, "Rhai's standard functions.", built_in=True)
    for part in parts:
        package: Module = import_module(f"{__name__}.{part}").PACKAGE
        for key, overloads in package.functions.items():
            # The packages do not overlap in parameter types, so overloads are joined without a comparison.
            module.functions.setdefault(key, []).extend(overloads)
    return module
