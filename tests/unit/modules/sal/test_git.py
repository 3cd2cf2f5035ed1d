"""The module `git` on real repositories."""

from pathlib import Path

import pytest

from horus_runtime.errors import HostFailure, PolicyError
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from tests.support.host_calls import Caller, FakeContext
from tests.support.repositories import IDENTITY, git, make_repository

GIT = sal_modules()["git"]


@pytest.fixture
def code(tmp_path: Path) -> Path:
    root = tmp_path / "code"
    make_repository(root / "github" / "acme" / "app")
    make_repository(root / "github" / "acme" / "lib")
    (root / "notes").mkdir()
    return root


@pytest.fixture
def api(code: Path, tmp_path: Path) -> Caller:
    policy = Policy(read=(str(tmp_path),), write=(str(tmp_path),), git="remote")
    return Caller(GIT, FakeContext(policy, code_root=str(code), cwd=str(tmp_path), env=IDENTITY))


def failure(function, *args) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args)
    return caught.value.value


def test_list_gives_sorted_facts(api, code):
    (code / "github/acme/lib/new").write_text("x")
    base = f"{code}/github/acme"
    clean = {"account": "acme", "provider": "github", "branch": "main", "ahead": 0, "behind": 0}
    assert api.list() == [
        {"path": f"{base}/app", "name": "app", **clean, "dirty": False},
        {"path": f"{base}/lib", "name": "lib", **clean, "dirty": True},
    ]


def test_list_selects(api, code):
    def names(**options):
        return [found["name"] for found in api.list(options)]

    assert names(filter="acme/l") == ["lib"]
    assert names(name="app") == ["app"]
    assert names(account="other") == []
    assert names(provider="github") == ["app", "lib"]
    assert api.list({"status": False, "name": "app"}) == [
        {"path": f"{code}/github/acme/app", "name": "app", "account": "acme", "provider": "github"}
    ]
    assert failure(api.list, {"root": "nowhere"})["kind"] == "NotFound"


def test_list_does_not_enter_repositories(api, code):
    make_repository(code / "github/acme/app/vendor/inner")
    assert [found["name"] for found in api.list()] == ["app", "lib"]


def test_list_needs_the_read_level_and_a_readable_root(code):
    with pytest.raises(PolicyError) as caught:
        Caller(GIT, FakeContext(Policy(read=("/",)), code_root=str(code))).list()
    assert caught.value.message == (
        "PolicyDenied: git.list is not allowed: the capability 'git' is missing, grant it with --allow-git=read"
    )
    with pytest.raises(PolicyError) as caught:
        Caller(GIT, FakeContext(Policy(git="read"), code_root=str(code))).list()
    assert caught.value.capability == "read"


def test_status_names_every_kind_of_change(api, code):
    place = code / "github/acme/app"
    (place / "README.md").write_text("changed\n")
    (place / "staged file").write_text("s")
    git(place, "add", "staged file")
    (place / "loose").write_text("l")
    repo = api.open(str(place))
    assert api.status(repo) == {
        "branch": "main", "ahead": 0, "behind": 0, "detached": False, "clean": False,
        "staged": ["staged file"], "modified": ["README.md"], "untracked": ["loose"], "conflicted": [],
    }  # fmt: skip
    assert api.has_changes(repo) is True
    assert "+changed" in api.diff(repo)
    assert api.show(repo, "HEAD", "README.md") == "hello\n"


def test_commit_log_tag_and_branch(api, code):
    repo = api.open(f"{code}/github/acme/app")
    (code / "github/acme/app/new").write_text("x")
    commit = api.commit(repo, "second\n\nbody text")
    assert (api.head(repo), api.has_changes(repo)) == (commit, False)
    first, second = api.log(repo)
    assert (first["subject"], first["body"], first["author"], first["id"]) == ("second", "body text", "Ann", commit)
    assert second["date"] == "2024-01-02T03:04:05+00:00"
    assert len(api.log(repo, {"limit": 1})) == 1
    api.create_tag(repo, "v1")
    api.create_branch(repo, "work")
    assert (api.branch(repo), api.branches(repo), api.tags(repo)) == ("work", ["main", "work"], ["v1"])
    api.checkout(repo, "v1")
    assert api.list({"name": "app"})[0]["tag"] == "v1"
    assert api.status(repo)["detached"] is True


def test_commit_with_nothing_new_is_a_conflict(api, code):
    repo = api.open(f"{code}/github/acme/app")
    assert failure(api.commit, repo, "again")["kind"] == "Conflict"
    assert failure(api.commit, repo, "  ")["message"] == "git.commit: 'message' is empty"
    assert api.commit(repo, "empty", {"allow_empty": True}) == api.head(repo)


def test_reset_of_a_dirty_tree_needs_force(api, code):
    place = code / "github/acme/app"
    (place / "README.md").write_text("changed")
    (place / "loose").write_text("")
    repo = api.open(str(place))
    assert failure(api.reset, repo)["hint"] == "use #{force: true} to drop the changes"
    api.reset(repo, {"force": True})
    assert ((place / "README.md").read_text(), (place / "loose").exists()) == ("hello\n", False)


