"""How results and errors look: text for people, JSON for programs."""

from __future__ import annotations

import math
import sys
from typing import Any, Final

from horus_runtime.errors import EvalError, HorusError

_KEPT: Final = frozenset("\n\t")


def visible(text: str) -> str:
    """The text with control characters shown as escapes, so that no script or file can steer the terminal."""
    if text.isprintable() and text.isascii():
        return text
    return "".join(char if char in _KEPT or not _is_control(char) else _escape(char) for char in text)


def _is_control(char: str) -> bool:
    code = ord(char)
    # Besides the control codes: marks that reverse the direction of the text around them.
    return code < 32 or 127 <= code < 160 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def print_json(data: Any) -> None:
    """One JSON document and a line feed on standard output."""
    import json

    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def error_data(error: HorusError) -> dict[str, Any]:
    """An error for programs: its own data and the violations of a job."""
    data = error.to_dict()
    if isinstance(error, EvalError) and error.root() is not error:
        data["cause"] = error.root().to_dict()
    if "violations" in error.fields:
        data["violations"] = error.fields["violations"]
    return data


def value_data(value: Any, display: Any) -> Any:
    """A script value as JSON data; what JSON has no word for is given as its text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else display(value)
    if isinstance(value, dict):
        return {key: value_data(item, display) for key, item in value.items()}
    if isinstance(value, (list, bytearray)):
        return [value_data(item, display) for item in value]
    return display(value)
