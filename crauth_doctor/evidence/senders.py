"""Exported settings of what sends requests, and of what stands before or around a service."""

from __future__ import annotations

from ..model.evidence import Lines
from ..model.exported import Export, ExportKind, TokenSetting, TokenType
from . import look
from .vault import clean_url


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
        if made := reader(value, lines):
            return made
    return None


def token_setting(value: object) -> TokenSetting:
    """Return the token that an HTTP target attaches."""
    for key, kind in (("oidcToken", TokenType.OIDC), ("oauthToken", TokenType.OAUTH)):
        setting = look.mapping(value, key)
        if setting:
            audience = "" if look.at(setting, "audience") == "" else look.text(setting, "audience")
            return TokenSetting(kind, look.text(setting, "serviceAccountEmail"), audience)
    return TokenSetting(TokenType.NONE)


def _scheduler(value: dict[str, object], lines: Lines) -> Export | None:
    target = look.mapping(value, "httpTarget")
    if not target or "uri" not in target:
        return None
    fields = {
        "method": look.text(target, "httpMethod") or "POST",
        "state": look.text(value, "state") or "",
        "code": look.text(value, "status", "code") or "",
        "body": "yes" if look.text(target, "body") else "",
        "headers": _names(target),
        "at": look.text(value, "lastAttemptTime") or "",
    }
    return Export(
        ExportKind.SCHEDULER_JOB,
        lines,
        look.text(value, "name"),
        target=_target(target, "uri"),
        auth=token_setting(target),
        fields=fields,
    )


def _names(target: dict[str, object]) -> str:
    return ", ".join(str(name)[:60].lower() for name in list(look.mapping(target, "headers"))[:40])


def _target(value: dict[str, object], key: str) -> str | None:
    return clean_url(look.text(value, key) or "") or None


def _task(value: dict[str, object], lines: Lines) -> Export | None:
    request = look.mapping(value, "httpRequest")
    name = look.text(value, "name") or ""
    if not look.text(request, "url") or not (
        "/tasks/" in name or value.keys() & {"dispatchCount", "scheduleTime", "dispatchDeadline"}
    ):
        return None
    attempt = look.mapping(value, "lastAttempt")
    fields = {
        "method": look.text(request, "httpMethod") or "POST",
        "code": look.text(attempt, "responseStatus", "code") or "",
        "message": look.text(attempt, "responseStatus", "message") or "",
        "headers": _names(request),
        "at": look.text(attempt, "responseTime") or look.text(attempt, "dispatchTime") or "",
    }
    return Export(
        ExportKind.TASK, lines, name or None, target=_target(request, "url"), auth=token_setting(request), fields=fields
    )


def _subscription(value: dict[str, object], lines: Lines) -> Export | None:
    push = look.mapping(value, "pushConfig")
    if not push and not ("/subscriptions/" in (look.text(value, "name") or "") and look.text(value, "topic")):
        return None
    return Export(
        ExportKind.SUBSCRIPTION,
        lines,
        look.text(value, "name"),
        target=_target(push, "pushEndpoint"),
        auth=token_setting(push),
        fields={"topic": look.text(value, "topic") or "", "state": look.text(value, "state") or ""},
    )


def _trigger(value: dict[str, object], lines: Lines) -> Export | None:
    destination = look.mapping(value, "destination")
    if not destination or not (
        value.keys() & {"eventFilters", "transport"} or "/triggers/" in (look.text(value, "name") or "")
    ):
        return None
    run = look.mapping(destination, "cloudRun") or look.mapping(destination, "cloudRunService")
    account = look.text(value, "serviceAccount")
    fields = {
        "service": look.text(run, "service") or "",
        "region": look.text(run, "region") or "",
        "path": look.text(run, "path") or "",
        "function": look.text(destination, "cloudFunction") or "",
        "workflow": look.text(destination, "workflow") or "",
        "channel": look.text(value, "channel") or "",
    }
    return Export(
        ExportKind.TRIGGER,
        lines,
        look.text(value, "name"),
        target=_target(look.mapping(destination, "httpEndpoint"), "uri"),
        auth=TokenSetting(TokenType.OIDC, account) if account else TokenSetting(TokenType.NONE),
        fields=fields,
    )


