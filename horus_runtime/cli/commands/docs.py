"""`horus docs`: documentation from doc comments, and definition files for editors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from horus_runtime.cli import exits
from horus_runtime.cli.app import Command
from horus_runtime.cli.progress import Progress, watched
from horus_runtime.cli.sources import UsageError

if TYPE_CHECKING:
    from horus_runtime.engine import Engine


@click.command(cls=Command)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--out", metavar="DIR", help="Write a page NAME.md for every file instead of printing.")
@click.option("--definitions", metavar="DIR", help="Write definition files (.d.rhai) of everything scripts can use.")
@click.option("--json", "as_json", is_flag=True, help="Print everything scripts can use as one JSON document.")
def docs(files: tuple[str, ...], out: str | None, definitions: str | None, as_json: bool) -> int:
    """Make Markdown of the doc comments in FILES; without files, of the modules that scripts can use."""
    engine = _engine()
    if as_json and (files or out or definitions):
        raise UsageError("--json stands alone: it shows what the engine offers")
    if as_json:
        click.echo(engine.metadata_json())
        return exits.OK
    if definitions is not None:
        _write_definitions(engine, Path(definitions))
    if files or out:
        return _write_pages([Path(file) for file in files], engine, None if out is None else Path(out))
    if definitions is None:
        from horus_runtime.cli.documents import engine_page

        click.echo(engine_page(engine), nl=False)
    return exits.OK


def _engine() -> Engine:
    from horus_runtime.cli.execution import RunOptions, engine_for
    from horus_runtime.engine.presets import add_osiris_names

    return add_osiris_names(engine_for(RunOptions()))


def _write_pages(files: list[Path], engine: Engine, folder: Path | None) -> int:
    from horus_runtime.cli.documents import script_page

    if not files:
        raise UsageError("name the files to document")
    if folder is None:
        for path in files:
            click.echo(script_page(path, engine), nl=path != files[-1])
        return exits.OK
    with Progress("writing pages", len(files)) as progress:
        for path in watched(files, progress):
            _write(folder / f"{path.stem}.md", script_page(path, engine))
    return exits.OK


def _write_definitions(engine: Engine, folder: Path) -> None:
    for name, text in engine.definitions(with_headers=True).files().items():
        _write(folder / name, text)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write '{path}': {(error.strerror or str(error)).lower()}") from None
    click.echo(f"wrote {path}")
