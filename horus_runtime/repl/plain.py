"""The prompt without a terminal's help: for piped input, and for terminals that can only print."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from horus_runtime.repl.completeness import is_complete

if TYPE_CHECKING:
    from horus_runtime.repl.loop import Repl

PROMPT = "horus> "
CONTINUED = "   ... "


def run_plain(repl: Repl, source: TextIO, *, show_prompt: bool) -> None:
    """Read inputs line by line until the stream ends or somebody leaves."""

    def ask(prompt: str) -> str | None:
        if show_prompt:
            repl.output.stream.write(prompt)
            repl.output.stream.flush()
        return source.readline().rstrip("\r\n") or None

    repl.ask = ask
    while True:
        try:
            text = _read(repl, source, show_prompt=show_prompt)
        except KeyboardInterrupt:
            if not show_prompt:
                raise
            repl.output.line()
            continue
        if text is None or not repl.handle(text):
            return


def _read(repl: Repl, source: TextIO, *, show_prompt: bool) -> str | None:
    """One input: lines until they are complete; `None` at the end of the stream."""
    lines: list[str] = []
    while True:
        if show_prompt:
            repl.output.stream.write(CONTINUED if lines else PROMPT)
            repl.output.stream.flush()
        line = source.readline()
        if not line:
            return "\n".join(lines) if lines else None
        lines.append(line.rstrip("\r\n"))
        text = "\n".join(lines)
        is_command = lines[0].lstrip().startswith(":") and not lines[0].lstrip().startswith("::")
        # In a stream of lines an empty one means nothing; at a prompt it ends what does not end by itself.
        if is_command or is_complete(text if show_prompt else text.rstrip("\n"), repl.session.engine):
            return text
