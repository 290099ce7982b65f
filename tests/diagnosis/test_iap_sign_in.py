"""A person signs in to IAP in the browser: what this tool's own token gets there says nothing of that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crauth_doctor.diagnosis import diagnose
from crauth_doctor.model.caller import Caller, CallerKind
from crauth_doctor.model.fact import Absent, Known, Source
from crauth_doctor.model.finding import Conclusion
from crauth_doctor.model.http import Response
from crauth_doctor.model.iam import Condition, Policy, Principal
from crauth_doctor.workflows.explain import explain
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


PAGE = "HTTP/2 403\nx-goog-iap-generated-response: true\nserver: Google Frontend\n\n"


@pytest.mark.parametrize(
    ("body", "cause", "conclusion"),
    [
        ("You don't have access", "iap/principal-not-authorized", Conclusion.EXPECTED),
        ("IAP for Cloud Run app is not set up correctly.", "iap/agent-missing-invoker", Conclusion.EXPECTED),
        ("The IAP service account is not provisioned.", "iap/agent-not-provisioned", Conclusion.EXPECTED),
        ("", "iap/principal-not-authorized", Conclusion.LIKELY),
    ],
)
def test_what_iap_says_tells_whether_it_refused_the_caller_or_failed_itself(
    body: str, cause: str, conclusion: Conclusion
) -> None:
    for head in (PAGE, PAGE.replace("\n\n", f"\ncontent-length: {len(body)}\n\n")):
        found = explain(f"{head}{body}\n").diagnosis
        assert found.cause is not None
        assert (found.cause.rule, found.conclusion) == (cause, conclusion), head


@pytest.mark.parametrize("expression", ["", "'accessPolicies/1/accessLevels/office' in request.auth.access_levels"])
def test_a_403_of_iap_to_someone_whom_its_policy_names_is_no_missing_role(expression: str) -> None:
    named = bind("user:dev@example.com", role="roles/iap.httpsResourceAccessor")
    named = replace(named, condition=Condition(expression) if expression else None)
    refused = Response(403, BY_IAP, "")
    found = diagnose(facts(**PERSON, iap_policy=Policy((named,)), seen=Known(refused, Source("evidence", "lines 1-4"))))
    causes = {outcome.rule for step in found.steps for outcome in step.outcomes if outcome.entailed}
    assert ("iap/principal-not-authorized" in causes) is bool(expression)


PASTED = "HTTP/2 302\nlocation: https://accounts.google.com/o/oauth2/v2/auth\nx-goog-iap-generated-response: true\n"
DASH = "https://dash-310201550012.us-central1.run.app"


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        (f'-H "Authorization: Bearer $(gcloud auth print-identity-token --audiences={DASH})" ', "iap/intercepts-iam"),
        ('-H "Authorization: Bearer $(gcloud auth print-identity-token)" ', "iap/intercepts-iam"),
        (
            '-H "Authorization: Bearer $(gcloud auth print-identity-token --audiences=1.apps.googleusercontent.com)" ',
            None,
        ),
        ("", None),
    ],
)
def test_a_sign_in_that_a_paste_shows_is_iaps_answer_to_a_plain_token(header: str, cause: str | None) -> None:
    diagnosis = explain(f"$ curl -i {header}{DASH}\n{PASTED}").diagnosis
    assert (diagnosis.cause.rule if diagnosis.cause else None) == cause
