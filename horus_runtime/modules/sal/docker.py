"""The script module `docker`: containers, through the command line of docker, podman or nerdctl."""

from __future__ import annotations

import re
from typing import Any, Final

from horus_runtime.errors import HostFailure
from horus_runtime.modules.host import HostCall, HostModule, Options
from horus_runtime.modules.sal.commands import Command, Outcome, check_arguments, find_program, run

DOCKER = HostModule("docker", "Containers and images of the local container engine.")

ENGINES: Final = ("docker", "podman", "nerdctl")
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"
IMAGE: Final = r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,255}"
_UNREACHABLE: Final = (
    "cannot connect", "connection refused", "is the docker daemon running", "dial unix",
    "cannot access containerd socket", "rootless containerd not running", "permission denied while trying to connect",
)  # fmt: skip
_MISSING: Final = ("no such container", "no such image", "no such object", "not found", "unable to find image")
_CONFLICTS: Final = ("already in use", "is not running", "conflict", "is running", "port is already allocated")


class EngineOptions(Options):
    """Options of every function that asks the engine."""

    timeout: float = 30.0


class PsOptions(EngineOptions):
    """Options of `docker.ps`."""

    all: bool = False
    filter: str = ""


@DOCKER.fn(capability="docker")
def ps(call: HostCall, opts: PsOptions) -> list[Any]:
    """The containers, sorted by name; `all` includes stopped ones, `filter` keeps names that contain a text."""
    call.require_level("docker", "inspect")
    argv = ["ps", "--no-trunc", "--format", "{{json .}}", *(["--all"] if opts.all else [])]
    rows = [container_of(row) for row in _json_lines(call, checked(call, argv, opts.timeout))]
    return sorted((row for row in rows if opts.filter in row["name"]), key=lambda row: row["name"])


DOCKER.alias("list", "ps")


@DOCKER.fn(capability="docker")
def images(call: HostCall, opts: EngineOptions) -> list[Any]:
    """The images, sorted by repository and tag."""
    call.require_level("docker", "inspect")
    output = checked(call, ["images", "--no-trunc", "--format", "{{json .}}"], opts.timeout)
    rows = [_image_of(row) for row in _json_lines(call, output)]
    return sorted(rows, key=lambda row: (row["repository"], row["tag"]))


@DOCKER.fn(capability="docker")
def inspect(call: HostCall, container: str, opts: EngineOptions) -> dict[str, Any]:
    """Everything the engine knows about a container, as the engine spells it."""
    import json

    call.require_level("docker", "inspect", container)
    outcome = checked(call, ["container", "inspect", name_of(call, container)], opts.timeout)
    if outcome.simulated:
        return {}
    found = json.loads(outcome.stdout)
    if len(found) != 1:
        raise call.fail("NotFound", f"there is no container '{container}'")
    return dict(found[0])


class LogOptions(EngineOptions):
    """Options of `docker.logs`."""

    tail: int = 1000
    since: str = ""


@DOCKER.fn(capability="docker")
def logs(call: HostCall, container: str, opts: LogOptions) -> str:
    """What a container printed: its last `tail` lines."""
    call.require_level("docker", "inspect", container)
    if opts.tail < 0 or opts.since.startswith("-"):
        raise call.invalid("tail" if opts.tail < 0 else "since", "must not be negative")
    since = ["--since", opts.since] if opts.since else []
    argv = ["logs", "--tail", str(opts.tail), *since, name_of(call, container)]
    return checked(call, argv, opts.timeout, merge=True).stdout.decode("utf-8", "replace")


@DOCKER.fn(capability="docker")
def is_available(call: HostCall) -> bool:
    """True when an engine answers. Never fails for a missing engine, so that scripts can do without."""
    call.require_level("docker", "inspect")
    try:
        checked(call, ["version", "--format", "{{.Server.Version}}"], 10.0)
    except HostFailure as failure:
        if failure.failure == "PolicyDenied":
            raise
        return False
    return True


@DOCKER.fn(capability="docker")
def version(call: HostCall) -> str:
    """The engine's version."""
    call.require_level("docker", "inspect")
    output = checked(call, ["version", "--format", "{{.Server.Version}}"], 10.0)
    return output.stdout.decode("utf-8", "replace").strip()


# --- changing containers ---------------------------------------------------------------------------------------------


@DOCKER.fn(capability="docker")
def start(call: HostCall, container: str, opts: EngineOptions) -> bool:
    """Start a stopped container; true when its state changed."""
    return _change(call, "start", container, opts.timeout, running=True)


