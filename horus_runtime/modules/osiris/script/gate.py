"""How functions of the script module are registered: each names its level, and works under the script's deadline.

A function of the store (`entry`) is offered twice: as `osiris.NAME` for the run's own store, and as a method of
namespaces. Methods of models, queries and groups carry their store with them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from horus_runtime.modules.host import HostCall, HostModule
from horus_runtime.modules.osiris.groups import Groups
from horus_runtime.modules.osiris.model import Model
from horus_runtime.modules.osiris.names import CONTEXT
from horus_runtime.modules.osiris.query import Query
from horus_runtime.modules.osiris.store import Store

F = TypeVar("F", bound=Callable[..., Any])

OSIRIS: Final = HostModule("osiris", "Records in models, stored in one SQLite file.")
OSIRIS.module.types[Store] = "Namespace"
OSIRIS.module.types[Model] = "Model"
OSIRIS.module.types[Query] = "Query"
OSIRIS.module.types[Groups] = "Groups"


Admission = tuple[Store, tuple[Callable[[], None], str]]
"""A store that a run may use, with who asks its deadline there and in whose name records change."""
ONE_ARGUMENT: Final = 3
"""Parameters of a method with one argument: call, model, argument."""


class Files(Protocol):
    """How the module reaches files; the engine's presets put one among the services, and it asks the policy."""

    def read(self, call: HostCall, path: str) -> bytes:
        """The content of a file."""

    def write(self, call: HostCall, path: str, content: bytes) -> int:
        """Write a whole file. Gives the bytes."""


def files_of(call: HostCall) -> Files:
    """The run's way to files."""
    found: Files | None = call.context.services.get("files")
    if found is None:
        raise call.fail("Unavailable", "this run has no access to files")
    return found


def _store(call: HostCall) -> Store:
    store = call.context.services.get("osiris")
    if not isinstance(store, Store):
        raise call.fail("Unavailable", "no model store is open", hint="give the run a store: --db FILE")
    return store


def gate(call: HostCall, store: Store, level: str, subject: str) -> None:
    """Both questions of the policy: is this much allowed, and in this namespace?

    The handle of a context is its own permission: only the signers of the job got it. A policy does not change, so
    what it allowed once need not be asked again, unless an audit wants to hear of every call.
    """
    key = f"osiris {level} {store.space}"
    known = call.policy.prepared
    if key not in known:
        known[key] = _is_allowed(call, store, level)
    if known[key] and call.context.services.get("audit") is None:
        return
    call.require_level("osiris", level, subject)
    if not store.space.startswith(CONTEXT):
        call.require(call.policy.namespace(store.space), "osiris", subject)


def _is_allowed(call: HostCall, store: Store, level: str) -> bool:
    within = store.space.startswith(CONTEXT) or call.policy.namespace(store.space).allowed
    return within and call.policy.level("osiris", level).allowed


def entry(level: str, name: str | None = None) -> Callable[[F], F]:
    """Decorator: a function of the store; it gets the store after the call."""

    def register(function: F) -> F:
        def on_store(call: HostCall, store: Store, *args: Any) -> Any:
            gate(call, store, level, args[0] if args and type(args[0]) is str else "")
            return under(call, store, function, store, *args)

        def on_module(call: HostCall, *args: Any) -> Any:
            return on_store(call, _store(call), *args)

        OSIRIS.fn(capability="osiris", name=name, like=function, hidden=1)(on_module)
        OSIRIS.fn(capability="osiris", name=name, like=function, handle="Namespace")(on_store)
        return function

    return register


def on_model(level: str, name: str | None = None, *, borrows: bool = False) -> Callable[[F], F]:
    """Decorator: a method of models. `borrows`: see `HostModule.fn`."""

    def register(function: F) -> F:
        def admitted(call: HostCall, store: Store, model: Model) -> Admission:
            gate(call, store, level, model.name)
            actor = call.services.get("actor") or store.running.caller[1]
            admission: Admission = (store, (partial(call.context.charge, 1), actor))
            call.memo = admission
            return admission

        # Both are `under`, written out: this is the path that loops of scripts take.
        # SAFETY: what was allowed holds for this function, this run and this store; an audit hears of every call.

        def run(call: HostCall, model: Model, *args: Any) -> Any:
            store = model.store
            known = call.memo
            if known is None or known[0] is not store or call.services.get("audit") is not None:
                known = admitted(call, store, model)
            running = store.running
            before = running.caller
            running.caller = known[1]
            try:
                return function(call, model, *args)
            finally:
                running.caller = before

        def run_with_one(call: HostCall, model: Model, only: Any) -> Any:
            store = model.store
            known = call.memo
            if known is None or known[0] is not store or call.services.get("audit") is not None:
                known = admitted(call, store, model)
            running = store.running
            before = running.caller
            running.caller = known[1]
            try:
                return function(call, model, only)
            finally:
                running.caller = before

        counted = function.__code__.co_argcount == ONE_ARGUMENT and not function.__defaults__
        OSIRIS.fn(capability="osiris", name=name, handle="Model", like=function, borrows=borrows)(
            run_with_one if counted else run
        )
        return function

    return register


def on_query(level: str, name: str | None = None) -> Callable[[F], F]:
    """Decorator: a method of queries."""
    return _method("Query", level, name, lambda query: query.model)


def on_groups(name: str | None = None) -> Callable[[F], F]:
    """Decorator: a method of groups."""
    return _method("Groups", "read", name, lambda groups: groups.query.model)


def on_both(level: str, name: str | None = None) -> Callable[[F], F]:
    """Decorator: a method of models and of queries; a model stands for all its records."""

    def register(function: F) -> F:
        on_model(level, name)(function)
        on_query(level, name)(function)
        return function

    return register


def _method(handle: str, level: str, name: str | None, model_of: Callable[[Any], Model]) -> Callable[[F], F]:
    def register(function: F) -> F:
        def run(call: HostCall, receiver: Any, *args: Any) -> Any:
            model = model_of(receiver)
            gate(call, model.store, level, model.name)
            return under(call, model.store, function, receiver, *args)

        OSIRIS.fn(capability="osiris", name=name, handle=handle, like=function)(run)
        return function

    return register


def under(call: HostCall, store: Store, function: Callable[..., Any], *args: Any) -> Any:
    """Run a store operation so that the script's deadline, or a stop from the host, ends it."""
    running, charge = store.running, call.context.charge
    before = running.caller
    running.caller = (lambda: charge(1), call.services.get("actor") or before[1])
    try:
        return function(call, *args)
    finally:
        running.caller = before
