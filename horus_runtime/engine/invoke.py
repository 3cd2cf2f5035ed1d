"""Runs compiled scripts: one `Run` per invocation, errors explained, control flow turned into results."""

from __future__ import annotations

import sys
from time import monotonic

from horus_runtime.errors import EvalError, InternalError
from horus_runtime.runtime.context import ENDINGS, Ref, as_cell
from horus_runtime.runtime.control import ScriptExit
from horus_runtime.runtime.holdings import BOUNDARIES
from horus_runtime.runtime.program import THIS_CELL
from horus_runtime.runtime.run import Linked, Run, RunSettings
from horus_runtime.runtime.scope import MISSING, Scope
from horus_runtime.runtime.suspension import KeptTerms
from horus_runtime.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.handle import AST
    from horus_runtime.runtime.module import Module

FRAMES_PER_CALL = 4
"""Python frames one script call level may take, natives with callbacks included."""
SPARE_FRAMES = 400


def _exact_run(settings: RunSettings) -> Run:
    from horus_runtime.runtime.exact import ExactRun

    return ExactRun(settings)


def ensure_frames(max_depth: int) -> None:
    """Allow as many Python frames as so many script calls need."""
    needed = max_depth * FRAMES_PER_CALL + SPARE_FRAMES
    if needed > sys.getrecursionlimit() - 200:
        sys.setrecursionlimit(min(needed + 1000, 1_000_000))


def finish(run: Run) -> None:
    """Do what functions of a run left for its end: temporary files go, programs beside the script are ended."""
    endings = run.services.pop(ENDINGS, None)
    while endings:
        endings.pop()()


class Invocation:
    """One evaluation on one engine.

    Args:
        begins: the run begins now, which is told to whom it concerns; else somebody begins it later, maybe many times.
        services: what this run has besides the services of the engine, or in their place.
    """

    def __init__(self, engine: Engine, *, begins: bool = True, services: Mapping[str, Any] | None = None) -> None:
        self.engine = engine
        settings = engine.run_settings()
        if services:
            settings.services.update(services)
        self.run = _exact_run(settings) if settings.exact_sizes else Run(settings)
        if begins and settings.on_start is not None:
            settings.on_start(self.run.budget)

    def eval(self, tree: AST, scope: Scope, *, propagate: bool = False) -> Any:
        """Run a script's statements in a scope and return the value of the last one.

        `propagate` says that the script was compiled with the scope: Rhai's optimizer inserts its constants.
        """
        self.run.on_account(scope.settle, self.run.convert)
        if propagate and len(scope) and self.engine.optimization_level != "none":
            self.run.host_constants = scope.constants()
        linked = self.link(tree, scope)
        assert linked.main is not None
        main = linked.main
        try:
            return self._watched(lambda: self.guard(main, scope, 0))
        finally:
            self.finish()

    def _watched(self, go: Callable[[], Any]) -> Any:
        """Do the run, and tell those who want to know what it uses."""
        if not self.engine.observed:
            return go()
        from horus_runtime.engine.metrics import watched

        return watched(self.engine, self.run, go)

    def finish(self) -> None:
        """Do what functions of the run left for its end."""
        finish(self.run)

    def module(self, tree: AST, scope: Scope) -> Module:
        """Run a script and collect what it exports."""
        from horus_runtime.engine.resolvers import module_from_script

        try:
            made: Module = self.guard(module_from_script, self.engine, self.run, tree, scope)
        finally:
            self.finish()
        return made

    def link(self, tree: AST, scope: Scope) -> Linked:
        if tree.modules:
            self.run.embedded.update(tree.modules)
        return self.run.link(self.engine.program(tree, scope))

    def call(
        self,
        tree: AST,
        name: str,
        args: tuple[Any, ...],
        *,
        scope: Scope,
        this: Any,
        eval_ast: bool,
        rewind: bool,
    ) -> Any:
        """Call a script function of `tree`."""
        size = len(scope)
        self.run.on_account(scope.settle, self.run.convert)
        linked = self.link(tree, scope)

        def go() -> Any:
            if eval_ast and linked.program.has_statements:
                assert linked.main is not None
                self.guard(linked.main, scope, 0)
                if rewind:
                    scope.rewind(size)
            self.run.call_scope = scope
            return self.guard(self._function(linked, name, args, this))

        try:
            return self._watched(go)
        finally:
            self.finish()
            if rewind:
                scope.rewind(size)

    def _function(self, linked: Linked, name: str, args: tuple[Any, ...], this: Any) -> Callable[[], Any]:
        key = (name, len(args))
        if key not in linked.functions:
            error = EvalError("ErrorFunctionNotFound", f"Function not found: {name}", fields={"function": name})
            error.position = None
            raise error
        function, meta = linked.functions[key], linked.metas[key]
        given: tuple[Any, ...] = (0, *self.run.on_account(tuple, map(self.run.convert, args)))
        if meta.this:
            bound = MISSING if this is None else this
            if meta.this == THIS_CELL:
                given = (as_cell(bound), *given)
            else:
                given = (bound.value if isinstance(bound, Ref) else bound, *given)
        return lambda: function(*given)

    def guard(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run generated code; every failure leaves as a `HorusError` with its position."""
        ensure_frames(self.run.max_depth)
        terms = KeptTerms()
        self.run.take_thread()
        try:
            result = function(*args)
            self.run.budget.settle()
            return result
        except ScriptExit as leaving:
            return leaving.value
        except Exception as error:
            found = self.run.explain(error)
            if isinstance(found, InternalError):
                raise found from error
            found.__cause__ = None
            found.__context__ = None
            raise found.with_traceback(None) from None
        finally:
            self.run.budget.ended = monotonic()
            terms.restore()


BOUNDARIES.add(Invocation.guard.__code__)
