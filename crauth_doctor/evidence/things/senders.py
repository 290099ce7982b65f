"""Exported settings of what sends requests, and of what stands before or around a service: which of them this is."""

from __future__ import annotations

from ...google_json import json_access as look
from ...google_json import networks, policies, senders, workloads
from ...google_json.json_access import NotUnderstoodError
from ...google_json.senders import Sends
from ...model.evidence import Lines
from ...model.exported import Export, ExportKind, TokenSetting, TokenType
from ..trees.vault import clean_url


def export(value: dict[str, object], lines: Lines) -> Export | None:
    """Return the resource that this is, where it is one of these."""
    for reader in (
        _scheduler,
        _task,
        _subscription,
        _trigger,
        _function,
        _workflow,
        _backend,
        _network,
        _zone,
        _org_policy,
        _deny,
        _troubleshooter,
        _operation,
    ):
        try:
            if made := reader(value, lines):
                return made
        except NotUnderstoodError:
            continue
    return None


def _name(value: dict[str, object]) -> str | None:
    return look.text(value, "name")


def _sends(kind: ExportKind, value: dict[str, object], lines: Lines, sends: Sends, **fields: str | None) -> Export:
    told = {"method": sends.method or "POST", **{name: text or "" for name, text in fields.items()}}
    target = clean_url(sends.target or "") or None
    auth = sends.auth or TokenSetting(TokenType.NONE)
    return Export(kind, lines, _name(value), target=target, auth=auth, fields=told)


def _scheduler(value: dict[str, object], lines: Lines) -> Export | None:
    target = look.mapping(value, "httpTarget")
    if "uri" not in target:
        return None
    body, code = "yes" if look.text(target, "body") else "", look.text(value, "status", "code")
    return _sends(ExportKind.SCHEDULER_JOB, value, lines, senders.job(value), code=code, body=body)


def _task(value: dict[str, object], lines: Lines) -> Export | None:
    is_task = "/tasks/" in (_name(value) or "") or value.keys() & {"dispatchCount", "scheduleTime", "dispatchDeadline"}
    if not look.text(value, "httpRequest", "url") or not is_task:
        return None
    status = look.mapping(value, "lastAttempt", "responseStatus")
    code, message = look.text(status, "code"), look.text(status, "message")
    return _sends(ExportKind.TASK, value, lines, senders.task(value), code=code, message=message)


def _subscription(value: dict[str, object], lines: Lines) -> Export | None:
    pulled = "/subscriptions/" in (_name(value) or "") and look.text(value, "topic")
    if not look.mapping(value, "pushConfig") and not pulled:
        return None
    return _sends(ExportKind.SUBSCRIPTION, value, lines, senders.subscription(value))


def _trigger(value: dict[str, object], lines: Lines) -> Export | None:
    is_trigger = value.keys() & {"eventFilters", "transport"} or "/triggers/" in (_name(value) or "")
    if not look.mapping(value, "destination") or not is_trigger:
        return None
    trigger = senders.trigger(value)
    auth = TokenSetting(TokenType.OIDC, trigger.account) if trigger.account else TokenSetting(TokenType.NONE)
    return _sends(ExportKind.TRIGGER, value, lines, Sends(trigger.uri, auth, "POST"))


def _function(value: dict[str, object], lines: Lines) -> Export | None:
    config = look.mapping(value, "serviceConfig")
    url = look.text(value, "url") or look.text(config, "uri") or look.text(value, "httpsTrigger", "url")
    if config or look.text(value, "environment") in {"GEN_2", "GEN_1"}:
        function = workloads.function({"name": "", **value})
        fields = {
            "service": function.service or "",
            "url": clean_url(url or ""),
            "callable": look.text(value, "labels", "deployment-callable") or "",
        }
        return Export(ExportKind.FUNCTION, lines, _name(value), target=fields["url"] or None, fields=fields)
    if not look.mapping(value, "httpsTrigger"):
        return None
    return Export(ExportKind.FUNCTION_GEN1, lines, _name(value), target=clean_url(url or "") or None)


def _workflow(value: dict[str, object], lines: Lines) -> Export | None:
    """A workflow's resource, or its source: the first call step with its `auth`."""
    if "/workflows/" in (_name(value) or "") and look.text(value, "serviceAccount"):
        return Export(ExportKind.WORKFLOW, lines, _name(value))
    step = next(iter(senders.http_steps(value, {})), None)
    if step is None:
        return None
    return Export(ExportKind.WORKFLOW, lines, target=clean_url(step.url) or None, auth=step.auth)


def _backend(value: dict[str, object], lines: Lines) -> Export | None:
    iap = look.mapping(value, "iap")
    if look.text(value, "kind") == "compute#backendService" or iap.keys() & {"enabled", "oauth2ClientId"}:
        return Export(ExportKind.BACKEND_SERVICE, lines, _name(value), fields={"iap": look.text(iap, "enabled") or ""})
    if look.text(value, "networkEndpointType") == "SERVERLESS":
        fields = {"urlMask": look.text(value, "cloudRun", "urlMask") or ""}
        return Export(ExportKind.BACKEND_SERVICE, lines, _name(value), fields=fields)
    return None


def _network(value: dict[str, object], lines: Lines) -> Export | None:
    if "privateIpGoogleAccess" not in value:
        return None
    on = networks.subnetwork(value, _name(value) or "").private_google_access
    return Export(ExportKind.SUBNETWORK, lines, _name(value), fields={"private_google_access": str(on).lower()})


def _zone(value: dict[str, object], lines: Lines) -> Export | None:
    return Export(ExportKind.DNS_ZONE, lines, _name(value)) if look.text(value, "dnsName") else None


def _org_policy(value: dict[str, object], lines: Lines) -> Export | None:
    name = look.text(value, "constraint") or _name(value) or ""
    if not (name.startswith("constraints/") or "/policies/" in name):
        return None
    rules = policies.constraint_rules(value)
    fields = {
        "constraint": name.rpartition("/")[2],
        "enforced": str(policies.is_enforced(rules)).lower(),
        "allow_all": str(policies.allows_all(rules)).lower(),
        "allowed": ", ".join(policies.allowed_values(rules)[:50]),
    }
    return Export(ExportKind.ORG_POLICY, lines, name, fields=fields)


def _deny(value: dict[str, object], lines: Lines) -> Export | None:
    if not any(look.mapping(rule, "denyRule") for rule in look.items(value, "rules")):
        return None
    return Export(ExportKind.DENY_POLICY, lines, look.text(value, "displayName") or _name(value))


def _troubleshooter(value: dict[str, object], lines: Lines) -> Export | None:
    """Policy Troubleshooter's answer, where a deny policy decides.

    Source: https://docs.cloud.google.com/policy-intelligence/docs/reference/policytroubleshooter/rest/v3/iam/troubleshoot
    """
    asked = look.mapping(value, "accessTuple")
    state = look.text(value, "overallAccessState")
    if not asked or not state:
        return None
    denied = look.text(value, "denyPolicyExplanation", "denyAccessState") == policies.DENIED
    fields = {
        "access": state,
        "principals": look.text(asked, "principal") or "",
    }
    kind = ExportKind.DENY_POLICY if denied else ExportKind.OTHER
    return Export(kind, lines, "Policy Troubleshooter", fields=fields)


def _operation(value: dict[str, object], lines: Lines) -> Export | None:
    if "/operations/" not in (_name(value) or "") or look.mapping(value, "error"):
        return None
    fields = {"type": (look.text(value, "metadata", "@type") or "").rpartition(".")[2]}
    return Export(ExportKind.OPERATION, lines, _name(value), fields=fields)
