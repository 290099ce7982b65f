from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.model.fact import Absent, Known, Obstacle, Unknown
from crauth_doctor.model.facts import Facts
from crauth_doctor.model.iam import INVOKE, AllowPolicies, Denials

from .conftest import CHECKOUT, CRM, FRONTEND, IAM, NUMBER, ORDERS, RUN, URL, Ask, invoker

ME = f"serviceAccount:{CHECKOUT}"
CUSTOM = "projects/shop-prod/roles/caller"
DENIAL = {
    "deniedPrincipals": ["principalSet://goog/public:all"],
    "deniedPermissions": ["run.googleapis.com/routes.invoke"],
}
HARMLESS = DENIAL | {"deniedPermissions": ["run.googleapis.com/services.delete"]}


def allowed(facts: Facts) -> AllowPolicies:
    assert isinstance(facts.policies, Known), facts.policies
    return facts.policies.value


def lacking(*permissions: str) -> dict[str, Any]:
    return {"operator": {"principal": "user:dev@example.com", "lacks": list(permissions)}}


def test_the_chain_goes_up_to_the_organization(ask: Ask) -> None:
    facts, _ = ask(iam={f"{CRM}organizations/9": invoker("group:all@example.com", role="roles/editor")})
    chain = allowed(facts).chain
    assert all(isinstance(at.policy, Known) for at in chain)
    assert isinstance(allowed(facts).above, Known)
    assert set(allowed(facts).roles) == {"roles/run.invoker", "roles/editor"}


def test_what_stands_above_may_be_hidden(ask: Ask) -> None:
    facts, _ = ask(world=lacking("resourcemanager.projects.get", "resourcemanager.projects.getIamPolicy"))
    assert isinstance(allowed(facts).above, Unknown)
    own, project = allowed(facts).chain
    assert isinstance(own.policy, Known)
    assert isinstance(project.policy, Unknown)
    assert project.policy.permission == "resourcemanager.projects.getIamPolicy"


def test_of_a_chain_no_more_is_judged_than_there_is_time_for(ask: Ask) -> None:
    at = "request.time < timestamp('2099-01-01T00:00:00Z') && "
    long = {"title": "long", "expression": (at * 900)[:-4]}
    bindings = [{"role": "roles/run.invoker", "members": [ME], "condition": long}]
    facts, _ = ask(iam={f"{RUN}{ORDERS}": {"bindings": bindings}, f"{CRM}projects/shop-prod": {"bindings": bindings}})
    own, project, *_ = allowed(facts).chain
    assert isinstance(own.policy, Known)
    assert isinstance(project.policy, Unknown)
    assert project.policy.obstacle is Obstacle.NOT_UNDERSTOOD


def test_custom_roles_that_may_concern_the_caller_are_read(ask: Ask) -> None:
    roles = {
        f"//iam.googleapis.com/{CUSTOM}": {"includedPermissions": [INVOKE]},
        f"{IAM}roles/other": {"includedPermissions": [INVOKE]},
    }
    policy = {
        "bindings": [
            {"role": CUSTOM, "members": [ME.upper().replace("SERVICEACCOUNT", "serviceAccount")]},
            {"role": "projects/shop-prod/roles/other", "members": ["user:somebody@example.com"]},
            {"role": "projects/shop-prod/roles/gone", "members": ["allUsers"]},
        ]
    }
    facts, box = ask(resources=roles, iam={f"{RUN}{ORDERS}": policy})
    read = allowed(facts).roles
    custom = read[CUSTOM]
    assert isinstance(custom, Known)
    assert custom.value.permissions == {INVOKE}
    assert isinstance(read["projects/shop-prod/roles/gone"], Absent)
    assert len([one for one in box.requests if "/roles/" in one.path]) == 2


def test_predefined_roles_need_no_read(ask: Ask) -> None:
    facts, box = ask(iam={f"{RUN}{ORDERS}": invoker(ME, role="roles/run.servicesInvoker")})
    role = allowed(facts).roles["roles/run.servicesInvoker"]
    assert isinstance(role, Known)
    assert role.value.permissions == {INVOKE}
    assert not [one for one in box.requests if "/roles/" in one.path]


def test_a_predefined_role_that_no_table_has_is_read(ask: Ask) -> None:
    facts, box = ask(iam={f"{RUN}{ORDERS}": invoker(ME, role="roles/compute.viewer")})
    assert [one.path for one in box.requests if "/roles/" in one.path] == ["/v1/roles/compute.viewer"]
    assert "roles/compute.viewer" in allowed(facts).roles