@DOCKER.fn(capability="docker")
def stop(call: HostCall, container: str, opts: EngineOptions) -> bool:
    """Stop a container; true when its state changed."""
    return _change(call, "stop", container, opts.timeout, running=False)


@DOCKER.fn(capability="docker")
def restart(call: HostCall, container: str, opts: EngineOptions) -> bool:
    """Stop and start a container."""
    call.require_level("docker", "manage", container)
    checked(call, ["restart", managed(call, container, opts.timeout)], opts.timeout)
    return True


class RemoveOptions(EngineOptions):
    """Options of `docker.remove`."""

    force: bool = False


@DOCKER.fn(capability="docker")
def remove(call: HostCall, container: str, opts: RemoveOptions) -> bool:
    """Remove a stopped container, with `force` also a running one; false when there was none."""
    call.require_level("docker", "manage", container)
    try:
        name = managed(call, container, opts.timeout)
    except HostFailure as failure:
        if failure.failure == "NotFound":
            return False
        raise
    checked(call, ["rm", *(["--force"] if opts.force else []), name], opts.timeout)
    return True


@DOCKER.fn(capability="docker")
def exec_(call: HostCall, container: str, argv: list[Any], opts: EngineOptions) -> dict[str, Any]:
    """Run a program in a container. Gives the command result; a program that fails is not an error here."""
    call.require_level("docker", "manage", container)
    arguments = check_arguments(call, argv)
    outcome = _run(call, ["exec", managed(call, container, opts.timeout), *arguments], opts.timeout, merge=False)
    return {**outcome.to_map(), "command": list(arguments)}


class RunOptions(EngineOptions):
    """Options of `docker.run`."""

    name: str = ""
    command: list[Any] = []  # noqa: RUF012 - options are read, never changed
    env: dict[str, Any] = {}  # noqa: RUF012 - the same
    ports: list[Any] = []  # noqa: RUF012 - the same
    volumes: list[Any] = []  # noqa: RUF012 - the same
    detach: bool = True
    remove: bool = False
    memory: str = "512m"
    memory_swap: str = ""
    cpus: float = 1.0
    cpu_shares: int = 0
    network: str = ""
    network_aliases: list[Any] = []  # noqa: RUF012 - the same
    restart: str = ""
    health: dict[str, Any] = {}  # noqa: RUF012 - the same
    user: str = ""
    workdir: str = ""
    timeout: float = 300.0


class HealthOptions(Options):
    """How often and how patiently the health of a container is looked at; times in seconds."""

    interval: float = 30.0
    timeout: float = 30.0
    start_period: float = 0.0
    retries: int = 3


LABEL: Final = "horus.managed=true"
"""Containers that scripts make carry it; at level `manage` only those may be changed."""


@DOCKER.fn(capability="docker", name="run")
def run_(call: HostCall, image: str, opts: RunOptions) -> Any:
    """Run an image in a new container. Gives its id, or with `detach: false` the command result."""
    call.require_level("docker", "manage", image)
    image_of(call, image)
    argv = ["run", "--label", LABEL, "--security-opt", "no-new-privileges", "--pids-limit", "512"]
    argv += ["--memory", _word(call, "memory", opts.memory), "--cpus", str(opts.cpus)]
    argv += ["--name", name_of(call, opts.name)] if opts.name else []
    argv += ["--detach"] if opts.detach else []
    argv += ["--rm"] if opts.remove else []
    for port in opts.ports:
        argv += ["--publish", _word(call, "ports", port)]
    for name, value in opts.env.items():
        argv += ["--env", f"{_word(call, 'env', name)}={value}"]
    for volume in opts.volumes:
        argv += ["--mount", _mount(call, volume)]
    argv += _placed(call, opts)
    argv += _health(call, opts.health) if opts.health else []
    argv += ["--", image, *(check_arguments(call, opts.command, "command") if opts.command else ())]
    if opts.detach:
        return checked(call, argv, opts.timeout).stdout.decode("utf-8", "replace").strip()
    return _run(call, argv, opts.timeout, merge=False).to_map()


