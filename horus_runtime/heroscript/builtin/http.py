"""The actions `http.*`: requests and downloads."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from horus_runtime.heroscript.builtin.natives import use
from horus_runtime.heroscript.builtin.pairs import Pairs
from horus_runtime.heroscript.registry import ActionCall, ActionParams, Actions, Flag

ACTIONS = Actions()


class Get(ActionParams):
    """Parameters of `http.get`."""

    url: str
    headers: Pairs = Field({}, description="of the request")
    query: Pairs = Field({}, description="added to the address")
    timeout: float = Field(30.0, gt=0, description="seconds")
    retries: int = Field(0, ge=0, le=10)
    check: Annotated[bool, Flag] = Field(True, description="a status from 400 on is an error")
    save: str = Field("", description="write the body to this file instead of printing it")

    def options(self) -> dict[str, Any]:
        """The options of the request."""
        return {
            "headers": dict(self.headers), "query": dict(self.query), "timeout": self.timeout,
            "retries": self.retries, "check": self.check,
        }  # fmt: skip


@ACTIONS.action("http.get")
def http_get(call: ActionCall, params: Get) -> Any:
    """Fetch an address and print the body, or write it to a file."""
    return _finish(call, use(call, "http.get", params.url, params.options()), params.save)


def _finish(call: ActionCall, answer: dict[str, Any], save: str) -> dict[str, Any]:
    if save:
        written = use(call, "os.write", save, answer["body"])
        call.print(f"{answer['status']} {answer['url']}: {written} bytes in {save}")
    else:
        call.print(answer["body"].rstrip("\n"))
    return answer


class Send(Get):
    """Parameters of `http.post` and `http.put`."""

    body: str = Field("", description="the text to send")
    json_: str = Field("", alias="json", description="JSON to send")
    form: Pairs = Field({}, description="fields to send")


def _send(call: ActionCall, method: str, params: Send) -> Any:
    options = params.options()
    if params.json_:
        options["json"] = use(call, "json.parse", params.json_)
    elif params.form:
        options["form"] = dict(params.form)
    elif params.body:
        options["body"] = params.body
    return _finish(call, use(call, "http.request", method, params.url, options), params.save)


@ACTIONS.action("http.post")
def http_post(call: ActionCall, params: Send) -> Any:
    """Send a body, JSON or form fields, and print the answer."""
    return _send(call, "POST", params)


@ACTIONS.action("http.put")
def http_put(call: ActionCall, params: Send) -> Any:
    """As `http.post`, with PUT."""
    return _send(call, "PUT", params)


@ACTIONS.action("http.delete")
def http_delete(call: ActionCall, params: Get) -> Any:
    """Send a DELETE request and print the answer."""
    return _finish(call, use(call, "http.delete", params.url, params.options()), params.save)


class Check(ActionParams):
    """Parameters of `http.check`."""

    url: str
    timeout: float = Field(10.0, gt=0)
    raise_error: Annotated[bool, Flag] = Field(False, description="no answer is an error")


@ACTIONS.action("http.check")
def http_check(call: ActionCall, params: Check) -> Any:
    """Say whether an address answers with a status below 400."""
    good = use(call, "http.check", params.url, {"timeout": params.timeout})
    call.print(f"{params.url}: {'ok' if good else 'no good answer'}")
    if params.raise_error and not good:
        raise call.fail("NetworkError", f"'{params.url}' gives no good answer")
    return good


class Download(ActionParams):
    """Parameters of `http.download`."""

    url: str
    dest: str
    sha256: str = Field("", description="what the content must hash to")


@ACTIONS.action("http.download")
def http_download(call: ActionCall, params: Download) -> Any:
    """Fetch an address into a file, which is there whole or not at all."""
    options = {"sha256": params.sha256} if params.sha256 else {}
    found = use(call, "http.download", params.url, params.dest, options)
    call.print(f"{params.url}: {found['bytes']} bytes in {params.dest}")
    return found