@pytest.mark.parametrize("point", ["projects/shop-prod", "folders/77", "organizations/9"])
def test_deny_policies_of_every_ancestor(ask: Ask, point: str) -> None:
    rules = [{"denyRule": DENIAL}, {"denyRule": HARMLESS}]
    facts, _ = ask(world={"deny": {f"{CRM}{point}": [{"displayName": "freeze", "rules": rules}]}})
    assert isinstance(facts.denials, Known)
    (found,) = facts.denials.value.rules
    assert found.attached_to == f"{CRM}{point}"


def denied(facts: Facts) -> Denials:
    assert isinstance(facts.denials, Known), facts.denials
    return facts.denials.value


def test_deny_policies_that_cannot_be_read_are_said_beside_those_that_were_found(ask: Ask) -> None:
    hidden = lacking(f"iam.denypolicies.list {CRM}organizations/9")
    deny = {f"{CRM}projects/shop-prod": [{"displayName": "freeze", "rules": [{"denyRule": DENIAL}]}]}
    for world, count in ((hidden, 0), (hidden | {"deny": deny}, 1)):
        found = denied(ask(world=world)[0])
        assert len(found.rules) == count
        assert [one.permission for one in found.unread] == ["iam.denypolicies.list"]


def test_ancestors_that_could_not_be_listed_may_have_deny_policies(ask: Ask) -> None:
    found = denied(ask(world=lacking("resourcemanager.projects.get"))[0])
    assert found.rules == ()
    assert [one.source.read for one in found.unread] == ["resourcemanager.projects.get"]


def test_a_deny_policy_that_is_listed_and_not_found_may_deny(ask: Ask) -> None:
    deny = {f"{CRM}folders/77": [{"displayName": "freeze", "rules": [{"denyRule": HARMLESS}]}]}
    facts, box = ask(world={"deny": deny})
    (path,) = [one.path for one in box.requests if one.path.partition("/denypolicies/")[2]]
    faults = [{"match": f"iam.googleapis.com{path}", "times": 9, "status": 404}]
    assert denied(facts).unread == ()
    (unread,) = denied(ask(world={"deny": deny, "faults": faults})[0]).unread
    assert unread.obstacle is Obstacle.NOT_UNDERSTOOD
    assert unread.source.target == f"{CRM}folders/77"


def test_deny_policies_are_not_read_where_nothing_is_allowed(ask: Ask) -> None:
    facts, box = ask(iam={f"{RUN}{ORDERS}": {}})
    assert isinstance(facts.denials, Absent)
    assert facts.denials.source.target.startswith("not needed")
    assert not [one for one in box.requests if "denypolicies" in one.path]


def test_a_role_on_something_else_is_looked_for_only_without_one(ask: Ask) -> None:
    facts, box = ask()
    assert isinstance(facts.elsewhere, Absent)
    assert not [one for one in box.requests if one.path.endswith(("/services", "frontend:getIamPolicy"))]


def test_a_role_on_something_else_is_found(ask: Ask) -> None:
    twin = "projects/shop-prod/locations/europe-west1/services/orders"
    facts, _ = ask(
        resources={f"{RUN}{twin}": {}},
        iam={
            f"{RUN}{ORDERS}": {},
            f"{RUN}{twin}": invoker(ME),
            f"{RUN}{FRONTEND}": invoker(ME),
            f"{IAM}serviceAccounts/{CHECKOUT}": invoker(ME),
        },
    )
    assert isinstance(facts.elsewhere, Known)
    assert [(one.resource, one.what) for one in facts.elsewhere.value] == [
        (f"{RUN}{twin}", "the service of the same name in europe-west1"),
        (f"{RUN}{FRONTEND}", "the service frontend in us-central1"),
        (f"{IAM}serviceAccounts/{CHECKOUT}", "the account"),
    ]


def test_a_role_on_the_function_is_found(ask: Ask) -> None:
    url = "https://us-central1-shop-prod.cloudfunctions.net/Orders"
    function = "//cloudfunctions.googleapis.com/projects/shop-prod/locations/us-central1/functions/Orders"
    service = {"urls": [URL, url], "buildConfig": {"functionTarget": "Orders"}}
    facts, _ = ask(
        resources={f"{RUN}{ORDERS}": service, function: {"environment": "GEN_2"}},
        iam={f"{RUN}{ORDERS}": {}, function: invoker(ME, role="roles/cloudfunctions.invoker")},
    )
    assert isinstance(facts.elsewhere, Known), facts.elsewhere
    assert [one.what for one in facts.elsewhere.value] == ["the function"]


def test_other_policies_that_could_not_be_read_are_said(ask: Ask) -> None:
    hidden = lacking(f"run.services.getIamPolicy {RUN}{FRONTEND}")
    facts, _ = ask(iam={f"{RUN}{ORDERS}": {}}, world=hidden)
    assert isinstance(facts.elsewhere, Unknown)
    assert facts.elsewhere.obstacle is Obstacle.FORBIDDEN
    assert NUMBER not in facts.elsewhere.source.target
