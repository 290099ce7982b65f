"""A change put into facts: what would be known of the call once the change is in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar, assert_never

from ..deferred import replace
from ..iam.members import same_member
from ..model.caller import Origin, Place, Sending
from ..model.change import (
    AddAudience,
    Applicable,
    EnableAccount,
    EnableDefaultUrl,
    EnablePrivateAccess,
    GrantRole,
    RevokeRole,
    SetIngress,
    SetInvokerCheck,
    SetRuntimeAccount,
    SetSenderAudience,
    SetVpcEgress,
)
from ..model.evidence import Evidence
from ..model.fact import Absent, Fact, Known, Source, value_of
from ..model.facts import NOT_ASKED, NOT_GIVEN, Facts
from ..model.iam import AllowPolicies, Binding, Policy, Principal
from ..model.run import VpcAccess
from ..model.token import Token

T = TypeVar("T")

_MADE: Final = Source("given", "a change")
_IAP: Final = "//iap.googleapis.com/"
_IAM: Final = "//iam.googleapis.com/"


def changed(facts: Facts, change: Applicable) -> Facts:
    """Return the facts as they would be with a change in force; what was answered before it says nothing then."""
    after = _without_answers(facts)
    match change:
        case GrantRole(resource, role, member, condition):
            given = Binding(role, frozenset({member}), condition)
            return _with_policy(after, resource, lambda policy: replace(policy, bindings=(*policy.bindings, given)))
        case RevokeRole():
            return _with_policy(after, change.resource, lambda policy: _without(policy, change))
        case SetIngress(_, ingress):
            service = _of(after.service, lambda one: replace(one, wanted_ingress=None, reconciling=False))
            return replace(after, ingress=Known(ingress, _MADE), wanted_ingress=Absent(_MADE), service=service)
        case AddAudience(_, audience):
            added = _of(after.service, lambda one: replace(one, custom_audiences=(*one.custom_audiences, audience)))
            return replace(after, service=added)
        case EnableDefaultUrl():
            return replace(after, service=_of(after.service, lambda one: replace(one, default_url_disabled=False)))
        case SetInvokerCheck(_, on):
            return replace(after, service=_of(after.service, lambda one: replace(one, checks_iam=on)))
        case SetVpcEgress():
            return _through_vpc(after, change)
        case EnablePrivateAccess():
            opened = _of(after.subnetwork, lambda one: replace(one, private_google_access=True))
            return replace(after, subnetwork=opened)
        case EnableAccount():
            return replace(after, account=_of(after.account, lambda one: replace(one, disabled=False)))
        case SetRuntimeAccount(_, email):
            principal = Known(Principal(f"serviceAccount:{email}"), _MADE)
            caller = _of(after.caller_service, lambda one: replace(one, account=email))
            return replace(after, principal=principal, account=NOT_ASKED, caller_service=caller)
        case SetSenderAudience(_, audience):
            return _with_audience(after, audience)
        case _:
            assert_never(change)


def _of(fact: Fact[T], change: Callable[[T], T]) -> Fact[T]:
    """Return a fact with its value changed, where it is known."""
    return Known(change(fact.value), fact.source) if isinstance(fact, Known) else fact


def _without_answers(facts: Facts) -> Facts:
    """Return the facts without what any call got; what was sent, and what was set, stays."""
    return replace(
        facts,
        calls=NOT_ASKED,
        seen=NOT_GIVEN,
        attempt=NOT_GIVEN,
        judged=NOT_GIVEN,
        refused=NOT_ASKED,
        written=NOT_ASKED,
        troubleshot=NOT_ASKED,
        evidence=_of(facts.evidence, _requests_of),
    )


def _requests_of(given: Evidence) -> Evidence:
    sent = tuple(replace(one, response=None) for one in given.exchanges)
    return replace(given, exchanges=sent, logs=(), errors=(), events=())


def _with_policy(facts: Facts, resource: str, change: Callable[[Policy], Policy]) -> Facts:
    if resource.startswith(_IAP):
        return replace(facts, iap_policy=_of(facts.iap_policy, change))
    if resource.startswith(_IAM):
        return replace(facts, minting=_of(facts.minting, lambda all_of: _in_chain(all_of, resource, change)))
    return replace(facts, policies=_of(facts.policies, lambda all_of: _in_chain(all_of, resource, change)))


def _in_chain(policies: AllowPolicies, resource: str, change: Callable[[Policy], Policy]) -> AllowPolicies:
    """Return the policies with that of one resource changed; one that had none yet gets it."""
    chain = tuple(
        replace(at, policy=Known(change(value_of(at.policy) or Policy(())), at.policy.source))
        if _same(at.resource, resource) and isinstance(at.policy, Known | Absent)
        else at
        for at in policies.chain
    )
    return replace(policies, chain=chain)


def _same(one: str, other: str) -> bool:
    """Whether two names are of one resource; a service account may stand without its project."""
    return one == other or (one.startswith(_IAM) and one.rpartition("/")[2] == other.rpartition("/")[2])


def _without(policy: Policy, change: RevokeRole) -> Policy:
    def left(binding: Binding) -> Binding:
        if (binding.role, binding.condition) != (change.role, change.condition):
            return binding
        kept = frozenset(one for one in binding.members if not same_member(one, change.member))
        return replace(binding, members=kept)

    return replace(policy, bindings=tuple(left(one) for one in policy.bindings))


def _through_vpc(facts: Facts, change: SetVpcEgress) -> Facts:
    """Return the facts with the caller's traffic sent through its VPC: the one that it is in, or one that it joins."""
    joined = change.network is not None
    access = VpcAccess(change.egress, change.network, change.subnetwork)

    def moved(origin: Origin) -> Origin:
        if not joined:
            return replace(origin, egress=change.egress)
        network = None if change.network is None or "/" not in change.network else change.network
        return Origin(Place.VPC, origin.project, change.egress, network, change.subnetwork)

    return replace(
        facts,
        origin=_of(facts.origin, moved),
        subnetwork=NOT_ASKED if joined else facts.subnetwork,
        zones=NOT_ASKED if joined else facts.zones,
        caller_service=_of(facts.caller_service, lambda one: replace(one, vpc_access=access))
        if joined
        else facts.caller_service,
    )


def _with_audience(facts: Facts, audience: str) -> Facts:
    def sent(token: Token) -> Token:
        return replace(token, audience=audience)

    def sending(one: Sending) -> Sending:
        return replace(one, auth=replace(one.auth, audience=audience) if one.auth else None)

    return replace(facts, token=_of(facts.token, sent), sending=_of(facts.sending, sending))
