"""What people see of an error: excerpt with caret, message, hint; of parse and run-time errors in all kinds of places.

`diagnostics/TOPIC.txt` holds cases: a title, a script, and below a line of dashes what is shown. `make goldens` writes
the files anew; read the difference before you commit it. Modules come from `diagnostics/modules`.
"""

from pathlib import Path

import pytest

import horus_runtime as hr

FOLDER = Path(__file__).parent / "diagnostics"
END, SHOWN = "========\n", "--------\n"


def shown(script):
    engine = hr.Engine()
    engine.cache = False
    engine.module_resolver = hr.FileModuleResolver(FOLDER / "modules")
    engine.on_print(lambda _text: None)
    with pytest.raises(hr.HorusError) as caught:
        engine.eval(script)
    return caught.value.render()


def with_errors(text):
    """The cases of a file, with what is shown of each now."""
    made = []
    for case in text.removesuffix(END).split(END):
        title, script = case.partition(SHOWN)[0].removesuffix("\n").split("\n", 1)
        made.append(f"{title}\n{script}\n{SHOWN}{shown(script)}\n")
    return END.join(made) + END


@pytest.mark.parametrize("topic", sorted(path.stem for path in FOLDER.glob("*.txt")))
def test_errors_are_shown_as_they_were(topic, update_golden):
    golden = FOLDER / f"{topic}.txt"
    expected = golden.read_bytes().decode()
    found = with_errors(expected)
    if update_golden:
        golden.write_bytes(found.encode())
        expected = found
    assert found == expected


def test_there_are_enough_cases():
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")]
    assert sum(text.count(END) for text in texts) >= 70
