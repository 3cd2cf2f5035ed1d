"""The script module `docker`, third part: containers as handles, and how to describe one step by step.

`docker.container("web", "nginx:1")` gives a description whose `with_...` methods can be chained; `build()` makes the
container and runs it. Nothing is asked of the engine before that, and what is described passes the checks of
`docker.run`.
"""

from __future__ import annotations

from typing import Any

from horus_runtime.errors import HostFailure
from horus_runtime.modules.host import HostCall
from horus_runtime.modules.sal import docker
from horus_runtime.modules.sal.docker import EngineOptions, HealthOptions, LogOptions, RemoveOptions, RunOptions
from horus_runtime.modules.sal.docker_images import DOCKER

__all__ = ["DOCKER"]


class Container:
    """A container by its name, described or running."""

    __slots__ = ("image", "name", "options")

    def __init__(self, name: str, image: str = "") -> None:
        self.name = name
        self.image = image
        self.options: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"Container({self.name})"

    def add(self, option: str, value: Any) -> Container:
        """One more entry of an option that is a list."""
        self.options.setdefault(option, []).append(value)
        return self

    def put(self, option: str, value: Any) -> Container:
        """The value of an option."""
        self.options[option] = value
        return self


DOCKER.module.types[Container] = "Container"


@DOCKER.fn(capability="docker")
def container(call: HostCall, name: str, image: str = "") -> Container:
    """A handle of the container of this name. With an image it describes one that need not exist yet: add to it with
    `with_...`, then `build()` makes and runs it.
    """
    call.require_level("docker", "manage" if image else "inspect", image or name)
    return Container(docker.name_of(call, name), docker.image_of(call, image) if image else "")


# --- describing ------------------------------------------------------------------------------------------------------


@DOCKER.fn(capability="docker", handle="Container")
def with_image(call: HostCall, container: Container, image: str) -> Container:
    """Take this image."""
    container.image = docker.image_of(call, image)
    return container


@DOCKER.fn(capability="docker", handle="Container")
def with_port(call: HostCall, container: Container, port: str) -> Container:
    """Offer a port: `8080:80`, or `127.0.0.1:8080:80`."""
    return container.add("ports", port)


@DOCKER.fn(capability="docker", handle="Container")
def with_volume(call: HostCall, container: Container, volume: str) -> Container:
    """Mount a place of this machine: `place:/target`, with `:ro` only for reading."""
    return container.add("volumes", volume)


@DOCKER.fn(capability="docker", handle="Container")
def with_env(call: HostCall, container: Container, name: str, value: str) -> Container:
    """Set a variable of its environment."""
    container.options.setdefault("env", {})[name] = value
    return container


@DOCKER.fn(capability="docker", handle="Container")
def with_network(call: HostCall, container: Container, network: str) -> Container:
    """Put it into a network."""
    return container.put("network", network)


@DOCKER.fn(capability="docker", handle="Container")
def with_network_alias(call: HostCall, container: Container, alias: str) -> Container:
    """One more name of it in that network."""
    return container.add("network_aliases", alias)


@DOCKER.fn(capability="docker", handle="Container")
def with_cpu_limit(call: HostCall, container: Container, cpus: float) -> Container:
    """Processors that it may use."""
    return container.put("cpus", cpus)


@DOCKER.fn(capability="docker", handle="Container")
def with_cpu_shares(call: HostCall, container: Container, shares: int) -> Container:
    """Its weight beside others; 1024 is the usual one."""
    return container.put("cpu_shares", shares)


@DOCKER.fn(capability="docker", handle="Container")
def with_memory_limit(call: HostCall, container: Container, memory: str) -> Container:
    """Memory that it may use, such as `512m`."""
    return container.put("memory", memory)


@DOCKER.fn(capability="docker", handle="Container")
def with_memory_swap_limit(call: HostCall, container: Container, memory: str) -> Container:
    """Memory and swap together that it may use."""
    return container.put("memory_swap", memory)


