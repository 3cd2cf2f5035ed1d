"""The actions that come with the package, on top of the host modules. Each prints what it found and gives it back."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from horus_runtime.heroscript.registry import ActionCall, ActionParams, Actions, Flag
from horus_runtime.heroscript.tables import table
from horus_runtime.modules.sal import docker, git

ACTIONS = Actions()


@cache
def builtin_actions() -> Actions:
    """The actions of the package; `copy()` it to add others."""
    return ACTIONS


# --- git -------------------------------------------------------------------------------------------------------------


class Selector(ActionParams):
    """Which repositories: a part of provider/account/name, or exact names."""

    filter: str = ""
    name: str = ""
    account: str = ""
    provider: str = ""

    def options(self, **more: Any) -> git.GitListOptions:
        return git.GitListOptions(
            filter_=self.filter, name=self.name, account=self.account, provider=self.provider, **more
        )


class GitList(Selector):
    """Parameters of `git.list`."""

    status_update: Annotated[bool, Flag] = False


@ACTIONS.action("git.list", renamed={"reload": "status_update"})
def git_list(call: ActionCall, params: GitList) -> Any:
    """List the repositories below the code root with branch or tag and state."""
    found = git.list_(call.host("git", "list"), params.options())
    if not found:
        call.print(f"no repositories in {git.code_root(call.host('git', 'list'))}")
    for line in table(("REPOSITORY", "BRANCH", "STATE"), [_repository_row(item) for item in found]) if found else ():
        call.print(line)
    return found


def _repository_row(item: dict[str, Any]) -> tuple[str, str, str]:
    states = (("COMMIT", item["dirty"]), ("PULL", item["behind"]), ("PUSH", item["ahead"]))
    reference = f"[[{item['tag']}]]" if item.get("tag") else f"[{item['branch']}]"
    return item["path"], reference, " ".join(word for word, present in states if present) or "OK"


# --- docker ----------------------------------------------------------------------------------------------------------


class DockerPs(ActionParams):
    """Parameters of `docker.ps`."""

    all: Annotated[bool, Flag] = False
    name: str = ""


@ACTIONS.action("docker.ps")
def docker_ps(call: ActionCall, params: DockerPs) -> Any:
    """List the containers; `all` includes stopped ones, `name` keeps those whose name contains a text."""
    found = docker.ps(call.host("docker", "ps"), docker.PsOptions(all=params.all, filter=params.name))
    rows = [(item["name"], item["image"], item["status"], ", ".join(item["ports"])) for item in found]
    for line in table(("NAME", "IMAGE", "STATUS", "PORTS"), rows) if rows else ("no containers",):
        call.print(line)
    return found
