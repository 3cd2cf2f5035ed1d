"""The script module `text`: what operations scripts do with texts, beyond the language's own functions."""

from __future__ import annotations

import re
from typing import Any, Final

from horus_runtime.modules.host import PURE, HostCall, HostModule, Options
from horus_runtime.modules.patterns import MAX_INPUT, UnsafePatternError, check_pattern
from horus_runtime.modules.sal import files
from horus_runtime.modules.sal.templates import Template, TemplateError

TEXT = HostModule("text", "Texts: names, templates, patterns, layout, encodings.")
TEXT.module.types[Template] = "Template"

_NAME_SIGNS: Final = r"[\s,\-\"'#!()\[\]=+<>@$%^&*]+"
_ANSI: Final = r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]"
_WORD_PARTS: Final = r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+"


# --- layout ----------------------------------------------------------------------------------------------------------


@TEXT.fn(capability=PURE)
def dedent(call: HostCall, text: str) -> str:
    """The text without the blanks that all its lines begin with; a tab counts four."""
    import textwrap

    return textwrap.dedent(text.expandtabs(4) if "\t" in text else text)


@TEXT.fn(capability=PURE)
def prefix(call: HostCall, text: str, prefix: str) -> str:
    """The text with something in front of every line."""
    return "\n".join(prefix + line for line in text.split("\n"))


@TEXT.fn(capability=PURE)
def indent(call: HostCall, text: str, count: int = 4) -> str:
    """The text with blanks in front of every line."""
    if not 0 <= count <= 1000:
        raise call.invalid("count", "must be between 0 and 1000")
    return prefix(call, text, " " * count)


@TEXT.fn(capability=PURE)
def lines(call: HostCall, text: str) -> list[str]:
    """The lines without their line ends."""
    found = text.replace("\r\n", "\n").split("\n")
    return found[:-1] if found[-1] == "" else found


@TEXT.fn(capability=PURE)
def words(call: HostCall, text: str) -> list[str]:
    """The parts between blanks."""
    return text.split()


@TEXT.fn(capability=PURE)
def wrap(call: HostCall, text: str, width: int) -> str:
    """The text broken into lines of at most `width` characters, paragraph by paragraph."""
    import textwrap

    if not 1 <= width <= 10_000:
        raise call.invalid("width", "must be between 1 and 10000")
    return "\n".join(textwrap.fill(part, width) for part in text.split("\n"))


@TEXT.fn(capability=PURE)
def truncate(call: HostCall, text: str, length: int, mark: str = "…") -> str:
    """At most `length` characters; a longer text ends with the mark."""
    if length < 0:
        raise call.invalid("length", "must not be negative")
    return text if len(text) <= length else text[: max(length - len(mark), 0)] + mark[:length]


@TEXT.fn(capability=PURE)
def pad_left(call: HostCall, text: str, width: int, sign: str = " ") -> str:
    """The text with signs in front, to a width."""
    return text.rjust(_width(call, width), _sign(call, sign))


@TEXT.fn(capability=PURE)
def pad_right(call: HostCall, text: str, width: int, sign: str = " ") -> str:
    """The text with signs behind, to a width."""
    return text.ljust(_width(call, width), _sign(call, sign))


def _width(call: HostCall, width: int) -> int:
    if not 0 <= width <= 1_000_000:
        raise call.invalid("width", "must be between 0 and 1000000")
    return width


def _sign(call: HostCall, sign: str) -> str:
    if len(sign) != 1:
        raise call.invalid("sign", "must be one character")
    return sign


@TEXT.fn(capability=PURE)
def strip_ansi(call: HostCall, text: str) -> str:
    """The text without the control sequences of terminals."""
    return re.sub(_ANSI, "", text)


class TableOptions(Options):
    """Options of `text.table`."""

    columns: list[Any] = []  # noqa: RUF012 - options are read, never changed


