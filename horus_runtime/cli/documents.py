"""Markdown from doc comments: what a script file offers, and what the engine of the command line offers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from horus_runtime.ast import nodes
    from horus_runtime.engine import Engine

_MODULE_DOC: Final = re.compile(r"^//! ?(.*)$", re.MULTILINE)
_HEAD: Final = re.compile(r"\A(?:#!.*\n)?(?:\s*//!.*(?:\n|\Z))+")


def script_page(path: Path, engine: Engine) -> str:
    """The page of a script: its `//!` text, its public functions with their doc comments, its exports.

    Raises:
        HorusError: the script cannot be read or compiled.
    """
    tree = engine.compile_file(path)
    parts = [f"# {path.name}"]
    head = _HEAD.match(path.read_text(encoding="utf-8-sig"))
    if head:
        parts.append(paragraphs(_MODULE_DOC.findall(head[0])))
    functions = [function for function in tree.script.functions if not function.private]
    if functions:
        parts.append("## Functions")
        parts += [part for function in functions for part in _function(function)]
    exported = list(_exports(tree.script.body))
    if exported:
        parts += ["## Exports", "\n".join(f"- `{name}`" for name in exported)]
    return "\n\n".join(parts) + "\n"


def _function(function: nodes.FnDef) -> Iterator[str]:
    owner = f"{function.this_type}." if function.this_type else ""
    yield f"### `{owner}{function.name}({', '.join(function.params)})`"
    text = paragraphs([line for comment in function.doc for line in doc_lines(comment)])
    if text:
        yield text


def _exports(body: tuple[nodes.Node, ...]) -> Iterator[str]:
    for node in body:
        if type(node).__name__ == "Export":
            name: Any = getattr(node, "alias", None) or getattr(node, "name", None)
            if isinstance(name, str):
                yield name


def doc_lines(comment: str) -> list[str]:
    """The text of a doc comment without its marks; indentation inside stays."""
    lines = comment.split("\n")
    if comment.startswith("///"):
        return [re.sub(r"^\s*/// ?", "", line).rstrip() for line in lines]
    inner = comment.removeprefix("/**").removesuffix("*/").strip(" ")
    return [re.sub(r"^\s*\* ?", "", line).rstrip() for line in inner.split("\n")]


def paragraphs(lines: list[str]) -> str:
    """The lines as Markdown; indented ones are code."""
    return "\n".join(lines).strip("\n")


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
        if signature in shown or "$" in signature:
            continue
        shown.add(signature)
        yield f"### `{signature}`"
        comments = function.get("docComments") or []
        text = paragraphs([line for comment in comments for line in doc_lines(str(comment))])
        if text:
            yield text
