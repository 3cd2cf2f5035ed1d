"""Runs that are used again: what makes calling a script function from Python cheap.

A session is a run whose program is linked already. For each call its account starts anew, so that limits count per
call, exactly as in a run of its own. Sessions wait in a pool: as many exist as calls were ever active at the same time,
on several threads or one inside the other.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from horus_runtime.engine.invoke import Invocation, ensure_frames
from horus_runtime.errors import EvalError, HorusError, InternalError, LimitError
from horus_runtime.runtime.context import as_cell
from horus_runtime.runtime.control import ScriptExit
from horus_runtime.runtime.conversion import ATOMS
from horus_runtime.runtime.holdings import BOUNDARIES
from horus_runtime.runtime.program import THIS_CELL
from horus_runtime.runtime.scope import MISSING, Scope
from horus_runtime.runtime.values import COPY_TERMS, INT_MAX, INT_MIN, Cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.handle import AST
    from horus_runtime.runtime.fn_ptr import FnPtr

KEPT = 64
"""Sessions that wait in one pool at most."""


class Session:
    """A run of one script, ready for calls of its functions."""

    __slots__ = (
        "engine",
        "functions",
        "generation",
        "has_statements",
        "linked",
        "run",
        "services",
        "table",
        "terms",
        "version",
    )

    def __init__(self, engine: Engine, tree: AST, scope: Scope | None = None) -> None:
        self.engine = engine
        self.version = engine.settings_version
        self.generation = engine.table.generation
        invocation = Invocation(engine)
        self.run = invocation.run
        own = Scope() if scope is None else scope
        own.settle(self.run.convert)
        self.linked = invocation.link(tree, own)
        ensure_frames(self.run.max_depth)
        self.terms = self.run.copy_terms()
        self.table = engine.table
        self.services = engine.services
        self.has_statements = self.linked.program.has_statements
        self.functions: dict[tuple[str, int], Callable[..., Any]] = {}

    def function(self, name: str, count: int) -> Callable[..., Any]:
        """The Python function behind a script function, `this` left unbound."""
        key = (name, count)
        found = self.functions.get(key)
        if found is None:
            function, this = self._find(name, count)
            found = function
            if this:
                unbound = this != THIS_CELL
                found = lambda *args: function(MISSING if unbound else Cell(MISSING), *args)  # noqa: E731
            self.functions[key] = found
        return found

    def bound(self, name: str, count: int, this: Any) -> Callable[..., Any]:
        """The Python function behind a script function, with `this` bound to a value or a `Ref`."""
        function, kind = self._find(name, count)
        if not kind:
            return function
        cell = as_cell(this)
        return partial(function, cell if kind == THIS_CELL else cell.v)

    def _find(self, name: str, count: int) -> tuple[Callable[..., Any], int]:
        function = self.linked.functions.get((name, count))
        if function is None:
            raise not_found(name)
        return function, self.linked.metas[name, count].this

    def restart(self) -> None:
        """Give the next call an account of its own."""
        run = self.run
        settings = run.settings
        run.budget.restart()
        run.tag = settings.tag
        if settings.services or self.services:
            settings.services = self.services.copy()
        run.calls.clear()
        if run.modules_imported:
            run.modules_imported = 0
            run.forget_imports(0)
            run.modules_cache.clear()
        run.call_scope = None
        if settings.on_start is not None:
            settings.on_start(run.budget)

    def call(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Call a function of this run with values of the host."""
        if not self.engine.observed:
            return self.enter(function, args)
        from horus_runtime.engine.metrics import watched

        return watched(self.engine, self.run, lambda: self.enter(function, args))

    def enter(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """As `call`, whether somebody looks or not."""
        run = self.run
        for arg in args:
            cls = type(arg)
            if cls not in ATOMS and (cls is not int or not INT_MIN <= arg <= INT_MAX):
                args = tuple(map(run.convert, args))
                break
        terms = COPY_TERMS.__dict__
        outer = terms.copy()
        terms.update(self.terms)
        try:
            result = function(1, *args)
            budget = run.budget
            if budget.granted > budget.limit:
                budget.settle()
            return result
        except ScriptExit as leaving:
            return leaving.value
        except Exception as error:  # noqa: BLE001 - compiled code raises Python's own, too
            raise explained(run.explain(error), error) from None
        finally:
            terms.clear()
            terms.update(outer)


def explained(found: HorusError, error: Exception) -> HorusError:
    """The error as it leaves: without Python's frames, unless it is a defect of this package."""
    if isinstance(found, InternalError):
        found.__cause__ = error
        return found
    found.__cause__ = found.__context__ = None
    return found.with_traceback(None)


def not_found(name: str) -> EvalError:
    """`Function not found: NAME`, as Rhai says it for calls by the host."""
    error = EvalError("ErrorFunctionNotFound", f"Function not found: {name}", fields={"function": name})
    error.position = None
    return error


BOUNDARIES.add(Session.enter.__code__)


class Pool:
    """The sessions of one script on one engine."""

    __slots__ = ("engine", "sessions", "tree")

    def __init__(self, engine: Engine, tree: AST) -> None:
        self.engine = engine
        self.tree = tree
        self.sessions: list[Session] = []

    def take(self) -> Session:
        """A session that nobody uses."""
        sessions = self.sessions
        version = self.engine.settings_version
        while sessions:
            try:
                session = sessions.pop()
            except IndexError:  # another thread was quicker
                break
            # The engine's settings and registrations must still be those that the run was made with.
            if session.version == version and session.generation == session.table.generation:
                session.restart()
                return session
        return Session(self.engine, self.tree)

    def give(self, session: Session) -> None:
        """Put a session back."""
        if len(self.sessions) < KEPT:
            self.sessions.append(session)

    def call(self, name: str, args: tuple[Any, ...], scope: Scope | None = None) -> Any:
        """Call a function of the script; it can read the variables of the scope."""
        return self.call_in(self.take(), name, args, scope)

    def call_in(self, session: Session, name: str, args: tuple[Any, ...], scope: Scope | None = None) -> Any:
        """As `call`, in a session that was taken already."""
        if scope is not None:
            scope.settle(session.run.convert)
            session.run.call_scope = scope
        function = session.functions.get((name, len(args)))
        if function is None:
            return self.finish(session, self.finder(session), name, args)
        try:
            result = session.call(function, args)
        except LimitError:
            raise
        except BaseException:
            self.give(session)
            raise
        if len(self.sessions) < KEPT:
            self.sessions.append(session)
        return result

    def finder(self, session: Session) -> Callable[[str, int], Callable[..., Any]]:
        """What finds the functions of a session that were not called before."""
        return session.function

    def call_with(self, session: Session, name: str, args: tuple[Any, ...], scope: Scope, this: Any, tag: Any) -> Any:
        """As `call`, with everything that a call may be given."""
        if tag is not None:
            session.run.tag = tag
        if this is None:
            return self.call_in(session, name, args, scope)
        scope.settle(session.run.convert)
        session.run.call_scope = scope
        return self.finish(session, lambda name, count: session.bound(name, count, this), name, args)

    def finish(
        self, session: Session, find: Callable[[str, int], Callable[..., Any]], name: str, args: tuple[Any, ...]
    ) -> Any:
        """Call a function in a session, and put that back unless a limit ended it: its account is of no use then."""
        try:
            result = session.call(find(name, len(args)), args)
        except LimitError:
            raise
        except BaseException:
            self.give(session)
            raise
        self.give(session)
        return result


class PointerPool(Pool):
    """As `Pool`, for calls of one function pointer, which belongs to no run in particular."""

    __slots__ = ("pointer",)

    def __init__(self, engine: Engine, tree: AST, pointer: FnPtr) -> None:
        super().__init__(engine, tree)
        self.pointer = pointer

    def finder(self, session: Session) -> Callable[[str, int], Callable[..., Any]]:
        """The pointer is the only function; it goes by no name."""

        def find(name: str, count: int) -> Callable[..., Any]:
            found = session.functions[name, count] = self._linked(session, count)
            return found

        return find

    def call_with_this(self, args: tuple[Any, ...], this: Cell) -> Any:
        """Call the pointer with `this` bound to what a cell holds."""
        session = self.take()
        run, pointer = session.run, self.pointer

        def with_this(_depth: int, *given: Any) -> Any:
            call = partial(run.call_pointer_this, 0, pointer, this)
            return run.with_imports(_imports_of(pointer), call, given)

        return self.finish(session, lambda _name, _count: with_this, pointer.name, args)

    def _linked(self, session: Session, count: int) -> Callable[..., Any]:
        run, pointer = session.run, self.pointer
        kept = _imports_of(pointer)
        if kept:
            return lambda _depth, *args: run.with_imports(kept, partial(run.call_pointer, 0, pointer), args)
        closure = run.closure(pointer) if pointer.is_anonymous else None
        captured = len(pointer.curried)
        direct = closure is not None and not closure[1].this and closure[1].captures == captured
        if closure is not None and direct and len(closure[1].params) == count:
            function, cells = closure[0], pointer.curried
            return function(*cells) if cells else function
        return lambda _depth, *args: run.call_pointer(0, pointer, *args)


def _imports_of(pointer: FnPtr) -> list[tuple[str, Any]]:
    """The modules that a closure knows from where it was made."""
    function = getattr(pointer.target, "func", pointer.target)
    imports: list[tuple[str, Any]] = getattr(function, "imports", [])
    return imports
