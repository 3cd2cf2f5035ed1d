"""What the stages of the compiler make of each script here: tokens, tree, types and emitted Python, kept in files.

`NAME.rhai` has `NAME.ast`, `NAME.types` and `NAME.py` beside it. `make goldens` writes them anew; read the difference
before you commit it.
"""

from pathlib import Path

import pytest

from horus_runtime.cli.commands.check import emitted

FOLDER = Path(__file__).parent
STAGES = ("tokens", "ast", "types", "py")
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.rhai"))


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_stage_makes_what_it_made(name, stage, update_golden):
    script = FOLDER / f"{name}.rhai"
    found = "\n".join(emitted(script.read_text(encoding="utf-8"), script.name, stage)) + "\n"
    golden = FOLDER / f"{name}.{stage}.txt"
    if update_golden:
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_every_golden_belongs_to_a_script():
    goldens = {path.name for path in FOLDER.glob("*.txt")}
    assert goldens == {f"{name}.{stage}.txt" for name in SCRIPTS for stage in STAGES}
