"""Products that call a URL for their user: what they are set to call, and which token they attach.

Documentation: https://docs.cloud.google.com/scheduler/docs/http-target-auth,
https://docs.cloud.google.com/tasks/docs/creating-http-target-tasks,
https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from ..model.caller import Attempt
from ..model.exported import TokenSetting, TokenType
from ..model.fact import Fact
from . import products, rest
from .google import Google
from .products import Product
from .scrub import scrub

_HTTP_STATUS: Final = re.compile(r"HTTP (?:status|response) code:? (\d{3})")
"""As the products word it in a status' message: `PERMISSION_DENIED(7): HTTP status code 403`."""


@dataclass(frozen=True, slots=True)
class Sends:
    """What a job, task or subscription sends.

    Args:
        target: the URL that it calls; None where it calls none.
        auth: the token that it attaches; None where it calls none.
        method: in upper case.
        instead: what it does where it calls no URL.
        created: when it was made, RFC 3339.
        attempt: the last call that was made; None where none was.
    """

    target: str | None = None
    auth: TokenSetting | None = None
    method: str | None = None
    instead: str = ""
    created: str = ""
    attempt: Attempt | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """What a queue sets for all of its tasks, in place of what they say themselves.

    Documentation: https://docs.cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues#HttpTarget

    Args:
        uri: the parts of the URI that it sets: scheme, host, port, path, query; those left out are the task's own.
        auth: the token that it attaches; None leaves it to the task.
        method: in upper case; None leaves it to the task.
        always: whether `uri` replaces what tasks say; else it holds only where a task says nothing.
    """

    uri: tuple[tuple[str, str], ...] = ()
    auth: TokenSetting | None = None
    method: str | None = None
    always: bool = True

    def sends(self, task: Sends) -> Sends:
        """Return what a task of this queue sends."""
        if task.instead:
            return task
        target = self._target(task.target)
        return replace(
            task,
            target=target,
            attempt=replace(task.attempt, target=target) if task.attempt else None,
            auth=self.auth or task.auth,
            method=self.method or task.method,
        )

    def _target(self, target: str | None) -> str | None:
        parts = dict(self.uri)
        if target and not (parts and self.always):
            return target
        if not target and "host" not in parts:
            return None
        own = urlsplit(target or "")
        netloc = parts.get("host") or own.hostname or ""
        port = parts.get("port") or (str(own.port) if own.port else "")
        return urlunsplit(
            (
                parts.get("scheme") or own.scheme or "https",
                f"{netloc}:{port}" if port and port != "0" else netloc,
                parts.get("path", own.path),
                parts.get("query", own.query),
                "",
            )
        )


def task_of(google: Google, name: str) -> Fact[Sends]:
    """Read one task by its relative name; what it carries takes `cloudtasks.tasks.fullView` too."""
    return rest.get(google, products.TASK, f"//{products.TASK.host}/{name}", _task, name=name)


def newest_task(google: Google, queue: str) -> Fact[Sends | None]:
    """Read the newest of the tasks on a queue's first page, with the last call of any of them; None without any."""

    def parse(found: list[rest.Json]) -> Sends | None:
        tasks = [_task(one) for one in found]
        newest = max(tasks, key=lambda one: one.created, default=None)
        attempts = [one.attempt for one in tasks if one.attempt is not None]
        last = max(attempts, key=lambda one: one.at or "", default=None)
        return replace(newest, attempt=last) if newest is not None else None

    target = f"//{products.TASKS.host}/{queue}/tasks"
    return rest.list_all(google, products.TASKS, target, parse, most=1, parent=queue)


def _job(found: rest.Json) -> Sends:
    target = found.get("httpTarget")
    if target is None:
        topic = (found.get("pubsubTarget") or {}).get("topicName")
        return Sends(instead=f"publishes to {topic}" if topic else "calls App Engine")
    uri, at = str(target["uri"]), _text(found, "lastAttemptTime")
    attempt = _attempt(found.get("status") or {}, at, uri) if at else None
    return Sends(uri, _auth(target), str(target.get("httpMethod") or "POST"), attempt=attempt)


def _task(found: rest.Json) -> Sends:
    target, created = found.get("httpRequest"), str(found.get("createTime") or "")
    if target is None:
        return Sends(instead="calls App Engine", created=created)
    url = str(target.get("url") or "") or None
    last = found.get("lastAttempt") or {}
    # without a time of the answer the status means nothing
    at = _text(last, "responseTime")
    attempt = _attempt(last.get("responseStatus") or {}, at, url) if at else None
    return Sends(url, _auth(target), str(target.get("httpMethod") or "POST"), created=created, attempt=attempt)


def _attempt(status: rest.Json, at: str | None, target: str | None) -> Attempt:
    """What a call came to. A status that is left out is that of success; its words may tell the HTTP status.

    Documentation: https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#Job,
    https://docs.cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks#Attempt
    """
    code, detail = status.get("code", 0), str(status.get("message") or "")
    told = _HTTP_STATUS.search(detail)
    return Attempt(at, int(told[1]) if told else None, code if isinstance(code, int) else None, target, scrub(detail))


def _queue(found: rest.Json) -> Queue:
    target = found.get("httpTarget") or {}
    override = target.get("uriOverride") or {}
    parts = {key: str(override[key]).lower() for key in ("scheme", "host", "port") if override.get(key)}
    if "pathOverride" in override:
        parts["path"] = str((override["pathOverride"] or {}).get("path") or "")
    if "queryOverride" in override:
        parts["query"] = str((override["queryOverride"] or {}).get("queryParams") or "")
    auth = _auth(target)
    method = str(target.get("httpMethod") or "").removesuffix("HTTP_METHOD_UNSPECIFIED") or None
    return Queue(
        tuple(parts.items()),
        None if auth.type is TokenType.NONE else auth,
        method,
        always=override.get("uriOverrideEnforceMode") != "IF_NOT_EXISTS",
    )


def _subscription(found: rest.Json) -> Sends:
    push = found.get("pushConfig") or {}
    if not push.get("pushEndpoint"):
        return Sends(instead="pushes nothing: it is pulled from, or writes to a table or bucket")
    return Sends(str(push["pushEndpoint"]), _auth(push), "POST")


def _auth(found: rest.Json) -> TokenSetting:
    """The token that is set. In Cloud Tasks and Scheduler, one of two; Pub/Sub has only the first."""
    oidc: Any = found.get("oidcToken")
    if oidc is not None:
        return TokenSetting(TokenType.OIDC, _text(oidc, "serviceAccountEmail"), _text(oidc, "audience"))
    oauth: Any = found.get("oauthToken")
    if oauth is not None:
        return TokenSetting(TokenType.OAUTH, _text(oauth, "serviceAccountEmail"))
    return TokenSetting(TokenType.NONE)


def _text(found: rest.Json, key: str) -> str | None:
    return str(found.get(key) or "") or None


JOBS: Final = Product(
    "scheduler job",
    "jobs",
    products.SCHEDULER_JOB,
    products.SCHEDULER_JOBS,
    _job,
    places=products.SCHEDULER_LOCATIONS,
)
QUEUES: Final = Product("queue", "queues", products.QUEUE, products.QUEUES, _queue, places=products.QUEUE_LOCATIONS)
SUBSCRIPTIONS: Final = Product(
    "subscription",
    "subscriptions",
    products.SUBSCRIPTION,
    products.SUBSCRIPTIONS,
    _subscription,
    "projects/{project}",
)
