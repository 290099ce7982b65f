"""What every kind of caller is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from typing import Final, TypeAlias

from ...deferred import dataclass
from ...gcp.door import Door
from ...google_json.networks import Zone
from ...model.caller import Attempt, Caller, Federation, Origin, Sending
from ...model.fact import Absent, Fact, Known, Source
from ...model.facts import NOT_ASKED, NOT_GIVEN
from ...model.iam import Principal
from ...model.run import Service
from ...model.token import Token
from ..parallel import Future

GIVEN: Final = Source("given", "--caller")
NO_SERVICE: Final = Absent(Source("given", "the caller is not a Cloud Run service, job or function"))
NO_IDENTITY: Final = Absent(Source("given", "such a caller has no Google identity"))
BY_ITSELF: Final = Absent(Source("given", "the caller calls by itself"))
NO_AGENT: Final = Absent(Source("given", "the caller gets its own tokens"))


Zones: TypeAlias = dict[str, Future[Fact[tuple[Zone, ...]]]]


@dataclass(frozen=True)
class LookupContext:
    """Where a caller is looked up: short names in the callee's project and region first."""

    google: Door
    project: str  # the callee's project, id or number
    region: str | None  # the callee's region, where the question tells it
    # lists of private DNS zones by project, started beside a connector: which network it leads to takes a wave of its
    # own, and the zones of that network two more
    zones: Zones = field(default_factory=dict)


@dataclass(frozen=True)
class ResolvedCaller:
    """What is known of a caller."""

    caller: Fact[Caller]  # who it is, in the user's words
    principal: Fact[Principal]  # whom it calls as; absent when it can have no Google identity
    origin: Fact[Origin]  # where in the network it calls from
    # its own settings, where it is a Cloud Run service, or a job or function (then without URLs)
    service: Fact[Service] = NO_SERVICE
    sending: Fact[Sending] = BY_ITSELF  # how a product sends the call for it
    token: Fact[Token] = NOT_ASKED  # the token that it is set to send; absent when nothing tells
    attempt: Fact[Attempt] = NOT_GIVEN  # the last call that it is known to have made; absent when nothing tells
    agent: Fact[str] = NO_AGENT  # the member that mints that token; absent when the caller gets its own
    # how a foreign token becomes the account's; absent when the caller needs none
    federation: Fact[Federation] = NOT_GIVEN
    method: str | None = None  # the HTTP method that it is set to use
    # chooses among its calls, once the callee and the URL asked for are known; reads nothing
    choose: Callable[[Service | None, str | None], ResolvedCaller] | None = None
    # reads what is known only from what was read here, beside the second wave: how it sends, and which token
    follow: Callable[[Service | None], DeferredSending] | None = None

    def in_question(self, service: Service | None, url: str | None) -> ResolvedCaller:
        """Return it with the one of its calls that is in question: to the URL asked for, else to the callee."""
        return self if self.choose is None else self.choose(service, url)

    def sending_as(self, told: DeferredSending) -> ResolvedCaller:
        """Return the same caller with what a second read told of it."""
        return replace(self, sending=told.sending, token=told.token)


@dataclass(frozen=True)
class DeferredSending:
    """What a second read told of a caller."""

    sending: Fact[Sending]
    token: Fact[Token]


Resolve: TypeAlias = Callable[[str, str, LookupContext], ResolvedCaller]
"""Reads a caller: the user's whole words, what stands after the slash, and where to look.

It raises `UnanswerableError` where several resources have the name.
"""


def given(caller: Caller) -> Known[Caller]:
    """Return a caller that the user's words alone describe."""
    return Known(caller, GIVEN)
