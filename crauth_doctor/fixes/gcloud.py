"""Changes as gcloud commands: whole, quoted, ready to paste.

Source of the flags: `gcloud … --help`, Google Cloud SDK 528.
"""

from __future__ import annotations

import re
import shlex
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
from ..model.iam import EVERYBODY, Condition
from ..model.run import Ingress
from . import names
from .names import IAP, Resource, parse, project_of_account

_DELIMITERS: Final = ":;|~#@%!+"
"""What may stand between the items of a list flag in place of a comma. See `gcloud topic escaping`."""


def commands(change: Change) -> tuple[str, ...]:
    """Return the commands that make a change, each on one line; none for what no command does."""
    match change:
        case GrantRole(resource, role, member, condition):
            if member in EVERYBODY:  # opening a service to everybody is never offered as a role to be granted
                return ()
            return _policy("add", resource, role, member, condition)
        case RevokeRole(resource, role, member, condition):
            return _policy("remove", resource, role, member, condition)
        case SetIngress(service, ingress):
            # gcloud does not know the value `none`
            return () if ingress is Ingress.NONE else _update(service, f"--ingress={ingress}")
        case AddAudience(service, audience):
            return _update(service, f"--add-custom-audiences={_listed((audience,))}")
        case EnableDefaultUrl(service):
            return _update(service, "--default-url", track=("beta",))
        case SetInvokerCheck(service, on):
            return _update(service, "--invoker-iam-check" if on else "--no-invoker-iam-check")
        case SetVpcEgress(workload, egress, network, subnetwork):
            joined = [f"--network={network}"] * bool(network) + [f"--subnet={subnetwork}"] * bool(subnetwork)
            return _update(workload, *joined, f"--vpc-egress={egress}")
        case EnablePrivateAccess(subnetwork):
            return _private_access(parse(subnetwork))
        case EnableAccount(email):
            return _line(
                ["gcloud", "iam", "service-accounts", "enable", email], f"--project={project_of_account(email)}"
            )
        case SetRuntimeAccount(workload, email):
            return _update(workload, f"--service-account={email}")
        case SetSenderAudience():
            return _sender(change)
        case RequestAudience():
            # gcloud resets the rest of a job's or a subscription's token settings along with the audience
            return ()
        case Advise(commands=given):
            return given
        case _:
            assert_never(change)


def _update(workload: str, *flags: str, track: tuple[str, ...] = ()) -> tuple[str, ...]:
    resource = parse(workload)
    if resource.collection not in {"services", "jobs"}:
        return ()
    words = ["gcloud", *track, "run", resource.collection, "update", resource.id]
    return _line(words, *_where(resource), *flags)


def _private_access(subnetwork: Resource) -> tuple[str, ...]:
    if subnetwork.collection != "subnetworks":
        return ()
    words = ["gcloud", "compute", "networks", "subnets", "update", subnetwork.id]
    return _line(words, *_where(subnetwork), "--enable-private-ip-google-access")


def _sender(change: SetSenderAudience) -> tuple[str, ...]:
    """Return it with all that gcloud would otherwise reset along with the audience."""
    sender = parse(change.sender)
    match sender.host, sender.collection:
        case names.SCHEDULER, "jobs":
            return _line(
                ["gcloud", "scheduler", "jobs", "update", "http", sender.id],
                f"--project={sender.project}",
                f"--location={sender.region}",
                f"--oidc-service-account-email={change.account}",
                f"--oidc-token-audience={change.audience}",
            )
        case names.PUBSUB, "subscriptions":
            return _line(
                ["gcloud", "pubsub", "subscriptions", "modify-push-config", sender.id],
                f"--project={sender.project}",
                f"--push-endpoint={change.target or ''}",
                f"--push-auth-service-account={change.account}",
                f"--push-auth-token-audience={change.audience}",
            )
        case _:
            return ()


def _policy(verb: str, name: str, role: str, member: str, condition: Condition | None) -> tuple[str, ...]:
    """Return a change of an allow policy; gcloud has a command group for each kind of resource."""
    resource = parse(name)
    act = f"{verb}-iam-policy-binding"
    what = [f"--member={member}", f"--role={role}"]
    # Without it gcloud asks which condition is meant, or fails where nobody can answer, once any binding has one.
    when = [f"--condition={_condition(condition)}"]
    if resource.host == IAP:
        return _iap(act, resource, [*what, *when])
    match resource.collection:
        case "services":
            return _line(["gcloud", "run", "services", act, resource.id], *_where(resource), *what, *when)
        case "jobs":  # the one group that knows no conditions
            if condition:
                return ()
            return _line(["gcloud", "run", "jobs", act, resource.id], *_where(resource), *what)
        case "serviceAccounts":
            words = ["gcloud", "iam", "service-accounts", act, resource.id]
            return _line(words, f"--project={resource.project}", *what, *when)
        case "projects":
            return _line(["gcloud", "projects", act, resource.id], *what, *when)
        case "folders":
            return _line(["gcloud", "resource-manager", "folders", act, resource.id], *what, *when)
        case "organizations":
            return _line(["gcloud", "organizations", act, resource.id], *what, *when)
        case _:
            return ()


def _iap(act: str, resource: Resource, flags: list[str]) -> tuple[str, ...]:
    region = resource.parts.get("iap_web", "").removeprefix("cloud_run-")
    if resource.collection != "services":
        return ()
    where = [f"--service={resource.id}", f"--project={resource.project}", f"--region={region}"]
    return _line(["gcloud", "beta", "iap", "web", act], "--resource-type=cloud-run", *where, *flags)


def _where(resource: Resource) -> list[str]:
    return [f"--project={resource.project}", f"--region={resource.region}"]


def _condition(condition: Condition | None) -> str:
    if condition is None:
        return "None"
    title = condition.title or "crauth-doctor"
    return _listed((f"expression={condition.expression}", f"title={title}"))


def _listed(items: tuple[str, ...]) -> str:
    """Return a list flag, with another delimiter where an item holds a comma or looks as if it named one."""
    whole = ",".join(items)
    if whole.count(",") == len(items) - 1 and not whole.startswith("^"):
        return whole
    free = next((mark for mark in _DELIMITERS if mark not in whole), "--")
    return f"^{free}^{free.join(items)}"


def _line(words: list[str], *flags: str) -> tuple[str, ...]:
    """Quote a command; none when a name in it is missing, or would be read as a flag."""
    missing = "" in words or any(re.fullmatch("--[a-z-]+=", flag) for flag in flags)
    disguised = any(word.startswith("-") for word in words)
    return () if missing or disguised else (shlex.join([*words, *flags]),)