def _placed(call: HostCall, opts: RunOptions) -> list[str]:
    """Where a container runs and as whom: network, restarts, user, directory, further limits."""
    argv = ["--memory-swap", _word(call, "memory_swap", opts.memory_swap)] if opts.memory_swap else []
    argv += ["--cpu-shares", str(opts.cpu_shares)] if opts.cpu_shares > 0 else []
    if opts.network:
        if not re.fullmatch(_NAME, opts.network):
            raise call.invalid("network", f"'{opts.network}' is not the name of a network")
        if opts.network == "host":
            call.require_level("docker", "full", "network host")
        argv += ["--network", opts.network]
    for alias in opts.network_aliases:
        argv += ["--network-alias", name_of(call, str(alias))]
    if opts.restart:
        if not re.fullmatch(r"no|always|unless-stopped|on-failure(:\d{1,3})?", opts.restart):
            raise call.invalid("restart", "is one of no, always, unless-stopped, on-failure, on-failure:N")
        argv += ["--restart", opts.restart]
    if opts.user:
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?", opts.user):
            raise call.invalid("user", "is a user, or user:group")
        argv += ["--user", opts.user]
    if opts.workdir:
        if not opts.workdir.startswith("/"):
            raise call.invalid("workdir", "is an absolute path in the container")
        argv += ["--workdir", _word(call, "workdir", opts.workdir)]
    return argv


def _health(call: HostCall, health: dict[str, Any]) -> list[str]:
    """The health check: `command`, and `interval`, `timeout`, `start_period`, `retries`."""
    argv = ["--health-cmd", _word(call, "health", health.get("command", ""))]
    for name in ("interval", "timeout", "start_period"):
        seconds = health.get(name)
        if seconds is None:
            continue
        if type(seconds) not in {int, float} or not 0 <= seconds <= 86_400:
            raise call.invalid("health", f"has a '{name}' that is not a number of seconds")
        argv += [f"--health-{name.replace('_', '-')}", f"{seconds:g}s"]
    if (retries := health.get("retries")) is not None:
        if type(retries) is not int or not 1 <= retries <= 1000:
            raise call.invalid("health", "has 'retries' that are not a number from 1")
        argv += ["--health-retries", str(retries)]
    if unknown := sorted(set(health) - {"command", "interval", "timeout", "start_period", "retries"}):
        raise call.invalid("health", f"has no '{unknown[0]}'")
    return argv


def _mount(call: HostCall, volume: Any) -> str:
    """A bind mount `place:target[:ro]`; the place must be writable (or readable, for `ro`) for the script itself."""
    from horus_runtime.modules.sal.paths import allowed_path

    parts = str(volume).split(":")
    if len(parts) not in {2, 3} or not parts[1].startswith("/") or (len(parts) == 3 and parts[2] not in {"ro", "rw"}):
        raise call.invalid("volumes", "must be texts 'place:/target' or 'place:/target:ro'")
    readonly = parts[2:] == ["ro"]
    source = allowed_path(call, parts[0], "read" if readonly else "write")
    if source.endswith(".sock") or "," in source or "," in parts[1]:
        raise call.invalid("volumes", "must not be a socket and must not contain a comma")
    return f"type=bind,source={source},target={parts[1]}" + (",readonly" if readonly else "")


def _change(call: HostCall, verb: str, container: str, timeout: float, *, running: bool) -> bool:
    call.require_level("docker", "manage", container)
    name = managed(call, container, timeout)
    before = _state(call, name, timeout)
    if before and (before == "running") is running:  # of a container that is only planned nothing is known
        return False
    checked(call, [verb, name], timeout)
    return True


def _state(call: HostCall, name: str, timeout: float) -> str:
    output = checked(call, ["container", "inspect", "--format", "{{.State.Status}}", name], timeout)
    return output.stdout.decode("utf-8", "replace").strip()


def managed(call: HostCall, container: str, timeout: float) -> str:
    """The container's name, when this run may change it: at level `manage` only what scripts made."""
    import json

    name = name_of(call, container)
    output = checked(call, ["container", "inspect", "--format", "{{json .Config.Labels}}", name], timeout)
    if output.simulated:
        return name
    labels = json.loads(output.stdout or b"null") or {}
    key, _, value = LABEL.partition("=")
    if labels.get(key) != value:
        call.require_level("docker", "full", container)
    return name


# --- the engine's command line ---------------------------------------------------------------------------------------


def image_of(call: HostCall, image: str) -> str:
    """The name of an image, checked."""
    if not re.fullmatch(IMAGE, image):
        raise call.invalid("image", "is not the name of an image")
    return image


def name_of(call: HostCall, container: str) -> str:
    if not re.fullmatch(_NAME, container):
        raise call.invalid("container", "is not the name or id of a container")
    return container


def _word(call: HostCall, argument: str, value: Any) -> str:
    """A value of the command line that cannot be taken for an option."""
    text = str(value)
    if not text or text.startswith("-") or any(sign in text for sign in "\0\n"):
        raise call.invalid(argument, f"has the value '{text}', which cannot be used")
    return text


