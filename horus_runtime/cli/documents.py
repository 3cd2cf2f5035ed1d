"""Markdown from doc comments: what a script file offers, and what the engine of the command line offers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from horus_runtime.ast import nodes
from horus_runtime.engine.parts import uncommented

if TYPE_CHECKING:
    from horus_runtime.engine import Engine


def script_page(path: Path, engine: Engine) -> str:
    """The page of a script: its `//!` text, its public functions with their doc comments, its exports.

    Raises:
        HorusError: the script cannot be read or compiled.
    """
    tree = engine.compile_file(path)
    parts = [f"# {path.name}"]
    if tree.doc:
        parts.append(tree.doc)
    functions = [function for function in tree.functions() if not function.private]
    if functions:
        parts.append("## Functions")
        parts += [part for function in functions for part in _described(function.signature, function.doc)]
    exported = [f"- `{node.alias or node.name}`" for node in tree.script.body if isinstance(node, nodes.Export)]
    if exported:
        parts += ["## Exports", "\n".join(exported)]
    return "\n\n".join(parts) + "\n"


def _described(signature: str, doc: str) -> Iterator[str]:
    yield f"### `{signature}`"
    if doc:
        yield doc


def engine_page(engine: Engine) -> str:
    """The page of the engine's modules: every function with its signature, what it needs, and what it does."""
    parts = ["# What scripts can use"]
    data = engine.metadata()
    for name, module in sorted(data.get("modules", {}).items()):
        parts.append(f"## {name}")
        if module.get("doc"):
            parts.append(str(module["doc"]))
        parts += list(_natives(module.get("functions", [])))
    return "\n\n".join(parts) + "\n"


def _natives(functions: list[dict[str, Any]]) -> Iterator[str]:
    shown: set[str] = set()
    for function in functions:
        signature = str(function.get("signature") or function.get("name"))
        if signature not in shown and "$" not in signature:
            shown.add(signature)
            doc = "\n".join(map(uncommented, function.get("docComments") or ()))
            yield from _described(signature, doc)
