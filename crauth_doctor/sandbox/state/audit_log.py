"""Audit logs as Cloud Logging keeps them: what was written, and what a perimeter refused.

https://cloud.google.com/logging/docs/audit/understanding-audit-logs and https://cloud.google.com/run/docs/audit-logging
"""

from __future__ import annotations

import hashlib

from ..apis.framework import ApiCall
from ..edge.cloud_armor import address_of
from ..http.messages import HttpRequest
from ..iam.principal import Identity
from . import resource_names as names
from .cloud import Cloud
from .world import Json

_AUDIT = "type.googleapis.com/google.cloud.audit.AuditLog"
_PROHIBITED = "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: "


def policy_set(call: ApiCall, resource: str, before: Json, after: Json) -> None:
    """A policy was replaced: with what was asked, and what it added and removed."""
    deltas = [
        {"action": action, "role": role, "member": member}
        for action, those in (("ADD", _pairs(after) - _pairs(before)), ("REMOVE", _pairs(before) - _pairs(after)))
        for role, member in sorted(those)
    ]
    data: Json = {"@type": "type.googleapis.com/google.iam.v1.logging.AuditData"}
    if deltas:
        data["policyDelta"] = {"bindingDeltas": deltas}
    _activity(
        call,
        resource,
        "google.iam.v1.IAMPolicy.SetIamPolicy",
        {"@type": "type.googleapis.com/google.iam.v1.SetIamPolicyRequest", "policy": call.body().get("policy")},
        {"@type": "type.googleapis.com/google.iam.v1.Policy", **after},
        serviceData=data,
    )


def service_written(call: ApiCall, resource: str, method: str, sent: Json) -> None:
    """A service was created, replaced, changed or deleted; `method` is `Services.CreateService` or its like."""
    version = "v1" if method == "Services.ReplaceService" or call.request.path.startswith("/apis/") else "v2"
    request: Json = {"@type": f"type.googleapis.com/google.cloud.run.{version}.{method.rpartition('.')[2]}Request"}
    if sent:
        request["service"] = sent
    _activity(call, resource, f"google.cloud.run.{version}.{method}", request, {})


def _pairs(policy: Json) -> set[tuple[str, str]]:
    return {(str(each["role"]), str(one)) for each in policy.get("bindings", []) for one in each.get("members", [])}


def _activity(call: ApiCall, resource: str, method: str, request: Json, response: Json, **more: Json) -> None:
    payload: Json = {
        "@type": _AUDIT,
        "status": {},
        "authenticationInfo": {"principalEmail": call.who.email},
        "requestMetadata": _metadata(call.request),
        "serviceName": names.service_of(resource),
        "methodName": method,
        "authorizationInfo": [],
        "resourceName": names.path_of(resource),
        "request": request,
        "response": response,
        **more,
    }
    _add(call.cloud, resource, "activity", _resource_of(resource), payload, "NOTICE")


def perimeter_violation(cloud: Cloud, service: str, request: HttpRequest, who: Identity) -> None:
    """A service perimeter refused a call: this is the only place where it is told.

    https://cloud.google.com/run/docs/troubleshooting
    """
    unique = hashlib.sha256(f"{service}{cloud.next()}".encode()).hexdigest()[:40]
    project = names.project_in(service) or ""
    payload: Json = {
        "@type": _AUDIT,
        "status": {"code": 7, "message": f"{_PROHIBITED}{unique}"},
        "authenticationInfo": {"principalEmail": who.email} if who.email else {},
        "requestMetadata": _metadata(request),
        "serviceName": "run.googleapis.com",
        "methodName": "run.googleapis.com/HttpIngress",
        "resourceName": names.path_of(service),
        "metadata": {
            "@type": "type.googleapis.com/google.cloud.audit.VpcServiceControlAuditMetadata",
            "violationReason": "NO_MATCHING_ACCESS_LEVEL",
            "vpcServiceControlsUniqueId": unique,
        },
    }
    labels = {"project_id": project, "service": "run.googleapis.com", "method": "run.googleapis.com/HttpIngress"}
    _add(cloud, service, "policy", {"type": "audited_resource", "labels": labels}, payload, "ERROR")


def _metadata(request: HttpRequest) -> Json:
    return {"callerIp": address_of(request), "callerSuppliedUserAgent": request.header("user-agent") or ""}


def _resource_of(resource: str) -> Json:
    project = names.project_in(resource) or ""
    if resource.startswith(names.RUN) and "/services/" in resource:
        _, _, _, region, _, name = names.path_of(resource).split("/")[:6]
        labels = {"project_id": project, "location": region, "service_name": name, "configuration_name": ""}
        return {"type": "cloud_run_revision", "labels": labels}
    if "/serviceAccounts/" in resource:
        email = resource.rsplit("/", 1)[1]
        return {"type": "service_account", "labels": {"project_id": project, "email_id": email}}
    return {"type": "project", "labels": {"project_id": project}}


def _add(cloud: Cloud, resource: str, log: str, kind: Json, payload: Json, severity: str) -> None:
    where = names.project_in(resource)
    name = f"{f'projects/{where}' if where else names.path_of(resource)}/logs/cloudaudit.googleapis.com%2F{log}"
    cloud.write_log({"logName": name, "resource": kind, "protoPayload": payload, "severity": severity})
