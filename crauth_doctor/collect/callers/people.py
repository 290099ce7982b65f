"""Callers that are no resource: an e-mail address, a member, whoever runs the tool, and those without an identity."""

from __future__ import annotations

from typing import Final

from ...model.caller import Caller, CallerKind, Origin, Place
from ...model.caller_kinds import MEMBERS
from ...model.fact import Known, Obstacle, Source, Unknown
from ...model.iam import Principal
from .kind import GIVEN, NO_IDENTITY, LookupContext, Resolve, ResolvedCaller, given

_ASSUMED: Final = (
    "an account has no place in the network: to judge its path, name the resource that calls (--caller run/NAME)"
)


def resolve_identity(asked: str, name: str, _: LookupContext) -> ResolvedCaller:
    """Resolve an e-mail address, a service account's or a user's, or a member as IAM writes it."""
    principal = Principal(name) if name.startswith(MEMBERS) else Principal.of_email(name)
    kind = CallerKind.SERVICE_ACCOUNT if principal.is_service_account else CallerKind.PRINCIPAL
    origin = Origin(Place.HERE, assumed=_ASSUMED)
    return ResolvedCaller(given(Caller(asked, kind)), Known(principal, GIVEN), Known(origin, GIVEN))


def resolve_operator(asked: str, _: str, context: LookupContext) -> ResolvedCaller:
    """Resolve whoever runs the tool; it calls from where the tool runs."""
    principal = context.google.who()
    caller = Caller(asked, CallerKind.OPERATOR, impersonates=context.google.impersonated)
    return ResolvedCaller(given(caller), principal, Known(Origin(Place.HERE), GIVEN))


def resolve_laptop(asked: str, _: str, __: LookupContext) -> ResolvedCaller:
    """Resolve a developer's own machine: an account that nothing tells calls from it, over the internet."""
    detail = "whose account it uses is not known: pass user:E-MAIL"
    account = Unknown(Source("caller", asked), Obstacle.NOT_TOLD, detail)
    return ResolvedCaller(given(Caller(asked, CallerKind.LAPTOP)), account, Known(Origin(Place.INTERNET), GIVEN))


def without_identity(kind: CallerKind) -> Resolve:
    """Return what resolves a caller outside Google Cloud, which has no Google identity and calls over the internet."""
    origin = Known(Origin(Place.INTERNET), GIVEN)
    return lambda asked, _, __: ResolvedCaller(given(Caller(asked, kind)), NO_IDENTITY, origin)
