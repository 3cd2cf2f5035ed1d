"""Function pointers: a name, arguments already given, and for closures the program the code is in."""

from __future__ import annotations

from collections.abc import Callable

from horus_runtime.runtime.values import TAGGABLE, register_type_name
from horus_runtime.typing_names import Any


class FnPtr:
    """A pointer to a function by name.

    `curried` holds arguments given in advance; for closures the captured variables come first, as `Cell`s. `program`
    is the compiled script a closure belongs to (`None`: look the name up where the pointer is called).

    Scripts make them (`Fn("name")`, `|x| x + 1`), and so does a host: `FnPtr("name")`, `FnPtr.from_fn(function)`.
    """

    __slots__ = ("curried", "mark", "name", "native", "program", "reaches", "tag", "target", "token")

    def __init__(self, name: str, curried: tuple[Any, ...] = (), program: Any = None) -> None:
        self.name = name
        self.curried = curried
        self.program = program
        self.mark = "+"
        """How it was made: `*+` from the bare name of a script function, nothing in a container of literals. Only the
        raw text of an uncaught `throw` shows it."""
        self.native: Any = None
        """The module that holds the overloads of a Python function, for pointers to one."""
        self.target: Any = None
        """The Python function of a closure, its captured cells filled in: call it with a level and the arguments."""
        self.token: Any = None
        """Says for which run and argument count `target` may be called directly."""
        self.reaches = True
        """Could the closure come to use the variable that holds it?"""

    @classmethod
    def from_fn(cls, function: Callable[..., Any], name: str | None = None) -> FnPtr:
        """A pointer to a Python function, to hand to a script; its annotations count as for `@engine.fn`.

        Raises:
            TypeError: the function's signature cannot be used from scripts.
        """
        from horus_runtime.runtime.module import Module

        shown = name or str(getattr(function, "__name__", ""))
        pointer = cls(shown if shown.isidentifier() else "function")
        pointer.native = Module(pointer.name).register_fn(pointer.name, function)
        return pointer

    @property
    def is_anonymous(self) -> bool:
        """Was it made from a closure?"""
        return self.name.startswith("anon$")

    @property
    def is_curried(self) -> bool:
        """Does it hold arguments given in advance? (A closure's captured variables are such.)"""
        return bool(self.curried)

    def curry(self, args: tuple[Any, ...]) -> FnPtr:
        """A new pointer with more arguments given in advance."""
        pointer = FnPtr(self.name, self.curried + args, self.program)
        pointer.native, pointer.mark = self.native, self.mark
        return pointer

    def bind(self, *args: Any) -> FnPtr:
        """As `curry`, for values of the host."""
        from horus_runtime.runtime.conversion import to_script

        return self.curry(tuple(map(to_script, args)))

    def call(self, context: Any, *args: Any, **options: Any) -> Any:
        """Call the function.

        Args:
            context: where: the `NativeCallContext` of a host function, whose run goes on, or an engine, which starts a
                new run. There, `tree=` names the script that a plain name is looked up in.
            options: `this`, a value or a `Ref`; further ones as for `engine.call_fn_ptr`.

        Raises:
            EvalError: the function does not exist, or failed.
        """
        call = getattr(context, "call_fn_ptr", None) or context.call
        return call(self, *args, **options)

    def __repr__(self) -> str:
        return f"Fn({self.name})"


TAGGABLE.add(FnPtr)
register_type_name(FnPtr, "Fn")