def _function(value: dict[str, object], lines: Lines) -> Export | None:
    config = look.mapping(value, "serviceConfig")
    labels = look.mapping(value, "labels")
    if config or look.text(value, "environment") in {"GEN_2", "GEN_1"}:
        fields = {
            "environment": look.text(value, "environment") or "",
            "service": look.text(config, "service") or "",
            "account": look.text(config, "serviceAccountEmail") or "",
            "ingress": look.text(config, "ingressSettings") or "",
            "url": clean_url(look.text(value, "url") or look.text(config, "uri") or ""),
            "uri": clean_url(look.text(config, "uri") or ""),
            "deployed_by": look.text(labels, "deployment-tool") or "",
            "callable": look.text(labels, "deployment-callable") or "",
            "trigger_account": look.text(value, "eventTrigger", "serviceAccountEmail") or "",
            "updated": look.text(value, "updateTime") or "",
        }
        return Export(ExportKind.FUNCTION, lines, look.text(value, "name"), target=fields["url"] or None, fields=fields)
    trigger = look.mapping(value, "httpsTrigger")
    if trigger:
        fields = {
            "account": look.text(value, "serviceAccountEmail") or "",
            "ingress": look.text(value, "ingressSettings") or "",
        }
        return Export(
            ExportKind.FUNCTION_GEN1, lines, look.text(value, "name"), target=_target(trigger, "url"), fields=fields
        )
    return None


def _workflow(value: dict[str, object], lines: Lines) -> Export | None:
    """A workflow's resource, or its source: the call steps with their `auth`."""
    if "/workflows/" in (look.text(value, "name") or "") and look.text(value, "serviceAccount"):
        account = (look.text(value, "serviceAccount") or "").rpartition("/")[2]
        return Export(ExportKind.WORKFLOW, lines, look.text(value, "name"), fields={"account": account})
    for step in _http_steps(value):
        kind = look.text(step, "auth", "type")
        token = {"OIDC": TokenType.OIDC, "OAuth2": TokenType.OAUTH}.get(kind or "", TokenType.NONE)
        return Export(
            ExportKind.WORKFLOW,
            lines,
            target=_target(step, "url"),
            auth=TokenSetting(token, audience=look.text(step, "auth", "audience")),
        )
    return None


