"""The reads that decide only sometimes: against Google's discovery documents, and against the sandbox."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crauth_doctor.gcp.call import send
from crauth_doctor.gcp.products import constraints, iap, logs, run, troubleshooter
from crauth_doctor.model.fact import Absent, Fact, Known, Obstacle, Unknown
from crauth_doctor.model.iam import Troubleshot
from crauth_doctor.model.run import Domain

from .conftest import CHECKOUT, ORDERS, URL, WORLD, Open

PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
ORGANIZATION = "//cloudresourcemanager.googleapis.com/organizations/9"
RUN = "//run.googleapis.com/projects/shop-prod/locations/us-central1"


def value(fact: Fact[Any]) -> Any:
    assert isinstance(fact, Known), fact
    return fact.value


def rules(*rules: Any) -> dict[str, Any]:
    return {"rules": list(rules)}


@pytest.mark.parametrize(
    ("declared", "held"),
    [
        ({}, (False, False, False)),
        ({constraints.MEMBER_DOMAINS: rules({"allowAll": True})}, (False, False, False)),
        ({constraints.MEMBER_DOMAINS: rules({"denyAll": True})}, (True, False, False)),
        ({constraints.MEMBER_DOMAINS: rules({"values": {"allowedValues": ["C0123"]}})}, (True, False, False)),
        ({constraints.MEMBERS: rules({"enforce": True})}, (False, True, False)),
        (
            {constraints.MEMBERS: rules({"enforce": True, "parameters": {"allowedMemberSubjects": ["allUsers"]}})},
            (False, False, False),
        ),
        ({constraints.INVOKER_CHECK: rules({"enforce": True})}, (False, False, True)),
    ],
)
def test_organization_policies(opened: Open, declared: dict[str, Any], held: tuple[Any, ...]) -> None:
    _, google = opened(orgPolicies={ORGANIZATION: declared})
    assert held == (
        value(constraints.restricts_domains(google, "shop-prod")),
        value(constraints.restricts_members(google, "shop-prod")),
        value(constraints.requires_invoker_check(google, "shop-prod")),
    )


def test_a_constraint_that_is_not_offered_restricts_nothing(opened: Open) -> None:
    for status in (400, 404):
        faults = [{"match": "orgpolicy.googleapis.com/", "times": 9, "status": status}]
        _, google = opened(faults=faults)
        assert value(constraints.requires_invoker_check(google, "shop-prod")) is False


def test_what_the_operator_may_not_read_is_unknown(opened: Open) -> None:
    lacks = ["orgpolicy.policy.get", "iap.webServiceVersions.getIamPolicy", "run.domainmappings.get"]
    _, google = opened(operator={"principal": "user:dev@example.com", "lacks": lacks})
    facts: list[Fact[Any]] = [
        constraints.restricts_domains(google, "shop-prod"),
        iap.service_policy(google, "projects/123456789012/iap_web/cloud_run-us-central1/services/orders"),
        run.domain(google, "shop-prod", "us-central1", "orders.example.com"),
    ]
    for fact, permission in zip(facts, lacks, strict=True):
        assert isinstance(fact, Unknown)
        assert (fact.obstacle, fact.permission) == (Obstacle.FORBIDDEN, permission)


def test_domain_mappings(opened: Open) -> None:
    ready = {"spec": {"routeName": "orders"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    waiting = {
        "spec": {"routeName": "orders"},
        "status": {
            "conditions": [
                {"type": "Ready", "status": "Unknown"},
                {"type": "CertificateProvisioned", "status": "Unknown", "reason": "CertificatePending"},
            ],
            "resourceRecords": [{"type": "CNAME", "rrdata": "ghs.googlehosted.com."}],
        },
    }
    more = {f"{RUN}/domainmappings/a.example.com": ready, f"{RUN}/domainmappings/b.example.com": waiting}
    _, google = opened(resources=WORLD["resources"] | more)
    assert value(run.domain(google, "shop-prod", "us-central1", "a.example.com")) == Domain(
        "a.example.com", ORDERS, ready=True
    )
    found = value(run.domain(google, "shop-prod", "us-central1", "b.example.com"))
    assert found.ready is None
    assert found.because == ("Ready: not said why", "CertificateProvisioned: CertificatePending")
    assert isinstance(run.domain(google, "shop-prod", "us-central1", "c.example.com"), Absent)
    assert isinstance(run.domain(google, "shop-prod", "europe-west1", "a.example.com"), Absent)


@pytest.mark.parametrize(
    ("binding", "groups", "answer"),
    [
        ({"members": ["group:g@example.com"]}, {"g@example.com": [f"serviceAccount:{CHECKOUT}"]}, True),
        ({"members": ["group:g@example.com"]}, {"g@example.com": ["user:dev@example.com"]}, False),
        (
            {
                "members": [f"serviceAccount:{CHECKOUT}"],
                "condition": {"expression": "request.time < timestamp('2027-01-01T00:00:00Z')", "title": "t"},
            },
            {},
            True,
        ),
    ],
)
def test_policy_troubleshooter(opened: Open, binding: dict[str, Any], groups: dict[str, Any], answer: bool) -> None:
    policy = {"version": 3, "bindings": [{"role": "roles/run.invoker", **binding}]}
    _, google = opened(iam={f"//run.googleapis.com/{ORDERS}": policy}, groups=groups)
    assert value(troubleshooter.may_invoke(google, CHECKOUT, f"//run.googleapis.com/{ORDERS}")) == Troubleshot(
        answer, is_denied=False
    )


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{"overallAccessState": "UNKNOWN_INFO"}', "securityReviewer"),
        ('{"overallAccessState": "SOMETHING_NEW"}', "SOMETHING_NEW"),
        ("{}", "without an access state"),
        ('{"overallAccessState": 7}', "not of the type that Google documents"),
    ],
)
def test_policy_troubleshooter_may_not_know_either(opened: Open, body: str, detail: str) -> None:
    _, google = opened(faults=[{"match": "policytroubleshooter.googleapis.com/", "status": 200, "body": body}])
    fact = troubleshooter.may_invoke(google, CHECKOUT, f"//run.googleapis.com/{ORDERS}")
    assert isinstance(fact, Unknown)
    assert detail in fact.detail
    assert fact.permission is None


def test_logs_tell_the_tools_own_calls(opened: Open) -> None:
    _, google = opened()
    send(google, f"{URL}/")
    found = value(logs.entries(google, "shop-prod", 'logName:"requests"'))
    assert [re.fullmatch(r"crauth-doctor/\d[\w.+]*", one["httpRequest"]["userAgent"]) is not None for one in found] == [
        True
    ]
