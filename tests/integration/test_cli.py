"""The `horus` program as a shell sees it: whole processes, streams, signals, and what bad input leaves behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from horus_runtime.jobs.model import Job
from horus_runtime.jobs.signing import SigningKey

ROOT = Path(__file__).resolve().parents[2]
HORUS = (sys.executable, "-m", "horus_runtime")


class Outcome(NamedTuple):
    """How a process ended."""

    code: int
    out: str
    err: str


class Shell:
    """Runs `horus` in an empty working directory with a home folder of its own."""

    def __init__(self, work, home):
        self.work, self.home = work, home
        inherited = {name: value for name, value in os.environ.items() if name != "HORUS_DEBUG"}
        self.environment = inherited | {"HORUS_HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}

    def start(self, *words, **options):
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [*HORUS, *map(str, words)]
        return subprocess.Popen(command, cwd=self.work, env=self.environment, text=True, **{**pipes, **options})

    def __call__(self, *words, text=None, **options):
        with self.start(*words, **({"stdin": subprocess.PIPE} if text is not None else {}), **options) as process:
            out, err = process.communicate(text, timeout=60)
        return Outcome(process.returncode, out, err)

    def files(self):
        return sorted(str(path.relative_to(self.work)) for path in self.work.rglob("*"))


@pytest.fixture
def shell(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    return Shell(work, tmp_path / "home")


def write(shell, text, name="script.rhai"):
    (shell.work / name).write_text(text, encoding="utf-8")
    return name


def test_standard_input_is_a_script(shell):
    assert shell("run", "-", text="print(40 + 2);") == (0, "42\n", "")


def test_an_error_ends_with_its_code_and_without_a_traceback(shell):
    assert shell("run", "-", text="let x = foo;") == (
        1,
        "",
        "<stdin>:1:9\n1: let x = foo;\n           ^ Variable not found: foo\n",
    )


def test_a_reader_that_goes_away_ends_the_script_quietly(shell):
    with shell.start("run", write(shell, 'loop { print("line"); }')) as process:
        assert process.stdout.readline() == "line\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device of a full disk")
def test_a_full_disk_behind_the_output_is_told(shell):
    name = write(shell, 'loop { print("line"); }')
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        code, _, err = shell("run", name, stdout=full)
    assert (code, err) == (1, "cannot write the output: no space left on device\n")


def test_closed_streams_do_no_harm(shell):
    name = write(shell, 'print("x"); debug("y");')
    command = [*HORUS, "run", name]
    closed = subprocess.run(
        ["sh", "-c", '"$@" >&- 2>&-', "sh", *command], cwd=shell.work, env=shell.environment, check=False
    )
    assert closed.returncode == 0


def interrupted(shell, *words):
    """The outcome of a process that gets Ctrl-C as soon as its script runs."""
    with shell.start(*words) as process:
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    return Outcome(process.returncode, first + out, err)


LOOP = 'let s = "x"; s.pad(10000, "x"); print(s); while true {}'
"""Prints more than the buffer of a pipe holds, so that a reader sees it while the script still runs."""


def test_an_interrupt_cancels_a_script(shell):
    assert interrupted(shell, "run", write(shell, LOOP)) == (130, "x" * 10_000 + "\n", "cancelled\n")


def test_an_interrupt_cancels_a_job(shell):
    shell("job", "new", "--runner", "sal", "--id", "a", "--payload", LOOP, "-o", "job.json")
    assert interrupted(shell, "job", "run", "--allow-unsigned", "job.json") == (
        130,
        "x" * 10_000 + "\n",
        "the job was cancelled\njob a: Cancelled\n",
    )


def test_the_hot_path_loads_nothing_heavy(shell):
    """`horus run FILE` starts fast because it leaves alone what it does not need."""
    name = write(shell, "print(1);")
    program = (
        "import sys; from horus_runtime.cli.main import main; code = main(['run', sys.argv[1]]);"
        "heavy = {'click', 'pydantic', 'nacl', 'rfc8785', 'sqlite_utils', 'sqlite3', 'argparse', 'asyncio'};"
        "print(sorted(heavy & set(sys.modules))); sys.exit(code)"
    )
    command = [sys.executable, "-c", program, name]
    done = subprocess.run(command, cwd=shell.work, env=shell.environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n[]\n", "")


def test_a_cached_script_starts_without_typing(shell):
    """`typing`, with `re` and `enum` behind it, would take a quarter of the time."""
    name = write(shell, "print(1);")
    program = (
        "import sys; before = set(sys.modules);"
        "from horus_runtime.cli.main import main; code = main(['run', sys.argv[1]]);"
        "costly = {'typing', 're', 'enum', 'copy', 'bisect', 'dataclasses', 'importlib'};"
        "print(sorted(costly & (set(sys.modules) - before))); sys.exit(code)"
    )
    command = [sys.executable, "-c", program, name]
    environment = shell.environment | {"HORUS_CACHE": str(shell.work / "cache")}
    outputs = [
        subprocess.run(command, cwd=shell.work, env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert outputs[1] == "1\n[]\n"


# --- Bad input: one clear message, the right exit code, no traceback, and nothing written --------------------------


def refused(shell, code, message, *words, **options):
    """The command ends with this code and message, and the files are as before."""
    before = {name: (shell.work / name).stat().st_mtime_ns for name in shell.files()}
    assert shell(*words, **options) == (code, "", f"{message}\n")
    assert {name: (shell.work / name).stat().st_mtime_ns for name in shell.files()} == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("let x = ;", "script.rhai:1:9\n1: let x = ;\n           ^ Unexpected ';'"),
        ('let x = "abc', 'script.rhai:1:9\n1: let x = "abc\n           ^ Open string is not terminated'),
        ("if true {", "script.rhai:1:10\n1: if true {\n            ^ Expecting '}' to terminate this block"),
    ],
)
def test_a_syntax_error_is_refused(shell, text, message):
    refused(shell, 1, message, "run", write(shell, text))


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_huge_script_is_refused(shell, command):
    name = write(shell, "let x = 1;\n" * 500_000)
    message = (
        "script.rhai is too large for a script: 1048576 bytes are allowed\n"
        "hint: the largest script is 1048576 bytes, wanted at least 1048577"
    )
    refused(shell, 3, message, command, name)


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_script_that_is_no_text_is_refused(shell, command):
    (shell.work / "script.rhai").write_bytes(b"let a = 1;\nlet b = '\xff';\n")
    message = (
        "script.rhai:2:10\n"
        "2: let b = '\ufffd';\n"
        "            ^ The script is not UTF-8 text: byte 0xff fits no character"
    )
    refused(shell, 1, message, command, "script.rhai")


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_directory_is_no_script(shell, command):
    refused(shell, 2, "'.' is a directory, not a script", command, ".")


@pytest.mark.parametrize("closing", ["", ")" * 100_000], ids=["open", "closed"])
@pytest.mark.parametrize("command", ["run", "check"])
def test_deeply_nested_parentheses_are_refused(shell, command, closing):
    text = "let x = " + "(" * 100_000 + "1" + closing
    message = f"script.rhai:1:40\n1: {text[:160]}\n{' ' * 42}^ Expression exceeds maximum complexity"
    refused(shell, 1, f"{message}\nhint: max_expr_depth is 64, wanted 65", command, write(shell, text))


KEY = SigningKey.from_seed_hex("11" * 32)
CHANGED = f"does not match the job: it was changed after signing, or another key than {KEY.public_key} signed it"


@pytest.fixture
def job(shell):
    """A signed job that would write a file; keyword arguments change it after signing."""

    def make(sign=True, **fields):
        made = Job(id="a", runner_id="sal", payload='os.write("new", "");', created_at=1763114400)
        if sign:
            made.sign(KEY)
        (shell.work / "job.json").write_text(json.dumps(json.loads(made.to_json()) | fields))
        return "job.json"

    return make


def test_the_signed_job_runs_and_the_others_are_refused_because_of_what_is_wrong_with_them(shell, job):
    assert shell("job", "run", job()) == (0, "", "job a: Completed\n")
    assert shell.files() == ["job.json", "new"]


def test_an_unsigned_job_is_refused(shell, job):
    message = "the job is not valid: signature: a signature is required, the job carries none"
    refused(shell, 5, message, "job", "run", job(sign=False))


def test_a_tampered_payload_is_refused(shell, job):
    message = f"the job is not valid: signature: signature 1: {CHANGED}"
    refused(shell, 5, message, "job", "run", job(payload='os.write("other", "");'))


def test_a_wrong_signature_is_refused(shell, job):
    entry = {"public_key": "ed25519:" + "ab" * 32, "signature": "sig:" + "cd" * 64, "algorithm": "ed25519"}
    message = f"the job is not valid: signature: signature 1: {CHANGED}"
    message = message.replace(KEY.public_key, entry["public_key"])
    refused(shell, 5, message, "job", "run", job(signatures=[entry]))


def test_an_empty_payload_is_refused(shell, job):
    message = f"the job is not valid:\n  signature: signature 1: {CHANGED}\n  payload: the payload is empty"
    refused(shell, 5, message, "job", "run", job(payload=""))
    message = "the job is not valid: payload: the payload is empty"
    refused(shell, 5, message, "job", "run", "--allow-unsigned", job(sign=False, payload=""))


def test_an_unknown_runner_is_refused(shell, job):
    message = "the job is not valid: runner: there is no runner 'none'; known runners: hero, osiris, sal"
    refused(shell, 5, message, "job", "run", "--allow-unsigned", job(sign=False, runner_id="none"))


@pytest.mark.parametrize("timeout", [0, -1, 10**9])
def test_an_unreasonable_timeout_is_refused(shell, job, timeout):
    message = f"the job is not valid: timeout: the timeout must be 1 to 86400 seconds, found {timeout}"
    refused(shell, 5, message, "job", "run", "--allow-unsigned", job(sign=False, timeout=timeout))


def test_a_huge_payload_is_refused(shell, job):
    message = "the job is not valid: payload: the payload has 5000000 bytes, 1048576 are allowed"
    refused(shell, 5, message, "job", "run", "--allow-unsigned", job(sign=False, payload="x" * 5_000_000))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"{not json",
            "job.json:1:2\n1: {not json\n    ^ the job is not JSON: Expecting property name enclosed in double quotes",
        ),
        (
            b"\x00\xff\xfe",
            "job.json:1:2\n1: \\x00\ufffd\ufffd\n    ^ the job is not UTF-8 text: byte 0xff fits no character",
        ),
        (b"", "job.json:1:1\n1: \n   ^ the job is not JSON: Expecting value"),
    ],
)
def test_a_file_that_is_no_job_is_refused(shell, content, message):
    (shell.work / "job.json").write_bytes(content)
    refused(shell, 5, message, "job", "run", "job.json")


def test_a_directory_is_no_job(shell):
    refused(shell, 5, "'.' is a directory, not a job file", "job", "run", ".")


def test_a_payload_with_a_syntax_error_fails_before_it_does_anything(shell, job):
    name = job(sign=False, payload='os.write("new", "");\nlet = 1;')
    assert shell("job", "run", "--allow-unsigned", name) == (
        1,
        "",
        "payload:2:5\n2: let = 1;\n       ^ Expecting name of a variable\njob a: Failed\n",
    )
    assert shell.files() == ["job.json"]
