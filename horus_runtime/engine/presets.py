"""Which packages and host modules an engine gets. The only place that knows the host modules."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from horus_runtime.runtime.module import Module
from horus_runtime.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from horus_runtime.engine.engine import Engine
    from horus_runtime.modules.host import HostCall
    from horus_runtime.modules.osiris import Migration
    from horus_runtime.modules.osiris import Store as Store  # noqa: PLC0414 - commands name the type, too


def standard_packages() -> tuple[Module, ...]:
    """The language's standard library."""
    from horus_runtime.modules.std import standard_package

    return (standard_package(),)


def package_named(name: str) -> Module:
    """A bundle of the standard functions.

    Raises:
        ValueError: there is none of that name.
    """
    from horus_runtime.modules.std import package

    return package(name)


def add_sal(engine: Engine, policy: Any = None) -> Engine:
    """Register the system modules; without a policy every effect is denied."""
    from horus_runtime.modules.sal import sal_modules

    if policy is None:
        engine.services.pop("policy", None)
    else:
        engine.services["policy"] = policy
    for name, module in sal_modules().items():
        engine.register_static_module(name, module)
    return engine


def add_osiris(engine: Engine, path_or_store: Any) -> Engine:
    """Register the model store on a SQLite file or an open store.

    A host that hands over a store means it to be used: without a policy of its own the engine may do that, and nothing
    else outside.
    """
    from horus_runtime.modules.osiris import open_store, osiris_module
    from horus_runtime.modules.policy import Policy

    engine.services.setdefault("policy", Policy(osiris="schema"))
    engine.services.setdefault("files", _GuardedFiles())
    engine.services.setdefault("syntax", lambda text: _script_of(engine, text))
    store = open_store(path_or_store)
    engine.services["osiris"] = store
    engine.register_static_module("osiris", osiris_module())
    return engine


def _script_of(engine: Engine, text: str) -> Any:
    """The syntax tree of a script that the engine runs, for modules that look at the text of its functions."""
    from horus_runtime.syntax.rhai import parse_script

    return parse_script(text, engine.parse_options())


class _GuardedFiles:
    """Files for the model store's exports, imports and copies, through the same gate as `os.read` and `os.write`."""

    def read(self, call: HostCall, path: str) -> bytes:
        from horus_runtime.modules.sal.files import read_bytes

        return read_bytes(call, path)

    def write(self, call: HostCall, path: str, content: bytes) -> int:
        from horus_runtime.modules.sal.files import write_bytes

        return write_bytes(call, path, content, mode=0o600)


def add_osiris_names(engine: Engine) -> Engine:
    """Register the model store's functions without a store, for tools that look at scripts and run none."""
    from horus_runtime.modules.osiris import osiris_module

    engine.register_static_module("osiris", osiris_module())
    return engine


def change_store(engine: Engine, path: str | os.PathLike[str]) -> None:
    """Give an engine that has the model store another file; who opened the last one closes it."""
    from horus_runtime.modules.osiris import open_store

    engine.services["osiris"] = open_store(path)


@contextmanager
def model_store(engine: Engine, path: str | os.PathLike[str]) -> Iterator[None]:
    """Gives the engine the model store in a file for a while, and closes it afterwards."""
    add_osiris(engine, path)
    try:
        yield
    finally:
        engine.services["osiris"].close()


@contextmanager
def atomic_store(engine: Engine, path: str | os.PathLike[str]) -> Iterator[Store]:
    """As `model_store`, for a run that is one transaction: every commit reaches the disk, and other namespaces, which
    are files of their own, are out of reach.
    """
    from horus_runtime.modules.osiris import Store

    store = Store(path, durable=True)
    store.alone = True
    try:
        add_osiris(engine, store)
        yield store
    finally:
        store.close()


def open_model_store(path: str | os.PathLike[str]) -> Store:
    """An open model store for commands; it is a context manager."""
    from horus_runtime.modules.osiris import open_store

    return open_store(path)


def store_engine(store: Store, *, level: str = "schema", seconds: float = 0.0) -> Engine:
    """An engine that can do what the level says with an open store, and nothing else outside."""
    from horus_runtime.engine.engine import Engine
    from horus_runtime.limits import Limits
    from horus_runtime.modules.policy import Policy

    policy = Policy(osiris=level, namespaces=("default", store.space))
    return Engine.osiris(store, limits=Limits(max_duration=seconds), policy=policy)


def script_migrations(store: Store, files: Sequence[tuple[str, Path]]) -> list[Migration]:
    """Migrations whose steps are scripts that see the store as `osiris`. All are parsed before any of them runs."""
    from functools import partial

    from horus_runtime.modules.osiris import Migration

    engine = store_engine(store)
    found = []
    for name, path in files:
        tree = engine.compile_file(path)
        found.append(Migration(name, partial(engine.eval_ast, tree), path.read_text(encoding="utf-8")))
    return found


def export_lines(
    store: Store,
    model: str | None,
    *,
    out: str | None,
    kind: str | None,
    filters: dict[str, Any] | None,
    fields: list[str] | None,
    include_secret: bool,
) -> Iterator[str]:
    """The export of a model, or of the whole store, piece by piece."""
    from horus_runtime.modules.osiris.exporting import export_store, format_of, lines

    if model is None:
        return export_store(store, include_secret=include_secret)
    shape = kind or (format_of(out) if out else "jsonl")
    return lines(store.model(model), shape, filter=filters, fields=fields, include_secret=include_secret)


def write_export(path: str, pieces: Iterator[str]) -> int:
    """Write an export to a file that appears when it is complete. Gives the bytes."""
    from horus_runtime.modules.osiris.exporting import write_file

    return write_file(path, pieces)


def add_variables(engine: Engine, variables: dict[str, str]) -> Engine:
    """Offer variables of a job as `env.NAME`, beside the functions of the module `env`."""
    from horus_runtime.modules.sal.env import environment_module

    engine.register_static_module("env", environment_module(variables))
    return engine


def read_json(text: str, *, has_null: bool) -> Any:
    """A JSON text as a script value."""
    from horus_runtime.errors import EvalError
    from horus_runtime.modules.std.json import read

    value = read(text)
    if not has_null and _holds_null(value):
        raise EvalError(
            "ErrorRuntime", "Runtime error: null is not allowed here", None, value="null is not allowed here"
        )
    return value


def _holds_null(value: Any) -> bool:
    if isinstance(value, (list, dict)):
        return any(map(_holds_null, value.values() if isinstance(value, dict) else value))
    return value is None


def write_json(value: Any) -> str:
    """A script value as JSON text."""
    from horus_runtime.modules.std.json import write

    return write(value)


def eval(text: str, *, scope: Any = None) -> Any:  # noqa: A001 - Rhai's name
    """Run a script on an engine of its own and return the value of its last statement; see `Engine.eval`."""
    return _throw_away().eval(text, scope=scope)


def run(text: str, *, scope: Any = None) -> None:
    """Run a script on an engine of its own, for its effects."""
    _throw_away().run(text, scope=scope)


def eval_file(path: str | os.PathLike[str], *, scope: Any = None) -> Any:
    """Run a script file on an engine of its own and return the value of its last statement."""
    return _throw_away().eval_file(os.fspath(path), scope=scope)


def run_file(path: str | os.PathLike[str], *, scope: Any = None) -> None:
    """Run a script file on an engine of its own, for its effects."""
    eval_file(path, scope=scope)


def _throw_away() -> Engine:
    from horus_runtime.engine.engine import Engine

    return Engine()
