"""The lexer of parameter text: from the end of an action's head to the end of the action.

It owns the line rules, because only it knows when a quote, block or bracket is open: outside of them a line belongs
to the action when it is indented deeper than the action's base column.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from horus_runtime.errors import ParseError
from horus_runtime.source import SourceFile

WORD: Final = r"[A-Za-z0-9_.,/+-]+"
BLANKS: Final = " \t\r\v\f"
_SPACE: Final = re.compile(r"[ \t\r\v\f]*")
_WORD: Final = re.compile(WORD)
_BARE: Final = re.compile(r"[^\s,]+", re.ASCII)
_BLOCK_START: Final = re.compile(r"""('{3}|"{3}|'|")[ \t\r]*(?:\n|\Z)""")
_PLAIN_PAIR: Final = re.compile(
    rf"""(?!//)({WORD}+):(?:([^\s,'"\[][^\s,]*+)|'([^'\\\n]*+)'(?!['"])|"([^"\\\n]*+)"(?!['"]))"""
    r"(?=[ \t\r\v\f]*+(?:[^,\s]|\n|\Z))",
    re.ASCII,
)
"""A key and, right behind it, one atom that has no other sense: most parameters are such pairs."""
_HTML_COMMENT: Final = re.compile(r"<!--([^\n]*?)-->")
_ACTION_LINE: Final = re.compile(r"!(?!\[)")
_SCRIPT_SIGNS: Final = frozenset("(){}=;&|<>")
TAB: Final = 4


class Token(NamedTuple):
    """A terminal of the grammar with its text and its place in the payload."""

    kind: str
    text: str
    start: int
    end: int


class Lexed(NamedTuple):
    """The tokens of one action, and the offset of the first line after it."""

    tokens: list[Token]
    end: int


def column_of(text: str, start: int) -> int:
    """The indentation of the line that begins at `start`; a tab counts four columns."""
    column = 0
    for at in range(start, len(text)):
        if text[at] == " ":
            column += 1
        elif text[at] == "\t":
            column += TAB
        else:
            break
    return column


