"""Makes docs/prompt.svg: a real run of the prompt on a terminal of its own, its screen drawn by rich.

Run it in a checkout: `.venv/bin/python docs/build_prompt_picture.py`.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402 - after the path to tests.support
from rich.text import Text  # noqa: E402

from tests.support.terminal import Terminal  # noqa: E402

ROWS, COLUMNS = 30, 98
TYPED = [
    'let orders = [#{ item: "tea", price: 4 }, #{ item: "cake", price: 7 }];',
    "/// What all orders cost.\nfn total(orders) {\n    orders.map(|o| o.price).reduce(|sum, p| sum + p, 0)\n}",
    "total(orders)",
    "_ * 2",
    'os.read("notes.txt")',
    "orders[0].prise + 1",
]
UNFINISHED = "total(orders.fi"
_COLORS = {"brown": "yellow", "default": ""}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "horus_runtime", "repl"]
        with Terminal(command, folder=Path(folder), rows=ROWS, columns=COLUMNS, PYTHONPATH=str(ROOT)) as terminal:
            terminal.wait("horus>")
            for number, text in enumerate(TYPED, 1):
                for line in text.split("\n"):
                    terminal.type(line.strip() + "\r")
                terminal.wait(f"[{number}]")
            terminal.type(UNFINISHED)
            terminal.wait("filter")
            draw(terminal)


def draw(terminal: Terminal) -> None:
    """The screen with its colours, as an SVG."""
    console = Console(record=True, width=COLUMNS, file=open("/dev/null", "w"), force_terminal=True)  # noqa: PTH123, SIM115
    for row in range(ROWS):
        console.print(line_of(terminal, row), end="\n")
    path = ROOT / "docs" / "prompt.svg"
    picture = console.export_svg(title="horus repl")
    # Fonts from elsewhere are not asked for: the reader's own do.
    path.write_text(re.sub(r"@font-face \{.*?\}|<!-- .*? -->", "", picture, flags=re.DOTALL), encoding="utf-8")
    print(f"wrote {path.relative_to(ROOT)}")


def line_of(terminal: Terminal, row: int) -> Text:
    """One line of the screen."""
    line = Text()
    cells = terminal.cells(row)
    for cell in cells:
        style = " ".join(
            part
            for part in (
                "bold" if cell.bold else "",
                "reverse" if cell.reverse else "",
                color(cell.fg),
                f"on {color(cell.bg)}" if color(cell.bg) else "",
            )
            if part
        )
        line.append(cell.data, style)
    return line


def color(name: str) -> str:
    """A colour of the terminal as rich names it."""
    name = _COLORS.get(name, name)
    return (
        f"#{name}"
        if len(name) == 6 and all(char in "0123456789abcdef" for char in name)
        else name.replace("bright", "bright_")
    )


if __name__ == "__main__":
    main()
