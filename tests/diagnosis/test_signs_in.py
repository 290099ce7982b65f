"""Somebody in a browser is led to Google's sign-in by IAP: that is not a refusal, and of another caller it is one."""

from __future__ import annotations

import pytest

from crauth_doctor.diagnosis.observations import observe
from crauth_doctor.model.caller import Caller, CallerKind
from crauth_doctor.model.fact import Absent
from crauth_doctor.model.finding import Stage
from crauth_doctor.model.http import Response
from tests.rules.scenes import HERE, NOT_FOUND, calls, facts

SIGN_IN = Response(302, {"x-goog-iap-generated-response": "true", "location": "https://accounts.google.com/o/oauth2"})


@pytest.mark.parametrize(
    ("kind", "answer", "seen"),
    [
        (CallerKind.BROWSER, SIGN_IN, False),
        (CallerKind.BROWSER, NOT_FOUND, True),
        (CallerKind.WEBHOOK, SIGN_IN, True),
    ],
)
def test_what_a_call_without_a_token_shows(kind: CallerKind, answer: Response, seen: bool) -> None:
    of_nobody = facts(caller=Caller("x", kind), principal=Absent(HERE), calls=calls(answer, good=None))
    found = [each for each in observe(of_nobody) if "without a token" in each.summary]
    assert bool(found) is seen
    assert all(each.stages & frozenset(Stage) for each in found)