@DOCKER.fn(capability="docker", handle="Container")
def with_restart_policy(call: HostCall, container: Container, policy: str) -> Container:
    """When the engine starts it again: `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:3`."""
    return container.put("restart", policy)


@DOCKER.fn(capability="docker", handle="Container")
def with_health_check(call: HostCall, container: Container, command: str, opts: HealthOptions) -> Container:
    """A command that tells whether it is well, with `interval`, `timeout`, `start_period` in seconds and `retries`."""
    return container.put("health", {"command": command, **vars(opts)})


@DOCKER.fn(capability="docker", handle="Container")
def with_command(call: HostCall, container: Container, argv: list[Any]) -> Container:
    """The program that it runs, with its arguments."""
    return container.put("command", argv)


@DOCKER.fn(capability="docker", handle="Container")
def with_user(call: HostCall, container: Container, user: str) -> Container:
    """The user that it runs as: `name`, `1000` or `1000:1000`."""
    return container.put("user", user)


@DOCKER.fn(capability="docker", handle="Container")
def with_workdir(call: HostCall, container: Container, path: str) -> Container:
    """The directory that it begins in."""
    return container.put("workdir", path)


@DOCKER.fn(capability="docker", handle="Container")
def reset(call: HostCall, container: Container) -> Container:
    """Forget what was described, but for name and image."""
    container.options.clear()
    return container


@DOCKER.fn(capability="docker", handle="Container")
def build_(call: HostCall, container: Container) -> Container:
    """Make the container and run it; one of its name that is there is a `Conflict`."""
    if not container.image:
        raise call.invalid("image", f"of '{container.name}' is not known; docker.container(name, image) names it")
    docker.run_(call, container.image, RunOptions(**container.options, name=container.name))
    return container


# --- using -----------------------------------------------------------------------------------------------------------


@DOCKER.fn(capability="docker", name="start", handle="Container")
def start_(call: HostCall, container: Container, opts: EngineOptions) -> Container:
    """Start it; what runs already stays as it is, and what was only described is made."""
    try:
        docker.start(call, container.name, opts)
    except HostFailure as failure:
        if failure.failure != "NotFound" or not container.image:
            raise
        build_(call, container)
    return container


@DOCKER.fn(capability="docker", name="stop", handle="Container")
def stop_(call: HostCall, container: Container, opts: EngineOptions) -> bool:
    """Stop it; true when its state changed."""
    return docker.stop(call, container.name, opts)


@DOCKER.fn(capability="docker", name="restart", handle="Container")
def restart_(call: HostCall, container: Container, opts: EngineOptions) -> bool:
    """Stop and start it."""
    return docker.restart(call, container.name, opts)


@DOCKER.fn(capability="docker", name="remove", handle="Container")
def remove_(call: HostCall, container: Container, opts: RemoveOptions) -> bool:
    """Remove it when it is stopped, with `force` also when it runs; false when there was none."""
    return docker.remove(call, container.name, opts)


@DOCKER.fn(capability="docker", name="exec", handle="Container")
def exec_in(call: HostCall, container: Container, argv: list[Any], opts: EngineOptions) -> dict[str, Any]:
    """Run a program in it. Gives the command result; a program that fails is not an error here."""
    return docker.exec_(call, container.name, argv, opts)


@DOCKER.fn(capability="docker", name="logs", handle="Container")
def logs_(call: HostCall, container: Container, opts: LogOptions) -> str:
    """What it printed."""
    return docker.logs(call, container.name, opts)


@DOCKER.fn(capability="docker", name="inspect", handle="Container")
def inspect_(call: HostCall, container: Container, opts: EngineOptions) -> dict[str, Any]:
    """What the engine knows about it."""
    return docker.inspect(call, container.name, opts)


@DOCKER.fn(capability="docker", name="name", handle="Container")
def name_(call: HostCall, container: Container) -> str:
    """Its name."""
    return container.name


@DOCKER.fn(capability="docker", name="image", handle="Container")
def image_(call: HostCall, container: Container) -> str:
    """The image that was described; empty for a container that is known by its name only."""
    return container.image
