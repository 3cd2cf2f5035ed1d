"""The actions `osal.*` and `process.*`: programs, variables for them, and markers of what was done."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from horus_runtime.errors import HostFailure
from horus_runtime.heroscript.builtin.natives import use
from horus_runtime.heroscript.builtin.pairs import Pairs
from horus_runtime.heroscript.registry import ActionCall, ActionParams, Actions, Flag
from horus_runtime.heroscript.tables import table

ACTIONS = Actions()


class Exec(ActionParams):
    """Parameters of `osal.exec`."""

    cmd: str = Field(description="the program and its arguments; with `shell` a script")
    name: str = ""
    description: str = ""
    timeout: float = Field(3600.0, description="seconds", gt=0)
    stdout: Annotated[bool, Flag] = Field(True, description="print what the program prints")
    raise_error: Annotated[bool, Flag] = True
    ignore_error: Annotated[bool, Flag] = False
    ignore_error_codes: list[int] = Field([], description="codes that are no error")
    work_folder: str = ""
    environment: Pairs = Field({}, description="variables of the program")
    retry: int = Field(0, ge=0, le=100, description="how often a program that fails is tried again")
    shell: Annotated[bool, Flag] = Field(False, description="hand the text to sh, which needs its own permission")


@ACTIONS.action("osal.exec", "process.run")
def osal_exec(call: ActionCall, params: Exec) -> Any:
    """Run a program and print what it says; one that fails is an error, unless it may."""
    result = _run(call, params)
    if params.stdout and result["stdout"]:
        call.print(result["stdout"].rstrip("\n"))
    allowed = params.ignore_error or not params.raise_error or result["code"] in params.ignore_error_codes
    if result["success"] or (allowed and not result["timed_out"]):
        return result
    if result["timed_out"]:
        raise call.fail("Timeout", f"'{params.cmd}' did not end within {params.timeout:g} s")
    said = result["stderr"].strip().splitlines()
    text = f"'{params.cmd}' ended with code {result['code']}{f': {said[-1]}' if said else ''}"
    raise call.fail("CommandFailed", text, code=result["code"])


def _run(call: ActionCall, params: Exec) -> dict[str, Any]:
    options: dict[str, Any] = {"check": False, "timeout": params.timeout, "env": dict(params.environment)}
    if params.work_folder:
        options["cwd"] = params.work_folder
    function = "process.shell" if params.shell else "process.try_run"
    left = params.retry
    while True:
        result: dict[str, Any] = use(call, function, params.cmd, options)
        if result["success"] or result["code"] in params.ignore_error_codes or left <= 0:
            return result
        left -= 1


@ACTIONS.action("osal.exec_silent")
def osal_exec_silent(call: ActionCall, params: Exec) -> Any:
    """As `osal.exec`, without printing."""
    return osal_exec(call, params.model_copy(update={"stdout": False}))


class ProcessList(ActionParams):
    """Parameters of `process.list`."""

    filter: str = Field("", description="a part of the name or command")


@ACTIONS.action("process.list")
def process_list(call: ActionCall, params: ProcessList) -> Any:
    """List the processes of the machine."""
    found = use(call, "process.list", params.filter)
    rows = [(str(item["pid"]), item["user"], item["name"], item["command"][:60]) for item in found]
    for line in table(("PID", "USER", "NAME", "COMMAND"), rows):
        call.print(line)
    return found


# --- variables -------------------------------------------------------------------------------------------------------


class EnvSet(ActionParams):
    """Parameters of `osal.env_set`."""

    key: str
    value: str
    overwrite: Annotated[bool, Flag] = True


@ACTIONS.action("osal.env_set", renamed={"val": "value"})
def env_set(call: ActionCall, params: EnvSet) -> Any:
    """Set a variable for this payload and the programs it starts; false when it was there and must stay."""
    if not params.overwrite and use(call, "env.has", params.key):
        return False
    use(call, "env.set", params.key, params.value)
    return True


class EnvUnset(ActionParams):
    """Parameters of `osal.env_unset`."""

    key: str


@ACTIONS.action("osal.env_unset")
def env_unset(call: ActionCall, params: EnvUnset) -> Any:
    """Take a variable of this payload away; true when it was there."""
    return use(call, "env.unset", params.key)


class EnvSetAll(ActionParams):
    """Parameters of `osal.env_set_all`: any others are variables."""

    model_config = ConfigDict(extra="allow", frozen=True)
    clear_before_set: Annotated[bool, Flag] = False
    overwrite_if_exists: Annotated[bool, Flag] = True


@ACTIONS.action("osal.env_set_all")
def env_set_all(call: ActionCall, params: EnvSetAll) -> Any:
    """Set several variables, in capital letters; `clear_before_set` takes those of the payload away first."""
    if params.clear_before_set:
        call.context.services["env"] = {}
    for key, value in (params.model_extra or {}).items():
        env_set(call, EnvSet(key=key.upper(), value=str(value), overwrite=params.overwrite_if_exists))
    return sorted(key.upper() for key in params.model_extra or {})


class EnvLoad(ActionParams):
    """Parameters of `osal.env_load_file`."""

    file_path: str


@ACTIONS.action("osal.env_load_file", "osal.load_env_file")
def env_load_file(call: ActionCall, params: EnvLoad) -> Any:
    """Set the variables of a file with `NAME=value` lines."""
    return sorted(use(call, "env.load_file", params.file_path))


# --- markers ---------------------------------------------------------------------------------------------------------

DONE_FILE = ".horus-done.json"
"""Where markers are kept, in the working directory, unless the host names another file (service `done_file`)."""


def _markers(call: ActionCall) -> tuple[str, dict[str, str]]:
    path = str(call.context.services.get("done_file") or DONE_FILE)
    try:
        found = use(call, "os.read_json", path)
    except HostFailure as failure:
        if failure.failure != "NotFound":
            raise
        found = {}
    if not isinstance(found, dict):
        raise call.fail("InvalidArgument", f"'{path}' does not hold markers")
    return path, found


class DoneSet(ActionParams):
    """Parameters of `osal.done_set`."""

    key: str
    val: str = ""


@ACTIONS.action("osal.done_set", renamed={"value": "val"})
def done_set(call: ActionCall, params: DoneSet) -> Any:
    """Remember, beyond this run, that something was done."""
    path, found = _markers(call)
    use(call, "os.write_json", path, {**found, params.key: params.val}, {"indent": 2, "sort_keys": True})
    return True


class DoneDelete(ActionParams):
    """Parameters of `osal.done_delete`."""

    key: str


@ACTIONS.action("osal.done_delete")
def done_delete(call: ActionCall, params: DoneDelete) -> Any:
    """Forget a marker; true when it was there."""
    path, found = _markers(call)
    if params.key not in found:
        return False
    left = {key: value for key, value in found.items() if key != params.key}
    use(call, "os.write_json", path, left, {"indent": 2, "sort_keys": True})
    return True


class NoParams(ActionParams):
    """No parameters."""


@ACTIONS.action("osal.done_reset")
def done_reset(call: ActionCall, params: NoParams) -> Any:
    """Forget all markers."""
    path, _ = _markers(call)
    return use(call, "os.delete", path)


@ACTIONS.action("osal.done_print")
def done_print(call: ActionCall, params: NoParams) -> Any:
    """Print all markers."""
    _, found = _markers(call)
    for key, value in sorted(found.items()):
        call.print(f"{key}: {value}" if value else key)
    return found
