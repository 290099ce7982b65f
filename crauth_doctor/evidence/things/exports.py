"""Settings as gcloud, the APIs and files have them: each kind is known by its fields, whatever is around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from ...google_json import json_access as look
from ...google_json import policies, senders, services, workloads
from ...google_json.declared import Declared, declared
from ...google_json.full_names import full_name
from ...google_json.json_access import NotUnderstoodError
from ...google_json.senders import Sends
from ...model.evidence import Event, EventKind, Lines, PieceKind
from ...model.exported import Export, ExportKind, TokenSetting, TokenType
from ...model.iam import INVOKE
from ..paste import Paste
from ..trees.commands import Command
from ..trees.documents import Tree
from ..trees.redactor import clean, clean_url

_LIMIT = 500
_LISTS = ("services", "items", "jobs", "subscriptions", "triggers", "functions", "tasks", "accounts", "policies")
CREDENTIAL_TYPES = frozenset(
    {"authorized_user", "service_account", "external_account", "external_account_authorized_user"}
    | {"impersonated_service_account", "gdch_service_account"}
)
"""Source: https://docs.cloud.google.com/docs/authentication/application-default-credentials"""
_NO_SUCH_THING = (NotUnderstoodError, ValueError, KeyError, TypeError, AttributeError, IndexError)
"""What reading a resource of Google's raises where a field is missing, or of another type: it is none, then."""

_Value = dict[str, object]


def read(paste: Paste, document: Tree) -> bool:
    """Take a document that is a setting, or a list of them."""
    command = paste.command_before(document.start)
    lines = (document.start + 1, document.end)
    made: list[Export] = []
    for each in _values(document.value)[:_LIMIT]:
        for one, value in _exports(each, command, lines, partial=document.partial):
            made.append(one)
            paste.resources.add(one, value)
    if not made:
        return False
    more = f" and {len(made) - 1} more" if len(made) > 1 else ""
    what = f"{made[0].kind.value} {made[0].name or ''}{more}".strip()
    paste.take(document.start, document.end, PieceKind.EXPORT, what)
    for one in made:
        paste.events += _taken_away(paste.exports, one)
        paste.exports.append(one)
    return True


def _exports(each: object, command: Command | None, lines: Lines, *, partial: bool) -> Iterator[tuple[Export, _Value]]:
    """Yield what a document is a setting of, as an API prints it or as a tool declares it, with the API's JSON."""
    if found := declared(each):
        for one in found[:_LIMIT]:
            if made := export_of(one, lines, partial=partial):
                yield from with_trigger(made, one.value)
        return
    value = _put_back(_in_project(each, command))
    if isinstance(value, dict) and (made := _export(value, command, lines, partial=partial)):
        yield from with_trigger(made, value)


def with_trigger(made: Export, value: _Value) -> Iterator[tuple[Export, _Value]]:
    """Yield a setting with its JSON, and of a function what sends it its events."""
    yield made, value
    trigger = senders.of_function(value)
    sends = resource(trigger, made.lines) if trigger else None
    if trigger and sends:
        yield replace(sends, wanted=made.wanted), trigger


def export_of(found: Declared, lines: Lines, *, partial: bool = False) -> Export | None:
    """Return what a tool declares, as a setting: what it leaves out is at its default, unless it is only a part."""
    made = _policy(found.value, None, lines) if found.on else resource(found.value, lines)
    if made is None:
        return None
    partial = partial or found.is_partial or (made.partial and not found.is_wanted)
    return replace(made, name=found.on or made.name, partial=partial, wanted=found.is_wanted or made.wanted)


def _taken_away(before: list[Export], now: Export) -> list[Event]:
    """Return what a policy no longer grants, of what the same resource's policy granted further above."""
    if now.policy is None or now.name is None or now.partial:
        return []
    earlier = next((e.policy for e in reversed(before) if e.policy and e.name == now.name), None)
    held = {(binding.role, member) for binding in now.policy.bindings for member in binding.members}
    had = [(one.role, member) for one in earlier.bindings for member in sorted(one.members)] if earlier else []
    gone = [pair for pair in had if pair not in held]
    return [Event(EventKind.REVOKED, now.lines, now.name, role=role, member=member) for role, member in gone]


