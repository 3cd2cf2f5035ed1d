"""Which actions there are, and what parameters they take: typed by pydantic models, checked before anything runs."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from horus_runtime.heroscript.actions import Action
from horus_runtime.heroscript.placeholders import SIMPLE
from horus_runtime.modules.host import HostCall
from horus_runtime.source import SourceFile

if TYPE_CHECKING:
    from horus_runtime.errors import HostFailure
    from horus_runtime.runtime.context import NativeCallContext

F = TypeVar("F", bound=Callable[..., Any])


class ActionParams(BaseModel):
    """Base of parameter models. A field that is a list gets the items of a comma list or of `[...]`.

    A field `args: list[str]` takes positional arguments; without it an action takes none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _flag(value: Any) -> Any:
    """A switch that is named without a value is on."""
    return True if value == "" else value


Flag = BeforeValidator(_flag)
"""For truth values: `Annotated[bool, Flag]` also accepts `key:` alone."""


class Problem(NamedTuple):
    """Something wrong with an action: where in its text, what, and what was probably meant."""

    offset: int
    message: str
    source: SourceFile | None = None


class ActionCall:
    """One run of an action: its text, the run it is part of, and a way to print."""

    __slots__ = ("action", "context")

    def __init__(self, context: NativeCallContext, action: Action) -> None:
        self.context = context
        self.action = action

    def print(self, line: str) -> None:
        """Print a line where the script's own `print` goes."""
        self.context.print(line)

    def host(self, module: str, function: str) -> HostCall:
        """The call with which functions of host modules are used."""
        return HostCall(self.context, module, function)

    def fail(self, failure: str, message: str, **extra: Any) -> HostFailure:
        """The error for the payload; the caller raises it."""
        return HostCall(self.context, self.action.actor, self.action.name).fail(failure, message, **extra)


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """A known action: its names, what runs, its parameters, its help."""

    name: str
    run: Callable[[ActionCall, Any], Any]
    params: type[ActionParams]
    help: str
    renamed: Mapping[str, str]
    """Other spellings of parameters."""

    def describe(self) -> dict[str, Any]:
        """Name, help and parameters as plain data, for documentation."""
        parameters = [
            {
                "name": field.alias or name,
                "type": _type_words(field.annotation),
                "required": field.is_required(),
                "default": "" if field.is_required() else _default_text(field.get_default(call_default_factory=True)),
                "help": field.description or "",
            }
            for name, field in self.params.model_fields.items()
        ]
        return {"name": self.name, "help": self.help, "parameters": parameters, "renamed": dict(self.renamed)}

    def problems(self, action: Action) -> list[Problem]:
        """Everything that is wrong with the parameters of an action."""
        shape = _shape_of(self.params)
        found = [
            Problem(value.offset, f"unknown parameter '{key}' of {self.name}{meant(key, self.keys())}")
            for key, value in action.params.values.items()
            if not shape.takes(self.renamed.get(key, key))
        ]
        if action.params.args and not shape.takes_args:
            first = action.params.args[0]
            found.append(Problem(first.offset, f"{self.name} takes no arguments without a name, '{first.text}' is one"))
        try:
            self.parsed(action)
        except ValidationError as error:
            found += [
                self._problem(action, item)
                for item in error.errors(include_url=False)
                if not _filled_later(action, item)
            ]
        if not found:
            return found
        return [problem._replace(source=action.source) for problem in sorted(found, key=itemgetter(0))]

    def parsed_late(self, call: ActionCall, action: Action) -> ActionParams:
        """As `parsed`, when the action runs: what is wrong then came with the words for its placeholders."""
        try:
            return self.parsed(action)
        except ValidationError as error:
            found = [self._problem(action, item).message for item in error.errors(include_url=False)]
            raise call.fail("InvalidArgument", "; ".join(found)) from None

    def keys(self) -> frozenset[str]:
        """The names of the parameters."""
        return _shape_of(self.params).keys

    def parsed(self, action: Action) -> ActionParams:
        """The parameters of an action in their types."""
        data: dict[str, Any] = {}
        shape = _shape_of(self.params)
        for key, value in action.params.values.items():
            name = self.renamed.get(key, key)
            if not shape.takes(name):
                continue  # reported as unknown
            data[name] = value.as_list() if name in shape.lists else value.text
        if action.params.args and shape.takes_args:
            data["args"] = action.params.arguments()
        return self.params.model_validate(data)

    def _problem(self, action: Action, item: Any) -> Problem:
        key = str(item["loc"][0]) if item["loc"] else ""
        value = action.params.values.get(key)
        if item["type"] == "missing":
            return Problem(action.offset, f"{self.name} needs the parameter '{key}'")
        shown = f" '{value.text}'" if value is not None else ""
        message = str(item["msg"]).removeprefix("Input should be ")
        return Problem(
            value.offset if value else action.offset, f"'{key}' of {self.name} is{shown}: should be {message}"
        )


