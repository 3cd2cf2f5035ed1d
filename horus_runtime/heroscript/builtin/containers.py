"""The actions `docker.*`: containers and images. `start` and `stop` are about containers, not the engine's service."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from horus_runtime.heroscript.builtin.natives import use
from horus_runtime.heroscript.builtin.pairs import Pairs
from horus_runtime.heroscript.registry import ActionCall, ActionParams, Actions, Flag
from horus_runtime.heroscript.tables import table

ACTIONS = Actions()


class DockerPs(ActionParams):
    """Parameters of `docker.ps`."""

    all: Annotated[bool, Flag] = Field(False, description="stopped ones, too")
    name: str = Field("", description="a part of the name")


@ACTIONS.action("docker.ps", "docker.list")
def docker_ps(call: ActionCall, params: DockerPs) -> Any:
    """List the containers; `all` includes stopped ones, `name` keeps those whose name contains a text."""
    found = use(call, "docker.ps", {"all": params.all, "filter": params.name})
    rows = [(item["name"], item["image"], item["status"], ", ".join(item["ports"])) for item in found]
    for line in table(("NAME", "IMAGE", "STATUS", "PORTS"), rows) if rows else ("no containers",):
        call.print(line)
    return found


class DockerImages(ActionParams):
    """Parameters of `docker.images`."""


@ACTIONS.action("docker.images")
def docker_images(call: ActionCall, params: DockerImages) -> Any:
    """List the images."""
    found = use(call, "docker.images")
    rows = [(item["repository"], item["tag"], item["size"]) for item in found]
    for line in table(("REPOSITORY", "TAG", "SIZE"), rows) if rows else ("no images",):
        call.print(line)
    return found


class DockerRun(ActionParams):
    """Parameters of `docker.run`."""

    image: str
    name: str = ""
    command: list[str] = Field([], description="the program and its arguments")
    env: Pairs = Field({}, description="variables of the container")
    ports: list[str] = Field([], description="host:container, perhaps with /udp")
    volumes: list[str] = Field([], description="place:/target, perhaps with :ro")
    remove_when_done: Annotated[bool, Flag] = False
    detach: Annotated[bool, Flag] = True
    memory: str = "512m"
    cpus: float = 1.0


@ACTIONS.action("docker.run", renamed={"remove": "remove_when_done", "forwarded_ports": "ports"})
def docker_run(call: ActionCall, params: DockerRun) -> Any:
    """Run an image in a new container; gives its id, or without `detach` the command result."""
    options = {
        "name": params.name, "command": params.command, "env": dict(params.env), "ports": params.ports,
        "volumes": params.volumes, "remove": params.remove_when_done, "detach": params.detach,
        "memory": params.memory, "cpus": params.cpus,
    }  # fmt: skip
    result = use(call, "docker.run", params.image, options)
    call.print(result if isinstance(result, str) else result["stdout"].rstrip("\n"))
    return result


class DockerContainer(ActionParams):
    """A container by name or id."""

    name: str


@ACTIONS.action("docker.start")
def docker_start(call: ActionCall, params: DockerContainer) -> Any:
    """Start a container; true when its state changed."""
    return use(call, "docker.start", params.name)


@ACTIONS.action("docker.stop", "docker.halt")
def docker_stop(call: ActionCall, params: DockerContainer) -> Any:
    """Stop a container; true when its state changed."""
    return use(call, "docker.stop", params.name)


@ACTIONS.action("docker.restart")
def docker_restart(call: ActionCall, params: DockerContainer) -> Any:
    """Stop and start a container."""
    return use(call, "docker.restart", params.name)


class DockerRemove(DockerContainer):
    """Parameters of `docker.rm`."""

    force: Annotated[bool, Flag] = Field(False, description="a running one, too")


@ACTIONS.action("docker.rm", "docker.delete")
def docker_rm(call: ActionCall, params: DockerRemove) -> Any:
    """Remove a container; false when there was none."""
    return use(call, "docker.remove", params.name, {"force": params.force})


class DockerExec(DockerContainer):
    """Parameters of `docker.exec`."""

    cmd: str = Field(description="the program and its arguments, split by quoting rules")


@ACTIONS.action("docker.exec")
def docker_exec(call: ActionCall, params: DockerExec) -> Any:
    """Run a program in a container and print what it says; one that fails is an error."""
    result = use(call, "docker.exec", params.name, use(call, "text.split_quoted", params.cmd))
    if result["stdout"]:
        call.print(result["stdout"].rstrip("\n"))
    if not result["success"]:
        raise call.fail("CommandFailed", f"the program ended with code {result['code']}", code=result["code"])
    return result


class DockerLogs(DockerContainer):
    """Parameters of `docker.logs`."""

    tail: int = Field(100, description="the last lines")


@ACTIONS.action("docker.logs")
def docker_logs(call: ActionCall, params: DockerLogs) -> Any:
    """Print the last lines of what a container said."""
    text = use(call, "docker.logs", params.name, {"tail": params.tail})
    call.print(text.rstrip("\n"))
    return text
