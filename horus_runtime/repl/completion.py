"""Completion: what may stand at the cursor, from the text before it and the session.

Everything is looked up, nothing is run: the type of a receiver is known when it is a literal, or a variable of the
session with properties and indexes behind it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from horus_runtime.repl.catalog import Catalog, Entry
from horus_runtime.runtime.scope import MISSING
from horus_runtime.syntax.tokens import KEYWORDS

if TYPE_CHECKING:
    from horus_runtime.repl.session import Session

MAX_CANDIDATES: Final = 400

_CHAIN = re.compile(r"((?:[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*|\[(?:\d+|\"[^\"\\]*\")\])*)\s*\??\.\s*([A-Za-z_]\w*)?\Z")
_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]|\[\"([^\"\\]*)\"\]")
_PATH = re.compile(r"([A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)::([A-Za-z_]\w*)?\Z")
_AFTER_LITERAL = re.compile(r"([\"'`\])}])\s*\??\.\s*([A-Za-z_]\w*)?\Z")
_NAME = re.compile(r"(?<![\w.])([A-Za-z_]\w*)?\Z")
_STRING = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\Z")
_IMPORT = re.compile(r"\bimport\s+\"([^\"\n]*)\Z")
_ACTION = re.compile(r"^[ \t]*(!{2,4})([\w-]*(?:\.[\w-]*)?)\Z")
_ACTION_PARAMS = re.compile(r"^[ \t]*!{2,4}([\w-]+\.[\w-]+)\s(?:.*\s)?([A-Za-z_][\w]*)?\Z", re.DOTALL)
_LITERAL_TYPES: Final = {'"': "string", "`": "string", "'": "char", "]": "array", "}": "map"}


class Candidate(NamedTuple):
    """A way to go on: the text that replaces the last `length` characters before the cursor."""

    text: str
    length: int
    kind: str
    detail: str = ""


class Completer:
    """Candidates for a session."""

    def __init__(self, session: Session, commands: Iterable[tuple[str, str]] = ()) -> None:
        self.session = session
        self.catalog = Catalog(session)
        self.commands = tuple(commands)
        """Names of the prompt's own commands, with what they do."""

    def complete(self, before: str) -> list[Candidate]:
        """Candidates for the text before the cursor, the most likely first."""
        found: dict[str, Candidate] = {}
        for candidate in self._candidates(before):
            found.setdefault(candidate.text, candidate)
            if len(found) >= MAX_CANDIDATES:
                break
        return list(found.values())

    def _candidates(self, before: str) -> Iterator[Candidate]:
        line = before.rsplit("\n", 1)[-1]
        if before.lstrip().startswith(":"):
            return self._command(before.lstrip())
        if found := _ACTION.search(line):
            return self._action(found[2])
        if found := _ACTION_PARAMS.search(line):
            return self._action_parameter(found[1], found[2] or "")
        if found := _IMPORT.search(line):
            return _libraries(found[1])
        if _inside_string(line) and (found := _STRING.search(line)):
            return file_names(found[1])
        return self._code(before)

    # ---- script code ------------------------------------------------------------------------------------------------

    def _code(self, before: str) -> Iterator[Candidate]:
        if found := _PATH.search(before):
            return self._members(found[1], found[2] or "")
        if found := _CHAIN.search(before):
            return self._behind_dot(found[1], found[2] or "")
        if found := _AFTER_LITERAL.search(before):
            return self._methods(_LITERAL_TYPES.get(found[1]), found[2] or "")
        found = _NAME.search(before)
        return self._names(found[1] or "") if found else iter(())

    def _names(self, prefix: str) -> Iterator[Candidate]:
        """Variables, functions, modules and keywords; nothing is offered for nothing typed."""
        if not prefix:
            return
        for name, constant, value in reversed(list(self.session.scope)):
            if name.startswith(prefix):
                detail = f"{'const ' if constant else ''}{self.session.engine.type_name(value)}"
                yield Candidate(name, len(prefix), "variable", detail)
        for name, doc in self.catalog.modules().items():
            if name.startswith(prefix):
                yield Candidate(name, len(prefix), "module", doc)
        for word in (*KEYWORDS, "global"):
            if word.startswith(prefix):
                yield Candidate(word, len(prefix), "keyword")
        yield from _matching(sorted(self.catalog.functions()), prefix)

    def _members(self, path: str, prefix: str) -> Iterator[Candidate]:
        module = self.catalog.module(path)
        if module is not None:
            yield from _matching(sorted(self.catalog.members(module)), prefix)

    def _behind_dot(self, chain: str, prefix: str) -> Iterator[Candidate]:
        value = self.value_of(chain)
        if value is MISSING:
            module = self.catalog.module(chain)
            if module is not None:
                yield from _matching(sorted(self.catalog.members(module)), prefix)
            else:
                yield from self._methods(None, prefix)
            return
        if isinstance(value, dict):
            for key in value:
                if key.startswith(prefix) and key.isidentifier():
                    yield Candidate(key, len(prefix), "key", self.session.engine.type_name(value[key]))
        yield from self._methods(self.session.engine.type_name(value), prefix)

    def _methods(self, type_name: str | None, prefix: str) -> Iterator[Candidate]:
        """Methods of the very type first, then what takes every value."""
        entries = sorted(self.catalog.methods(type_name), key=lambda entry: (entry.kind == "any", entry.name))
        yield from _matching(entries, prefix)

    def value_of(self, chain: str) -> Any:
        """The value of a variable with properties and indexes behind it; `MISSING` when there is none."""
        first = re.match(r"\w+", chain)
        assert first
        value = self.session.scope.get(first[0], MISSING)
        for step in _STEP.finditer(chain, first.end()):
            key: Any = int(step[2]) if step[2] else step[1] or step[3] or ""
            try:
                value = value[key] if isinstance(value, dict if isinstance(key, str) else (list, str)) else MISSING
            except (KeyError, IndexError):
                return MISSING
        return value

    # ---- Heroscript -------------------------------------------------------------------------------------------------

    def _action(self, prefix: str) -> Iterator[Candidate]:
        from horus_runtime.heroscript.builtin import builtin_actions

        for name, spec in sorted(builtin_actions().specs.items()):
            if name.startswith(prefix):
                yield Candidate(name, len(prefix), "action", spec.help)

    def _action_parameter(self, action: str, prefix: str) -> Iterator[Candidate]:
        from horus_runtime.heroscript.builtin import builtin_actions

        spec = builtin_actions().specs.get(action)
        for name, field in spec.params.model_fields.items() if spec is not None else ():
            if name.startswith(prefix) and name != "args":
                kind = getattr(field.annotation, "__name__", str(field.annotation))
                yield Candidate(f"{name}:", len(prefix), "parameter", f"{kind}{' (required)' * field.is_required()}")

    # ---- commands of the prompt -------------------------------------------------------------------------------------

    def _command(self, text: str) -> Iterator[Candidate]:
        name, space, rest = text[1:].partition(" ")
        if not space:
            for command, summary in self.commands:
                if command.startswith(name):
                    yield Candidate(f":{command}", len(name) + 1, "command", summary)
        elif name in {"load", "save", "export", "test", "policy", "plan"}:
            yield from file_names(rest.rsplit(" ", 1)[-1])
        elif name == "help":
            yield from (
                Candidate(command, len(rest), "command") for command, _ in self.commands if command.startswith(rest)
            )
        else:
            yield from self._code(rest)


