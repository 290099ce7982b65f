"""An answer with status 200 that is not what was asked for tells nothing: through Google's own clients, too."""

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.model.fact import Known, Obstacle, Unknown
from crauth_doctor.model.facts import Facts
from crauth_doctor.model.iam import Denials
from crauth_doctor.model.unread import unread_of

from .conftest import CHECKOUT, CRM, FRONTEND, IAM, NUMBER, ORDERS, RUN, Ask, invoker

ME = f"serviceAccount:{CHECKOUT}"
CUSTOM = "projects/shop-prod/roles/caller"
NO_RESOURCES = ("[]", '{"error": {"code": 403, "status": "PERMISSION_DENIED"}}')
"""Some of what tests/faults puts in the place of every answer."""
OTHER = '{"name": "projects/shop-prod/locations/us-central1/services/other", "ingress": "INGRESS_TRAFFIC_ALL"}'
RUN_API = "run.googleapis.com/v2/"
DENY_API = "iam.googleapis.com/v2/policies/cloudresourcemanager.googleapis.com%252Fprojects%252F"
RULE = {"denyRule": {"deniedPrincipals": ["principalSet://goog/public:all"], "deniedPermissions": ["x.com/y.z"]}}


def answered(match: str, body: str) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    return {"faults": [{"match": match, "times": 99, "status": 200, "body": body, "headers": headers}]}


def not_understood(facts: Facts, read: str) -> None:
    assert read in {one.source.read for one in unread_of(facts) if one.obstacle is Obstacle.NOT_UNDERSTOOD}


@pytest.mark.parametrize("body", [*NO_RESOURCES, "{}", '{"bindings": []}', '{"etag": "BwY=", "bindings": {}}'])
@pytest.mark.parametrize(
    "match", [f"{RUN_API}{ORDERS}:getIamPolicy", "cloudresourcemanager.googleapis.com/v3/folders/77:getIamPolicy"]
)
def test_no_policy_is_no_empty_policy(ask: Ask, match: str, body: str) -> None:
    facts, _ = ask(world=answered(match, body))
    assert isinstance(facts.policies, Known)
    position = 0 if match.startswith(RUN_API) else 2
    policy = facts.policies.value.chain[position].policy
    assert isinstance(policy, Unknown), policy
    assert policy.obstacle is Obstacle.NOT_UNDERSTOOD


@pytest.mark.parametrize(
    "bindings",
    ['[{"role": 7, "members": []}]', '[{"role": "r", "members": "user:a@b.c"}]', '[{"members": [7]}]', '["x"]',
     '[{"role": "r", "members": [], "condition": {"title": "t"}}]'],
)  # fmt: skip
def test_a_binding_that_is_none_makes_no_policy(ask: Ask, bindings: str) -> None:
    body = f'{{"etag": "BwY=", "bindings": {bindings}}}'
    facts, _ = ask(world=answered("cloudresourcemanager.googleapis.com/v3/folders/77:getIamPolicy", body))
    not_understood(facts, "resourcemanager.folders.getIamPolicy")


@pytest.mark.parametrize("body", [*NO_RESOURCES, "{}", OTHER])
def test_no_service_is_unknown_and_not_another(ask: Ask, body: str) -> None:
    facts, _ = ask(world=answered(f"{RUN_API}{ORDERS}", body))
    assert isinstance(facts.service, Unknown)
    assert facts.service.obstacle is Obstacle.NOT_UNDERSTOOD


@pytest.mark.parametrize("body", NO_RESOURCES)
def test_a_list_that_is_none_does_not_say_that_there_is_no_such_service(ask: Ask, body: str) -> None:
    facts, _ = ask(region=None, world=answered(f"{RUN_API}projects/shop-prod/locations/-/services", body))
    assert isinstance(facts.service, Unknown)
    assert facts.service.obstacle is Obstacle.NOT_UNDERSTOOD


@pytest.mark.parametrize("body", [*NO_RESOURCES, '{"policies": [{}]}', '{"policies": [{"name": "x"}]}'])
def test_a_list_of_no_deny_policies_is_unread(ask: Ask, body: str) -> None:
    facts, _ = ask(world=answered(f"{DENY_API}shop-prod/denypolicies", body))
    assert isinstance(facts.denials, Known)
    assert [one.obstacle for one in facts.denials.value.unread] == [Obstacle.NOT_UNDERSTOOD]


@pytest.mark.parametrize("body", [*NO_RESOURCES, "{}", '{"name": "policies/x/denypolicies/other"}'])
def test_a_deny_policy_that_is_none_is_unread(ask: Ask, body: str) -> None:
    deny = {f"{CRM}projects/shop-prod": [{"displayName": "freeze", "rules": [RULE]}]}
    facts, _ = ask(world={"deny": deny, **answered(f"{DENY_API}{NUMBER}/denypolicies/", body)})
    assert isinstance(facts.denials, Known)
    assert [one.obstacle for one in facts.denials.value.unread] == [Obstacle.NOT_UNDERSTOOD]


def test_a_deny_policy_that_denies_something_else_is_none_of_this_call(ask: Ask) -> None:
    facts, _ = ask(world={"deny": {f"{CRM}projects/shop-prod": [{"displayName": "freeze", "rules": [RULE]}]}})
    assert isinstance(facts.denials, Known)
    assert facts.denials.value == Denials()


