"""The entry point: hands plain calls straight to their work and everything else to click, under one guard.

`horus run FILE` and `horus eval EXPR` without options are what scripts call in loops, so they do not pay for the
import of click. Every other form, help included, takes the way through `cli.app`, with the same code behind it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from horus_runtime.cli.guard import guarded, starting


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code. Never shows a traceback (unless `HORUS_DEBUG` is set)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return guarded(lambda: dispatch(words))


def dispatch(words: list[str]) -> int:
    """Find the command that the words name and run it."""
    if words and words[0][:1] in {".", "/"} and os.access(words[0], os.R_OK):
        words = ["run", *words]  # a script that begins with `#!/usr/bin/env horus`
    if len(words) == 2 and words[0] in {"run", "eval"} and not _is_option(words[1]) and not _has_settings():
        with starting():
            from horus_runtime.cli.execution import RunOptions, evaluate, run_file

            return run_file(words[1], RunOptions()) if words[0] == "run" else evaluate(words[1], RunOptions())
    if words[:1] == ["repl"]:
        with starting():  # the prompt says when it has started
            return _run_click(words)
    return _run_click(words)


def _run_click(words: list[str]) -> int:
    from horus_runtime.cli.app import run_click

    return run_click(words)


def _is_option(word: str) -> bool:
    """Does the word ask for something other than to be run? `-` and negative numbers do not."""
    return (word.startswith("-") and word[1:2].isalpha()) or word.startswith("--")


def _has_settings() -> bool:
    """Is there a settings file for this folder? Then click reads it."""
    parts = os.getcwd().split("/")  # noqa: PTH109 - importing pathlib takes longer than the whole look
    return any(os.access("/".join((*parts[:depth], "horus.toml")), os.F_OK) for depth in range(len(parts), 0, -1))
