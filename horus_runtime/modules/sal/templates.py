"""Text templates: a closed language of our own.

A general template engine that is handed host objects is a known way out of a sandbox, and its sandbox mode is one more
boundary to keep tight. These templates know only script values: variables, dotted fields, `if`, `for`, comparisons and
the filters listed here; nothing in them can call or reach anything.

    Hello {{ user.name | upper }}{% if user.admin and count > 1 %} ({{ count }}){% endif %}
    {% for item in items %}{{ loop.index }}. {{ item | default("-") }}
    {% endfor %}{# a comment #}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class TemplateError(ValueError):
    """A template that is wrong, or a variable that it needs and does not get; `line` is counted from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(f"{message} (line {line})")
        self.line = line


class Template:
    """A parsed template; `render` may be called any number of times."""

    __slots__ = ("body", "variables")

    def __init__(self, text: str, variables: Mapping[str, Any] | None = None) -> None:
        from horus_runtime.modules.sal.template_engine import Parser

        self.body = Parser(text).parse()
        self.variables: dict[str, Any] = dict(variables or {})

    def __repr__(self) -> str:
        return "Template"

    def render(self, variables: Mapping[str, Any], tick: Callable[[], None] = lambda: None) -> str:
        """The text with the variables filled in; `tick` is called now and then and may end the work."""
        from horus_runtime.modules.sal.template_engine import Renderer

        renderer = Renderer({**self.variables, **variables}, tick)
        renderer.nodes(self.body)
        return "".join(renderer.pieces)
