"""The test calls, and the token that goes with one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ..gcp import accounts, identity, mint
from ..gcp.call import JUNK, send
from ..gcp.connection import Google
from ..model.caller import CallerKind
from ..model.fact import Absent, Fact, Known, Source, Unknown, value_of
from ..model.facts import NOT_ASKED
from ..model.http import Call, Response, TestCalls
from ..model.run import Domain
from ..model.token import Token
from . import calls
from .callers import Met
from .calls import Target
from .crew import Crew, Pending
from .question import Question

NO_PRINCIPAL: Final = Absent(Source("given", "the caller has no Google identity"))

_OTHERS: Final = "the token is for another audience, and this service's container could use it there"


class Tries:
    """Tries the call: without a token, with junk, and as the caller.

    Args:
        question: what is asked.
        google: the door.
        crew: starts the calls.
        met: the caller.
        target: what is called; None where nothing tells its URL.
        call: the call in question.
        domain: the mapping of the custom domain that it goes to, where it leads to the service.
    """

    def __init__(
        self,
        question: Question,
        google: Google,
        crew: Crew,
        met: Met,
        target: Target | None,
        call: Fact[Call],
        domain: Callable[[], Fact[Domain]],
    ) -> None:
        self._question = question
        self._google = google
        self._crew = crew
        self._met = met
        self._target = target
        self._call = call
        self._domain = domain
        unsent = calls.unsent("test calls were not wanted" if target else "the service's URL is not known")
        self.without: Pending[Fact[Response]] = crew.settled(unsent)
        self.junk: Pending[Fact[Response]] = crew.settled(unsent)
        self.good: Pending[Fact[Response]] = crew.settled(unsent)

    def start_mint(self) -> Pending[Fact[mint.Minted]]:
        """Get a token of the caller, where this tool may."""
        met, target, google = self._met, self._target, self._google
        caller, principal = value_of(met.caller), value_of(met.principal)
        if isinstance(met.principal, Absent):
            return self._crew.settled(NO_PRINCIPAL)
        if not self._question.send_calls or target is None:
            return self._crew.settled(_not_tried("no test call is made"))
        if caller is not None and caller.kind is CallerKind.OPERATOR:
            source = Source("credentials", "the operator's")
            return self._crew.read("a token", source, lambda: mint.mint_as_operator(google, target.audience))
        if principal is None:
            return self._crew.settled(met.principal if isinstance(met.principal, Unknown) else NO_PRINCIPAL)
        email = principal.email
        if not principal.is_service_account or email is None:
            return self._crew.read("a token", Source("credentials", "the operator's"), self._mint_as_same_person)
        source = Source(mint.PERMISSION, accounts.full_name(email))
        return self._crew.read("a token of the caller", source, lambda: mint.mint_as(google, email, target.audience))

    def _mint_as_same_person(self) -> Fact[mint.Minted]:
        """A user may be whoever runs the tool; nobody else's token can be minted."""
        operator, principal = value_of(identity.operator(self._google)), value_of(self._met.principal)
        if operator is None or principal is None or self._target is None:
            return _not_tried("a token of somebody else cannot be minted")
        if operator.member.lower() != principal.member.lower():
            return _not_tried("a token of somebody else cannot be minted")
        return mint.mint_as_operator(self._google, self._target.audience)

    def start_calls(
        self, token: Pending[Fact[mint.Minted]], may_carry: Callable[[Token], bool]
    ) -> Callable[[], Fact[TestCalls]]:
        """Send the calls; the one with the token as soon as there is one.

        Args:
            token: the caller's.
            may_carry: tells whether a token of these claims can do no harm at the service.
        """
        target, google, crew = self._target, self._google, self._crew
        if not self._question.send_calls:
            return lambda: calls.unsent("test calls were not wanted")
        if target is None:
            return lambda: calls.unsent("the service's URL is not known")
        source = Source("call", target.url.partition("?")[0])

        def aim() -> Target:
            return calls.at_domain(target, self._question, self._call, self._domain(), self._met)

        def with_token() -> Fact[Response]:
            minted = token.get()
            if not isinstance(minted, Known):
                return minted
            if not may_carry(minted.value.token):
                return calls.unsent(_OTHERS)
            at = aim()
            return send(google, at.url, secret=minted.value.secret, own=at.own)

        self.without = crew.read("a call without a token", source, lambda: send(google, aim().url))
        self.junk = crew.read("a call with a junk token", source, lambda: send(google, aim().url, secret=JUNK))
        self.good = crew.read("a call with the caller's token", source, with_token)

        def answered() -> Fact[TestCalls]:
            answers = [one.get() for one in (self.without, self.junk, self.good)]
            for answer in answers:
                if calls.silence(answer):
                    google.noted(answer)
            return calls.together(aim(), *answers)

        return answered


def _not_tried(detail: str) -> Unknown:
    return replace(NOT_ASKED, detail=detail)
