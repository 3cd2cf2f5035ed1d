"""What happens at the prompt while a script stands still at a breakpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from horus_runtime.engine.debugger import Action, Event, Frame, Stop
from horus_runtime.errors import HorusError
from horus_runtime.repl.session import name_of
from horus_runtime.runtime.visible import visible
from horus_runtime.source import SourceFile

if TYPE_CHECKING:
    from horus_runtime.repl.loop import Repl

PROMPT: Final = "stopped> "
HELP: Final = (
    "n next statement   s step into   o step out   c continue   q end the script\n"
    "v variables   w where we are   anything else is evaluated here"
)
_ACTIONS: Final = {
    "n": Action.STEP_OVER,
    "s": Action.STEP_INTO,
    "o": Action.STEP_OUT,
    "c": Action.CONTINUE,
    "q": Action.TERMINATE,
}
_WORDS: Final = {
    "next": "n",
    "step": "s",
    "out": "o",
    "continue": "c",
    "quit": "q",
    "vars": "v",
    "where": "w",
    "help": "h",
}
_SHOWN: Final = {Event.FUNCTION_EXIT, Event.FUNCTION_ERROR}


class Stopper:
    """Talks to the person at the prompt whenever a script stops."""

    def __init__(self, repl: Repl) -> None:
        self._repl = repl

    def __call__(self, stop: Stop) -> Action:
        """The callback of the debugger."""
        if stop.event is Event.END:
            return Action.CONTINUE
        self._announce(stop)
        while True:
            line = self._repl.ask(PROMPT)
            if line is None:
                return Action.TERMINATE
            word = _WORDS.get(line.strip(), line.strip()) or "n"
            if word in _ACTIONS:
                return _ACTIONS[word]
            self._answer(word, stop)

    def _announce(self, stop: Stop) -> None:
        if stop.event in _SHOWN:
            what = "returns" if stop.event is Event.FUNCTION_EXIT else "fails"
            shown = self._repl.session.engine.to_debug(stop.value) if stop.error is None else str(stop.error)
            self._repl.output.line(visible(f"{stop.frame.name} {what}: {shown}"), "dim")
            return
        self._repl.output.line(self._line_of(stop.frame))

    def _answer(self, word: str, stop: Stop) -> None:
        output = self._repl.output
        if word == "h":
            output.line(HELP)
        elif word == "v":
            values = stop.frame.variables
            rows = [(name, self._repl.session.engine.to_debug(value)) for name, value in values.items()]
            output.table(rows, ("NAME", "VALUE"))
        elif word == "w":
            for frame in stop.frames:
                output.line(self._line_of(frame))
        else:
            self._evaluate(word, stop.frame)

    def _evaluate(self, text: str, frame: Frame) -> None:
        try:
            value = frame.evaluate(text)
        except HorusError as error:
            self._repl.output.line(visible(error.render()), "error")
            return
        if value is not None:
            self._repl.show(value)

    def _line_of(self, frame: Frame) -> str:
        """`f, [2] line 3: the statement's line`."""
        name = frame.name or "the input"
        position = frame.position
        if position is None:
            return name
        place = self._repl.session.place_now(position, frame.source)
        if place is None:
            return f"{name}, {frame.source or 'unknown'} line {position.line}"
        text = SourceFile(self._repl.session.text_of(place.cell)).line(place.position.line).strip()
        return f"{name}, {name_of(place.cell)} line {place.position.line}: {self._repl.output.code(visible(text))}"
