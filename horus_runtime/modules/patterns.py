"""Regular expressions from scripts: which ones are safe to run in the process.

Python's engine backtracks and cannot be interrupted, so a pattern whose repeats can divide the same text among
themselves in many ways is refused before it runs, and so are oversized patterns and inputs.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import Any, Final

MAX_PATTERN: Final = 1000
MAX_INPUT: Final = 1_000_000
_MANY: Final = 32
"""Repeats that can take more than this many items count as unbounded."""


class UnsafePatternError(ValueError):
    """A pattern that is not a regular expression, is too long, or could need forever."""


@lru_cache(maxsize=512)
def check_pattern(pattern: str, ignore_case: bool = False) -> re.Pattern[str]:
    """The compiled pattern, or `UnsafePatternError` with a message that continues "the pattern"."""
    if len(pattern) > MAX_PATTERN:
        raise UnsafePatternError(f"has more than {MAX_PATTERN} characters")
    flags = re.IGNORECASE if ignore_case else re.NOFLAG
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compiled = re.compile(pattern, flags)
            tree = re._parser.parse(pattern, flags)  # noqa: SLF001 - no public parser
    except (re.error, RecursionError, OverflowError, Warning) as error:
        where = f" at position {error.pos}" if isinstance(error, re.error) and error.pos is not None else ""
        reason = error.msg if isinstance(error, re.error) else str(error)
        raise UnsafePatternError(f"is not a regular expression: {reason}{where}") from None
    if _can_explode(tree, inside_repeat=False):
        raise UnsafePatternError("repeats something that itself repeats, which could take forever")
    return compiled


def _can_explode(tree: Any, *, inside_repeat: bool) -> bool:
    """True for an unbounded repeat (or a choice with a common beginning) inside an unbounded repeat.

    Also true for more than two unbounded repeats in a row that accept the same: they need cubic time and more.
    """
    neighbours = 0
    for operator, argument in tree:
        name = str(operator)
        if name in {"MAX_REPEAT", "MIN_REPEAT"}:
            _, most, inner = argument
            many = most > _MANY
            if many and inside_repeat:
                return True
            if _can_explode(inner, inside_repeat=inside_repeat or many):
                return True
            neighbours += many
            if neighbours > 3:
                return True
        elif name == "BRANCH":
            if inside_repeat and _overlapping(argument[1]):
                return True
            if any(_can_explode(branch, inside_repeat=inside_repeat) for branch in argument[1]):
                return True
        elif name == "SUBPATTERN":
            if _can_explode(argument[3], inside_repeat=inside_repeat):
                return True
        elif name in {"ASSERT", "ASSERT_NOT"}:
            if _can_explode(argument[1], inside_repeat=inside_repeat):
                return True
        elif name in {"GROUPREF", "GROUPREF_EXISTS"} and inside_repeat:
            return True
    return False


def _overlapping(branches: list[Any]) -> bool:
    """Branches that may begin alike; only branches with different first letters surely do not."""
    firsts = []
    for branch in branches:
        if not len(branch) or str(branch[0][0]) != "LITERAL":
            return True
        firsts.append(branch[0][1])
    return len(set(firsts)) != len(firsts)
