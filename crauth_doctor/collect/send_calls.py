"""The test calls, and the token that goes with one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..gcp.door import MINT, Minted
from ..gcp.products import accounts
from ..model.caller import CallerKind
from ..model.fact import Absent, Fact, Known, Source, Unknown, value_of
from ..model.facts import NOT_ASKED
from ..model.http import Response, TestCalls
from ..model.iam import PolicyAt, Principal
from ..model.run import Service
from ..model.secret import Secret
from . import request_target
from .callers.kind import ResolvedCaller
from .executor import Inputs
from .parallel import Future, settled
from .request_target import Target

NO_PRINCIPAL: Final = Absent(Source("given", "the caller has no Google identity"))

_OTHERS: Final = "the token is for another audience, and this service's container could use it there"


def start_mint(at: Inputs, caller: ResolvedCaller, target: Target | None) -> Future[Fact[Minted]]:
    """Get a token made here for the caller, where this tool may."""
    google, known, principal = at.google, value_of(caller.caller), value_of(caller.principal)
    if isinstance(caller.principal, Absent):
        return settled(NO_PRINCIPAL)
    if not at.question.send_calls or target is None:
        return settled(_not_tried("no test call is made"))
    operators = Source("credentials", "the operator's")
    if known is not None and known.kind is CallerKind.OPERATOR:
        return at.pool.read("a token", operators, lambda: google.mint_as_operator(target.audience))
    if principal is None:
        return settled(caller.principal if isinstance(caller.principal, Unknown) else NO_PRINCIPAL)
    email = principal.email
    if not principal.is_service_account or email is None:
        return at.pool.read("a token", operators, lambda: _mint_as_same_person(at, principal, target))
    source = Source(MINT, accounts.full_name(email))
    return at.pool.read("a token made here for the caller", source, lambda: google.mint(email, target.audience))


def _mint_as_same_person(at: Inputs, principal: Principal, target: Target) -> Fact[Minted]:
    """A user may be whoever runs the tool; nobody else's token can be minted."""
    operator = value_of(at.google.who())
    if operator is None or operator.member.lower() != principal.member.lower():
        return _not_tried("a token of somebody else cannot be minted")
    return at.google.mint_as_operator(target.audience)


def start_call(at: Inputs, target: Target | None, what: str, secret: Secret | None = None) -> Future[Fact[Response]]:
    """Send a call without the caller's token."""
    if target is None or not at.question.send_calls:
        return settled(_unsent(at))
    return at.pool.read(what, _source(target), lambda: at.google.call(target.url, secret=secret))


def start_call_as_caller(
    at: Inputs, target: Target | None, minted: Fact[Minted], service: Service | None, own: PolicyAt | None
) -> Future[Fact[Response]]:
    """Send a call with the caller's token, where that can do no harm."""
    if target is None or not at.question.send_calls:
        return settled(_unsent(at))
    if not isinstance(minted, Known):
        return settled(minted)
    if not request_target.may_carry(minted.value.token, service, own):
        return settled(request_target.unsent(_OTHERS))
    secret = minted.value.secret
    return at.pool.read(
        "the answer to a call with the caller's token",
        _source(target),
        lambda: at.google.call(target.url, secret=secret, own=target.own),
    )


def answers(
    at: Inputs, target: Target | None, without: Fact[Response], junk: Fact[Response], as_caller: Fact[Response]
) -> Fact[TestCalls]:
    """Return together what was answered; silence is a read that failed."""
    if target is None or not at.question.send_calls:
        return _unsent(at)
    for answer in (without, junk, as_caller):
        if request_target.silence(answer):
            at.google.noted(answer)
    return request_target.together(target, without, junk, as_caller)


def _source(target: Target) -> Source:
    return Source("call", target.url.partition("?")[0])


def _unsent(at: Inputs) -> Unknown:
    wanted = at.question.send_calls
    return request_target.unsent("the service's URL is not known" if wanted else "test calls were not wanted")


def _not_tried(detail: str) -> Unknown:
    return replace(NOT_ASKED, detail=detail)
