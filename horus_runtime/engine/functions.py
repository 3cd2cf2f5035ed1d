"""Script functions as Python callables, and scripts as objects whose attributes are their functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from horus_runtime.engine.session import PointerPool, Pool, not_found
from horus_runtime.runtime.context import as_cell
from horus_runtime.runtime.hints import Reader, Unfit, value_reader
from horus_runtime.runtime.scope import Scope

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.handle import AST
    from horus_runtime.runtime.fn_ptr import FnPtr


class ScriptFunction:
    """A function of a script that Python calls like its own. May be shared by threads.

    Each call is a run of its own with the limits of the engine. The script's global statements are not run for it; what
    a function needs of them, `engine.load` offers.
    """

    __slots__ = ("__name__", "_pool", "_read", "doc")

    def __init__(self, pool: Pool, name: str, *, returns: Any = Any, doc: str = "") -> None:
        self._pool = pool
        self._read: Reader | None = value_reader(returns)
        self.__name__ = name
        self.doc = doc

    def __call__(self, *args: Any) -> Any:
        """Call it.

        Raises:
            EvalError: the function failed, or the script has none for so many arguments (`ErrorFunctionNotFound`).
            LimitError: a limit was hit.
        """
        result = self._pool.call(self.__name__, args)
        return result if self._read is None else read_result(self._read, result)

    def __repr__(self) -> str:
        return f"<script function {self.__name__}>"


class PointerFunction(ScriptFunction):
    """As `ScriptFunction`, for a closure or another function pointer."""

    __slots__ = ()

    _pool: PointerPool

    def __init__(self, engine: Engine, tree: AST, pointer: FnPtr, *, returns: Any = Any) -> None:
        super().__init__(PointerPool(engine, tree, pointer), pointer.name, returns=returns)

    @property
    def pointer(self) -> FnPtr:
        """What is called."""
        return self._pool.pointer

    def __call__(self, *args: Any) -> Any:
        result = self._pool.call("", args)
        return result if self._read is None else read_result(self._read, result)

    def call_with_this(self, this: Any, *args: Any) -> Any:
        """Call it with `this` bound to a value, or to a `Ref` that tells what became of it."""
        result = self._pool.call_with_this(args, as_cell(this))
        return result if self._read is None else read_result(self._read, result)


def read_result(read: Reader, value: Any) -> Any:
    """A script's value as the annotation for it says.

    Raises:
        EvalError: `ErrorMismatchOutputType`.
    """
    from horus_runtime.errors import EvalError

    try:
        return read(value)
    except Unfit as unfit:
        text = str(unfit)
        joint = "result" if text[:1] in {".", "["} else ""
        raise EvalError("ErrorMismatchOutputType", f"Output type incorrect: {joint}{text}", None) from None


class ScriptObject:
    """A script that was run once, as an object: its functions are attributes, its global variables are `variables`.

        player = engine.load("let lives = 3; fn on_hit(damage) { damage * 2 }")
        player.on_hit(5)                # -> 10
        player.variables["lives"]       # -> 3

    The functions can read the variables that the host put into the scope, and those of the script; they cannot assign
    to them.
    """

    def __init__(self, engine: Engine, tree: AST, scope: Scope | None) -> None:
        self._tree = tree
        self._scope = Scope() if scope is None else scope
        self._functions: dict[str, list[int]] = {}
        for function in tree.functions():
            if not function.private and function.this_type is None:
                self._functions.setdefault(function.name, []).append(len(function.params))
        self._pool = tree.pool(engine)
        engine.eval_ast(tree, scope=self._scope)

    @property
    def variables(self) -> Scope:
        """The host's variables, then those that the script declared at global level."""
        return self._scope

    def has(self, name: str, count: int | None = None) -> bool:
        """Does the script define a public function of this name (and this number of parameters)?"""
        counts = self._functions.get(name, [])
        return bool(counts) if count is None else count in counts

    def call(self, name: str, *args: Any, this: Any = None) -> Any:
        """Call a function by name.

        Raises:
            EvalError: there is none for so many arguments, or it failed.
        """
        if not self.has(name, len(args)):
            raise not_found(name)
        return self._pool.call_with(name, args, self._scope, this, None)

    def call_if_defined(self, name: str, *args: Any, default: Any = None) -> Any:
        """Call a function if the script has it; event handlers are optional."""
        return self.call(name, *args) if self.has(name, len(args)) else default

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._functions:
            known = ", ".join(sorted(self.__dict__.get("_functions", ()))) or "none"
            raise AttributeError(f"the script has no function '{name}'; its functions: {known}")

        pool, scope, counts = self._pool, self._scope, self._functions[name]

        def call(*args: Any, this: Any = None) -> Any:
            if this is None and len(args) in counts:
                return pool.call(name, args, scope)
            return self.call(name, *args, this=this)

        call.__name__ = name
        self.__dict__[name] = call  # found without this method from now on
        return call

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._functions})

    def __contains__(self, name: str) -> bool:
        return name in self._functions

    def __iter__(self) -> Iterator[str]:
        """The names of its public functions."""
        return iter(self._functions)

    def __repr__(self) -> str:
        return f"<script with {', '.join(self._functions) or 'no functions'}>"