@pytest.mark.parametrize(
    "body",
    [
        *NO_RESOURCES,
        "{}",
        '{"name": "projects/shop-prod/roles/other", "includedPermissions": []}',
        f'{{"name": "{CUSTOM}", "includedPermissions": {{}}}}',
        f'{{"name": "{CUSTOM}", "includedPermissions": "run.routes.invoke"}}',
    ],
)
def test_no_role_is_no_empty_role(ask: Ask, body: str) -> None:
    policy = {f"{RUN}{ORDERS}": invoker(ME, role=CUSTOM)}
    facts, _ = ask(iam=policy, world=answered(f"iam.googleapis.com/v1/{CUSTOM}", body))
    assert isinstance(facts.policies, Known)
    assert isinstance(facts.policies.value.roles[CUSTOM], Unknown)


@pytest.mark.parametrize("body", [*NO_RESOURCES, "{}", '{"email": "other@shop-prod.iam.gserviceaccount.com"}'])
def test_no_account_is_unknown(ask: Ask, body: str) -> None:
    facts, _ = ask(world=answered(f"iam.googleapis.com/v1/projects/shop-prod/serviceAccounts/{CHECKOUT}", body))
    assert isinstance(facts.account, Unknown)
    assert facts.account.obstacle is Obstacle.NOT_UNDERSTOOD


def test_records_of_a_form_that_is_not_understood_do_not_lead_nowhere(ask: Ask) -> None:
    zone: dict[str, Any] = {
        "dnsName": "run.app.",
        "visibility": "private",
        "privateVisibilityConfig": {"networks": [{"networkUrl": "projects/shop-prod/global/networks/default"}]},
    }
    egress = {"networkInterfaces": [{"network": "default", "subnetwork": "default"}], "egress": "ALL_TRAFFIC"}
    routed = {"name": "*.run.app.", "type": "A", "ttl": 60, "routingPolicy": {"geo": {}}}
    alias = {"name": "*.run.app.", "type": "ALIAS", "ttl": 60, "rrdatas": ["example.com."]}
    for record in (routed, alias):
        facts, _ = ask(
            caller="run/frontend",
            resources={
                f"{RUN}{ORDERS}": {"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY", "urls": ["https://orders.run.app"]},
                f"{RUN}{FRONTEND}": {"template": {"vpcAccess": egress}},
                "//dns.googleapis.com/projects/shop-prod/managedZones/z": zone | {"rrsets": [record]},
            },
        )
        assert isinstance(facts.zones, Unknown), facts.zones
        assert facts.zones.obstacle is Obstacle.NOT_UNDERSTOOD


class TestLists:
    """What a list could not ask may hold what is looked for."""

    LEFT_OUT = '{"triggers": [], "unreachable": ["projects/shop-prod/locations/europe-west1"]}'

    def test_a_caller_that_is_not_in_a_list_that_left_something_out(self, ask: Ask) -> None:
        match = "eventarc.googleapis.com/v1/projects/shop-prod/locations/-/triggers"
        facts, _ = ask(caller="eventarc/nightly", world=answered(match, self.LEFT_OUT))
        assert isinstance(facts.principal, Unknown)
        assert facts.principal.obstacle is Obstacle.UNREACHABLE
        assert "europe-west1" in facts.principal.detail
        gone, _ = ask(caller="eventarc/nightly")
        assert isinstance(gone.principal, Unknown)
        assert gone.principal.obstacle is Obstacle.NOT_TOLD

    @pytest.mark.parametrize("kind", ["eventarc", "function", "workflow", "apigateway"])
    def test_a_location_that_does_not_answer(self, ask: Ask, kind: str) -> None:
        facts, _ = ask(caller=f"{kind}/nightly", world={"unreachable": ["europe-west1"]})
        assert isinstance(facts.principal, Unknown)
        assert facts.principal.obstacle is Obstacle.UNREACHABLE
        assert "europe-west1" in facts.principal.detail

    def test_services_are_listed_by_version_1_where_version_2_takes_no_wildcard(self, ask: Ask) -> None:
        match = f"{RUN_API}projects/shop-prod/locations/-/services"
        body = '{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "Location - is not valid."}}'
        refused = answered(match, body)
        refused["faults"][0]["status"] = 400
        facts, box = ask("orders", region=None, world=refused)
        assert isinstance(facts.service, Known)
        assert facts.service.value.name == ORDERS
        assert [one for one in box.requests if one.path.endswith("/namespaces/shop-prod/services")]
        assert not [one for one in unread_of(facts) if one.source.read == "run.services.list"]
        refused["faults"].append(
            answered("run.googleapis.com/apis/", '{"items": [], "metadata": {"continue": "x"}}')["faults"][0]
        )
        facts, _ = ask("orders", region=None, world=refused)
        assert isinstance(facts.service, Known), "a list with another page says of nothing that it is not there"

    def test_services_that_a_list_left_out(self, ask: Ask) -> None:
        match, body = f"{RUN_API}projects/shop-prod/locations/-/services", '{"unreachable": ["europe-west1"]}'
        facts, _ = ask("gone", region=None, world=answered(match, body))
        assert isinstance(facts.service, Unknown)
        facts, _ = ask("gone", world=answered(match, body))
        assert isinstance(facts.namesakes, Unknown)
        facts, _ = ask(iam={f"{RUN}{ORDERS}": {}}, world=answered(match, body))
        assert isinstance(facts.elsewhere, Unknown)
        assert facts.elsewhere in unread_of(facts)

    def test_other_services_that_may_not_be_listed(self, ask: Ask) -> None:
        lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["run.services.list"]}}
        facts, _ = ask(iam={f"{RUN}{ORDERS}": {}, f"{IAM}serviceAccounts/{CHECKOUT}": {}}, world=lacks)
        assert isinstance(facts.elsewhere, Unknown)
        assert facts.elsewhere.permission == "run.services.list"
