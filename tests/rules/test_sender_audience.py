"""Where a scheduler job or push subscription sets the audience, the fix sets it there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crauth_doctor.model.caller import Caller, CallerKind, Sending
from crauth_doctor.model.change import Change, RequestAudience, SetSenderAudience
from crauth_doctor.model.exported import TokenSetting, TokenType
from crauth_doctor.model.fact import Absent
from crauth_doctor.rules.token import audience_path
from tests.rules.scenes import EMAIL, HERE, URL, facts, sent, service

JOB = "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"
PUSH = "//pubsub.googleapis.com/projects/shop-prod/subscriptions/push"
TARGET = f"{URL}/push"
SENDING = Sending("Pub/Sub", TARGET, TokenSetting(TokenType.OIDC, EMAIL), project="shop-prod")
PUSHES = {"caller": Caller("pubsub/push", CallerKind.PUBSUB, PUSH), "sending": SENDING, "token": sent(TARGET)}
ASKED = service().url


def first_fix(**changed: Any) -> Change:
    outcome = audience_path.ask(facts(**{**PUSHES, **changed}))
    assert outcome.finding is not None
    return outcome.finding.fixes[0]


def test_a_subscription_and_a_job_are_set_right() -> None:
    assert first_fix() == SetSenderAudience(PUSH, ASKED, EMAIL, TARGET)
    assert first_fix(caller=Caller("j", CallerKind.SCHEDULER, JOB)) == SetSenderAudience(JOB, ASKED, EMAIL, TARGET)


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
