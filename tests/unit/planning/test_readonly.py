"""Which commands a planned run may really start."""

import pytest

from horus_runtime.planning.readonly import is_read_only

LOOKING = [
    "git status", "git status --porcelain", "git log -3 --oneline", "git diff HEAD -- a.txt", "/usr/bin/git show HEAD",
    "git -C /srv/app rev-parse HEAD", "git --no-pager log", "git branch", "git branch -a", "git branch --show-current",
    "git branch --list v*", "git tag", "git tag -l v1*", "git config --get user.name", "git config --local --list",
    "git remote -v", "git remote get-url --all -- origin", "git stash list", "git worktree list",
    "docker ps", "docker ps --all", "podman images", "docker container ls", "docker image inspect x",
    "nerdctl logs web",    "systemctl status nginx", "systemctl is-active nginx", "uname -a", "df -h",
]  # fmt: skip
CHANGING = [
    "git", "git commit -m x", "git tag v1", "git tag -- v1", "git tag -l -d v1", "git branch new", "git branch -v new",
    "git branch -D old", "git branch --list -D old", "git config user.name x", "git config --unset x",
    "git remote add o x", "git remote show origin", "git stash", "git stash pop", "git push", "git fetch", "git gc",
    "git log --output=x", "git diff --ext-diff", "git show --textconv", "git -c core.pager=x log",
    "git --git-dir=/x status", "git --exec-path=/x status", "git cat-file --filters HEAD:a",
    "docker", "docker run x", "docker container rm x", "docker container", "docker network create x",
    "systemctl", "systemctl restart nginx", "rm -rf x", "make", "git2 status",
]  # fmt: skip


@pytest.mark.parametrize("command", LOOKING)
def test_it_looks(command):
    assert is_read_only(command.split())


@pytest.mark.parametrize("command", CHANGING)
def test_it_may_change_something(command):
    assert not is_read_only(command.split())


def test_switches_of_the_git_module_are_its_own():
    argv = ["/usr/bin/git", "--no-pager", "-c", "core.hooksPath=/dev/null", "status"]
    assert is_read_only(argv, trusted=True)
    assert not is_read_only(argv)