def test_clone_pull_and_push_over_a_local_place(api, code, tmp_path):
    origin = tmp_path / "origin.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(code / "github/acme/app"), str(origin))
    one, two = api.clone(str(origin), "one"), api.clone(str(origin), "two")
    assert failure(api.clone, str(origin), "one")["kind"] == "AlreadyExists"
    (tmp_path / "one" / "f").write_text("1")
    api.commit(one, "add f")
    api.push(one)
    api.fetch(two)
    assert api.status(two)["behind"] == 1
    api.pull(two)
    assert (tmp_path / "two" / "f").read_text() == "1"
    assert api.remotes(two) == {"origin": str(origin)}
    (tmp_path / "two" / "f").write_text("2")
    assert failure(api.pull, two)["kind"] == "Conflict"
    api.commit(two, "other")
    (tmp_path / "one" / "f").write_text("3")
    api.commit(one, "mine")
    api.push(two)
    assert failure(api.push, one)["kind"] == "Conflict"
    assert failure(api.pull, one)["kind"] == "Conflict"


def test_remote_work_needs_level_and_host(api, code, tmp_path):
    local = Caller(GIT, FakeContext(Policy(read=(str(tmp_path),), write=(str(tmp_path),), git="local")))
    repo = local.open(f"{code}/github/acme/app")
    with pytest.raises(PolicyError) as caught:
        local.push(repo)
    assert caught.value.message.endswith("grant it with --allow-git=remote")
    with pytest.raises(PolicyError) as caught:
        api.clone("https://ann:secret@git.example.com/acme/x.git", "x")
    assert caught.value.message == (
        "PolicyDenied: git.clone on 'git.example.com:443' is not allowed: the capability 'net' is missing, "
        "grant it with --allow-net=git.example.com:443"
    )
    git(code / "github/acme/app", "remote", "add", "origin", "git@git.example.com:acme/app.git")
    with pytest.raises(PolicyError) as caught:
        api.push(api.open(f"{code}/github/acme/app"))
    assert caught.value.capability == "net"


@pytest.mark.parametrize(
    "url", ["--upload-pack=touch /tmp/x", "ext::sh -c touch", "git://example.com/a/b", "-x", "http::foo", ""]
)
def test_addresses_that_run_something_are_refused(api, url):
    assert failure(api.clone, url, "x")["kind"] == "InvalidArgument"


def test_places_of_addresses():
    from horus_runtime.modules.host import HostCall
    from horus_runtime.modules.sal.git import place_of

    call = HostCall(FakeContext(), "git", "clone")
    for url in ("https://github.com/acme/app.git", "git@github.com:acme/app", "ssh://git@github.com:22/acme/app/"):
        assert place_of(call, url) == ("github", "acme", "app")
    assert place_of(call, "https://git.threefold.info/a/b/c") == ("git.threefold.info", "b", "c")


def test_tree_finds_and_gets(api, code):
    tree = api.tree(str(code))
    base = f"{code}/github/acme"
    assert api.list(tree) == [f"{base}/app", f"{base}/lib"]
    assert api.find(tree, "l*") == [f"{base}/lib"]
    assert api.path(api.get(tree, "app")) == f"{base}/app"
    assert failure(api.get, tree, "none")["kind"] == "NotFound"
    assert failure(api.tree, f"{code}/none")["kind"] == "NotFound"


def test_init_is_repo_and_root(api, tmp_path):
    api.init("fresh")
    assert api.is_repo("fresh") is True
    assert api.is_repo("code") is False
    (tmp_path / "fresh" / "deep").mkdir()
    assert api.root("fresh/deep") == str(tmp_path / "fresh")
    assert api.log(api.open("fresh")) == []
    assert failure(api.open, "code")["message"] == "'code' is not the top directory of a git repository"


def test_a_missing_git_is_a_kind(code, tmp_path):
    policy = Policy(read=(str(tmp_path),), git="read")
    lonely = Caller(GIT, FakeContext(policy, code_root=str(code), search_path=str(tmp_path)))
    assert failure(lonely.list) == {
        "kind": "CommandNotFound",
        "message": "git is not installed",
        "module": "git",
        "function": "list",
        "command": "git",
    }


def test_changes_are_put_aside_and_taken_back(api, code):
    place = code / "github/acme/app"
    repo = api.open(str(place))
    assert (api.stash(repo), api.stash_pop(repo)) == (False, False)
    (place / "README.md").write_text("changed")
    (place / "new").write_text("x")
    assert (api.stash(repo), (place / "README.md").read_text(), (place / "new").exists()) == (True, "hello\n", False)
    assert (api.stash_pop(repo), (place / "README.md").read_text(), (place / "new").read_text()) == (
        True,
        "changed",
        "x",
    )


def test_a_repository_goes_as_a_whole_and_with_changes_only_when_forced(api, code):
    place = code / "github/acme/app"
    repo = api.open(str(place))
    (place / "new").write_text("x")
    assert failure(api.delete, repo)["kind"] == "Conflict"
    assert (api.delete(repo, {"force": True}), place.exists()) == (True, False)
