"""Changes as Terraform. Only additive resources: `_iam_binding` and `_iam_policy` would wipe other members.

Source: https://registry.terraform.io/providers/hashicorp/google/latest/docs
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, assert_never

from ..model.change import (
    AddAudience,
    Advise,
    Change,
    EnableAccount,
    EnableDefaultUrl,
    EnablePrivateAccess,
    GrantRole,
    RequestAudience,
    RevokeRole,
    SetIngress,
    SetInvokerCheck,
    SetRuntimeAccount,
    SetSenderAudience,
    SetVpcEgress,
)
from ..model.iam import EVERYBODY, short_member
from ..model.run import Egress, Ingress
from .names import IAP, Resource, in_words, parse

_INGRESS: Final[Mapping[Ingress, str]] = {
    Ingress.ALL: "INGRESS_TRAFFIC_ALL",
    Ingress.INTERNAL: "INGRESS_TRAFFIC_INTERNAL_ONLY",
    Ingress.INTERNAL_AND_LB: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
    Ingress.NONE: "INGRESS_TRAFFIC_NONE",
}
_EGRESS: Final[Mapping[Egress, str]] = {
    Egress.ALL_TRAFFIC: "ALL_TRAFFIC",
    Egress.PRIVATE_RANGES_ONLY: "PRIVATE_RANGES_ONLY",
}


def block(change: Change) -> str | None:
    """Return the change as HCL: a whole resource for a grant, else the lines to set in the resource that is there."""
    match change:
        case GrantRole():
            return None if change.member in EVERYBODY else _member(change)
        case RevokeRole():
            return None  # what takes a role away is the absence of its resource
        case SetIngress(service, ingress):
            return _setting(service, f"ingress = {_quoted(_INGRESS[ingress])}")
        case AddAudience(service, audience):
            return _setting(service, f"custom_audiences = [{_quoted(audience)}]", note="add to those that are there")
        case EnableDefaultUrl(service):
            return _setting(service, "default_uri_disabled = false")
        case SetInvokerCheck(service, on):
            return _setting(service, f"invoker_iam_disabled = {'false' if on else 'true'}")
        case SetVpcEgress():
            return _setting(change.workload, *_egress(change))
        case EnablePrivateAccess(subnetwork):
            return _commented("google_compute_subnetwork", subnetwork, "private_ip_google_access = true")
        case EnableAccount(email):
            return _commented("google_service_account", email, "disabled = false")
        case SetRuntimeAccount(workload, email):
            return _setting(workload, *_template(workload, [f"service_account = {_quoted(email)}"]))
        case SetSenderAudience(sender, audience, account):
            return _audience(audience, sender, account)
        case RequestAudience(audience, caller):
            return _audience(audience, caller)
        case Advise():
            return None
        case _:
            assert_never(change)


def _member(grant: GrantRole) -> str | None:
    resource = parse(grant.resource)
    kind_and_place = _iam_member(resource)
    if kind_and_place is None:
        return None
    kind, place = kind_and_place
    fields = {**place, "role": grant.role, "member": grant.member}
    width = max(map(len, fields))
    lines = [f"  {key:<{width}} = {_quoted(value)}" for key, value in fields.items()]
    if grant.condition:
        lines += [
            "",
            "  condition {",
            f"    title      = {_quoted(grant.condition.title or 'crauth-doctor')}",
            f"    expression = {_quoted(grant.condition.expression)}",
            "  }",
        ]
    label = _label(resource.id, grant.role.rsplit("/", 1)[-1], short_member(grant.member).partition("@")[0])
    return "\n".join([f'resource "{kind}" "{label}" {{', *lines, "}"])


def _iam_member(resource: Resource) -> tuple[str, dict[str, str]] | None:
    place = {"project": resource.project, "location": resource.region}
    match resource.collection:
        case "services" if resource.host == IAP:
            region = resource.parts.get("iap_web", "").removeprefix("cloud_run-")
            named = {"project": resource.project, "location": region, "cloud_run_service_name": resource.id}
            return "google_iap_web_cloud_run_service_iam_member", named
        case "services":
            return "google_cloud_run_v2_service_iam_member", {**place, "name": resource.id}
        case "jobs":
            return "google_cloud_run_v2_job_iam_member", {**place, "name": resource.id}
        case "serviceAccounts":
            name = f"projects/{resource.project or '-'}/serviceAccounts/{resource.id}"
            return "google_service_account_iam_member", {"service_account_id": name}
        case "projects":
            return "google_project_iam_member", {"project": resource.id}
        case "folders":
            return "google_folder_iam_member", {"folder": f"folders/{resource.id}"}
        case "organizations":
            return "google_organization_iam_member", {"org_id": resource.id}
        case _:
            return None


def _setting(workload: str, *lines: str, note: str = "") -> str | None:
    kinds = {"services": "service", "jobs": "job", "workerPools": "worker_pool"}
    kind = kinds.get(parse(workload).collection)
    return _commented(f"google_cloud_run_v2_{kind}", workload, *lines, note=note) if kind else None


def _commented(kind: str, name: str, *lines: str, note: str = "") -> str:
    tail = f" ({note})" if note else ""
    return "\n".join([f"# in the {kind} of {_plain(in_words(name))}{tail}:", *lines])


def _egress(change: SetVpcEgress) -> list[str]:
    inner = []
    if change.network or change.subnetwork:
        joined = {"network": change.network, "subnetwork": change.subnetwork}
        named = {key: value for key, value in joined.items() if value}
        width = max(map(len, named))
        inner = ["  network_interfaces {", *(f"    {k:<{width}} = {_quoted(v)}" for k, v in named.items()), "  }"]
    lines = ["vpc_access {", f"  egress = {_quoted(_EGRESS[change.egress])}", *inner, "}"]
    return _template(change.workload, lines)


def _template(workload: str, lines: list[str]) -> list[str]:
    """Wrap lines in the template that revisions are made from; a job has one more around its tasks."""
    for _ in range(2 if parse(workload).collection == "jobs" else 1):
        lines = ["template {", *(f"  {line}" for line in lines), "}"]
    return lines


def _audience(audience: str, caller: str | None, account: str | None = None) -> str | None:
    fields = {"service_account_email": account, "audience": audience} if account else {"audience": audience}
    width = max(map(len, fields))
    token = ["oidc_token {", *(f"  {key:<{width}} = {_quoted(value or '')}" for key, value in fields.items()), "}"]
    match parse(caller or "").collection:
        case "jobs" if caller and "cloudscheduler" in caller:
            return _commented("google_cloud_scheduler_job", caller, *_nested("http_target", token))
        case "subscriptions" if caller:
            return _commented("google_pubsub_subscription", caller, *_nested("push_config", token))
        case _:
            return None


def _nested(name: str, lines: list[str]) -> list[str]:
    return [f"{name} {{", *(f"  {line}" for line in lines), "}"]


def _label(*words: str) -> str:
    label = re.sub(r"[^a-z0-9]+", "_", "_".join(words).lower()).strip("_")
    return label if label[:1].isalpha() else f"r_{label}"


def _quoted(text: str) -> str:
    """Quote for HCL, so that nothing in a name is read as a template or ends the string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    return '"' + "".join(c if c.isprintable() else _escape(c) for c in escaped) + '"'


def _escape(char: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return named.get(char) or (f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}")


def _plain(text: str) -> str:
    """Keep a name on the one line of a comment."""
    return "".join(c if c.isprintable() else "?" for c in text)
