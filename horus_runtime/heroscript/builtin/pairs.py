"""Maps in values: `k:v, k2:v2` or `K=v,K2=v2`, the convention of Heroscript, which has no syntax for them."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

_PAIR = re.compile(r"\s*([^\s:=,]+)\s*[:=]\s*(.*?)\s*")


def _pairs(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found: dict[str, str] = {}
    for item in value.split(","):
        if not item.strip():
            continue
        match = _PAIR.fullmatch(item)
        if match is None:
            raise ValueError(f"'{item.strip()}' is not a pair: write key:value or KEY=value")
        found[match[1]] = match[2]
    return found


Pairs = Annotated[dict[str, str], BeforeValidator(_pairs)]
"""A parameter that is such a map."""
