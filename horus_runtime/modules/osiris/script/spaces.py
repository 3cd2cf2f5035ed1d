"""Functions of the store as a whole: models, transactions, migrations, namespaces, import, export, backup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from horus_runtime.errors import EvalError, HostFailure, PolicyError, PolicyStop
from horus_runtime.modules.host import HostCall, Options
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.migrations import Migration
from horus_runtime.modules.osiris.model import Model
from horus_runtime.modules.osiris.script.gate import entry, files_of, gate
from horus_runtime.modules.osiris.store import Store
from horus_runtime.runtime.fn_ptr import FnPtr


@entry("read")
def model(call: HostCall, store: Store, name: str, schema: dict[str, Any] | None = None) -> Model:
    """The model of a name; with a schema also declares it, which may only add to the one there is."""
    found = store.model(name)
    if schema is not None:
        gate(call, store, "schema", name)
        found.declare(schema, additive=True)
    return found


@entry("read")
def models(call: HostCall, store: Store) -> list[str]:
    """The names of all models that have been written to."""
    return store.models()


@entry("read")
def has_model(call: HostCall, store: Store, name: str) -> bool:
    """True when the model has been written to."""
    return store.has_table(f"m_{store.model(name).name}")


class DropOptions(Options):
    """Options of `drop_model`."""

    confirm: str = ""


@entry("schema")
def drop_model(call: HostCall, store: Store, name: str, opts: DropOptions) -> bool:
    """Delete a model with all its records; needs `#{confirm: name}`. Refused while other models refer to it."""
    return store.drop_model(name, confirm=opts.confirm)


class TransactionOptions(Options):
    """Options of `transaction`."""

    retries: int = 0


@entry("write")
def transaction(call: HostCall, store: Store, work: FnPtr, opts: TransactionOptions) -> Any:
    """Call a function; what it wrote is kept when it returns and undone when it throws. May be nested.

    `#{retries: n}` calls it again when it ends in a `Conflict`. Files and commands are not undone.
    """
    if not 0 <= opts.retries <= 100:
        raise call.invalid("retries", "is a number from 0 to 100")
    left = 0 if store.in_transaction else opts.retries
    while True:
        try:
            with store.transaction():
                return call.context.call(work)
        except EvalError as error:
            root = error.root()
            if left <= 0 or not isinstance(root, HostFailure) or root.failure != "Conflict":
                raise
            left -= 1


@entry("read")
def now(call: HostCall, store: Store) -> str:
    """The present time as records have it."""
    return store.clock()


@entry("read")
def new_id(call: HostCall, store: Store) -> str:
    """A new id as records have it."""
    return store.new_id()


@entry("write")
def sweep(call: HostCall, store: Store) -> int:
    """Delete the records whose time has come (`expire`). Gives how many."""
    return store.sweep()


@entry("read")
def stats(call: HostCall, store: Store) -> dict[str, Any]:
    """Rows, bytes and indexes of each model, the size of the store and its quota."""
    found = store.stats()
    del found["path"]
    return found


# --- several steps in one --------------------------------------------------------------------------------------------

_STEPS: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    "create": (("record",), Model.create),
    "create_many": (("records",), Model.create_many),
    "update": (("id", "record"), Model.update),
    "replace": (("id", "record"), Model.replace),
    "save": (("record",), Model.save),
    "unset": (("id", "fields"), Model.unset),
    "increment": (("id", "field", "by"), Model.increment),
    "push": (("id", "field", "value"), Model.push),
    "pull": (("id", "field", "value"), Model.pull),
    "upsert": (("key", "record"), Model.upsert),
    "delete": (("id",), Model.delete),
    "delete_many": (("ids",), Model.delete_many),
    "get": (("id",), Model.get),
    "find": (("filter",), Model.find),
}


@entry("write")
def batch(call: HostCall, store: Store, steps: list[Any]) -> list[Any]:
    """Several operations in one transaction: maps with `op`, `model` and what the operation takes, by name."""
    results = []
    with store.transaction():
        for at, step in enumerate(steps):
            try:
                results.append(_step(store, step))
            except HostFailure as failure:
                failure.value["index"] = at
                raise
    return results


def _step(store: Store, step: Any) -> Any:
    if type(step) is not dict:
        raise fault("InvalidArgument", f"a step of a batch is a map, not {shown(step)}")
    known = _STEPS.get(step.get("op", ""))
    if known is None:
        raise fault("InvalidArgument", f"unknown op {shown(step.get('op'))}; known: {', '.join(_STEPS)}")
    names, work = known
    for name in step:
        if name not in {"op", "model", *names}:
            raise fault("InvalidArgument", f"'{step['op']}' takes {', '.join(names)}, not {shown(name)}")
    missing = [name for name in names if name not in step and name != "by"]
    if missing:
        raise fault("InvalidArgument", f"'{step['op']}' needs '{missing[0]}'")
    return work(store.model(step.get("model", "")), *(step[name] for name in names if name in step))


# --- migrations ------------------------------------------------------------------------------------------------------


class MigrateOptions(Options):
    """Options of `migrate`."""

    dry_run: bool = False
    strict: bool = False


@entry("schema")
def migrate(call: HostCall, store: Store, steps: list[Any], opts: MigrateOptions) -> list[Any]:
    """Apply migrations, maps with `name` and `up`, that were not applied before. Gives the names of those applied.

    `dry_run` undoes everything and gives maps with name and changes; `strict` makes it an error when the text of an
    applied one has changed, which else is printed as a warning.
    """
    outcome = store.migrate([_migration(call, step) for step in steps], dry_run=opts.dry_run, strict=opts.strict)
    for name in outcome.changed:
        call.context.print(f"warning: the migration '{name}' was changed after it had been applied")
    return list(outcome.counts if opts.dry_run else outcome.applied)


def _migration(call: HostCall, step: Any) -> Migration:
    if type(step) is not dict or type(step.get("up")) is not FnPtr or type(step.get("name")) is not str:
        raise call.invalid("steps", "is an array of maps with a name and a function 'up'")
    up: FnPtr = step["up"]
    return Migration(step["name"], lambda: call.context.call(up), _text_of(call, up))


def _text_of(call: HostCall, pointer: FnPtr) -> str:
    """The text of a script function or closure, to notice that it has changed; of several on one line, all."""
    from horus_runtime.ast import nodes
    from horus_runtime.ast.visitor import walk

    parse = call.context.services.get("syntax")
    program = pointer.program
    meta = next((item for item in program.functions if item.name == pointer.name), None) if program else None
    if meta is None or parse is None:
        return ""
    texts = [
        _cut(program.source, node.span)
        for node in walk(parse(program.source.text))
        if isinstance(node, (nodes.Closure, nodes.FnDef)) and node.span.line == meta.line
    ]
    return "\n".join(texts)


def _cut(source: Any, span: Any) -> str:
    lines = [source.line(number) for number in range(span.line, span.end_line + 1)]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


@entry("read")
def migrations(call: HostCall, store: Store) -> list[Any]:
    """The migrations that were applied: maps with name, applied_at, hash."""
    return store.migrations()


# --- namespaces ------------------------------------------------------------------------------------------------------


@entry("read")
def namespace(call: HostCall, store: Store, name: str) -> Store:
    """The same functions over another namespace, which has a file of its own."""
    found = store.namespace(name) if name != "default" else store
    call.require(call.policy.namespace(name), "osiris", name)
    return found


@entry("read")
def context(call: HostCall, store: Store, keys: list[Any]) -> Store:
    """A namespace for a group of public keys, all of which must be verified signers of the job."""
    signers = call.context.services.get("signers", ())
    if not keys:
        raise call.invalid("keys", "names no signer")
    strangers = [key for key in keys if key not in signers]
    if strangers:
        message = f"osiris.context: {shown(strangers[0])} is not a verified signer of this job"
        error = PolicyError(message, capability="osiris", module=call.module, function=call.function)
        raise PolicyStop(error) if call.policy.on_denied == "fatal" else error
    return store.context(keys)


# --- files -----------------------------------------------------------------------------------------------------------


class ExportStoreOptions(Options):
    """Options of `export_data` of the whole store."""

    path: str = ""
    include_secret: bool = False


@entry("read")
def export_data(call: HostCall, store: Store, opts: ExportStoreOptions) -> Any:
    """The whole store as JSON lines: a text, or with `path` the number of bytes written to a file."""
    from horus_runtime.modules.osiris.exporting import export_store

    text = joined(call, export_store(store, include_secret=opts.include_secret))
    return files_of(call).write(call, opts.path, text.encode("utf-8", "surrogatepass")) if opts.path else text


class ImportStoreOptions(Options):
    """Options of `import_data` of the whole store."""

    path: str = ""
    on_conflict: str = "error"


@entry("schema")
def import_data(call: HostCall, store: Store, source: str | dict[str, Any], opts: ImportStoreOptions) -> dict[str, Any]:
    """Take in what `export_data` gave: a text, or a file by `#{path: ...}`. Gives the counts of each model."""
    from horus_runtime.modules.osiris.importing import import_store

    text, opts = source_of(call, source, opts)
    return import_store(store, text.splitlines(keepends=True), on_conflict=opts.on_conflict)


def source_of(call: HostCall, source: Any, opts: Any) -> tuple[Any, Any]:
    """What to import and how, for `import_data(text, options)` and `import_data(options with path)`."""
    from horus_runtime.modules.host import parse_options

    if type(source) is dict:
        opts = parse_options(call, type(opts), source)
        if not opts.path:
            raise call.invalid("source", "is a text, or a map of options with a path")
        try:
            return files_of(call).read(call, opts.path).decode("utf-8-sig"), opts
        except UnicodeDecodeError:
            raise call.fail("InvalidEncoding", f"'{opts.path}' is not UTF-8 text", path=opts.path) from None
    if opts.path:
        raise call.invalid("path", "does not go together with a text")
    return source, opts


def joined(call: HostCall, pieces: Any) -> str:
    """One text of many pieces, priced as it grows."""
    found, size = [], 0
    for piece in pieces:
        size += len(piece.encode("utf-8", "surrogatepass"))
        call.context.check_string(size)
        found.append(piece)
    return "".join(found)


MAX_BACKUP = 256 * 1024 * 1024
"""Bytes of a store that a script may copy; the copy passes through memory on its way to the guarded file."""


@entry("read")
def backup(call: HostCall, store: Store, path: str) -> int:
    """Copy the store as it is now to a file. Gives the bytes."""
    import tempfile
    from pathlib import Path

    size = store.stats()["bytes"]
    if size > MAX_BACKUP:
        message = f"the store has {size} bytes, more than a script may copy ({MAX_BACKUP})"
        raise call.fail("LimitExceeded", message, hint="use horus osiris backup")
    with tempfile.TemporaryDirectory(prefix="osiris-") as folder:
        copy = Path(folder) / "copy.db"
        store.backup(copy)
        return files_of(call).write(call, path, copy.read_bytes())
