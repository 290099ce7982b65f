from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.collect.unanswerable import UnanswerableError
from crauth_doctor.model.caller import CallerKind, Origin, Place
from crauth_doctor.model.fact import Absent, Known, Obstacle, Unknown

from ..conftest import CRM, IAM, NUMBER, WEB, Ask
from .scenes import ACCOUNT, MEMBER, SENDER, P, member, value

POOL = f"//iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/ci"
PROVIDER = f"//iam.googleapis.com/{P}/locations/global/workloadIdentityPools/ci/providers/github"
SUBJECT = "repo:example/shop:ref:refs/heads/main"
ASKED = f"federation/ci/github/{SUBJECT}"
MAPPED = {"google.subject": "assertion.sub", "attribute.repository": "assertion.repository"}


def provider(**more: Any) -> dict[str, Any]:
    oidc = {"issuerUri": "https://token.actions.githubusercontent.com"}
    return ACCOUNT | {PROVIDER: {"attributeMapping": MAPPED, "oidc": oidc, "state": "ACTIVE", **more}}


def bound(tail: str, role: str = "roles/iam.workloadIdentityUser", **more: Any) -> dict[str, Any]:
    kind = "principal" if tail.startswith("subject/") else "principalSet"
    return {"version": 3, "bindings": [{"role": role, "members": [f"{kind}:{POOL}/{tail}"], **more}]}


def trusts(tail: str, role: str = "roles/iam.workloadIdentityUser", email: str = SENDER, **more: Any) -> dict[str, Any]:
    return {f"{IAM}serviceAccounts/{email}": bound(tail, role, **more)}


def lacking(permission: str) -> dict[str, Any]:
    return {"operator": {"principal": "user:dev@example.com", "lacks": [permission]}}


FITTING = [
    ("federation/ci/github", "subject/anything"),
    ("federation/ci/github", "attribute.repository/example/shop"),
    (ASKED, "*"),
    (ASKED, f"subject/{SUBJECT}"),
    (ASKED, "attribute.repository/example/shop"),
    ("federation/ci/github/repository=example/shop", "attribute.repository/example/shop"),
    ("federation/ci/github/attribute.repository=example/shop", "attribute.repository/example/shop"),
]


@pytest.mark.parametrize(("asked", "tail"), FITTING)
def test_the_account_that_it_may_impersonate_is_whom_it_calls_as(ask: Ask, asked: str, tail: str) -> None:
    facts, _ = ask(caller=asked, resources=provider(), iam=trusts(tail))
    caller = value(facts.caller)
    assert (caller.kind, caller.impersonates, member(facts)) == (CallerKind.FEDERATION, SENDER, MEMBER)
    assert caller.resource == PROVIDER
    assert value(facts.origin) == Origin(Place.INTERNET)
    assert value(facts.federation).misfit == ()


@pytest.mark.parametrize("role", ["serviceAccountTokenCreator", "serviceAccountOpenIdTokenCreator"])
def test_other_roles_let_it_too(ask: Ask, role: str) -> None:
    facts, _ = ask(caller=ASKED, resources=provider(), iam=trusts("*", f"roles/iam.{role}"))
    assert member(facts) == MEMBER


@pytest.mark.parametrize(
    ("tail", "settings", "why"),
    [
        ("attribute.repository_owner/example", {}, "does not map attribute.repository_owner"),
        ("group/dev", {}, "does not map google.groups"),
        ("attribute.repository/other/shop", {}, "attribute.repository of this identity is example/shop"),
        ("subject/repo:other/shop:ref:refs/heads/main", {}, f"google.subject of this identity is {SUBJECT}"),
        ("*", {"disabled": True}, "disabled"),
        ("*", {"state": "DELETED"}, "deleted"),
        ("*", {"attributeCondition": "assertion.repository_owner == 'other'"}, "repository_owner of this identity"),
        ("*", {"attributeCondition": "attribute.repository == 'other/shop'"}, "attribute.repository of this identity"),
    ],
)
def test_what_does_not_fit_is_said(ask: Ask, tail: str, settings: dict[str, Any], why: str) -> None:
    facts, _ = ask(caller=ASKED, resources=provider(**settings), iam=trusts(tail))
    assert member(facts) == f"principal:{POOL}/subject/{SUBJECT}"
    [misfit] = value(facts.federation).misfit
    assert why in misfit
    refuses = bool(settings)
    assert (value(facts.federation).refuses, value(facts.federation).account) == (refuses, None if refuses else SENDER)
    assert value(facts.caller).impersonates is None


def test_a_condition_that_holds_or_cannot_be_told_is_nothing(ask: Ask) -> None:
    for condition in ("assertion.repository_owner == 'example'", "assertion.ref == 'x'", "assertion.a in ['b']"):
        facts, _ = ask(caller=ASKED, resources=provider(attributeCondition=condition), iam=trusts("*"))
        assert member(facts) == MEMBER


def test_no_account_at_all(ask: Ask) -> None:
    facts, _ = ask(caller=ASKED, resources=provider())
    assert member(facts) == f"principal:{POOL}/subject/{SUBJECT}"
    assert value(facts.federation).misfit == ()
    facts, _ = ask(caller="federation/ci/github/repository=a/b", resources=provider())
    assert member(facts) == f"principalSet:{POOL}/attribute.repository/a/b"
    facts, _ = ask(caller="federation/ci/github", resources=provider())
    assert isinstance(facts.principal, Absent)
    assert len(value(facts.federation).misfit) == 1


@pytest.mark.parametrize(
    ("iam", "detail"),
    [
        (trusts("*") | trusts("*", email=WEB), "several accounts"),
        (trusts("*", condition={"expression": "request.time < timestamp('2030-01-01T00:00:00Z')"}), "has a condition"),
        (trusts("attribute.ref/x"), "attribute.ref of this identity is not known"),
        ({f"{CRM}{P}": bound("*")}, "every account of the project"),
    ],
)
def test_what_cannot_be_told(ask: Ask, iam: dict[str, Any], detail: str) -> None:
    mapping = MAPPED | {"attribute.ref": "assertion.ref"}
    facts, _ = ask(caller=ASKED, resources=provider(attributeMapping=mapping), iam=iam)
    assert isinstance(facts.principal, Unknown)
    assert detail in facts.principal.detail
    assert value(facts.federation).misfit == ()


@pytest.mark.parametrize(
    "permission",
    [
        "iam.workloadIdentityPoolProviders.get",
        "iam.serviceAccounts.list",
        "iam.serviceAccounts.getIamPolicy",
        "resourcemanager.projects.getIamPolicy",
    ],
)
def test_what_may_not_be_read(ask: Ask, permission: str) -> None:
    facts, _ = ask(caller=ASKED, resources=provider(), world=lacking(permission))
    assert isinstance(facts.principal, Unknown)
    assert facts.principal.permission == permission
    assert isinstance(facts.service, Known)


def test_a_provider_that_is_not_there(ask: Ask) -> None:
    facts, _ = ask(caller=ASKED)
    assert isinstance(facts.principal, Unknown)
    assert isinstance(facts.federation, Unknown)
    assert facts.principal.obstacle is Obstacle.NOT_TOLD


@pytest.mark.parametrize("asked", ["ci", "ci/", f"{P}/locations/global/workloadIdentityPools/ci"])
def test_a_pool_and_a_provider_must_be_named(ask: Ask, asked: str) -> None:
    with pytest.raises(UnanswerableError, match="federation/POOL/PROVIDER"):
        ask(caller=f"federation/{asked}")
