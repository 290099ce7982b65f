"""Callers that are named by their identity: an e-mail address, a member, or whoever runs the tool."""

from __future__ import annotations

from typing import Final

from ...gcp import identity
from ...model.caller import Caller, CallerKind, Origin, Place
from ...model.fact import Known
from ...model.iam import Principal
from .caller import GIVEN, Met, Scene, given

MEMBERS: Final = ("user:", "serviceAccount:", "group:", "principal:", "principalSet:")

_ASSUMED: Final = (
    "an identity has no place in the network: name the resource that calls (--caller run/NAME) to judge its own path"
)


def meet_email(asked: str, email: str) -> Met:
    """Meet an e-mail address: a service account's, or a user's."""
    return _meet(asked, identity.member(email))


def meet_member(asked: str) -> Met:
    """Meet a member as IAM writes it."""
    return _meet(asked, Principal(asked))


def meet_operator(asked: str, scene: Scene) -> Met:
    """Meet whoever runs the tool; it calls from where the tool runs."""
    principal = identity.operator(scene.google)
    caller = Caller(asked, CallerKind.OPERATOR, impersonates=scene.google.impersonated)
    return Met(given(caller), principal, Known(Origin(Place.HERE), GIVEN))


def _meet(asked: str, principal: Principal) -> Met:
    kind = CallerKind.SERVICE_ACCOUNT if principal.is_service_account else CallerKind.PRINCIPAL
    origin = Origin(Place.HERE, assumed=_ASSUMED)
    return Met(given(Caller(asked, kind)), Known(principal, GIVEN), Known(origin, GIVEN))
