"""What a resource of the world sends when it acts: where to, with which token, minted by whom.

https://cloud.google.com/run/docs/authenticating/service-to-service
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from ..edge import front_end, services, workload_identity
from ..iam.principal import Identity
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json

OIDC, OAUTH = "oidc", "oauth"
_LINK = "roles/iam.workloadIdentityUser"
# The agents that mint for a product: https://cloud.google.com/iam/docs/service-agents
_AGENTS = {
    "cloudscheduler": "gcp-sa-cloudscheduler",
    "cloudtasks": "gcp-sa-cloudtasks",
    "pubsub": "gcp-sa-pubsub",
    "eventarc": "gcp-sa-pubsub",  # a trigger delivers by a push subscription of its own
}


@dataclass(frozen=True)
class AttachedToken:
    """A token that an act is set to carry."""

    kind: str  # `oidc` or `oauth`
    account: str
    audience: str = ""  # of an ID token
    agent: str | None = None  # the member that mints it; `None` where the caller gets its own
    identity: Identity | None = None  # the caller's own, where it is an agent and needs no account
    certificate: str | None = None  # that the token is bound to


@dataclass(frozen=True)
class OutboundRequest:
    """One request that a resource sends by itself."""

    caller: str
    url: str
    method: str = "POST"
    token: AttachedToken | None = None
    headers: tuple[tuple[str, str], ...] = ()


def outbound_request_of(cloud: Cloud, caller: str, asked: Json) -> OutboundRequest:
    """What a resource sends. `asked` may say url, path, method and audience, for what calls by its own code.

    Raises:
        ValueError: there is no such resource, or it calls no URL.
    """
    name = cloud.canonical(caller)
    if name not in cloud.resources and not _is_workload_of(cloud, name):
        raise ValueError(f"the world has no {name}")
    kind = names.service_of(name).partition(".")[0]
    known = {
        "cloudscheduler": _job,
        "cloudtasks": _task,
        "pubsub": _push,
        "eventarc": _trigger,
        "workflows": _workflow,
        "run": _workload,
        "cloudfunctions": _function,
        "compute": _instance,
        "container": _pod,
        "appengine": _version,
        "apigateway": _gateway,
        "bigqueryconnection": _remote_function,
        "monitoring": _uptime_check,
        "aiplatform": _engine,
    }.get(kind)
    if known is None:
        raise ValueError(f"{kind} does not call by itself here")
    act = known(cloud, name, asked)
    if not urlsplit(act.url).hostname:
        raise ValueError(f"{name} calls no URL: pass one")
    return act


def agent(cloud: Cloud, name: str) -> str | None:
    """The service agent of a resource's product and project."""
    domain = _AGENTS.get(names.service_of(name).partition(".")[0])
    return f"serviceAccount:{_agent_email(cloud, name, domain)}" if domain else None


def _agent_email(cloud: Cloud, name: str, domain: str) -> str:
    return f"service-{cloud.number(name)}@{domain}.iam.gserviceaccount.com"


def _set_token(cloud: Cloud, name: str, target: Json, url: str) -> AttachedToken | None:
    """The token of an HTTP target; its audience defaults to the whole URL.

    https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#oidctoken
    """
    if (oauth := target.get("oauthToken")) and oauth.get("serviceAccountEmail"):
        return AttachedToken(OAUTH, str(oauth["serviceAccountEmail"]), agent=agent(cloud, name))
    if (oidc := target.get("oidcToken")) and oidc.get("serviceAccountEmail"):
        return AttachedToken(
            OIDC, str(oidc["serviceAccountEmail"]), str(oidc.get("audience") or url), agent(cloud, name)
        )
    return None


def _headers(target: Json) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), str(value)) for key, value in (target.get("headers") or {}).items())


def _job(cloud: Cloud, name: str, _asked: Json) -> OutboundRequest:
    target = cloud.resources[name].get("httpTarget") or {}
    url = str(target.get("uri") or "")
    method = str(target.get("httpMethod") or "POST")
    return OutboundRequest(name, url, method, _set_token(cloud, name, target, url), _headers(target))


