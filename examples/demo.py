"""The main job of horus_runtime, through its command line: three payloads, each signed, verified and executed.

`make demo` runs this. Everything happens in the folder `.demo`, which is made afresh, or in a new folder that you name;
the files in `examples/jobs` and your own keys stay as they are. Exit code 0 means that every step ended as it must.
"""

import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = Path(sys.executable).with_name("horus")
HORUS = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-m", "horus_runtime"]
SHOWN_LINES = 12


class Surprise(Exception):
    """A step did not end as it must."""


class Outcome(NamedTuple):
    """How a command ended, and everything it said."""

    code: int
    output: str


def main() -> None:
    demo = Demo(fresh_folder())
    title("A signing key of our own, which this machine trusts")
    demo.make_key()
    title("Hero runner: Heroscript actions mixed with script lines, over two git repositories")
    demo.make_repositories()
    demo.run_hero()
    title("SAL runner: a script with host modules")
    demo.run_job("sal", expect={0})
    title("Osiris runner: a script with the model store")
    demo.run_job("osiris", "--db", "osiris.db", "--json", expect={0})
    demo.show_rows("osiris.db")
    print(f"\nEvery step of the demo ended as it must. Its files are in {demo.folder}.")


def fresh_folder() -> Path:
    """The folder to work in. Only our own is emptied; one that the user names must be new."""
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1]).resolve()
        if folder.exists():
            sys.exit(f"{folder} is there already")
    else:
        folder = ROOT / ".demo"
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


class Demo:
    """A fresh folder, and the environment that `horus` runs in there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {"HORUS_HOME": str(folder / "home")}

    def make_key(self) -> None:
        public_key = self.horus("keys", "new", "--out", "demo.key").split()[-1]
        self.horus("keys", "trust", public_key, "--name", "demo")

    def make_repositories(self) -> None:
        """Two real repositories: one clean, one with a file that git does not know yet."""
        for name in ("library", "website"):
            repository = self.folder / "code" / name
            repository.mkdir(parents=True)
            (repository / "README.md").write_text(f"# {name}\n", encoding="utf-8")
            self.git(repository, "init", "--quiet")
            self.git(repository, "checkout", "--quiet", "-B", "main")
            self.git(repository, "add", "README.md")
            self.git(repository, "commit", "--quiet", "--message", "Begin")
        (self.folder / "code" / "website" / "draft.md").write_text("not yet committed\n", encoding="utf-8")

    def run_job(self, name: str, *options: str, expect: set[int], path: str | None = None) -> Outcome:
        """Copy, sign, verify and run one of the example jobs; `expect` says which exit codes are right."""
        file = self.copy_job(name)
        self.horus("job", "sign", file, "--key", "demo.key")
        self.horus("job", "verify", file)
        show_payload(self.folder / file)
        environment = self.environment if path is None else self.environment | {"PATH": path}
        return self.execute(["job", "run", file, *options], environment, expect)

    def run_hero(self) -> None:
        """The payload asks for the containers of an engine that may not be there: both outcomes are shown."""
        place = ("--code-root", "code")
        path = None
        outcome = self.run_job("hero", *place, expect={0, 1})
        if outcome.code == 0:
            print("\nA container engine answers on this machine. The same where none is installed:")
            path = self.path_without_engines()
            outcome = self.run_job("hero", *place, expect={1}, path=path)
        if "Unavailable" not in outcome.output:
            raise Surprise("the payload did not fail for the missing container engine")
        print("\nThe host may also take a missing engine as a warning:")
        self.run_job("hero", *place, "--allow-unavailable", "docker", expect={0}, path=path)

    def path_without_engines(self) -> str:
        """A PATH on which git is all there is."""
        programs = self.folder / "programs"
        programs.mkdir()
        (programs / "git").symlink_to(shutil.which("git") or "git")
        return str(programs)

    def copy_job(self, name: str) -> str:
        """A copy with an id of its own and the present time: a trusted signature is good for one run, and for a day."""
        job = json.loads((ROOT / "examples" / "jobs" / f"{name}.json").read_text(encoding="utf-8"))
        job |= {"id": f"{name}-{uuid.uuid4().hex[:8]}", "created_at": int(time.time())}
        file = f"{job['id']}.json"
        (self.folder / file).write_text(json.dumps(job, indent=2) + "\n", encoding="utf-8")
        return file

    def show_rows(self, database: str) -> None:
        """The store is a plain SQLite file, open to every other program."""
        print(f"\nThe users in {database}, read with Python's sqlite3:")
        with sqlite3.connect(f"file:{self.folder / database}?mode=ro", uri=True) as connection:
            rows = connection.execute("SELECT id, doc, created_at FROM m_users").fetchall()
        connection.close()
        for row in rows:
            print("  " + " | ".join(row))
        if [json.loads(row[1]) for row in rows] != [{"name": "Alice", "email": "alice@example.com"}]:
            raise Surprise("the store does not hold exactly the user that the payload created")

    def horus(self, *arguments: str) -> str:
        return self.execute(list(arguments), self.environment, {0}).output

    def execute(self, arguments: list[str], environment: dict[str, str], expect: set[int]) -> Outcome:
        """Run `horus` as a user would at the prompt, showing the command and what it says."""
        print("\n$ horus " + shlex.join(arguments), flush=True)
        done = subprocess.run(
            [*HORUS, *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        show(done.stdout)
        if done.returncode:
            print(f"(exit code {done.returncode})")
        if done.returncode not in expect:
            raise Surprise(f"exit code {done.returncode} instead of {' or '.join(map(str, sorted(expect)))}")
        return Outcome(done.returncode, done.stdout)

    def git(self, repository: Path, *arguments: str) -> None:
        """git with an author of its own and without the user's settings."""
        settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        author = {f"GIT_{role}_{part}": text for role in ("AUTHOR", "COMMITTER") for part, text in AUTHOR.items()}
        subprocess.run(["git", *arguments], cwd=repository, env=os.environ | settings | author, check=True)


AUTHOR = {"NAME": "Demo", "EMAIL": "demo@example.com"}


def title(text: str) -> None:
    print(f"\n=== {text} ===")


def show_payload(file: Path) -> None:
    payload = json.loads(file.read_text(encoding="utf-8"))["payload"]
    print("\nThe payload:")
    print("".join(f"    {line}\n" for line in payload.splitlines()), end="")


def show(output: str) -> None:
    lines = output.splitlines()
    left_out = len(lines) - SHOWN_LINES
    if left_out > 0:
        lines[SHOWN_LINES - 1 : -1] = [f"... {left_out + 1} more lines ..."]
    print("".join(f"{line}\n" for line in lines), end="")


if __name__ == "__main__":
    try:
        main()
    except Surprise as surprise:
        sys.exit(f"the demo did not end as it must: {surprise}")