def _engine(call: HostCall) -> str:
    wanted = call.context.services.get("container_engines") or ENGINES
    for name in wanted:
        program = find_program(call, name)
        if program is not None:
            return program
    raise call.fail(
        "Unavailable",
        f"no container engine is installed: none of {', '.join(wanted)} was found",
        hint="install one of them, or let the payload go on without: --allow-unavailable docker",
    )


def _run(call: HostCall, argv: list[str], timeout: float, *, merge: bool) -> Outcome:
    program = _engine(call)
    return run(call, Command((program, *argv), timeout=timeout, merge_stderr=merge, environment=_where(call)))


def _where(call: HostCall) -> dict[str, str]:
    """How to reach the engine is the host's matter, so its own variables are handed through."""
    import os

    names = (
        "DOCKER_HOST",
        "DOCKER_CONTEXT",
        "DOCKER_CONFIG",
        "CONTAINER_HOST",
        "CONTAINERD_ADDRESS",
        "XDG_RUNTIME_DIR",
    )
    return {name: os.environ[name] for name in names if name in os.environ}


def checked(call: HostCall, argv: list[str], timeout: float, *, merge: bool = False) -> Outcome:
    """Run the engine's command line; a failure becomes the kind that its words tell."""
    outcome = _run(call, argv, timeout, merge=merge)
    if outcome.timed_out:
        raise call.fail("Timeout", f"the container engine did not answer within {timeout:g} s")
    if outcome.success:
        return outcome
    said = (outcome.stderr or outcome.stdout).decode("utf-8", "replace").strip()
    kind = kind_of_failure(said)
    first = said.splitlines()[0] if said else f"exit code {outcome.code}"
    if kind == "Unavailable":
        raise call.fail(
            kind,
            f"the container engine does not answer: {first}",
            hint="start it, or let the payload go on without: --allow-unavailable docker",
        )
    raise call.fail(kind, first, code=outcome.code, command=f"docker {argv[0]}")


def kind_of_failure(said: str) -> str:
    """The error kind behind what an engine printed."""
    text = said.lower()
    for kind, signs in (("Unavailable", _UNREACHABLE), ("NotFound", _MISSING), ("Conflict", _CONFLICTS)):
        if any(sign in text for sign in signs):
            return kind
    return "CommandFailed"


def _json_lines(call: HostCall, outcome: Outcome) -> list[dict[str, Any]]:
    """One JSON object a line, as docker and nerdctl print them; podman prints one array."""
    import json

    text = outcome.stdout.decode("utf-8", "replace").strip()
    try:
        if text.startswith("["):
            return list(json.loads(text))
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        raise call.fail("CommandFailed", "the container engine's answer cannot be read") from None


def container_of(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `ps` in our own fields, whichever engine printed it."""
    return {
        "id": _text(row, "ID", "Id"),
        "name": _text(row, "Names", "Name").lstrip("/"),
        "image": _text(row, "Image"),
        "command": _text(row, "Command").strip('"'),
        "state": _text(row, "State").lower() or _state_of(_text(row, "Status")),
        "status": _text(row, "Status"),
        "created": _text(row, "CreatedAt", "Created"),
        "ports": _items(row.get("Ports")),
        "labels": _labels(row.get("Labels")),
        "networks": _items(row.get("Networks")),
        "mounts": _items(row.get("Mounts")),
    }


def _image_of(row: dict[str, Any]) -> dict[str, Any]:
    digest = _text(row, "Digest")
    return {
        "id": _text(row, "ID", "Id"),
        "repository": _text(row, "Repository", "repository"),
        "tag": _text(row, "Tag", "tag"),
        **({"digest": digest} if digest and digest != "<none>" else {}),
        "size": _text(row, "Size"),
        "created": _text(row, "CreatedAt", "Created"),
    }


def _text(row: dict[str, Any], *names: str) -> str:
    for name in names:
        value = row.get(name)
        if value not in {None, ""} if not isinstance(value, (list, dict)) else value:
            return ",".join(str(item) for item in value) if isinstance(value, list) else str(value)
    return ""


def _items(value: Any) -> list[Any]:
    import json

    if isinstance(value, list):
        return [item if isinstance(item, str) else json.dumps(item, sort_keys=True) for item in value]
    return [item.strip() for item in str(value or "").split(",") if item.strip()]


def _labels(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(key): str(item) for key, item in sorted(value.items())}
    return dict(sorted((key, text) for key, _, text in (item.partition("=") for item in _items(value))))


def _state_of(status: str) -> str:
    """Nerdctl prints no state, only a sentence about it."""
    return "running" if status.lower().startswith("up") else status.split(" ", maxsplit=1)[0].lower()