def _task(cloud: Cloud, name: str, _asked: Json) -> OutboundRequest:
    """A task, or the newest one of a queue; what the queue sets holds for all of them.

    https://cloud.google.com/tasks/docs/configuring-queues
    """
    queue = name.partition("/tasks/")[0]
    tasks = (
        [name] if "/tasks/" in name else sorted(each for each in cloud.resources if each.startswith(f"{queue}/tasks/"))
    )
    target = (cloud.resources[tasks[-1]].get("httpRequest") or {}) if tasks else {}
    over = cloud.resources.get(queue, {}).get("httpTarget") or {}
    url = _overridden(str(target.get("url") or ""), over.get("uriOverride") or {})
    method = str(over.get("httpMethod") or target.get("httpMethod") or "POST")
    own = {key: over[key] for key in ("oidcToken", "oauthToken") if over.get(key)}
    return OutboundRequest(name, url, method, _set_token(cloud, name, own or target, url), _headers(target))


def _overridden(url: str, override: Json) -> str:
    if not override:
        return url
    parts = urlsplit(url)
    scheme = str(override.get("scheme") or parts.scheme or "https").lower()
    path = (override.get("pathOverride") or {}).get("path") or parts.path or "/"
    return f"{scheme}://{override.get('host') or parts.hostname or ''}{path}"


def _push(cloud: Cloud, name: str, _asked: Json) -> OutboundRequest:
    config = cloud.resources[name].get("pushConfig") or {}
    url = str(config.get("pushEndpoint") or "")
    return OutboundRequest(name, url, "POST", _set_token(cloud, name, config, url))


def _trigger(cloud: Cloud, name: str, _asked: Json) -> OutboundRequest:
    """A trigger, whose events its own push subscription delivers, with the service's URL as audience."""
    trigger = cloud.resources[name]
    transport = str((trigger.get("transport") or {}).get("pubsub", {}).get("subscription") or "")
    subscription = cloud.canonical(f"//pubsub.googleapis.com/{transport}")
    if transport and (cloud.resources.get(subscription, {}).get("pushConfig") or {}).get("pushEndpoint"):
        pushed = _push(cloud, subscription, {})
        return OutboundRequest(name, pushed.url, "POST", pushed.token)
    destination = trigger.get("destination") or {}
    run, endpoint = destination.get("cloudRun") or {}, destination.get("httpEndpoint") or {}
    url = audience = str(endpoint.get("uri") or "")
    if run:
        service = names.run_service(names.project_in(name) or "", str(run.get("region")), str(run.get("service")))
        audience = services.urls_of(cloud, service)[-1] if service in cloud.resources else ""
        url = audience + str(run.get("path") or "")
    account = trigger.get("serviceAccount")
    token = AttachedToken(OIDC, str(account).rpartition("/")[2], audience, agent(cloud, name)) if account else None
    return OutboundRequest(name, url, "POST", token)


def _workflow(cloud: Cloud, name: str, asked: Json) -> OutboundRequest:
    """The first HTTP call of a workflow's source, or the one to the asked URL's host.

    https://cloud.google.com/workflows/docs/authenticate-from-workflow
    """
    import yaml

    workflow = cloud.resources[name]
    wanted = urlsplit(str(asked.get("url") or "")).hostname
    account = str(workflow.get("serviceAccount") or _default_account(cloud, name)).rpartition("/")[2]
    for step in _http_steps(yaml.safe_load(str(workflow.get("sourceContents") or ""))):
        args = step.get("args") or {}
        url, auth = str(args.get("url") or ""), args.get("auth") or {}
        if wanted is not None and urlsplit(url).hostname != wanted:
            continue
        kind = {"OIDC": OIDC, "OAuth2": OAUTH}.get(str(auth.get("type")))
        token = AttachedToken(kind, account, str(auth.get("audience") or url)) if kind else None
        verb = str(step["call"]).partition(".")[2].upper()
        return OutboundRequest(
            name, url, str(args.get("method") or "GET") if verb == "REQUEST" else verb, token, _headers(args)
        )
    return OutboundRequest(name, "")


