"""Function pointers: a name, arguments already given, and for closures the program the code is in."""

from __future__ import annotations

from typing import Any

from horus_runtime.runtime.values import register_type_name


class FnPtr:
    """A pointer to a function by name.

    `curried` holds arguments given in advance; for closures the captured variables come first, as `Cell`s. `program`
    is the compiled script a closure belongs to (`None`: look the name up where the pointer is called).
    """

    __slots__ = ("curried", "name", "program", "target", "token")

    def __init__(self, name: str, curried: tuple[Any, ...] = (), program: Any = None) -> None:
        self.name = name
        self.curried = curried
        self.program = program
        self.target: Any = None
        """The Python function of a closure, its captured cells filled in: call it with a level and the arguments."""
        self.token: Any = None
        """Says for which run and argument count `target` may be called directly."""

    @property
    def is_anonymous(self) -> bool:
        """Was it made from a closure?"""
        return self.name.startswith("anon$")

    def curry(self, args: tuple[Any, ...]) -> FnPtr:
        """A new pointer with more arguments given in advance."""
        return FnPtr(self.name, self.curried + args, self.program)

    def __repr__(self) -> str:
        return f"Fn({self.name})"


register_type_name(FnPtr, "Fn")
