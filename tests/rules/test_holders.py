"""Every member of every binding, and how it stands."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from crauth_doctor.model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from crauth_doctor.model.holder import Holder, Stand
from crauth_doctor.model.iam import AllowPolicies, Binding, Condition, DenyRule, Policy, PolicyAt, Role
from crauth_doctor.model.roles import predefined
from crauth_doctor.rules.holders import Moment, also_may, concerns_invoking, holders

SERVICE = "//run.googleapis.com/projects/p/locations/r/services/orders"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/p"
HERE = Source("test", "here")
NOW = Moment(1_780_000_000)  # 2026-05-28
INVOKER = "roles/run.invoker"
SA = "serviceAccount:a@p.iam.gserviceaccount.com"
CUSTOM = "projects/p/roles/custom"
OFF = "projects/p/roles/off"
GONE = "projects/p/roles/gone"
UNREAD = "projects/p/roles/unread"
ROLES: dict[str, Fact[Role]] = {
    CUSTOM: Known(Role(CUSTOM, frozenset({"run.routes.invoke"})), HERE),
    OFF: Known(Role(OFF, frozenset({"run.routes.invoke"}), disabled=True), HERE),
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
        known = predefined(binding.role)
        if known is not None:
            roles[binding.role] = known
    return AllowPolicies(chain, Known(value=True, source=HERE), MappingProxyType(roles))


def bound(member: str = SA, role: str = INVOKER, when: str | None = None) -> Binding:
    return Binding(role, frozenset({member}), Condition(when) if when else None)


def one(binding: Binding, *denials: DenyRule, moment: Moment = NOW) -> Holder:
    [holder] = holders(policies(binding), denials, moment)
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
        (SA, Stand.MAY),
        ("user:a@example.com", Stand.MAY),
        ("group:g@example.com", Stand.MAY),
        ("domain:example.com", Stand.MAY),
        ("projectEditor:p", Stand.MAY),
        ("allUsers", Stand.MAY),
        ("allAuthenticatedUsers", Stand.MAY),
        ("deleted:serviceAccount:a@p.iam.gserviceaccount.com?uid=1", Stand.DELETED),
        ("deleted:user:a@example.com?uid=1", Stand.DELETED),
        (
            "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/s",
            Stand.FEDERATED,
        ),
        ("principalSet://iam.googleapis.com/locations/global/workforcePools/w/*", Stand.FEDERATED),
        ("serviceAccount:p.svc.id.goog[ns/ksa]", Stand.FEDERATED),
        ("martian:x", Stand.UNCLEAR),
    ],
)
def test_members(member: str, stand: Stand) -> None:
    found = one(bound(member))
    assert found.stand is stand
    assert bool(found.because) == (stand is not Stand.MAY)


@pytest.mark.parametrize(
    ("role", "stand", "because"),
    [
        ("roles/run.servicesInvoker", Stand.MAY, ""),
        ("roles/owner", Stand.MAY, ""),
        (CUSTOM, Stand.MAY, ""),
        ("roles/run.viewer", Stand.LACKS_PERMISSION, "does not hold"),
        ("roles/cloudfunctions.invoker", Stand.LACKS_PERMISSION, "does not hold"),
        (OFF, Stand.LACKS_PERMISSION, "disabled"),
        (GONE, Stand.LACKS_PERMISSION, "no such role"),
        (UNREAD, Stand.UNCLEAR, "could not be read"),
        ("projects/p/roles/never-looked-at", Stand.UNCLEAR, "could not be read"),
    ],
)
def test_roles(role: str, stand: Stand, because: str) -> None:
    found = one(bound(role=role))
    assert (found.stand, because in found.because) == (stand, True)


V1 = 'request.path.startsWith("/v1")'
PAST = 'request.time < timestamp("2026-01-01T00:00:00Z")'
FUTURE = 'request.time < timestamp("2027-01-01T00:00:00Z")'
NAMED = 'resource.name == "x"'


@pytest.mark.parametrize(
    ("when", "path", "stand"),
    [
        (FUTURE, None, Stand.MAY_WHILE),
        (PAST, None, Stand.CONDITION_UNMET),
        (V1, None, Stand.MAY_WHILE),
        (V1, "/v1/x", Stand.MAY_WHILE),
        (V1, "/v2", Stand.CONDITION_UNMET),
        (f"{V1} && {FUTURE}", None, Stand.MAY_WHILE),
        (f"{V1} && {PAST}", None, Stand.CONDITION_UNMET),
        (f"{V1} || {PAST}", None, Stand.MAY_WHILE),
        (f"({V1} && {PAST}) || {FUTURE}", None, Stand.MAY_WHILE),
        ('request.path == "a && b" && ' + FUTURE, None, Stand.MAY_WHILE),
        (r'request.path == "\" && " && ' + PAST, None, Stand.CONDITION_UNMET),
        (NAMED, None, Stand.CONDITION_UNSUPPORTED),
        (NAMED, "/v1", Stand.CONDITION_UNSUPPORTED),
        (f"{V1} && {NAMED}", None, Stand.UNCLEAR),
        ("this is no CEL", None, Stand.UNCLEAR),
    ],
)
def test_conditions(when: str, path: str | None, stand: Stand) -> None:
    assert one(bound(when=when), moment=Moment(NOW.time, path)).stand is stand


DENIED = "principal://iam.googleapis.com/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com"
EVERYBODY = "principalSet://goog/public:all"


@pytest.mark.parametrize(
    ("member", "rule", "stand", "caution"),
    [
        (SA, denial(DENIED), Stand.DENIED, ""),
        (SA, denial(EVERYBODY), Stand.DENIED, ""),
        (SA, denial(EVERYBODY, exceptions=frozenset({DENIED})), Stand.MAY, ""),
        (SA, denial(DENIED, permissions=frozenset({"run.googleapis.com/services.get"})), Stand.MAY, ""),
        (SA, denial("principal://goog/subject/x@example.com"), Stand.MAY, ""),
        (SA, denial("principalSet://goog/group/g@example.com"), Stand.MAY, "cannot be seen"),
        ("group:g@example.com", denial("principalSet://goog/group/g@example.com"), Stand.DENIED, ""),
        ("group:g@example.com", denial(DENIED), Stand.MAY, "forbids it to some"),
        ("allUsers", denial(EVERYBODY, exceptions=frozenset({DENIED})), Stand.DENIED, ""),
        ("deleted:user:a@b?uid=1", denial(EVERYBODY), Stand.DELETED, ""),
    ],
)
def test_denials(member: str, rule: DenyRule, stand: Stand, caution: str) -> None:
    found = one(bound(member), rule)
    assert found.stand is stand
    assert (caution in found.caution) if caution else not found.caution


def test_which_rules_concern_invoking() -> None:
    assert concerns_invoking(denial(DENIED, permissions=frozenset({"run.googleapis.com/*"})))
    assert not concerns_invoking(denial(DENIED, permission_exceptions=frozenset({"run.googleapis.com/routes.invoke"})))


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
    assert found.stand is Stand.UNCLEAR


def test_also_may_knows_addresses_without_case() -> None:
    found = holders(policies(bound("user:A@example.com")), (), NOW)
    assert also_may(found, "user:a@example.com")
    assert not also_may(found, "user:b@example.com")
