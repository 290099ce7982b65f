"""Every member of every binding, and how it stands."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from crauth_doctor.iam.conditions import RequestAttributes
from crauth_doctor.iam.holders import holders
from crauth_doctor.iam.roles import documented
from crauth_doctor.model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from crauth_doctor.model.holder import Holder, Standing
from crauth_doctor.model.iam import AllowPolicies, Binding, Condition, DenyRule, Policy, PolicyAt, Role

SERVICE = "//run.googleapis.com/projects/p/locations/r/services/orders"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/p"
HERE = Source("test", "here")
NOW = RequestAttributes(None, "", 1_780_000_000)  # 2026-05-28
INVOKER = "roles/run.invoker"
SA = "serviceAccount:a@p.iam.gserviceaccount.com"
CUSTOM = "projects/p/roles/custom"
OFF = "projects/p/roles/off"
GONE = "projects/p/roles/gone"
UNREAD = "projects/p/roles/unread"
ROLES: dict[str, Fact[Role]] = {
    CUSTOM: Known(Role(frozenset({"run.routes.invoke"})), HERE),
    OFF: Known(Role(frozenset({"run.routes.invoke"}), disabled=True), HERE),
    GONE: Absent(HERE),
    UNREAD: Unknown(HERE, Obstacle.FORBIDDEN),
}


def policies(*on_service: Binding, on_project: tuple[Binding, ...] = ()) -> AllowPolicies:
    chain = (
        PolicyAt(SERVICE, Known(Policy(on_service), HERE)),
        PolicyAt(PROJECT, Known(Policy(on_project), HERE)),
    )
    roles = dict(ROLES)
    for binding in (*on_service, *on_project):
        known = documented(binding.role)
        if known is not None:
            roles[binding.role] = known
    return AllowPolicies(chain, Known(value=True, source=HERE), MappingProxyType(roles))


def bound(member: str = SA, role: str = INVOKER, when: str | None = None) -> Binding:
    return Binding(role, frozenset({member}), Condition(when) if when else None)


def one(binding: Binding, *denials: DenyRule, request: RequestAttributes = NOW) -> Holder:
    [holder] = holders(policies(binding), denials, request)
    return holder


def denial(
    *principals: str,
    permissions: frozenset[str] = frozenset({"run.googleapis.com/routes.invoke"}),
    exceptions: frozenset[str] = frozenset(),
    permission_exceptions: frozenset[str] = frozenset(),
) -> DenyRule:
    return DenyRule("no", PROJECT, frozenset(principals), exceptions, permissions, permission_exceptions)


@pytest.mark.parametrize(
    ("member", "stand"),
    [
        (SA, Standing.GIVES),
        ("user:a@example.com", Standing.GIVES),
        ("group:g@example.com", Standing.GIVES),
        ("domain:example.com", Standing.GIVES),
        ("projectEditor:p", Standing.GIVES),
        ("allUsers", Standing.GIVES),
        ("allAuthenticatedUsers", Standing.GIVES),
        ("deleted:serviceAccount:a@p.iam.gserviceaccount.com?uid=1", Standing.DELETED),
        ("deleted:user:a@example.com?uid=1", Standing.DELETED),
        (
            "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/s",
            Standing.FEDERATED,
        ),
        ("principalSet://iam.googleapis.com/locations/global/workforcePools/w/*", Standing.FEDERATED),
        ("serviceAccount:p.svc.id.goog[ns/ksa]", Standing.FEDERATED),
        ("martian:x", Standing.UNCLEAR),
        ("principalSet://somewhere.else/x", Standing.UNCLEAR),
        (
            "principal://agents.global.org-9.system.id.goog/resources/run/projects/1/locations/r/services/s",
            Standing.UNCLEAR,
        ),
        ("principalSet://cloudresourcemanager.googleapis.com/projects/1/type/ServiceAccount", Standing.GIVES),
    ],
)
def test_members(member: str, stand: Standing) -> None:
    found = one(bound(member))
    assert found.stand is stand
    assert bool(found.because) == (stand is not Standing.GIVES)


@pytest.mark.parametrize(
    ("role", "stand", "because"),
    [
        ("roles/run.servicesInvoker", Standing.GIVES, ""),
        ("roles/owner", Standing.GIVES, ""),
        (CUSTOM, Standing.GIVES, ""),
        ("roles/run.viewer", Standing.LACKS_PERMISSION, "does not contain"),
        ("roles/cloudfunctions.invoker", Standing.LACKS_PERMISSION, "does not contain"),
        (OFF, Standing.LACKS_PERMISSION, "disabled"),
        (GONE, Standing.LACKS_PERMISSION, "no longer exists"),
        (UNREAD, Standing.UNCLEAR, "could not be read"),
        ("roles/never.heardOf", Standing.UNCLEAR, "could not be read"),
        ("projects/p/roles/never-looked-at", Standing.UNCLEAR, "could not be read"),
    ],
)
def test_roles(role: str, stand: Standing, because: str) -> None:
    found = one(bound(role=role))
    assert (found.stand, because in found.because) == (stand, True)


V1 = 'request.path.startsWith("/v1")'
PAST = 'request.time < timestamp("2026-01-01T00:00:00Z")'
FUTURE = 'request.time < timestamp("2027-01-01T00:00:00Z")'
NAMED = 'resource.name == "x"'


@pytest.mark.parametrize(
    ("when", "path", "stand"),
    [
        (FUTURE, None, Standing.MAY_WHILE),
        (PAST, None, Standing.CONDITION_UNMET),
        (V1, None, Standing.MAY_WHILE),
        (V1, "/v1/x", Standing.MAY_WHILE),
        (V1, "/v2", Standing.CONDITION_UNMET),
        (f"{V1} && {FUTURE}", None, Standing.MAY_WHILE),
        (f"{V1} && {PAST}", None, Standing.CONDITION_UNMET),
        (f"{V1} || {PAST}", None, Standing.MAY_WHILE),
        (f"({V1} && {PAST}) || {FUTURE}", None, Standing.MAY_WHILE),
        ('request.path == "a && b" && ' + FUTURE, None, Standing.MAY_WHILE),
        (r'request.path == "\" && " && ' + PAST, None, Standing.CONDITION_UNMET),
        (NAMED, None, Standing.CONDITION_UNSUPPORTED),
        (NAMED, "/v1", Standing.CONDITION_UNSUPPORTED),
        (f"{V1} && {NAMED}", None, Standing.CONDITION_UNSUPPORTED),
        (f"{V1} || {NAMED}", None, Standing.MAY_WHILE),
        ('resource.matchTag("9/env", "prod")', None, Standing.UNCLEAR),
        ("this is no CEL", None, Standing.UNCLEAR),
    ],
)
def test_conditions(when: str, path: str | None, stand: Standing) -> None:
    assert one(bound(when=when), request=RequestAttributes(path, "", NOW.time)).stand is stand


DENIED = "principal://iam.googleapis.com/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com"
EVERYBODY = "principalSet://goog/public:all"


@pytest.mark.parametrize(
    ("member", "rule", "stand", "caution"),
    [
        (SA, denial(DENIED), Standing.DENIED, ""),
        (SA, denial(EVERYBODY), Standing.DENIED, ""),
        (SA, denial(EVERYBODY, exceptions=frozenset({DENIED})), Standing.GIVES, ""),
        (SA, denial(DENIED, permissions=frozenset({"run.googleapis.com/services.get"})), Standing.GIVES, ""),
        (SA, denial("principal://goog/subject/x@example.com"), Standing.GIVES, ""),
        (SA, denial("principalSet://goog/group/g@example.com"), Standing.UNCLEAR, ""),
        (SA, denial(EVERYBODY, permissions=frozenset({"run.googleapis.com/*.invoke"})), Standing.DENIED, ""),
        (SA, denial(EVERYBODY, permissions=frozenset({"run.googleapis.com/*.*"})), Standing.DENIED, ""),
        (SA, denial(EVERYBODY, permissions=frozenset({"run.googleapis.com/routes.*"})), Standing.DENIED, ""),
        (SA, denial(EVERYBODY, permissions=frozenset({"run.googleapis.com/*"})), Standing.UNCLEAR, ""),
        ("group:g@example.com", denial("principalSet://goog/group/g@example.com"), Standing.DENIED, ""),
        ("group:g@example.com", denial(DENIED), Standing.GIVES, "forbids it to some"),
        ("allUsers", denial(EVERYBODY, exceptions=frozenset({DENIED})), Standing.DENIED, ""),
        ("deleted:user:a@b?uid=1", denial(EVERYBODY), Standing.DELETED, ""),
    ],
)
def test_denials(member: str, rule: DenyRule, stand: Standing, caution: str) -> None:
    found = one(bound(member), rule)
    assert found.stand is stand
    assert (caution in found.caution) if caution else not found.caution


def test_a_role_without_the_permission_is_listed_only_where_it_could_be_taken_for_one() -> None:
    names = ("roles/storage.admin", "roles/viewer", "roles/run.viewer", "roles/cloudfunctions.invoker")
    above = tuple(bound(role=name) for name in names)
    found = holders(policies(bound(role="roles/storage.admin"), on_project=above), (), NOW)
    assert [(h.resource, h.binding.role) for h in found] == [
        (SERVICE, "roles/storage.admin"),
        (PROJECT, "roles/cloudfunctions.invoker"),
        (PROJECT, "roles/run.viewer"),
        (PROJECT, "roles/viewer"),
    ]


def test_sorted_for_reading() -> None:
    agent = "serviceAccount:service-1@serverless-robot-prod.iam.gserviceaccount.com"
    members = frozenset({agent, "user:b@x.com", SA, "allUsers", "group:g@x.com", "deleted:user:z@x.com?uid=1"})
    found = holders(policies(Binding(INVOKER, members), on_project=(bound(),)), (), NOW)
    assert [h.member for h in found] == [
        "allUsers", "group:g@x.com", SA, SA, "user:b@x.com", "deleted:user:z@x.com?uid=1", agent,
    ]  # fmt: skip
    assert [h.resource for h in found if h.member == SA] == [SERVICE, PROJECT]


def test_who_is_behind_a_member() -> None:
    above = (Binding("roles/editor", frozenset({"user:ed@example.com"})),)
    found = holders(policies(bound("projectEditor:p"), on_project=above), (), NOW)
    assert "user:ed@example.com" in found[-1].stands_for
    elsewhere = one(bound("projectOwner:other"))
    assert "could not be read" in elsewhere.stands_for


def test_everybody_above_the_service_is_unclear() -> None:
    [found] = holders(policies(on_project=(bound("allUsers"),)), (), NOW)
    assert found.stand is Standing.UNCLEAR
