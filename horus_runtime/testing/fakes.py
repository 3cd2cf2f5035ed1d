r"""Fakes: programs and web servers that answer what a test says, so that nothing outside is touched.

In a test, `fake::process("git status", #{stdout: "clean\n"})` says what a program answers, `fake::http("GET", url,
#{status: 200, body: "..."})` what a server does, and `fake::files(#{"notes/a.txt": "text"})` makes files in the test's
own folder. `fake::calls()` lists what was asked. As soon as one program or server is faked, none is reached for real.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from horus_runtime.errors import EvalError
from horus_runtime.runtime.module import Module

if TYPE_CHECKING:
    from pathlib import Path

    from horus_runtime.runtime.context import NativeCallContext

ANSWERS: Final = frozenset({"stdout", "stderr", "code"})
RESPONSES: Final = frozenset({"status", "body", "json", "headers"})


class Fakes:
    """What one test faked, and what was asked of it."""

    def __init__(self, folder: Path, services: dict[str, Any]) -> None:
        self.folder = folder
        self._services = [services]
        self.programs: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        self.servers: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.calls: list[dict[str, Any]] = []

    # ---- saying what is faked ---------------------------------------------------------------------------------------

    def process(self, command: str, answer: dict[str, Any]) -> None:
        """A program with its first arguments answers this; several answers are given one after the other."""
        import shlex

        _check(answer, ANSWERS, "fake::process")
        words = tuple(shlex.split(command))
        if not words:
            raise _wrong("fake::process: the command is empty")
        self.programs.setdefault(words, []).append(answer)
        self._grant(run=words[0])
        self._offer("fake_programs", self.answer_program)

    def http(self, method: str, url: str, answer: dict[str, Any]) -> None:
        """A server answers this; several answers are given one after the other."""
        _check(answer, RESPONSES, "fake::http")
        host = urlsplit(url).hostname
        if host is None:
            raise _wrong(f"fake::http: '{url}' is not an address")
        self.servers.setdefault((method.upper(), url), []).append(answer)
        self._grant(net=host)
        self._offer("fake_servers", self.answer_request)

    def files(self, contents: dict[str, Any]) -> None:
        """Make text files in the test's folder."""
        for name, text in contents.items():
            path = (self.folder / name).resolve()
            if not path.is_relative_to(self.folder) or not isinstance(text, str):
                raise _wrong(f"fake::files: '{name}' must be a text file inside the test's folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def joins(self, services: dict[str, Any]) -> Fakes:
        """A run has services of its own, a copy of the engine's: what is faked holds at once and later."""
        self._services = [self._services[0], services]
        return self

    def _offer(self, name: str, service: Any) -> None:
        for services in self._services:
            services[name] = service

    def _grant(self, **names: str) -> None:
        """A test need not ask for the right to use what is not real."""
        more = {kind: (name,) for kind, name in names.items()}
        for services in self._services:
            services["policy"] = services["policy"].grant(**more)

    # ---- being asked ------------------------------------------------------------------------------------------------

    def answer_program(self, argv: tuple[str, ...]) -> dict[str, Any]:
        """The answer of a program: of the longest command that the arguments begin with."""
        self.calls.append({"kind": "process", "command": list(argv)})
        name = argv[0].rpartition("/")[2]
        words = (name, *argv[1:])
        for length in range(len(words), 0, -1):
            answers = self.programs.get(words[:length])
            if answers:
                return _next(answers)
        known = ", ".join(" ".join(command) for command in self.programs)
        raise _wrong(f"no answer is faked for the program '{' '.join(words)}'; there are answers for: {known}")

    def answer_request(self, method: str, url: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """The answer of a server: status, headers, body."""
        self.calls.append({"kind": "http", "method": method, "url": url, "body": body.decode("utf-8", "replace")})
        answers = self.servers.get((method.upper(), url))
        if not answers:
            known = ", ".join(f"{verb} {place}" for verb, place in self.servers)
            raise _wrong(f"no answer is faked for {method} {url}; there are answers for: {known}")
        answer = _next(answers)
        headers = {str(name).lower(): str(value) for name, value in answer.get("headers", {}).items()}
        if "json" in answer:
            return answer.get("status", 200), {"content-type": "application/json"} | headers, _json(answer["json"])
        return answer.get("status", 200), headers, str(answer.get("body", "")).encode()


def _next(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """The next answer; the last one stays."""
    return answers.pop(0) if len(answers) > 1 else answers[0]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _check(answer: dict[str, Any], known: frozenset[str], function: str) -> None:
    unknown = sorted(set(answer) - known)
    if unknown:
        raise _wrong(f"{function}: unknown key '{unknown[0]}'; an answer has {', '.join(sorted(known))}")


def _wrong(message: str) -> EvalError:
    return EvalError("ErrorRuntime", f"Runtime error: {message}", value=message)


def fake_module(current: dict[str, Fakes]) -> Module:
    """The module `fake`; `current["now"]` is the test's own."""
    module = Module("fake", "What programs and servers answer in a test.")
    flags: dict[str, Any] = {"volatile": True, "context": True}

    @module.native("process", "string", "map", **flags)
    def process(ctx: NativeCallContext, command: str, answer: dict[str, Any]) -> None:
        """Say what a program answers: `stdout`, `stderr`, `code`."""
        current["now"].joins(ctx.services).process(command, answer)

    @module.native("http", "string", "string", "map", **flags)
    def http(ctx: NativeCallContext, method: str, url: str, answer: dict[str, Any]) -> None:
        """Say what a server answers: `status`, `headers`, `body` or `json`."""
        current["now"].joins(ctx.services).http(method, url, answer)

    @module.native("files", "map", **flags)
    def files(ctx: NativeCallContext, contents: dict[str, Any]) -> None:
        """Make text files in the test's folder."""
        current["now"].files(contents)

    @module.native("calls", **flags)
    def calls(ctx: NativeCallContext) -> list[dict[str, Any]]:
        """What was asked of the fakes, in order."""
        return [dict(call) for call in current["now"].calls]

    return module
