"""What a change opens is computed from before and after, and nothing of it is written without consent to that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crauth_doctor.apply.consent import NOTHING, Named, OpeningKind, PlanConsent, field_moves, openings, policy_moves
from crauth_doctor.apply.executor import ChangeExecutor, NotAgreedError, Plan, StoppedError
from crauth_doctor.apply.limits import ROLES, why_no_member
from crauth_doctor.apply.policy_json import put
from crauth_doctor.gcp.google import connect
from crauth_doctor.model.change import GrantRole, RevokeRole, SetIngress, SetInvokerCheck, SetRuntimeAccount
from crauth_doctor.model.iam import Condition
from crauth_doctor.model.run import Ingress

from .conftest import GRANT, INVOKER, MEMBER, ORDERS, OTHERS, PROJECT, Start

ASKED = Named(MEMBER, ORDERS)
SERVICE = f"{ORDERS}-other"
ACCOUNT = "checkout@shop-prod.iam.gserviceaccount.com"
VPC = {"networkInterfaces": [{"network": "default"}]}
PUSH: dict[str, Any] = {"pushConfig": {"pushEndpoint": "https://orders.example.com/x", "oidcToken": {}}}
SETTINGS: list[tuple[str, Any, Any, OpeningKind | None]] = [
    ("ingress", "INGRESS_TRAFFIC_NONE", "INGRESS_TRAFFIC_INTERNAL_ONLY", OpeningKind.INGRESS),
    ("ingress", "INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER", OpeningKind.INGRESS),
    ("ingress", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER", "INGRESS_TRAFFIC_ALL", OpeningKind.INGRESS),
    ("ingress", "INGRESS_TRAFFIC_INTERNAL_ONLY", None, OpeningKind.INGRESS),
    ("ingress", "INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_OF_TOMORROW", OpeningKind.INGRESS),
    ("ingress", "INGRESS_TRAFFIC_OF_TOMORROW", "INGRESS_TRAFFIC_NONE", OpeningKind.INGRESS),
    ("ingress", "INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_ONLY", None),
    ("invokerIamDisabled", None, True, OpeningKind.INVOKER_CHECK),
    ("invokerIamDisabled", True, None, None),
    ("defaultUriDisabled", True, None, OpeningKind.DEFAULT_URL),
    ("defaultUriDisabled", True, False, OpeningKind.DEFAULT_URL),
    ("defaultUriDisabled", None, True, None),
    ("template.serviceAccount", "a@b.iam.gserviceaccount.com", "c@b.iam.gserviceaccount.com", OpeningKind.IDENTITY),
    ("template.serviceAccount", None, "c@b.iam.gserviceaccount.com", OpeningKind.IDENTITY),
    ("template.serviceAccount", "a@b.iam.gserviceaccount.com", None, OpeningKind.IDENTITY),
    ("template.vpcAccess", None, VPC, OpeningKind.NETWORK),
    ("template.vpcAccess", {"connector": "c"}, {"connector": "d"}, OpeningKind.NETWORK),
    ("template.vpcAccess", {**VPC, "egress": "PRIVATE_RANGES_ONLY"}, {**VPC, "egress": "ALL_TRAFFIC"}, None),
    ("template.vpcAccess", VPC, None, None),
    ("customAudiences", ["https://a"], ["https://a", "https://b"], None),
    ("customAudiences", ["https://a"], [], None),
    ("disabled", True, False, OpeningKind.ACCOUNT),
    ("disabled", False, True, None),
    ("privateIpGoogleAccess", False, True, None),
    ("somethingNew", None, 1, OpeningKind.UNKNOWN),
]


@pytest.mark.parametrize(("path", "old", "new", "opened"), SETTINGS)
def test_what_a_setting_opens(path: str, old: Any, new: Any, opened: OpeningKind | None) -> None:
    before, after = put({}, path, old), put({}, path, new)
    found = openings(ASKED, field_moves(ORDERS, before, after, (path,)), before, after)
    assert {one.what for one in found} == ({opened} if opened else set())


def test_an_audience_of_another_service_opens() -> None:
    before: dict[str, Any] = {}
    after = {"customAudiences": ["https://a"]}
    for named, resource in ((ASKED, SERVICE), (NOTHING, ORDERS)):
        found = openings(named, field_moves(resource, before, after, ("customAudiences",)), before, after)
        assert [one.what for one in found] == [OpeningKind.AUDIENCE]


@pytest.mark.parametrize(
    ("audience", "hosts", "opens"),
    [
        ("https://orders.example.com", (), False),
        ("https://orders.example.com/x", (), False),
        (None, (), False),
        ("https://orders-1.run.app", ("https://orders-1.run.app",), False),
        ("https://invoicing.example.com", (), True),
        ("orders.example.com", (), True),
        ("https://[::1", (), True),
    ],
)
def test_tokens_for_somebody_else_open(audience: str | None, hosts: tuple[str, ...], opens: bool) -> None:
    path = "pushConfig.oidcToken.audience"
    before, after = put(PUSH, path, "https://old.example.com"), put(PUSH, path, audience)
    found = openings(ASKED, field_moves("//push", before, after, (path,)), before, after, hosts)
    assert bool(found) is opens


def test_the_caller_that_was_named_may_join_a_network() -> None:
    before = {"template": {"serviceAccount": ACCOUNT}}
    after = put(before, "template.vpcAccess", VPC)
    moves = field_moves(ORDERS, before, after, ("template.vpcAccess",))
    assert openings(ASKED, moves, before, after) == ()
    assert openings(replace(ASKED, member="user:ann@example.com"), moves, before, after)


@pytest.mark.parametrize(
    ("resource", "role", "member", "opened"),
    [
        (ORDERS, INVOKER, MEMBER, None),
        (ORDERS, "roles/run.servicesInvoker", MEMBER.replace("checkout", "CheckOut"), None),
        (ORDERS, "roles/run.admin", MEMBER, OpeningKind.OTHER_ROLE),
        (ORDERS, INVOKER, "user:ann@example.com", OpeningKind.OTHER_MEMBER),
        (SERVICE, INVOKER, MEMBER, OpeningKind.OTHER_RESOURCE),
        (PROJECT, INVOKER, MEMBER, OpeningKind.OTHER_RESOURCE),
    ],
)
def test_what_a_role_opens(resource: str, role: str, member: str, opened: OpeningKind | None) -> None:
    before, after = {"bindings": OTHERS}, {"bindings": [*OTHERS, {"role": role, "members": [member]}]}
    given = openings(ASKED, policy_moves(resource, before, after), before, after)
    assert [one.what for one in given] == ([opened] if opened else [])
    assert openings(NOTHING, policy_moves(resource, before, after), before, after), "nothing named, nothing opened"
    assert openings(ASKED, policy_moves(resource, after, before), after, before) == (), "taking away opens nothing"


def test_losing_a_condition_is_a_grant_of_its_own() -> None:
    bound = {"role": INVOKER, "members": ["user:ann@example.com"], "condition": {"title": "t", "expression": "false"}}
    before, after = {"bindings": [bound]}, {"bindings": [{**bound, "condition": {"expression": "true"}}]}
    assert [one.what for one in openings(ASKED, policy_moves(ORDERS, before, after), before, after)] == [
        OpeningKind.OTHER_MEMBER
    ]


def test_the_hand_refuses_what_was_not_agreed_to(start: Start) -> None:
    scene = start()
    for change in (
        GrantRole(PROJECT, INVOKER, MEMBER),
        replace(GRANT, member="user:ann@example.com"),
        SetIngress(ORDERS, Ingress.ALL),
        SetInvokerCheck(ORDERS, on=False),
        SetRuntimeAccount(ORDERS, "other@shop-prod.iam.gserviceaccount.com"),
    ):
        plan = scene.executor.plan(change, ASKED)
        assert plan.widens
        with pytest.raises(NotAgreedError, match="opens more than was named"):
            scene.executor.apply(plan, plan.agreed())
    assert scene.writes() == []
    assert scene.receipts.all() == []


def test_consent_is_to_one_plan_and_no_other(start: Start) -> None:
    scene = start()
    plan, other = (
        scene.executor.plan(GRANT, ASKED),
        scene.executor.plan(replace(GRANT, member="user:ann@example.com"), ASKED),
    )
    assert not plan.widens
    for agreed in (other.agreed(widening=True), PlanConsent(frozenset())):
        with pytest.raises(NotAgreedError, match="Something else would be written"):
            scene.executor.apply(plan, agreed)
    assert scene.writes() == []
    assert scene.executor.apply(plan, plan.agreed()).stands


@pytest.mark.parametrize("answer", [True, False])
def test_a_document_that_makes_it_another_change_is_shown_anew(start: Start, answer: bool) -> None:
    """Narrowed from wide open by one, opened from shut by another: not the same change any more."""
    scene = start()
    shown: list[tuple[str, ...]] = []

    def again(plan: Plan) -> PlanConsent | None:
        shown.append(plan.difference)
        return plan.agreed(widening=True) if answer else None

    executor = ChangeExecutor(connect({}, sandbox=scene.box.base), scene.receipts, version="1", again=again)
    plan = executor.plan(SetIngress(ORDERS, Ingress.INTERNAL_AND_LB), ASKED)
    scene.make(SetIngress(ORDERS, Ingress.NONE))
    if answer:
        assert executor.apply(plan, plan.agreed(widening=True)).stands
    else:
        with pytest.raises(NotAgreedError, match="changed in between"):
            executor.apply(plan, plan.agreed(widening=True))
        assert scene.box.cloud.resources[ORDERS]["ingress"] == "INGRESS_TRAFFIC_NONE"
        assert len(scene.receipts.all()) == 1, "that of the other"
    assert [lines[0] for lines in shown] == ["- ingress: INGRESS_TRAFFIC_NONE"]


AGENTS = "agents.global.org-9.system.id.goog"


def test_one_agent_may_be_given_a_role_as_itself() -> None:
    assert why_no_member(f"principal://{AGENTS}/resources/run/projects/1/locations/us-central1/services/bot") is None


@pytest.mark.parametrize(
    "member",
    [
        "user:a@b.c,allUsers", "user:$(id)@x.yz", "user:a@b.cd?uid=1", "user:\u0430@gmail.com", "domain:gmail.com",
        "principalSet://goog/public:all", "principal://iam.googleapis.com/x", "deleted:user:a@b.cd?uid=1",
        "deleted:allUsers", "allUsers", "allusers", "allUsers ", " allAuthenticatedUsers", "ALLUSERS", "USER:a@b.cd",
        "user:allUsers", "user:a@b.cd;x", "serviceAccount:a@b.cd/../x", "projectOwner:shop-prod", "user:a@b.cd\n",
        "user:a@\uff42.cd", "user:a@b.cd user:c@d.ef", "serviceAccount:p.svc.id.goog[ns/ksa]", "",
        f"principalSet://{AGENTS}/attribute.platformContainer/run/projects/1", f"principal://{AGENTS}",
        f"principal://{AGENTS}.example.com/resources/run/projects/1/locations/us-central1/services/bot",
    ],
)  # fmt: skip
def test_who_is_never_given_anything(start: Start, member: str) -> None:
    assert why_no_member(member)
    scene = start()
    with pytest.raises(StoppedError, match="never granted anything by this tool"):
        scene.executor.plan(replace(GRANT, member=member), ASKED)


@pytest.mark.parametrize("role", ["roles/owner", "roles/run.admin", "projects/p/roles/x", "roles/run.invoker "])
def test_what_is_never_given(start: Start, role: str) -> None:
    assert role not in ROLES
    with pytest.raises(StoppedError, match="not a role that this tool grants"):
        start().executor.plan(GrantRole(PROJECT, role, MEMBER), ASKED)


@pytest.mark.parametrize(
    "email",
    [
        "checkout@attacker-proj.iam.gserviceaccount.com",
        "99-compute@developer.gserviceaccount.com",
        "attacker@appspot.gserviceaccount.com",
        "x@gmail.com",
        "a b@c",
    ],
)
def test_no_workload_is_run_as_an_account_of_another_project(start: Start, email: str) -> None:
    with pytest.raises(StoppedError, match=r"runs no workload as that account|not a service account's e-mail"):
        start().executor.plan(SetRuntimeAccount(ORDERS, email), ASKED)


def test_a_default_account_of_the_same_project_is_its_own(start: Start) -> None:
    assert start().executor.plan(SetRuntimeAccount(ORDERS, "123456789012-compute@developer.gserviceaccount.com")).widens


def test_undo_of_a_revocation_widens(start: Start) -> None:
    scene = start()
    condition = Condition('request.path.startsWith("/api")', "office hours")
    made = scene.make(RevokeRole(ORDERS, INVOKER, "group:partners@example.com", condition))
    assert made.receipt is not None
    plan = scene.executor.plan_undo(made.receipt)
    assert [one.what for one in plan.openings] == [OpeningKind.OTHER_RESOURCE]
    with pytest.raises(NotAgreedError):
        scene.executor.apply(plan, plan.agreed(), made.receipt)
