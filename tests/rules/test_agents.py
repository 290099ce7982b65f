"""An agent's own identity: whom it is, what its tokens are good for, and what only an answer can tell."""

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.diagnosis import diagnose
from crauth_doctor.model.caller import Caller, CallerKind
from crauth_doctor.model.fact import Absent
from crauth_doctor.model.finding import Conclusion, Verdict
from crauth_doctor.model.http import Call
from crauth_doctor.model.token import Token, TokenKind
from crauth_doctor.rules.iam import federated_principal, missing_invoker
from crauth_doctor.rules.token import audience_other_service, bound
from tests.rules.scenes import (
    AGENT,
    AGENTS_ISSUER,
    BOUND,
    FORBIDDEN,
    FRONTEND,
    HERE,
    SERVED,
    UNVERIFIED,
    URL,
    bind,
    calls,
    facts,
    policies,
    unread,
)

MTLS = URL.replace(".run.app", ".mtls.run.app")
UNTOLD = unread("caller")
GRANTED = {"principal": AGENT, "policies": policies(bind(AGENT.member)), "calls": Absent(HERE), "account": Absent(HERE)}


def agent(*, has_certificate: bool = True) -> Caller:
    return Caller("run/bot", CallerKind.CLOUD_RUN_SERVICE, FRONTEND, has_certificate=has_certificate)


def token(*, is_bound: bool | None = None, audience: str = URL) -> Token:
    return Token(TokenKind.ID_TOKEN, audience, AGENTS_ISSUER, is_bound=is_bound)


@pytest.mark.parametrize(
    ("changed", "verdict", "assumes"),
    [
        ({"token": BOUND}, Verdict.BLOCKS, False),
        ({"token": BOUND, "call": Call(f"{MTLS}/")}, Verdict.CLEAR, False),
        ({"token": token(is_bound=False), "calls": Absent(HERE)}, Verdict.UNKNOWN, False),
        ({"token": token(is_bound=False), "seen": UNVERIFIED}, Verdict.CLEAR, False),
        ({"token": UNTOLD, "caller": agent()}, Verdict.UNKNOWN, False),
        ({"token": UNTOLD, "caller": agent(), "seen": UNVERIFIED}, Verdict.BLOCKS, True),
        ({"token": UNTOLD, "caller": agent(), "seen": SERVED}, Verdict.CLEAR, False),
        ({"token": UNTOLD, "caller": agent(has_certificate=False), "seen": UNVERIFIED}, Verdict.CLEAR, False),
        ({"token": token(), "caller": unread(), "principal": unread(), "seen": UNVERIFIED}, Verdict.BLOCKS, True),
        ({"token": Absent(HERE), "caller": agent(), "seen": FORBIDDEN}, Verdict.CLEAR, False),
    ],
)
def test_a_bound_token_counts_only_where_its_certificate_is_shown(
    changed: dict[str, Any], verdict: Verdict, assumes: bool
) -> None:
    outcome = bound.ask(facts(**{**GRANTED, **changed}))
    assert outcome.verdict is verdict, outcome
    assert bool(outcome.finding and outcome.finding.assuming) is assumes


def test_the_mtls_url_as_an_audience_is_not_judged() -> None:
    outcome = audience_other_service.ask(facts(token=token(audience=MTLS), calls=Absent(HERE)))
    assert outcome.verdict is Verdict.UNKNOWN
    assert "not documented" in outcome.doubt


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, Verdict.UNKNOWN),
        ({"calls": calls(good=FORBIDDEN)}, Verdict.CLEAR),
        ({"policies": policies()}, Verdict.BLOCKS),
    ],
)
def test_a_role_for_an_agent_is_neither_enough_nor_too_little(changed: dict[str, Any], verdict: Verdict) -> None:
    asked = facts(**{**GRANTED, **changed})
    assert missing_invoker.ask(asked).verdict is verdict
    assert federated_principal.ask(asked).verdict is Verdict.CLEAR


def test_a_granted_agent_is_undecided_and_an_answer_decides() -> None:
    known = {**GRANTED, "caller": agent(has_certificate=False), "token": token(is_bound=False)}
    asked = diagnose(facts(**known))
    assert asked.conclusion is Conclusion.UNDECIDED
    assert any("a published test" in doubt for doubt in asked.explanations)
    assert diagnose(facts(**known, seen=SERVED)).conclusion is Conclusion.CLEAR
    assert diagnose(facts(**known, seen=UNVERIFIED)).cause is None, "the token is right by all that Google says"
