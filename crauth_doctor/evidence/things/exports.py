"""Exported settings as gcloud and the APIs print them, and credentials files (their type only)."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ...google_json import json_access as look
from ...google_json import policies, services
from ...google_json.json_access import NotUnderstoodError
from ...model.evidence import Lines, PieceKind
from ...model.exported import Export, ExportKind
from ..box import Box
from ..trees.commands import Command
from ..trees.documents import Tree
from ..trees.vault import clean
from . import senders

_LIMIT = 500
CREDENTIAL_TYPES = frozenset(
    {
        "authorized_user",
        "service_account",
        "external_account",
        "external_account_authorized_user",
        "impersonated_service_account",
        "gdch_service_account",
    }
)
"""Source: https://docs.cloud.google.com/docs/authentication/application-default-credentials"""


def read(box: Box, document: Tree) -> bool:
    """Take a document that is a setting, or a list of them."""
    command = box.command_before(document.start)
    lines = (document.start + 1, document.end)
    values = _values(document.value)
    exports = []
    for value in values[:_LIMIT]:
        if isinstance(value, dict) and (made := _export(value, command, lines, partial=document.partial)):
            exports.append(made)
            box.resources.add(made, value)
    if not exports:
        return False
    first = exports[0]
    more = f" and {len(exports) - 1} more" if len(exports) > 1 else ""
    box.take(document.start, document.end, PieceKind.EXPORT, f"{first.kind.value} {first.name or ''}{more}".strip())
    box.exports += exports
    return True


def _values(value: object) -> list[object]:
    """Return the resources of a list, or the one resource."""
    if isinstance(value, list):
        bound = value and all(isinstance(each, dict) and {"role", "members"} <= each.keys() for each in value)
        return [{"bindings": value}] if bound else value
    for key in ("services", "items", "jobs", "subscriptions", "triggers", "functions", "tasks", "accounts", "policies"):
        inner = look.items(value, key)
        if inner and all(isinstance(each, dict) for each in inner):
            return inner
    return [value]


_NO_SUCH_THING = (NotUnderstoodError, ValueError, KeyError, TypeError, AttributeError, IndexError)
"""What reading a resource of Google's raises where a field is missing, or of another type: it is none, then."""


def _export(value: dict[str, object], command: Command | None, lines: Lines, *, partial: bool) -> Export | None:
    group = command.group if command and command.program == "gcloud" else ""
    try:
        made = _known(value, command, lines, partial=partial) or senders.export(value, lines)
    except _NO_SUCH_THING:
        return None
    if made is None:
        return None
    return _with(made, group, partial=partial)


def _with(made: Export, group: str, *, partial: bool) -> Export:
    fields = MappingProxyType({name: clean(text, 600) for name, text in made.fields.items() if text})
    return replace(
        made,
        fields=fields,
        command=group[:200],
        partial=made.partial or partial,
        wanted=made.wanted and not group.endswith("describe") and " describe " not in f"{group} ",
    )


def _known(value: dict[str, object], command: Command | None, lines: Lines, *, partial: bool) -> Export | None:
    kind = look.text(value, "type")
    if kind in CREDENTIAL_TYPES:
        return _credentials(value, kind, lines)
    if services.is_v1(value) and look.text(value, "kind") in {"Service", None}:
        return service_export(value, lines)
    if services.is_v1(value) and look.text(value, "kind") == "Job":
        return Export(ExportKind.JOB, lines, look.text(value, "metadata", "name"))
    if look.text(value, "kind") == "DomainMapping" or look.mapping(value, "spec").keys() >= {
        "routeName",
        "certificateMode",
    }:
        return _domain_mapping(value, lines)
    if services.is_v2(value):
        return service_export(value, lines)
    if _is_policy(value, command, partial=partial):
        return _policy(value, command, lines)
    if "/serviceAccounts/" in (look.text(value, "name") or "") and look.text(value, "email"):
        account = policies.account(value)
        said, told = clean(account.display_name, 200), clean(account.description, 400)
        account = replace(account, display_name=said, description=told)
        return Export(ExportKind.SERVICE_ACCOUNT, lines, account.email, account=account)
    return None


def service_export(value: dict[str, object], lines: Lines) -> Export:
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