def _in_project(value: object, command: Command | None) -> object:
    """Return a service of version 1 under the id of its project, which its command names; it has the number alone."""
    project = command.flags.get("--project", "") if command and command.program == "gcloud" else ""
    metadata = look.mapping(value, "metadata")
    if not project or not isinstance(value, dict) or not (look.text(metadata, "namespace") or "").isdigit():
        return value
    return {**value, "metadata": {**metadata, "namespace": project}}


def _put_back(value: object) -> object:
    """Return a scheduler job or a subscription, of which a filter such as jq kept what it sends alone."""
    for key, wanted, others in _SENDS:
        if isinstance(value, dict) and wanted in value and value.keys() & _TOKENS and value.keys() <= others | {wanted}:
            return {key: value}
    return value


_TOKENS: Final = frozenset({"oidcToken", "oauthToken"})
_SENDS: Final = (
    ("httpTarget", "uri", _TOKENS | {"httpMethod", "headers", "body"}),
    ("pushConfig", "pushEndpoint", _TOKENS | {"attributes", "noWrapper", "pubsubWrapper"}),
)
"""By field of the resource: which field shows it, and which stand beside that one."""


def _values(value: object) -> list[object]:
    """Return the resources of a list, or the one resource."""
    if isinstance(value, list):
        bound = value and all(isinstance(each, dict) and {"role", "members"} <= each.keys() for each in value)
        return [{"bindings": value}] if bound else _ancestry(value) or value
    lists = (look.items(value, key) for key in _LISTS)
    return next((each for each in lists if each and all(isinstance(one, dict) for one in each)), [value])


def _ancestry(value: list[object]) -> list[object]:
    """Return the project and what it stands in, as `gcloud projects get-ancestors` lists them."""
    kinds = [look.text(each, "type") or "" for each in value]
    if kinds[:1] != ["project"] or not {*kinds[1:]} <= {"folder", "organization"}:
        return []
    names = [f"{kind}s/{look.text(each, 'id')}" for kind, each in zip(kinds, value, strict=True)]
    found: list[_Value] = [{"name": name} for name in names]
    found[0]["projectId"] = look.text(value[0], "id")
    for one, above in pairwise(found):
        one["parent"] = above["name"]
    return list[object](found)


def _export(value: _Value, command: Command | None, lines: Lines, *, partial: bool) -> Export | None:
    group = command.group if command and command.program == "gcloud" else ""
    made = _policy(value, command, lines) if _is_policy(value, command, partial=partial) else resource(value, lines)
    if made is None:
        return None
    return replace(
        made,
        fields=MappingProxyType({name: clean(text, 600) for name, text in made.fields.items() if text}),
        command=group[:200],
        partial=made.partial or partial,
        wanted=made.wanted and not group.endswith("describe") and " describe " not in f"{group} ",
    )


def resource(value: _Value, lines: Lines) -> Export | None:
    """Return the resource that has these fields, where it is one of a known kind."""
    for is_one, reader in _KINDS:
        try:
            if is_one(value) and (made := reader(value, lines)):
                return made
        except _NO_SUCH_THING:
            continue
    return None


def _name(value: _Value) -> str:
    return look.text(value, "name") or ""


def _named(kind: ExportKind, *name: str, **paths: tuple[str, ...]) -> Callable[[_Value, Lines], Export]:
    """Return a reader that keeps a resource's name, and the texts under these paths."""

    def made(value: _Value, lines: Lines) -> Export:
        fields = {name: look.text(value, *path) or "" for name, path in paths.items()}
        return Export(kind, lines, look.text(value, *(name or ("name",))), fields=fields)

    return made


def _sends(kind: ExportKind, value: _Value, lines: Lines, sends: Sends, **fields: str | None) -> Export:
    told = {"method": sends.method or "POST", **{name: text or "" for name, text in fields.items()}}
    target = clean_url(sends.target or "") or None
    return Export(kind, lines, _name(value) or None, target=target, auth=sends.auth or _NO_TOKEN, fields=told)


_NO_TOKEN: Final = TokenSetting(TokenType.NONE)


