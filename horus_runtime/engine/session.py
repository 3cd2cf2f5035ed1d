"""Runs that are used again: what makes calling a script function from Python cheap.

A session is a run whose program is linked already. For each call its account starts anew, so that limits count per
call, exactly as in a run of its own. Sessions wait in a pool: as many exist as calls were ever active at the same time,
on several threads or one inside the other.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.engine.invoke import Invocation, ensure_frames, finish
from horus_runtime.errors import EvalError, HorusError, InternalError, LimitError
from horus_runtime.runtime import suspension
from horus_runtime.runtime.context import ENDINGS, as_cell
from horus_runtime.runtime.control import ScriptExit
from horus_runtime.runtime.conversion import ATOMS
from horus_runtime.runtime.holdings import BOUNDARIES
from horus_runtime.runtime.program import THIS_CELL
from horus_runtime.runtime.scope import MISSING, Scope
from horus_runtime.runtime.values import COPY_TERMS, Cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.handle import AST
    from horus_runtime.runtime.fn_ptr import FnPtr

KEPT = 64
"""Sessions that wait in one pool at most."""
DIGIT: Final = 1 << 30


class Session:
    """A run of one script, ready for calls of its functions."""

    __slots__ = (
        "engine",
        "functions",
        "generation",
        "linked",
        "run",
        "services",
        "table",
        "version",
    )

    def __init__(self, engine: Engine, tree: AST, scope: Scope | None = None) -> None:
        self.engine = engine
        self.version = engine.revision.number
        self.generation = engine.table.generation
        invocation = Invocation(engine, begins=False)
        self.run = invocation.run
        own = Scope() if scope is None else scope
        own.settle(self.run.convert)
        self.linked = invocation.link(tree, own)
        ensure_frames(self.run.max_depth)
        self.table = engine.table
        self.services = engine.services
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

    def enter(self, function: Callable[..., Any], args: tuple[Any, ...], scope: Scope | None, tag: Any = None) -> Any:
        """Call a function of this run with values of the host, on an account of its own.

        Every line here counts: a call costs little more than these.
        """
        run, settings = self.run, self.run.settings
        budget = run.budget
        budget.restart()
        run.tag = settings.tag if tag is None else tag
        run.call_scope = scope
        if self.services or settings.services:
            settings.services = self.services.copy()
        if run.calls or run.modules_imported:
            self._forget()
        if suspension.find_driver is not None:
            run.follow_driver()
        if settings.on_start is not None:
            settings.on_start(budget)
        if scope is not None:
            run.on_account(scope.settle, run.convert)
        for arg in args:
            cls = type(arg)
            # Python compares numbers of one digit of its own much faster than larger ones.
            if (cls is not int or not -DIGIT < arg < DIGIT) and cls not in ATOMS:
                args = run.on_account(tuple, map(run.convert, args))
                break
        outer = COPY_TERMS.run
        COPY_TERMS.run = run.terms
        try:
            # Python calls functions faster when it sees how many arguments they get.
            count = len(args)
            if count == 1:
                result = function(0, args[0])
            elif count == 2:
                result = function(0, args[0], args[1])
            else:
                result = function(0, *args)
            if budget.granted > budget.limit:
                budget.settle()
            return result
        except ScriptExit as leaving:
            return leaving.value
        except Exception as error:  # noqa: BLE001 - compiled code raises Python's own, too
            raise explained(run.explain(error), error) from None
        finally:
            COPY_TERMS.run = outer
            if ENDINGS in settings.services:
                finish(run)

    def _forget(self) -> None:
        """Drop what the call before this one kept in the run."""
        run = self.run
        run.calls.clear()
        if run.modules_imported:
            run.modules_imported = 0
            run.forget_imports(0)
            run.modules_cache.clear()

    def watched(self, function: Callable[..., Any], args: tuple[Any, ...], scope: Scope | None, tag: Any = None) -> Any:
        """As `enter`, where somebody wants to know what runs use."""
        from horus_runtime.engine.metrics import watched

        return watched(self.engine, self.run, lambda: self.enter(function, args, scope, tag))


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

    __slots__ = ("engine", "has_statements", "revision", "sessions", "tree")

    def __init__(self, engine: Engine, tree: AST) -> None:
        self.engine = engine
        self.revision = engine.revision
        self.tree = tree
        self.sessions = [Session(engine, tree)]
        self.has_statements = self.sessions[0].linked.program.has_statements

    def take(self) -> Session:
        """A session that nobody uses."""
        sessions = self.sessions
        version = self.revision.number
        while sessions:
            try:
                session = sessions.pop()
            except IndexError:  # another thread was quicker
                break
            # The engine's settings and registrations must still be those that the run was made with.
            if session.version == version and session.generation == session.table.generation:
                return session
        return Session(self.engine, self.tree)

    def give(self, session: Session) -> None:
        """Put a session back."""
        if len(self.sessions) < KEPT:
            self.sessions.append(session)

    def call(self, name: str, args: tuple[Any, ...], scope: Scope | None = None) -> Any:
        """Call a function of the script; it can read the variables of the scope."""
        sessions, revision = self.sessions, self.revision
        try:
            session = sessions.pop()
        except IndexError:
            session = Session(self.engine, self.tree)
        function = session.functions.get((name, len(args)))
        if (
            function is None
            or session.version != revision.number
            or session.generation != session.table.generation
            or revision.observed
        ):
            sessions.append(session)
            session = self.take()
            return self.finish(session, self.finder(session), name, args, scope)
        try:
            result = session.enter(function, args, scope)
        except LimitError:
            raise
        except BaseException:
            self.give(session)
            raise
        if len(sessions) < KEPT:
            sessions.append(session)
        return result

    def finder(self, session: Session) -> Callable[[str, int], Callable[..., Any]]:
        """What finds the functions of a session that were not called before."""
        return session.function

    def defines(self, name: str, count: int) -> bool:
        """Does the script define this function?"""
        session = self.take()
        self.give(session)
        return (name, count) in session.linked.functions

    def call_with(self, name: str, args: tuple[Any, ...], scope: Scope, this: Any, tag: Any) -> Any:
        """As `call`, with everything that a call may be given."""
        session = self.take()
        if this is None:
            return self.finish(session, self.finder(session), name, args, scope, tag)
        return self.finish(session, lambda name, count: session.bound(name, count, this), name, args, scope, tag)

    def finish(
        self,
        session: Session,
        find: Callable[[str, int], Callable[..., Any]],
        name: str,
        args: tuple[Any, ...],
        scope: Scope | None = None,
        tag: Any = None,
    ) -> Any:
        """Call a function in a session, and put that back unless a limit ended it: its account is of no use then."""
        enter = session.watched if self.revision.observed else session.enter
        try:
            result = enter(find(name, len(args)), args, scope, tag)
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
