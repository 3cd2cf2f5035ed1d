"""The actions `git.*`: repositories below the code root, selected by provider, account and name."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from horus_runtime.heroscript.builtin.natives import use
from horus_runtime.heroscript.registry import ActionCall, ActionParams, Actions, Flag
from horus_runtime.heroscript.tables import table

ACTIONS = Actions()

BINARY_SUFFIXES: Final = (
    ".zip", ".gz", ".xz", ".bz2", ".7z", ".rar", ".iso", ".img", ".exe", ".dll", ".so", ".dylib", ".bin", ".jar",
    ".mp3", ".mp4", ".mov", ".avi", ".mkv", ".psd", ".pdf",
)  # fmt: skip
LARGE: Final = 50 * 1024 * 1024
"""Bytes from which on a file should not be kept in a repository itself."""


class Selector(ActionParams):
    """Which repositories: a part of provider/account/name, or exact names."""

    filter: str = Field("", description="a part of provider/account/name")
    name: str = Field("", description="the exact name")
    account: str = Field("", description="the exact account")
    provider: str = Field("", description="the exact provider, such as github")

    def options(self, **more: Any) -> dict[str, Any]:
        """The options of `git.list` that select the same."""
        return {"filter": self.filter, "name": self.name, "account": self.account, "provider": self.provider, **more}


class GitDefine(ActionParams):
    """Parameters of `git.define`."""

    coderoot: str = Field("", description="where repositories are kept")
    light: Annotated[bool, Flag] = Field(True, description="clone without history")
    log: Annotated[bool, Flag] = True
    debug: Annotated[bool, Flag] = False
    offline: Annotated[bool, Flag] = Field(False, description="refuse to clone, pull and push")
    reload: Annotated[bool, Flag] = False


@ACTIONS.action("git.define")
def git_define(call: ActionCall, params: GitDefine) -> Any:
    """Choose the code root and how repositories are cloned; only the first one of a payload counts."""
    if "git_settings" in call.context.services:
        return False
    call.context.services["git_settings"] = {"light": params.light, "offline": params.offline}
    if params.coderoot:
        set_code_root(call, params.coderoot)
    return True


def set_code_root(call: ActionCall, path: str) -> None:
    """Where repositories are looked for from now on; made when it is not there."""
    from pathlib import Path

    place = str(Path(path).expanduser())
    if not use(call, "os.exists", place):
        use(call, "os.mkdir", place)
    call.context.services["code_root"] = place


def _online(call: ActionCall) -> None:
    if call.context.services.get("git_settings", {}).get("offline"):
        raise call.fail("Unavailable", "git.define has switched the network off")


class GitClone(ActionParams):
    """Parameters of `git.clone`."""

    url: str = Field(description="https, ssh or git@host:account/name address")
    coderoot: str = Field("", description="where it goes: coderoot/provider/account/name")
    path: str = Field("", description="the exact place instead")
    branch: str = ""
    light: Annotated[bool, Flag] | None = Field(None, description="without history (the default)")
    recursive: Annotated[bool, Flag] = Field(False, description="with submodules")
    pull: Annotated[bool, Flag] = Field(False, description="take over what is new when it is there already")
    reset: Annotated[bool, Flag] = Field(False, description="drop local changes when it is there already")


@ACTIONS.action("git.clone")
def git_clone(call: ActionCall, params: GitClone) -> Any:
    """Clone a repository below the code root; nothing happens when it is there, unless `pull` or `reset` say so."""
    if params.coderoot:
        set_code_root(call, params.coderoot)
    address = address_of(params.url)
    place = params.path or "/".join((code_root(call), *place_of(call, address.url)))
    if use(call, "git.is_repo", place):
        repo = use(call, "git.open", place)
        if params.reset:
            use(call, "git.reset", repo, {"force": True})
        if params.pull:
            _online(call)
            use(call, "git.pull", repo)
        call.print(f"{place}: there already")
        return {"path": place, "cloned": False}
    _online(call)
    settings = call.context.services.get("git_settings", {})
    light = params.light if params.light is not None else settings.get("light", True)
    options = {"branch": params.branch or address.branch, "depth": 1 if light else 0, "recursive": params.recursive}
    use(call, "git.clone", address.url, place, options)
    call.print(f"{place}: cloned")
    return {"path": place, "cloned": True}


class Address:
    """An address without what is not git's: `/tree/BRANCH/PATH` and `#anchor`."""

    __slots__ = ("branch", "path", "url")

    def __init__(self, url: str, branch: str, path: str) -> None:
        self.url = url
        self.branch = branch
        self.path = path


def address_of(url: str) -> Address:
    """The repository, branch and place in it that a web address names."""
    import re

    plain = url.partition("#")[0]
    match = re.fullmatch(r"(.+?)/(?:tree|src/branch|refs/heads)/([^/]+)(?:/(.*))?", plain)
    if match is None:
        return Address(plain.rstrip("/"), "", "")
    return Address(match[1], match[2], match[3] or "")


def place_of(call: ActionCall, url: str) -> tuple[str, str, str]:
    """Provider, account and name of an address."""
    from horus_runtime.modules.sal.git import place_of as place

    return place(call.host("git", "clone"), url)


def code_root(call: ActionCall) -> str:
    """The directory below which repositories are kept."""
    from horus_runtime.modules.sal.git import code_root as root

    return root(call.host("git", "list"))


class GitList(Selector):
    """Parameters of `git.list`."""

    status_update: Annotated[bool, Flag] = Field(False, description="look at the working trees anew; they always are")