def _http_steps(value: dict[str, object]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    stack: list[object] = [value]
    seen = 0
    while stack and seen < 5000:
        each = stack.pop()
        seen += 1
        if isinstance(each, list):
            stack += reversed(each)
        elif isinstance(each, dict):
            if str(each.get("call", "")).startswith("http.") and isinstance(each.get("args"), dict):
                found.append(look.mapping(each, "args"))
            stack += [inner for inner in each.values() if isinstance(inner, dict | list)]
    return found


def _backend(value: dict[str, object], lines: Lines) -> Export | None:
    kind = look.text(value, "kind") or ""
    if kind == "compute#backendService" or look.mapping(value, "iap").keys() & {"enabled", "oauth2ClientId"}:
        iap = look.mapping(value, "iap")
        fields = {
            "iap": look.text(iap, "enabled") or "",
            "iap_client": look.text(iap, "oauth2ClientId") or "",
            "security_policy": (look.text(value, "securityPolicy") or "").rpartition("/")[2],
            "scheme": look.text(value, "loadBalancingScheme") or "",
        }
        return Export(ExportKind.BACKEND_SERVICE, lines, look.text(value, "name"), fields=fields)
    if look.text(value, "networkEndpointType") == "SERVERLESS":
        run = look.mapping(value, "cloudRun")
        fields = {
            "service": look.text(run, "service") or "",
            "urlMask": look.text(run, "urlMask") or "",
            "serverless_neg": "true",
        }
        return Export(ExportKind.BACKEND_SERVICE, lines, look.text(value, "name"), fields=fields)
    return None


def _network(value: dict[str, object], lines: Lines) -> Export | None:
    if "privateIpGoogleAccess" not in value:
        return None
    on = "true" if look.is_true(value, "privateIpGoogleAccess") else "false"
    return Export(ExportKind.SUBNETWORK, lines, look.text(value, "name"), fields={"private_google_access": on})


def _zone(value: dict[str, object], lines: Lines) -> Export | None:
    name = look.text(value, "dnsName")
    if not name:
        return None
    return Export(
        ExportKind.DNS_ZONE,
        lines,
        look.text(value, "name"),
        fields={"dns_name": name, "visibility": look.text(value, "visibility") or ""},
    )


def _org_policy(value: dict[str, object], lines: Lines) -> Export | None:
    name = look.text(value, "constraint") or look.text(value, "name") or ""
    if not (name.startswith("constraints/") or "/policies/" in name):
        return None
    rules = look.items(value, "spec", "rules") or look.items(value, "rules")
    allowed = [text for rule in rules for text in look.texts(rule, "values", "allowedValues")] + [
        *look.texts(value, "listPolicy", "allowedValues")
    ]
    enforced = any(look.is_true(rule, "enforce") for rule in rules) or look.is_true(value, "booleanPolicy", "enforced")
    all_allowed = (
        any(look.is_true(rule, "allowAll") for rule in rules) or look.text(value, "listPolicy", "allValues") == "ALLOW"
    )
    fields = {
        "constraint": name.rpartition("/")[2],
        "enforced": "true" if enforced else "false",
        "allow_all": "true" if all_allowed else "false",
        "allowed": ", ".join(allowed[:50]),
    }
    return Export(ExportKind.ORG_POLICY, lines, name, fields=fields)


def _deny(value: dict[str, object], lines: Lines) -> Export | None:
    rules = [look.mapping(rule, "denyRule") for rule in look.items(value, "rules")]
    rules = [rule for rule in rules if rule]
    if not rules:
        return None
    fields = {
        "permissions": ", ".join(text for rule in rules for text in look.texts(rule, "deniedPermissions"))[:500],
        "principals": ", ".join(text for rule in rules for text in look.texts(rule, "deniedPrincipals"))[:500],
    }
    return Export(
        ExportKind.DENY_POLICY, lines, look.text(value, "displayName") or look.text(value, "name"), fields=fields
    )


def _troubleshooter(value: dict[str, object], lines: Lines) -> Export | None:
    """Policy Troubleshooter's answer, where a deny policy decides.

    Source: https://docs.cloud.google.com/policy-intelligence/docs/reference/policytroubleshooter/rest/v3/iam/troubleshoot
    """
    asked = look.mapping(value, "accessTuple")
    state = look.text(value, "overallAccessState")
    if not asked or not state:
        return None
    denied = look.text(value, "denyPolicyExplanation", "denyAccessState") == "DENY_ACCESS_STATE_DENIED"
    explained = look.items(value, "denyPolicyExplanation", "explainedResources")
    where = [look.text(each, "fullResourceName") or "" for each in explained[:20]]
    fields = {
        "access": state,
        "allowed": look.text(value, "allowPolicyExplanation", "allowAccessState") or "",
        "permissions": look.text(asked, "permission") or "",
        "principals": look.text(asked, "principal") or "",
        "resource": look.text(asked, "fullResourceName") or "",
        "denied_on": ", ".join(where) if denied else "",
    }
    kind = ExportKind.DENY_POLICY if denied else ExportKind.OTHER
    return Export(kind, lines, "Policy Troubleshooter", fields=fields)


def _operation(value: dict[str, object], lines: Lines) -> Export | None:
    if "/operations/" not in (look.text(value, "name") or "") or look.mapping(value, "error"):
        return None
    fields = {"type": (look.text(value, "metadata", "@type") or "").rpartition(".")[2]}
    return Export(ExportKind.OPERATION, lines, look.text(value, "name"), fields=fields)
