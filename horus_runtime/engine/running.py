"""The ways to run a script besides waiting for it: on a thread, or as a task of an event loop."""

from __future__ import annotations

from collections.abc import Callable

from horus_runtime.engine.invoke import Invocation
from horus_runtime.runtime.scope import Scope
from horus_runtime.typing_names import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from horus_runtime.engine.background import RunHandle
    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.handle import AST

Job = Callable[[Invocation], Any]


class Running:
    """The part of `Engine` that starts scripts and does not wait for them."""

    # ---- threads ----------------------------------------------------------------------------------------------------

    def start(self, script: str | AST, *, scope: Scope | None = None, name: str | None = None) -> RunHandle:
        """Run a script on a thread of its own.

        The handle tells what became of it and can cancel it; the limits of the engine hold. A scope belongs to the run
        until that is over.

        Raises:
            ParseError: the text is wrong; nothing was started.
        """
        from horus_runtime.engine.background import RunHandle

        tree, propagate = self._script(script, scope, name)
        invocation = Invocation(_engine(self))
        own = Scope() if scope is None else scope
        return RunHandle(
            lambda: invocation.eval(tree, own, propagate=propagate),
            invocation.run.budget,
            f"script {tree.source or ''}".rstrip(),
        ).begin()

    def _script(self, script: str | AST, scope: Scope | None, name: str | None) -> tuple[AST, bool]:
        """A script as a tree, and whether it is compiled for this scope."""
        if not isinstance(script, str):
            return script, False
        engine = _engine(self)
        tree = engine.cached(script, name)
        engine.prepare(tree, scope)
        return tree, True

    # ---- event loops ------------------------------------------------------------------------------------------------

    async def eval_async(self, script: str | AST, *, scope: Scope | None = None, name: str | None = None) -> Any:
        """Run a script as a part of the running asyncio task and return its value.

        `async def` functions that are registered suspend the script, `sleep` does, and a script that computes lets
        other tasks run every few milliseconds. Cancelling the task ends the script; its deadline holds also while it
        waits.

        Raises:
            RuntimeError: greenlet is not installed.
            HorusError: as `eval`.
        """
        tree, propagate = self._script(script, scope, name)
        own = Scope() if scope is None else scope
        return await _drive(_engine(self), lambda invocation: invocation.eval(tree, own, propagate=propagate))

    async def run_async(self, script: str | AST, *, scope: Scope | None = None, name: str | None = None) -> None:
        """As `eval_async`, for the script's effects."""
        await self.eval_async(script, scope=scope, name=name)

    async def call_fn_async(
        self,
        tree: AST,
        name: str,
        *args: Any,
        scope: Scope | None = None,
        this: Any = None,
        eval_ast: bool = True,
        rewind_scope: bool = True,
    ) -> Any:
        """`call_fn` as a part of the running asyncio task; see `eval_async`."""

        def call(invocation: Invocation) -> Any:
            return invocation.call(
                tree,
                name,
                args,
                scope=Scope() if scope is None else scope,
                this=this,
                eval_ast=eval_ast,
                rewind=rewind_scope,
            )

        return await _drive(_engine(self), call)


def _engine(part: Running) -> Engine:
    """The engine that this is a part of."""
    return cast("Engine", part)


async def _drive(engine: Engine, job: Job) -> Any:
    from horus_runtime.engine.asynchronous import drive

    invocation = Invocation(engine)
    return await drive(lambda: job(invocation), invocation.run.budget)
