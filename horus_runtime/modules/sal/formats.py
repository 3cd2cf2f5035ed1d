"""The script modules `yaml`, `toml` and `csv`: texts and files of other formats as plain values.

PyYAML, the standard library's tomllib with tomli-w, and its csv do the work. YAML is read with its safe loader, without
aliases (a short text with them stands for a huge value) and without dates and other types that scripts do not have.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, Final

from horus_runtime.modules.host import PURE, HostCall, HostModule, Options
from horus_runtime.modules.jsonable import NotJsonError, from_json_value, to_json_value
from horus_runtime.modules.sal import files, text

YAML = HostModule("yaml", "YAML texts and files.")
TOML = HostModule("toml", "TOML texts and files.")
CSV = HostModule("csv", "CSV texts and files.")

MAX_TEXT: Final = 16 * 1024 * 1024
"""Characters of a text to parse."""


class FileOptions(Options):
    """Options of the writers."""

    parents: bool = False
    overwrite: bool = True


def _checked(call: HostCall, content: str) -> str:
    if len(content) > MAX_TEXT:
        raise call.fail("LimitExceeded", f"{call.module}.{call.function}: the text has more than {MAX_TEXT} characters")
    call.context.charge(1 + len(content) // 1000)
    return content


def _read(call: HostCall, path: str, parse: Callable[[HostCall, str, str], Any]) -> Any:
    return parse(call, files.decode(call, files.read_bytes(call, path), path), f"'{path}'")


def _write(call: HostCall, path: str, content: str, opts: FileOptions) -> int:
    return files.write_bytes(call, path, content.encode(), overwrite=opts.overwrite, parents=opts.parents)


def _plain(call: HostCall, value: Any) -> Any:
    try:
        return to_json_value(value)
    except NotJsonError as error:
        raise call.fail("InvalidArgument", f"{call.module}.{call.function}: {error}", argument="value") from None


def _script_value(call: HostCall, value: Any, where: str) -> Any:
    """Parsed data as a script value: times as texts, everything else as in JSON."""
    try:
        return from_json_value(_without_times(value, 0))
    except (NotJsonError, RecursionError) as error:
        raise call.fail("InvalidArgument", f"{where}: {error}") from None


def _without_times(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        return {str(key): _without_times(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_times(item, depth + 1) for item in value]
    return value.isoformat() if isinstance(value, (datetime, date, time)) else value


# --- yaml ------------------------------------------------------------------------------------------------------------


def _parse_yaml(call: HostCall, content: str, where: str) -> Any:
    import yaml

    try:
        return _script_value(call, yaml.load(_checked(call, content), Loader=_yaml_loader()), where)  # noqa: S506 - safe
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise call.fail("InvalidArgument", f"{where} is not YAML: {error.problem or error.context}{place}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise call.fail("InvalidArgument", f"{where} is not YAML: {str(error).splitlines()[0]}") from None


def _yaml_loader() -> Any:
    """The safe loader without aliases and with the types of JSON only."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Made anew for a call, since loaders share their tables by class."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it open
                raise yaml.MarkedYAMLError(problem="aliases are not supported", problem_mark=event.start_mark)
            return super().compose_node(parent, index)

    Loader.yaml_implicit_resolvers = {
        sign: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Loader


@YAML.fn(capability=PURE, name="parse")
def yaml_parse(call: HostCall, text: str) -> Any:
    """The value of a YAML text with one document. Dates stay texts; aliases are refused."""
    return _parse_yaml(call, text, "yaml.parse: the text")


@YAML.fn(capability=PURE, name="format")
def yaml_format(call: HostCall, value: Any) -> str:
    """A value as YAML; maps keep their order."""
    import yaml

    dumped = yaml.safe_dump(_plain(call, value), allow_unicode=True, sort_keys=False, default_flow_style=False)
    return str(dumped).removesuffix("...\n")


@YAML.fn(capability="read", name="read")
def yaml_read(call: HostCall, path: str) -> Any:
    """The value in a YAML file."""
    return _read(call, path, _parse_yaml)


@YAML.fn(capability="write", name="write")
def yaml_write(call: HostCall, path: str, value: Any, opts: FileOptions) -> int:
    """Write a value to a file as YAML. Gives the number of bytes."""
    return _write(call, path, yaml_format(call, value), opts)


# --- toml ------------------------------------------------------------------------------------------------------------


def _parse_toml(call: HostCall, content: str, where: str) -> Any:
    import tomllib

    try:
        return _script_value(call, tomllib.loads(_checked(call, content)), where)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise call.fail("InvalidArgument", f"{where} is not TOML: {error}") from None


@TOML.fn(capability=PURE, name="parse")
def toml_parse(call: HostCall, text: str) -> Any:
    """The map of a TOML text. Dates and times become texts."""
    return _parse_toml(call, text, "toml.parse: the text")


@TOML.fn(capability=PURE, name="format")
def toml_format(call: HostCall, value: dict[str, Any]) -> str:
    """A map as TOML, which has no place for `()`."""
    import tomli_w

    try:
        return tomli_w.dumps(_plain(call, value))
    except (TypeError, ValueError) as error:
        message = f"toml.format: TOML cannot hold the value: {error}"
        raise call.fail("InvalidArgument", message.replace("<class 'NoneType'>", "()"), argument="value") from None


@TOML.fn(capability="read", name="read")
def toml_read(call: HostCall, path: str) -> Any:
    """The map in a TOML file."""
    return _read(call, path, _parse_toml)


@TOML.fn(capability="write", name="write")
def toml_write(call: HostCall, path: str, value: dict[str, Any], opts: FileOptions) -> int:
    """Write a map to a file as TOML. Gives the number of bytes."""
    return _write(call, path, toml_format(call, value), opts)


# --- csv -------------------------------------------------------------------------------------------------------------


class CsvOptions(FileOptions):
    """Options of the module `csv`."""

    separator: str = ","
    header: bool = True


def _parse_csv(call: HostCall, content: str, opts: CsvOptions) -> list[Any]:
    if opts.header:
        return text.csv_parse(call, _checked(call, content), opts.separator)
    return text.csv_rows(call, _checked(call, content), opts.separator)


@CSV.fn(capability=PURE, name="parse")
def csv_parse(call: HostCall, text: str, opts: CsvOptions) -> list[Any]:
    """The rows of a CSV text as maps with the first row as names, or with `header: false` as arrays."""
    return _parse_csv(call, text, opts)


@CSV.fn(capability=PURE, name="format")
def csv_format(call: HostCall, rows: list[Any], opts: CsvOptions) -> str:
    """An array of maps as CSV with a first row of names, or of arrays without one."""
    if rows and all(isinstance(row, list) for row in rows):
        return text.csv_lines(call, rows, opts.separator)
    return text.csv_format(call, rows, opts.separator)


@CSV.fn(capability="read", name="read")
def csv_read(call: HostCall, path: str, opts: CsvOptions) -> list[Any]:
    """The rows of a CSV file."""
    return _parse_csv(call, files.decode(call, files.read_bytes(call, path), path), opts)


@CSV.fn(capability="write", name="write")
def csv_write(call: HostCall, path: str, rows: list[Any], opts: CsvOptions) -> int:
    """Write rows to a file as CSV. Gives the number of bytes."""
    return _write(call, path, csv_format(call, rows, opts), opts)
