"""What products that call a URL for their user are set to call, and which token they attach.

Documentation: https://docs.cloud.google.com/scheduler/docs/http-target-auth,
https://docs.cloud.google.com/tasks/docs/creating-http-target-tasks,
https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions,
https://docs.cloud.google.com/eventarc/docs/reference/rest/v1/projects.locations.triggers,
https://docs.cloud.google.com/workflows/docs/calling-run-functions,
https://docs.cloud.google.com/endpoints/docs/openapi/openapi-extensions#x-google-backend
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from ..deferred import dataclass, regex
from ..model.caller import Attempt
from ..model.exported import TokenSetting, TokenType
from . import json_access as look
from .json_access import Json, NotUnderstoodError
from .workflow_text import Expressions

_HTTP_STATUS: Final = regex(r"HTTP (?:status|response) code:? (\d{3})")
"""As the products word it in a status' message: `PERMISSION_DENIED(7): HTTP status code 403`."""
"""Characters of a message that are kept."""


@dataclass(frozen=True)
class Sends:
    """What a job, task or subscription sends."""

    target: str | None = None  # the URL that it calls; None where it calls none
    auth: TokenSetting | None = None  # the token that it attaches; None where it calls none
    method: str | None = None  # in upper case
    instead: str = ""  # what it does where it calls no URL
    created: str = ""  # when it was made, RFC 3339
    attempt: Attempt | None = None  # the last call that was made; None where none was


@dataclass(frozen=True)
class Queue:
    """What a queue sets for all of its tasks, in place of what they say themselves.

    Documentation: https://docs.cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues#HttpTarget
    """

    # the parts of the URI that it sets: scheme, host, port, path, query; those left out are the task's own
    uri: tuple[tuple[str, str], ...] = ()
    auth: TokenSetting | None = None  # the token that it attaches; None leaves it to the task
    method: str | None = None  # in upper case; None leaves it to the task
    always: bool = True  # whether `uri` replaces what tasks say; else it holds only where a task says nothing

    def sends(self, task: Sends) -> Sends:
        """Return what a task of this queue sends."""
        if task.instead:
            return task
        target, method = self._target(task.target), self.method or task.method
        return replace(task, target=target, auth=self.auth or task.auth, method=method)

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


@dataclass(frozen=True)
class Trigger:
    """An Eventarc trigger."""

    account: str | None  # e-mail of the account that its calls are made as; None leaves them without a token
    service: str | None = None  # short name of the Cloud Run service, or of the function, that it calls
    region: str | None = None  # where that is
    path: str = ""  # the path that it calls, where one is set
    uri: str | None = None  # the URL of an HTTP endpoint, where it calls one
    subscription: str | None = None  # relative name of the push subscription that delivers its events
    elsewhere: str | None = None  # what it calls instead of a URL: a workflow, a GKE service


@dataclass(frozen=True)
class WorkflowCall:
    """One HTTP call of a workflow."""

    url: str  # the URL, or what is known of its beginning; empty where nothing is
    method: str  # in upper case
    auth: TokenSetting  # the token that it attaches
    whole: bool = True  # whether the URL is known to its end
    tells_audience: bool = True  # whether the audience of the token is known, set or left to its default


@dataclass(frozen=True)
class Workflow:
    """A workflow."""

    account: str | None  # e-mail of the account that it runs as; None is the project's default compute account
    # its HTTP calls, in the order of its source; None where the source could not be read
    steps: tuple[WorkflowCall, ...] | None = ()


@dataclass(frozen=True)
class GatewayBackend:
    """An `x-google-backend` of an API's description."""

    address: str  # the URL that is called
    audience: str | None = None  # the `aud` of the token; None is the address itself
    has_token: bool = True  # whether a token is attached


@dataclass(frozen=True)
class ApiConfig:
    """The configuration that a gateway serves."""

    # e-mail of the account that it calls as; None is the project's default compute account, and `-` one that nothing
    # tells
    account: str | None
    backends: tuple[GatewayBackend, ...]


def job(found: Json) -> Sends:
    """Return what a Cloud Scheduler job sends."""
    target = look.at(found, "httpTarget")
    if target is None:
        topic = look.text(found, "pubsubTarget", "topicName")
        return Sends(instead=f"publishes to {topic}" if topic else "calls App Engine")
    if "uri" not in look.mapping(target):
        raise NotUnderstoodError("a job that calls no URI")
    uri, at = look.text(target, "uri"), look.text(found, "lastAttemptTime")
    attempt = _attempt(found.get("status"), at) if at else None
    return Sends(uri, token(target), look.text(target, "httpMethod") or "POST", attempt=attempt)


