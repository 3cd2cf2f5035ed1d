"""Schemas: what a model's records must look like. Input: maps of scripts; output: problems, or completed records."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Any, Final

from horus_runtime.modules.jsonable import NotJsonError, to_json_value
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.names import COLUMNS, check_field, check_model

Problem = dict[str, str]
"""`field`, `rule` and `message` of one thing that is wrong with a record."""

TYPES: Final = frozenset({"string", "int", "float", "number", "bool", "list", "map", "datetime", "date", "json", "any"})
_FLAGS: Final = frozenset({"unique", "index", "search", "readonly", "secret", "auto_now", "required"})
_CALL: Final = re.compile(r"(ref|list)\((.*)\)")
_FORMATS: Final[Mapping[str, str]] = {
    "email": r"[^@\s]+@[^@\s]+\.[^@\s.]+",
    "url": r"https?://[^\s/]+(/\S*)?",
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "slug": r"[a-z0-9]+(-[a-z0-9]+)*",
}


@dataclass(frozen=True, slots=True)
class Field:
    """The rules of one field."""

    name: str
    type: str
    of: str = ""
    """The model of a `ref`, the item type of a `list`."""
    required: bool = False
    has_default: bool = False
    default: Any = None
    unique: bool = False
    index: bool = False
    search: bool = False
    min: Any = None
    max: Any = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str = ""
    one_of: tuple[Any, ...] = ()
    format: str = ""
    readonly: bool = False
    secret: bool = False
    on_delete: str = "restrict"
    auto_now: bool = False
    computed: str = ""
    """An expression over the other fields; what callers give for the field is left out."""

    def narrower_than(self, old: Field) -> list[str]:
        """In what these rules refuse values that other ones took."""
        wider = {("int", "float"), ("int", "number"), ("float", "number"), ("number", "float")}
        found = []
        same = (self.type, self.of) == (old.type, old.of) or (self.type == old.type and not self.of)
        if not same and (old.type, self.type) not in wider and self.type not in {"any", "json"}:
            found.append("has another type")
        found += [f"is {rule}" for rule in ("required", "unique") if getattr(self, rule) and not getattr(old, rule)]
        for rule, lower in (("min", True), ("max", False), ("min_length", True), ("max_length", False)):
            mine, theirs = getattr(self, rule), getattr(old, rule)
            if mine is not None and (theirs is None or (mine > theirs if lower else mine < theirs)):
                found.append(f"has another {rule}")
        if self.one_of and not (old.one_of and set(map(repr, old.one_of)) <= set(map(repr, self.one_of))):
            found.append("allows fewer values")
        found += [
            f"has another {rule}"
            for rule in ("pattern", "format", "computed")
            if getattr(self, rule) and getattr(self, rule) != getattr(old, rule)
        ]
        return found

    def to_map(self) -> dict[str, Any]:
        """The rules as a script would write them; what is not said is left out."""
        rules: dict[str, Any] = {"type": f"{self.type}({self.of})" if self.of else self.type}
        for item in dataclass_fields(self):
            value = getattr(self, item.name)
            if item.name in {"name", "type", "of", "has_default", "default"} or value == item.default:
                continue
            rules[item.name] = list(value) if isinstance(value, tuple) else value
        if self.has_default:
            rules["default"] = self.default
        return rules


@dataclass(frozen=True, slots=True)
class Schema:
    """All fields of a model, and whether others are refused (`strict`)."""

    fields: Mapping[str, Field]
    strict: bool = True
    version: int = 0
    """A number that the author gave it."""

    @classmethod
    def parse(cls, given: Any, mode: str = "strict", version: int = 0) -> Schema:
        """A schema from a script's map; a wrong rule is an `InvalidArgument` naming its field."""
        if type(given) is not dict:
            raise fault("InvalidArgument", f"a schema is a map of fields, not {shown(given)}")
        if mode not in {"strict", "open"}:
            raise fault("InvalidArgument", f"a schema's mode is strict or open, not {shown(mode)}")
        if type(version) is not int or version < 0:
            raise fault("InvalidArgument", f"a schema's version is a number from 0, not {shown(version)}")
        fields = {name: parse_field(_schema_field(name), rules) for name, rules in given.items()}
        _check_computed(fields, strict=mode == "strict")
        return cls(fields, mode == "strict", version)

    @classmethod
    def load(cls, text: str) -> Schema:
        """A schema from its stored text."""
        data = json.loads(text)
        return cls.parse(data["fields"], data["mode"], data.get("version", 0))

    def dump(self) -> str:
        """The text that is stored."""
        return json.dumps({"mode": self.mode, "version": self.version, "fields": self.to_map()}, ensure_ascii=False)

    @property
    def mode(self) -> str:
        """`strict` or `open`."""
        return "strict" if self.strict else "open"

    def to_map(self) -> dict[str, Any]:
        """The schema as a script would write it."""
        return {name: field.to_map() for name, field in self.fields.items()}

    def completed(
        self, record: dict[str, Any], now: str, new_id: Callable[[], str], *, creating: bool
    ) -> dict[str, Any]:
        """The record with defaults (on create) and automatic times filled in."""
        result = dict(record)
        for name, field in self.fields.items():
            if field.auto_now:
                result[name] = now if field.type == "datetime" else now[:10]
            elif creating and field.has_default and name not in result:
                made = {"now": now if field.type == "datetime" else now[:10], "uuid": new_id} if _is_word(field) else {}
                value = made.get(field.default, field.default)
                result[name] = value() if callable(value) else to_json_value(value)
        return self._with_computed(result) if self._computed() else result

    def _computed(self) -> list[Field]:
        return [field for field in self.fields.values() if field.computed]

    def _with_computed(self, result: dict[str, Any]) -> dict[str, Any]:
        from horus_runtime.modules.osiris.computed import NotComputableError, compute

        for field in self._computed():
            result.pop(field.name, None)
            try:
                value = compute(field.computed, result)
            except NotComputableError as error:
                problem = _problem(field.name, "computed", f"cannot be computed: the rule {error}")
                raise fault(
                    "ValidationFailed", problem["message"], field=field.name, rule="computed", problems=[problem]
                ) from None
            if value is not None:
                result[field.name] = value
        return result

    def problems(self, record: dict[str, Any], old: dict[str, Any] | None = None) -> list[Problem]:
        """Everything that is wrong with a record, in the order of the fields; `old` is the record before an update."""
        found: list[Problem] = []
        for name, field in self.fields.items():
            value = record.get(name)
            if value is None:
                if field.required:
                    found.append(_problem(name, "required", "is required"))
                continue
            found.extend(check_value(field, value))
            if field.readonly and old is not None and old.get(name) != value:
                found.append(_problem(name, "readonly", "cannot be changed"))
        if self.strict:
            found.extend(_unknown(name, self.fields) for name in record if name not in self.fields)
        return found

    def takes_away(self, wanted: Schema) -> list[str]:
        """What another schema in this one's place could refuse or lose of stored records; empty for mere additions."""
        found = ["other fields are no longer kept"] if wanted.strict and not self.strict else []
        found += [f"'{name}' goes" for name in self.fields if name not in wanted.fields and wanted.strict]
        for name, field in wanted.fields.items():
            old = self.fields.get(name)
            if old is None:
                found += [f"'{name}' is required"] if field.required else []
            else:
                found += [f"'{name}' {text}" for text in field.narrower_than(old)]
        return found

    def indexes(self) -> list[tuple[str, bool]]:
        """The fields that want an index, each with whether it is a unique one; references are looked up by theirs."""
        return [
            (name, field.unique)
            for name, field in self.fields.items()
            if field.unique or field.index or field.type == "ref"
        ]

    def searchable(self) -> tuple[str, ...]:
        """The fields for full-text search."""
        return tuple(name for name, field in self.fields.items() if field.search)

    def references(self) -> list[Field]:
        """The fields that hold ids of other models' records."""
        return [field for field in self.fields.values() if field.type == "ref"]

    def secrets(self) -> frozenset[str]:
        """The fields whose values are shown to nobody."""
        return frozenset(name for name, field in self.fields.items() if field.secret)


