"""The prompt on a terminal: editing over lines, history, completion, colours, help on the call under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completion
from prompt_toolkit.completion import Completer as ToolkitCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_completions, has_focus
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout.processors import HighlightMatchingBracketProcessor
from prompt_toolkit.lexers import DynamicLexer, PygmentsLexer, SimpleLexer
from prompt_toolkit.styles import Style
from prompt_toolkit.styles.pygments import style_from_pygments_cls

from horus_runtime.repl.completeness import is_complete
from horus_runtime.repl.completion import Completer
from horus_runtime.repl.plain import CONTINUED, PROMPT
from horus_runtime.repl.signature_help import Help, signature_help
from horus_runtime.runtime.visible import visible
from horus_runtime.syntax.highlighting import HeroscriptLexer, RhaiLexer, TerminalColors

if TYPE_CHECKING:
    from horus_runtime.repl.loop import Repl

INDENT = "    "
_OWN_STYLE = Style.from_dict(
    {
        "prompt": "ansicyan bold",
        "continuation": "ansibrightblack",
        "bottom-toolbar": "noreverse fg:ansibrightblack",
        "bottom-toolbar.now": "noreverse bold",
    }
)


class _Candidates(ToolkitCompleter):
    """Our candidates as the toolkit wants them."""

    def __init__(self, completer: Completer) -> None:
        self._completer = completer

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        for found in self._completer.complete(document.text_before_cursor):
            yield Completion(found.text, -found.length, display_meta=visible(found.detail).replace("\n", " "))


def run_terminal(repl: Repl, on_start: Callable[[], None] = lambda: None) -> None:
    """Read inputs until somebody leaves; `on_start` is called once the prompt is there."""
    prompt = make_prompt(repl)
    repl.ask = _ask
    prompt.app.after_render += _Preparation(repl, on_start)
    while True:
        try:
            text = prompt.prompt([("class:prompt", PROMPT)])
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if not repl.handle(text):
            return


class _Preparation:
    """Reads in what the first line will need, once the prompt is there: while that line is being typed."""

    def __init__(self, repl: Repl, on_start: Callable[[], None]) -> None:
        self._repl: Repl | None = repl
        self._on_start = on_start

    def __call__(self, app: object) -> None:
        """Begin, at the first call only."""
        repl, self._repl = self._repl, None
        if repl is not None:
            self._on_start()
            Thread(target=self._prepare, args=(repl,), daemon=True).start()

    @staticmethod
    def _prepare(repl: Repl) -> None:
        repl.session.engine.compile("0")
        repl.completer.complete("!!")


def _ask(text: str) -> str | None:
    """A line for a script that stands still; Ctrl-C and Ctrl-D end the script."""
    try:
        return PromptSession[str](history=InMemoryHistory()).prompt([("class:prompt", text)], style=_style())
    except (KeyboardInterrupt, EOFError):
        return None


def make_prompt(repl: Repl, **streams: Any) -> PromptSession[str]:
    """The toolkit's session for a prompt."""
    return PromptSession(
        multiline=True,
        lexer=DynamicLexer(lambda: _lexer(prompt_text())),
        completer=_Candidates(repl.completer),
        complete_while_typing=True,
        complete_in_thread=False,
        auto_suggest=AutoSuggestFromHistory(),
        history=_history(repl.surroundings.history_path()),
        enable_history_search=False,
        key_bindings=_bindings(repl),
        input_processors=[HighlightMatchingBracketProcessor(chars="[](){}")],
        prompt_continuation=lambda width, line, wrapped: [("class:continuation", CONTINUED.rjust(width))],
        bottom_toolbar=lambda: _toolbar(repl),
        style=_style(),
        include_default_pygments_style=False,
        **streams,
    )


def prompt_text() -> str:
    """The text that is being typed."""
    from prompt_toolkit.application import get_app

    return get_app().current_buffer.text


def _lexer(text: str) -> PygmentsLexer | SimpleLexer:
    stripped = text.lstrip()
    if stripped.startswith(":"):
        return SimpleLexer()
    return PygmentsLexer(HeroscriptLexer if stripped.startswith("!!") else RhaiLexer)


def _style() -> Style:
    from prompt_toolkit.styles import merge_styles

    made: Any = merge_styles([style_from_pygments_cls(TerminalColors), _OWN_STYLE])
    return Style(made.style_rules)


def _history(path: Path) -> History:
    """The lines of earlier runs; where they cannot be kept, those of this one."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _bindings(repl: Repl) -> KeyBindings:
    """Enter ends an input that is complete, and goes on on a new line with the right indentation otherwise."""
    bindings = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)  # not in the search for an earlier line
    selecting = has_completions & Condition(_is_selecting)

    @bindings.add("enter", filter=typing & ~selecting)
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        on_last_line = "\n" not in buffer.document.text_after_cursor.rstrip()
        if on_last_line and (buffer.text.lstrip().startswith(":") or is_complete(buffer.text, repl.session.engine)):
            buffer.text = buffer.text.rstrip()
            buffer.validate_and_handle()
        else:
            buffer.insert_text(f"\n{_indentation(buffer.document.text_before_cursor)}")

    @bindings.add("enter", filter=typing & selecting)
    def _accept(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    @bindings.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @bindings.add("}", filter=typing)
    def _closing(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        line = buffer.document.current_line_before_cursor
        if line.endswith(INDENT) and not line.strip():
            buffer.delete_before_cursor(len(INDENT))
        buffer.insert_text("}")

    return bindings


def _is_selecting() -> bool:
    from prompt_toolkit.application import get_app

    state = get_app().current_buffer.complete_state
    return state is not None and state.current_completion is not None


def _indentation(before: str) -> str:
    line = before.rsplit("\n", 1)[-1]
    own = line[: len(line) - len(line.lstrip())]
    return own + INDENT if line.rstrip().endswith(("{", "[", "(")) else own


def _toolbar(repl: Repl) -> StyleAndTextTuples:
    """Signature and documentation of the call under the cursor."""
    from prompt_toolkit.application import get_app

    found = signature_help(get_app().current_buffer.document.text_before_cursor, repl.completer)
    return _help_line(found) if found is not None else [("class:bottom-toolbar", " ")]


def _help_line(found: Help) -> StyleAndTextTuples:
    """The first signature with room for the argument, that argument in bold; the documentation behind it."""
    fitting = [text for text in found.signatures if len(_parameters(text)) > found.argument] or [found.signatures[0]]
    text = fitting[0]
    parameters = _parameters(text)
    parts: StyleAndTextTuples = []
    if found.argument < len(parameters):
        now = parameters[found.argument]
        before, _, after = text.partition(now)
        parts = [("", before), ("class:bottom-toolbar.now", now), ("", after)]
    else:
        parts = [("", text)]
    more = f"  (+{len(found.signatures) - 1})" if len(found.signatures) > 1 else ""
    return [*parts, ("", f"{more}  {visible(found.doc)}")]


def _parameters(signature: str) -> list[str]:
    inside = signature.partition("(")[2].rpartition(")")[0]
    return [part.strip() for part in inside.split(",") if part.strip()]
