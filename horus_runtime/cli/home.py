"""Where the command line keeps a user's keys, trust store and record of jobs.

`HORUS_HOME` names the folder; otherwise it is `horus` in the user's configuration folder. Nothing is created before
something has to be written.
"""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The user's folder for horus."""
    named = os.environ.get("HORUS_HOME")
    if named:
        return Path(named)
    configuration = os.environ.get("XDG_CONFIG_HOME")
    return (Path(configuration) if configuration else Path.home() / ".config") / "horus"


def key_folder() -> Path:
    """Where `horus keys new NAME` puts key files."""
    return home() / "keys"


def key_path(name_or_path: str) -> Path:
    """The key file somebody means: a path when it looks like one, else a name in the key folder."""
    if os.sep in name_or_path or name_or_path.endswith(".key"):
        return Path(name_or_path)
    named = key_folder() / f"{name_or_path}.key"
    return Path(name_or_path) if not named.exists() and Path(name_or_path).is_file() else named


def trust_path() -> Path:
    """The trust store that is used when none is named."""
    return home() / "trust.json"


def jobs_path() -> Path:
    """The record of submitted jobs, and of the ids that were run."""
    return home() / "jobs.db"


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner can enter; one that exists stays as it is."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
