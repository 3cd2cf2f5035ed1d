"""Real git repositories for tests, made with the git command line and an identity of their own."""

import os
import subprocess
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.com",
}


def git(directory: Path, *arguments: str) -> str:
    environment = {
        **IDENTITY,
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": "2024-01-02T03:04:05Z",
        "GIT_COMMITTER_DATE": "2024-01-02T03:04:05Z",
    }
    command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make_repository(directory: Path, files: dict[str, str] | None = None) -> Path:
    """A repository with one commit."""
    directory.mkdir(parents=True)
    git(directory, "init", "--quiet")
    for name, text in (files or {"README.md": "hello\n"}).items():
        (directory / name).write_text(text)
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--message", "first")
    return directory