def task(found: Json) -> Sends:
    """Return what a task of Cloud Tasks sends, by itself. One shown without its URL may lack its token as well."""
    target, created = look.at(found, "httpRequest"), look.text(found, "createTime") or ""
    if target is None:
        return Sends(instead="calls App Engine", created=created)
    url, last = look.text(target, "url"), look.mapping(found, "lastAttempt")
    # without a time of the answer the status means nothing
    at = look.text(last, "responseTime")
    attempt = _attempt(last.get("responseStatus"), at) if at else None
    auth = token(target)
    told = auth if "url" in look.mapping(target) or auth.type is not TokenType.NONE else None
    return Sends(url, told, look.text(target, "httpMethod") or "POST", created=created, attempt=attempt)


def queue(found: Json) -> Queue:
    """Return what a queue sets for all of its tasks."""
    target = look.mapping(found, "httpTarget")
    override = look.mapping(target, "uriOverride")
    parts = {key: text.lower() for key in ("scheme", "host", "port") if (text := look.text(override, key))}
    if "pathOverride" in override:
        parts["path"] = look.text(override, "pathOverride", "path") or ""
    if "queryOverride" in override:
        parts["query"] = look.text(override, "queryOverride", "queryParams") or ""
    auth = token(target)
    method = (look.text(target, "httpMethod") or "").removesuffix("HTTP_METHOD_UNSPECIFIED") or None
    return Queue(
        tuple(parts.items()),
        None if auth.type is TokenType.NONE else auth,
        method,
        always=override.get("uriOverrideEnforceMode") != "IF_NOT_EXISTS",
    )


def subscription(found: Json) -> Sends:
    """Return what a Pub/Sub subscription pushes."""
    push = look.mapping(found, "pushConfig")
    endpoint = look.text(push, "pushEndpoint")
    if endpoint is None:
        return Sends(instead="pushes nothing: it is pulled from, or writes to a table or bucket")
    return Sends(endpoint, token(push), "POST")


def trigger(found: Json) -> Trigger:
    """Return what an Eventarc trigger calls."""
    destination = look.mapping(found, "destination")
    account = look.last(found, "serviceAccount")
    topic = look.text(found, "transport", "pubsub", "subscription")
    if run := look.mapping(destination, "cloudRun") or look.mapping(destination, "cloudRunService"):
        if "service" not in run:
            raise NotUnderstoodError("a trigger that names no service")
        where = look.last(run, "service"), look.text(run, "region")
        return Trigger(account, *where, look.text(run, "path") or "", subscription=topic)
    if function := look.text(destination, "cloudFunction"):
        parts = function.split("/")
        return Trigger(account, parts[-1], parts[3] if len(parts) > 3 else None, subscription=topic)
    if endpoint := look.text(destination, "httpEndpoint", "uri"):
        return Trigger(account, uri=endpoint, subscription=topic)
    return Trigger(account, subscription=topic, elsewhere=next(iter(destination), "nothing"))


def of_function(found: Json) -> dict[str, object] | None:
    """Return the Eventarc trigger by which a 2nd gen function gets its events, where it is told whose token it sends.

    Source: https://docs.cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions#EventTrigger
    """
    event, name = look.mapping(found, "eventTrigger"), look.text(found, "name") or ""
    account = event.get("serviceAccountEmail")
    if account is None or "/functions/" not in name:
        return None
    trigger = look.text(event, "trigger") or name.replace("/functions/", "/triggers/")
    return {"name": trigger, "serviceAccount": account, "destination": {"cloudFunction": name}}


def workflow(found: Json) -> Workflow:
    """Return what a workflow runs as, and calls."""
    source = look.at(found, "sourceContents")
    environment = {name: str(value) for name, value in look.mapping(found, "userEnvVars").items()}
    # without a source it is the source itself, as people paste it
    steps = steps_of(source, environment) if isinstance(source, str) else http_steps(found, environment)
    return Workflow(look.last(found, "serviceAccount"), steps)


def api_config(found: Json) -> ApiConfig:
    """Return what a gateway's configuration calls, and as which account."""
    contents = [look.at(one, "document", "contents") for one in look.items(found, "openapiDocuments")]
    backends = dict.fromkeys(backend for one in contents if isinstance(one, str) for backend in _backends(one))
    return ApiConfig(look.last(found, "gatewayServiceAccount"), tuple(backends))


def token(found: object) -> TokenSetting:
    """Return the token that is set. In Cloud Tasks and Scheduler, one of two; Pub/Sub has only the first."""
    for key, kind in (("oidcToken", TokenType.OIDC), ("oauthToken", TokenType.OAUTH)):
        setting = look.at(found, key)
        if setting is not None:
            audience = look.text(setting, "audience") if kind is TokenType.OIDC else None
            hidden = look.at(setting, "audience") == ""
            return TokenSetting(kind, look.text(setting, "serviceAccountEmail"), "" if hidden else audience)
    return TokenSetting(TokenType.NONE)


def _attempt(status: object, at: str | None) -> Attempt:
    """What a call came to. A status that is left out is that of success; its words may tell the HTTP status.

    Documentation: https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#Job,
    https://docs.cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks#Attempt
    """
    code, told = look.mapping(status).get("code", 0), _HTTP_STATUS.search(look.text(status, "message") or "")
    return Attempt(at, int(told[1]) if told else None, code if isinstance(code, int) else None)