def _schema_field(name: Any) -> str:
    if name in COLUMNS:
        raise fault("InvalidArgument", f"'{name}' is set by the store and cannot be declared", field=name)
    return check_field(name)


def _check_computed(fields: Mapping[str, Field], *, strict: bool) -> None:
    """A computed field reads fields that are declared (if all have to be), and computed ones that stand before it."""
    from horus_runtime.modules.osiris.computed import NotComputableError, compiled

    ready = {name for name, field in fields.items() if not field.computed}
    for name, field in fields.items():
        if not field.computed:
            continue
        try:
            _, names = compiled(field.computed)
        except NotComputableError as error:
            raise fault("InvalidArgument", f"the rule 'computed' of '{name}' {error}", field=name) from None
        for used in sorted(names - ready if strict else names & (fields.keys() - ready)):
            what = "stands behind it" if used in fields else "is not declared"
            message = f"the rule 'computed' of '{name}' uses '{used}', which {what}"
            raise fault("InvalidArgument", message, field=name)
        ready.add(name)


def parse_field(name: str, rules: Any) -> Field:
    """One field's rules, from a type word such as `"string! unique"` or from a rule map."""
    if type(rules) is str:
        return _from_words(name, rules, {})
    if type(rules) is not dict or type(rules.get("type", "any")) is not str:
        raise fault("InvalidArgument", f"the rule for '{name}' is a type word or a map, not {shown(rules)}", field=name)
    return _from_words(name, rules.get("type", "any"), {key: item for key, item in rules.items() if key != "type"})


