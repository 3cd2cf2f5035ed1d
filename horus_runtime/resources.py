"""Finds the files that travel with the package: the grammars and the standard library written in the language.

In an installed wheel they lie inside the package, under `_data`. In a checkout or an editable install they are the
folders `grammars` and `stdlib` beside the package. Nothing here is read at import time.
"""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
_LONGEST_PART = 200  # file systems stop at 255 bytes; no file here comes near
_SUFFIX = {"grammars": ".lark", "stdlib": ".rhai"}


class ResourceMissingError(LookupError):
    """A file that belongs to the package is not where the package looks for it: the installation is damaged."""


@cache
def resource_root(kind: str) -> Path:
    """The folder of one kind of resource, `grammars` or `stdlib`."""
    candidates = (_PACKAGE / "_data" / kind, _PACKAGE.parent / kind)
    for folder in candidates:
        if folder.is_dir():
            return folder
    looked = " or ".join(str(folder) for folder in candidates)
    raise ResourceMissingError(f"horus_runtime is not installed completely: no {kind} in {looked}")


def grammar_path(name: str) -> Path:
    """Where the grammar `name` (without suffix) is, whether or not it exists."""
    return _path("grammars", name)


def stdlib_path(name: str) -> Path:
    """Where the library script `name` (without suffix, `/` between parts) is, whether or not it exists.

    The name may come from a script's `import`, so a name that would leave the folder is refused with `ValueError`.
    """
    return _path("stdlib", name)


def grammar_text(name: str) -> str:
    """The text of a grammar; every grammar asked for is part of the package, so a missing one is an error."""
    path = grammar_path(name)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ResourceMissingError(
            f"horus_runtime is not installed completely: no grammar '{name}' at {path}"
        ) from None


def stdlib_text(name: str) -> str | None:
    """The text of a library script, or None when the library has no script of this name."""
    try:
        return stdlib_path(name).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        return None


def stdlib_names() -> list[str]:
    """The names of the library's scripts, sorted, as they stand behind `std/`."""
    root = resource_root("stdlib")
    return sorted(path.relative_to(root).with_suffix("").as_posix() for path in root.rglob(f"*{_SUFFIX['stdlib']}"))


def _path(kind: str, name: str) -> Path:
    parts = name.split("/")
    # SAFETY: the only way from a script's import path to a file of the library; no part may climb or be hidden.
    if any(not part or len(part) > _LONGEST_PART or part[0] == "." or "\\" in part or "\0" in part for part in parts):
        raise ValueError(f"'{name}' is not the name of a file in {kind}")
    folder = resource_root(kind).joinpath(*parts[:-1])
    return folder / (parts[-1] + _SUFFIX[kind])
