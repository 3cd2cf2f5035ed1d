"""Reads what the user points at: script files and standard input, bounded, as UTF-8."""

from __future__ import annotations

import os
import stat
import sys
from codecs import BOM_UTF8

from horus_runtime.errors import HorusError, LimitError, ParseError
from horus_runtime.source import SourceFile
from horus_runtime.typing_names import Final

MAX_SCRIPT: Final = 1024 * 1024
"""Bytes of a script. Parsing is the one stage that no deadline interrupts, so its input is bounded."""
STDIN: Final = "-"
HERO_SUFFIXES: Final = (".hero", ".heroscript", ".hs")
MARKDOWN: Final = ".md"
"""Of such a file the fenced `heroscript` blocks are run."""
STDIN_NAME: Final = "<stdin>"

_ACTION: Final = r"(?m)^[ \t]*!{2,4}[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*(?:[ \t]|$)"


class UsageError(HorusError):
    """The command line is wrong: a file that is not there, an option that makes no sense."""

    exit_code = 2

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__("usage", message, hint=hint)


class Script:
    """A text to run, and whether it is a Hero payload or a plain script."""

    __slots__ = ("is_hero", "source")

    def __init__(self, source: SourceFile, *, is_hero: bool) -> None:
        self.source = source
        self.is_hero = is_hero


def read_script(path: str) -> Script:
    """The script in a file, or on standard input for `-`."""
    text = read_text(path)
    if text.startswith("#!"):
        # Emptied, not dropped, so that lines keep their numbers.
        end = text.find("\n")
        text = text[end:] if end >= 0 else ""
    if path.lower().endswith(MARKDOWN):
        from horus_runtime.heroscript.markdown import hero_blocks

        return Script(SourceFile(hero_blocks(text), path), is_hero=True)
    return Script(SourceFile(text, _name(path)), is_hero=is_hero(path, text))


def read_text(path: str) -> str:
    """The text of a file, or of standard input for `-`, without a byte order mark."""
    content = sys.stdin.buffer.read(MAX_SCRIPT + 1) if path == STDIN else _read_file(path)
    return check_size(_decoded(content, _name(path)), _name(path), len(content))


def _name(path: str) -> str:
    return STDIN_NAME if path == STDIN else path


def check_size(text: str, name: str, size: int) -> str:
    """The text, unless it is larger than a script may be."""
    if size > MAX_SCRIPT:
        message = f"{name} is too large for a script: {MAX_SCRIPT} bytes are allowed"
        hint = f"the largest script is {MAX_SCRIPT} bytes, wanted at least {size}"
        raise LimitError("ErrorDataTooLarge", message, None, limit=MAX_SCRIPT, usage=size, hint=hint)
    return text


def _read_file(path: str) -> bytes:
    try:
        # Without O_NONBLOCK opening a pipe that nobody writes to would wait for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"cannot read '{path}': {reason.lower()}") from None
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise UsageError(f"'{path}' is a directory, not a script")
        if stat.S_ISFIFO(mode):
            os.set_blocking(handle, True)
        elif not stat.S_ISREG(mode):
            raise UsageError(f"'{path}' is not a regular file")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(MAX_SCRIPT + 1)
    except OSError as error:
        raise UsageError(f"cannot read '{path}': {(error.strerror or str(error)).lower()}") from None
    finally:
        os.close(handle)


def _decoded(content: bytes, name: str) -> str:
    is_cut = len(content) > MAX_SCRIPT
    content = content.removeprefix(BOM_UTF8)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        if is_cut and error.start >= len(content) - 4:
            return content[: error.start].decode()  # the bound cut a character in two
        raise _not_utf8(content, error, name) from None


def _not_utf8(content: bytes, error: UnicodeDecodeError, name: str) -> ParseError:
    source = SourceFile(content.decode(errors="replace"), name)
    position = source.position_at(len(content[: error.start].decode()))
    message = f"The script is not UTF-8 text: byte 0x{content[error.start]:02x} fits no character"
    return ParseError("BadInput", message, position, source=source)


def is_hero(path: str, text: str) -> bool:
    """Names say what a file is; other names and standard input are known by their first action."""
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122 - pathlib costs start-up
    if suffix in HERO_SUFFIXES or suffix == MARKDOWN:
        return True
    if suffix == ".rhai":
        return False
    import re

    return re.search(_ACTION, text) is not None
