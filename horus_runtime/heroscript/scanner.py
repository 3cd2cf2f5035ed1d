"""Finds the lines of a mixed payload at which an action may begin: places outside of every Rhai construct.

A Rhai-aware walk through the text: strings, raw strings, templates with nested code, characters, comments and brackets
are passed over whole, and of each token only its sort is remembered.
"""

from __future__ import annotations

import re
from typing import Final

_BLANKS: Final = re.compile(r"[ \t\r\v\f]+")
_LINE_COMMENT: Final = re.compile(r"//[^\n]*")
_COMMENT_MARK: Final = re.compile(r"/\*|\*/")
_RAW: Final = re.compile(r'(#+)"')
_CHAR: Final = re.compile(r"'(?:\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)|[^'\\\n])'")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER: Final = re.compile(r"[0-9][0-9A-Za-z_]*(?:\.[0-9][0-9_]*)?")
_UNFINISHED: Final = frozenset(
    [
        "let",
        "const",
        "if",
        "else",
        "while",
        "for",
        "in",
        "return",
        "throw",
        "break",
        "do",
        "until",
        "loop",
        "switch",
        "case",
        "fn",
        "private",
        "import",
        "export",
        "as",
        "global",
        "try",
        "catch",
    ]
)
"""Keywords after which a statement cannot end."""


class Scanner:
    """The walk; `at` is where it stands, `complete` whether a statement may end here."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.complete = True
        self.stack: list[str] = []

    def next_line(self) -> int | None:
        """Go on to the next line that begins in plain code, outside of brackets; its offset, or `None` at the end."""
        while self.at < len(self.text):
            if self.text[self.at] == "\n":
                self.at += 1
                if not self.stack:
                    return self.at
            else:
                self.step()
        return None

    def step(self) -> None:
        """Pass over one token that is not a line end."""
        text, at = self.text, self.at
        sign = text[at]
        if match := _BLANKS.match(text, at):
            self.at = match.end()
        elif sign.isalpha() or sign == "_":
            self.name()
        elif sign.isdigit():
            match = _NUMBER.match(text, at)
            self.token(match.end() if match else at + 1, complete=True)
        elif sign in "\"`'#/":
            self.quoted(sign)
        elif sign in "([{":
            self.stack.append(sign)
            self.token(at + 1, complete=False)
        elif sign in ")]}":
            self.close(sign)
        else:
            self.token(at + 1, complete=sign == ";")

    def token(self, end: int, *, complete: bool) -> None:
        self.at = end
        self.complete = complete

    def name(self) -> None:
        match = _NAME.match(self.text, self.at)
        word = match[0] if match else self.text[self.at]
        self.token(self.at + len(word), complete=word not in _UNFINISHED)

    def quoted(self, sign: str) -> None:
        if sign == '"':
            self.string()
        elif sign == "`":
            self.template(self.at + 1)
        elif sign == "'":
            match = _CHAR.match(self.text, self.at)
            self.token(match.end() if match else self.at + 1, complete=match is not None)
        elif sign == "#":
            self.raw_or_map()
        elif match := _LINE_COMMENT.match(self.text, self.at):
            self.at = match.end()
        elif self.text.startswith("/*", self.at):
            self.comment()
        else:
            self.token(self.at + 1, complete=False)

    def string(self) -> None:
        """A text in double quotes; a quote in it is written twice or escaped, a line goes on after a backslash."""
        at = self.at + 1
        while at < len(self.text):
            sign = self.text[at]
            if sign == "\\":
                at += 2
            elif sign == '"':
                if not self.text.startswith('""', at):
                    break
                at += 2
            elif sign == "\n":  # not closed: the compiler will say so
                self.token(at, complete=True)
                return
            else:
                at += 1
        self.token(min(at + 1, len(self.text)), complete=True)

    def raw_or_map(self) -> None:
        match = _RAW.match(self.text, self.at)
        if match is None:
            self.token(self.at + 1, complete=False)  # `#{`: the brace comes next
            return
        end = self.text.find('"' + match[1], match.end())
        self.token(len(self.text) if end < 0 else end + 1 + len(match[1]), complete=True)

    def template(self, at: int) -> None:
        """The text part of a template; `${` opens code, which closes with its brace."""
        while at < len(self.text):
            if self.text[at] == "\\" or self.text.startswith("``", at):
                at += 2
            elif self.text[at] == "`":
                self.token(at + 1, complete=True)
                return
            elif self.text.startswith("${", at):
                self.stack.append("${")
                self.token(at + 2, complete=False)
                return
            else:
                at += 1
        self.token(len(self.text), complete=True)

    def close(self, sign: str) -> None:
        opened = self.stack.pop() if self.stack else ""
        if opened == "${" and sign == "}":
            self.template(self.at + 1)
        else:
            self.token(self.at + 1, complete=True)

    def comment(self) -> None:
        """A comment in `/* */`, which may contain others."""
        depth, at = 0, self.at
        while match := _COMMENT_MARK.search(self.text, at):
            depth += 1 if match[0] == "/*" else -1
            at = match.end()
            if depth == 0:
                self.at = at
                return
        self.at = len(self.text)
