"""`text.replacer`: several replacements in a row, each on what the one before left."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from horus_runtime.modules.host import PURE, HostCall
from horus_runtime.modules.sal import files
from horus_runtime.modules.sal.text import TEXT, filled, pattern_of


@dataclass(frozen=True, slots=True)
class Rule:
    """One replacement."""

    find: str = ""
    with_: str = ""
    regex: bool = False
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Replacer:
    """Replacements in order; every method gives a new one."""

    rules: tuple[Rule, ...] = ()
    current: Rule | None = None

    def __repr__(self) -> str:
        return f"Replacer({len(self.rules) + (self.current is not None)} rules)"

    def all_rules(self) -> tuple[Rule, ...]:
        """The rules, with the one under construction."""
        return self.rules if self.current is None else (*self.rules, self.current)


TEXT.module.types[Replacer] = "Replacer"


@TEXT.fn(capability=PURE)
def replacer(call: HostCall, rules: list[Any] | None = None) -> Replacer:
    """A replacer from an array of `#{find, with, regex, ignore_case}`, or an empty one for `pattern(..)` and others."""
    made: list[Rule] = []
    for rule in rules or []:
        if not isinstance(rule, dict) or not {"find", "with"} <= set(rule) <= {"find", "with", "regex", "ignore_case"}:
            raise call.invalid("rules", "must be maps with find, with, and perhaps regex and ignore_case")
        if type(rule["find"]) is not str or type(rule["with"]) is not str:
            raise call.invalid("rules", "must have texts as find and with")
        found = Rule(rule["find"], rule["with"], rule.get("regex") is True, rule.get("ignore_case") is True)
        _check(call, found)
        made.append(found)
    return Replacer(tuple(made))


def _check(call: HostCall, rule: Rule) -> None:
    if not rule.find:
        raise call.invalid("rules", "have a pattern that is empty")
    pattern_of(call, rule.find if rule.regex else re.escape(rule.find), "", ignore_case=rule.ignore_case)


def _changed(replacer: Replacer, **changes: Any) -> Replacer:
    return Replacer(replacer.rules, replace(replacer.current or Rule(), **changes))


@TEXT.fn(capability=PURE, handle="Replacer")
def pattern(call: HostCall, replacer: Replacer, find: str) -> Replacer:
    """What to look for in the rule under construction."""
    return _changed(replacer, find=find)


@TEXT.fn(capability=PURE, handle="Replacer")
def replacement(call: HostCall, replacer: Replacer, text: str) -> Replacer:
    """What to put in its place."""
    return _changed(replacer, with_=text)


@TEXT.fn(capability=PURE, handle="Replacer")
def regex(call: HostCall, replacer: Replacer, on: bool) -> Replacer:
    """Whether the pattern is a regular expression."""
    return _changed(replacer, regex=on)


@TEXT.fn(capability=PURE, handle="Replacer")
def case_insensitive(call: HostCall, replacer: Replacer, on: bool) -> Replacer:
    """Whether capital and small letters are the same."""
    return _changed(replacer, ignore_case=on)


@TEXT.fn(capability=PURE, name="and", handle="Replacer")
def and_(call: HostCall, replacer: Replacer) -> Replacer:
    """Begin the next rule."""
    return Replacer(replacer.all_rules())


@TEXT.fn(capability=PURE, handle="Replacer")
def build(call: HostCall, replacer: Replacer) -> Replacer:
    """The replacer, checked."""
    for rule in replacer.all_rules():
        _check(call, rule)
    return Replacer(replacer.all_rules())


def _replaced(call: HostCall, replacer: Replacer, text: str) -> str:
    for rule in replacer.all_rules():
        _check(call, rule)
        wanted = rule.find if rule.regex else re.escape(rule.find)
        compiled = pattern_of(call, wanted, text, ignore_case=rule.ignore_case)
        text = compiled.sub(_filler(call, rule), text)
        call.context.check_string(len(text))
    return text


def _filler(call: HostCall, rule: Rule) -> Callable[[re.Match[str]], str]:
    return lambda match: filled(call, match, rule.with_) if rule.regex else rule.with_


@TEXT.fn(capability=PURE, name="replace", handle="Replacer")
def replace_(call: HostCall, replacer: Replacer, text: str) -> str:
    """The text with all rules applied, one after the other."""
    return _replaced(call, replacer, text)


@TEXT.fn(capability="read", handle="Replacer")
def replace_file(call: HostCall, replacer: Replacer, path: str) -> str:
    """The text of a file with all rules applied; the file stays as it is."""
    return _replaced(call, replacer, files.decode(call, files.read_bytes(call, path), path))


@TEXT.fn(capability="write", handle="Replacer")
def replace_file_to(call: HostCall, replacer: Replacer, path: str, target: str) -> bool:
    """Write the text of a file with all rules applied to another one; true when it differs from the first."""
    before = files.decode(call, files.read_bytes(call, path), path)
    after = _replaced(call, replacer, before)
    files.write_bytes(call, target, after.encode())
    return after != before


@TEXT.fn(capability="write", handle="Replacer")
def replace_file_in_place(call: HostCall, replacer: Replacer, path: str) -> bool:
    """Apply all rules to a file; true when it changed, and only then it is written."""
    before = files.decode(call, files.read_bytes(call, path), path)
    after = _replaced(call, replacer, before)
    if after != before:
        files.write_bytes(call, path, after.encode(), mode=files.stat_map(call, path)["mode"])
    return after != before
