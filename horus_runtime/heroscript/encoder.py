"""Objects as actions: `encode(job)` writes a dataclass or pydantic model, `decode(text, BackupJob)` reads one.

The shape is flat: one action per object, `!!define.backup_job`. Texts that are empty are left out, numbers and truth
values are always written. Nested objects have no form, which is an error when the class is looked at.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from horus_runtime.errors import ParseError
from horus_runtime.heroscript import units
from horus_runtime.heroscript.actions import Action
from horus_runtime.heroscript.getters import wrong_parameter
from horus_runtime.heroscript.names import name_fix
from horus_runtime.heroscript.params import Params
from horus_runtime.heroscript.playbook import Playbook, parse_playbook

T = TypeVar("T")

UNSET_TIME: Final = "0000-00-00 00:00"
_TIME: Final = "%Y-%m-%d %H:%M"
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ALWAYS: Final = (int, float, bool, datetime)


@dataclasses.dataclass(frozen=True, slots=True)
class HeroField:
    """What `Annotated[str, HeroField(...)]` says about a field."""

    skip: bool = False
    """Neither written nor read."""
    skip_decode: bool = False
    """Written, but not read."""
    alias: str = ""
    """The key under which it is written."""


class _Field(NamedTuple):
    name: str
    kind: Any
    item: Any
    """For lists: the type of the items."""
    optional: bool
    about: HeroField


def encode(value: object) -> str:
    """A dataclass instance or pydantic model as one action; a `TypeError` names a field that has no form."""
    action = Action("sal", "define", type_name(type(value)))
    for field in _fields(type(value)):
        if field.about.skip:
            continue
        item = getattr(value, field.name)
        if item is None or (field.kind is str and item == "") or (field.kind is list and not item):
            continue
        words = [_word(one, field.item) for one in item] if field.kind is list else _word(item, field.kind)
        action.params.set(field.about.alias or field.name, words)
    return action.params.export(f"!!{action.full_name}", skip_empty=True) + "\n"


def decode(source: str | Playbook, cls: type[T]) -> T:
    """An object from the one action that defines or configures it.

    The heads `define.T`, `configure.T`, `T.define` and `T.configure` are looked for in this order.

    Raises:
        ParseError: there is no such action, there are several, or a value is not of the field's type.
        TypeError: the class has a field without a form, or one that is required is missing.
    """
    action = _the_action(parse_playbook(source) if isinstance(source, str) else source, cls)
    given: dict[str, Any] = {}
    for field in _fields(cls):
        if field.about.skip or field.about.skip_decode or not action.params.exists(field.name):
            continue
        given[field.name] = _read(action.params, field)
    return cls(**given)


def type_name(cls: type) -> str:
    """The class's name in actions: `BackupJob` is `backup_job`, unless the class says `__hero_name__`."""
    chosen = getattr(cls, "__hero_name__", "")
    return name_fix(str(chosen) if chosen else _WORDS.sub("_", cls.__name__))


def _the_action(playbook: Playbook, cls: type) -> Action:
    name = type_name(cls)
    for head in (f"define.{name}", f"configure.{name}", f"{name}.define", f"{name}.configure"):
        found = [action for action in playbook.actions if action.full_name == head]
        if len(found) > 1:
            raise ParseError("InvalidPlaybook", f"there are {len(found)} actions '{head}', one is expected",
                             found[1].position, source=found[1].source)  # fmt: skip
        if found:
            return found[0]
    raise ParseError("InvalidPlaybook", f"there is no action 'define.{name}' or 'configure.{name}'", None)


# --- fields ----------------------------------------------------------------------------------------------------------


def _fields(cls: type) -> list[_Field]:
    if not dataclasses.is_dataclass(cls) and not hasattr(cls, "model_fields"):
        raise TypeError(f"{cls.__name__} is neither a dataclass nor a pydantic model")
    hints = get_type_hints(cls, include_extras=True)
    names = (
        [field.name for field in dataclasses.fields(cls) if field.init]
        if dataclasses.is_dataclass(cls)
        else list(cls.model_fields)
    )
    return [_field(cls, name, hints[name]) for name in names]


def _field(cls: type, name: str, hint: Any) -> _Field:
    about = HeroField()
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        about = next((note for note in notes if isinstance(note, HeroField)), about)
    optional = False
    if get_origin(hint) in {Union, UnionType}:
        others = [item for item in get_args(hint) if item is not NoneType]
        optional = len(others) < len(get_args(hint))
        hint = others[0] if len(others) == 1 else hint
    kind, item = (list, (get_args(hint) or (str,))[0]) if get_origin(hint) is list or hint is list else (hint, None)
    if not about.skip and not _has_form(item if kind is list else kind):
        raise TypeError(f"{cls.__name__}.{name} has a type that Heroscript cannot write: {hint}")
    return _Field(name, kind, item, optional, about)


def _has_form(kind: Any) -> bool:
    return isinstance(kind, type) and (kind in {str, *_ALWAYS} or issubclass(kind, Enum))


def _word(value: Any, kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return str(value.value if isinstance(value.value, int) else list(kind).index(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime(_TIME)
    return repr(value) if isinstance(value, float) else str(value)


def _read(params: Params, field: _Field) -> Any:
    if field.kind is list:
        return [_single(field, item) for item in params.get_list(field.name)]
    if field.kind is bool:
        return params.get_default_true(field.name)
    text = params.get(field.name)
    return None if field.optional and text == "" else _single(field, text)


def _single(field: _Field, text: str) -> Any:
    kind = field.item if field.kind is list else field.kind
    if issubclass(kind, Enum):
        return _member(kind, text, field.name)
    try:
        return _CONVERT[kind](text)
    except ValueError as error:
        raise wrong_parameter(f"parameter '{field.name}': the value '{text}' {error}") from None


def _member(kind: type[Enum], text: str, name: str) -> Enum:
    members = list(kind)
    for at, member in enumerate(members):
        if text == str(member.value if isinstance(member.value, int) else at) or text == member.name:
            return member
    raise wrong_parameter(f"parameter '{name}': the value '{text}' is none of {', '.join(kind.__members__)}")


def _time(text: str) -> datetime | None:
    if text.startswith("0000-00-00"):
        return None
    return datetime.fromtimestamp(units.moment(text), UTC).replace(tzinfo=None)


_CONVERT: Final[Mapping[type, Callable[[str], Any]]] = {
    str: str,
    int: lambda text: units.integer(text, -(2**63), 2**64 - 1),
    float: units.decimal,
    bool: lambda text: text.lower() in {"true", "t", "1", "yes", "y"},
    datetime: _time,
}