def service_export(value: _Value, lines: Lines) -> Export:
    """Return the export of a service, in whichever form."""
    service = services.service_of(value)
    return Export(
        ExportKind.SERVICE,
        lines,
        service.name,
        service=service,
        ingress=services.ingress_of(value),
        partial=not services.is_whole(value),
        wanted=services.is_manifest(value),
    )


def _credentials(value: _Value, lines: Lines) -> Export:
    """Of a credentials file: its type, and whose it is. Nothing that could be used."""
    kind = look.text(value, "type") or ""
    return Export(ExportKind.CREDENTIALS, lines, look.text(value, "client_email") or kind, fields={"type": kind})


def _domain_mapping(value: _Value, lines: Lines) -> Export:
    conditions = {look.text(each, "type"): each for each in look.items(value, "status", "conditions")}
    paths = {"ready": "status", "reason": "reason", "message": "message"}
    fields = {name: look.text(conditions.get("Ready"), key) or "" for name, key in paths.items()}
    return Export(ExportKind.DOMAIN_MAPPING, lines, look.text(value, "metadata", "name"), fields=fields)


def _kubernetes_account(value: _Value, lines: Lines) -> Export:
    name, linked = workloads.kubernetes_account(value) or ("", None)
    return Export(ExportKind.KUBERNETES_ACCOUNT, lines, name, fields={"account": linked or ""})


_EMPTY_BODIES = (None, "{}", "e30=")
"""No body, and one that sets nothing, plain and in base64; a body that is computed stands as an empty text."""


def _scheduler(value: _Value, lines: Lines) -> Export:
    body = "" if look.mapping(value, "httpTarget").get("body") in _EMPTY_BODIES else "yes"
    code = look.text(value, "status", "code")
    return _sends(ExportKind.SCHEDULER_JOB, value, lines, senders.job(value), code=code, body=body)


def _task(value: _Value, lines: Lines) -> Export:
    status = look.mapping(value, "lastAttempt", "responseStatus")
    code, message = look.text(status, "code"), look.text(status, "message")
    return _sends(ExportKind.TASK, value, lines, senders.task(value), code=code, message=message)


def _trigger(value: _Value, lines: Lines) -> Export:
    trigger = senders.trigger(value)
    auth = TokenSetting(TokenType.OIDC, trigger.account) if trigger.account else _NO_TOKEN
    return _sends(ExportKind.TRIGGER, value, lines, Sends(trigger.uri, auth, "POST"))


def _function(value: _Value, lines: Lines) -> Export:
    url = look.text(value, "url") or look.text(value, "serviceConfig", "uri") or look.text(value, "httpsTrigger", "url")
    target = clean_url(url or "")
    if not look.mapping(value, "serviceConfig") and look.text(value, "environment") not in {"GEN_2", "GEN_1"}:
        return Export(ExportKind.FUNCTION_GEN1, lines, _name(value) or None, target=target or None)
    return Export(ExportKind.FUNCTION, lines, _name(value) or None, target=target or None)


def _workflow_source(value: _Value, lines: Lines) -> Export | None:
    """Of a workflow's source: the first call step with its `auth`, and what it calls where all call the same."""
    steps = senders.http_steps(value, {})
    target = clean_url(steps[0].url) or None if len({step.url for step in steps}) == 1 else None
    return Export(ExportKind.WORKFLOW, lines, target=target, auth=steps[0].auth) if steps else None


def _constraint(value: _Value) -> str:
    name = look.text(value, "constraint") or _name(value)
    return name if name.startswith("constraints/") or "/policies/" in name else ""


def _troubleshooter(value: _Value, lines: Lines) -> Export:
    """Policy Troubleshooter's answer, of one principal, resource and permission.

    Source: https://docs.cloud.google.com/policy-intelligence/docs/reference/policytroubleshooter/rest/v3/iam/troubleshoot
    """
    asked = {name: look.text(value, "accessTuple", name) or "" for name in ("principal", "fullResourceName")}
    is_about_calls = look.text(value, "accessTuple", "permission") == INVOKE
    name = f"{asked['principal']} {asked['fullResourceName']}" if is_about_calls and all(asked.values()) else None
    return Export(ExportKind.TROUBLESHOOTER if name else ExportKind.OTHER, lines, name)


