"""Where a scheduler job or push subscription sets the audience, the fix sets it there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crauth_doctor.model.caller import Caller, CallerKind, Sending
from crauth_doctor.model.change import ACCOUNT, Advise, Change, RequestAudience, SendAccessToken, SetSenderAudience
from crauth_doctor.model.exported import TokenSetting, TokenType
from crauth_doctor.model.fact import Absent
from crauth_doctor.model.facts import NOT_ASKED
from crauth_doctor.model.token import Token, TokenKind
from crauth_doctor.rules.mint import no_token_configured, oidc_to_google_api
from crauth_doctor.rules.token import access_token, audience_path
from tests.rules.scenes import EMAIL, HERE, URL, facts, sent, service

JOB = "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"
PUSH = "//pubsub.googleapis.com/projects/shop-prod/subscriptions/push"
TARGET = f"{URL}/push"
SENDING = Sending("Pub/Sub", TARGET, TokenSetting(TokenType.OIDC, EMAIL), project="shop-prod")
PUSHES = {"caller": Caller("pubsub/push", CallerKind.PUBSUB, PUSH), "sending": SENDING, "token": sent(TARGET)}
ASKED = service().url
OAUTH = Token(TokenKind.ACCESS_TOKEN)


def first_fix(**changed: Any) -> Change:
    outcome = audience_path.ask(facts(**{**PUSHES, **changed}))
    assert outcome.finding is not None
    return outcome.finding.fixes[0]


def test_a_subscription_and_a_job_are_set_right() -> None:
    assert first_fix() == SetSenderAudience(PUSH, ASKED, EMAIL, TARGET)
    assert first_fix(caller=Caller("j", CallerKind.SCHEDULER, JOB)) == SetSenderAudience(JOB, ASKED, EMAIL, TARGET)


@pytest.mark.parametrize(("resource", "commands"), [(JOB, (SendAccessToken(JOB, EMAIL),)), (PUSH, ())])
def test_a_job_that_calls_an_api_is_told_how_to_send_an_access_token(resource: str, commands: tuple[Any, ...]) -> None:
    sending = replace(SENDING, target="https://run.googleapis.com/v2/x:run")
    caller = Caller("it", CallerKind.SCHEDULER, resource)
    outcome = oidc_to_google_api.ask(facts(sending=sending, caller=caller))
    assert outcome.finding is not None
    [fix] = outcome.finding.fixes
    assert isinstance(fix, Advise)
    assert fix.commands == commands


def test_a_target_that_may_hold_a_secret_is_not_repeated() -> None:
    secret = f"{TARGET}?token=hush"
    sending = replace(SENDING, target=secret, auth=TokenSetting(TokenType.OIDC, EMAIL, TARGET))
    assert first_fix(sending=sending) == SetSenderAudience(PUSH, ASKED, EMAIL)


@pytest.mark.parametrize(
    "changed",
    [
        {"sending": Absent(HERE)},
        {"sending": replace(SENDING, auth=None)},
        {"sending": replace(SENDING, auth=TokenSetting(TokenType.OAUTH, EMAIL))},
        {"sending": replace(SENDING, auth=TokenSetting(TokenType.OIDC, None))},
        {"sending": replace(SENDING, auth=TokenSetting(TokenType.OIDC, EMAIL, URL))},
        {"caller": Caller("tasks/q", CallerKind.TASKS, "//cloudtasks.googleapis.com/projects/p/locations/r/queues/q")},
        {"caller": Absent(HERE)},
    ],
    ids=["code", "unknown", "access-token", "no-account", "another-token", "queue", "nobody"],
)
def test_all_others_are_asked_to_ask(changed: dict[str, Any]) -> None:
    assert first_fix(**changed) == RequestAudience(ASKED)


@pytest.mark.parametrize(
    ("caller", "auth", "token", "account", "costs"),
    [
        (Caller("j", CallerKind.SCHEDULER, JOB), TokenSetting(TokenType.NONE), NOT_ASKED, ACCOUNT, ""),
        (Caller("j", CallerKind.SCHEDULER, JOB), TokenSetting(TokenType.OAUTH, EMAIL), OAUTH, EMAIL, ""),
        (PUSHES["caller"], TokenSetting(TokenType.NONE), NOT_ASKED, ACCOUNT, "gcloud resets payload unwrapping."),
    ],
)
def test_a_job_that_sends_no_id_token_is_told_how_to_send_one(
    caller: Caller, auth: TokenSetting, token: Any, account: str, costs: str
) -> None:
    rule = no_token_configured if auth.type is TokenType.NONE else access_token
    outcome = rule.ask(facts(caller=caller, sending=replace(SENDING, auth=auth), token=token))
    assert outcome.finding is not None
    [fix] = outcome.finding.fixes
    assert isinstance(fix, Advise)
    assert ("of an account that may invoke orders" in fix.text) is (account is ACCOUNT)
    is_oauth = auth.type is TokenType.OAUTH
    assert any("is set to send an OAuth token" in text for text in outcome.finding.because) is is_oauth
    assert (fix.commands, fix.costs) == ((SetSenderAudience(caller.resource or "", ASKED, account, TARGET),), costs)
