"""A repository is input: nothing that it names may run when a script only looks at it, or commits."""

from pathlib import Path

import pytest

from horus_runtime.errors import HostFailure
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from tests.support.host_calls import Caller, FakeContext
from tests.support.repositories import IDENTITY, git, make_repository


@pytest.fixture
def trap(tmp_path: Path):
    """A repository, a program that leaves a mark when it is started, and the API."""
    place = make_repository(tmp_path / "repo", {"f.txt": "one\n", ".gitattributes": "*.txt filter=evil diff=evil\n"})
    mark = tmp_path / "mark"
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    program.chmod(0o755)
    policy = Policy(read=(str(tmp_path),), write=(str(tmp_path),), git="remote")
    api = Caller(sal_modules()["git"], FakeContext(policy, code_root=str(tmp_path), env=IDENTITY))
    return place, program, mark, api


def look_at(api, place: Path) -> None:
    repo = api.open(str(place))
    api.list()
    api.status(repo)
    api.diff(repo)
    api.log(repo)
    api.show(repo, "HEAD", "f.txt")


@pytest.mark.parametrize(
    "key",
    [
        "core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv",
        "diff.evil.command", "diff.external", "core.pager", "core.editor", "gpg.program", "core.sshCommand",
        "core.askPass", "credential.helper", "alias.status",
    ],
)  # fmt: skip
def test_programs_named_in_the_configuration_do_not_run(trap, key):
    place, program, mark, api = trap
    value = f"!{program}" if key.startswith("alias") else str(program)
    git(place, "config", key, value)
    git(place, "config", "filter.evil.required", "true")
    git(place, "config", "commit.gpgSign", "true")
    (place / "f.txt").write_text("two\n")
    look_at(api, place)
    api.commit(api.open(str(place)), "change")
    api.reset(api.open(str(place)), {"force": True})
    assert not mark.exists()


def test_included_configuration_is_seen_too(trap):
    place, program, mark, api = trap
    (place.parent / "more").write_text(f'[filter "Evil.Two"]\n\tclean = {program}\n')
    git(place, "config", "include.path", str(place.parent / "more"))
    (place / ".gitattributes").write_text("*.txt filter=Evil.Two\n")
    (place / "f.txt").write_text("two\n")
    look_at(api, place)
    assert not mark.exists()


@pytest.mark.parametrize("hook", ["pre-commit", "post-commit", "commit-msg", "post-checkout", "reference-transaction"])
def test_hooks_do_not_run(trap, hook):
    place, program, mark, api = trap
    (place / ".git/hooks").mkdir(exist_ok=True)
    (place / ".git/hooks" / hook).write_text(program.read_text())
    (place / ".git/hooks" / hook).chmod(0o755)
    (place / "f.txt").write_text("two\n")
    api.commit(api.open(str(place)), "change")
    api.create_branch(api.open(str(place)), "other")
    assert not mark.exists()


def test_a_remote_that_names_a_program_does_not_run_it(trap):
    place, program, mark, api = trap
    git(place, "remote", "add", "origin", str(place.parent / "origin"))
    make_repository(place.parent / "origin")
    git(place, "config", "remote.origin.uploadpack", str(program))
    git(place, "config", "remote.origin.receivepack", str(program))
    repo = api.open(str(place))
    api.fetch(repo)
    for evil in (f"ext::{program}", "evil::x"):
        git(place, "remote", "set-url", "origin", evil)
        with pytest.raises(HostFailure):
            api.fetch(repo)
    git(place, "config", f"url.ext::{program}.insteadOf", "https://ok.example/")
    git(place, "remote", "set-url", "origin", "https://ok.example/")
    with pytest.raises(HostFailure):
        api.fetch(repo)
    assert not mark.exists()


@pytest.mark.parametrize("word", ["--output=/tmp/x", "-x", "", "a\nb"])
def test_data_is_never_an_option(trap, word):
    place, _, _, api = trap
    repo = api.open(str(place))
    for function in (api.create_branch, api.create_tag, api.checkout):
        with pytest.raises(HostFailure) as caught:
            function(repo, word)
        assert caught.value.failure == "InvalidArgument"
    with pytest.raises(HostFailure):
        api.diff(repo, {"ref": word or "-"})


def test_a_repository_cannot_show_files_from_outside_the_roots(trap, tmp_path_factory):
    place, _, _, api = trap
    outside = make_repository(tmp_path_factory.mktemp("outside") / "secret")
    git(place, "config", "core.worktree", str(outside))
    with pytest.raises(HostFailure) as caught:
        api.open(str(place))
    assert caught.value.failure == "InvalidArgument"
    link = place.parent / "linked"
    link.mkdir()
    (link / ".git").write_text(f"gitdir: {outside}/.git\n")
    with pytest.raises(HostFailure) as caught:
        api.open(str(link))
    assert caught.value.failure == "PolicyDenied"