def _is_task(value: _Value) -> bool:
    kept = value.keys() & {"dispatchCount", "scheduleTime", "dispatchDeadline"}
    request = look.mapping(value, "httpRequest")
    if request.keys() & {"oidcToken", "oauthToken"}:
        return True
    return "url" in request and ("/tasks/" in _name(value) or bool(kept))


def _is_subscription(value: _Value) -> bool:
    pulled = "/subscriptions/" in _name(value) and bool(look.text(value, "topic"))
    return bool(look.mapping(value, "pushConfig")) or pulled


def _is_trigger(value: _Value) -> bool:
    kept = value.keys() & {"eventFilters", "transport"}
    return bool(look.mapping(value, "destination")) and (bool(kept) or "/triggers/" in _name(value))


def _is_function(value: _Value) -> bool:
    new = look.mapping(value, "serviceConfig") or look.text(value, "environment") in {"GEN_2", "GEN_1"}
    return bool(new or look.mapping(value, "httpsTrigger"))


def _is_mapping(value: _Value) -> bool:
    return look.text(value, "kind") == "DomainMapping" or look.mapping(value, "spec").keys() >= {
        "routeName",
        "certificateMode",
    }


def _is_backend(value: _Value) -> bool:
    iap = look.mapping(value, "iap").keys() & {"enabled", "oauth2ClientId"}
    return look.text(value, "kind") == "compute#backendService" or bool(iap)


def _is_of_v1(value: _Value, *kinds: str | None) -> bool:
    return services.is_v1(value) and look.text(value, "kind") in kinds


_KINDS: tuple[tuple[Callable[[_Value], object], Callable[[_Value, Lines], Export | None]], ...] = (
    (lambda value: look.text(value, "type") in CREDENTIAL_TYPES, _credentials),
    (lambda value: _is_of_v1(value, "Service", None), service_export),
    (lambda value: _is_of_v1(value, "Job"), _named(ExportKind.JOB, "metadata", "name")),
    (workloads.kubernetes_account, _kubernetes_account),
    (_is_mapping, _domain_mapping),
    (services.is_v2, service_export),
    (
        lambda value: "/serviceAccounts/" in _name(value) and look.text(value, "email"),
        _named(ExportKind.SERVICE_ACCOUNT, "email"),
    ),
    (lambda value: "/providers/" in _name(value) and "attributeMapping" in value, _named(ExportKind.PROVIDER)),
    (lambda value: "uri" in look.mapping(value, "httpTarget"), _scheduler),
    (_is_task, _task),
    (_is_subscription, lambda v, lines: _sends(ExportKind.SUBSCRIPTION, v, lines, senders.subscription(v))),
    (_is_trigger, _trigger),
    (_is_function, _function),
    (
        lambda value: "/workflows/" in _name(value) and look.text(value, "serviceAccount"),
        _named(ExportKind.WORKFLOW),
    ),
    (lambda _: True, _workflow_source),
    (_is_backend, _named(ExportKind.BACKEND_SERVICE, iap=("iap", "enabled"))),
    (
        lambda value: look.text(value, "networkEndpointType") == "SERVERLESS",
        _named(ExportKind.BACKEND_SERVICE, urlMask=("cloudRun", "urlMask")),
    ),
    (lambda value: "privateIpGoogleAccess" in value, _named(ExportKind.SUBNETWORK)),
    (lambda value: look.text(value, "dnsName"), _named(ExportKind.DNS_ZONE)),
    (_constraint, lambda value, lines: Export(ExportKind.ORG_POLICY, lines, _constraint(value))),
    (
        lambda value: any(look.mapping(rule, "denyRule") for rule in look.items(value, "rules")),
        lambda value, lines: Export(
            ExportKind.DENY_POLICY, lines, look.text(value, "displayName") or _name(value) or None
        ),
    ),
    (lambda value: look.mapping(value, "accessTuple") and look.text(value, "overallAccessState"), _troubleshooter),
    (lambda value: "/operations/" in _name(value) and not look.mapping(value, "error"), _named(ExportKind.OPERATION)),
    (full_name, lambda value, lines: Export(ExportKind.RESOURCE, lines, full_name(value))),
)
"""By which fields each kind is known, and what is read of it; the first that fits counts."""


