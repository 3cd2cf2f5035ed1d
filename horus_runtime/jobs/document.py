"""Reads the text of a job file: strict JSON, then the first rule, that the structure is right.

Duplicate keys, `NaN` and unknown fields are refused: two readers might understand them differently, and a signature
would then cover one meaning while the runner executes the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final, NoReturn, TypeVar

from pydantic import ValidationError

from horus_runtime.errors import JobError
from horus_runtime.jobs.model import Job
from horus_runtime.jobs.violations import STRUCTURE, Violation, invalid_job
from horus_runtime.source import Position, SourceFile

J = TypeVar("J", bound=Job)

REQUIRED: Final = ("id", "runner_id", "payload", "created_at")
"""Fields a file must have. The constructor supplies two of them, a file cannot: its signature would not hold."""
MAX_SIGNATURES: Final = 32
MAX_ID: Final = 128
MAX_TIME: Final = 2**53 - 1
"""The largest integer that the canonical form can carry."""

_EXPECTED: Final = {
    "string_type": "a string",
    "int_type": "an integer",
    "dict_type": "an object",
    "list_type": "an array",
    "model_type": "an object",
    "enum": "one of Pending, Running, Completed, Failed, Timeout, Cancelled",
}


class _Ambiguous(ValueError):
    """A text that JSON parsers disagree about."""


def job_from_text(cls: type[J], text: str | bytes, name: str | None = None) -> J:
    """The job in a file's content, or a `JobError` that lists every fault of its structure."""
    document = read_document(text, name)
    faults = structure_faults(document)
    if faults:
        raise invalid_job([Violation(STRUCTURE, fault) for fault in faults])
    return cls.model_validate(document)


def read_document(text: str | bytes, name: str | None = None) -> dict[str, Any]:
    """The JSON object in a job file's content, without a look at its fields."""
    source = SourceFile(_decoded(text, name), name)
    try:
        document = json.loads(source.text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        position = Position(error.lineno, error.colno)
        raise _unreadable(f"the job is not JSON: {error.msg}", source, position) from None
    except _Ambiguous as error:
        raise _unreadable(f"the job is not valid JSON: {error}", source) from None
    except RecursionError:
        raise _unreadable("the job is not valid JSON: it is nested too deeply", source) from None
    except ValueError:
        # Python refuses to convert integers of thousands of digits.
        raise _unreadable("the job is not valid JSON: a number has too many digits", source) from None
    if not isinstance(document, dict):
        raise _unreadable(f"a job is a JSON object, found {_kind(document)}", source)
    return document


def structure_faults(document: Mapping[str, Any]) -> list[str]:
    """One sentence for every fault in the structure of a job's fields."""
    faults = [f"field '{name}' is missing" for name in REQUIRED if name not in document]
    try:
        Job.model_validate(document)
    except ValidationError as error:
        listed = error.errors(include_url=False, include_context=False)
        faults += [sentence for entry in listed if (sentence := _sentence(entry)) is not None]
    return [*faults, *_value_faults(document)]


def _sentence(error: Mapping[str, Any]) -> str | None:
    where, kind = error["loc"], error["type"]
    if kind == "missing":
        # The fields of the job itself are told by REQUIRED, which knows more of them than the model does.
        return f"field '{_path(where)}' is missing" if len(where) > 1 else None
    if kind == "extra_forbidden":
        return f"unknown field '{_path(where)}'{_suggestion(str(where[-1]), where)}"
    expected = _EXPECTED.get(kind, "valid")
    found = ascii(error["input"]) if kind == "enum" and isinstance(error["input"], str) else _kind(error["input"])
    return f"field '{_path(where)}' must be {expected}, found {found}"


def _path(where: Iterable[str | int]) -> str:
    path = ""
    for part in where:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path.encode("unicode_escape").decode("ascii")


def _suggestion(name: str, where: tuple[str | int, ...]) -> str:
    fields = Job.model_fields if len(where) == 1 else ("public_key", "signature", "algorithm")
    near = get_close_matches(name, fields, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _value_faults(document: Mapping[str, Any]) -> list[str]:
    """What types cannot say: bounds, and characters that would deceive a reader or another program."""
    faults = [
        f"field '{name}' has half a surrogate pair, which is not text"
        for name in ("id", "runner_id", "payload")
        if isinstance(value := document.get(name), str) and not _is_text(value)
    ]
    if isinstance(identifier := document.get("id"), str) and _is_text(identifier):
        faults += _id_faults(identifier)
    created = document.get("created_at")
    if type(created) is int and not 0 <= created <= MAX_TIME:
        faults.append("field 'created_at' must be seconds since 1970")
    if isinstance(variables := document.get("env_vars"), dict):
        faults += _variable_faults(variables)
    signatures = document.get("signatures")
    if isinstance(signatures, list) and len(signatures) > MAX_SIGNATURES:
        faults.append(f"field 'signatures' has {len(signatures)} entries, {MAX_SIGNATURES} are allowed")
    return faults


def _id_faults(identifier: str) -> list[str]:
    if not identifier:
        return ["field 'id' is empty"]
    if len(identifier) > MAX_ID:
        return [f"field 'id' is {len(identifier)} characters long, {MAX_ID} are allowed"]
    if not identifier.isprintable() or identifier != identifier.strip():
        return ["field 'id' has characters that cannot be shown, or blanks at its ends"]
    return []


def _variable_faults(variables: Mapping[Any, Any]) -> list[str]:
    faults = []
    for name, value in variables.items():
        if not isinstance(name, str) or not isinstance(value, str):
            continue
        if not name or "=" in name or "\0" in name or not name.isprintable():
            faults.append(f"field 'env_vars' has the name {name!a}, which no environment can hold")
        elif "\0" in value or not _is_text(value):
            faults.append(f"field 'env_vars.{name}' has a value that no environment can hold")
    return faults


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decoded(text: str | bytes, name: str | None) -> str:
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        source = SourceFile(text.decode("utf-8-sig", errors="replace"), name)
        before = text[: error.start].decode("utf-8-sig")
        message = f"the job is not UTF-8 text: byte 0x{text[error.start]:02x} fits no character"
        raise _unreadable(message, source, source.position_at(len(before))) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # add() gives None, which is false
        raise _Ambiguous(f"the key {twice!a} stands twice in one object")
    return document


def _refuse_constant(text: str) -> NoReturn:
    raise _Ambiguous(f"{text} is no JSON number")


def _unreadable(message: str, source: SourceFile, position: Position | None = None) -> JobError:
    violation = Violation(STRUCTURE, message)
    return JobError(STRUCTURE, message, position, source=source, fields={"violations": [violation._asdict()]})


def _kind(value: Any) -> str:
    """What a value is in the words of JSON."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a fraction"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"
