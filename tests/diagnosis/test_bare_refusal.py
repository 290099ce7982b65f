"""A 403 that does not tell who wrote it, beside the policy of the service alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crauth_doctor.diagnosis import diagnose
from crauth_doctor.model.caller import Origin, Place
from crauth_doctor.model.fact import Known, Source
from crauth_doctor.model.finding import Conclusion
from crauth_doctor.model.http import Response, Shown
from crauth_doctor.model.run import Ingress
from crauth_doctor.workflows.explain import explain
from tests.rules.scenes import NOT_FOUND, calls, facts

JOB = """\
$ gcloud scheduler jobs describe refresh --location=europe-west1
httpTarget:
  httpMethod: POST
  oidcToken:
    audience: https://catalog-k4f7q2mzva-ew.a.run.app
    serviceAccountEmail: refresh@acme-shop.iam.gserviceaccount.com
  uri: https://catalog-k4f7q2mzva-ew.a.run.app/refresh
state: ENABLED
status:
  code: 7
"""
POLICY = """
$ gcloud run services get-iam-policy catalog --region=europe-west1
bindings:
- members:
  - {member}
  role: roles/run.invoker
etag: BwY4
version: 1
"""


@pytest.mark.parametrize(
    ("shown", "cause"),
    [
        (POLICY.format(member="serviceAccount:web@acme-shop.iam.gserviceaccount.com"), "iam/missing-invoker"),
        (
            POLICY.format(member="serviceAccount:refresh@acme-shop.iam.gserviceaccount.com").replace(
                "invoker", "viewer"
            ),
            "iam/role-lacks-permission",
        ),
        ("", None),  # the policy itself is what is to be seen
        (POLICY.format(member="group:robots@acme.example"), None),  # whose members nobody showed
    ],
)
def test_the_services_policy_alone_makes_its_fault_likely(shown: str, cause: str | None) -> None:
    diagnosis = explain(JOB + shown).diagnosis
    assert (diagnosis.cause.rule if diagnosis.cause else None) == cause
    assert diagnosis.conclusion is (Conclusion.LIKELY if cause else Conclusion.UNDECIDED)
    if diagnosis.cause and diagnosis.cause.finding:
        assert "the invoker check wrote the 403" in map(str, diagnosis.cause.finding.assuming)


@pytest.mark.parametrize(
    ("ingress", "cause"),
    [(Ingress.INTERNAL_AND_LB, "ingress/load-balancer-only"), (Ingress.INTERNAL, "ingress/outside-vpc")],
)
@pytest.mark.parametrize(("status", "is_shown"), [(404, True), (403, False)])
def test_a_bare_status_takes_nothing_from_the_same_status_seen_from_here(
    ingress: Ingress, cause: str, status: int, is_shown: bool
) -> None:
    alone = facts(ingress=ingress, origin=Origin(Place.HERE), calls=calls(NOT_FOUND, NOT_FOUND, NOT_FOUND))
    bare = Known(Response(status, shown=Shown.NOTHING), Source("evidence", "line 1"))
    found = diagnose(replace(alone, seen=bare))
    assert diagnose(alone).conclusion is Conclusion.PROVEN
    assert ((found.cause and found.cause.rule) == cause and found.conclusion is Conclusion.PROVEN) is is_shown
