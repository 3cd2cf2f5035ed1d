"""The script module `vault`: secrets in a file that only its password opens.

The key is made from the password by Argon2id, the content is sealed by XSalsa20-Poly1305 (PyNaCl's secretbox): a file
that was changed, or another password, is refused. What a script takes out of a vault is masked in program output,
errors and audit records of the run.
"""

from __future__ import annotations

import json
from typing import Any, Final

from horus_runtime.errors import HostFailure
from horus_runtime.modules.host import HostCall, HostModule, Options
from horus_runtime.modules.sal import files

VAULT = HostModule("vault", "Secrets in a sealed file.")

_MAGIC: Final = b"horus-vault-1\n"
_SALT: Final = 16
_COSTS: Final = {"interactive": b"i", "moderate": b"m", "sensitive": b"s"}
_MAX: Final = 4 * 1024 * 1024


class Vault:
    """An open vault: the place of its file, its key and its cost; the content is read for every use."""

    __slots__ = ("cost", "key", "path", "salt")

    def __init__(self, path: str, key: bytes, salt: bytes, cost: bytes) -> None:
        self.path = path
        self.key = key
        self.salt = salt
        self.cost = cost

    def __repr__(self) -> str:
        return f"Vault({self.path})"


VAULT.module.types[Vault] = "Vault"


class OpenOptions(Options):
    """Options of `vault.open`."""

    create: bool = False
    cost: str = "moderate"


@VAULT.fn(capability="read", name="open")
def open_(call: HostCall, path: str, password: str, opts: OpenOptions) -> Vault:
    """Open a vault, with `create` a new one when there is none. `cost` is how much work a guess of the password is:
    interactive, moderate or sensitive.
    """
    if opts.cost not in _COSTS:
        raise call.invalid("cost", f"is one of {', '.join(_COSTS)}")
    if not password:
        raise call.invalid("password", "is empty")
    call.hide(password)
    try:
        content = files.read_bytes(call, path, _MAX)
    except HostFailure as failure:
        if failure.failure != "NotFound" or not opts.create:
            raise
        return _make(call, path, password, _COSTS[opts.cost])
    head = len(_MAGIC)
    cost, salt = content[head : head + 1], content[head + 1 : head + 1 + _SALT]
    if not content.startswith(_MAGIC) or cost not in _COSTS.values() or len(salt) < _SALT:
        raise call.fail("InvalidArgument", f"'{path}' is not a vault", path=path)
    vault = Vault(path, _key(call, password, salt, cost), salt, cost)
    _load(call, vault)
    return vault


def _make(call: HostCall, path: str, password: str, cost: bytes) -> Vault:
    import secrets

    salt = secrets.token_bytes(_SALT)
    vault = Vault(path, _key(call, password, salt, cost), salt, cost)
    _save(call, vault, {}, overwrite=False)
    return vault


def _key(call: HostCall, password: str, salt: bytes, cost: bytes) -> bytes:
    from nacl import pwhash, secret

    argon = pwhash.argon2id
    work = {
        b"i": (argon.OPSLIMIT_INTERACTIVE, argon.MEMLIMIT_INTERACTIVE),
        b"m": (argon.OPSLIMIT_MODERATE, argon.MEMLIMIT_MODERATE),
        b"s": (argon.OPSLIMIT_SENSITIVE, argon.MEMLIMIT_SENSITIVE),
    }
    operations, memory = work[cost]
    call.context.charge(1000)
    key: bytes = argon.kdf(secret.SecretBox.KEY_SIZE, password.encode(), salt, opslimit=operations, memlimit=memory)
    call.context.charge(1)
    return key


def _load(call: HostCall, vault: Vault) -> dict[str, str]:
    from nacl import exceptions, secret

    content = files.read_bytes(call, vault.path, _MAX)
    try:
        plain = secret.SecretBox(vault.key).decrypt(content[len(_MAGIC) + 1 + _SALT :])
    except (exceptions.CryptoError, ValueError):
        message = f"'{vault.path}' does not open: the password is another one, or the file was changed"
        raise call.fail("PermissionDenied", message, path=vault.path) from None
    found: dict[str, str] = json.loads(plain)
    return found


def _save(call: HostCall, vault: Vault, secrets: dict[str, str], *, overwrite: bool = True) -> None:
    from nacl import secret

    sealed = bytes(secret.SecretBox(vault.key).encrypt(json.dumps(secrets, sort_keys=True).encode()))
    if len(sealed) > _MAX - 1024:
        raise call.fail("LimitExceeded", f"'{vault.path}' would have more than {_MAX} bytes", path=vault.path)
    content = _MAGIC + vault.cost + vault.salt + sealed
    files.write_bytes(call, vault.path, content, overwrite=overwrite, mode=0o600)


_REQUIRED: Final[Any] = object()


@VAULT.fn(capability="read", handle="Vault")
def get(call: HostCall, vault: Vault, name: str, default: Any = _REQUIRED) -> Any:
    """A secret; one that is missing is `NotFound`, unless there is a default."""
    found = _load(call, vault).get(name)
    if found is None:
        if default is _REQUIRED:
            raise call.fail("NotFound", f"'{vault.path}' holds no secret '{name}'", path=vault.path)
        return default
    call.hide(found)
    return found


@VAULT.fn(capability="read", handle="Vault")
def has(call: HostCall, vault: Vault, name: str) -> bool:
    """True when there is such a secret."""
    return name in _load(call, vault)


@VAULT.fn(capability="read", handle="Vault")
def keys(call: HostCall, vault: Vault) -> list[str]:
    """The names of the secrets, sorted."""
    return sorted(_load(call, vault))


@VAULT.fn(capability="write", name="set", handle="Vault")
def set_(call: HostCall, vault: Vault, name: str, value: str) -> bool:
    """Store a secret; true when it is a new one."""
    if not name or len(name) > 200:
        raise call.invalid("name", "must have 1 to 200 characters")
    secrets = _load(call, vault)
    call.hide(value)
    _save(call, vault, {**secrets, name: value})
    return name not in secrets


@VAULT.fn(capability="write", handle="Vault")
def delete(call: HostCall, vault: Vault, name: str) -> bool:
    """Take a secret out; true when it was there."""
    secrets = _load(call, vault)
    if name not in secrets:
        return False
    _save(call, vault, {key: value for key, value in secrets.items() if key != name})
    return True


@VAULT.fn(capability="write", handle="Vault")
def change_password(call: HostCall, vault: Vault, password: str) -> Vault:
    """Seal the vault with another password. Gives the vault to use from now on."""
    import secrets as random

    if not password:
        raise call.invalid("password", "is empty")
    content = _load(call, vault)
    call.hide(password)
    salt = random.token_bytes(_SALT)
    changed = Vault(vault.path, _key(call, password, salt, vault.cost), salt, vault.cost)
    _save(call, changed, content)
    return changed
