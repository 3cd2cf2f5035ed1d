"""`horus osiris`: look into a model store, change it, move records in and out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from horus_runtime.cli import exits
from horus_runtime.cli.app import Command, Lazy, LazyGroup
from horus_runtime.cli.numbers import Whole
from horus_runtime.cli.options import json_option
from horus_runtime.cli.progress import Progress, watched
from horus_runtime.cli.render import print_json
from horus_runtime.cli.sources import UsageError

if TYPE_CHECKING:
    from horus_runtime.engine.presets import Store

F = TypeVar("F", bound=Callable[..., Any])

_HERE = "horus_runtime.cli.commands.osiris"
DEFAULT_FILE: Final = "osiris.db"


@click.group(
    cls=LazyGroup,
    lazy={
        "models": Lazy(f"{_HERE}:models", "List the models."),
        "show": Lazy(f"{_HERE}:show", "Show what is declared about a model, or one of its records."),
        "query": Lazy(f"{_HERE}:query", "Find records."),
        "create": Lazy(f"{_HERE}:create", "Store a record."),
        "import": Lazy(f"{_HERE}:import_", "Take records in from a file."),
        "export": Lazy(f"{_HERE}:export", "Write records to a file or to standard output."),
        "migrate": Lazy(f"{_HERE}:migrate", "Apply migration scripts."),
        "backup": Lazy(f"{_HERE}:backup", "Copy the store while it is in use."),
        "stats": Lazy(f"{_HERE}:stats", "Show sizes, and check the file."),
        "shell": Lazy("horus_runtime.cli.osiris_shell:shell", "Work with the store interactively."),
    },
)
def osiris() -> None:
    """Look into a model store, change it, move records in and out."""


def store_options(command: F) -> F:
    """Which store a command is about."""
    file = click.option(
        "--db", metavar="FILE", default=DEFAULT_FILE, help=f"The store's file (default {DEFAULT_FILE})."
    )
    space = click.option("--namespace", metavar="NAME", default="", help="The namespace, if not the default one.")
    return file(space(command))


@contextmanager
def opened(values: dict[str, Any], *, create: bool = False) -> Iterator[Store]:
    """The store that the options name; only commands that write make a file."""
    from horus_runtime.engine.presets import open_model_store

    path, namespace = values.pop("db"), values.pop("namespace")
    if not create and not Path(path).exists():
        raise UsageError(f"there is no store '{path}'", hint="name its file with --db FILE")
    with open_model_store(path) as store:
        yield store.namespace(namespace) if namespace else store


def read_json(text: str, what: str) -> Any:
    """JSON from the command line, or from standard input for `-`."""
    from horus_runtime.modules.jsonable import NotJsonError, parse_json

    try:
        return parse_json(sys.stdin.read() if text == "-" else text)
    except NotJsonError as error:
        raise UsageError(f"{what} {error.problem}") from None


@click.command(cls=Command)
@store_options
@json_option
def models(as_json: bool, **values: Any) -> None:
    """List the models with their records, schemas and indexes."""
    from horus_runtime.cli.osiris_tables import print_table

    with opened(values) as store:
        found = [{"model": name, **facts} for name, facts in store.stats()["models"].items()]
    if as_json:
        print_json(found)
    else:
        columns = ("model", "rows", "bytes", "indexes", "searchable", "history")
        print_table([{name: item[name] for name in columns} for item in found], empty="the store has no models")


@click.command(cls=Command)
@click.argument("model")
@click.argument("record_id", metavar="[ID]", required=False)
@store_options
@json_option
def show(model: str, record_id: str | None, as_json: bool, **values: Any) -> None:
    """Show what is declared about MODEL, or its record ID."""
    from horus_runtime.cli.osiris_tables import print_record, print_table

    with opened(values) as store:
        found = store.model(model)
        if record_id is not None:
            record = found.get(record_id)
            print_json(record) if as_json else print_record(record)
            return
        info = found.info()
        relations = [item._asdict() for item in info.relations]
        indexes = [item._asdict() for item in found.indexes()]
        facts = {
            "model": model,
            "records": found.count(),
            "mode": info.schema.mode if info.schema else "open",
            "searchable": list(info.search),
            "history_since": info.history,
        }
        schema = found.schema()
    if as_json:
        print_json({**facts, "schema": schema, "indexes": indexes, "relations": relations})
        return
    print_record(facts)
    print_table([{"field": name, **rules} for name, rules in schema.items()])
    print_table(indexes)
    print_table(relations)


def parse_filters(words: tuple[str, ...]) -> dict[str, Any]:
    """`name=Ann age__gte=18` as a filter; values are JSON where they are, and texts where not."""
    import json

    found: dict[str, Any] = {}
    for word in words:
        name, sign, text = word.partition("=")
        if not sign or not name:
            raise UsageError(f"'{word}' is not a filter", hint="write field=value or field__operator=value")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


@click.command(cls=Command)
@click.argument("model")
@click.argument("filters", nargs=-1)
@click.option("--where", metavar="JSON", help="A filter as a JSON object, also '-' for standard input.")
@click.option("--search", metavar="TEXT", help="Only records that contain these words.")
@click.option("--order", multiple=True, metavar="[-]FIELD", help="Sort by a field, downwards with '-'.")
@click.option("--limit", type=Whole(min=0), default=100, metavar="N", help="At most so many (default 100).")
@click.option("--offset", type=Whole(min=0), default=0, metavar="N", help="Leave out so many.")
@click.option("--select", metavar="FIELD,...", help="Only these fields.")
@click.option("--include", multiple=True, metavar="RELATION", help="Embed related records.")
@click.option("--at", "moment", metavar="TIME", help="As it was at this time; the model needs a history.")
@click.option("--count", "only_count", is_flag=True, help="Only say how many there are.")
@click.option("--explain", is_flag=True, help="Say how the store finds them.")
@store_options
@json_option
def query(model: str, filters: tuple[str, ...], as_json: bool, **values: Any) -> None:
    """Find records of MODEL: all that match FILTERS such as age__gte=18 or name=Ann."""
    from horus_runtime.cli.osiris_tables import print_record, print_table

    with opened(values) as store:
        records = store.model(model)
        found = records.query() if values["moment"] is None else records.at(values["moment"])
        if filters:
            found = found.where(parse_filters(filters))
        if values["where"] is not None:
            found = found.where(read_json(values["where"], "the filter"))
        if values["search"] is not None:
            found = found.search(values["search"])
        if values["only_count"]:
            print_json(found.count()) if as_json else click.echo(found.count())
            return
        found = found.order(*values["order"]).limit(values["limit"]).offset(values["offset"])
        if values["select"]:
            found = found.select([name.strip() for name in values["select"].split(",")])
        found = found.include(*values["include"])
        if values["explain"]:
            plan = found.explain()
            print_json(plan) if as_json else print_record(plan)
            return
        result = list(found.each())
    print_json(result) if as_json else print_table(result, empty="no records")


@click.command(cls=Command)
@click.argument("model")
@click.argument("record", metavar="JSON")
@store_options
@json_option
def create(model: str, record: str, as_json: bool, **values: Any) -> None:
    """Store a record given as a JSON object (an array: several), or on standard input for '-'."""
    from horus_runtime.cli.osiris_tables import print_table

    given = read_json(record, "the record")
    with opened(values, create=True) as store:
        target = store.model(model)
        made = target.create_many(given) if isinstance(given, list) else target.create(given)
    if as_json:
        print_json(made)
    else:
        print_table(made if isinstance(made, list) else [made])


@click.command("import", cls=Command)
@click.argument("file")
@click.option("--model", metavar="NAME", help="The model the records go to; without it FILE is a whole store.")
@click.option("--format", "kind", type=click.Choice(("jsonl", "json", "csv")), help="If the name of FILE does not say.")
@click.option(
    "--on-conflict",
    type=click.Choice(("error", "skip", "update", "replace")),
    default="error",
    help="What happens to a record that is there already (default: error).",
)
@click.option("--key", multiple=True, metavar="FIELD", help="How a record is recognised (default: by its id).")
@click.option("--max-errors", type=Whole(min=0), default=0, metavar="N", help="Leave out so many bad records.")
@click.option("--dry-run", is_flag=True, help="Do everything and undo it.")
@store_options
@json_option
def import_(file: str, model: str | None, kind: str | None, as_json: bool, **values: Any) -> None:
    """Take records in from FILE, in JSON lines, JSON or CSV. All of them or none."""
    from horus_runtime.cli.osiris_tables import print_record, print_table

    if model is None and (kind or values["key"] or values["max_errors"] or values["dry_run"]):
        raise UsageError("these options need --model NAME")
    with opened(values, create=True) as store, Progress(f"importing {file}", silent=as_json) as progress:
        if model is None:
            whole = store.import_file(file, on_conflict=values["on_conflict"], watch=_lines_of(file, progress))
            print_json(whole) if as_json else print_table(
                [
                    {"model": name, **{k: v for k, v in counts.items() if k != "errors"}}
                    for name, counts in whole.items()
                ]
            )
            return
        found = store.model(model).import_file(
            file,
            kind or "",
            on_conflict=values["on_conflict"],
            key=list(values["key"]) or "id",
            max_errors=values["max_errors"],
            dry_run=values["dry_run"],
            watch=_lines_of(file, progress),
        )
    if as_json:
        print_json(found)
        return
    print_record({name: value for name, value in found.items() if name != "errors"})
    print_table(found["errors"])


def _lines_of(file: str, progress: Progress) -> Callable[[Iterable[str]], Iterator[str]]:
    """What counts the lines of a file by their length."""

    def watch(lines: Iterable[str]) -> Iterator[str]:
        size, done = Path(file).stat().st_size, 0
        for line in lines:
            done += len(line)
            progress.reach(done, size)
            yield line

    return watch


@click.command(cls=Command)
@click.option("--model", metavar="NAME", help="Only this model; without it the whole store, as JSON lines.")
@click.option("-o", "--out", metavar="FILE", help="Where to; without it standard output.")
@click.option("--format", "kind", type=click.Choice(("jsonl", "json", "csv")), help="The default is what FILE says.")
@click.option("--select", metavar="FIELD,...", help="Only these fields.")
@click.option("--include-secret", is_flag=True, help="Also fields that the schema calls secret.")
@click.argument("filters", nargs=-1)
@store_options
def export(model: str | None, filters: tuple[str, ...], **values: Any) -> None:
    """Write records to a file or to standard output; of --model NAME those that match FILTERS."""
    from horus_runtime.engine.presets import export_lines, write_export

    if model is None and (filters or values["kind"] or values["select"]):
        raise UsageError("filters, --format and --select need --model NAME")
    select = [name.strip() for name in values["select"].split(",")] if values["select"] else None
    with opened(values) as store:
        pieces = export_lines(
            store,
            model,
            out=values["out"],
            kind=values["kind"],
            filters=parse_filters(filters) or None,
            fields=select,
            include_secret=values["include_secret"],
        )
        if values["out"]:
            names = store.models() if model is None else [model]
            total = None if filters else sum(store.model(name).count() for name in names)
            with Progress(f"exporting to {values['out']}", total) as progress:
                size = write_export(values["out"], watched(pieces, progress))
            click.echo(f"{values['out']}: {size} bytes", err=True)
            return
        for piece in pieces:
            sys.stdout.write(piece)


@click.command(cls=Command)
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("--list", "only_list", is_flag=True, help="Only list what was applied.")
@click.option("--dry-run", is_flag=True, help="Apply everything, say what it did, and undo it.")
@click.option("--strict", is_flag=True, help="An applied migration whose text has changed is an error.")
@store_options
@json_option
def migrate(paths: tuple[str, ...], only_list: bool, as_json: bool, **values: Any) -> int:
    """Apply migrations: scripts, or folders of .rhai scripts in the order of their names, each once."""
    from horus_runtime.cli.osiris_tables import print_table
    from horus_runtime.engine.presets import script_migrations

    if only_list:
        with opened(values) as store:
            applied = store.migrations()
        print_json(applied) if as_json else print_table(applied, empty="no migration was applied")
        return exits.OK
    if not paths:
        raise UsageError("name the scripts to apply, or a folder of them")
    files = migration_files(paths)
    with opened(values, create=True) as store, Progress("migrating", len(files), silent=as_json) as progress:
        steps = [_told(step, progress) for step in script_migrations(store, [(path.stem, path) for path in files])]
        outcome = store.migrate(steps, dry_run=values["dry_run"], strict=values["strict"])
    for name in outcome.changed:
        click.echo(f"warning: the migration '{name}' was changed after it had been applied", err=True)
    if as_json:
        print_json({"applied": outcome.counts, "changed": outcome.changed, "dry_run": values["dry_run"]})
    else:
        print_table(outcome.counts, empty="nothing to do")
    return exits.OK


def _told(step: Any, progress: Progress) -> Any:
    """A migration that says when it begins."""

    def up() -> Any:
        progress.step(0, label=f"migrating: {step.name}")
        result = step.up()
        progress.step()
        return result

    return step._replace(up=up)


def migration_files(paths: tuple[str, ...]) -> list[Path]:
    """The scripts that the paths name, folders by the names in them."""
    found: list[Path] = []
    for text in paths:
        path = Path(text)
        if path.is_dir():
            found.extend(sorted(path.glob("*.rhai")))
        elif path.is_file():
            found.append(path)
        else:
            raise UsageError(f"there is no script or folder '{text}'")
    return found


@click.command(cls=Command)
@click.argument("file")
@store_options
@json_option
def backup(file: str, as_json: bool, **values: Any) -> None:
    """Copy the store to FILE while others may use it."""
    with opened(values) as store, Progress(f"copying to {file}", silent=as_json) as progress:
        size = store.backup(file, progress.reach)
    print_json({"path": file, "bytes": size}) if as_json else click.echo(f"{file}: {size} bytes")


@click.command(cls=Command)
@click.option("--check", is_flag=True, help="Also check the whole file; exit code 1 if it is damaged.")
@store_options
@json_option
def stats(check: bool, as_json: bool, **values: Any) -> int:
    """Show the sizes of the store and its models."""
    from horus_runtime.cli.osiris_tables import print_record, print_table

    with opened(values) as store:
        found = store.stats()
        faults = store.check() if check else []
    if as_json:
        print_json({**found, **({"faults": faults} if check else {})})
    else:
        print_record({name: value for name, value in found.items() if name != "models"})
        columns = ("rows", "bytes")
        print_table([{"model": name, **{c: facts[c] for c in columns}} for name, facts in found["models"].items()])
        for fault in faults:
            click.echo(f"damaged: {fault}", err=True)
        if check and not faults:
            click.echo("the file is whole")
    return exits.SCRIPT_ERROR if faults else exits.OK
