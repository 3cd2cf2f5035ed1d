"""The script modules `json`, `crypto` and `log`: small ones that touch nothing but the output."""

from __future__ import annotations

from typing import Any, Final

from horus_runtime.modules.host import PURE, HostCall, HostModule, Options
from horus_runtime.modules.jsonable import NotJsonError, format_json, parse_json

JSON = HostModule("json", "JSON texts.")
CRYPTO = HostModule("crypto", "Hashes and random values.")
LOG = HostModule("log", "Messages with a level, on the script's output.")
LEVELS: Final = ("debug", "info", "warn", "error")


# --- json ------------------------------------------------------------------------------------------------------------


@JSON.fn(capability=PURE)
def parse(call: HostCall, text: str) -> Any:
    """The value of a JSON text."""
    try:
        return parse_json(text)
    except NotJsonError as error:
        raise call.fail("InvalidArgument", f"json.parse: {error}", argument="text") from None


@JSON.fn(capability=PURE)
def is_valid(call: HostCall, text: str) -> bool:
    """True for a text that is JSON."""
    try:
        parse_json(text)
    except NotJsonError:
        return False
    return True


class FormatOptions(Options):
    """Options of `json.format`."""

    indent: int | None = None
    sort_keys: bool = False


@JSON.fn(capability=PURE, name="format")
def format_(call: HostCall, value: Any, opts: FormatOptions) -> str:
    """A value as JSON; `indent` lays it out, `sort_keys` makes equal values equal texts."""
    if opts.indent is not None and not 0 <= opts.indent <= 16:
        raise call.invalid("indent", "must be between 0 and 16")
    try:
        return format_json(value, indent=opts.indent, sort_keys=opts.sort_keys)
    except NotJsonError as error:
        raise call.fail("InvalidArgument", f"json.format: {error}", argument="value") from None


@JSON.fn(capability=PURE)
def pretty(call: HostCall, value: Any) -> str:
    """A value as JSON over several lines, with sorted keys."""
    return format_(call, value, FormatOptions(indent=2, sort_keys=True))


# --- crypto ----------------------------------------------------------------------------------------------------------


def _bytes(data: str | bytearray) -> bytes:
    return data.encode() if isinstance(data, str) else bytes(data)


@CRYPTO.fn(capability=PURE)
def sha256(call: HostCall, data: str | bytearray) -> str:
    """The SHA-256 of a text (as UTF-8) or blob, in hex."""
    import hashlib

    return hashlib.sha256(_bytes(data)).hexdigest()


@CRYPTO.fn(capability=PURE)
def sha512(call: HostCall, data: str | bytearray) -> str:
    """The SHA-512 of a text (as UTF-8) or blob, in hex."""
    import hashlib

    return hashlib.sha512(_bytes(data)).hexdigest()


@CRYPTO.fn(capability=PURE)
def hmac_sha256(call: HostCall, key: str | bytearray, data: str | bytearray) -> str:
    """The HMAC-SHA-256 of data under a key, in hex."""
    import hashlib
    import hmac

    return hmac.new(_bytes(key), _bytes(data), hashlib.sha256).hexdigest()


@CRYPTO.fn(capability=PURE)
def equal(call: HostCall, first: str | bytearray, second: str | bytearray) -> bool:
    """True when both are the same, in a time that does not tell where they differ."""
    import hmac

    return hmac.compare_digest(_bytes(first), _bytes(second))


@CRYPTO.fn(capability=PURE)
def random_hex(call: HostCall, count: int) -> str:
    """So many random bytes in hex, from the system's secure source."""
    import secrets

    if not 1 <= count <= 65_536:
        raise call.invalid("count", "must be between 1 and 65536")
    return secrets.token_hex(count)


@CRYPTO.fn(capability=PURE)
def uuid(call: HostCall) -> str:
    """A random UUID."""
    from uuid import uuid4

    return str(uuid4())


# --- log -------------------------------------------------------------------------------------------------------------


def _say(call: HostCall, level: str, message: str, fields: dict[str, Any]) -> None:
    """To the host's log when it has one, else as a line of the script's output."""
    sink = call.context.services.get("log")
    if sink is not None:
        sink(level, message, dict(fields))
        return
    shown = "".join(f" {name}={call.context.to_display(value)}" for name, value in fields.items())
    call.context.print(f"{level.upper()} {message}{shown}")


_NO_FIELDS: Final[dict[str, Any]] = {}


@LOG.fn(capability=PURE)
def trace(call: HostCall, message: str, fields: dict[str, Any] = _NO_FIELDS) -> None:
    """A message of the level debug, for those who look for an error. (`debug` is a word of the language.)"""
    _say(call, "debug", message, fields)


@LOG.fn(capability=PURE)
def info(call: HostCall, message: str, fields: dict[str, Any] = _NO_FIELDS) -> None:
    """A message that says what happens."""
    _say(call, "info", message, fields)


@LOG.fn(capability=PURE)
def warn(call: HostCall, message: str, fields: dict[str, Any] = _NO_FIELDS) -> None:
    """A message about something that is not as it should be."""
    _say(call, "warn", message, fields)


@LOG.fn(capability=PURE)
def error(call: HostCall, message: str, fields: dict[str, Any] = _NO_FIELDS) -> None:
    """A message about something that failed."""
    _say(call, "error", message, fields)
