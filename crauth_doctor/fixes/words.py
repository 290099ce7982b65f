"""Changes in plain words: what to do, and what it opens or costs."""

from __future__ import annotations

from typing import assert_never

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
from ..model.iam import EVERYBODY
from ..model.run import Egress, Ingress
from .names import in_words, parse, short_member

_NEW_REVISION = "This creates a new revision."


def slug(change: Change) -> str:
    """Return the change's name for machines: `grant-role`."""
    name = type(change).__name__
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).removeprefix("-")


def sentence(change: Change) -> str:
    """Return what to do, as one plain sentence."""
    match change:
        case GrantRole(resource, role, member, condition):
            when = f" while {condition.expression}" if condition else ""
            return f"Give {short_member(member)} the role {role} on {in_words(resource)}{when}."
        case RevokeRole(resource, role, member, condition):
            which = f", the one with the condition {condition.expression}" if condition else ""
            return f"Remove the role {role} on {in_words(resource)} from {short_member(member)}{which}."
        case SetIngress(service, ingress):
            return f"Set the ingress of {in_words(service)} to {ingress}."
        case AddAudience(service, audience):
            return f"Declare {audience} as a custom audience of {in_words(service)}."
        case EnableDefaultUrl(service):
            return f"Enable the default run.app URL of {in_words(service)} again."
        case SetInvokerCheck(service, True):
            return f"Turn the invoker IAM check of {in_words(service)} on."
        case SetInvokerCheck(service, _):
            return f"Turn the invoker IAM check of {in_words(service)} off."
        case SetVpcEgress(workload, egress, network, _):
            traffic = "all traffic" if egress is Egress.ALL_TRAFFIC else "traffic to private ranges"
            through = f"the network {network.rsplit('/', 1)[-1]}" if network else "its VPC network"
            return f"Send {traffic} of {in_words(workload)} through {through}."
        case EnablePrivateAccess(subnetwork):
            return f"Turn Private Google Access on for the subnetwork {parse(subnetwork).id or subnetwork}."
        case EnableAccount(email):
            return f"Enable the service account {email}."
        case SetRuntimeAccount(workload, email):
            return f"Run {in_words(workload)} as {email}."
        case SetSenderAudience(sender, audience):
            return f"Have {in_words(sender)} ask for ID tokens with the audience {audience}."
        case RequestAudience(audience, caller):
            where = f" in the settings of {in_words(caller)}" if caller else ""
            return f"Ask for ID tokens with the audience {audience}{where}."
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
            return f"Calls that {short_member(member)} makes by this role are refused within minutes."
        case SetIngress(ingress=ingress):
            return _ingress_danger(ingress)
        case AddAudience():
            return _NEW_REVISION
        case EnableDefaultUrl():
            return (
                "The service can then be called directly, past a load balancer and its rules, as far as ingress allows."
            )
        case SetInvokerCheck(on=True):
            return "Callers without a token, or without the invoker role, are then refused."
        case SetInvokerCheck():
            return "Callers then need no token: anyone who can reach the service gets in."
        case SetVpcEgress():
            return _egress_danger(change)
        case SetRuntimeAccount():
            return f"What only its present account may do, it can no longer do. {_NEW_REVISION}"
        case EnablePrivateAccess():
            return None
        case EnableAccount():
            return "Its keys, and those who may impersonate it, work again too. Ask why it was disabled first."
        case SetSenderAudience(sender):
            return _sender_danger(sender)
        case Advise(costs=costs):
            return costs or None
        case RequestAudience():
            return None
        case _:
            assert_never(change)


def _egress_danger(change: SetVpcEgress) -> str:
    nat = "Without Cloud NAT in that network it no longer reaches the internet. "
    deploy = f" The next deploy of the function {change.function} may set it back: give it the same settings."
    return f"{nat * (change.egress is Egress.ALL_TRAFFIC)}{_NEW_REVISION}{deploy if change.function else ''}"


def _sender_danger(sender: str) -> str:
    checked = "An application that checks the audience by itself has to expect the new one."
    if parse(sender).collection == "subscriptions":
        return f"{checked} `check --fix` keeps all other push settings; gcloud resets payload unwrapping, if it is on."
    return checked


def _ingress_danger(ingress: Ingress) -> str | None:
    match ingress:
        case Ingress.ALL:
            return "The service can then be reached from the whole internet; only its IAM check stands before it."
        case Ingress.INTERNAL_AND_LB:
            return "The service can then also be reached through an external Application Load Balancer."
        case Ingress.INTERNAL:
            return "Only its VPC networks, and Google products of its own project, reach the service then."
        case Ingress.NONE:
            return "No caller reaches the service then."
        case _:
            assert_never(ingress)


def _grant_danger(grant: GrantRole) -> str | None:
    if grant.member in EVERYBODY:
        return "Everybody on the internet may then call it."
    match parse(grant.resource).collection:
        case "projects" | "folders" | "organizations" as above:
            return f"It holds for everything in the {above[:-1]}, not for this one resource."
        case "serviceAccounts":
            return _account_danger(grant.role)
        case _:
            return None


def _account_danger(role: str) -> str | None:
    if role == "roles/iam.serviceAccountOpenIdTokenCreator":
        return "The member can then get ID tokens as this account, for any audience."
    if role == "roles/iam.serviceAccountTokenCreator":
        return "The member can then act as this account everywhere, not only here."
    if role == "roles/iam.serviceAccountUser":
        return "The member can then attach this account to what it deploys."
    return None