def _is_policy(value: _Value, command: Command | None, *, partial: bool) -> bool:
    keys = value.keys()
    if "bindings" in keys:
        return all(isinstance(each, dict) and "role" in each for each in look.items(value, "bindings"))
    asked = command is not None and "iam-policy" in command.text
    small = keys <= {"etag", "version", "auditConfigs"} and "etag" in keys
    return small and not partial and (asked or keys <= {"etag", "version"})


def _policy(value: _Value, command: Command | None, lines: Lines) -> Export | None:
    try:
        policy, whole = policies.policy_in_part(value)
    except _NO_SUCH_THING:
        return None
    policy = replace(policy, etag=clean(policy.etag, 100))
    name = resource_of(command) if command else None
    return Export(ExportKind.POLICY, lines, name, policy=policy, partial=not whole)


def add_policy(
    paste: Paste, bound: Mapping[str, set[str]], command: Command | None, lines: Lines, *, partial: bool = False
) -> None:
    """List a policy that does not stand there as JSON: members by their roles."""
    value: _Value = {"bindings": [{"role": role, "members": sorted(members)} for role, members in bound.items()]}
    if made := _policy(value, command, lines):
        made = replace(made, command=command.group[:200] if command else "", partial=partial)
        paste.exports.append(made)
        paste.resources.add(made, value)


def function_in(name: str, region: str, lines: Lines) -> Export:
    """Return what a list of functions tells of one: in which region it is."""
    fields = MappingProxyType({"function": name, "region": region})
    return Export(ExportKind.OTHER, lines, name, fields=fields, command="functions list", partial=True)


_COMMANDS = {
    "run services": ("run.googleapis.com", "services"),
    "run jobs": ("run.googleapis.com", "jobs"),
    "functions": ("cloudfunctions.googleapis.com", "functions"),
    "pubsub subscriptions": ("pubsub.googleapis.com", "subscriptions"),
    "pubsub topics": ("pubsub.googleapis.com", "topics"),
    "tasks queues": ("cloudtasks.googleapis.com", "queues"),
}


def _behind_iap(flags: Mapping[str, str]) -> str:
    """Return what a command about IAP is about, below its project.

    Source: https://docs.cloud.google.com/sdk/gcloud/reference/iap/web/get-iam-policy
    """
    kind, region, service = flags.get("--resource-type"), flags.get("--region"), flags.get("--service")
    if kind == "cloud-run":
        place = f"/cloud_run-{region or '-'}"
    elif kind == "backend-services":
        place = f"/compute-{region}" if region else "/compute"
    else:
        return f"/{kind or '-'}/services/{service}" if service or kind else ""
    return f"{place}/services/{service}" if service else place


def resource_of(command: Command) -> str | None:
    """Return the full name of the resource that a gcloud command is about; `-` stands for what it leaves out."""
    words = [word for word in command.group.split() if word not in {"alpha", "beta"}]
    flags = command.flags
    name = words[-1] if len(words) > 2 else ""
    group = " ".join(words[:2]) if " ".join(words[:2]) in _COMMANDS else " ".join(words[:1])
    project = flags.get("--project") or "-"
    if group == "projects" and name:
        return f"//cloudresourcemanager.googleapis.com/projects/{name}"
    if words[:2] == ["iam", "service-accounts"]:
        return f"//iam.googleapis.com/projects/{project}/serviceAccounts/{words[-1]}"
    if words[:1] == ["iap"] or words[1:2] == ["iap"]:
        return f"//iap.googleapis.com/projects/{project}/iap_web{_behind_iap(flags)}"
    if words[:2] == ["resource-manager", "folders"] or words[:1] == ["organizations"]:
        kind = "folders" if words[:1] == ["resource-manager"] else "organizations"
        return f"//cloudresourcemanager.googleapis.com/{kind}/{words[-1]}"
    if group not in _COMMANDS:
        return None
    host, kind = _COMMANDS[group]
    if kind in {"subscriptions", "topics"}:
        return f"//{host}/projects/{project}/{kind}/{name}"
    region = flags.get("--region") or flags.get("--location") or "-"
    return f"//{host}/projects/{project}/locations/{region}/{kind}/{name}"