class Actions:
    """The actions that a payload may use."""

    def __init__(self, specs: Iterable[ActionSpec] = ()) -> None:
        self.specs: dict[str, ActionSpec] = {spec.name: spec for spec in specs}

    def action(self, *names: str, renamed: Mapping[str, str] | None = None) -> Callable[[F], F]:
        """Decorator: register a function of an `ActionCall` and its parameters under one name or several."""

        def register(function: F) -> F:
            model = next(item for key, item in get_type_hints(function).items() if key == "params")
            text = " ".join((function.__doc__ or "").split())
            for name in names:
                self.specs[name] = ActionSpec(name, function, model, text, renamed or {})
            return function

        return register

    def copy(self) -> Actions:
        """The same actions, for a host to add its own."""
        return Actions(self.specs.values())

    def get(self, action: Action) -> ActionSpec | None:
        """What runs for an action, or nothing."""
        return self.specs.get(action.full_name)

    def problems(self, actions: Iterable[Action]) -> list[Problem]:
        """Everything that is wrong with the actions of a payload: unknown ones, and wrong parameters."""
        found: list[Problem] = []
        for action in actions:
            spec = self.get(action)
            if spec is not None:
                found.extend(spec.problems(action))
            else:
                near = meant(action.full_name, self.specs)
                actor = any(name.startswith(f"{action.actor}.") for name in self.specs)
                what = (
                    f"'{action.full_name}'" if actor else f"'{action.full_name}' (there is no actor '{action.actor}')"
                )
                found.append(Problem(action.offset, f"unknown action {what}{near}", action.source))
        return found


def _filled_later(action: Action, item: Any) -> bool:
    """True when what is wrong may become right once a placeholder is filled."""
    value = action.params.values.get(str(item["loc"][0])) if item["loc"] else None
    return value is not None and SIMPLE.search(value.text) is not None


def meant(name: str, known: Iterable[str]) -> str:
    """The tail of a message about an unknown name: the one that was probably meant."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean '{close[0]}'?" if close else ""


def _type_words(annotation: Any) -> str:
    """What a parameter takes, in words for people."""
    origin, items = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type_words(items[0])
    if origin is Literal:
        return "|".join(str(item) for item in items)
    if origin in {Union, UnionType}:
        return " or ".join(_type_words(item) for item in items if item is not type(None))
    if origin is list:
        return f"list of {_type_words(items[0])}"
    words = {str: "text", int: "integer", float: "number", bool: "true/false", dict: "k:v, k2:v2"}
    return words.get(origin or annotation, getattr(annotation, "__name__", str(annotation)))


def _default_text(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Shape(NamedTuple):
    """What a model takes, read out once: pydantic makes the fields' descriptions anew whenever it is asked."""

    keys: frozenset[str]
    """The names of the parameters."""
    lists: frozenset[str]
    """Fields that are lists."""
    takes_args: bool
    is_open: bool
    """Are parameters of any name allowed?"""

    def takes(self, key: str) -> bool:
        return key in self.keys or self.is_open


@lru_cache(maxsize=1024)
def _shape_of(model: type[ActionParams]) -> _Shape:
    fields = model.model_fields
    names = frozenset(field.alias or name for name, field in fields.items()) - {"args"}
    lists = frozenset(name for name, field in fields.items() if getattr(field.annotation, "__origin__", None) is list)
    return _Shape(names, lists, "args" in fields, model.model_config.get("extra") == "allow")
