"""The script module `docker`, second part: images, copies, waiting, and what else containers have."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from horus_runtime.modules.host import HostCall
from horus_runtime.modules.sal import docker
from horus_runtime.modules.sal.docker import DOCKER, EngineOptions
from horus_runtime.modules.sal.paths import allowed_path

__all__ = ["DOCKER"]

_PULL_SECONDS: Final = 600.0


class ImageOptions(EngineOptions):
    """Options of functions that move images."""

    timeout: float = _PULL_SECONDS


def _image(call: HostCall, image: str, argument: str = "image") -> str:
    if not re.fullmatch(docker.IMAGE, image):
        raise call.invalid(argument, f"'{image[:100]}' is not the name of an image")
    return image


def _done(call: HostCall, argv: list[str], timeout: float) -> str:
    return docker.checked(call, argv, timeout).stdout.decode("utf-8", "replace").strip()


@DOCKER.fn(capability="docker")
def pull(call: HostCall, image: str, opts: ImageOptions) -> str:
    """Fetch an image. Gives its id."""
    call.require_level("docker", "manage", image)
    _done(call, ["pull", "--quiet", _image(call, image)], opts.timeout)
    return _done(call, ["image", "inspect", "--format", "{{.Id}}", image], opts.timeout)


@DOCKER.fn(capability="docker")
def push(call: HostCall, image: str, opts: ImageOptions) -> bool:
    """Send an image to its registry, which needs the level `full`."""
    call.require_level("docker", "full", image)
    _done(call, ["push", "--quiet", _image(call, image)], opts.timeout)
    return True


@DOCKER.fn(capability="docker")
def tag(call: HostCall, image: str, name: str) -> str:
    """Give an image another name, which needs the level `full`. Gives the name."""
    call.require_level("docker", "full", image)
    _done(call, ["tag", _image(call, image), _image(call, name, "name")], 30.0)
    return name


@DOCKER.fn(capability="docker")
def remove_image(call: HostCall, image: str, opts: EngineOptions) -> bool:
    """Remove an image, which needs the level `full`; false when there was none."""
    from horus_runtime.errors import HostFailure

    call.require_level("docker", "full", image)
    try:
        _done(call, ["image", "rm", _image(call, image)], opts.timeout)
    except HostFailure as failure:
        if failure.failure != "NotFound":
            raise
        return False
    return True


class BuildOptions(ImageOptions):
    """Options of `docker.build`."""

    tag: str = ""
    file: str = ""


@DOCKER.fn(capability="docker")
def build(call: HostCall, context: str, opts: BuildOptions) -> str:
    """Build an image from a directory, which needs the level `full`: a build runs programs. Gives the image's id."""
    call.require_level("docker", "full", context)
    argv = ["build", "--quiet"]
    argv += ["--tag", _image(call, opts.tag, "tag")] if opts.tag else []
    argv += ["--file", allowed_path(call, opts.file, "read")] if opts.file else []
    return _done(call, [*argv, "--", allowed_path(call, context, "read")], opts.timeout)


@DOCKER.fn(capability="docker")
def commit(call: HostCall, container: str, image: str, opts: ImageOptions) -> str:
    """Make an image of a container, which needs the level `full`. Gives the image's id."""
    call.require_level("docker", "full", container)
    return _done(call, ["commit", docker.name_of(call, container), _image(call, image)], opts.timeout)


@DOCKER.fn(capability="docker")
def copy_to(call: HostCall, container: str, source: str, target: str, opts: ImageOptions) -> bool:
    """Copy a file or directory into a container."""
    call.require_level("docker", "manage", container)
    name = docker.managed(call, container, opts.timeout)
    _done(call, ["cp", "--", allowed_path(call, source, "read"), f"{name}:{_inner(call, target)}"], opts.timeout)
    return True


@DOCKER.fn(capability="docker")
def copy_from(call: HostCall, container: str, source: str, target: str, opts: ImageOptions) -> bool:
    """Copy a file or directory out of a container into a directory that exists. Links are not followed."""
    call.require_level("docker", "manage", container)
    name = docker.managed(call, container, opts.timeout)
    _done(call, ["cp", "--", f"{name}:{_inner(call, source)}", allowed_path(call, target, "write")], opts.timeout)
    return True


def _inner(call: HostCall, path: str) -> str:
    if not path.startswith("/") or "\0" in path or "\n" in path:
        raise call.invalid("path", "in a container must begin with '/'")
    return path


@DOCKER.fn(capability="docker")
def wait(call: HostCall, container: str, timeout: float = 60.0) -> int:
    """Wait until a container stops. Gives the code of its program; `Timeout` when it still runs."""
    call.require_level("docker", "inspect", container)
    found = _done(call, ["wait", docker.name_of(call, container)], timeout)
    return int(found) if found.isdigit() else -1


@DOCKER.fn(capability="docker")
def stats(call: HostCall, container: str, opts: EngineOptions) -> dict[str, Any]:
    """What a running container uses now, as the engine words it: cpu, memory, network, blocks and pids."""
    call.require_level("docker", "inspect", container)
    argv = ["stats", "--no-stream", "--format", "{{json .}}", docker.name_of(call, container)]
    row = json.loads(_done(call, argv, opts.timeout) or "{}")
    if isinstance(row, list):
        row = row[0] if row else {}
    names = {"CPUPerc": "cpu", "MemUsage": "memory", "NetIO": "network", "BlockIO": "blocks", "PIDs": "pids"}
    return {name: str(row[key]) for key, name in names.items() if key in row}


@DOCKER.fn(capability="docker")
def networks(call: HostCall, opts: EngineOptions) -> list[str]:
    """The names of the networks, sorted."""
    call.require_level("docker", "inspect")
    return sorted(_done(call, ["network", "ls", "--format", "{{.Name}}"], opts.timeout).split())


@DOCKER.fn(capability="docker")
def volumes(call: HostCall, opts: EngineOptions) -> list[str]:
    """The names of the volumes, sorted."""
    call.require_level("docker", "inspect")
    return sorted(_done(call, ["volume", "ls", "--format", "{{.Name}}"], opts.timeout).split())
