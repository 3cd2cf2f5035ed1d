"""Names in Heroscript: one spelling for actors, actions and keys, however they were written."""

from __future__ import annotations

import re

_RUN = re.compile(r"_+")


def name_fix(text: str) -> str:
    """Lower case, `-` and blanks as `_`, runs of `_` as one."""
    if text.islower() and text.isascii() and text.isidentifier() and "__" not in text:
        return text
    return _RUN.sub("_", text.strip().lower().replace("-", "_").replace(" ", "_"))