def _http_steps(source: Any) -> Iterator[Json]:
    if isinstance(source, dict):
        if str(source.get("call", "")).startswith("http."):
            yield source
        for value in source.values():
            yield from _http_steps(value)
    elif isinstance(source, list):
        for value in source:
            yield from _http_steps(value)


def _by_itself(name: str, account: str, asked: Json) -> OutboundRequest:
    """A workload that gets its own ID token, as Google's libraries do: for the origin, unless it is told otherwise."""
    url = str(asked.get("url") or "")
    parts = urlsplit(url)
    audience = str(asked.get("audience") or f"{parts.scheme}://{parts.netloc}")
    return OutboundRequest(name, url, str(asked.get("method") or "GET"), AttachedToken(OIDC, account, audience))


def _workload(cloud: Cloud, name: str, asked: Json) -> OutboundRequest:
    """A service, job or worker pool; an agent's libraries bind its tokens unless it is asked with `bound: false`."""
    act = _by_itself(name, workload_identity.account(cloud, name), asked)
    if not workload_identity.is_agent(cloud, name):
        return act
    bound = workload_identity.has_certificate(cloud, name) and asked.get("bound", True)
    return _as_agent(act, workload_identity.identity_of(cloud, name), f"certificate of {name}" if bound else None)


def _as_agent(act: OutboundRequest, who: Identity, certificate: str | None) -> OutboundRequest:
    audience = act.token.audience if act.token else ""
    token = AttachedToken(OIDC, "", audience, identity=who, certificate=certificate)
    shown = ((front_end.CERTIFICATE_HEADER, certificate),) if certificate else ()
    return replace(act, token=token, headers=(*act.headers, *shown))


def _function(cloud: Cloud, name: str, asked: Json) -> OutboundRequest:
    service = cloud.canonical(names.RUN + str((cloud.resources[name].get("serviceConfig") or {}).get("service") or ""))
    if service in cloud.resources:
        return _workload(cloud, service, asked)
    declared = cloud.resources[name].get("serviceAccountEmail")
    return _by_itself(name, str(declared or f"{names.project_in(name)}@appspot.gserviceaccount.com"), asked)


def _instance(cloud: Cloud, name: str, asked: Json) -> OutboundRequest:
    accounts = cloud.resources[name].get("serviceAccounts") or [{}]
    return _by_itself(name, str(accounts[0].get("email") or ""), asked)


def _is_workload_of(cloud: Cloud, name: str) -> bool:
    """Whether a name is a cluster's, with a namespace and a Kubernetes service account behind it."""
    return name.startswith("//container.") and name.rsplit("/", 2)[0] in cloud.resources


def _pod(cloud: Cloud, name: str, asked: Json) -> OutboundRequest:
    """A pod `CLUSTER/NAMESPACE/KSA`: as the account whose policy names its Kubernetes account.

    https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
    """
    namespace, account = name.rsplit("/", 2)[1:]
    member = f"serviceAccount:{names.project_in(name)}.svc.id.goog[{namespace}/{account}]"
    for resource in sorted(cloud.resources):
        if resource.startswith(names.IAM) and "/serviceAccounts/" in resource:
            bindings = cloud.effective_policy(resource).get("bindings", [])
            if any(member in each.get("members", []) and each.get("role") == _LINK for each in bindings):
                return _by_itself(name, resource.rsplit("/", 1)[1], asked)
    return _by_itself(name, member.removeprefix("serviceAccount:"), asked)


def _version(cloud: Cloud, name: str, asked: Json) -> OutboundRequest:
    """An App Engine service: as its newest version's account."""
    found = [each for each in sorted(cloud.resources) if each.startswith(f"{name}/versions/")]
    declared = cloud.resources[found[-1]].get("serviceAccount") if found else None
    app = name.partition("/apps/")[2].partition("/")[0]
    return _by_itself(name, str(declared or f"{app}@appspot.gserviceaccount.com"), asked)