def _matching(entries: Iterable[Entry], prefix: str) -> Iterator[Candidate]:
    for entry in entries:
        if entry.name.startswith(prefix) and (prefix.startswith("_") or not entry.name.startswith("_")):
            detail = entry.signatures[0] if entry.signatures else entry.doc.split("\n")[0]
            yield Candidate(entry.name, len(prefix), entry.kind, detail)


def _inside_string(line: str) -> bool:
    """Is the end of the line inside double quotes?"""
    return len(re.findall(r'(?<!\\)"', re.sub(r"'\\?.'|//.*\Z", "", line))) % 2 == 1


def _libraries(prefix: str) -> Iterator[Candidate]:
    from horus_runtime.resources import stdlib_names

    for name in stdlib_names():
        if f"std/{name}".startswith(prefix):
            yield Candidate(f"std/{name}", len(prefix), "library")


def file_names(prefix: str) -> Iterator[Candidate]:
    """Files and folders of this machine that begin so; folders end with a slash."""
    folder, _, start = prefix.rpartition("/")
    root = os.path.expanduser(f"{folder}/") if folder or prefix.startswith("/") else "."  # noqa: PTH111
    try:
        with os.scandir(root) as entries:
            found = [entry for entry in entries if entry.name.startswith(start)]
    except OSError:
        return
    for entry in sorted(found, key=lambda entry: entry.name):
        if start.startswith(".") or not entry.name.startswith("."):
            is_folder = _is_folder(entry)
            yield Candidate(f"{entry.name}{'/' * is_folder}", len(start), "folder" if is_folder else "file")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
