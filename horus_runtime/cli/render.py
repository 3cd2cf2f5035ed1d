"""How results and errors look: text for people, JSON for programs."""

from __future__ import annotations

import math
import sys
from typing import Any

from horus_runtime.errors import HorusError
from horus_runtime.runtime.visible import visible

__all__ = ["error_data", "print_json", "value_data", "visible"]


def print_json(data: Any) -> None:
    """One JSON document and a line feed on standard output."""
    import json

    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def error_data(error: HorusError) -> dict[str, Any]:
    """An error for programs: its own data and the violations of a job."""
    data = error.to_dict()
    if error.root() is not error:
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