def _gateway(cloud: Cloud, name: str, asked: Json) -> OutboundRequest:
    """A gateway: as its configuration's account, for the first backend that its OpenAPI document names.

    https://cloud.google.com/endpoints/docs/openapi/openapi-extensions#x-google-backend
    """
    config = cloud.resources.get(
        cloud.canonical(f"//apigateway.googleapis.com/{cloud.resources[name].get('apiConfig')}"), {}
    )
    account = str(config.get("gatewayServiceAccount") or _default_account(cloud, name)).rpartition("/")[2]
    for backend in _backends(config):
        url = str(backend["address"])
        audience = str(backend.get("jwt_audience") or url)
        token = None if backend.get("disable_auth") else AttachedToken(OIDC, account, audience)
        return OutboundRequest(name, url + str(asked.get("path") or ""), str(asked.get("method") or "GET"), token)
    return OutboundRequest(name, "")


def _as_service_agent(cloud: Cloud, act: OutboundRequest, email: str) -> OutboundRequest:
    """A product's own agent, or whoever else needs no account in a project of the user's."""
    audience = act.token.audience if act.token else ""
    return replace(act, token=AttachedToken(OIDC, email, audience, identity=cloud.principal(f"serviceAccount:{email}")))


def _remote_function(cloud: Cloud, name: str, asked: Json) -> OutboundRequest:
    """A remote function, as its connection's agent. https://cloud.google.com/bigquery/docs/remote-functions."""
    email = str((cloud.resources[name].get("cloudResource") or {}).get("serviceAccountId") or "")
    return _as_service_agent(cloud, _by_itself(name, email, asked), email)


def _uptime_check(cloud: Cloud, name: str, _asked: Json) -> OutboundRequest:
    """An uptime check, as Monitoring's agent where it is set to. https://cloud.google.com/monitoring/uptime-checks."""
    check = cloud.resources[name].get("httpCheck") or {}
    host = str((cloud.resources[name].get("monitoredResource") or {}).get("labels", {}).get("host") or "")
    url = f"{'https' if check.get('useSsl') else 'http'}://{host}{check.get('path') or '/'}"
    act = OutboundRequest(name, url, str(check.get("requestMethod") or "GET"))
    if "serviceAgentAuthentication" not in check:
        return act
    email = _agent_email(cloud, name, "gcp-sa-monitoring-notification")
    signed = replace(act, token=AttachedToken(OIDC, email, url.rpartition(check.get("path") or "/")[0]))
    return _as_service_agent(cloud, signed, email)


def _engine(cloud: Cloud, name: str, asked: Json) -> OutboundRequest:
    """An agent on Agent Engine: as itself, as its account, or as the product's agent."""
    spec = cloud.resources[name].get("spec") or {}
    default = _agent_email(cloud, name, "gcp-sa-aiplatform-re")
    act = _by_itself(name, str(spec.get("serviceAccount") or default), asked)
    if spec.get("identityType") == "AGENT_IDENTITY":
        bound = f"certificate of {name}" if asked.get("bound", True) else None
        return _as_agent(act, workload_identity.agent(cloud, name, "aiplatform"), bound)
    return act if spec.get("serviceAccount") else _as_service_agent(cloud, act, default)


def _backends(config: Json) -> Iterator[Json]:
    import base64

    import yaml

    for each in config.get("openapiDocuments") or ():
        document = yaml.safe_load(base64.b64decode((each.get("document") or {}).get("contents") or ""))
        operations = [path for method in (document.get("paths") or {}).values() for path in method.values()]
        for holder in (document, *operations):
            if isinstance(holder, dict) and (holder.get("x-google-backend") or {}).get("address"):
                yield holder["x-google-backend"]


def _default_account(cloud: Cloud, name: str) -> str:
    return f"{cloud.number(name)}-compute@developer.gserviceaccount.com"
