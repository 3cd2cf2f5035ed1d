"""The reference of the system modules as Markdown, read from what is registered: `docs/modules.md` is made by it.

python -m horus_runtime.modules.sal.reference > docs/modules.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from horus_runtime.modules.host import Described, HostModule, Options, option_arguments
from horus_runtime.modules.sal import host_modules

HEADING = """# System modules

Every function of the system modules, by module. This page is made from the modules themselves: `python -m horus_runtime.modules.sal.reference > docs/modules.md`.

- Namespaces can be written `os.f()` or `os::f()`, everywhere, inside of functions too. A variable of the same name hides one.
- Parameters in brackets may be left out. `opts` is a map such as `#{recursive: true}`; unknown options are errors.
- *needs* names the capability that the policy must grant; functions without it have no effect outside. See [security](security.md).
- A function that fails throws a map with `kind`, `message`, `module`, `function`, and often `path`, `code` or `hint`: `try { .. } catch (err) { if err.kind == "NotFound" { .. } }`.
- Lists are sorted. Paths may be relative to the script's own working directory. Times are seconds.
"""  # noqa: E501 - a paragraph of a page is one line


def reference() -> str:
    """The page."""
    return HEADING + "".join(_module(module) for module in host_modules())


def _module(module: HostModule) -> str:
    plain = [item for item in module.described if item.handle is None]
    text = f"\n## {module.name}\n\n{module.module.doc}\n\n" + "".join(
        _line(item, module.name) for item in _unique(plain)
    )
    handles = dict.fromkeys(item.handle for item in module.described if item.handle is not None)
    for handle in handles:
        methods = _unique(item for item in module.described if item.handle == handle)
        text += f"\n### {handle}\n\n" + "".join(_line(item, "") for item in methods)
    return text


def _unique(items: Iterable[Described]) -> list[Described]:
    """Sorted by name, overloads side by side."""
    return sorted(items, key=lambda item: (item.name, len(item.arguments)))


def _line(item: Described, module: str) -> str:
    needs = f" *needs {item.capability}*" if item.capability is not None else ""
    doc = " ".join(item.doc.split())
    return f"- **`{_signature(item, module)}`**{needs} - {doc}{_options(item)}\n"


def _signature(item: Described, module: str) -> str:
    names = ["opts" if argument.options is not None else argument.name for argument in item.arguments]
    shown = ", ".join(names[: item.required])
    left_out = names[item.required :]
    if left_out:
        opening = ", ".join(left_out)
        shown = f"{shown}[, {opening}]" if shown else f"[{opening}]"
    return f"{module}{'.' if module else ''}{item.name}({shown})"


def _options(item: Described) -> str:
    options = next((argument.options for argument in item.arguments if argument.options is not None), None)
    if options is None:
        return ""
    known = option_arguments(options)  # type: ignore[arg-type]  # a class is hashable
    shown = ", ".join(f"`{name}`{_default(options, argument)}" for name, argument in known.items())
    return f" Options: {shown}."


def _default(options: type[Options], argument: Any) -> str:
    value = getattr(options, argument.attribute)
    if value is None or value in ("", [], {}):
        return ""
    shown = str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
    return f" ({shown})"


if __name__ == "__main__":
    sys.stdout.write(reference())
