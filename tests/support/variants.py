"""Engines that compile in other ways than the default one: what a script does must not depend on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import horus_runtime as hr
from horus_runtime.codegen.config import CompileConfig

UNOPTIMISED: dict[str, bool | int] = {
    "specialise": False, "infer": False, "strips": False, "bounds": False, "subscripts": False, "inline": False,
    "plain_characters": False, "native": False,
}  # fmt: skip
"""All that the compiler does for speed alone, switched off."""

VARIANTS: dict[str, dict[str, bool | int]] = {
    "default": {},
    "generic": {"specialise": False},
    "untyped": {"infer": False, "specialise": False},
    "unbounded": {"bounds": False},
    "no strips": {"strips": False},
    "unmetered": {"metered": False},
    "slow operators": {"fast_operators": False},
    "exact sizes": {"exact_sizes": True},
    "without kernels": {"native": False},
    "without kernels and strips": {"native": False, "strips": False},
    "eager kernels": {"kernel_patience": 0},
    "plain": {**UNOPTIMISED, "metered": False, "fast_operators": False},
}
"""Ways to compile, by name: what each changes in the default configuration."""


class VariantEngine(hr.Engine):
    """An engine whose compiler settings differ from the default ones."""

    def __init__(self, **changes: bool | int) -> None:
        self.changes = changes
        super().__init__()
        if changes.get("exact_sizes"):
            self._sizes_set = True  # the run must be one that checks them

    def compile_config(self, **wanted: Any) -> CompileConfig:
        """The engine's own settings, then the changes."""
        return replace(super().compile_config(**wanted), **self.changes)

    def fingerprint(self) -> tuple[Any, ...]:
        """Code of other settings must not come out of the cache."""
        return (*super().fingerprint(), tuple(sorted(self.changes.items())))


def engine_of(variant: str) -> VariantEngine:
    """A new engine that compiles in the way of this name."""
    return VariantEngine(**VARIANTS[variant])
