"""No guide shows what no test looks at: every fenced block is run by some test or listed here with the reason why not,
and every command line within the text is one that the program understands.
"""

import contextlib
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from horus_runtime.cli.app import horus
from horus_runtime.cli.main import main
from horus_runtime.modules.policy import Policy

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md"), ROOT / "benchmarks" / "README.md"])
TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES if page.name != "CHANGELOG.md"}

RUN_BY = {
    ("README.md", "sh"): "test_readme.py",
    ("README.md", "rust"): "test_readme.py",
    ("README.md", "console"): "test_readme.py",
    ("README.md", "python"): "test_readme.py",
    ("docs/cli.md", ""): "test_every_block.py",
    ("docs/cli.md", "sh"): "test_guides.py",
    ("docs/cli.md", "rhai"): "test_cli_guide.py",
    ("docs/cli.md", "toml"): "test_cli_guide.py",
    ("docs/custom-syntax.md", "python"): "test_guides.py",
    ("docs/embedding.md", "python"): "test_embedding_docs.py",
    ("docs/heroscript.md", "heroscript"): "test_guides_operations.py",
    ("docs/heroscript.md", "python"): "test_guides_operations.py",
    ("docs/jobs.md", "json"): "test_guides.py",
    ("docs/jobs.md", "python"): "test_guides.py",
    ("docs/native.md", "python"): "test_guides.py",
    ("docs/osiris.md", "rhai"): "test_osiris_guide.py",
    ("docs/osiris.md", "python"): "test_osiris_guide.py",
    ("docs/osiris.md", "sh"): "test_osiris_guide.py",
    ("docs/plan.md", "sh"): "test_plan_guide.py",
    ("docs/plan.md", "text"): "test_plan_guide.py",
    ("docs/plan.md", "python"): "test_plan_guide.py",
    ("docs/prompt.md", "text"): "test_prompt_guide.py",
    ("docs/running.md", "python"): "test_running_docs.py",
    ("docs/security.md", "python"): "test_every_block.py",
    ("docs/security.md", "toml"): "test_guides_operations.py",
    ("docs/stdlib.md", "rhai"): "test_guides.py",
}
NOT_RUN = {
    ("docs/native.md", "sh"): "installs a package",
    ("benchmarks/README.md", ""): "take minutes, and are figures of one machine",
}


def fences(text):
    """Language and text of every fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_every_block_has_a_test_or_a_reason():
    found = {(page, language) for page, text in TEXTS.items() for language, _ in fences(text)}
    assert found == {*RUN_BY, *NOT_RUN}


@pytest.mark.parametrize("place", RUN_BY, ids=" ".join)
def test_the_test_that_runs_a_block_names_its_page(place):
    text = (ROOT / "tests" / "integration" / RUN_BY[place]).read_text(encoding="utf-8")
    assert Path(place[0]).name in text


# ---- command lines --------------------------------------------------------------------------------------------------

PLACEHOLDER = re.compile(r"[|\[\]…]|\.\.\.|\bCOMMAND\b|\bTOPIC\b")


def command_lines():
    """What stands in the text as `horus ...`, without those that stand for several."""
    for page, text in TEXTS.items():
        prose = re.sub(r"^```\w*\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        for line in dict.fromkeys(re.findall(r"(?<!`)`(horus [^`]+)`", prose)):
            if not PLACEHOLDER.search(line):
                yield pytest.param(line, id=f"{page}: {line}")


def understood(words):
    """Take the words through the command line up to where the command would run."""
    ctx = click.Context(horus, info_name="horus", **horus.context_settings)
    while isinstance(ctx.command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        command = ctx.command.get_command(ctx, name)
        assert command is not None, f"there is no command '{name}'"
        ctx = click.Context(command, info_name=name, parent=ctx)
    if words or not isinstance(ctx.command, click.Group):
        # A command named without its arguments is named, not run.
        ctx.command.make_context(ctx.info_name, list(words), parent=ctx.parent, resilient_parsing=not words)


@pytest.mark.parametrize("line", list(command_lines()))
def test_a_command_line_in_a_text_is_understood(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(re.split(r" [|<>&] ", line)[0])[1:]
    # `--help` ends, and where an option was explained the rest of the line may be left out.
    with contextlib.suppress(click.exceptions.Exit, click.MissingParameter):
        understood(words)


# ---- blocks that have no other test ---------------------------------------------------------------------------------


def test_the_list_of_commands_names_what_there_is():
    listing = fences(TEXTS["docs/cli.md"])[0][1]
    named = {line.split()[1] for line in listing.splitlines() if line.startswith("horus ")}
    assert named == set(horus.list_commands(click.Context(horus, **horus.context_settings)))


def test_the_error_that_is_shown_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("hello.rhai").write_text("let x = 1;\nlet y = squrt(x);\n")
    assert main(["run", "hello.rhai"]) == 1
    shown = next(text for language, text in fences(TEXTS["docs/cli.md"]) if language == "" and "squrt" in text)
    assert capsys.readouterr().err == shown


def test_the_policies_in_python_are_ones():
    [(_, code)] = [block for block in fences(TEXTS["docs/security.md"]) if block[0] == "python"]
    [(_, toml)] = [block for block in fences(TEXTS["docs/security.md"]) if block[0] == "toml"]
    names = {"toml_data": tomllib.loads(toml), "policy": Policy.readonly("/srv"), "other": Policy.deny_all()}
    exec(compile(code, "security.md", "exec"), names)


def test_the_programs_of_the_benchmarks_explain_themselves():
    programs = [path for path in (ROOT / "benchmarks").glob("*.py") if "argparse" in path.read_text(encoding="utf-8")]
    assert len(programs) > 6
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "benchmarks").glob("*.md"))
    assert [path.name for path in programs if path.name not in pages] == []
    for program in programs:
        done = subprocess.run(
            [sys.executable, program, "--help"], capture_output=True, text=True, check=False, cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert (program.name, done.returncode, done.stderr) == (program.name, 0, "")