def steps_of(source: str, environment: Mapping[str, str]) -> tuple[WorkflowCall, ...] | None:
    """Find the HTTP calls in a workflow's source, YAML or JSON; None where it is neither.

    Documentation: https://docs.cloud.google.com/workflows/docs/http-requests
    """
    try:
        return http_steps(_yaml(source), environment)
    except ValueError:
        return None


def _yaml(text: str | bytes) -> object:
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("it is not YAML") from error


def http_steps(document: object, environment: Mapping[str, str]) -> tuple[WorkflowCall, ...]:
    """Return the HTTP calls in a workflow's source, once it is a document."""
    maps = list(maps_in(document))
    expressions = Expressions(environment, _assigned(maps))
    return tuple(_step(one, expressions) for one in maps if _is_call(one))


def maps_in(document: object) -> Iterator[Mapping[str, Any]]:
    """Yield every mapping of a document, in its order; each once, for YAML may repeat a node, or put it into itself."""
    waiting, met = [document], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in met or not isinstance(node, dict | list):
            continue
        met.add(id(node))
        if isinstance(node, dict):
            yield node
        waiting += reversed(list(node.values()) if isinstance(node, dict) else node)


def _assigned(maps: list[Mapping[str, Any]]) -> dict[str, object]:
    """Variables of `assign` steps; one that is assigned twice is not known."""
    found: dict[str, object] = {}
    for one in maps:
        for assignment in one.get("assign") or () if isinstance(one.get("assign"), list) else ():
            if isinstance(assignment, dict):
                for name, value in assignment.items():
                    found[str(name)] = None if name in found else value
    return found


def _is_call(one: Mapping[str, Any]) -> bool:
    return isinstance(one.get("call"), str) and one["call"].startswith("http.") and isinstance(one.get("args"), dict)


def _step(one: Mapping[str, Any], expressions: Expressions) -> WorkflowCall:
    args: Mapping[str, Any] = one["args"]
    url, whole = expressions.text(args.get("url"))
    method = str(one["call"]).removeprefix("http.").upper()
    if method == "REQUEST":
        method = str(args.get("method") or "GET").upper()
    auth, tells = _auth(args.get("auth"), expressions)
    return WorkflowCall(url, method, auth, whole, tells and (whole or auth.audience is not None))


def _auth(auth: object, expressions: Expressions) -> tuple[TokenSetting, bool]:
    """The `auth` of a call: OIDC, with the URL of the call as default audience, or OAuth2; and whether it is known.

    Source: https://docs.cloud.google.com/workflows/docs/authenticate-from-workflow
    """
    if not isinstance(auth, dict):
        return TokenSetting(TokenType.NONE), True
    if str(auth.get("type")).upper() != "OIDC":
        return TokenSetting(TokenType.OAUTH), True
    if auth.get("audience") is None:
        return TokenSetting(TokenType.OIDC), True
    audience, whole = expressions.text(auth["audience"])
    return TokenSetting(TokenType.OIDC, audience=audience if whole else None), whole


def _backends(contents: str) -> Iterator[GatewayBackend]:
    try:
        document = _yaml(b64decode(contents))
    except ValueError:
        return
    yield from map(_backend, backends_in(document))


def backends_in(document: object) -> Iterator[Mapping[str, Any]]:
    """Yield what an API's description calls.

    Source: https://docs.cloud.google.com/endpoints/docs/openapi/openapi-extensions#x-google-backend
    """
    for node in maps_in(document):
        own = node.get("x-google-backend")
        if isinstance(own, dict) and own.get("address"):
            yield own


def _backend(own: Mapping[str, Any]) -> GatewayBackend:
    audience = str(own.get("jwt_audience") or own.get("jwtAudience") or "") or None
    return GatewayBackend(str(own["address"]), audience, not own.get("disable_auth"))


def connection(found: Json) -> str | None:
    """Return whom remote functions of a BigQuery connection call as; None where it is of another kind."""
    return look.text(found, "cloudResource", "serviceAccountId")


def uptime_check(found: Json) -> Sends:
    """Return what an uptime check sends; a check of a service by its name says no URL.

    Source: https://docs.cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.uptimeCheckConfigs
    """
    check, host = look.mapping(found, "httpCheck"), look.text(found, "monitoredResource", "labels", "host")
    scheme = "https" if look.is_true(check, "useSsl") else "http"
    path = look.text(check, "path") or "/"
    target = f"{scheme}://{host}{path if path.startswith('/') else f'/{path}'}" if host else None
    is_signed = "serviceAgentAuthentication" in check
    method = "POST" if look.text(check, "requestMethod") == "POST" else "GET"
    return Sends(target, TokenSetting(TokenType.OIDC if is_signed else TokenType.NONE), method)
