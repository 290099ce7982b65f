"""Every documented form of member and of principal identifier."""

from __future__ import annotations

import pytest

from crauth_doctor.iam.allow import may, may_invoke
from crauth_doctor.iam.conditions import RequestAttributes
from crauth_doctor.iam.members import includes, includes_in_denial
from crauth_doctor.model.answer import Answer, CannotTell, No, Yes
from crauth_doctor.model.fact import Fact, Known, Obstacle, Source, Unknown
from crauth_doctor.model.iam import INVOKE, AllowPolicies, Binding, Condition, Policy, PolicyAt, Principal

HERE = Source("test", "a table")
CALL = RequestAttributes("/", "orders.run.app", 1_780_304_400)
ABOVE = "//cloudresourcemanager.googleapis.com/"
SERVICE = "//run.googleapis.com/projects/p/locations/r/services/orders"
SA = "serviceAccount:a@p.iam.gserviceaccount.com"
OTHERS = "serviceAccount:a@q.iam.gserviceaccount.com"
USER = "user:dev@example.com"
AGENT = "serviceAccount:service-1234567@serverless-robot-prod.iam.gserviceaccount.com"
DEFAULT = "serviceAccount:1234567-compute@developer.gserviceaccount.com"
POOL = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/w/subject/s"
IDENTITY = "principal://agents.global.org-9.system.id.goog/resources/run/projects/1/locations/r/services/s"
SETS = "principalSet://cloudresourcemanager.googleapis.com"


def chain(*bindings: Binding, above: Fact[bool] | None = None, owners: tuple[str, ...] = ()) -> AllowPolicies:
    places = (
        PolicyAt(SERVICE, Known(Policy(bindings), HERE)),
        PolicyAt(f"{ABOVE}projects/p", Known(Policy((Binding("roles/owner", frozenset(owners)),)), HERE)),
        PolicyAt(f"{ABOVE}folders/77", Known(Policy(()), HERE)),
        PolicyAt(f"{ABOVE}organizations/9", Known(Policy(()), HERE)),
    )
    return AllowPolicies(places, above or Known(value=True, source=HERE), number="1234567")


@pytest.mark.parametrize(
    ("member", "principal", "answer"),
    [
        (SA.upper().replace("SERVICEACCOUNT", "serviceAccount"), SA, Yes),
        (OTHERS, SA, No),
        (f"deleted:{SA}?uid=1", SA, No),
        ("allUsers", IDENTITY, Yes),
        ("allAuthenticatedUsers", SA, Yes),
        ("allAuthenticatedUsers", POOL, No),
        ("allAuthenticatedUsers", IDENTITY, CannotTell),
        ("group:g@example.com", SA, CannotTell),
        ("domain:Example.com", USER, Yes),
        ("domain:other.com", USER, CannotTell),
        ("domain:other.com", "user:x@gmail.com", No),
        ("domain:example.com", SA, No),
        ("projectOwner:p", USER, Yes),
        ("projectOwner:p", SA, CannotTell),
        ("projectEditor:p", USER, No),
        ("projectOwner:other", USER, CannotTell),
        (POOL, SA, No),
        (IDENTITY, SA, No),
        ("principalSet://somewhere.else/x", SA, CannotTell),
        ("principal://iam.googleapis.com/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com", SA, CannotTell),
        ("martian:x", SA, CannotTell),
        ("", SA, CannotTell),
        (f"{SETS}/projects/1234567/type/ServiceAccount", SA, Yes),
        (f"{SETS}/projects/1234567/type/ServiceAccount", DEFAULT, Yes),
        (f"{SETS}/projects/1234567/type/ServiceAccount", USER, No),
        (f"{SETS}/projects/1234567/type/ServiceAccount", OTHERS, No),
        (f"{SETS}/projects/7654321/type/ServiceAccount", SA, No),
        (f"{SETS}/projects/7654321/type/ServiceAccount", OTHERS, CannotTell),
        (f"{SETS}/folders/77/type/ServiceAccount", SA, Yes),
        (f"{SETS}/folders/78/type/ServiceAccount", SA, No),
        (f"{SETS}/folders/78/type/ServiceAccount", OTHERS, CannotTell),
        (f"{SETS}/organizations/9/type/ServiceAccount", SA, Yes),
        (f"{SETS}/organizations/9/type/ServiceAgent", AGENT, Yes),
        (f"{SETS}/projects/1234567/type/ServiceAgent", AGENT, Yes),
        (f"{SETS}/projects/7654321/type/ServiceAgent", AGENT, No),
        (f"{SETS}/projects/1234567/type/ServiceAgent", SA, No),
        (f"{SETS}/projects/1234567/type/ServiceAccount", AGENT, CannotTell),
        (f"{SETS}/projects/1234567/type/Something", SA, CannotTell),
    ],
)
def test_members(member: str, principal: str, answer: type[Answer]) -> None:
    policies = chain(owners=(USER, "group:owners@example.com"))
    assert type(includes(member, Principal(principal), policies.chain[0], policies)) is answer


