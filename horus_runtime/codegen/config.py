"""What compiled code depends on besides the text of its script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class CompileConfig:
    """What compiled code depends on besides the text."""

    table: Any
    modules: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    scope_names: frozenset[str] = frozenset()
    metered: bool = True
    strips: bool = True
    """Pay for the turns of loops in advance."""
    bounds: bool = True
    """Leave out overflow checks where bounds of values prove them unnecessary."""
    infer: bool = True
    """Infer the types of variables."""
    subscripts: bool = True
    """Read the properties that arithmetic needs by Python's own subscript."""
    inline: bool = True
    """Put small functions where loops call them."""
    plain_characters: bool = True
    """Walk text by Python's own characters where that cannot be told."""
    fast_operators: bool = True
    fail_on_invalid_map_property: bool = False
    exact_sizes: bool = False
    max_call_levels: int = 64
    has_parent: bool = False
    specialise: bool = True
    keep_tree: bool = False
    globals: frozenset[str] = frozenset()
    """Variables of global modules."""
    rewind: bool = False
    """Drop what main declares at global level: it is the body of a function."""
    optimized: bool = True
    """Show what Rhai's optimizer changes about results; off at its level None."""
    allow_shadowing: bool = True
    max_variables: int | None = None
    watches_definitions: bool = False
    """The host wants to be asked before a variable is declared."""
    watches_reads: bool = False
    """The host wants to be asked before a variable is read."""
    shows_scope: bool = False
    """The same, and wants to see and change the other variables then."""
    host_properties: bool = False
    """Objects of the host have properties or indexers: what those give may have to be handed back."""
    watches_indexes: bool = False
    """The host wants to be asked about items that are not there."""
    debug: bool = False
    """Look at the debugger before every statement and around every call."""
    native: bool = False
    """Prepare hot numeric code for WebAssembly."""
    kernel_patience: int = 8
    """Strides that must end in a loop or function before its kernel is made; 0: at once, and no kernel is given up."""

    @property
    def checks_definitions(self) -> bool:
        return self.watches_definitions or not self.allow_shadowing or self.max_variables is not None

    def has_module(self, name: str) -> bool:
        return name in self.modules
