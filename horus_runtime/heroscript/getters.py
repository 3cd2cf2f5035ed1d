"""Typed access to parameters: `params.get_int("port")`, `params.get_int("port", 8080)`.

A missing value without a default and a value that is not of the type are a `ParseError` that names the parameter.
A default stands in for a missing value only: a wrong one is an error with a default, too. Every getter is also there
under its name in Heroscript's other implementations, with `_default` at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from horus_runtime.errors import ParseError
from horus_runtime.heroscript import units
from horus_runtime.heroscript.names import name_fix
from horus_runtime.heroscript.units import Amount

if TYPE_CHECKING:
    from horus_runtime.heroscript.params import Argument, Params, Value

T = TypeVar("T")

REQUIRED: Final[Any] = type("Required", (), {"__repr__": lambda _: "REQUIRED"})()
"""The default of getters that have none."""

_TRUE: Final = frozenset({"", "1", "true", "y", "yes"})
_FALSE: Final = frozenset({"", "0", "false", "n", "no"})
_INT32: Final = (-(2**31), 2**31 - 1)
_INT64: Final = (-(2**63), 2**63 - 1)


def wrong_parameter(message: str, *, missing: bool = False) -> ParseError:
    """The error of a getter; it has no place, since params may come from anywhere."""
    return ParseError("MissingParameter" if missing else "InvalidParameter", message, None)


class Getters:
    """The typed getters of `Params`."""

    __slots__ = ()

    values: dict[str, Value]
    args: list[Argument]

    # --- presence and texts ------------------------------------------------------------------------------------------

    def exists(self, key: str) -> bool:
        """True when there is such a value, an empty one, too."""
        return name_fix(key) in self.values

    def exists_arg(self, text: str) -> bool:
        """True when there is such an argument, in any case of letters."""
        return text.lower() in {argument.text.lower() for argument in self.args}

    def get(self, key: str, default: str = REQUIRED) -> str:
        """The text of a value."""
        value = self.values.get(name_fix(key))
        if value is not None:
            return value.text
        if default is REQUIRED:
            raise wrong_parameter(f"the parameter '{key}' is missing", missing=True)
        return default

    def get_map(self) -> dict[str, str]:
        """All named values as texts, in order."""
        return {key: value.text for key, value in self.values.items()}

    def get_params(self, key: str) -> Params:
        """A value that is parameter text itself."""
        from horus_runtime.heroscript.parser import parse_params

        return parse_params(self.get(key))

    def get_from_hashmap(self, key: str, default: str, synonyms: Mapping[str, str]) -> str:
        """What a value (or the default) stands for in a map whose keys are synonyms with commas between them."""
        word = self.get(key, default).strip().lower()
        for names, meaning in synonyms.items():
            if word in {name.strip().lower() for name in names.split(",")}:
                return meaning
        raise wrong_parameter(f"the parameter '{key}' has the value '{word}', which is none of {', '.join(synonyms)}")

    # --- arguments ---------------------------------------------------------------------------------------------------

    def get_arg(self, number: int, default: str = REQUIRED) -> str:
        """The argument at an index from 0."""
        if 0 <= number < len(self.args):
            return self.args[number].text
        if default is REQUIRED:
            raise wrong_parameter(f"there is no argument {number}, there are {len(self.args)}", missing=True)
        return default

    def get_arg_check(self, number: int, count: int) -> str:
        """The argument at an index, when there are exactly `count`."""
        self.check_arg_len(count)
        return self.get_arg(number)

    def check_arg_len(self, count: int) -> None:
        """An error unless there are exactly `count` arguments."""
        if len(self.args) != count:
            raise wrong_parameter(f"{count} arguments are expected, there are {len(self.args)}")

    def get_arg_int(self, number: int, default: int = REQUIRED) -> int:
        """An argument as a 32-bit integer."""
        if default is not REQUIRED and not 0 <= number < len(self.args):
            return default
        return _converted(f"argument {number}", self.get_arg(number), lambda text: units.integer(text, *_INT32))

    # --- single values -----------------------------------------------------------------------------------------------

    def _as(self, key: str, default: Any, convert: Callable[[str], T]) -> T:
        value = self.values.get(name_fix(key))
        if value is None and default is not REQUIRED:
            found: T = default
            return found
        return _converted(f"parameter '{key}'", self.get(key).strip(), convert)

    def get_int(self, key: str, default: int = REQUIRED) -> int:
        """A 32-bit integer; `_` may part its digits."""
        return self._as(key, default, lambda text: units.integer(text, *_INT32))

    def get_i64(self, key: str, default: int = REQUIRED) -> int:
        """A 64-bit integer."""
        return self._as(key, default, lambda text: units.integer(text, *_INT64))

    def get_u8(self, key: str, default: int = REQUIRED) -> int:
        """An integer from 0 to 255."""
        return self._as(key, default, lambda text: units.integer(text, 0, 2**8 - 1))

    def get_u32(self, key: str, default: int = REQUIRED) -> int:
        """A 32-bit integer without sign."""
        return self._as(key, default, lambda text: units.integer(text, 0, 2**32 - 1))

    def get_u64(self, key: str, default: int = REQUIRED) -> int:
        """A 64-bit integer without sign."""
        return self._as(key, default, lambda text: units.integer(text, 0, 2**64 - 1))

    def get_float(self, key: str, default: float = REQUIRED) -> float:
        """A number; with a `%` a hundredth of it."""
        return self._as(key, default, units.decimal)

    def get_percentage(self, key: str, default: str = REQUIRED) -> float:
        """A percentage as a fraction; the default is a text such as `40%`."""
        if default is not REQUIRED and not self.exists(key):
            return _converted(f"the default of '{key}'", default, units.percentage)
        return self._as(key, REQUIRED, units.percentage)

    def get_default_true(self, key: str) -> bool:
        """True when missing, empty, `1`, `true`, `y` or `yes`; false for anything else. Never an error."""
        return self.get(key, "").strip().lower() in _TRUE

    def get_default_false(self, key: str) -> bool:
        """False when missing, empty, `0`, `false`, `n` or `no`; true for anything else. Never an error."""
        return self.get(key, "").strip().lower() not in _FALSE

    def get_storagecapacity_in_bytes(self, key: str, default: int = REQUIRED) -> int:
        """Bytes of `10`, `10KB`, `8MB`, `2GB`."""
        return self._as(key, default, units.capacity)

    def get_storagecapacity_in_gigabytes(self, key: str, default: int = REQUIRED) -> int:
        """Gigabytes, rounded up; a bare number is one of gigabytes."""
        return self._as(key, default, lambda text: units.capacity(text, gigabytes=True))

    def get_time(self, key: str, default: int = REQUIRED, *, now: float | None = None) -> int:
        """Unix time of a relative or absolute time; an empty value is `now`, by default the present."""
        return self._as(key, default, lambda text: units.moment(text, now))

    def get_timestamp(self, key: str, default: int = REQUIRED) -> int:
        """Seconds since midnight of a time of day."""
        return self._as(key, default, units.clock)

    def get_currencyamount(self, key: str, default: Amount = REQUIRED) -> Amount:
        """Money: amount and currency code."""
        return self._as(key, default, units.amount)

    def get_currencyfloat(self, key: str, default: float = REQUIRED) -> float:
        """Money: the amount alone."""
        return self._as(key, default, lambda text: units.amount(text).value)

    def get_path(self, key: str, default: str = REQUIRED) -> str:
        """A path that exists, `~` replaced by the home directory."""
        found = self._as(key, default, lambda text: str(Path(text).expanduser()))
        if self.exists(key) and not Path(found).exists():
            raise wrong_parameter(f"the parameter '{key}' names '{found}', which does not exist")
        return found

    def get_path_create(self, key: str, default: str = REQUIRED) -> str:
        """The path of a directory, which is made with its parents when it is not there."""
        found = self._as(key, default, lambda text: str(Path(text).expanduser()))
        try:
            Path(found).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise wrong_parameter(f"the directory '{found}' of '{key}' cannot be made: {reason}") from None
        return found

    def get_email(self, key: str, default: str = REQUIRED) -> str:
        """A mail address in lower case; it is not checked."""
        return self._as(key, default, str.lower)

    def get_telnr(self, key: str, default: str = REQUIRED) -> str:
        """A telephone number without `-` and without `+` and blanks around it; it is not checked."""
        return self._as(key, default, _telephone)

    # --- lists -------------------------------------------------------------------------------------------------------

    def get_list(self, key: str, default: list[str] = REQUIRED) -> list[str]:
        """The items of a comma list, of `[...]`, or of a text with commas; empty ones are dropped."""
        value = self.values.get(name_fix(key))
        if value is None:
            if default is REQUIRED:
                raise wrong_parameter(f"the parameter '{key}' is missing", missing=True)
            return list(default)
        if value.items is not None:
            return [item for item in value.items if item]
        text = value.text.strip()
        if text.startswith("[") and text.endswith("]"):
            text = text[1:-1]
        return [item for part in text.split(",") if (item := part.strip(" \t\n'\""))]

    def _items(self, key: str, default: Any, convert: Callable[[str], T]) -> list[T]:
        if default is not REQUIRED and not self.exists(key):
            return list(default)
        return [_converted(f"parameter '{key}'", item, convert) for item in self.get_list(key)]

    def get_list_namefix(self, key: str, default: list[str] = REQUIRED) -> list[str]:
        """The items as normalised names."""
        return self._items(key, default, name_fix)

    def get_list_u8(self, key: str, default: list[int] = REQUIRED) -> list[int]:
        """Integers from 0 to 255."""
        return self._items(key, default, lambda text: units.integer(text, 0, 2**8 - 1))

    def get_list_u16(self, key: str, default: list[int] = REQUIRED) -> list[int]:
        """16-bit integers without sign."""
        return self._items(key, default, lambda text: units.integer(text, 0, 2**16 - 1))

    def get_list_u32(self, key: str, default: list[int] = REQUIRED) -> list[int]:
        """32-bit integers without sign."""
        return self._items(key, default, lambda text: units.integer(text, 0, 2**32 - 1))

    def get_list_u64(self, key: str, default: list[int] = REQUIRED) -> list[int]:
        """64-bit integers without sign."""
        return self._items(key, default, lambda text: units.integer(text, 0, 2**64 - 1))

    def get_list_i8(self, key: str, default: list[int] = REQUIRED) -> list[int]:
        """8-bit integers."""
        return self._items(key, default, lambda text: units.integer(text, -(2**7), 2**7 - 1))

    def get_list_i16(self, key: str, default: list[int] = REQUIRED) -> list[int]:
        """16-bit integers."""
        return self._items(key, default, lambda text: units.integer(text, -(2**15), 2**15 - 1))

    def get_list_int(self, key: str, default: list[int] = REQUIRED) -> list[int]:
        """32-bit integers."""
        return self._items(key, default, lambda text: units.integer(text, *_INT32))

    def get_list_i64(self, key: str, default: list[int] = REQUIRED) -> list[int]:
        """64-bit integers."""
        return self._items(key, default, lambda text: units.integer(text, *_INT64))

    def get_list_f32(self, key: str, default: list[float] = REQUIRED) -> list[float]:
        """Numbers."""
        return self._items(key, default, units.decimal)

    get_list_f64 = get_list_f32

    def get_list_bool(self, key: str, default: list[bool] = REQUIRED) -> list[bool]:
        """Truth values: `true` and `t` are true, everything else is false."""
        return self._items(key, default, lambda text: text in {"true", "t"})

    def get_emails(self, key: str, default: list[str] = REQUIRED) -> list[str]:
        """Mail addresses in lower case."""
        return self._items(key, default, str.lower)

    def get_telnrs(self, key: str, default: list[str] = REQUIRED) -> list[str]:
        """Telephone numbers."""
        return self._items(key, default, _telephone)

    # --- the same with a default, under the names that other implementations use --------------------------------------

    get_default = get
    get_arg_default = get_arg
    get_arg_int_default = get_arg_int
    get_int_default = get_int
    get_u8_default, get_u32_default, get_u64_default = get_u8, get_u32, get_u64
    get_float_default = get_float
    get_percentage_default = get_percentage
    get_list_default = get_list
    get_list_namefix_default = get_list_namefix
    get_list_u8_default, get_list_u16_default = get_list_u8, get_list_u16
    get_list_u32_default, get_list_u64_default = get_list_u32, get_list_u64
    get_list_i8_default, get_list_i16_default = get_list_i8, get_list_i16
    get_list_int_default, get_list_i64_default = get_list_int, get_list_i64
    get_list_f32_default, get_list_f64_default = get_list_f32, get_list_f64
    get_emails_default, get_telnrs_default = get_emails, get_telnrs
    get_storagecapacity_in_bytes_default = get_storagecapacity_in_bytes
    get_storagecapacity_in_gigabytes_default = get_storagecapacity_in_gigabytes
    get_time_default = get_time
    get_timestamp_default = get_timestamp
    get_currencyamount_default, get_currencyfloat_default = get_currencyamount, get_currencyfloat


def _converted(what: str, text: str, convert: Callable[[str], T]) -> T:
    try:
        return convert(text)
    except ValueError as error:
        raise wrong_parameter(f"{what}: the value '{text}' {error}") from None


def _telephone(text: str) -> str:
    return text.strip("+ ").replace("-", "")
