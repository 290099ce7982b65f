"""Callers that are named by their identity: an e-mail address, a member, or whoever runs the tool."""

from __future__ import annotations

from typing import Final

from ...gcp import identity
from ...model.caller import Caller, CallerKind, Origin, Place
from ...model.fact import Known
from ...model.iam import Principal
from .kind import GIVEN, LookupContext, ResolvedCaller, given

MEMBERS: Final = ("user:", "serviceAccount:", "group:", "principal:", "principalSet:")

_ASSUMED: Final = (
    "an identity has no place in the network: name the resource that calls (--caller run/NAME) to judge its own path"
)


def resolve_email(asked: str, email: str) -> ResolvedCaller:
    """Resolve an e-mail address: a service account's, or a user's."""
    return _resolve(asked, identity.member(email))


def resolve_member(asked: str) -> ResolvedCaller:
    """Resolve a member as IAM writes it."""
    return _resolve(asked, Principal(asked))


def resolve_operator(asked: str, context: LookupContext) -> ResolvedCaller:
    """Resolve whoever runs the tool; it calls from where the tool runs."""
    principal = identity.operator(context.google)
    caller = Caller(asked, CallerKind.OPERATOR, impersonates=context.google.impersonated)
    return ResolvedCaller(given(caller), principal, Known(Origin(Place.HERE), GIVEN))


def _resolve(asked: str, principal: Principal) -> ResolvedCaller:
    kind = CallerKind.SERVICE_ACCOUNT if principal.is_service_account else CallerKind.PRINCIPAL
    origin = Origin(Place.HERE, assumed=_ASSUMED)
    return ResolvedCaller(given(Caller(asked, kind)), Known(principal, GIVEN), Known(origin, GIVEN))
