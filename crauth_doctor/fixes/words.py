"""Changes in plain words: what to do, and what it opens or costs."""

from __future__ import annotations

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
from ..say import Say
from .names import in_words, parse

_NEW_REVISION = "This creates a new revision."


def slug(change: Change) -> str:
    """Return the change's name for machines: `grant-role`."""
    name = type(change).__name__
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).removeprefix("-")


def sentence(change: Change) -> str:
    """Return what to do, as one plain sentence."""
    match change:
        case GrantRole(resource, role, member, condition):
            when = Say(" while {condition}", condition=condition.expression) if condition else ""
            return Say(
                "Grant {role} on {resource} to {member}{when}.",
                role=role,
                resource=in_words(resource),
                member=short_member(member),
                when=when,
            )
        case RevokeRole(resource, role, member, condition):
            which = Say(", the one with the condition {condition}", condition=condition.expression) if condition else ""
            return Say(
                "Remove {role} on {resource} from {member}{which}.",
                role=role,
                resource=in_words(resource),
                member=short_member(member),
                which=which,
            )
        case SetIngress(service, ingress):
            return Say("Set the ingress of {service} to {ingress}.", service=in_words(service), ingress=ingress)
        case AddAudience(service, audience):
            return Say(
                "Declare {audience} as a custom audience of {service}.", audience=audience, service=in_words(service)
            )
        case EnableDefaultUrl(service):
            return Say("Enable the default run.app URL of {service} again.", service=in_words(service))
        case SetInvokerCheck(service, True):
            return Say("Turn the invoker IAM check of {service} on.", service=in_words(service))
        case SetInvokerCheck(service, _):
            return Say("Turn the invoker IAM check of {service} off.", service=in_words(service))
        case SetVpcEgress(workload, egress, network, _):
            traffic = "all traffic" if egress is Egress.ALL_TRAFFIC else "traffic to private ranges"
            through = Say("the network {network}", network=network.rsplit("/", 1)[-1]) if network else "its VPC network"
            return Say(
                "Send {traffic} of {workload} through {through}.",
                traffic=traffic,
                workload=in_words(workload),
                through=through,
            )
        case EnablePrivateAccess(subnetwork):
            return Say(
                "Turn Private Google Access on for the subnetwork {subnetwork}.",
                subnetwork=parse(subnetwork).id or subnetwork,
            )
        case EnableAccount(email):
            return Say("Enable the service account {email}.", email=email)
        case SetRuntimeAccount(workload, email):
            return Say("Run {workload} as {email}.", workload=in_words(workload), email=email)
        case SetSenderAudience(sender, audience):
            return Say(
                "Have {sender} ask for ID tokens whose audience is {audience}.",
                sender=in_words(sender),
                audience=audience,
            )
        case RequestAudience(audience, caller):
            where = Say(" in the settings of {caller}", caller=in_words(caller)) if caller else ""
            return Say("Ask for ID tokens whose audience is {audience}{where}.", audience=audience, where=where)
        case Advise(text="", commands=(GrantRole() as grant, *_)):
            return sentence(grant)
        case Advise(text=text):
            return text
        case _:
            assert_never(change)


def danger(change: Change) -> str | None:
    """Return what the change opens or costs; None when there is nothing to warn of."""
    match change:
        case GrantRole():
            return _grant_danger(change)
        case RevokeRole(member=member):
            return Say(
                "Within minutes, calls that {member} makes by this role are refused.", member=short_member(member)
            )
        case SetIngress(ingress=ingress):
            return _ingress_danger(ingress)
        case AddAudience():
            return _NEW_REVISION
        case EnableDefaultUrl():
            return (
                "The service can then be called directly, without a load balancer and its rules, if ingress allows it."
            )
        case SetInvokerCheck(on=True):
            return "Callers without a token, or without the invoker role, are then refused."
        case SetInvokerCheck():
            return "Callers then need no token: anyone who can reach the service gets in."
        case SetVpcEgress():
            return _egress_danger(change)
        case SetRuntimeAccount():
            return Say(
                "It loses what only its current account is allowed to do. {counts}", counts=_counts(change.workload)
            )
        case EnablePrivateAccess():
            return None
        case EnableAccount():
            return "Its keys, and impersonation of it, work again too. Ask first why it was disabled."
        case SetSenderAudience(sender):
            return _sender_danger(sender)
        case Advise(costs=costs):
            return costs or None
        case RequestAudience():
            return None
        case _:
            assert_never(change)


def _counts(workload: str) -> str:
    """Return from when a change of a workload counts; a job has no revisions."""
    return "It counts from the next execution." if parse(workload).collection == "jobs" else _NEW_REVISION


def _egress_danger(change: SetVpcEgress) -> str:
    nat = "Without Cloud NAT, it loses internet access. "
    deploy = Say(
        " The next deploy of the function {function} may set it back: give it the same settings.",
        function=change.function,
    )
    counts = _counts(change.workload)
    return f"{nat * (change.egress is Egress.ALL_TRAFFIC)}{counts}{deploy if change.function else ''}"


def _sender_danger(sender: str) -> str:
    checked = "An application that checks the audience must expect the new one."
    if parse(sender).collection == "subscriptions":
        return Say(
            "{checked} gcloud resets payload unwrapping; `check --fix` keeps it.",
            checked=checked,
        )
    return checked


def _ingress_danger(ingress: Ingress) -> str | None:
    match ingress:
        case Ingress.ALL:
            return "The service can then be reached from the whole internet; only its IAM check protects it."
        case Ingress.INTERNAL_AND_LB:
            return "The service can then also be reached through an external Application Load Balancer."
        case Ingress.INTERNAL:
            return "Then only its VPC networks, and Google products in its own project, can reach the service."
        case Ingress.NONE:
            return "Then no caller can reach the service."
        case _:
            assert_never(ingress)


def _grant_danger(grant: GrantRole) -> str | None:
    if grant.member in EVERYBODY:
        return "Anyone on the internet may then call it."
    match parse(grant.resource).collection:
        case "projects" | "folders" | "organizations" as above:
            return Say("This applies to everything in the {above}, not only to this resource.", above=above[:-1])
        case "serviceAccounts":
            return _ON_ACCOUNT.get(grant.role)
        case _:
            return None


_ON_ACCOUNT: Final = {
    "roles/iam.serviceAccountOpenIdTokenCreator": (
        "The member can then get ID tokens as this account, for any audience."
    ),
    "roles/iam.serviceAccountTokenCreator": "The member can then act as this account everywhere, not only here.",
    "roles/iam.serviceAccountUser": "The member can then attach this account to what it deploys.",
}
