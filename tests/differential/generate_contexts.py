"""Scripts of the corpus in other places: inside functions, closures, loops, handlers, templates, texts for `eval`.

What agrees at the top of a script need not agree there: variables live elsewhere, errors pass other boundaries, and the
optimizer sees less or more.
"""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from tests.differential.corpus import EXCLUSIONS, Case, corpus_files, read_cases

LONGEST: Final = 600
"""Characters of a script that is taken."""
_APART: Final = ("json", "exit", "get_fn_metadata_list", '.sort(|a,b| "x")')
"""What differs on purpose, wherever it stands."""
_BOUND: Final = frozenset({"max_operations", "mode", "call", "has_null"})
"""Options of scripts that mean something else in another place."""


def _as_text(script: str) -> str:
    return json.dumps(script, ensure_ascii=False)


CONTEXTS: Final[dict[str, Callable[[str], str]]] = {
    "function": lambda s: f"fn zz() {{ {s}\n}} zz()",
    "closure": lambda s: f"let zz = || {{ {s}\n}}; zz.call()",
    "method": lambda s: f"fn zz() {{ {s}\n}} let zq = 5; zq.zz()",
    "recursion": lambda s: f"fn zz(n) {{ if n > 0 {{ zz(n - 1); }} {s}\n}} zz(2)",
    "try": lambda s: f"try {{ {s}\n}} catch (err) {{ print(err); err }}",
    "passed on": lambda s: f"fn zz() {{ try {{ {s}\n}} catch (err) {{ print(type_of(err)); throw err; }} }} zz()",
    "for": lambda s: f"for zi in 0..2 {{ {s}\n}}",
    "while": lambda s: f"let zi = 0; while zi < 2 {{ zi += 1; {s}\n}}",
    "block": lambda s: f"let zr = {{ {s}\n}}; zr",
    "if": lambda s: f"let zr = if true {{ {s}\n}} else {{ 0 }}; [zr]",
    "switch": lambda s: f"switch 1 {{ 1 => {{ {s}\n}}, _ => 2 }}",
    "eval": lambda s: f"eval({_as_text(s)})",
    "template": lambda s: f"`${{{s}\n}}`",
    "callback": lambda s: f"[1, 2].map(|zi| {{ {s}\n}})",
    "argument": lambda s: f"print({{ {s}\n}})",
    "twice": lambda s: f"{{ {s}\n}} {{ {s}\n}}",
    "never": lambda s: f"fn zz() {{ {s}\n}} 1",
    "before": lambda s: f"{s}\n; let zr = 1; zr += 1; zr",
    "after eval": lambda s: f'let zv = eval("1"); {s}',
    "after closure": lambda s: f"let zv = 1; let zf = || zv += 1; zf.call(); {s}",
}


@cache
def _cases() -> list[Case]:
    excluded = set(tomllib.loads(EXCLUSIONS.read_text(encoding="utf-8")))
    found = [case for path in corpus_files() for case in read_cases(path)]
    return [case for case in found if case.id not in excluded and _fits(case)]


def _fits(case: Case) -> bool:
    if len(case.script) > LONGEST or _BOUND & case.options.keys():
        return False
    if any(constant for _, _, constant in case.options.get("scope", ())):  # Rhai inserts these in some places only
        return False
    return not any(word in case.script for word in _APART)


class ContextsGenerator:
    """One script of the corpus in one place, or in one within another."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._options: dict[str, Any] = {}

    def program(self) -> str:
        case = self._random.choice(_cases())
        self._options = {name: value for name, value in case.options.items() if name != "timeout"}
        script = CONTEXTS[self._random.choice(list(CONTEXTS))](case.script)
        if self._random.random() < 0.25:
            script = CONTEXTS[self._random.choice(list(CONTEXTS))](script)
        return script

    def options(self) -> dict[str, Any]:
        """The engine options that the script has in the corpus."""
        return self._options