@TEXT.fn(capability=PURE)
def table(call: HostCall, rows: list[Any], opts: TableOptions) -> str:
    """An array of maps as aligned columns with a heading."""
    if not all(isinstance(row, dict) for row in rows):
        raise call.invalid("rows", "must be an array of maps")
    columns = [str(name) for name in opts.columns] or list(dict.fromkeys(key for row in rows for key in row))
    cells = [columns, *([_cell(call, row.get(name)) for name in columns] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)
    return "\n".join(padded)


def _cell(call: HostCall, value: Any) -> str:
    return (
        "" if value is None else value.replace("\n", " ") if isinstance(value, str) else call.context.to_display(value)
    )


# --- names -----------------------------------------------------------------------------------------------------------


@TEXT.fn(capability=PURE)
def name_fix(call: HostCall, text: str) -> str:
    """Signs and blanks as `_`, letters outside of ASCII dropped, lower case. Tidy, but not safe as a file name."""
    return re.sub(_NAME_SIGNS, "_", text.encode("ascii", "ignore").decode()).lower()


@TEXT.fn(capability=PURE)
def path_fix(call: HostCall, text: str) -> str:
    """`name_fix` for the last part of a path; a text that ends with `/` stays as it is."""
    head, slash, last = text.rpartition("/")
    return head + slash + name_fix(call, last)


@TEXT.fn(capability=PURE)
def slug(call: HostCall, text: str) -> str:
    """Only `a-z 0-9 _ -`, letters with accents as plain ones: safe as a file name. Empty for a text without any."""
    import unicodedata

    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")


def _parts(text: str) -> list[str]:
    return re.findall(_WORD_PARTS, text)


@TEXT.fn(capability=PURE)
def snake(call: HostCall, text: str) -> str:
    """`words_like_this`."""
    return "_".join(part.lower() for part in _parts(text))


@TEXT.fn(capability=PURE)
def kebab(call: HostCall, text: str) -> str:
    """`words-like-this`."""
    return "-".join(part.lower() for part in _parts(text))


@TEXT.fn(capability=PURE)
def camel(call: HostCall, text: str) -> str:
    """`wordsLikeThis`."""
    joined = pascal(call, text)
    return joined[:1].lower() + joined[1:]


@TEXT.fn(capability=PURE)
def pascal(call: HostCall, text: str) -> str:
    """`WordsLikeThis`."""
    return "".join(part.capitalize() for part in _parts(text))


@TEXT.fn(capability=PURE)
def title(call: HostCall, text: str) -> str:
    """`Words Like This`."""
    return " ".join(part.capitalize() for part in _parts(text))


@TEXT.fn(capability=PURE)
def version_compare(call: HostCall, first: str, second: str) -> int:
    """-1, 0 or 1: how two versions such as `v1.4.36` compare; a version with a word behind `-` is the older one."""
    left, right = _version(call, "first", first), _version(call, "second", second)
    return (left > right) - (left < right)


def _version(
    call: HostCall, argument: str, text: str
) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
    match = re.fullmatch(r"v?(\d{1,9}(?:\.\d{1,9}){0,5})(?:-([0-9A-Za-z.-]{1,64}))?(?:\+[0-9A-Za-z.-]*)?", text.strip())
    if match is None:
        raise call.invalid(argument, f"'{text[:40]}' is not a version")
    numbers = [int(part) for part in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    words = (match[2] or "").split(".")
    order = tuple((not word.isdigit(), int(word) if word.isdigit() else 0, word) for word in words)
    return tuple(numbers), match[2] is None, order


# --- patterns --------------------------------------------------------------------------------------------------------


@TEXT.fn(capability=PURE)
def replace(call: HostCall, text: str, old: str, new: str) -> str:
    """The text with every occurrence replaced."""
    if old == "":
        raise call.invalid("old", "is empty")
    call.context.check_string(len(text) + text.count(old) * max(len(new) - len(old), 0))
    return text.replace(old, new)


def pattern_of(call: HostCall, pattern: str, text: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """A pattern of a script, compiled, if it is safe to run over the text."""
    if len(text) > MAX_INPUT:
        raise call.fail("LimitExceeded", f"a text for a pattern has more than {MAX_INPUT} characters")
    call.context.charge(1 + len(text) // 100)
    try:
        return check_pattern(pattern, ignore_case)
    except UnsafePatternError as error:
        raise call.invalid("pattern", str(error)) from None


@TEXT.fn(capability=PURE)
def is_match(call: HostCall, text: str, pattern: str) -> bool:
    """True when the pattern is found in the text."""
    return pattern_of(call, pattern, text).search(text) is not None


@TEXT.fn(capability=PURE)
def regex_find(call: HostCall, text: str, pattern: str) -> Any:
    """The first match as a map with text, start, end, groups and named; `()` when there is none."""
    found = pattern_of(call, pattern, text).search(text)
    return None if found is None else _match(found)


@TEXT.fn(capability=PURE)
def regex_all(call: HostCall, text: str, pattern: str) -> list[Any]:
    """All matches, each as a map with text, start, end, groups and named."""
    found = [_match(match) for match in pattern_of(call, pattern, text).finditer(text)]
    call.context.check_array(len(found))
    return found


def _match(found: re.Match[str]) -> dict[str, Any]:
    return {
        "text": found[0], "start": found.start(), "end": found.end(), "groups": list(found.groups()),
        "named": found.groupdict(),
    }  # fmt: skip


@TEXT.fn(capability=PURE)
def regex_replace(call: HostCall, text: str, pattern: str, new: str) -> str:
    """The text with every match replaced; `$1`, `${name}` and `$$` stand for groups and a plain `$`."""
    compiled = pattern_of(call, pattern, text)
    return compiled.sub(lambda match: filled(call, match, new), text)


def filled(call: HostCall, match: re.Match[str], new: str) -> str:
    """A replacement with its groups filled in."""

    def group(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name is None:
            return "$"
        try:
            return match[int(name) if name.isdigit() else name] or ""
        except (IndexError, KeyError):
            raise call.invalid("new", f"names a group '{name}' that the pattern does not have") from None

    return re.sub(r"\$(?:(\d+)|\{(\w+)\}|\$)", group, new)


# --- templates -------------------------------------------------------------------------------------------------------


def _template(call: HostCall, text: str) -> Template:
    try:
        return Template(text)
    except TemplateError as error:
        raise call.fail("InvalidArgument", f"the template is wrong: {error}", line=error.line) from None


@TEXT.fn(capability=PURE)
def template(call: HostCall, text: str) -> Template:
    """A template from a text with `{{ name }}`, `{% if %}` and `{% for %}`."""
    return _template(call, text)


@TEXT.fn(capability="read")
def template_file(call: HostCall, path: str) -> Template:
    """A template from a file."""
    return _template(call, files.decode(call, files.read_bytes(call, path), path))


@TEXT.fn(capability=PURE, handle="Template")
def add_var(call: HostCall, template: Template, name: str, value: Any) -> Template:
    """The template with one more variable; the one it was made from stays as it is."""
    return _with(template, {name: value})


@TEXT.fn(capability=PURE, handle="Template")
def add_vars(call: HostCall, template: Template, variables: dict[str, Any]) -> Template:
    """The template with more variables; the one it was made from stays as it is."""
    return _with(template, variables)


def _with(template: Template, variables: dict[str, Any]) -> Template:
    made = Template.__new__(Template)
    made.body = template.body
    made.variables = {**template.variables, **variables}
    return made


@TEXT.fn(capability=PURE, handle="Template")
def render(call: HostCall, template: Template, variables: dict[str, Any] | None = None) -> str:
    """The text with the variables filled in; a variable that is missing is an error."""
    try:
        return template.render(variables or {}, lambda: call.context.charge(1))
    except (TemplateError, ValueError) as error:
        raise call.fail("InvalidArgument", f"the template cannot be filled: {error}") from None


@TEXT.fn(capability="write", handle="Template")
def render_to_file(call: HostCall, template: Template, path: str, variables: dict[str, Any] | None = None) -> int:
    """Write the filled text to a file. Gives the number of bytes."""
    return files.write_bytes(call, path, render(call, template, variables).encode("utf-8"))


# --- encodings -------------------------------------------------------------------------------------------------------


@TEXT.fn(capability=PURE)
def split_quoted(call: HostCall, text: str) -> list[str]:
    """The words of a command line, by the quoting rules of a shell."""
    import shlex

    try:
        return shlex.split(text)
    except ValueError as error:
        raise call.invalid("text", f"cannot be split: {str(error).lower()}") from None


@TEXT.fn(capability=PURE)
def shell_quote(call: HostCall, text: str) -> str:
    """The text as one word for a shell."""
    import shlex

    return shlex.quote(text)


@TEXT.fn(capability=PURE)
def base64_encode(call: HostCall, data: str | bytearray) -> str:
    """A text (as UTF-8) or blob in Base64."""
    import base64

    return base64.b64encode(data.encode() if isinstance(data, str) else bytes(data)).decode()


@TEXT.fn(capability=PURE)
def base64_decode(call: HostCall, text: str) -> bytearray:
    """The blob behind a text in Base64."""
    import base64
    import binascii

    try:
        return bytearray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise call.invalid("text", "is not Base64") from None


@TEXT.fn(capability=PURE, name="hash")
def hash_(call: HostCall, text: str, algo: str = "sha256") -> str:
    """The hash of a text's UTF-8 in hex: sha256, sha512, sha1, blake2b or md5."""
    import hashlib

    if algo not in {"sha256", "sha512", "sha1", "blake2b", "md5"}:
        raise call.invalid("algo", "is one of sha256, sha512, sha1, blake2b, md5")
    return hashlib.new(algo, text.encode(), usedforsecurity=False).hexdigest()


@TEXT.fn(capability=PURE)
def diff(call: HostCall, first: str, second: str) -> str:
    """The difference of two texts as a unified diff; empty when they are equal."""
    import difflib

    if max(len(first), len(second)) > MAX_INPUT:
        raise call.fail("LimitExceeded", f"a text has more than {MAX_INPUT} characters")
    call.context.charge(1 + (len(first) + len(second)) // 100)
    found = difflib.unified_diff(first.splitlines(), second.splitlines(), "first", "second", lineterm="")
    return "\n".join(found)


@TEXT.fn(capability=PURE)
def csv_parse(call: HostCall, text: str, separator: str = ",") -> list[Any]:
    """The rows of a CSV text as maps, with the first row as names."""
    rows = csv_rows(call, text, separator)
    if not rows:
        return []
    names, *others = rows
    for number, row in enumerate(others, 2):
        if len(row) != len(names):
            raise call.invalid("text", f"has {len(row)} values in row {number}, and {len(names)} names")
    call.context.check_array(len(others))
    return [dict(zip(names, row, strict=True)) for row in others]


@TEXT.fn(capability=PURE)
def csv_format(call: HostCall, rows: list[Any], separator: str = ",") -> str:
    """An array of maps as CSV, with a first row of names."""
    if not all(isinstance(row, dict) for row in rows):
        raise call.invalid("rows", "must be an array of maps")
    names = list(dict.fromkeys(key for row in rows for key in row))
    return csv_lines(call, [names, *([row.get(name) for name in names] for row in rows)] if names else [], separator)


def csv_rows(call: HostCall, text: str, separator: str) -> list[Any]:
    """The rows of a CSV text as arrays of texts; empty lines are left out."""
    import csv
    import io

    try:
        return [row for row in csv.reader(io.StringIO(text), delimiter=_sign(call, separator), strict=True) if row]
    except csv.Error as error:
        raise call.invalid("text", f"is not CSV: {error}") from None


def csv_lines(call: HostCall, rows: list[Any], separator: str) -> str:
    """Arrays as the lines of a CSV text."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, delimiter=_sign(call, separator), lineterminator="\n")
    writer.writerows([_csv_cell(call, value) for value in row] for row in rows)
    return out.getvalue()


def _csv_cell(call: HostCall, value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else call.context.to_display(value)
