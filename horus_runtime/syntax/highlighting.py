"""Syntax colours: Pygments lexers for scripts and for Hero payloads, published as a Pygments plug-in."""

from __future__ import annotations

from typing import Any, ClassVar

from pygments.lexer import RegexLexer, include, words
from pygments.lexer import bygroups as untyped_bygroups
from pygments.style import Style
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace

from horus_runtime.syntax.tokens import FORBIDDEN_WORDS, FUNCTION_WORDS, KEYWORDS, METHOD_WORDS

bygroups: Any = untyped_bygroups
_DECLARING = frozenset({"let", "const", "fn"})
_CONTROL = sorted(set(KEYWORDS) - _DECLARING - {"true", "false", "this"})
_RESERVED = sorted(FORBIDDEN_WORDS)
_BUILTINS = sorted(METHOD_WORDS | FUNCTION_WORDS)


class RhaiLexer(RegexLexer):
    """Scripts in the Rhai language."""

    name = "Rhai"
    aliases: ClassVar[list[str]] = ["rhai"]
    filenames: ClassVar[list[str]] = ["*.rhai"]
    mimetypes: ClassVar[list[str]] = ["text/x-rhai"]
    url = "https://rhai.rs"

    tokens: ClassVar[dict[str, list[Any]]] = {
        "root": [
            (r"\A#!.*", Comment.Hashbang),
            include("code"),
        ],
        "code": [
            (r"\s+", Whitespace),
            (r"//[/!].*", Comment.Special),
            (r"//.*", Comment.Single),
            (r"/\*", Comment.Multiline, "comment"),
            (r"(let|const)(\s+)([A-Za-z_]\w*)", bygroups(Keyword.Declaration, Whitespace, Name.Variable)),
            (r"(fn)(\s+)([A-Za-z_]\w*)", bygroups(Keyword.Declaration, Whitespace, Name.Function)),
            (words(_CONTROL, prefix=r"\b", suffix=r"\b"), Keyword),
            (r"\b(true|false)\b", Keyword.Constant),
            (r"\b(this|global)\b", Name.Builtin.Pseudo),
            (words(_RESERVED, prefix=r"\b", suffix=r"\b"), Keyword.Reserved),
            (words(_BUILTINS, prefix=r"\b", suffix=r"\b(?=\s*[(!])"), Name.Builtin),
            (r"0[xX][0-9a-fA-F_]+", Number.Hex),
            (r"0[oO][0-7_]+", Number.Oct),
            (r"0[bB][01_]+", Number.Bin),
            (r"[0-9][0-9_]*\.[0-9][0-9_]*(?:[eE][+-]?[0-9_]+)?", Number.Float),
            (r"[0-9][0-9_]*[eE][+-]?[0-9_]+", Number.Float),
            (r"[0-9][0-9_]*", Number.Integer),
            (r"'(?:\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|[^'\\\n])'", String.Char),
            (r'(#+)"(?:.|\n)*?"\1', String.Other),
            (r'"', String.Double, "string"),
            (r"`", String.Backtick, "template"),
            (r"([A-Za-z_]\w*)(::)", bygroups(Name.Namespace, Punctuation)),
            (r"([A-Za-z_]\w*)(!?)(?=\s*\()", bygroups(Name.Function, Operator)),
            (r"[A-Za-z_]\w*", Name),
            (r"#\{", Punctuation, "braces"),
            (r"\{", Punctuation, "braces"),
            (r"\.\.=?|=>|\?\?|\?\.|\?\[|[-+*/%&|^~!<>=]+", Operator),
            (r"[()\[\],;:.]", Punctuation),
            (r".", Text),
        ],
        "braces": [
            (r"\}", Punctuation, "#pop"),
            include("code"),
        ],
        "comment": [
            (r"[^*/]+", Comment.Multiline),
            (r"/\*", Comment.Multiline, "#push"),
            (r"\*/", Comment.Multiline, "#pop"),
            (r"[*/]", Comment.Multiline),
        ],
        "string": [
            (r'""', String.Escape),
            (r'"', String.Double, "#pop"),
            (r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.|\n)", String.Escape),
            (r'[^"\\]+', String.Double),
        ],
        "template": [
            (r"``", String.Escape),
            (r"`", String.Backtick, "#pop"),
            (r"\$\{", String.Interpol, "interpolation"),
            (r"[^`$]+", String.Backtick),
            (r"\$", String.Backtick),
        ],
        "interpolation": [
            (r"\}", String.Interpol, "#pop"),
            include("code"),
        ],
    }


class HeroscriptLexer(RegexLexer):
    """Hero payloads: Heroscript actions between script lines."""

    name = "Heroscript"
    aliases: ClassVar[list[str]] = ["heroscript", "hero"]
    filenames: ClassVar[list[str]] = ["*.hero"]
    mimetypes: ClassVar[list[str]] = ["text/x-heroscript"]
    url = ""

    tokens: ClassVar[dict[str, list[Any]]] = {
        "root": [
            (
                r"^([ \t]*)(!{2,4})([\w-]+)(\.)([\w-]+)",
                bygroups(Whitespace, Operator, Name.Namespace, Punctuation, Name.Function),
                "parameters",
            ),
            *RhaiLexer.tokens["code"],
        ],
        "braces": RhaiLexer.tokens["braces"],
        "comment": RhaiLexer.tokens["comment"],
        "string": RhaiLexer.tokens["string"],
        "template": RhaiLexer.tokens["template"],
        "interpolation": RhaiLexer.tokens["interpolation"],
        "code": RhaiLexer.tokens["code"],
        "parameters": [
            (r"\n(?![ \t])", Whitespace, "#pop"),
            (r"\s+", Whitespace),
            (r"//.*", Comment.Single),
            (r"([A-Za-z_][\w-]*)(:)", bygroups(Name.Attribute, Punctuation)),
            (r"'[^']*'|\"[^\"]*\"", String),
            (r"\b(true|false)\b", Keyword.Constant),
            (r"-?[0-9]+(?:\.[0-9]+)?(?=\s|,|$)", Number),
            (r"[\[\],]", Punctuation),
            (r"[^\s,\[\]:]+|:", String.Other),
        ],
    }


class TerminalColors(Style):
    """The sixteen colours of a terminal: they fit whatever background its owner chose."""

    styles: ClassVar[dict[Any, str]] = {
        Comment: "ansibrightblack",
        Keyword: "ansimagenta",
        Name.Builtin: "ansicyan",
        Name.Builtin.Pseudo: "ansimagenta",
        Name.Function: "ansicyan",
        Name.Namespace: "ansicyan",
        Name.Attribute: "ansicyan",
        Number: "ansiyellow",
        String: "ansigreen",
        String.Escape: "ansibrightgreen",
        String.Interpol: "ansimagenta",
    }
