"""What a host may change about the language while a script is parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from horus_runtime.syntax.dynamic import ParseFunction
    from horus_runtime.syntax.mapping import TokenMapper


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """Limits and switches of the parser. Hashable, so that compiled scripts can be cached by text and options.

    A limit of 0 means unlimited; `max_functions` takes `None` for that, since 0 allows no function at all.
    """

    max_expr_depth: int = 64
    max_function_expr_depth: int = 32
    max_string_size: int = 0
    """In UTF-8 bytes."""
    max_array_size: int = 0
    max_map_size: int = 0
    max_functions: int | None = None
    max_script_size: int = 0
    """UTF-8 bytes of the whole text."""
    strict_identifiers: bool = False
    """Refuse names like `_x`, as Rhai 1.26 does; by default they are accepted, as in every engine before it."""
    underscore_variable: bool = False
    """Read `_` as a variable's name wherever it does not begin a case of `switch`: a prompt's last result."""
    allow_if_expression: bool = True
    allow_switch_expression: bool = True
    allow_loop_expressions: bool = True
    allow_statement_expression: bool = True
    allow_anonymous_fn: bool = True
    allow_looping: bool = True
    allow_shadowing: bool = True
    disabled_symbols: frozenset[str] = frozenset()
    custom_operators: tuple[tuple[str, int], ...] = ()
    """Operators added by the host, each with its precedence from 1 to 255."""
    custom_syntaxes: tuple[tuple[str, ...], ...] = ()
    """Constructs added by the host, each as the symbols it is made of (see `custom`)."""
    parse_functions: tuple[ParseFunction, ...] = ()
    """What decides on the symbols of constructs that have no fixed ones (see `dynamic`)."""
    on_token: TokenMapper | None = None
    """May put another token in the place of each (see `mapping`)."""

    def needs_care(self, length: int) -> bool:
        """Whether a script of this many characters may reach a limit that only the careful parse checks."""
        shallow = 0 < self.max_expr_depth < 10 or 0 < self.max_function_expr_depth < 10
        sizes = (self.max_array_size, self.max_map_size)
        return shallow or any(0 < size <= length for size in sizes)


DEFAULT = ParseOptions()
