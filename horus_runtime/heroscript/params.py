"""`Params`: what an action was given: named values in order, positional arguments, and their comments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from horus_runtime.heroscript.getters import Getters
from horus_runtime.heroscript.names import name_fix
from horus_runtime.heroscript.texts import TRIM, joined_items


@dataclass(slots=True)
class Value:
    """One named value: its text, its items when it was written as a list, and comments that belong to it."""

    text: str
    items: list[str] | None = None
    comments: list[str] = field(default_factory=list)
    offset: int = -1
    """Where its key stands in the payload; -1 for values that were set."""

    def as_list(self) -> list[str]:
        """The items; a single value is a list of one, an empty one a list of none."""
        if self.items is not None:
            return list(self.items)
        return [self.text] if self.text else []

    def changed(self, change: Callable[[str], str]) -> Value:
        """The value with every text in it changed."""
        if self.items is None:
            return Value(change(self.text), None, list(self.comments), self.offset)
        items = [change(item) for item in self.items]
        text = self.text if items == self.items else joined_items(items)
        return Value(text, items, list(self.comments), self.offset)


@dataclass(slots=True)
class Argument:
    """One positional argument."""

    text: str
    comments: list[str] = field(default_factory=list)
    offset: int = -1


class Params(Getters):
    """Named values by their normalised keys, the last one of a name winning, and positional arguments."""

    __slots__ = ("args", "values")

    def __init__(self, values: Mapping[str, Any] | None = None, args: Iterable[str] = ()) -> None:
        self.values: dict[str, Value] = {}
        self.args: list[Argument] = [Argument(_text(text)) for text in args]
        for key, value in (values or {}).items():
            self.set(key, value)

    # --- changing ----------------------------------------------------------------------------------------------------

    def put(self, key: str, value: Value) -> None:
        """Store a parsed value; a repeated key moves to the end."""
        name = name_fix(key)
        self.values.pop(name, None)
        self.values[name] = value

    def set(self, key: str, value: Any) -> None:
        """Set a value from Python: texts, numbers, truth values, and lists of these."""
        if isinstance(value, (list, tuple)):
            items = [_text(item) for item in value]
            self.put(key, Value(joined_items(items), items))
        else:
            self.put(key, Value(_text(value)))

    def set_arg(self, text: str) -> None:
        """Add an argument unless it is there."""
        if text not in self.arguments():
            self.args.append(Argument(_text(text)))

    def delete(self, key: str) -> None:
        """Remove a value; nothing happens when there is none."""
        self.values.pop(name_fix(key), None)

    def delete_arg(self, text: str) -> None:
        """Remove an argument; nothing happens when there is none."""
        self.args = [argument for argument in self.args if argument.text != text]

    def merge(self, other: Params) -> None:
        """Take over the values of `other`, which win, and its arguments that are not here yet."""
        for key, value in other.values.items():
            self.put(key, value)
        known = set(self.arguments())
        self.args.extend(argument for argument in other.args if argument.text not in known)

    def add(self, text: str) -> None:
        """Take over what stands in a parameter text."""
        from horus_runtime.heroscript.parser import parse_params

        self.merge(parse_params(text))

    def replace(self, words: Mapping[str, str]) -> None:
        """Put words in the place of `{NAME}` in values; names that are not known stay."""
        from horus_runtime.heroscript.placeholders import fill

        known = {name_fix(name): word for name, word in words.items()}
        for key, value in self.values.items():
            self.values[key] = value.changed(lambda text: fill(text, lambda name: known.get(name_fix(name))))

    # --- looking -----------------------------------------------------------------------------------------------------

    def arguments(self) -> list[str]:
        """The positional arguments."""
        return [argument.text for argument in self.args]

    def to_dict(self) -> dict[str, str]:
        """All named values as texts, in order."""
        return self.get_map()

    def filter_match(self, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> bool:
        """True when one of `include` holds (or there is none) and none of `exclude`.

        A filter is terms with `+` between them, all of which must hold; a term is an argument or `key:value`, with
        `*` and `?` as in file names.
        """
        wanted = list(include)
        if any(self._holds(item) for item in exclude):
            return False
        return not wanted or any(self._holds(item) for item in wanted)

    def _holds(self, terms: str) -> bool:
        return all(self._holds_term(term.strip()) for term in terms.split("+"))

    def _holds_term(self, term: str) -> bool:
        key, colon, pattern = term.partition(":")
        if not colon:
            return any(fnmatchcase(text, term) for text in self.arguments())
        value = self.values.get(name_fix(key))
        return value is not None and fnmatchcase(value.text, pattern.strip())

    # --- forms -------------------------------------------------------------------------------------------------------

    def export(self, prefix: str = "", *, skip_empty: bool = False) -> str:
        """The parameters as text that reads back as the same; `prefix` stands in front."""
        from horus_runtime.heroscript.export import GENERAL, layout

        return layout(self, prefix, GENERAL, skip_empty=skip_empty)

    def hexhash(self) -> str:
        """The SHA-256 of the one-line text in hex: equal for equal parameters, whatever their order and comments."""
        import hashlib

        from horus_runtime.heroscript.export import one_line

        return hashlib.sha256(one_line(self).encode()).hexdigest()

    def equal(self, other: Params) -> bool:
        """True when both have the same canonical text."""
        return self.hexhash() == other.hexhash()

    def to_json(self) -> str:
        """Values and arguments as a JSON document."""
        import json

        values = {key: value.items if value.items is not None else value.text for key, value in self.values.items()}
        return json.dumps({"params": values, "args": self.arguments()}, ensure_ascii=False)

    def to_resp(self) -> bytes:
        """Keys and values as one RESP array of bulk strings, the form in which Redis takes a map."""
        words = [word for key, value in self.values.items() for word in (key, value.text)]
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            data = word.encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        return b"".join(parts)

    def __contains__(self, key: str) -> bool:
        return self.exists(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __eq__(self, other: object) -> bool:
        """The same values, in whatever order, and the same arguments; comments do not count."""
        return (
            isinstance(other, Params)
            and self.to_dict() == other.to_dict()
            and self.arguments() == other.arguments()
            and all(self.values[key].as_list() == other.values[key].as_list() for key in self.values)
        )

    __hash__ = None  # type: ignore[assignment]  # params change

    def __repr__(self) -> str:
        return f"Params({self.to_dict()!r}, {self.arguments()!r})"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("\r\n", "\n").strip(TRIM)
