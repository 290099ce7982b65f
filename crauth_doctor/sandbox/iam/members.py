"""Whether a principal is one of the members that a policy names.

https://cloud.google.com/iam/docs/principal-identifiers
"""

from __future__ import annotations

import re

from ..state.cloud import Cloud
from ..state.resource_names import PROJECTS
from .principal import Identity

PUBLIC = ("allUsers", "allAuthenticatedUsers")
_CONVENIENCE = {"projectOwner": "roles/owner", "projectEditor": "roles/editor", "projectViewer": "roles/viewer"}
_ACCOUNT = re.compile(r"principal://iam\.googleapis\.com/projects/[^/]+/serviceAccounts/(.+)")
_OF_PROJECT = re.compile(
    r"principalSet://cloudresourcemanager\.googleapis\.com/((?:projects|folders|organizations)/[^/]+)/type/(\w+)"
)
_AGENT = re.compile(r"service-(\d+)@.+\.iam\.gserviceaccount\.com|(\d+)@cloud(?:services|build)\.gserviceaccount\.com")


def matches(cloud: Cloud, member: str, who: Identity, seen: frozenset[str] = frozenset()) -> bool:
    """Whether `who` is this member, or one of the group, domain or set that it names."""
    if member == "allUsers":
        return True
    if not who.member:
        return False
    if member == "allAuthenticatedUsers":
        return who.kind in {"user", "serviceAccount"}
    kind, _, rest = member.partition(":")
    match kind:
        case "user" | "serviceAccount":
            return who.kind == kind and who.email.lower() == rest.lower()
        case "group":
            return in_group(cloud, rest, who, seen)
        case "domain":
            return who.kind == "user" and who.email.lower().endswith(f"@{rest.lower()}")
        case "projectOwner" | "projectEditor" | "projectViewer":
            return _holds_basic_role(cloud, rest, _CONVENIENCE[kind], who, seen)
        case "principal" | "principalSet":
            return who.member == member or in_resource_set(cloud, member, who)
        case _:
            return False  # deleted: members, and kinds that this version does not know


def in_group(cloud: Cloud, group: str, who: Identity, seen: frozenset[str] = frozenset()) -> bool:
    """Whether `who` is in a group, or in a group of that group."""
    group = group.lower()
    if group in seen:
        return False
    members = next((found for name, found in cloud.world.groups.items() if name.lower() == group), [])
    return any(matches(cloud, str(member), who, seen | {group}) for member in members)


def matches_v2(cloud: Cloud, identifier: str, who: Identity) -> bool:
    """Whether `who` is named by a principal identifier of a deny policy.

    https://cloud.google.com/iam/docs/principal-identifiers#v2
    """
    if identifier == "principalSet://goog/public:all":
        return True
    if not who.member:
        return False
    if identifier.startswith("principal://goog/subject/"):
        return who.kind == "user" and who.email.lower() == identifier.rpartition("/")[2].lower()
    if identifier.startswith("principalSet://goog/group/"):
        return in_group(cloud, identifier.rpartition("/")[2], who)
    if identifier.startswith("principalSet://goog/cloudIdentityCustomerId/"):
        return who.kind == "user" and _of_customer(cloud, identifier.rpartition("/")[2])
    if found := _ACCOUNT.fullmatch(identifier):
        return who.kind == "serviceAccount" and found.group(1).lower() in {who.email.lower(), who.unique_id}
    return who.member == identifier or in_resource_set(cloud, identifier, who)


def in_resource_set(cloud: Cloud, identifier: str, who: Identity) -> bool:
    """Whether `who` is among the service accounts, or Google's own agents, of a project, folder or organization.

    https://cloud.google.com/iam/docs/principals-overview
    """
    found = _OF_PROJECT.fullmatch(identifier)
    if not found or who.kind != "serviceAccount":
        return False
    agent = _AGENT.fullmatch(who.email)
    if found.group(2) == "ServiceAccount":
        return not agent and _account_stands_in(cloud, who, found.group(1))
    project = cloud.canonical(f"{PROJECTS}projects/{agent.group(1) or agent.group(2)}") if agent else ""
    wanted = cloud.canonical(PROJECTS + found.group(1))
    return found.group(2) == "ServiceAgent" and bool(agent) and wanted in cloud.ancestors(project)


def _holds_basic_role(cloud: Cloud, project: str, role: str, who: Identity, seen: frozenset[str]) -> bool:
    if f"project:{project}" in seen:
        return False
    policy = cloud.effective_policy(f"{PROJECTS}projects/{project}")
    return any(
        matches(cloud, str(member), who, seen | {f"project:{project}"})
        for binding in policy.get("bindings", [])
        if binding.get("role") == role and not binding.get("condition")
        for member in binding.get("members", [])
    )


def _of_customer(cloud: Cloud, customer: str) -> bool:
    return any(
        resource.get("directoryCustomerId") == customer
        for name, resource in cloud.resources.items()
        if name.startswith(f"{PROJECTS}organizations/")
    )


def _account_stands_in(cloud: Cloud, who: Identity, where: str) -> bool:
    found = cloud.account(who.email) if who.kind == "serviceAccount" else None
    return found is not None and cloud.canonical(PROJECTS + where) in cloud.ancestors(found[0])
