"""What holds for all commands, by topic: `horus help TOPIC`, and sections of the manual page of `horus`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading, paragraphs, and a list of terms: each a line `TERM: what it means`, which may go on indented."""

    title: str
    text: str = ""
    listing: str = ""

    @property
    def paragraphs(self) -> list[str]:
        """The paragraphs, each on one line."""
        return [" ".join(part.split()) for part in self.text.split("\n\n") if part.strip()]

    @property
    def terms(self) -> list[tuple[str, str]]:
        """Terms and their meanings."""
        return [(term.strip(), meaning) for term, _, meaning in (line.partition(": ") for line in self._lines())]

    def _lines(self) -> Iterator[str]:
        whole = ""
        for line in self.listing.strip("\n").split("\n"):
            if line.startswith(" "):
                whole += f" {line.strip()}"
                continue
            if whole:
                yield whole
            whole = line
        if whole:
            yield whole


TOPICS: Final[Mapping[str, Topic]] = {
    "exit-codes": Topic(
        "Exit status",
        listing="""
0: Fine.
1: The script failed: its text is wrong, it threw an error, or it is not UTF-8. Also what a command says of itself:
  tests that fail, files that are not formatted.
2: Usage: an unknown option, a missing file, a directory instead of a script.
3: A limit was hit.
4: The policy refused an effect.
5: The job, a key or a trust store is not valid.
10: Of 'horus plan --exit-code': the payload would change something.
11: An atomic run was interrupted while it committed: 'horus recover' first.
70: A defect of horus itself; HORUS_DEBUG=1 shows where.
124: The time was over.
130: Cancelled, by Ctrl-C or a signal.
141: Whoever read the output went away.
""",
    ),
    "grants": Topic(
        "Grants",
        """
        A script can compute and print. Everything else has to be granted, and a refused call names the option that
        would grant it. A grant without a value grants everything of its kind, or the first step of a level; a value
        follows '='. A denial always wins.

        --preset starts from a named policy over the current directory, --policy from the fields of a TOML file.
        --audit-only prints the smallest policy that a run would need.
        """,
        """
--allow-read, --allow-write: Files below directories, or single files. Writing does not imply reading.
--allow-run: Programs.
--allow-net: Hosts, as NAME, NAME:PORT or *.DOMAIN; with --allow-private-net also loopback and private addresses.
--allow-env: Names of the environment.
--allow-git: read, local or remote.
--allow-docker: inspect, manage or full.
--allow-osiris: read, write or schema.
--allow-all: Everything; for your own scripts on your own machine.
""",
    ),
    "limits": Topic(
        "Limits",
        """
        Every run has an end: 60 seconds unless --timeout says otherwise, and a number of operations with
        --max-operations. What a run builds is bounded by --max-string-size, --max-array-size and --max-map-size, nested
        calls by --max-call-levels. A run that hits one ends with exit code 3, at the end of its time with 124.

        A script is at most 1 MiB long.
        """,
    ),
    "environment": Topic(
        "Environment",
        listing="""
HORUS_HOME: The folder with keys, trust store, recorded jobs and the prompt's history; ~/.config/horus.
HORUS_CACHE: The folder of compiled scripts; ~/.cache/horus. 'off' does without.
HORUS_DEBUG: 1 shows where a defect of horus is.
NO_COLOR: No colours, also on a terminal.
TERM: 'dumb' makes the prompt a plain one.
VISUAL, EDITOR: What ':edit' at the prompt opens.
PAGER: What shows long results at the prompt.
""",
    ),
    "files": Topic(
        "Files",
        listing="""
horus.toml: Options by command, in the working directory or above it. It can limit and deny, never grant.
~/.config/horus/keys: Your signing keys.
~/.config/horus/trust.json: Whose signatures count.
~/.config/horus/jobs.db: The record of submitted jobs.
~/.config/horus/history: What was typed at the prompt.
*.rhai: A script. With '#!/usr/bin/env horus' in its first line it is a program.
*.hero, *.heroscript, *.hs, *.md: A Hero payload, actions and script lines. Of Markdown, the fenced blocks that are
  marked heroscript.
*_test.rhai: Tests, for 'horus test'.
""",
    ),
    "prompt": Topic(
        "The prompt",
        """
        'horus repl' runs what is typed as soon as it is complete; an empty line ends every input. Tab completes,
        Ctrl-R finds earlier lines, Ctrl-C stops a script, Ctrl-D leaves. Lines that begin with '!!' are Heroscript
        actions, ':help' lists the prompt's own commands.
        """,
    ),
}