def line_end(text: str, at: int) -> int:
    """The offset of the line end at or after `at`."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def lex_parameters(source: SourceFile, at: int, base: int, *, mixed: bool) -> Lexed:
    """The tokens of the action whose head ends at `at`; `mixed` when script lines may follow."""
    return _Lexer(source, at, base, mixed).run()


class _Lexer:
    """Walks through the text once; every `take_` method leaves `at` behind what it took."""

    def __init__(self, source: SourceFile, at: int, base: int, mixed: bool) -> None:
        self.source = source
        self.text = source.text
        self.at = at
        self.base = base
        self.mixed = mixed
        self.head_end = line_end(self.text, at)
        self.tokens: list[Token] = []

    def run(self) -> Lexed:
        while True:
            self.skip_blanks()
            if self.at >= len(self.text):
                break
            if self.text[self.at] == "\n":
                if not self.next_line():
                    break
            else:
                self.take_item()
        return Lexed(self.tokens, self.at)

    # --- lines -------------------------------------------------------------------------------------------------------

    def skip_blanks(self) -> None:
        match = _SPACE.match(self.text, self.at)
        assert match is not None
        self.at = match.end()

    def next_line(self) -> bool:
        """Go to the next line of the action; false, with `at` behind the action's last line, when there is none."""
        start = self.at + 1
        look = start
        while look < len(self.text):
            end = line_end(self.text, look)
            content = self.text[look:end].strip(BLANKS)
            if content:
                if column_of(self.text, look) <= self.base or (not self.mixed and _ACTION_LINE.match(content)):
                    break
                self.at = look
                return True
            look = end + 1
        self.at = min(start, len(self.text))
        return False

    # --- items -------------------------------------------------------------------------------------------------------

    def take_item(self) -> None:
        text, at = self.text, self.at
        plain = _PLAIN_PAIR.match(text, at)
        if plain is not None:
            self.take_plain_pair(plain)
        elif text.startswith("//", at) or text.startswith("<!--", at):
            self.take_comment()
        elif text[at] in "'\"":
            self.take_quoted()
        else:
            match = _WORD.match(text, at)
            if match is None:
                raise self.illegal(at)
            self.take_word(match.end())

    def take_plain_pair(self, found: re.Match[str]) -> None:
        """`key:value` or `key:'some text'`, without anything between them or a comma behind."""
        self.add("PAIR", found[0], found.end())

    def take_word(self, end: int) -> None:
        if self.text.startswith(":", end):
            self.add("KEY", self.text[self.at : end], end + 1)
            self.take_value()
            return
        if end < len(self.text) and self.text[end] not in BLANKS + "\n":
            raise self.illegal(end)
        rest = _SPACE.match(self.text, end)
        if rest is not None and self.text.startswith(":", rest.end()):
            raise self.error("a key and its ':' must stand together", rest.end())
        if self.mixed and self.at > self.head_end:
            raise self.error(
                f"'{self.text[self.at : end]}' is not a parameter", self.at,
                hint="script code after an action must start at the action's column; quote the word if it is one",
            )  # fmt: skip
        self.add("ARG", self.text[self.at : end], end)

    def take_comment(self) -> None:
        if self.text.startswith("//", self.at):
            end = line_end(self.text, self.at)
            self.add("COMMENT", self.text[self.at : end].lstrip("/").strip(BLANKS), end)
            return
        match = _HTML_COMMENT.match(self.text, self.at)
        if match is None:
            raise self.error("this comment does not end on its line", self.at)
        self.add("COMMENT", match[1].strip(BLANKS), match.end())

    # --- values ------------------------------------------------------------------------------------------------------

    def take_value(self) -> None:
        """What stands behind a key: one atom, or several with commas between them."""
        spaced = self.at
        self.skip_blanks()
        if self.at_line_end():
            self.take_block_below()
            return
        self.take_atom(spaced=self.at > spaced)
        while self.take_comma():
            self.take_atom(spaced=True)

    def at_line_end(self) -> bool:
        return self.at >= len(self.text) or self.text[self.at] == "\n"

    def take_block_below(self) -> None:
        """A quote alone on the line after `key:` opens a block; anything else there is the next item."""
        place = self.at
        if self.at < len(self.text) and self.next_line():
            self.skip_blanks()
            if _BLOCK_START.match(self.text, self.at):
                self.take_quoted()
                return
        self.at = place
        self.add("NOTHING", "", place)

    def take_comma(self) -> bool:
        """A comma after an atom; the list may go on in the next line."""
        match = _SPACE.match(self.text, self.at)
        if match is None or not self.text.startswith(",", match.end()):
            return False
        self.at = match.end()
        self.add("COMMA", ",", self.at + 1)
        self.skip_blanks()
        while self.at < len(self.text) and self.text[self.at] == "\n":
            place = self.at
            if not self.next_line():
                self.at = place
                break
            self.skip_blanks()
        return True

    def take_atom(self, *, spaced: bool) -> None:
        text, at = self.text, self.at
        if self.at_line_end() or text[at] == ",":
            self.add("NOTHING", "", at)
        elif spaced and text.startswith("//", at):
            self.add("NOTHING", "", at)  # a comment, which the next item takes
        elif text[at] in "'\"":
            self.take_quoted()
        elif text[at] == "[":
            self.take_bracket()
        else:
            match = _BARE.match(text, at)
            assert match is not None
            self.add("BARE", match[0], match.end())

    def take_quoted(self) -> None:
        match = _BLOCK_START.match(self.text, self.at)
        if match is not None:
            self.take_block(match[1], match.end())
            return
        start, quote = self.at, self.text[self.at]
        end = closing_quote(self.text, start)
        if end < 0:
            raise self.unterminated(start, f"the text that begins with {quote}")
        self.add("QUOTED", self.text[start + 1 : end], end + 1)

    def take_block(self, delimiter: str, body: int) -> None:
        """Lines up to one that holds only the delimiter."""
        start, line = self.at, body
        while line <= len(self.text):
            end = line_end(self.text, line)
            if self.text[line:end].strip(BLANKS) == delimiter:
                self.add("BLOCK", self.text[body:line], end)
                return
            line = end + 1
        raise self.unterminated(start, f"the block that begins with {delimiter}")

    def take_bracket(self) -> None:
        """A balanced `[...]`, in which quotes hide brackets."""
        start, depth, at = self.at, 0, self.at
        while at < len(self.text):
            sign = self.text[at]
            if sign in "'\"" and self.text[at - 1] in " \t\n,[":
                close = closing_quote(self.text, at)
                if close < 0:
                    raise self.unterminated(at, f"the text that begins with {sign}")
                at = close
            depth += (sign == "[") - (sign == "]")
            at += 1
            if depth == 0:
                self.add("BRACKET", self.text[start:at], at)
                return
        raise self.unterminated(start, "the list that begins with [")

    # --- results -----------------------------------------------------------------------------------------------------

    def add(self, kind: str, text: str, end: int) -> None:
        self.tokens.append(Token(kind, text, self.at, end))
        self.at = end

    def illegal(self, at: int) -> ParseError:
        sign = self.text[at]
        if sign == "#":
            return self.error("'#' cannot stand here", at, hint="comments begin with //")
        if sign == "!":
            return self.error("'!' cannot stand here: an action begins on a line of its own", at)
        if sign == ":":
            return self.error("a key is missing in front of ':'", at)
        hint = None
        if self.mixed and sign in _SCRIPT_SIGNS:
            hint = "script code after an action must start at the action's column"
        return self.error(f"{sign!r} cannot stand in parameters", at, hint=hint)

    def unterminated(self, at: int, what: str) -> ParseError:
        return self.error(f"{what} does not end", at, kind="UnterminatedString")

    def error(self, message: str, at: int, *, kind: str = "BadInput", hint: str | None = None) -> ParseError:
        return syntax_error(self.source, message, at, kind=kind, hint=hint)


def closing_quote(text: str, start: int) -> int:
    """The offset of the quote that closes the one at `start`, or -1; a backslash before it keeps the text open."""
    quote = text[start]
    at = text.find(quote, start + 1)
    while at >= 0 and text[at - 1] == "\\":
        at = text.find(quote, at + 1)
    return at


def syntax_error(
    source: SourceFile, message: str, at: int, *, kind: str = "BadInput", hint: str | None = None
) -> ParseError:
    """A `ParseError` at an offset of the payload."""
    return ParseError(kind, message, source.position_at(at), source=source, hint=hint)
