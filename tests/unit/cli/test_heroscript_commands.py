"""`horus fmt`, `horus actions`, and the kinds of files that hold Hero payloads."""

import json

import pytest

from horus_runtime.cli.main import main

MESSY = "!!Git.List   name:a   status-update:true  // tail\nprint(1)\n!!docker.ps\n  all:true\n"
TIDY = "!!git.list name:a status_update:true // tail\nprint(1)\n!!docker.ps\n    all:true\n"


def test_fmt_writes_the_tidy_text_and_keeps_the_mode(tmp_path, capsys):
    file = tmp_path / "a.hero"
    file.write_text(MESSY)
    file.chmod(0o640)
    assert main(["fmt", str(file)]) == 0
    assert (file.read_text(), file.stat().st_mode & 0o777) == (TIDY, 0o640)
    assert main(["fmt", str(file)]) == 0
    assert capsys.readouterr().out == f"formatted: {file}\n"


def test_fmt_check_and_diff_change_nothing(tmp_path, capsys):
    file = tmp_path / "a.hero"
    file.write_text(MESSY)
    assert main(["fmt", "--check", str(file)]) == 1
    assert capsys.readouterr().out == f"would change: {file}\n"
    assert main(["fmt", "--diff", str(file)]) == 1
    assert "+!!git.list name:a status_update:true // tail" in capsys.readouterr().out.splitlines()
    assert file.read_text() == MESSY


def test_fmt_leaves_a_payload_with_an_error(tmp_path, capsys):
    wrong = tmp_path / "b.hero"
    wrong.write_text("!!a.b x:'open\n")
    assert main(["fmt", str(wrong)]) == 1
    assert capsys.readouterr().err == (
        f"{wrong}:1:9\n1: !!a.b x:'open\n           ^ the text that begins with ' does not end\n"
    )
    assert wrong.read_text() == "!!a.b x:'open\n"


def test_actions_lists_and_documents(capsys):
    assert main(["actions", "git.list"]) == 0
    assert capsys.readouterr().out.startswith(
        "!!git.list\n\nList the repositories below the code root with branch or tag and state.\n\n  PARAMETER "
    )
    assert main(["actions", "docker", "--json"]) == 0
    found = {spec["name"]: spec for spec in json.loads(capsys.readouterr().out)}
    assert found["docker.ps"]["parameters"][0] == {
        "name": "all", "type": "true/false", "required": False, "default": "false", "help": "stopped ones, too",
    }  # fmt: skip
    assert main(["actions", "git.lst"]) == 2
    assert capsys.readouterr().err == "there is no action or actor 'git.lst', did you mean 'git.list'?\n"


@pytest.mark.parametrize("suffix", [".hero", ".heroscript", ".hs"])
def test_files_of_heroscript_are_known_by_their_names(tmp_path, capsys, suffix):
    file = tmp_path / f"a{suffix}"
    file.write_text("print(1)")
    assert (main(["run", str(file)]), capsys.readouterr().out) == (0, "1\n")


MARKDOWN = """# Guide
!!not.run because:prose

```heroscript
let a = 20;
```
```rhai
print("not run");
```
- in a list
  ```hero
  print(a * 2 + 2)
  ```
~~~heroscript
nothing(#"
```
"#)
~~~
"""


def test_the_fenced_blocks_of_a_markdown_file_are_one_payload(tmp_path, capsys):
    file = tmp_path / "doc.md"
    file.write_text(MARKDOWN)
    assert main(["run", str(file)]) == 1
    captured = capsys.readouterr()
    assert captured.out == "42\n"
    expected = f'{file}:15:1\n15: nothing(#"\n    ^ Function not found: nothing (&str'
    assert captured.err.startswith(expected)
