"""Scripts and payloads that are programs: `#!/usr/bin/env horus` in the first line, and the right to be executed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def execute(tmp_path):
    """Writes a program and runs it as a shell would."""
    folder = tmp_path / "bin"
    folder.mkdir()
    horus = folder / "horus"
    horus.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m horus_runtime "$@"\n')
    horus.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "HORUS_HOME": str(tmp_path / "home"), "HORUS_CACHE": "off"}

    def execute(name, text, *, word=None):
        program = (folder if word == name else tmp_path) / name
        program.write_text(text)
        program.chmod(0o755)
        done = subprocess.run(
            [word or f"./{name}"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    return execute


def test_a_script_is_a_program_whatever_its_name(execute):
    assert execute("hello", "#!/usr/bin/env horus\nprint(40 + 2);\n") == (0, "42\n", "")
    assert execute("hello.rhai", "#!/usr/bin/env horus\nprint(1);\n") == (0, "1\n", "")


def test_a_script_of_the_search_path_is_a_program(execute):
    assert execute("greet", '#!/usr/bin/env horus\nprint("hello");\n', word="greet") == (0, "hello\n", "")


def test_a_payload_is_a_program(execute):
    text = "#!/usr/bin/env horus\n!!session.env_set key:NAME val:Ann\nlet name = 1;\nprint(name);\n"
    code, out, err = execute("deploy.hero", text)
    assert (code, out.splitlines()[-1], err) == (0, "1", "")


def test_an_error_counts_the_first_line(execute):
    assert execute("wrong", "#!/usr/bin/env horus\nlet a = ;\n") == (
        1,
        "",
        "./wrong:2:9\n2: let a = ;\n           ^ Unexpected ';'\n",
    )
