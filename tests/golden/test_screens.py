"""What people see: the help of every command, and what each kind of mistake leads to, kept in files.

`screens/NAME.txt` begins with what was typed, and ends with the exit code. `make goldens` writes them anew; read the
difference before you commit it.
"""

import io
import re
from pathlib import Path

import click
import pytest

from horus_runtime.cli.app import horus
from horus_runtime.cli.main import main

FOLDER = Path(__file__).parent / "screens"
FILES = {
    "syntax.rhai": "let a = [1, 2;\n",
    "unfinished.rhai": "fn total(items) {\n    let sum = 0;\n",
    "runtime.rhai": "fn inner(x) { x.foo() }\nfn outer(x) {\n    inner(x)\n}\nouter(41);\n",
    "typo.rhai": "let number = 1;\nprint(nubmer);\n",
    "throw.rhai": 'throw "no more tea";\n',
    "thrown_map.rhai": 'throw #{code: 7, message: "no more tea"};\n',
    "denied.rhai": 'os.read("/etc/hostname");\n',
    "endless.rhai": "loop { }\n",
    "deep.rhai": "fn f(n) { f(n + 1) }\nf(0);\n",
    "large.rhai": 'let s = "ab";\nloop { s += s; }\n',
    "module.rhai": 'import "no/such" as m;\n',
    "latin.rhai": b'print("caf\xe9");\n',
    "warnings.rhai": "fn f(x) {\n    let unused = 1;\n    return x;\n    print(x);\n}\nf(1) - true;\n",
    "action.hero": "!!git.clne url:'https://example.org/a.git'\n",
    "parameter.hero": "!!git.list\n    filer:'docs'\n",
    "job.json": '{"id": "a", "runner_id": "nobody", "payload": "", "timeout": 0}\n',
    "good.json": """{
    "id": "nightly-42", "runner_id": "sal", "payload": "print(1);", "timeout": 60, "env_vars": {}, "signatures": [],
    "created_at": 1767225600
}
""",
    "damaged.json": '{"id": "a",\n',
    "first_test.rhai": 'import "std/testing" as t;\n\nfn test_sum() {\n    t::assert_eq(1 + 1, 3);\n}\n',
    "strange.toml": 'colour = "blue"\n',
}
MISTAKES = {
    "no-command": ["rnu", "hello.rhai"],
    "no-file-given": ["run"],
    "no-such-file": ["run", "missing.rhai"],
    "a-folder": ["run", "."],
    "no-such-option": ["run", "--alow-read=.", "typo.rhai"],
    "bad-value": ["run", "--timeout=soon", "typo.rhai"],
    "no-such-preset": ["run", "--preset=everything", "typo.rhai"],
    "bad-policy": ["run", "--policy=strange.toml", "typo.rhai"],
    "not-utf8": ["run", "latin.rhai"],
    "syntax": ["run", "syntax.rhai"],
    "unfinished": ["run", "unfinished.rhai"],
    "in-a-function": ["run", "runtime.rhai"],
    "near-match": ["run", "typo.rhai"],
    "thrown-text": ["run", "throw.rhai"],
    "thrown-map": ["run", "thrown_map.rhai"],
    "denied": ["run", "denied.rhai"],
    "operations": ["run", "--max-operations=1000", "endless.rhai"],
    "calls": ["run", "deep.rhai"],
    "string-size": ["run", "--max-string-size=1000", "large.rhai"],
    "no-module": ["run", "module.rhai"],
    "eval": ["eval", "1 +"],
    "eval-json": ["eval", "--json", "1 / 0"],
    "unknown-action": ["run", "action.hero"],
    "unknown-parameter": ["run", "parameter.hero"],
    "check": ["check", "warnings.rhai"],
    "check-several": ["check", "syntax.rhai", "typo.rhai"],
    "unknown-warning": ["check", "--ignore=everything", "typo.rhai"],
    "fmt": ["fmt", "syntax.rhai"],
    "test-fails": ["test", "first_test.rhai"],
    "job-invalid": ["job", "validate", "job.json"],
    "job-damaged": ["job", "run", "damaged.json"],
    "job-without-signature": ["job", "verify", "good.json"],
    "no-key": ["job", "sign", "--key=release", "good.json"],
    "unsigned": ["job", "run", "good.json"],
    "no-public-key": ["keys", "trust", "ed25519:abc"],
    "no-job": ["job", "status", "nightly-42"],
    "no-store": ["osiris", "models", "--db=none.db"],
    "no-topic": ["help", "exit-code"],
    "no-actor": ["actions", "gitt"],
    "prompt": ["repl"],
}
TYPED = "let orders = [1, 2]\norders.fitler(|o| o > 1)\nos.read('/etc/hostname')\n:vrs\n1 +\n\n"
PLACES = [(re.compile(r"in \d+(\.\d+)? (m?s)"), r"in 0 \2"), (re.compile(r'"duration": [\d.e-]+'), '"duration": 0')]


def contexts(ctx):
    yield ctx
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            yield from contexts(click.Context(ctx.command.get_command(ctx, name), info_name=name, parent=ctx))


HELP = {"-".join(["help", *c.command_path.split()[1:]]): c.command_path.split()[1:]
        for c in contexts(click.Context(horus, info_name="horus", **horus.context_settings))}  # fmt: skip


@pytest.fixture
def screen(tmp_path, monkeypatch, capsys, update_golden):
    """Compares what words lead to with a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HORUS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("sys.stdin", io.StringIO(TYPED))
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    def compare(name, words):
        code = main(words)
        printed = capsys.readouterr()
        text = f"$ horus {' '.join(words)}\n{printed.out}{printed.err}[exit code {code}]\n".replace(str(tmp_path), "~")
        for pattern, replacement in PLACES:
            text = pattern.sub(replacement, text)
        golden = FOLDER / f"{name}.txt"
        if update_golden:
            golden.write_text(text, encoding="utf-8")
        assert text == golden.read_text(encoding="utf-8")

    return compare


@pytest.mark.parametrize("name", HELP)
def test_help_is_as_it_was(screen, name):
    screen(name, [*HELP[name], "--help"])


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_as_it_was(screen, name):
    screen(name, MISTAKES[name])


def test_every_screen_belongs_to_a_command_or_a_mistake():
    assert {path.stem for path in FOLDER.glob("*.txt")} == {*HELP, *MISTAKES}


def test_no_screen_shows_a_traceback_or_a_defect():
    wrong = [
        path.name
        for path in FOLDER.glob("*.txt")
        if "Traceback" in path.read_text(encoding="utf-8") or "[exit code 70]" in path.read_text(encoding="utf-8")
    ]
    assert wrong == []
