"""The guides to Heroscript and to the system modules: their blocks run, and the reference is up to date."""

import re
from pathlib import Path

import pytest

from horus_runtime.cli.main import main
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal.reference import reference

DOCS = Path(__file__).resolve().parents[2] / "docs"


def python_blocks(name: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", (DOCS / name).read_text(), re.MULTILINE | re.DOTALL)


def test_the_guide_to_heroscript_is_a_payload_that_runs(capsys):
    assert main(["run", str(DOCS / "heroscript.md")]) == 0
    assert capsys.readouterr().out == "# Hello\n# Hello world\nWORLD!\n# step 1\n# step 2\n"


OUTPUTS = [
    "hello Ann\nhello Ann\n",
    (
        "8080 ['a', 'b c'] 2\n['server.define', 'server.start'] prose\n"
        "!!server.define name:web port:8080 tags:a,'b c'\n\n!!server.start name:web\n\n"
    ),
    "!!define.backup_job active:true keep:3 label:'my job'\nBackupJob(label='nightly', keep=7, active=True)\n",
]


@pytest.mark.parametrize("number", range(3))
def test_python_blocks_of_the_guide_to_heroscript_print_what_they_say(number, capsys):
    blocks = python_blocks("heroscript.md")
    assert len(blocks) == len(OUTPUTS)
    exec(compile(blocks[number], "heroscript.md", "exec"), {"__name__": "guide"})
    assert capsys.readouterr().out == OUTPUTS[number]


def test_the_table_of_actions_names_all_of_them():
    from horus_runtime.heroscript.builtin import builtin_actions

    text = (DOCS / "heroscript.md").read_text()
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (.*) \|$", text, re.MULTILINE)
    named = set()
    for actors, cells in rows:
        for actor, part in zip(re.findall(r"`(\w+)`", actors), cells.split("; "), strict=False):
            named |= {f"{actor}.{name}" for name in re.findall(r"`(\w+)`", part)}
    synonyms = {"docker.list", "docker.halt", "docker.delete", "git.reload", "osal.load_env_file", "osiris.list"}
    assert named | synonyms == set(builtin_actions().specs)


def test_the_reference_of_the_modules_is_up_to_date():
    assert (DOCS / "modules.md").read_text() == reference()


def test_policies_of_the_guide_to_security_are_ones():
    [block] = re.findall(r"^```toml\n(.*?)^```$", (DOCS / "security.md").read_text(), re.MULTILINE | re.DOTALL)
    import tomllib

    policy = Policy.from_dict(tomllib.loads(block))
    assert policy.program("git", None, ["log", "-1"]).allowed
    assert not policy.program("git", None, ["push"]).allowed
    assert policy.on_denied == "fatal"
