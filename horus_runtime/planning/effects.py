"""Effects on the outside that are no files, while a run is only planned: listed, not done, or answered for real.

`PlannedEffects` is the service `effects` of such a run: host modules ask it in front of every program, request and
signal. `WriteRecorder` is its service `audit` and hears of the writes to the model store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from horus_runtime.modules.audit import Record, script_place
from horus_runtime.modules.host import HostCall
from horus_runtime.modules.programs import rule_matches
from horus_runtime.planning.nodes import Line
from horus_runtime.planning.overlay import Overlay
from horus_runtime.planning.readonly import git_words, is_read_only

PLANNED: Final = "planned"
"""The answer of an effect that was only listed."""
ANSWERED: Final = "answered"
"""The answer of one that really took place, because it only looks."""
FAKED: Final = "faked"
"""The answer of one that a test answers."""
_LOOKING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REPOSITORIES: Final = "git"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a planned run may really ask, besides the commands that are known to be read-only.

    Attributes:
        run: further commands that only look, by the rules of `Policy.run`: `"make --dry-run **"`.
        get: send requests that only look (GET, HEAD, OPTIONS).
    """

    run: tuple[str, ...] = ()
    get: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """One effect that is no file: a program (`run`), a request (`http`), a look at a host (`net`), a signal (`kill`) or
    a write to the model store (`osiris`).
    """

    kind: str
    function: str
    """The script's function, such as `process.run`."""
    subject: str
    """The command, the request, the model: with the secrets of the run masked."""
    answer: str
    """`planned`, `answered` or `faked`."""
    line: int | None = None
    column: int | None = None
    source: str | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON data; what is not known is left out."""
        data: dict[str, Any] = {"kind": self.kind, "function": self.function, "subject": self.subject}
        data["answer"] = self.answer
        for name in ("line", "column", "source"):
            if (value := getattr(self, name)) is not None:
                data[name] = value
        return {**data, "note": self.note} if self.note else data


class PlannedEffects:
    """Lists effects, and says of each whether it is only planned."""

    def __init__(self, overlay: Overlay, answers: Answers) -> None:
        self.overlay = overlay
        self.answers = answers
        self.actions: list[Action] = []
        self._containers: set[str] = set()
        """Words of container commands that were only planned: what they name is not really there."""

    def __call__(self, call: HostCall, kind: str, subject: str, facts: dict[str, Any]) -> bool:
        """True: the effect must not take place."""
        answer, listed = self._answer(call, kind, facts)
        if kind == "run" and call.module == _REPOSITORIES:
            subject = call.masked(" ".join(["git", *git_words(facts["argv"][1:])]))
        if listed:
            note = "saw the real files, not the pending changes" if self._is_stale(answer, kind) else ""
            self.actions.append(action(call, kind, subject, answer, note))
        return answer == PLANNED

    def _answer(self, call: HostCall, kind: str, facts: dict[str, Any]) -> tuple[str, bool]:
        """How the effect is answered, and whether it is worth listing."""
        if kind == "run":
            return self._program(call, facts["argv"], facts["directory"])
        if kind == "http":
            if "fake_servers" in call.services:
                return FAKED, True
            return (ANSWERED if self.answers.get and facts["method"] in _LOOKING else PLANNED), True
        if kind == "net":
            return (ANSWERED if self.answers.get else PLANNED), True
        return PLANNED, True

    def _program(self, call: HostCall, argv: Sequence[str], directory: str | None) -> tuple[str, bool]:
        if "fake_programs" in call.services:
            return FAKED, True
        ours = call.module in {"git", "docker"}
        if not self._is_marked(argv) and not is_read_only(argv, trusted=ours):
            if call.module == "docker":
                self._containers.update(argv)
            return PLANNED, True
        if not self._is_really_there(directory) or (call.module == "docker" and argv[-1] in self._containers):
            return PLANNED, not ours
        return ANSWERED, not ours

    def _is_marked(self, argv: Sequence[str]) -> bool:
        names = {argv[0], argv[0].rpartition("/")[2]}
        return any(rule_matches(rule, names, argv[1:], partly=False) for rule in self.answers.run)

    def _is_really_there(self, directory: str | None) -> bool:
        return directory is None or self.overlay.really_there(directory)

    def _is_stale(self, answer: str, kind: str) -> bool:
        return answer == ANSWERED and kind == "run" and self.overlay.has_changes


def action(call: HostCall, kind: str, subject: str, answer: str, note: str = "") -> Action:
    """An action with the place in the script that calls for it."""
    place = script_place(call.context)
    function = f"{call.module}.{call.function}"
    return Action(kind, function, subject, answer, place.get("line"), place.get("column"), place.get("source"), note)


class WriteRecorder:
    """Hears every decision of the policy: writes to the model store are actions, and the overlay learns which line of
    the script writes a file. Another audit hears of all, too.
    """

    def __init__(self, overlay: Overlay, actions: list[Action], beside: Callable[[Record], None] | None = None) -> None:
        self._overlay = overlay
        self._actions = actions
        self._beside = beside

    def __call__(self, record: Record) -> None:
        """Take a decision in."""
        if self._beside is not None:
            self._beside(record)
        if record["capability"] == "write":
            self._overlay.line = Line(record.get("line"), record.get("source"))
        if record["capability"] == "osiris" and record["allowed"] and record.get("level") in {"write", "schema"}:
            self._actions.append(
                Action(
                    "osiris", record["function"], record["subject"], PLANNED,
                    record.get("line"), record.get("column"), record.get("source"),
                )
            )  # fmt: skip
