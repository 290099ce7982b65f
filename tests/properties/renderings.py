"""What a user would paste of a world: the answer that the caller really gets, and the exports that gcloud prints.

Nothing is made up: the answer is the front end's own to the caller's call, the exports are what the operator can read.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import yaml

from crauth_doctor.sandbox import Sandbox
from tests.test_worlds import ACTING, BY_CODE, SENT, Case, credentials, full_name, send, service_url

TRACE = "105445aa7843bc8bf206b12000100000/1;o=1"
RUN_API, PROJECTS_API = "http://run.googleapis.com", "http://cloudresourcemanager.googleapis.com"


@dataclass(frozen=True)
class Answered:
    """The caller's call, and the whole answer.

    Args:
        by_hand: whether a person could have made it in a shell, and so shows a command.
        with_token: whether it carried one token, in the usual form.
    """

    method: str
    url: str
    status: int
    headers: dict[str, str]
    body: str
    by_hand: bool
    with_token: bool

    @property
    def reason(self) -> str:
        """What HTTP calls the status."""
        return HTTPStatus(self.status).phrase

    def page(self) -> str:
        """The head and the body, as `curl -i` prints them."""
        head = [f"HTTP/2 {self.status} ", *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\n".join([*head, "", self.body.rstrip("\n"), ""])

    def status_line(self) -> str:
        """What a Python program prints: the status and the URL, nothing else of the answer."""
        side = "Client" if self.status < 500 else "Server"
        return f"requests.exceptions.HTTPError: {self.status} {side} Error: {self.reason} for url: {self.url}\n"

    def client_log(self) -> str:
        """What an HTTP library logs of the call."""
        return f'INFO:httpx:HTTP Request: {self.method} {self.url} "HTTP/1.1 {self.status} {self.reason}"\n'

    def command(self) -> str:
        """The command and its answer, as a terminal shows them."""
        verb = "" if self.method == "GET" else f"-X {self.method} "
        token = '-H "Authorization: Bearer $TOKEN" ' if self.with_token else ""
        return f"$ curl -i {verb}{token}{self.url}\n{self.page()}"


def _steady(headers: dict[str, str]) -> dict[str, str]:
    """The headers, with the same trace in every run: a sample of a paste is the same paste tomorrow."""
    trace = "x-cloud-trace-context"
    return {**headers, trace: TRACE} if trace in headers else headers


def true_evidence(answer: Answered) -> dict[str, str]:
    """What may be told of a call, by form: all of it is true."""
    told = {"page": answer.page(), "status line": answer.status_line(), "client log": answer.client_log()}
    return told | {"command": answer.command()} if answer.by_hand else told


def answered(case: Case, sandbox: Sandbox) -> Answered | None:
    """The answer to the call that the world's caller makes; None where no request leaves, or none comes back."""
    # Both get no token, and so never call.
    if case.option("--impersonate-service-account") or case.cause == "mint/federation-denied":
        return None
    asked = {key: case.option(f"--{key}") for key in ("url", "path", "method", "audience")}
    asked["url"] = asked["url"] or (case.run[1] if "://" in case.run[1] else service_url(case, sandbox))
    asked["audience"] = asked["audience"] or service_url(case, sandbox)
    kind, own = case.caller.partition("/")[0], case.file.stem in SENT
    if "/" in case.caller and kind in ACTING and not own:
        return _fired(case, sandbox, asked, by_code=kind in BY_CODE)
    audience = str(asked["audience"])
    sent = SENT[case.file.stem](case, sandbox, audience) if own else credentials(case, sandbox, audience)
    usual = [name for name, _ in sent] == ["Authorization"]
    parts = urlsplit(str(asked["url"]))
    url = f"{parts.scheme}://{parts.netloc}{asked['path'] or parts.path or '/'}"
    extra = [("X-Sandbox-Scheme", parts.scheme), ("X-Sandbox-Patience", "0")]
    extra += [("X-Sandbox-From", full_name(case, sandbox))] if "/" in case.caller and kind in ACTING else []
    method = asked["method"] or "GET"
    try:
        status, headers, body = send(sandbox, method, url.replace("https://", "http://", 1), [*sent, *extra])
    except (ConnectionError, http.client.HTTPException):
        return None
    by_hand = (usual or not sent) and not own
    return Answered(method, url, status, _steady(headers), body, by_hand=by_hand, with_token=usual)


def _fired(case: Case, sandbox: Sandbox, asked: dict[str, str | None], *, by_code: bool) -> Answered | None:
    given = {key: value for key, value in asked.items() if value and (by_code or case.option(f"--{key}"))}
    told = sandbox.fire(full_name(case, sandbox), **given)
    if told["status"] == 0:
        return None
    method = str(given.get("method") or ("GET" if by_code else "POST"))
    token = bool(told["token"])
    headers = _steady(told["headers"])
    return Answered(method, told["url"], told["status"], headers, told["body"], by_hand=by_code, with_token=token)


@dataclass(frozen=True)
class Export:
    """What one gcloud command prints."""

    command: str
    document: Any

    def as_json(self) -> str:
        """With `--format json`."""
        return f"$ {self.command} --format=json\n{json.dumps(self.document, indent=2)}\n"

    def as_yaml(self) -> str:
        """As gcloud prints it when it is not told how."""
        return f"$ {self.command}\n{yaml.safe_dump(self.document, sort_keys=True, allow_unicode=True)}"


def exports(case: Case, sandbox: Sandbox) -> list[Export]:
    """The callee, its policy and its project's, as far as the operator can read them."""
    return list(_exports(case, sandbox))


def _exports(case: Case, sandbox: Sandbox) -> Iterator[Export]:
    try:
        wanted = urlsplit(service_url(case, sandbox)).hostname
    except StopIteration:
        return
    name = next(n for n, r in sandbox.cloud.resources.items() if urlsplit(str(r.get("uri", ""))).hostname == wanted)
    _, project, _, region, _, service = name.removeprefix("//run.googleapis.com/").split("/")
    where = f"{service} --region={region} --project={project}"
    yield from _read(
        sandbox,
        f"gcloud run services describe {where}",
        f"http://{region}-run.googleapis.com/apis/serving.knative.dev/v1/namespaces/{project}/services/{service}",
    )
    yield from _read(
        sandbox,
        f"gcloud run services get-iam-policy {where}",
        f"{RUN_API}/v1/projects/{project}/locations/{region}/services/{service}:getIamPolicy",
    )
    yield from _read(
        sandbox,
        f"gcloud projects get-iam-policy {project}",
        f"{PROJECTS_API}/v1/projects/{project}:getIamPolicy",
        method="POST",
    )


def _read(sandbox: Sandbox, command: str, url: str, *, method: str = "GET") -> Iterator[Export]:
    bearer = [("Authorization", f"Bearer {sandbox.operator_token}")]
    status, _, text = send(sandbox, method, url, bearer, "{}" if method == "POST" else "")
    if status == HTTPStatus.OK:
        yield Export(command, json.loads(text))


def pasted(case: Case, sandbox: Sandbox) -> dict[str, str]:
    """The whole paste: the answer, then the exports; once in each of gcloud's two formats."""
    answer = answered(case, sandbox)
    first = "" if answer is None else (answer.command() if answer.by_hand else answer.page())
    found = exports(case, sandbox)
    return {
        "json": "\n".join([first, *(each.as_json() for each in found)]),
        "yaml": "\n".join([first, *(each.as_yaml() for each in found)]),
    }
