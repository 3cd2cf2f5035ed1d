"""What the prompt needs of the machine it runs on: the command line provides it, tests provide their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from horus_runtime.jobs.runners import RunnerRegistry
    from horus_runtime.modules.policy import Policy


class Surroundings(Protocol):
    """The user's files and keys, and the runners of this machine."""

    def read_script(self, path: Path) -> str:
        """The text of a script or payload; raises a `HorusError` that says why not."""

    def read_policy(self, path: Path) -> Policy:
        """The policy in a TOML file; raises a `HorusError` that says why not."""

    def key_path(self, name: str) -> Path:
        """Where the signing key of this name is, or would be; a path stands for itself."""

    def registry(self, policy: Policy | None) -> RunnerRegistry:
        """The runners, with the rights of this policy."""

    def run_tests(self, paths: list[Path], policy: Policy | None) -> tuple[str, bool]:
        """Run test files, and give a report and whether everything passed."""

    def history_path(self) -> Path:
        """Where typed lines are kept from one run to the next."""
