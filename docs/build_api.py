"""Writes docs/api.md: every public name with its docstring.

python docs/build_api.py           write it
python docs/build_api.py --check   fail when it is not up to date
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import horus_runtime as hr
from horus_runtime.typing_names import Protocol

TARGET = Path(__file__).parent / "api.md"
HEADER = """# Public names

Made from the docstrings by `python docs/build_api.py`; do not edit. The guide is [`embedding.md`](embedding.md).

"""
GROUPS = {
    "Engines and scripts": ["Engine", "Limits", "Scope", "AST", "FunctionInfo", "ScriptFunction", "PointerFunction",
                            "ScriptObject", "RunHandle"],
    "Scripts in one line": ["eval", "run", "eval_file", "run_file"],
    "Functions, types and modules of the host": ["Module", "NativeCallContext", "CallContext", "Ref", "FnPtr", "Char",
                                                 "Range", "ModuleResolver", "StaticModuleResolver",
                                                 "FileModuleResolver", "ModuleResolversCollection",
                                                 "DummyModuleResolver", "ModuleNotFoundInResolverError"],
    "Plans": ["plan", "Plan", "Answers"],
    "Errors": ["HorusError", "ParseError", "EvalError", "HostFailure", "PolicyError", "LimitError", "DeadlineError",
               "TerminatedError", "JobError", "InternalError", "Position"],
}  # fmt: skip
PLAIN = {"UNIT": "Rhai's `()`: `None`.", "Dynamic": "Any script value, in annotations."}
LEFT_OUT = {"__version__"}


def render() -> str:
    """The text of the page."""
    known = {name for names in GROUPS.values() for name in names} | LEFT_OUT | set(PLAIN)
    groups = GROUPS | {"Jobs and policies": sorted(set(hr.__all__) - known)}
    parts = [HEADER]
    for title, names in groups.items():
        parts.append(f"## {title}\n\n")
        parts.extend(section(name) for name in names if name in hr.__all__)
    parts.append("## Values\n\n")
    parts.extend(f"- `{name}`: {text}\n" for name, text in sorted(PLAIN.items()))
    return "".join(parts)


def section(name: str) -> str:
    """One public name: what it is, and its members."""
    value = getattr(hr, name)
    if not inspect.isclass(value):
        return f"### `{name}{signature(value)}`\n\n{documentation(value)}\n\n"
    shown = "" if is_record(value) or Protocol in value.__bases__ else signature(value)
    lines = [f"### `{name}{shown}`\n\n{documentation(value)}\n\n"]
    lines.extend(members(value))
    return "".join(lines) + ("\n" if len(lines) > 1 else "")


def is_record(cls: type) -> bool:
    """Errors, models and protocols are not made by their positional arguments."""
    return issubclass(cls, BaseException) or hasattr(cls, "model_fields") or getattr(cls, "_is_protocol", False)


def members(cls: type) -> Iterator[str]:
    """The public methods and properties, also those of bases in this package."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("horus_runtime"):
            found.update({name: value for name, value in vars(base).items() if not name.startswith("_")})
    for name, raw in sorted(found.items()):
        value = raw.__func__ if isinstance(raw, (staticmethod, classmethod)) else raw
        if isinstance(value, property):
            yield item(name, documentation(value))
        elif inspect.isfunction(value):
            yield item(f"{name}{signature(value, method=not isinstance(raw, staticmethod))}", documentation(value))


def item(head: str, text: str) -> str:
    """A member as an item of a list."""
    indented = "\n".join(f"  {line}".rstrip() for line in text.splitlines())
    return f"- **`{head}`**\n" + (f"\n{indented}\n" if text else "")


def documentation(value: Any) -> str:
    """The docstring as Markdown: sections become paragraphs and lists."""
    text = inspect.cleandoc(getattr(value, "__doc__", None) or "")
    lines = []
    for line in text.splitlines():
        if line in {"Args:", "Returns:", "Raises:"}:
            lines.append(f"*{line[:-1]}*")
            lines.append("")
        elif lines and line.startswith("    ") and any(mark in lines for mark in ("*Args*", "*Returns*", "*Raises*")):
            lines.append(f"{'  ' if line.startswith('        ') else '- '}{line.strip()}")
        else:
            lines.append(line)
    return "\n".join(lines)


def signature(value: Any, *, method: bool = False) -> str:
    """The parameters as the code writes them."""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    parameters = list(found.parameters.values())[1 if method else 0 :]
    shown, star = [], False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            shown.append("*")
            star = True
        star = star or parameter.kind is parameter.VAR_POSITIONAL
        shown.append(one_parameter(parameter))
    result = found.return_annotation
    ending = f" -> {annotation(result)}" if result is not found.empty and not inspect.isclass(value) else ""
    return f"({', '.join(shown)}){ending}"


def one_parameter(parameter: inspect.Parameter) -> str:
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    text = f"{stars}{parameter.name}"
    if parameter.annotation is not parameter.empty:
        text += f": {annotation(parameter.annotation)}"
    if parameter.default is not parameter.empty:
        default = repr(parameter.default).removeprefix("typing.")
        text += f" = {'...' if '<' in default else default}"
    return text


def annotation(value: Any) -> str:
    return value if isinstance(value, str) else getattr(value, "__name__", repr(value))


def main() -> int:
    text = render()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text(encoding="utf-8") == text:
            return 0
        print("docs/api.md is not up to date: run python docs/build_api.py", file=sys.stderr)
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
