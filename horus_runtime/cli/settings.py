"""`horus.toml`: options that hold in a folder and below it, so that they need not be typed.

The nearest file upwards from the working directory counts. A table `[COMMAND]` names the command's long options, with
`_` or `-`; what is typed wins. `[run]` also holds for `eval` and `repl`, which run the same things.

SAFETY: the file may come with somebody else's folder, so it can limit and deny, but never grant.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.cli.sources import UsageError

if TYPE_CHECKING:
    import click

NAME: Final = "horus.toml"
_LIKE_RUN: Final = frozenset({"eval", "repl"})
_GRANTING: Final = frozenset({"--policy", "--db", "--code-root", "--trust", "--trust-key", "--runner"})


def find_settings(start: Path) -> Path | None:
    """The nearest `horus.toml` in a folder or above it."""
    for folder in (start, *start.parents):
        path = folder / NAME
        if path.is_file():
            return path
    return None


def words_for(command: click.Command, name: str, start: Path) -> list[str]:
    """What the settings add in front of the words of a command.

    Raises:
        UsageError: the file cannot be read, or names an option that the command does not have.
    """
    path = find_settings(start)
    if path is None:
        return []
    data = _read(path)
    table = dict(data.get("run", {})) if name in _LIKE_RUN else {}
    table |= data.get(name, {})
    options = {
        option: parameter for parameter in command.params for option in parameter.opts if option.startswith("--")
    }
    words: list[str] = []
    for key, value in table.items():
        option = f"--{key.replace('_', '-')}"
        if option.startswith("--allow-") or option in _GRANTING:
            raise UsageError(f"{path}: '{key}' grants something, which must be typed: a settings file can only limit")
        if option not in options:
            if name in _LIKE_RUN and key not in data.get(name, {}):
                continue  # an option of `run` that this command does not have
            raise UsageError(f"{path}: '{name}' has no option '{key}'")
        words += _words(option, value, path)
    return words


def _words(option: str, value: Any, path: Path) -> list[str]:
    if isinstance(value, bool):
        return [option] if value else []
    if isinstance(value, list):
        return [word for item in value for word in _words(option, item, path)]
    if isinstance(value, (int, float)):
        return [f"{option}={value}"]
    if not isinstance(value, str):
        raise UsageError(
            f"{path}: the value of '{option[2:]}' must be a text, a number, true, false or a list of these"
        )
    if option in {"--deny-read", "--deny-write"}:
        value = str(path.parent / Path(value).expanduser())  # paths in the file start from the file
    return [f"{option}={value}"]


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read '{path}': {(error.strerror or str(error)).lower()}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    wrong = next((key for key, value in data.items() if not isinstance(value, dict)), None)
    if wrong is not None:
        raise UsageError(f"{path}: '{wrong}' must be a table, such as [{wrong}]; options belong to a command")
    return data