@ACTIONS.action("git.list", renamed={"reload": "status_update"})
def git_list(call: ActionCall, params: GitList) -> Any:
    """List the repositories below the code root with branch or tag and state."""
    found = use(call, "git.list", params.options())
    if not found:
        call.print(f"no repositories in {code_root(call)}")
    for line in table(("REPOSITORY", "BRANCH", "STATE"), [_repository_row(item) for item in found]) if found else ():
        call.print(line)
    return found


def _repository_row(item: dict[str, Any]) -> tuple[str, str, str]:
    states = (("COMMIT", item["dirty"]), ("PULL", item["behind"]), ("PUSH", item["ahead"]))
    reference = f"[[{item['tag']}]]" if item.get("tag") else f"[{item['branch']}]"
    return item["path"], reference, " ".join(word for word, present in states if present) or "OK"


class GitReload(Selector):
    """Parameters of `git.reload_cache`."""

    coderoot: str = ""


@ACTIONS.action("git.reload_cache", "git.reload")
def git_reload(call: ActionCall, params: GitReload) -> Any:
    """Look at the code root anew. Nothing is kept between actions, so this only counts the repositories."""
    if params.coderoot:
        set_code_root(call, params.coderoot)
    return len(use(call, "git.list", params.options(status=False)))


class RepoAction(Selector):
    """Parameters of `git.repo_action`."""

    action: Literal[
        "pull", "commit", "push", "reset", "branch_create", "branch_switch", "tag_create", "tag_switch", "delete"
    ] = Field(description="what to do with every repository that is selected")
    message: str = Field("", description="of the commit")
    branchname: str = ""
    tagname: str = ""
    submodules: Annotated[bool, Flag] = False
    error_ignore: Annotated[bool, Flag] = Field(False, description="go on when one fails or none is selected")


@ACTIONS.action("git.repo_action")
def git_repo_action(call: ActionCall, params: RepoAction) -> Any:
    """Pull, commit, push, reset, branch, tag or delete every repository that is selected."""
    from horus_runtime.errors import HostFailure

    _check_words(call, params)
    found = use(call, "git.list", params.options(status=False))
    if not found and not params.error_ignore:
        raise call.fail("NotFound", "no repository is selected")
    results = []
    for item in found:
        try:
            done = _repo_action(call, params, item["path"])
        except HostFailure as failure:
            if not params.error_ignore or failure.failure == "PolicyDenied":
                raise
            done = f"failed: {failure.value['message']}"
        call.print(f"{item['path']}: {done}")
        results.append({"path": item["path"], "result": done})
    return results


def _check_words(call: ActionCall, params: RepoAction) -> None:
    needed = {"commit": "message", "branch_create": "branchname", "branch_switch": "branchname",
              "tag_create": "tagname", "tag_switch": "tagname"}.get(params.action)  # fmt: skip
    if needed is not None and not getattr(params, needed):
        raise call.fail("InvalidArgument", f"the action '{params.action}' needs the parameter '{needed}'")


def _repo_action(call: ActionCall, params: RepoAction, path: str) -> str:
    repo = use(call, "git.open", path)
    if params.action in {"pull", "push"}:
        _online(call)
    match params.action:
        case "pull":
            use(call, "git.pull", repo)
        case "push":
            use(call, "git.push", repo)
        case "commit":
            if not use(call, "git.has_changes", repo):
                return "nothing to commit"
            return "commit " + str(use(call, "git.commit", repo, params.message))[:10]
        case "reset":
            use(call, "git.reset", repo, {"force": True})
        case "branch_create":
            use(call, "git.create_branch", repo, params.branchname)
        case "branch_switch":
            use(call, "git.checkout", repo, params.branchname)
        case "tag_create":
            use(call, "git.create_tag", repo, params.tagname)
        case "tag_switch":
            use(call, "git.checkout", repo, params.tagname)
        case "delete":
            use(call, "git.delete", repo, {"force": True})
    return f"{params.action} done"


class GitEnsure(ActionParams):
    """Parameters of `git.ensure`."""

    url: str
    name: str = ""
    autocommit: str = Field("", description="commit local changes with this message")
    update: Annotated[bool, Flag] = Field(False, description="pull")


@ACTIONS.action("git.ensure")
def git_ensure(call: ActionCall, params: GitEnsure) -> Any:
    """Make sure that a repository is there; perhaps commit what changed in it, and pull."""
    cloned = git_clone(call, GitClone.model_validate({"url": params.url}))
    repo = use(call, "git.open", cloned["path"])
    if params.autocommit and use(call, "git.has_changes", repo):
        cloned["commit"] = use(call, "git.commit", repo, params.autocommit)
    if params.update and not cloned["cloned"]:
        _online(call)
        use(call, "git.pull", repo)
    return cloned


class GitCheck(Selector):
    """Parameters of `git.check`."""

    error_ignore: Annotated[bool, Flag] = False


@ACTIONS.action("git.check")
def git_check(call: ActionCall, params: GitCheck) -> Any:
    """Report files that should not be in a repository itself: binary kinds, `bin` directories, above 50 MB."""
    suspects: list[str] = []
    for item in use(call, "git.list", params.options(status=False)):
        for path in use(call, "os.find_files", item["path"], "*"):
            below = path[len(item["path"]) + 1 :]
            if below.startswith(".git/"):
                continue
            if below.lower().endswith(BINARY_SUFFIXES) or "/bin/" in f"/{below}" or use(call, "os.size", path) > LARGE:
                suspects.append(path)
    for path in suspects:
        call.print(f"should use LFS: {path}")
    if suspects and not params.error_ignore:
        raise call.fail("ValidationFailed", f"{len(suspects)} files should use LFS, the first is '{suspects[0]}'")
    return suspects
