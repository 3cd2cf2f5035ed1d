"""The part of `Engine` that calls single functions and turns scripts into Python objects."""

from __future__ import annotations

from horus_runtime.engine.invoke import Invocation
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.scope import MISSING
from horus_runtime.typing_names import TYPE_CHECKING, Any, TypeVar, cast, overload

if TYPE_CHECKING:
    from horus_runtime.engine.definitions import Definitions
    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.functions import PointerFunction, ScriptFunction, ScriptObject
    from horus_runtime.engine.handle import AST
    from horus_runtime.runtime.scope import Scope

T = TypeVar("T")


class Calling:
    """Calling part of `Engine`."""

    # ---- functions of scripts ---------------------------------------------------------------------------------------

    def func(self, script: str | AST, name: str, *, returns: Any = Any) -> ScriptFunction:
        """A function of a script as a Python function; a call costs little more than one of Python.

        Args:
            returns: what the result must be, as an annotation: `int`, `list[str]`, a pydantic model, ...

        Raises:
            ParseError: the text is wrong. That the function does not exist is told when it is called.
        """
        from horus_runtime.engine.functions import ScriptFunction

        engine = _engine(self)
        tree = engine.compile(script) if isinstance(script, str) else script
        doc = next((function.doc for function in tree.functions() if function.name == name), "")
        return ScriptFunction(tree.pool(engine), name, returns=returns, doc=doc)

    def compile_fn(self, text: str, *, returns: Any = Any, scope: Scope | None = None) -> ScriptFunction:
        """A text that is a function, as a Python function: `"|x, y| x * y"`, or `"fn area(w, h) { w * h }"`.

        Args:
            returns: as for `func`.
            scope: variables that a closure may capture.

        Raises:
            ParseError: the text is wrong.
            TypeError: it is no closure, and defines no function, or several.
        """
        from horus_runtime.engine.functions import ScriptFunction

        engine = _engine(self)
        tree = engine.compile(text, scope=scope)
        functions = {function.name for function in tree.functions()}
        if tree.script.body:
            pointer = engine.eval_ast(tree, scope=scope)
            if type(pointer) is not FnPtr:
                raise TypeError(f"the text is no function but gives a value of type {engine.type_name(pointer)}")
            return self.bind(pointer, tree=tree, returns=returns)
        if len(functions) != 1:
            raise TypeError(f"the text must define one function, not {len(functions)}")
        return ScriptFunction(tree.pool(engine), functions.pop(), returns=returns)

    def bind(self, pointer: FnPtr, *, tree: AST | None = None, returns: Any = Any) -> PointerFunction:
        """A function pointer that a script gave, as a Python function.

        Args:
            tree: the script that a plain name is looked up in; closures know theirs.
        """
        from horus_runtime.engine.functions import PointerFunction

        engine = _engine(self)
        return PointerFunction(engine, engine.empty_tree if tree is None else tree, pointer, returns=returns)

    def call_fn_ptr(self, pointer: FnPtr, *args: Any, this: Any = MISSING, tree: AST | None = None) -> Any:
        """Call a function pointer in a run of its own.

        Args:
            this: what `this` is bound to; a `Ref` tells what the function assigned to it.
            tree: as for `bind`.
        """
        function = self.bind(pointer, tree=tree)
        return function(*args) if this is MISSING else function.call_with_this(this, *args)

    def load(self, script: str | AST, *, scope: Scope | None = None, name: str | None = None) -> ScriptObject:
        """Run a script once and give an object whose attributes are its functions.

        Raises:
            HorusError: as `eval`.
        """
        from horus_runtime.engine.functions import ScriptObject

        engine = _engine(self)
        tree = engine.compile(script, name=name, scope=scope) if isinstance(script, str) else script
        return ScriptObject(engine, tree, scope)

    # ---- functions and operators of the engine ----------------------------------------------------------------------

    def call(self, name: str, *args: Any) -> Any:
        """Call a function that the engine has, by the normal lookup: `engine.call("max", 1, 2)`.

        Raises:
            EvalError: there is none for these arguments (`ErrorFunctionNotFound`), or it failed.
        """
        invocation = Invocation(_engine(self))
        run = invocation.run
        return invocation.guard(run.native_named, 0, name, run.on_account(tuple, map(run.convert, args)))

    def operate(self, symbol: str, *operands: Any) -> Any:
        """Apply an operator to values as a script does: `engine.operate("+", 1, 2)`, `engine.operate("!", True)`.

        Raises:
            EvalError: the operands do not fit, or the operation fails.
            ValueError: there is no such operator, or it takes another number of operands.
        """
        invocation = Invocation(_engine(self))
        run = invocation.run
        given = run.on_account(tuple, map(run.convert, operands))
        if len(given) == 2:
            return invocation.guard(run.binary(symbol), *given)
        unary = {"-": run.neg_op, "+": run.plus_op, "!": run.not_op}.get(symbol)
        if unary is None or len(given) != 1:
            raise ValueError(f"'{symbol}' is no operator of {len(given)} operands")
        return invocation.guard(unary, *given)

    # ---- what there is ----------------------------------------------------------------------------------------------

    def signatures(self, *, include_standard: bool = False, tree: AST | None = None) -> list[str]:
        """Readable signatures of what scripts may call: `add(a: i64, b: i64) -> i64`.

        Args:
            include_standard: with the language's own functions.
            tree: with the functions of this script.
        """
        from horus_runtime.engine.metadata import signatures

        return signatures(_engine(self), include_standard=include_standard, tree=tree)

    def metadata(self, *, include_standard: bool = False, tree: AST | None = None) -> dict[str, Any]:
        """Everything registered as plain data, in the shape of Rhai's metadata document."""
        from horus_runtime.engine.metadata import metadata

        return metadata(_engine(self), include_standard=include_standard, tree=tree)

    def metadata_json(self, *, include_standard: bool = False, tree: AST | None = None) -> str:
        """`metadata` as JSON."""
        import json

        return json.dumps(self.metadata(include_standard=include_standard, tree=tree), indent=2, ensure_ascii=False)

    def definitions(
        self, scope: Scope | None = None, *, with_headers: bool = False, include_standard: bool = True
    ) -> Definitions:
        """Definition files for editors, of what is registered and of a scope's variables."""
        from horus_runtime.engine.definitions import Definitions

        return Definitions(_engine(self), scope, with_headers=with_headers, include_standard=include_standard)

    # ---- typed results ----------------------------------------------------------------------------------------------

    @overload
    def eval_as(
        self, kind: type[T], script: str | AST, *, scope: Scope | None = None, name: str | None = None
    ) -> T: ...
    @overload
    def eval_as(self, kind: Any, script: str | AST, *, scope: Scope | None = None, name: str | None = None) -> Any: ...
    def eval_as(self, kind: Any, script: str | AST, *, scope: Scope | None = None, name: str | None = None) -> Any:
        """Run a script and read its value as the kind says: a builtin, dataclass, enum, date or pydantic model, `list`
        and `dict` of such, or any other annotation that parameters of host functions can have.

        Numbers and texts are not converted into each other; fields of pydantic models follow the model's own rules.

        Raises:
            EvalError: `ErrorMismatchOutputType`, with the place of what does not fit.
            HorusError: as `eval`.
            TypeError: the kind is no annotation for values of scripts.
        """
        from horus_runtime.engine.functions import read_result
        from horus_runtime.runtime.hints import value_reader

        read = value_reader(kind)
        engine = _engine(self)
        if isinstance(script, str):
            value = engine.eval(script, scope=scope, name=name)
        else:
            value = engine.eval_ast(script, scope=scope)
        return value if read is None else read_result(read, value)

    def read_as(self, kind: Any, value: Any) -> Any:
        """A value of a script as `eval_as` reads it.

        Raises:
            EvalError: `ErrorMismatchOutputType`.
        """
        from horus_runtime.engine.functions import read_result
        from horus_runtime.runtime.hints import value_reader

        read = value_reader(kind)
        return value if read is None else read_result(read, value)

    def to_script(self, value: Any) -> Any:
        """A Python value as scripts get it: dataclasses as maps, dates as text, registered objects as they are, ...

        Raises:
            OverflowError: an int beyond 64 bits.
            TypeError: a key of a map is no string.
            ValueError: a container that contains itself.
        """
        return _engine(self).table.converter(value)


def _engine(part: Calling) -> Engine:
    """The engine that this is a part of."""
    return cast("Engine", part)