def _from_words(name: str, words: str, rules: dict[str, Any]) -> Field:
    first, *flags = words.split()[:20] or [""]
    settings: dict[str, Any] = {"required": True} if first.endswith("!") else {}
    kind, of = first.removesuffix("!"), ""
    if match := _CALL.fullmatch(kind):
        kind, of = match[1], match[2]
        if kind == "ref":
            check_model(of)
        elif of not in TYPES:
            raise fault("InvalidArgument", f"'{name}' has an unknown item type '{of}'", field=name)
    elif kind not in TYPES:
        known = ", ".join([*sorted(TYPES), "ref(model)", "list(type)"])
        raise fault("InvalidArgument", f"'{name}' has an unknown type '{kind}'; known: {known}", field=name)
    for flag in flags:
        if flag not in _FLAGS:
            raise fault("InvalidArgument", f"'{name}' has an unknown rule '{flag}'", field=name)
        settings[flag] = True
    for rule, value in rules.items():
        settings[rule] = _rule(name, kind, rule, value)
    if "default" in settings:
        settings["has_default"] = True
    return Field(name, kind, of, **settings)


def _rule(name: str, kind: str, rule: str, value: Any) -> Any:
    """The value of a rule in a rule map, checked."""
    try:
        plain = to_json_value(value)
    except NotJsonError as error:
        raise fault(
            "InvalidArgument", f"the rule '{rule}' of '{name}' has a wrong value: {error}", field=name
        ) from None
    right: Callable[[], bool] | None = {
        "min": lambda: type(plain) in ({str} if kind in {"date", "datetime"} else {int, float}),
        "max": lambda: type(plain) in ({str} if kind in {"date", "datetime"} else {int, float}),
        "min_length": lambda: type(plain) is int and plain >= 0,
        "max_length": lambda: type(plain) is int and plain >= 0,
        "pattern": lambda: type(plain) is str and _pattern_is_safe(name, plain),
        "one_of": lambda: type(plain) is list and bool(plain),
        "format": lambda: plain in {*_FORMATS, "ipv4", "ipv6"},
        "on_delete": lambda: plain in {"restrict", "cascade", "set_null"},
        "default": lambda: True,
        "computed": lambda: type(plain) is str and bool(plain.strip()),
        **dict.fromkeys(_FLAGS, lambda: type(plain) is bool),
    }.get(rule)
    if right is None:
        raise fault("InvalidArgument", f"'{name}' has an unknown rule '{rule}'", field=name)
    if not right():
        raise fault("InvalidArgument", f"the rule '{rule}' of '{name}' cannot be {shown(plain)}", field=name)
    return tuple(plain) if rule == "one_of" else plain


