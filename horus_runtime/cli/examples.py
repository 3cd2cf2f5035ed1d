"""Examples of every command, for its help and its manual page: what is typed, and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Example(NamedTuple):
    """A command line; what it does is left out where the line says it."""

    typed: str
    does: str = ""


EXAMPLES: Final[Mapping[str, tuple[Example, ...]]] = {
    "horus": (
        Example("horus run hello.rhai"),
        Example("horus eval '40 + 2'"),
        Example("horus repl"),
        Example("horus help grants", "What scripts may do outside, and how to say so."),
    ),
    "horus run": (
        Example("horus run hello.rhai"),
        Example("horus run --allow-read=/srv report.rhai", "The script may read files below /srv."),
        Example("horus run --preset=workspace --timeout=5 deploy.hero", "With rights in this folder, for 5 s."),
        Example("horus run --audit-only backup.rhai", "Say which rights it would need."),
        Example("horus run --atomic --allow-read=. --allow-write=. deploy.hero", "All its changes, or none."),
        Example("echo 'print(40 + 2)' | horus run -"),
    ),
    "horus plan": (
        Example("horus plan --allow-read=. --allow-write=. deploy.hero"),
        Example(
            "horus plan --preset=workspace --exit-code rotate.rhai", "Exit code 10 when it would change something."
        ),
        Example("horus plan --json --allow-all backup.rhai", "The plan for programs."),
        Example("horus plan --allow-run=make --answer-run='make --dry-run **' build.rhai", "Some commands only look."),
    ),
    "horus recover": (
        Example("horus recover", "Finish or undo what was interrupted."),
        Example("horus recover --state=/srv/horus/atomic --json"),
    ),
    "horus eval": (
        Example("horus eval '40 + 2'"),
        Example("horus eval --json '[1, 2].map(|x| x * 2)'"),
    ),
    "horus check": (
        Example("horus check report.rhai"),
        Example("horus check --policy=server.toml report.rhai backup.rhai", "Also what the policy does not allow."),
        Example("horus check --emit=py report.rhai", "The Python code that runs."),
    ),
    "horus cache": (Example("horus cache info"), Example("horus cache clear")),
    "horus cache info": (Example("horus cache info --json"),),
    "horus cache clear": (Example("horus cache clear"),),
    "horus fmt": (
        Example("horus fmt report.rhai deploy.hero"),
        Example("horus fmt --check report.rhai", "Exit code 1 when it is not formatted."),
        Example("cat report.rhai | horus fmt -"),
    ),
    "horus actions": (
        Example("horus actions"),
        Example("horus actions git", "The actions of one actor."),
        Example("horus actions git.clone", "The parameters of one action."),
    ),
    "horus test": (
        Example("horus test"),
        Example("horus test -k 'report and not slow' -x tests"),
        Example("horus test -n 4 --junit=report.xml"),
        Example("horus test --coverage tests", "Which lines of the scripts under test ran."),
    ),
    "horus docs": (
        Example("horus docs lib.rhai"),
        Example("horus docs --out=docs lib.rhai report.rhai", "A page for every file."),
        Example("horus docs --definitions=defs", "Definition files for editors."),
    ),
    "horus repl": (
        Example("horus repl"),
        Example("horus repl --allow-read=. helpers.rhai", "The file runs first."),
        Example("horus repl < lines.txt"),
    ),
    "horus completion": (
        Example('eval "$(horus completion bash)"'),
        Example('eval "$(horus completion zsh)"'),
        Example("horus completion fish | source"),
    ),
    "horus help": (
        Example("horus help"),
        Example("horus help job run", "What 'horus job run --help' shows."),
        Example("horus help exit-codes"),
    ),
    "horus worker": (
        Example("horus worker"),
        Example("horus worker --drain", "Stop when no job waits."),
    ),
    "horus job": (
        Example("horus job new --runner=sal --payload='print(1);' --out=job.json"),
        Example("horus job sign job.json"),
        Example("horus job run job.json"),
    ),
    "horus job new": (
        Example("horus job new --runner=sal --payload='print(1);' --out=job.json"),
        Example("horus job new --runner=hero --payload-file=deploy.hero --timeout=300 --env=STAGE=test"),
    ),
    "horus job sign": (
        Example("horus job sign job.json", "With your key 'default'."),
        Example("horus job sign --key=release job.json"),
    ),
    "horus job verify": (Example("horus job verify job.json"), Example("horus job verify --required=2 job.json")),
    "horus job validate": (Example("horus job validate job.json"), Example("horus job validate --json job.json")),
    "horus job run": (
        Example("horus job run job.json"),
        Example("horus job run --allow-net=api.example.org --audit=audit.jsonl job.json"),
    ),
    "horus job submit": (Example("horus job submit job.json"),),
    "horus job status": (Example("horus job status nightly-42"),),
    "horus job result": (Example("horus job result --json nightly-42"),),
    "horus job cancel": (Example("horus job cancel nightly-42"),),
    "horus job list": (Example("horus job list --status=Failed --limit=10"),),
    "horus keys": (Example("horus keys new"), Example("horus keys list")),
    "horus keys new": (Example("horus keys new"), Example("horus keys new release")),
    "horus keys list": (Example("horus keys list --json"),),
    "horus keys trust": (Example("horus keys trust --name=Ann ed25519:6d2b...", "64 digits stand behind the colon."),),
    "horus osiris": (
        Example("horus osiris models --db=store.db"),
        Example("horus osiris query person age__gte=18"),
    ),
    "horus osiris models": (Example("horus osiris models --db=store.db"),),
    "horus osiris show": (Example("horus osiris show person"), Example("horus osiris show person 12")),
    "horus osiris query": (
        Example("horus osiris query person age__gte=18 --order=-age --limit=10"),
        Example("horus osiris query person --search='London' --select=name,city"),
        Example("horus osiris query person --count --explain"),
    ),
    "horus osiris create": (Example("""horus osiris create person '{"name": "Ann", "age": 41}'"""),),
    "horus osiris import": (
        Example("horus osiris import --model=person people.csv"),
        Example("horus osiris import --model=person --key=email --on-conflict=update people.jsonl"),
        Example("horus osiris import store.jsonl", "A whole store, as 'export' wrote it."),
    ),
    "horus osiris export": (
        Example("horus osiris export --out=store.jsonl", "The whole store."),
        Example("horus osiris export --model=person --out=people.csv age__gte=18"),
    ),
    "horus osiris migrate": (
        Example("horus osiris migrate migrations"),
        Example("horus osiris migrate --dry-run migrations"),
        Example("horus osiris migrate --list migrations"),
    ),
    "horus osiris backup": (Example("horus osiris backup --db=store.db copy.db"),),
    "horus osiris stats": (Example("horus osiris stats --check"),),
    "horus osiris shell": (Example("horus osiris shell --read-only --db=store.db"),),
}