@pytest.mark.parametrize(
    ("identifier", "principal", "answer"),
    [
        ("principalSet://goog/public:all", SA, Yes),
        ("principal://goog/subject/DEV@example.com", USER, Yes),
        ("principal://goog/subject/dev@example.com", SA, No),
        ("principal://iam.googleapis.com/projects/-/serviceAccounts/A@p.iam.gserviceaccount.com", SA, Yes),
        ("principal://iam.googleapis.com/projects/p/serviceAccounts/b@p.iam.gserviceaccount.com", SA, No),
        ("principal://iam.googleapis.com/projects/p/serviceAccounts/123", SA, CannotTell),
        ("principalSet://goog/group/g@example.com", SA, CannotTell),
        ("principalSet://goog/group/g@example.com", "group:G@example.com", Yes),
        ("principalSet://goog/cloudIdentityCustomerId/C1", USER, CannotTell),
        (f"{SETS}/projects/1234567/type/ServiceAccount", SA, Yes),
        (f"{SETS}/folders/77/type/ServiceAccount", SA, Yes),
        ("deleted:principal://goog/subject/dev@example.com?uid=1", USER, No),
        (POOL, SA, No),
        ("user:dev@example.com", USER, Yes),
        ("user:other@example.com", USER, CannotTell),
        ("principalSet://goog/something/new", USER, CannotTell),
    ],
)
def test_principal_identifiers(identifier: str, principal: str, answer: type[Answer]) -> None:
    assert type(includes_in_denial(identifier, Principal(principal), chain())) is answer


def test_who_stands_in_a_folder_is_told_by_the_chain_or_by_the_read_that_failed() -> None:
    unread = Unknown(HERE, Obstacle.FORBIDDEN, permission="resourcemanager.projects.get")
    policies = chain(above=unread)
    answer = includes(f"{SETS}/folders/78/type/ServiceAccount", Principal(SA), policies.chain[0], policies)
    assert isinstance(answer, CannotTell)
    assert answer.missing == (unread,)


@pytest.mark.parametrize(
    ("caller", "bound", "answer"),
    [
        (POOL, POOL, No),
        ("serviceAccount:p.svc.id.goog[shop/cart]", "serviceAccount:p.svc.id.goog[shop/cart]", No),
        (IDENTITY, IDENTITY, CannotTell),
        (IDENTITY, "principalSet://agents.global.org-9.system.id.goog/*", CannotTell),
        (IDENTITY, SA, No),
        (IDENTITY, "allUsers", Yes),
        ("principal://somewhere.else/x", "principal://somewhere.else/x", CannotTell),
    ],
)
def test_identities_that_are_not_accounts(caller: str, bound: str, answer: type[Answer]) -> None:
    policies = chain(Binding("roles/run.invoker", frozenset({bound})))
    assert type(may_invoke(policies, Principal(caller), CALL)) is answer


@pytest.mark.parametrize(
    ("role", "permission", "answer"),
    [
        ("roles/run.invoker", INVOKE, Yes),
        ("roles/run.viewer", INVOKE, No),
        ("roles/never.heardOf", INVOKE, CannotTell),
        ("projects/p/roles/custom", INVOKE, CannotTell),
        ("roles/run.invoker", "run.services.get", CannotTell),
        ("roles/iam.serviceAccountTokenCreator", "iam.serviceAccounts.getOpenIdToken", Yes),
        ("roles/iam.mlEngineer", "iam.serviceAccounts.getOpenIdToken", No),
        ("roles/compute.viewer", "iam.serviceAccounts.getOpenIdToken", CannotTell),
    ],
)
def test_a_predefined_role_that_was_not_read_is_looked_up(role: str, permission: str, answer: type[Answer]) -> None:
    policies = chain(Binding(role, frozenset({SA})))
    assert type(may(policies, Principal(SA), CALL, permission)) is answer


def test_a_tag_condition_is_no_refusal() -> None:
    tagged = Condition('resource.matchTag("9/exposure", "internal")')
    policies = chain(Binding("roles/run.invoker", frozenset({SA}), tagged))
    assert isinstance(may_invoke(policies, Principal(SA), CALL), CannotTell)