def _pattern_is_safe(name: str, pattern: str) -> bool:
    from horus_runtime.modules.patterns import UnsafePatternError, check_pattern

    try:
        check_pattern(pattern)
    except UnsafePatternError as error:
        raise fault("InvalidArgument", f"the pattern of '{name}' {error}", field=name) from None
    return True


def check_value(field: Field, value: Any) -> list[Problem]:
    """What is wrong with one value that is present."""
    problem = _type_problem(field.type, field.of, value)
    if problem:
        return [_problem(field.name, "type", problem if field.secret else f"{problem}, not {_word(value)}")]
    found = list(_range_problems(field, value))
    if field.one_of and value not in field.one_of:
        found.append(("one_of", f"is one of {', '.join(shown(item) for item in field.one_of)}"))
    if field.pattern and type(value) is str and not re.fullmatch(field.pattern, value[:10_000]):
        found.append(("pattern", f"does not match {shown(field.pattern)}"))
    if field.format and type(value) is str and not _has_format(field.format, value):
        found.append(
            ("format", f"is not an {field.format}" if field.format[0] in "aeiu" else f"is not a {field.format}")
        )
    return [_problem(field.name, rule, message) for rule, message in found]


def _range_problems(field: Field, value: Any) -> Any:
    if type(value) in {int, float, str} and (field.type in {"date", "datetime"}) is (type(value) is str):
        if field.min is not None and value < field.min:
            yield "min", f"is less than {field.min}"
        if field.max is not None and value > field.max:
            yield "max", f"is more than {field.max}"
    if type(value) in {str, list}:
        if field.min_length is not None and len(value) < field.min_length:
            yield "min_length", f"is shorter than {field.min_length}"
        if field.max_length is not None and len(value) > field.max_length:
            yield "max_length", f"is longer than {field.max_length}"


def _type_problem(kind: str, of: str, value: Any) -> str:
    """Empty when the value has the type, else what it should be."""
    cls = type(value)
    if kind in {"any", "json"}:
        return ""
    if kind == "list":
        if cls is not list:
            return "must be a list"
        wrong = next((at for at, item in enumerate(value) if of and _type_problem(of, "", item)), None)
        return "" if wrong is None else f"must be a list of {of} (item {wrong} is not)"
    if kind in {"date", "datetime"}:
        return "" if cls is str and _is_time(kind, value) else f"must be a {kind}"
    classes, words = _CLASSES[kind]
    return "" if cls in classes else f"must be {words}"


_CLASSES: Final[Mapping[str, tuple[frozenset[type], str]]] = {
    "string": (frozenset({str}), "a string"),
    "int": (frozenset({int}), "an int"),
    "float": (frozenset({float, int}), "a float"),
    "number": (frozenset({float, int}), "a number"),
    "bool": (frozenset({bool}), "a bool"),
    "map": (frozenset({dict}), "a map"),
    "ref": (frozenset({str}), "the id of a record"),
}


def _is_time(kind: str, text: str) -> bool:
    from datetime import date, datetime

    try:
        if kind == "date":
            return len(text) == 10 and bool(date.fromisoformat(text))
        return len(text) > 10 and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _has_format(name: str, text: str) -> bool:
    import ipaddress

    if name in {"ipv4", "ipv6"}:
        try:
            (ipaddress.IPv4Address if name == "ipv4" else ipaddress.IPv6Address)(text)
        except ValueError:
            return False
        return True
    return len(text) <= 2000 and re.fullmatch(_FORMATS[name], text) is not None


def _is_word(field: Field) -> bool:
    """The defaults `now` and `uuid` mean themselves only where such a value fits."""
    return field.default == "uuid" or (field.default == "now" and field.type in {"date", "datetime"})


def _word(value: Any) -> str:
    words = {str: "a string", int: "an int", float: "a float", bool: "a bool", list: "a list", dict: "a map"}
    return words[type(value)]


def _problem(name: str, rule: str, message: str) -> Problem:
    return {"field": name, "rule": rule, "message": f"'{name}' {message}"}


def _unknown(name: str, known: Mapping[str, Field]) -> Problem:
    import difflib

    close = difflib.get_close_matches(name, list(known), n=1)
    hint = f", did you mean '{close[0]}'?" if close else ""
    return _problem(name, "unknown", f"is not a field of the schema{hint}")
