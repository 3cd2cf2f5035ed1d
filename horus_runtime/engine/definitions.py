"""Definition files: what scripts can use, in the form that Rhai's tools and editors read (`.d.rhai`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.engine.metadata import Collector, FunctionRecord, metadata
from horus_runtime.runtime.values import type_name

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.runtime.module import Module
    from horus_runtime.runtime.scope import Scope

TYPES: Final = {
    "i64": "int",
    "f64": "float",
    "array": "Array",
    "map": "Map",
    "blob": "Blob",
    "Fn": "FnPtr",
    "range": "Range<int>",
    "range=": "RangeInclusive<int>",
    "timestamp": "Instant",
}
"""Types by their names in definition files, where those differ."""

BUILTIN = "__builtin__"
OPERATORS = "__builtin-operators__"
STATIC = "__static__"
SCOPE = "__scope__"


class Definitions:
    """The definitions of an engine.

        engine.definitions(scope=scope).write("definitions")

    Args:
        scope: its variables are defined, too.
        with_headers: begin every file with the line that says what it is: `module static;`, `module NAME;`.
        include_standard: also define the language's own functions.
    """

    def __init__(
        self,
        engine: Engine,
        scope: Scope | None = None,
        *,
        with_headers: bool = False,
        include_standard: bool = True,
    ) -> None:
        self._engine = engine
        self._scope = scope
        self._headers = with_headers
        self._standard = include_standard

    def files(self) -> dict[str, str]:
        """The text of every file by its name: `__builtin__.d.rhai` and `__builtin-operators__.d.rhai` (the language),
        `__static__.d.rhai` (what needs no prefix), `__scope__.d.rhai`, and one file for each module.
        """
        sections = self._sections()
        return {f"{name}.d.rhai": self._headed(name, body) for name, body in sections.items() if body}

    def single_file(self) -> str:
        """Everything as one text; modules are blocks in it."""
        parts = ["module static;\n"] if self._headers else []
        for name, body in self._sections().items():
            if not body:
                continue
            parts.append(body if name.startswith("__") else _block(name, body))
        return "\n".join(parts)

    def write(self, folder: str | Path) -> list[Path]:
        """Write every file into a folder, which is made when it is not there.

        Raises:
            OSError: a file cannot be written.
        """
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        written = []
        for name, text in self.files().items():
            path = target / name
            path.write_text(text, encoding="utf-8")
            written.append(path)
        return written

    def write_single(self, path: str | Path) -> None:
        """Write everything into one file."""
        Path(path).write_text(self.single_file(), encoding="utf-8")

    def data(self) -> dict[str, Any]:
        """The same as the metadata document, with the scope's variables."""
        document = metadata(self._engine, include_standard=self._standard)
        if self._scope is not None:
            document["scope"] = [
                {"name": name, "type": type_name(value), "isConstant": constant}
                for name, constant, value in self._scope
            ]
        return document

    # ---- sections ---------------------------------------------------------------------------------------------------

    def _sections(self) -> dict[str, str]:
        own = Collector(self._engine, include_standard=False)
        sections: dict[str, str] = {}
        if self._standard:
            everything = Collector(self._engine, include_standard=True)
            standard = [record for layer in everything.packages for record in everything.functions_of(layer, "global")]
            sections[BUILTIN] = _functions([record for record in standard if not _is_operator(record.name)])
            sections[OPERATORS] = _functions([record for record in standard if _is_operator(record.name)])
        constants = "".join(
            f"const {name}: {_shown(self._engine.type_name(layer.get_var(name)))};\n"
            for layer in own.own
            for name in sorted(layer.variables)
        )
        sections[STATIC] = _joined(constants, _functions(own.global_functions()))
        sections[SCOPE] = "".join(
            f"{'const' if constant else 'let'} {name}: {_shown(self._engine.type_name(value))};\n"
            for name, constant, value in (self._scope or ())
        )
        for name, module in sorted(self._engine.modules.items()):
            sections[name] = self._module(own, module)
        return sections

    def _module(self, collector: Collector, module: Module) -> str:
        constants = "".join(
            f"const {name}: {_shown(self._engine.type_name(module.get_var(name)))};\n"
            for name in sorted(module.variables)
        )
        inner = [_block(name, self._module(collector, sub)) for name, sub in sorted(module.modules.items())]
        doc = "".join(f"//! {line}".rstrip() + "\n" for line in module.doc.splitlines())
        return _joined(doc, constants, _functions(collector.functions_of(module, "internal")), *inner)

    def _headed(self, name: str, body: str) -> str:
        if not self._headers:
            return body
        what = "static" if name.startswith("__") else name
        return f"module {what};\n\n{body}"


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _block(name: str, body: str) -> str:
    """A module inside a file."""
    lines = "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
    return f"module {name} {{\n{lines}}}\n"


def _functions(records: list[FunctionRecord]) -> str:
    return "\n".join(map(_function, records))


def _function(record: FunctionRecord) -> str:
    doc = "".join(f"{line}\n" for line in record.comments)
    return f"{doc}{_head(record)}{_result(record)};\n"


def _head(record: FunctionRecord) -> str:
    if _is_operator(record.name):
        return f"op {record.name}({', '.join(_shown(param.type) for param in record.params)})"
    params = ", ".join(f"{p.name}: {_shown(p.type)}" if p.type else p.name for p in record.params)
    kind, _, name = record.name.partition("$")
    if kind in ("get", "set") and name:
        return f"fn {kind} {name}({params})"
    if record.name.startswith("index$"):
        return f"fn {record.name.split('$')[1]} []({params})"
    return f"fn {record.name}({params})"


def _result(record: FunctionRecord) -> str:
    return f" -> {_shown(record.returns)}" if record.returns else ""


def _shown(name: str | None) -> str:
    """A type as definition files call it; `?` for any."""
    if name is None:
        return "?"
    return " | ".join(TYPES.get(part, part) for part in name.split(" or "))


def _is_operator(name: str) -> bool:
    return not any(character.isalnum() or character in "_$" for character in name)