def _credentials(value: dict[str, object], kind: str, lines: Lines) -> Export:
    """Of a credentials file: its type, whose it is, and what it goes through. Nothing that could be used."""
    fields = {
        "type": kind,
        "quota_project": look.text(value, "quota_project_id") or "",
        "audience": look.text(value, "audience") or "",
        "impersonates": (look.text(value, "service_account_impersonation_url") or "")
        .rpartition("/")[2]
        .partition(":")[0],
        "source_type": look.text(value, "source_credentials", "type") or "",
        "credential_source": ", ".join(sorted(str(key)[:40] for key in look.mapping(value, "credential_source"))[:10]),
        "project": look.text(value, "project_id") or "",
    }
    return Export(ExportKind.CREDENTIALS, lines, look.text(value, "client_email") or kind, fields=fields)


def _domain_mapping(value: dict[str, object], lines: Lines) -> Export:
    conditions = {}
    for condition in look.items(value, "status", "conditions")[:20]:
        name = look.text(condition, "type") or ""
        conditions[f"condition.{name}"] = look.text(condition, "status") or ""
        conditions[f"reason.{name}"] = look.text(condition, "reason") or ""
        conditions[f"message.{name}"] = look.text(condition, "message") or ""
    fields = {
        "ready": conditions.get("condition.Ready", ""),
        "reason": conditions.get("reason.Ready", ""),
        "message": conditions.get("message.Ready", ""),
        "route": look.text(value, "spec", "routeName") or "",
        "url": look.text(value, "status", "url") or "",
        **conditions,
    }
    return Export(ExportKind.DOMAIN_MAPPING, lines, look.text(value, "metadata", "name"), fields=fields)


def _is_policy(value: dict[str, object], command: Command | None, *, partial: bool) -> bool:
    keys = value.keys()
    if "bindings" in keys:
        return all(isinstance(each, dict) and "role" in each for each in look.items(value, "bindings"))
    asked = command is not None and "iam-policy" in command.text
    small = keys <= {"etag", "version", "auditConfigs"} and "etag" in keys
    return small and not partial and (asked or keys <= {"etag", "version"})


def _policy(value: dict[str, object], command: Command | None, lines: Lines) -> Export:
    policy, whole = policies.policy_in_part(value)
    policy = replace(policy, etag=clean(policy.etag, 100))
    name = resource_of(command) if command else None
    return Export(ExportKind.POLICY, lines, name, policy=policy, partial=not whole)


_KINDS = {
    "run services": ("run.googleapis.com", "services"),
    "run jobs": ("run.googleapis.com", "jobs"),
    "functions": ("cloudfunctions.googleapis.com", "functions"),
    "pubsub subscriptions": ("pubsub.googleapis.com", "subscriptions"),
    "pubsub topics": ("pubsub.googleapis.com", "topics"),
    "tasks queues": ("cloudtasks.googleapis.com", "queues"),
}


def resource_of(command: Command) -> str | None:
    """Return the full name of the resource that a gcloud command is about; `-` stands for what it leaves out."""
    words = [word for word in command.group.split() if word not in {"alpha", "beta"}]
    flags = command.flags
    name = words[-1] if len(words) > 2 else ""
    group = " ".join(words[:2]) if " ".join(words[:2]) in _KINDS else " ".join(words[:1])
    project = flags.get("--project") or "-"
    if group == "projects" and name:
        return f"//cloudresourcemanager.googleapis.com/projects/{name}"
    if words[:2] == ["iam", "service-accounts"]:
        return f"//iam.googleapis.com/projects/{project}/serviceAccounts/{words[-1]}"
    if words[:1] == ["iap"] or words[1:2] == ["iap"]:
        return f"//iap.googleapis.com/{flags.get('--service') or flags.get('--resource-type') or '-'}"
    if words[:2] == ["resource-manager", "folders"] or words[:1] == ["organizations"]:
        kind = "folders" if words[:1] == ["resource-manager"] else "organizations"
        return f"//cloudresourcemanager.googleapis.com/{kind}/{words[-1]}"
    if group not in _KINDS:
        return None
    host, kind = _KINDS[group]
    if kind in {"subscriptions", "topics"}:
        return f"//{host}/projects/{project}/{kind}/{name}"
    region = flags.get("--region") or flags.get("--location") or "-"
    return f"//{host}/projects/{project}/locations/{region}/{kind}/{name}"
