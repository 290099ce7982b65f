"""What several rules ask: the request as a condition sees it, whether anybody may call, what to grant."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..iam.allow import anybody_may
from ..iam.conditions import RequestAttributes
from ..model.answer import Answer, Yes
from ..model.caller import Caller
from ..model.change import MEMBER, SERVICE, Advise, Change, GrantRole
from ..model.evidence import Exchange
from ..model.fact import Fact, Known, Unknown, value_of
from ..model.finding import NO_ANSWER, Prediction, Stage
from ..model.iam import INVOKER, AllowPolicies
from ..model.run import Service, is_run_app
from ..say import Say

TROUBLESHOOTING = "https://docs.cloud.google.com/run/docs/troubleshooting"
MANAGING_ACCESS = "https://docs.cloud.google.com/run/docs/securing/managing-access"
SERVICE_TO_SERVICE = "https://docs.cloud.google.com/run/docs/authenticating/service-to-service"
CUSTOM_AUDIENCES = "https://docs.cloud.google.com/run/docs/configuring/custom-audiences"
INGRESS = "https://docs.cloud.google.com/run/docs/securing/ingress"
PRIVATE_NETWORKING = "https://docs.cloud.google.com/run/docs/securing/private-networking"
AGENTS = "https://docs.cloud.google.com/run/docs/ai/authenticate-agents"
KNOWN_ISSUES = "https://docs.cloud.google.com/run/docs/known-issues"
IAP = "https://docs.cloud.google.com/run/docs/securing/identity-aware-proxy-cloud-run"
SHORT_LIVED = "https://docs.cloud.google.com/iam/docs/create-short-lived-credentials-direct"

CHECKED = frozenset({Stage.TOKEN, Stage.IAM})

REFUSED = Prediction(CHECKED, frozenset({403}), frozenset({401}), frozenset({403}))
"""A service that should let the call in and does not: 403, or 401 to a token that is not Google's."""

NO_TOKEN = Prediction(frozenset({Stage.TOKEN}), frozenset({403}))
"""A request that arrives without a token."""

BAD_HEADER = Prediction(frozenset({Stage.TOKEN}), frozenset({401, 403}))
"""A header that the front end cannot read, or takes for none."""

SILENCE = Prediction(frozenset({Stage.REACH}), frozenset({NO_ANSWER}))
"""Packets that lead nowhere."""

ANYWHERE = Prediction(frozenset({Stage.REACH, Stage.INGRESS, Stage.TOKEN, Stage.IAM}))
"""A call that goes around the front that it should take, or that a perimeter refuses."""


def is_open(service: Service, policies: Fact[AllowPolicies], request: RequestAttributes) -> bool:
    """Tell whether the service is known to let anybody in, token or not."""
    if not service.checks_iam:
        return True
    known = value_of(policies)
    return known is not None and isinstance(anybody_may(known, request), Yes)


def openness(service: Service, policies: AllowPolicies, request: RequestAttributes) -> Answer:
    """Tell whether the service lets anybody in, in three values."""
    return anybody_may(policies, request) if service.checks_iam else Yes("its invoker check is off")


def grant_invoker(service: Fact[Service], member: str) -> Change:
    """Return the grant that lets one member call; advice where the service was not read, or the member is not known."""
    grant = GrantRole(service.value.full_name if isinstance(service, Known) else SERVICE, INVOKER, member)
    return grant if isinstance(service, Known) and member != MEMBER else Advise("grant-invoker", commands=(grant,))


def named(service: Fact[Service]) -> str:
    """Return what to call the service in a sentence."""
    return service.value.id if isinstance(service, Known) else "the service"


def name_of_caller(caller: Caller) -> str | None:
    """Return the caller's own short name, for the kinds that have one."""
    if caller.resource is None:
        return None
    return caller.resource.rstrip("/").rsplit("/", 1)[-1].lower()


def not_read(fact: Fact[object]) -> tuple[Unknown, ...]:
    """Return what could not be read."""
    return (fact,) if isinstance(fact, Unknown) else ()


def forbidden(fact: Fact[object]) -> tuple[Unknown, ...]:
    """Return what was asked and not permitted; what was never asked hides nothing."""
    return (fact,) if isinstance(fact, Unknown) and fact.permission is not None else ()


_ROLE_WORDS = {
    "run",
    "sa",
    "svc",
    "service",
    "runner",
    "runtime",
    "invoker",
    "caller",
    "account",
    "app",
    "client",
    "job",
}


def is_named_after(email: str, name: str) -> bool:
    """Tell whether an account's e-mail is made of this name, with at most words such as `sa` or `run` around it."""
    local = email.partition("@")[0].lower()
    rest = local.replace(name.lower(), "-", 1) if name and name.lower() in local else None
    return rest is not None and all(word in _ROLE_WORDS for word in re.split(r"[-_]+", rest) if word)


def failing_exchange(exchanges: Sequence[Exchange]) -> Exchange | None:
    """Return the last exchange that failed."""
    return next((e for e in reversed(exchanges) if e.failed), None)


def works_directly(exchanges: Sequence[Exchange]) -> str | None:
    """Return what shows that the same call, with a token, works straight to the run.app URL."""
    failing = failing_exchange(exchanges)
    if failing is None or failing.call is None or is_run_app(failing.call.url):
        return None
    for exchange in exchanges:
        answer = exchange.response
        if exchange.call is None or answer is None or answer.status >= 400 or not exchange.credentials:
            continue
        if is_run_app(exchange.call.url) and exchange.call.path == failing.call.path:
            return Say("the same call works directly on {host}", host=exchange.call.host)
    return None
