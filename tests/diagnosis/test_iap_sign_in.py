"""A person signs in to IAP in the browser: what this tool's own token gets there says nothing of that."""

from __future__ import annotations

from dataclasses import replace

from crauth_doctor.diagnosis import diagnose
from crauth_doctor.model.caller import Caller, CallerKind
from crauth_doctor.model.fact import Absent
from crauth_doctor.model.finding import Conclusion
from crauth_doctor.model.http import Response
from crauth_doctor.model.iam import Policy, Principal
from tests.rules.scenes import HERE, SERVICE, bind, calls, facts, policies

BY_IAP = {"x-goog-iap-generated-response": "true"}
REFUSED = calls(Response(302, BY_IAP), Response(401, BY_IAP), Response(401, BY_IAP))
PERSON = {
    "service": replace(SERVICE, iap_enabled=True),
    "caller": Caller("me", CallerKind.OPERATOR),
    "principal": Principal("user:dev@example.com"),
    "account": Absent(HERE),
    "calls": REFUSED,
}


def test_a_person_whom_iap_does_not_let_through_is_told_so() -> None:
    found = diagnose(facts(**PERSON, iap_policy=Policy(()), policies=policies()))
    assert found.cause is not None
    assert (found.cause.rule, found.conclusion) == ("iap/principal-not-authorized", Conclusion.EXPECTED)


def test_a_person_whom_iap_lets_through_is_not_called_refused() -> None:
    let_in = Policy((bind("user:dev@example.com", role="roles/iap.httpsResourceAccessor"),))
    found = diagnose(facts(**PERSON, iap_policy=let_in))
    assert found.conclusion not in {Conclusion.UNEXPLAINED, Conclusion.CONTRADICTED}
