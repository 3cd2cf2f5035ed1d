"""`horus keys`: signing keys and the trust store."""

from __future__ import annotations

from pathlib import Path

import click

from horus_runtime.cli.app import Command, Lazy, LazyGroup
from horus_runtime.cli.home import key_folder, make_private_folder, trust_path
from horus_runtime.cli.numbers import Whole
from horus_runtime.cli.options import json_option
from horus_runtime.cli.render import print_json
from horus_runtime.cli.sources import UsageError

_HERE = "horus_runtime.cli.commands.keys"


@click.group(
    cls=LazyGroup,
    lazy={
        "new": Lazy(f"{_HERE}:new", "Make a signing key."),
        "list": Lazy(f"{_HERE}:list_", "List your keys and the keys you trust."),
        "trust": Lazy(f"{_HERE}:trust", "Let a public key's signatures count."),
    },
)
def keys() -> None:
    """Make signing keys and say whom to trust."""


@click.command(cls=Command)
@click.argument("name", default="default")
@click.option("-o", "--out", metavar="FILE", help="Write the private key to this file instead.")
@json_option
def new(name: str, out: str | None, as_json: bool) -> None:
    """Make a signing key and print its public half.

    The private half goes to a file that only you can read; it is never overwritten.
    """
    from horus_runtime.jobs.files import save_new_key
    from horus_runtime.jobs.signing import SigningKey

    if out is None:
        if not name.replace("-", "").replace("_", "").isalnum():
            raise UsageError(f"'{name}' is no name for a key: use letters, digits, '-' and '_', or --out FILE")
        make_private_folder(key_folder())
        path = key_folder() / f"{name}.key"
    else:
        path = Path(out)
    key = SigningKey.generate()
    save_new_key(key, path)
    if as_json:
        print_json({"private_key_file": str(path), "public_key": key.public_key})
    else:
        click.echo(f"private key: {path}\npublic key:  {key.public_key}")


@click.command("list", cls=Command)
@json_option
def list_(as_json: bool) -> None:
    """List your keys and the keys you trust."""
    from horus_runtime.jobs.files import load_key, load_trust

    own = {path.stem: load_key(path).public_key for path in sorted(key_folder().glob("*.key"))}
    store = load_trust(trust_path()) if trust_path().exists() else None
    trusted = dict(store.keys or {}) if store else {}
    if as_json:
        print_json({"own": own, "trusted": trusted, "required": store.required if store else None})
        return
    for name, public_key in own.items():
        click.echo(f"own      {public_key}  {name}")
    for public_key, name in trusted.items():
        click.echo(f"trusted  {public_key}  {name}".rstrip())


@click.command(cls=Command)
@click.argument("public_key")
@click.option("--name", default="", help="Whose key it is.")
@click.option("--required", type=Whole(min=1), metavar="N", help="How many trusted signatures a job needs.")
@click.option("--store", metavar="FILE", help="The trust store; by default the one in your horus folder.")
@json_option
def trust(public_key: str, name: str, required: int | None, store: str | None, as_json: bool) -> None:
    """Let a public key's signatures count.

    As soon as there is a trust store, only jobs signed by its keys are run, once each, and not when they are old.
    """
    from horus_runtime.jobs.files import load_trust, write_whole
    from horus_runtime.jobs.trust import TrustStore

    path = trust_path() if store is None else Path(store)
    old = load_trust(path) if path.exists() else TrustStore({}, required=0)
    keys_now = {**(old.keys or {}), public_key: name}
    changed = TrustStore(keys_now, required=required or max(old.required, 1), max_age=old.max_age)
    if store is None:
        make_private_folder(path.parent)
    write_whole(path, changed.to_json())
    if as_json:
        print_json({"store": str(path), "keys": changed.keys, "required": changed.required})
    else:
        click.echo(f"{path}: {len(keys_now)} trusted, {changed.required} required")
